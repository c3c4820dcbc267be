package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/blob"
	"cratewarden/demo"
	"cratewarden/pg"
	"cratewarden/pg/pgtemp"
	"cratewarden/registry/schema"
	"cratewarden/web"
)

type demoCmd struct {
	listening
	Data   string `placeholder:"DIR" help:"Folder for everything the demo makes (default: cratewarden/demo in the user's cache folder)."`
	Crates int    `default:"2400" help:"How many crates to make up, 600 at least; 230000 is as large as crates.io and takes a while."`
	Seed   uint64 `default:"1" help:"Chooses one of many registries; the same number gives the same one."`
	Keep   bool   `help:"Keep the registry of the last run, however old its dates are."`
	PgBin  string `placeholder:"DIR" help:"Folder of PostgreSQL's programs, if they are not found."`
}

// Help gives examples.
func (demoCmd) Help() string {
	return `Examples:

  cratewarden demo
  cratewarden demo --crates 30000 --addr 127.0.0.1:9000

It starts a private PostgreSQL (no network port, stops with the program), makes
up a registry with three prepared situations, and opens the console on it. The
registry is made again when it is more than an hour old, so that "an hour ago"
stays true; --keep keeps it.`
}

// demoMark is what a demo folder was made from.
type demoMark struct {
	Crates  int
	Seed    uint64
	Made    time.Time
	Version int // of the generator's output; raised when old folders no longer fit
}

const (
	demoFile = "demo.json"
	// answersFile has the right answers to the prepared situations, for drills.
	answersFile = "answers.json"
	demoVersion = 2
	demoFresh   = time.Hour
	// demoRate is the time for each crate of a large registry.
	demoRate = 2500 * time.Microsecond
	// Nobody publishes here who would wait, and the machine may be small and busy.
	demoHold = 30 * time.Second
)

// Run makes the registry unless the last one serves, and opens the console.
func (c demoCmd) Run(e env) error {
	if c.Crates < demo.MinCrates {
		return cratewarden.Errorf(cratewarden.Invalid, "The demo needs at least %d crates, so that its situations fit.", demo.MinCrates)
	}
	listener, err := listen(c.Addr, false, nil)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	dir, err := dataFolder(c.Data, "demo")
	if err != nil {
		return err
	}
	say(e.stderr, "Starting a private PostgreSQL in %s", dir)
	p, err := startPrivate(e.ctx, dir, c.PgBin, bulkSettings())
	if err != nil {
		return err
	}
	defer p.server.Stop()
	if err := c.prepare(e, dir, p); err != nil {
		return p.blame(err)
	}
	static, index, err := demoStores(e.ctx, dir)
	if err != nil {
		return err
	}
	keys, err := folderKeys(dir)
	if err != nil {
		return err
	}
	origin := localOrigin(listener.Addr())
	in, err := demoSignIn(e.ctx, dir, p.registry, origin)
	if err != nil {
		return err
	}
	store, err := scratchStore(e.ctx, filepath.Join(dir, "storage", "evidence"))
	if err != nil {
		return err
	}
	cases, err := demoCases()
	if err != nil {
		return err
	}
	return openConsole(e.ctx, consoleConfig{
		listener: listener, registry: p.registry, console: p.console, static: static, index: index, ledgerKeys: keys,
		acting: acting{may: true, evidence: store, hold: demoHold}, signIn: in, origin: origin,
		label: "demo registry", kind: web.Demo, cases: cases, situations: demoAnswers(dir), log: c.logger(e), ended: p.server.Done(),
		ready: announce(e.stdout, demoWelcome()),
		also:  func(ctx context.Context) error { return demoWorker(ctx, p.registry, static, index, c.logger(e)) },
	})
}

// demoWorker does what a registry's own worker would do after an act.
func demoWorker(ctx context.Context, registry string, static, index blob.Store, log *slog.Logger) error {
	pool, err := pg.Open(ctx, pg.Config{URL: registry, Application: "crates.io", MaxConns: 1})
	if err != nil {
		return err
	}
	defer pool.Close()
	return demo.Worker{Registry: pool, Static: static, Index: index, Logger: log}.Run(ctx)
}

func demoWelcome() string {
	return `The registry is made up; nothing in it is real. Three situations are prepared:
  - an attack that began about an hour ago with a stolen account
  - a typosquatting campaign from four accounts
  - a squatter with 120 empty crates
Sign in with one click as Ada, who responds. What needs a second person, Bo
approves in another browser window.`
}

