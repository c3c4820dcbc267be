package pgtemp

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"cratewarden"
)

// process is the running server.
type process struct {
	cmd    *exec.Cmd
	output tail
	ended  chan struct{}
}

// launch starts the program from a goroutine that keeps its thread, because
// the kernel ties "signal me when my parent dies" to the thread that forked;
// were the thread to end, the server would stop in the middle of its work.
func launch(program string, args []string, dir string, who *credential) (*process, error) {
	p := &process{ended: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer close(p.ended)
		p.cmd = exec.Command(program, args...)
		p.cmd.Dir = dir
		p.cmd.Env = environment()
		p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
		p.cmd.SysProcAttr = who.attributes()
		p.cmd.SysProcAttr.Setpgid = true // Ctrl-C reaches us, and we stop the server
		p.cmd.SysProcAttr.Pdeathsig = syscall.SIGINT
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// stop asks for a fast shutdown and, after half a minute without an end, for
// an immediate one; PostgreSQL repairs itself at the next start.
func (p *process) stop() {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
		_ = p.cmd.Process.Signal(sig)
		select {
		case <-p.ended:
			return
		case <-time.After(30 * time.Second):
		}
	}
}

// credential is the user the server runs as: nil fields mean ourselves.
type credential struct {
	uid, gid uint32
	other    bool
}

// unprivileged picks whom to run as. PostgreSQL refuses to run as root, so
// root lends the uid of user postgres, or of nobody where there is none.
func unprivileged() (*credential, error) {
	if os.Geteuid() != 0 {
		return &credential{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return &credential{uid: uint32(uid), gid: uint32(gid), other: true}, nil
		}
	}
	return nil, cratewarden.Errorf(cratewarden.Unavailable,
		"PostgreSQL does not run as root, and this machine has neither a user postgres nor nobody to run it as. Start cratewarden as an ordinary user.")
}

func (c *credential) attributes() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{}
	if c.other {
		attr.Credential = &syscall.Credential{Uid: c.uid, Gid: c.gid}
	}
	return attr
}

// own gives a folder to the server's user and proves that the user can reach
// it, so that a home folder closed to others is explained rather than failed
// on later.
func (c *credential) own(dir string) error {
	if err := os.Chmod(dir, 0o700); err != nil {
		return err
	}
	if !c.other {
		return nil
	}
	if err := os.Chown(dir, int(c.uid), int(c.gid)); err != nil {
		return err
	}
	probe := exec.Command("/bin/sh", "-c", ":")
	probe.Dir = dir
	probe.SysProcAttr = c.attributes()
	if err := probe.Run(); err != nil {
		return cratewarden.Wrap(err, cratewarden.Invalid,
			"The folder %s cannot be reached by the unprivileged user that PostgreSQL runs as when you are root. Choose one outside closed home folders with --data.", dir)
	}
	return nil
}

// environment is a clean one: nothing of ours, which may hold secrets, and no
// PG* variable that would change what the server does.
func environment() []string {
	return []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC"}
}

// failed says that one of PostgreSQL's programs ended, with the line in which it
// says why: whoever starts a private server has no other log of it.
func failed(what, output, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if noSpace(output) {
		text += " The disk is full; free some space and try again."
	} else if line := reason.FindStringSubmatch(output); line != nil {
		text += " It says: " + strings.TrimSpace(line[1])
	}
	return cratewarden.Wrap(fmt.Errorf("%s: %s", what, output), cratewarden.Unavailable, "%s", text)
}

// reason finds the first line in which a program of PostgreSQL says why it
// gives up.
var reason = regexp.MustCompile(`(?m)(?:FATAL|PANIC|error): +(.+)$`)

func noSpace(output string) bool { return strings.Contains(output, "No space left on device") }

// tail keeps the last 16 KiB a program wrote, for the error when it fails.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - 16<<10; over > 0 {
		t.buf = bytes.Clone(t.buf[over:])
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}
