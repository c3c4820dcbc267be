package dump

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/pg"
)

// site is a database beside an empty target, made as its copy. It is loaded
// by two connections at once, which one transaction could not be, and takes
// the target's name in one step at the end.
type site struct {
	admin        *pgx.Conn
	target, work string
}

// plainTarget says whether nobody could tell the target from a copy of it: it
// is our own, nobody else is connected, and nothing is set on the database
// itself, which a copy would not have.
const plainTarget = `
SELECT d.datname::text, d.oid::bigint, d.datname <> 'postgres' AND d.datdba = r.oid AND (r.rolsuper OR r.rolcreatedb)
	AND d.datacl IS NULL AND d.datconnlimit = -1 AND NOT d.datistemplate
	AND shobj_description(d.oid, 'pg_database') IS NULL
	AND NOT EXISTS (SELECT FROM pg_db_role_setting WHERE setdatabase = d.oid)
	AND NOT EXISTS (SELECT FROM pg_shseclabel WHERE objoid = d.oid AND classoid = 'pg_database'::regclass)
	AND NOT EXISTS (SELECT FROM pg_replication_slots WHERE database = d.datname)
	AND NOT EXISTS (SELECT subdbid FROM pg_subscription WHERE subdbid = d.oid)
	AND NOT EXISTS (SELECT FROM pg_stat_activity 
		WHERE datid = d.oid AND pid <> pg_backend_pid() AND coalesce(backend_type, 'client backend') = 'client backend')
FROM pg_database d, pg_roles r WHERE d.datname = current_database() AND r.rolname = current_user`

// survey decides whether the import may go beside the target, and makes the
// place if so. No site and no error means: into the target itself.
func (im *importer) survey(ctx context.Context, conn *pgx.Conn) (*site, error) {
	s := &site{}
	var oid int64
	var plain bool
	// A connection that was just closed is seen for a moment longer.
	for try := 0; try < 5 && !plain; try++ {
		if try > 0 {
			time.Sleep(60 * time.Millisecond)
		}
		if err := conn.QueryRow(ctx, plainTarget).Scan(&s.target, &oid, &plain); err != nil {
			return nil, ctx.Err() // whoever cannot read the catalogs goes the other way
		}
	}
	s.work = fmt.Sprintf("cratewarden_import_%d", oid)
	if err := s.free(ctx, conn); err != nil {
		return nil, err
	}
	if !plain || im.cfg.OneTransaction {
		return nil, nil
	}
	admin, err := connect(ctx, im.cfg.URL, "postgres")
	if err != nil {
		return nil, ctx.Err()
	}
	s.admin = admin
	// A copy can be made only while nobody is connected.
	_ = conn.Close(ctx)
	if err = s.exec(ctx, "DROP DATABASE IF EXISTS "+quote(s.work)); err == nil {
		err = s.exec(ctx, "CREATE DATABASE "+quote(s.work)+" TEMPLATE "+quote(s.target))
	}
	if err == nil {
		return s, nil
	}
	_ = admin.Close(context.WithoutCancel(ctx))
	return nil, ctx.Err()
}

// free waits until no other import works beside the target.
func (s *site) free(ctx context.Context, q querier) error {
	for deadline := time.Now().Add(patience); ; {
		var busy bool
		if err := q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = $1)`, s.work).Scan(&busy); err != nil || !busy {
			return err
		}
		if time.Now().After(deadline) {
			return errBusy()
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

func (s *site) exec(ctx context.Context, sql string) error {
	_, err := s.admin.Exec(ctx, sql)
	return err
}

// leave removes what is not used: the copy after a failure, the empty former
// target after a success. It runs even when ctx is over.
func (s *site) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	_ = s.exec(ctx, "DROP DATABASE IF EXISTS "+quote(s.work)+" WITH (FORCE)")
	_ = s.admin.Close(ctx)
}

// beside loads the copy with two connections and gives it the target's name.
func (im *importer) beside(ctx context.Context, s *site) error {
	working, stop := context.WithCancel(ctx)
	defer stop()
	im.crew = newCrew(stop)
	defer func() { im.crew = nil }()
	if err := im.together(working, s); err != nil {
		if first := im.crew.failure(); first != nil && ctx.Err() == nil {
			return first
		}
		return err
	}
	return s.swap(ctx, im.cfg.URL)
}

func (im *importer) together(ctx context.Context, s *site) error {
	var conns [2]*pgx.Conn
	for i := range conns {
		conn, err := connect(ctx, im.cfg.URL, s.work)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
		if err := im.configure(ctx, conn); err != nil {
			return err
		}
		conns[i] = conn
	}
	var wait sync.WaitGroup
	defer wait.Wait()
	defer im.crew.dismiss()
	wait.Go(func() { im.crew.assist(ctx, session{conns[1], conns[1]}) })
	return im.attempt(ctx, conns[0])
}

// swap gives the copy the target's name and the target the copy's, in one
// transaction. Somebody may have come to the target meanwhile: while they are
// connected nothing can be renamed, and what they left there is theirs.
func (s *site) swap(ctx context.Context, url string) error {
	if err := s.rename(ctx); err != nil {
		return err
	}
	// From here on the import has happened, whatever becomes of ctx.
	ctx = context.WithoutCancel(ctx)
	former, err := connect(ctx, url, s.work)
	if err != nil {
		return nil
	}
	err = vacant(ctx, former)
	_ = former.Close(ctx)
	if cratewarden.KindOf(err) == cratewarden.Conflict {
		if back := s.rename(ctx); back != nil {
			return back
		}
	}
	return err
}

// rename waits a while for others to leave.
func (s *site) rename(ctx context.Context) error {
	for deadline := time.Now().Add(30 * time.Second); ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := pgx.BeginFunc(context.WithoutCancel(ctx), s.admin, func(tx pgx.Tx) error {
			between := s.work + "_done"
			for _, pair := range [][2]string{{s.target, between}, {s.work, s.target}, {between, s.work}} {
				if _, err := tx.Exec(context.WithoutCancel(ctx), "ALTER DATABASE "+quote(pair[0])+" RENAME TO "+quote(pair[1])); err != nil {
					return err
				}
			}
			return nil
		})
		if !pg.IsCode(err, "55006") {
			return err
		}
		if time.Now().After(deadline) {
			return cratewarden.Wrap(err, cratewarden.Conflict, "Another program stays connected to the target database, so the import could not be finished. Disconnect it and start again; the target is as it was.")
		}
		time.Sleep(100 * time.Millisecond)
	}
}