// prepare makes the made-up registry when it is missing, other or old.
func (c demoCmd) prepare(e env, dir string, p *private) error {
	want := demoMark{Crates: c.Crates, Seed: c.Seed, Version: demoVersion}
	have, whole := readMark[demoMark](dir, demoFile)
	age := time.Since(have.Made)
	have.Made = time.Time{}
	if whole && have == want && (c.Keep || age < demoFresh) {
		return nil
	}
	if err := removeMarks(dir); err != nil {
		return err
	}
	begin := time.Now()
	say(e.stderr, "Making up a registry of %d crates%s", c.Crates, patience(c.Crates))
	if err := c.generate(e, dir, p, begin); err != nil {
		return err
	}
	say(e.stderr, "Made in %s", time.Since(begin).Round(100*time.Millisecond))
	want.Made = begin
	return writeMark(dir, demoFile, want)
}

// patience warns before a long wait. The rate was measured on two cores.
func patience(crates int) string {
	if crates < 10_000 {
		return ""
	}
	return fmt.Sprintf(" (expect about %s)", (time.Duration(crates) * demoRate).Round(10*time.Second))
}

func (c demoCmd) generate(e env, dir string, p *private, now time.Time) error {
	// What the console remembers is about the registry that goes now.
	if err := freshDatabase(e.ctx, p.server, "console"); err != nil {
		return err
	}
	for _, name := range []string{"static", "index", "evidence"} {
		if err := os.RemoveAll(filepath.Join(dir, "storage", name)); err != nil {
			return err
		}
	}
	if err := freshRegistry(e.ctx, p.server); err != nil {
		return err
	}
	reg := demo.Generate(demo.Options{Crates: c.Crates, Seed: c.Seed, Now: now, Progress: demoProgress(e.stderr)})
	conn, err := pgx.Connect(e.ctx, p.registry)
	if err != nil {
		return pg.Map(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(e.ctx)) }()
	if err := reg.Load(e.ctx, conn); err != nil {
		return err
	}
	static, index, err := demoStores(e.ctx, dir)
	if err != nil {
		return err
	}
	if err := reg.Store(e.ctx, static, index); err != nil {
		return err
	}
	return writeMark(dir, answersFile, reg.Situations)
}

// freshRegistry makes an empty registry database.
func freshRegistry(ctx context.Context, server *pgtemp.Server) error {
	if err := freshDatabase(ctx, server, "registry"); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, server.URL("registry"))
	if err != nil {
		return pg.Map(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return pg.Map(schema.Create(ctx, conn))
}

// demoStores opens the folders that stand for the registry's two buckets. What
// is in them can be made again, so nothing is forced to disk.
func demoStores(ctx context.Context, dir string) (static, index blob.Store, err error) {
	if static, err = scratchStore(ctx, filepath.Join(dir, "storage", "static")); err != nil {
		return nil, nil, err
	}
	index, err = scratchStore(ctx, filepath.Join(dir, "storage", "index"))
	return static, index, err
}

func scratchStore(ctx context.Context, dir string) (blob.Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return blob.Open(ctx, dir, blob.Config{Scratch: true})
}

// bulkSettings are for a private server whose content can be made again from
// its source: little is logged and little is flushed, which halves the time of
// loading. A crash while loading is met by loading again (see writeMark).
func bulkSettings() map[string]string {
	return map[string]string{
		"wal_level": "minimal", "max_wal_senders": "0", "synchronous_commit": "off", "max_wal_size": "8GB",
		"checkpoint_timeout": "30min", "maintenance_work_mem": "512MB", "work_mem": "64MB", "shared_buffers": "512MB",
	}
}

// demoProgress prints a step when it begins; on a terminal the count follows
// on the same line.
func demoProgress(w io.Writer) func(demo.Event) {
	live, last, at := terminal(w), "", time.Time{}
	return func(ev demo.Event) {
		switch {
		case ev.Step != last:
			if live && last != "" {
				say(w, "")
			}
			last = ev.Step
			if !live {
				say(w, "  %s", ev.Step)
			}
		case !live || time.Since(at) < 100*time.Millisecond:
			return
		}
		at = time.Now()
		if live {
			_, _ = fmt.Fprintf(w, "\r  %-40s %s", ev.Step, tally(ev.Done, ev.Total))
		}
	}
}

func tally(done, total int64) string {
	if total == 0 {
		return fmt.Sprintf("%10d          ", done)
	}
	return fmt.Sprintf("%10d of %-10d", done, total)
}
