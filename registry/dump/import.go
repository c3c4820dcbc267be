package dump

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"cratewarden"
)

// Config says where an import goes.
type Config struct {
	// URL is the target, a PostgreSQL connection string. Its database must
	// exist and be empty; the role must be allowed to create in its schema
	// public and to create the registry's extensions if they are not there.
	URL string
	// Progress, if set, is called from one goroutine at a time, a few times a
	// second and at the start of each table.
	Progress func(Progress)
	// OneTransaction keeps the whole import in one transaction of the target
	// even where the role may make databases (see the package comment).
	OneTransaction bool
	// OwnSchema leaves the archive's schema.sql aside and uses ours.
	OwnSchema bool
	// IndexMemory is what the server may use to build one index, a PostgreSQL
	// size such as "512MB"; empty means 256MB.
	IndexMemory string
}

// Result says what an import brought. Whoever serves the database keeps it:
// the database itself holds no mark that it is a public dump.
type Result struct {
	// Source is always "dump".
	Source string
	// Metadata is the dump's own time and commit.
	Metadata
	// SHA256 is that of the archive file in hex (for a folder: over names and
	// content of the files used). The same archive gives the same value.
	SHA256 string
	// OwnSchema says that our schema was used, not the archive's.
	OwnSchema bool
	// Rows is the number of rows loaded, by table.
	Rows map[string]int64
	// Absent are the columns, as "table.column", that the archive did not have
	// and that are therefore NULL or at their default.
	Absent []string
	// Unvalidated are the foreign keys that the rows do not satisfy, mostly
	// because the dump leaves out users (contract db-dump.md section 5.6). They
	// are in force for new rows only (NOT VALID).
	Unvalidated []string
	// Duration is how long the import took.
	Duration time.Duration
}

// Import loads the archive into the target, which after an error is as it was. The errors are [cratewarden.Error]s: Conflict for a
// target that is not empty, Refused for rights and for archives no dump would
// look like, Invalid for damaged archives, unknown layouts and bad rows (with
// table and line), Canceled, Unavailable for a server that is down or full.
//
// recent_crate_downloads counts the 90 days before now, so for an old dump it
// is smaller than it was, down to empty (contract schema/views.csv).
func Import(ctx context.Context, cfg Config, a *Archive) (Result, error) {
	result, err := run(ctx, cfg, a)
	if err == nil {
		return result, nil
	}
	if ctx.Err() != nil {
		// What the server or the archive said is only an echo of this.
		err = ctx.Err()
	}
	return Result{}, fault(err)
}

// errLateSchema says that schema.sql stood behind tables.
var errLateSchema = errors.New("schema.sql stands behind tables")

func run(ctx context.Context, cfg Config, a *Archive) (Result, error) {
	began := time.Now()
	im := &importer{cfg: cfg, src: a.src, meter: &meter{report: cfg.Progress}}
	err := im.place(ctx)
	if errors.Is(err, errLateSchema) {
		again, e := im.src.rewind()
		if e != nil || !again {
			return Result{}, errors.Join(e, cratewarden.Errorf(cratewarden.Invalid,
				"schema.sql comes after the tables in this archive, and standard input cannot be read twice. Save the archive and give its file name."))
		}
		err = im.place(ctx)
	}
	im.result.Duration = time.Since(began)
	return im.result, err
}

// place chooses where to load: into a database of our own beside the target
// where that is allowed, into the target itself where not.
func (im *importer) place(ctx context.Context) error {
	conn, err := connect(ctx, im.cfg.URL, "")
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err := vacant(ctx, conn); err != nil {
		return err
	}
	s, err := im.survey(ctx, conn)
	if err != nil {
		return err
	}
	if s == nil {
		if conn.IsClosed() {
			if conn, err = connect(ctx, im.cfg.URL, ""); err != nil {
				return err
			}
		}
		return im.attempt(ctx, conn)
	}
	defer s.leave(ctx)
	return im.beside(ctx, s)
}

// connect opens a connection to the target, or to another database of its
// server. A cancelled context cancels
// the running statement at the server, so that an index build does not go on
// for minutes after Ctrl-C.
func connect(ctx context.Context, url, database string) (*pgx.Conn, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		// The cause may quote a password: leave it out.
		return nil, cratewarden.Errorf(cratewarden.Invalid, "The database address is not a valid PostgreSQL URL. It should look like postgres://user@host:5432/database.")
	}
	if database != "" {
		cfg.Database = database
	}
	cfg.RuntimeParams["application_name"] = "cratewarden import"
	cfg.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: 20 * time.Second}
	}
	return pgx.ConnectConfig(ctx, cfg)
}

