package main

import (
	"context"
	"time"

	"cratewarden"
	"cratewarden/console"
	"cratewarden/pg"
	"cratewarden/registry/check"
)

// replicaDatabase looks at the copy from which whole tables are read.
func (p *patient) replicaDatabase(ctx context.Context) {
	if p.serve.ReplicaURL == "" {
		return
	}
	const about = "replica"
	pool := p.open(ctx, about, p.serve.ReplicaURL, "--replica-url", true)
	if pool == nil {
		return
	}
	defer pool.Close()
	p.encrypted(ctx, about, pool)
	report, err := check.Run(ctx, pool)
	if err != nil || !report.Can(check.Read) {
		p.say(wrong, about, "Give --replica-url a replica of the registry's database, and its role the same grants.", "it cannot be read as the registry's")
		return
	}
	var standby bool
	var behind *float64
	err = pool.QueryRow(ctx, `SELECT pg_is_in_recovery(), CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
		ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp())::float8 END`).Scan(&standby, &behind)
	switch {
	case err != nil:
		p.say(wrong, about, "", "%s", cratewarden.MessageOf(pg.Map(err)))
	case !standby:
		p.say(weak, about, "Name a standby server of the registry's, or leave --replica-url out.", "it follows no other server: is it the registry's own, or a copy that stands still?")
	case behind != nil && *behind > 60:
		p.say(weak, about, "See why it does not keep up.", "it is %s behind", time.Duration(*behind*float64(time.Second)).Round(time.Second))
	default:
		p.say(fine, about, "", "it follows its server")
	}
}

// migrations says whether the console's tables are this release's.
func (p *patient) migrations(ctx context.Context, about string) {
	lacks, unknown, err := console.Pending(ctx, p.console)
	switch {
	case err != nil:
		p.say(wrong, about, "", "%s", cratewarden.MessageOf(err))
	case len(unknown) > 0:
		p.say(wrong, about, "Run the newer release; an older one does not know its tables.", "a newer release prepared it: %s", unknown[len(unknown)-1])
	case len(lacks) > 0:
		p.say(weak, about, "Run cratewarden migrate, or let serve do it.", "%d migrations wait, the first is %s", len(lacks), lacks[0])
	default:
		p.say(fine, about, "", "it answers, and its tables are this release's")
	}
}
