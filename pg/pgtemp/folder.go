package pgtemp

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"cratewarden"
)

// maxSocketPath is the longest name a Unix socket may have on Linux, less the
// file name PostgreSQL adds.
const maxSocketPath = 107 - len("/.s.PGSQL.5432.lock")

// prepare makes the folder, locks it, and gives it to the user that the server
// runs as.
func (s *Server) prepare(who *credential) error {
	if s.dir == "" {
		s.temporary = true
		dir, err := os.MkdirTemp(scratch(), "cratewarden-pg-")
		if err != nil {
			return err
		}
		s.dir = dir
	}
	dir, err := filepath.Abs(s.dir)
	if err != nil {
		return err
	}
	s.dir = dir
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return cratewarden.Wrap(err, cratewarden.Invalid, "The folder %s cannot be made. Choose another with --data.", s.dir)
	}
	if err := s.acquire(); err != nil {
		return err
	}
	if err := who.own(s.dir); err != nil {
		return err
	}
	return s.placeSocket(who)
}

// acquire takes the folder's lock, which the kernel gives back even if we are
// killed.
func (s *Server) acquire() error {
	file, err := os.OpenFile(filepath.Join(s.dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return cratewarden.Wrap(err, cratewarden.Invalid, "The folder %s cannot be written to. Choose another with --data.", s.dir)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		return cratewarden.Wrap(err, cratewarden.Conflict,
			"Another cratewarden already runs on the folder %s. Stop it, or give this one a folder of its own with --data.", s.dir)
	}
	s.lock = file
	return nil
}

// placeSocket puts the socket beside the data, or in a short temporary folder
// when that path would be longer than the system allows or has a comma, which
// separates sockets for PostgreSQL.
func (s *Server) placeSocket(who *credential) error {
	s.socket = filepath.Join(s.dir, "socket")
	if len(s.socket) > maxSocketPath || strings.Contains(s.socket, ",") {
		dir, err := os.MkdirTemp("", "cw-")
		if err != nil {
			return cratewarden.Wrap(err, cratewarden.Invalid, "The path of the folder %s does not suit PostgreSQL, and no temporary folder can be made. Choose a shorter one without commas with --data.", s.dir)
		}
		s.socket = dir
	}
	if err := os.MkdirAll(s.socket, 0o700); err != nil {
		return err
	}
	return who.own(s.socket)
}

// checkVersion refuses a data folder made by another major version, which the
// server itself would refuse with a message few people understand.
func (s *Server) checkVersion() error {
	text, err := os.ReadFile(filepath.Join(s.data(), "PG_VERSION"))
	if err != nil {
		return err
	}
	made, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	if made != s.version {
		return cratewarden.Errorf(cratewarden.Conflict,
			"The folder %s was made by PostgreSQL %d, but version %d was found. Install PostgreSQL %d, point --pg-bin at it, or choose another folder with --data.",
			s.dir, made, s.version, made)
	}
	return nil
}

// awaitPredecessor waits for a server that is still shutting down because the
// program that owned it was killed a moment ago. Without the wait the new
// server would refuse the folder.
func (s *Server) awaitPredecessor(ctx context.Context) error {
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		pid := postmaster(filepath.Join(s.data(), "postmaster.pid"))
		if pid == 0 || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return cratewarden.Errorf(cratewarden.Conflict, "A PostgreSQL server still runs on the folder %s. Stop it and try again.", s.dir)
}

func postmaster(file string) int {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, _ := strconv.Atoi(strings.TrimSpace(line))
	return pid
}

// scratch is where throw-away servers live: in memory when the machine offers
// it, for a tenth of the time on disk. Folders left by killed programs are
// swept first; a folder still in use is recognised by its lock.
func scratch() string {
	dir := os.TempDir()
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() && syscall.Access("/dev/shm", 2) == nil {
		dir = "/dev/shm"
	}
	old, _ := filepath.Glob(filepath.Join(dir, "cratewarden-pg-*"))
	for _, folder := range old {
		sweep(folder)
	}
	return dir
}

func sweep(folder string) {
	info, err := os.Stat(folder)
	if err != nil || time.Since(info.ModTime()) < time.Minute {
		return
	}
	file, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer file.Close()
	if syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		_ = os.RemoveAll(folder)
	}
}
