package client

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"cratewarden"
)

// Keyring is a file that only its owner can read, with the session of every
// console that somebody signed in to. Several programs may use it at a time.
type Keyring struct{ path string }

// Kept is one session.
type Kept struct {
	Token   string    `json:"token"`
	Person  string    `json:"person"`
	Session string    `json:"session"` // public id
	End     time.Time `json:"end"`
}

// OpenKeyring names the file; it need not be there.
func OpenKeyring(path string) *Keyring { return &Keyring{path} }

// Get gives the session under a name, the zero value if there is none.
func (k *Keyring) Get(name string) (Kept, error) {
	all, err := k.read()
	return all[name], err
}

// Put keeps a session under a name.
func (k *Keyring) Put(name string, one Kept) error {
	return k.change(func(all map[string]Kept) { all[name] = one })
}

// Drop forgets sessions.
func (k *Keyring) Drop(names ...string) error {
	if _, err := os.Lstat(k.path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return k.change(func(all map[string]Kept) {
		for _, n := range names {
			delete(all, n)
		}
	})
}

type keyringFile struct {
	Servers map[string]Kept `json:"servers"`
}

func (k *Keyring) read() (map[string]Kept, error) {
	text, err := readPrivate(k.path)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]Kept{}, nil
	}
	if err != nil {
		return nil, err
	}
	var f keyringFile
	if json.Unmarshal(text, &f) != nil { // the cause would quote the file
		return nil, cratewarden.Errorf(cratewarden.Invalid, "The file of sessions %s is damaged. Remove it and sign in again.", k.path)
	}
	if f.Servers == nil {
		f.Servers = map[string]Kept{}
	}
	return f.Servers, nil
}

// change writes the file anew and puts it in the place of the old one, so that
// whoever reads meanwhile sees one or the other. What has ended is left out.
func (k *Keyring) change(edit func(map[string]Kept)) error {
	dir := filepath.Dir(k.path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return k.unwritable(err)
	}
	lock, err := os.OpenFile(k.path+".lock", os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return k.unwritable(err)
	}
	defer func() { _ = lock.Close() }() // which unlocks
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return k.unwritable(err)
	}
	all, err := k.read()
	if err != nil {
		return err
	}
	for name, one := range all {
		if one.End.Before(time.Now()) {
			delete(all, name)
		}
	}
	edit(all)
	text, err := json.MarshalIndent(keyringFile{all}, "", " ")
	if err != nil {
		return err
	}
	return k.replace(dir, append(text, '\n'))
}

func (k *Keyring) replace(dir string, text []byte) error {
	part, err := os.CreateTemp(dir, ".sessions-*") // for its owner alone
	if err != nil {
		return k.unwritable(err)
	}
	defer func() { _ = os.Remove(part.Name()) }()
	_, err = part.Write(text)
	if err := errors.Join(err, part.Sync(), part.Close()); err != nil {
		return k.unwritable(err)
	}
	if err := os.Rename(part.Name(), k.path); err != nil {
		return k.unwritable(err)
	}
	return nil
}

func (k *Keyring) unwritable(err error) error {
	return cratewarden.Wrap(err, cratewarden.Unavailable, "The file of sessions %s cannot be written. Name another one in CRATEWARDEN_TOKEN_FILE.", k.path)
}

// maxPrivate bounds what is read from a file with secrets.
const maxPrivate = 1 << 20

// readPrivate reads a file that nobody but its owner can read or change. One
// that others can is refused: they may have it already.
func readPrivate(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil {
		return nil, cratewarden.Wrap(err, cratewarden.Invalid, "The file %s cannot be read, or is a link.", path)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 || ok && int(owner.Uid) != os.Geteuid() {
		return nil, cratewarden.Errorf(cratewarden.Refused, "Others can read the file %s, so what is in it may be theirs already. End its sessions, remove it, and sign in again; it must belong to you and have the mode 600.", path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxPrivate+1))
	if err != nil || len(text) > maxPrivate {
		return nil, cratewarden.Wrap(err, cratewarden.Invalid, "The file %s cannot be read.", path)
	}
	return text, nil
}

// ReadToken reads an automation token from a file of its own, which holds
// nothing else and which nobody but its owner can read.
func ReadToken(path string) (string, error) {
	text, err := readPrivate(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", cratewarden.Wrap(err, cratewarden.NotFound, "There is no file %s to read the token from.", path)
	}
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(text))
	if token == "" || strings.ContainsAny(token, " \t\r\n") {
		return "", cratewarden.Errorf(cratewarden.Invalid, "The file %s must hold one token and nothing else.", path)
	}
	return token, nil
}
