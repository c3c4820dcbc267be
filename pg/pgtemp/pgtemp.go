// Package pgtemp runs a private PostgreSQL server from the binaries that are
// installed on the machine. It listens on a Unix socket in a folder that only
// its owner may enter, has no network port and no password, works for root and
// for ordinary users, and stops with the program even if that is killed. The
// demo, the dump viewer and the tests live on it.
package pgtemp

import (
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cratewarden"
)

// Config says what server to run. The zero value is a throw-away server in a
// temporary folder.
type Config struct {
	// Dir is the folder that holds everything; it is made when missing and
	// kept afterwards. Empty means a temporary folder that Stop removes.
	Dir string
	// Bin is the folder of initdb and postgres; empty means search for it.
	Bin string
	// Fast gives up durability for speed: for tests and for imports that start
	// again from their source after a crash.
	Fast bool
	// Settings are further server settings.
	Settings map[string]string
}

// Server is a running private PostgreSQL.
type Server struct {
	dir, socket, bin string
	version          int
	temporary        bool
	lock             *os.File
	process          *process
}

// Start makes the data folder if it is new, starts the server on it and
// returns when it answers a query. Errors: Unavailable when no PostgreSQL is
// installed, Conflict when another program uses the folder, Invalid when the
// folder cannot be used.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	bin, version, err := Find(cfg.Bin)
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, version: version, dir: cfg.Dir}
	if err := s.start(ctx, cfg); err != nil {
		// The folder's lock is given back and nothing is left running.
		s.Stop()
		return nil, err
	}
	return s, nil
}

func (s *Server) start(ctx context.Context, cfg Config) error {
	who, err := unprivileged()
	if err != nil {
		return err
	}
	if err := s.prepare(who); err != nil {
		return err
	}
	if err := s.initialise(ctx, who, cfg.Fast); err != nil {
		return err
	}
	if err := s.awaitPredecessor(ctx); err != nil {
		return err
	}
	s.process, err = launch(filepath.Join(s.bin, "postgres"), s.arguments(cfg), s.data(), who)
	if err != nil {
		return cratewarden.Wrap(err, cratewarden.Unavailable, "PostgreSQL could not be started from %s.", s.bin)
	}
	return s.awaitAnswer(ctx)
}

func (s *Server) data() string { return filepath.Join(s.dir, "pgdata") }

// Version is the server's major version.
func (s *Server) Version() int { return s.version }

// Bin is the folder the server's programs were found in (psql, pg_dump …).
func (s *Server) Bin() string { return s.bin }

// Socket is the folder of the Unix socket.
func (s *Server) Socket() string { return s.socket }

// URL is the connection string of a database on this server.
func (s *Server) URL(database string) string {
	u := url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/" + database}
	query := url.Values{"host": {s.socket}, "port": {"5432"}, "sslmode": {"disable"}}.Encode()
	u.RawQuery = strings.ReplaceAll(query, "+", "%20") // only web forms read + as a space
	return u.String()
}

// arguments are the server's settings: socket only, UTC, and for a fast server
// none of the safety that costs time.
func (s *Server) arguments(cfg Config) []string {
	args := []string{"-D", s.data(), "-k", s.socket, "-h", "", "-p", "5432"}
	set := func(name, value string) { args = append(args, "-c", name+"="+value) }
	set("timezone", "UTC")
	set("log_timezone", "UTC")
	set("max_connections", "200")
	set("shared_buffers", "256MB")
	set("dynamic_shared_memory_type", "mmap")
	if cfg.Fast {
		set("fsync", "off")
		set("synchronous_commit", "off")
		set("full_page_writes", "off")
		set("shared_buffers", "128MB")
		set("autovacuum", "off")
	}
	for name, value := range cfg.Settings {
		set(name, value)
	}
	return args
}

// awaitAnswer polls until a query works. A server that ends first has its
// output in the error's cause.
func (s *Server) awaitAnswer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.URL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		if _, ok := errors.AsType[*pgconn.ParseConfigError](err); ok {
			return cratewarden.Errorf(cratewarden.Invalid, "A PG* variable of the environment keeps this program from its own PostgreSQL, such as PGSERVICE or PGSSLMODE. Unset it.")
		}
		select {
		case <-s.process.ended:
			return failed("postgres ended", s.process.output.String(), "PostgreSQL stopped while starting on %s.", s.dir)
		case <-ctx.Done():
			return cratewarden.Wrap(err, cratewarden.Unavailable, "PostgreSQL did not answer in time.")
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Stop ends the server with a fast, clean shutdown, waits for it, and gives
// the folder back; a temporary folder is removed. It may be called twice.
func (s *Server) Stop() {
	if s.process != nil {
		s.process.stop()
		s.process = nil
	}
	if s.lock != nil {
		_ = s.lock.Close()
		s.lock = nil
	}
	if s.socket != "" && s.socket != s.dir {
		_ = os.RemoveAll(s.socket)
	}
	if s.temporary {
		_ = os.RemoveAll(s.dir)
	}
}

// DiskFull says whether the server complained of a full disk, which its clients
// may only have seen as a lost connection.
func (s *Server) DiskFull() bool { return s.process != nil && noSpace(s.process.output.String()) }

// Done is closed when the server has ended, on purpose or not.
func (s *Server) Done() <-chan struct{} { return s.process.ended }

// initialise makes the data folder once. It is made under another name and
// renamed, so that a crash half way leaves nothing that looks finished.
func (s *Server) initialise(ctx context.Context, who *credential, fast bool) error {
	if _, err := os.Stat(filepath.Join(s.data(), "PG_VERSION")); err == nil {
		return s.checkVersion()
	}
	fresh := s.data() + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	args := []string{"-D", fresh, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--lc-ctype=C.UTF-8"}
	if fast {
		args = append(args, "--no-sync")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, "initdb"), args...)
	cmd.SysProcAttr = who.attributes()
	cmd.Env = environment()
	cmd.Dir = s.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return failed("initdb: "+err.Error(), string(out), "PostgreSQL could not make its data folder in %s.", s.dir)
	}
	return os.Rename(fresh, s.data())
}