// importer is one import under way.
type importer struct {
	cfg    Config
	src    source
	conn   *pgx.Conn
	meter  *meter
	late   string // schema.sql found behind tables by the attempt before
	result Result

	tx     pgx.Tx
	crew   *crew // nil when everything is one transaction
	script *script
	layout layout
	sizes  map[string]int64 // bytes of CSV by table
}

func (im *importer) attempt(ctx context.Context, conn *pgx.Conn) error {
	im.conn = conn
	im.result = Result{Source: "dump", Rows: map[string]int64{}}
	im.script, im.layout, im.sizes = nil, nil, map[string]int64{}
	if err := im.begin(ctx); err != nil {
		return err
	}
	// It runs even when ctx is already over, so that nothing waits for the
	// server to notice by itself.
	defer func() { _ = im.tx.Rollback(context.WithoutCancel(ctx)) }()
	for _, step := range []func(context.Context) error{im.prepare, im.load, im.complete} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	im.meter.phase(PhaseCommit, 0)
	return im.commit(ctx)
}

func (im *importer) begin(ctx context.Context) (err error) {
	tx, err := im.conn.Begin(ctx)
	if err == nil {
		im.tx = tx
	}
	return err
}

// commit cannot be cancelled half way: who cancels before it has changed
// nothing, who cancels during it has the import.
func (im *importer) commit(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := im.tx.Commit(context.WithoutCancel(ctx))
	if _, refused := errors.AsType[*pgconn.PgError](err); err != nil && !refused {
		return cratewarden.Wrap(err, cratewarden.Unavailable,
			"The connection broke while the import was being committed, so it either is complete or never happened. Start it again: a complete target is refused, an empty one is filled.")
	}
	return err
}

// load reads the archive to its end and fills the tables.
func (im *importer) load(ctx context.Context) error {
	_, total := im.src.progress()
	im.meter.phase(PhaseTables, total)
	for {
		f, err := im.src.next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return reading(err)
		}
		if err := im.take(ctx, f); err != nil {
			return err
		}
	}
	sum, err := im.src.finish(ctx)
	if err != nil {
		return reading(err)
	}
	im.result.SHA256 = sum
	if im.script == nil {
		return cratewarden.Errorf(cratewarden.Invalid, "The archive holds no tables. It is no public dump.")
	}
	if im.result.Timestamp.IsZero() {
		return cratewarden.Errorf(cratewarden.Invalid, "The archive has no metadata.json, so nobody could say how old its data is. It is incomplete, or no public dump.")
	}
	return im.layout.missing(im.result.Rows)
}

func (im *importer) take(ctx context.Context, f file) error {
	switch f.kind {
	case kindMetadata:
		m, err := parseMetadata(f.data)
		im.result.Metadata = m
		return reading(err)
	case kindSchema:
		text, err := readAll(f.data, "schema.sql", maxSchema)
		if err != nil || im.cfg.OwnSchema || im.late != "" {
			return reading(err)
		}
		if im.script != nil {
			im.late = string(text)
			return errLateSchema
		}
		return im.build(ctx, string(text))
	default:
		if im.script == nil {
			if err := im.build(ctx, im.late); err != nil {
				return err
			}
		}
		return im.table(ctx, f)
	}
}

// build makes the bare tables, from the archive's schema or, without one, ours.
func (im *importer) build(ctx context.Context, text string) (err error) {
	if text == "" {
		im.result.OwnSchema = true
		im.script, err = ownScript()
	} else {
		im.script, err = foreignScript(text)
	}
	if err != nil {
		return err
	}
	if err := im.session().run(ctx, im.script.before...); err != nil {
		return err
	}
	if im.layout, err = readLayout(ctx, im.tx); err != nil {
		return err
	}
	return im.share(ctx)
}

// session is a connection with what runs on it: a transaction, or nothing, and
// then each statement is one of its own.
type session struct {
	conn *pgx.Conn
	querier
}

type querier interface {
	Begin(ctx context.Context) (pgx.Tx, error)
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func (im *importer) session() session { return session{im.conn, im.tx} }

// run executes statements of a schema one after the other.
func (s session) run(ctx context.Context, statements ...statement) error {
	for _, st := range statements {
		if _, err := s.conn.PgConn().Exec(ctx, st.text).ReadAll(); err != nil {
			return err
		}
	}
	return nil
}
