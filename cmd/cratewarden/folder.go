package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"cratewarden"
)

// dataFolder is the folder that holds a private server's data. Root cannot use
// its home folder, since PostgreSQL then runs as another user who may not
// enter it. A folder with other things in it is refused: what stands where we
// put storage would be removed.
func dataFolder(given, name string) (string, error) {
	dir := given
	if dir == "" {
		base, err := os.UserCacheDir()
		if os.Geteuid() == 0 || err != nil {
			base = "/var/cache"
		}
		dir = filepath.Join(base, "cratewarden", name)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = makeFolder(dir)
	case err == nil && len(entries) > 0 && !ours(dir):
		return "", cratewarden.Errorf(cratewarden.Conflict, "The folder %s holds something else. Choose an empty one, or one of an earlier run, with --data.", dir)
	}
	if err != nil {
		return "", cratewarden.Wrap(err, cratewarden.Invalid, "The folder %s cannot be used. Choose another with --data.", dir)
	}
	return dir, nil
}

// ours says whether an earlier run made the folder: the server's folder in it
// has a lock and, unless that run ended at once, data.
func ours(dir string) bool {
	info, err := os.Lstat(filepath.Join(dir, "postgres", "lock"))
	return err == nil && info.Mode().IsRegular()
}

// makeFolder makes a folder and those above it, whatever the umask is: for
// root the server's user passes through to its own folder, for others nobody
// else has any business there. Folders that exist are left as they are.
func makeFolder(dir string) error {
	mode := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711
	}
	err := os.Mkdir(dir, mode)
	if errors.Is(err, fs.ErrNotExist) && filepath.Dir(dir) != dir {
		if err = makeFolder(filepath.Dir(dir)); err == nil {
			err = os.Mkdir(dir, mode)
		}
	}
	if err != nil {
		return err
	}
	return os.Chmod(dir, mode)
}

// readMark reads what a data folder was made from; false when it was never
// finished.
func readMark[T any](dir, name string) (T, bool) {
	var mark T
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return mark, false
	}
	return mark, json.Unmarshal(text, &mark) == nil
}

// writeMark says that a data folder is complete; it is written last and
// removed first, so that a half-made folder is never taken for a whole one.
func writeMark(dir, name string, mark any) error {
	text, err := json.MarshalIndent(mark, "", "  ")
	if err != nil {
		return err
	}
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// removeMarks removes the mark of whoever used the folder last, so that a demo
// is not taken for the dump that was opened here before it, nor the reverse.
func removeMarks(dir string) error {
	for _, name := range []string{demoFile, dumpFile} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
