package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/pg"
)

// doctorCmd takes the very flags of serve, so that one line serves both.
type doctorCmd struct {
	serveCmd
	Strict bool `help:"Count what is weak as wrong."`
	JSON   bool `name:"json" help:"Print the findings as JSON."`
}

// Help gives examples.
func (doctorCmd) Help() string {
	return `Example:

  cratewarden doctor --registry-url postgres://console@db/cargo_registry \
    --console-url postgres://console@db2/cratewarden --sign-in sign-in.yaml \
    --ledger-key ledger.key --act --evidence s3://evidence --storage s3://crates-io

It takes the flags and variables of "serve", changes nothing, and says of each thing
whether it is ok, weak (works, and is less safe than it could be) or wrong. It exits
with 6 when anything is wrong.`
}

// Run examines the settings and whatever they name.
func (c doctorCmd) Run(e env) error {
	ctx, cancel := context.WithTimeout(e.ctx, 2*time.Minute)
	defer cancel()
	p := &patient{serve: c.serveCmd, clock: cratewarden.SystemClock}
	defer p.close()
	p.examine(ctx)
	bad := p.count(wrong)
	if c.Strict {
		bad += p.count(weak)
	}
	if c.JSON {
		if err := printJSON(e, map[string]any{"findings": p.found, "ok": p.count(fine), "weak": p.count(weak), "wrong": p.count(wrong)}); err != nil {
			return err
		}
	} else {
		for _, f := range p.found {
			say(e.stdout, "%s", inertLines(f.String()))
		}
		say(e.stdout, "\n%d ok, %d weak, %d wrong.", p.count(fine), p.count(weak), p.count(wrong))
	}
	if bad > 0 {
		return cratewarden.Errorf(cratewarden.Unavailable, "Not everything is as it should be; the list says what to do.")
	}
	return ctx.Err()
}

// verdict is what the doctor thinks of one thing.
type verdict string

const (
	fine  verdict = "ok"
	weak  verdict = "weak"  // works, and is less safe than it could be
	wrong verdict = "wrong" // does not work, or lets somebody in
)

// diagnosis is one line of the doctor's.
type diagnosis struct {
	About string  `json:"about"`
	State verdict `json:"state"`
	What  string  `json:"what"`
	Do    string  `json:"do,omitempty"`
}

// String is the line as people read it, with what to do below.
func (f diagnosis) String() string {
	text := fmt.Sprintf("%-5s  %s: %s", f.State, f.About, f.What)
	if f.Do != "" {
		text += "\n       → " + f.Do
	}
	return text
}

// patient is what is examined: the settings of a console, and what was opened
// of it. Each check is a method that adds what it found.
type patient struct {
	serve serveCmd
	clock cratewarden.Clock

	signIn            *signInFile   // nil when it cannot be read
	registry, console *pgxpool.Pool // nil when there is none
	found             []diagnosis
}

func (p *patient) say(state verdict, about, do, what string, args ...any) {
	p.found = append(p.found, diagnosis{about, state, fmt.Sprintf(what, args...), do})
}

func (p *patient) count(state verdict) int {
	n := 0
	for _, f := range p.found {
		if f.State == state {
			n++
		}
	}
	return n
}

func (p *patient) close() {
	for _, pool := range []*pgxpool.Pool{p.registry, p.console} {
		if pool != nil {
			pool.Close()
		}
	}
}

// examine does every check, in the order in which one would fix things. What
// cannot be looked at because of an earlier finding is passed over.
func (p *patient) examine(ctx context.Context) {
	for _, check := range []func(context.Context){
		p.settings, p.secretFiles, p.certificates, p.transport,
		p.registryDatabase, p.replicaDatabase, p.consoleDatabase, p.apart, p.clocks,
		p.providers, p.people, p.notices, p.signing, p.stores,
	} {
		check(ctx)
	}
}

// open opens a database, and says when it cannot.
func (p *patient) open(ctx context.Context, about, url, flag string, readOnly bool) *pgxpool.Pool {
	if url == "" {
		p.say(wrong, about, "Give "+flag+".", "it is not named")
		return nil
	}
	pool, err := pg.Open(ctx, pg.Config{URL: url, ReadOnly: readOnly, MaxConns: 2, StatementTimeout: 30 * time.Second})
	if err != nil {
		p.say(wrong, about, "Check "+flag+", the server, and its role's password.", "%s", cratewarden.MessageOf(err))
		return nil
	}
	return pool
}
