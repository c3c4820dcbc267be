package main

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/pg"
	"cratewarden/registry/check"
)

// registryDatabase asks what the registry's database allows, too little and too
// much.
func (p *patient) registryDatabase(ctx context.Context) {
	const about = "registry's database"
	// Not a read-only session: it is asked too whether this role could write.
	if p.registry = p.open(ctx, about, p.serve.RegistryURL, "--registry-url", false); p.registry == nil {
		return
	}
	p.encrypted(ctx, about, p.registry)
	report, err := check.Run(ctx, p.registry)
	if err != nil {
		p.say(wrong, about, "Run cratewarden check-registry on it.", "%s", cratewarden.MessageOf(err))
		return
	}
	mode, grants := check.ReadOnly, "cratewarden check-registry --grants ROLE"
	if p.serve.Act {
		mode, grants = check.Acting, "cratewarden check-registry --grants ROLE --acting"
	}
	var cannot []string
	for _, c := range check.Capabilities() {
		if !report.Can(c) && (c == check.Read || mode == check.Acting) {
			cannot = append(cannot, string(c))
		}
	}
	switch {
	case !report.Can(check.Read):
		p.say(wrong, about, "Run cratewarden check-registry to see what is missing, and \""+grants+"\" for the grants.", "it cannot be read")
	case len(cannot) > 0:
		p.say(weak, about, "Run cratewarden check-registry to see what is missing, and \""+grants+"\" for the grants.", "its role may not do what these take: %s", strings.Join(cannot, ", "))
	default:
		p.say(fine, about, "", "role %s may do what it needs", report.Role)
	}
	for _, note := range report.Notes {
		p.say(weak, about, "", "%s", strings.TrimSuffix(note, "."))
	}
	more, err := check.Excess(ctx, p.registry, mode)
	if err != nil {
		p.say(weak, about, "", "%s", cratewarden.MessageOf(err))
	}
	for _, clause := range more {
		p.say(weak, about, "Give the console a role with only the grants of \""+grants+"\".", "its role may do more than it needs: %s", clause)
	}
}

// consoleDatabase looks at our own database.
func (p *patient) consoleDatabase(ctx context.Context) {
	const about = "console's database"
	if p.console = p.open(ctx, about, p.serve.ConsoleURL, "--console-url", true); p.console == nil {
		return
	}
	p.encrypted(ctx, about, p.console)
	var super, made bool
	err := p.console.QueryRow(ctx, `SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user), to_regclass('console_migration') IS NOT NULL`).Scan(&super, &made)
	switch {
	case err != nil:
		p.say(wrong, about, "", "%s", cratewarden.MessageOf(pg.Map(err)))
		return
	case !made:
		p.say(weak, about, "Run cratewarden migrate, or let serve do it.", "it has no tables yet")
	default:
		p.migrations(ctx, about)
	}
	if super {
		p.say(weak, about, "Let a role without that power own this database.", "its role is a superuser of the server, and could rewrite the ledger's table")
	}
}

// encrypted says when a database is reached over a network in the clear.
func (p *patient) encrypted(ctx context.Context, about string, pool *pgxpool.Pool) {
	var secret bool
	err := pool.QueryRow(ctx, `SELECT ssl OR inet_client_addr() IS NULL OR inet_client_addr() << '127.0.0.0/8' OR inet_client_addr() = '::1'
		FROM pg_stat_ssl WHERE pid = pg_backend_pid()`).Scan(&secret)
	if err == nil && !secret {
		p.say(weak, about, "Add sslmode=verify-full to its address.", "the connection over the network is not encrypted")
	}
}

// place tells one database from another.
type place struct {
	server   string // its port and start, the same for all of its databases
	database string
	registry bool // has the registry's tables
}

func placeOf(ctx context.Context, pool *pgxpool.Pool) (at place, err error) {
	err = pool.QueryRow(ctx, `SELECT current_setting('port') || ' ' || pg_postmaster_start_time()::text, current_database()::text,
		to_regclass('public.crates') IS NOT NULL AND to_regclass('public.versions') IS NOT NULL`).Scan(&at.server, &at.database, &at.registry)
	return at, pg.Map(err)
}

// apart makes sure that whoever owns the registry cannot rewrite what
// administrators did, and that its jobs never meet our tables.
func (p *patient) apart(ctx context.Context) {
	if p.registry == nil || p.console == nil {
		return
	}
	const about = "two databases"
	theirs, err := placeOf(ctx, p.registry)
	var own place
	if err == nil {
		own, err = placeOf(ctx, p.console)
	}
	switch {
	case err != nil:
		p.say(weak, about, "", "%s", cratewarden.MessageOf(err))
	case own == theirs:
		p.say(wrong, about, "Give the console a database of its own with --console-url.", "the console's is the registry's")
	case own.registry:
		p.say(wrong, about, "Give the console a database of its own with --console-url.", "the console's holds a registry's tables")
	case own.server == theirs.server:
		p.say(weak, about, "Put the console's database on a server of its own; at least sign the ledger.", "both are on one server: whoever runs the registry's could rewrite what administrators did")
	default:
		p.say(fine, about, "", "they are on two servers")
	}
}

// clocks compares ours with the databases': sessions, holds and the ledger's
// times go by them.
func (p *patient) clocks(ctx context.Context) {
	for _, one := range []struct {
		about string
		pool  *pgxpool.Pool
	}{{"clock of the registry's database", p.registry}, {"clock of the console's database", p.console}} {
		if one.pool == nil {
			continue
		}
		before := p.clock()
		var theirs time.Time
		if err := one.pool.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&theirs); err != nil {
			p.say(weak, one.about, "", "%s", cratewarden.MessageOf(pg.Map(err)))
			continue
		}
		after := p.clock()
		p.skew(one.about, theirs.Sub(before.Add(after.Sub(before)/2)))
	}
}

func (p *patient) skew(about string, d time.Duration) {
	words := "ahead of"
	if d < 0 {
		d, words = -d, "behind"
	}
	const do = "Let both machines follow a time server."
	switch {
	case d > time.Minute:
		p.say(wrong, about, do, "it is %s %s ours", d.Round(time.Second), words)
	case d > 2*time.Second:
		p.say(weak, about, do, "it is %s %s ours", d.Round(100*time.Millisecond), words)
	default:
		p.say(fine, about, "", "less than 2 s from ours")
	}
}
