package dump

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// complete builds everything that stands on the rows, in the order in which
// each step is cheapest: keys before what looks rows up, search vectors before
// their index, and triggers when nothing is written any more (contract
// db-dump.md section 5).
func (im *importer) complete(ctx context.Context) error {
	keys, late := apart(im.script.keys)
	if err := im.steps(ctx, PhaseKeys, keys, im.execute); err != nil {
		return err
	}
	im.meter.phase(PhaseSearch, 0)
	if err := im.searchVectors(ctx); err != nil {
		return err
	}
	indexes, later := apart(im.script.indexes)
	if err := im.steps(ctx, PhaseIndexes, append(im.script.views, indexes...), im.executeView); err != nil {
		return err
	}
	im.meter.phase(PhaseDerived, 0)
	for _, step := range []func(context.Context) error{im.analyze, im.counters, im.reverseDependencies, im.sequences} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if err := im.execute(ctx, slices.Concat(late, later, im.script.triggers)...); err != nil {
		return err
	}
	return im.steps(ctx, PhaseForeign, im.script.foreign, im.reference)
}

// steps runs statements and reports the CSV bytes of the tables done.
func (im *importer) steps(ctx context.Context, phase Phase, list []statement, run func(context.Context, ...statement) error) error {
	weight := func(st statement) (string, int64) {
		if m := onTable.FindStringSubmatch(st.text); m != nil {
			return m[1], im.sizes[m[1]]
		}
		return "", 0
	}
	var total, done int64
	for _, st := range list {
		_, w := weight(st)
		total += w
	}
	im.meter.phase(phase, total)
	for _, st := range list {
		table, w := weight(st)
		if w > 0 {
			im.meter.table(table)
		}
		if err := run(ctx, st); err != nil {
			return err
		}
		done += w
		im.meter.to(done)
	}
	return nil
}

// executeView runs a statement and, after one that made a materialized view,
// fills it: schema-only dumps make it empty.
func (im *importer) executeView(ctx context.Context, statements ...statement) error {
	for _, st := range statements {
		if err := im.execute(ctx, st); err != nil {
			return err
		}
		if !matches(words(st.text, 6), []string{"CREATE MATERIALIZED VIEW"}) {
			continue
		}
		if err := im.refreshViews(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (im *importer) refreshViews(ctx context.Context) error {
	names, err := im.names(ctx, `
		SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind = 'm' AND NOT c.relispopulated ORDER BY c.oid`)
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := im.tx.Exec(ctx, "REFRESH MATERIALIZED VIEW "+name); err != nil {
			return err
		}
	}
	return nil
}

func (im *importer) names(ctx context.Context, sql string) ([]string, error) {
	rows, err := im.tx.Query(ctx, sql)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// searchVectors lets the schema's own trigger function write every crate's
// search vector. It needs the keywords, which come later in the archive than
// the crates; the dump's own script does not wait and leaves them out.
func (im *importer) searchVectors(ctx context.Context) error {
	known, err := im.function(ctx, "public.trigger_crates_name_search()")
	if err != nil || !known {
		return err
	}
	for _, sql := range []string{
		`ANALYZE public.crates_keywords, public.keywords`,
		`CREATE TRIGGER cratewarden_import BEFORE UPDATE ON public.crates FOR EACH ROW EXECUTE FUNCTION public.trigger_crates_name_search()`,
		`UPDATE public.crates SET updated_at = updated_at`,
		`DROP TRIGGER cratewarden_import ON public.crates`,
	} {
		if _, err := im.tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// function says whether the schema has a function of this signature; archives
// of other times may lack one.
func (im *importer) function(ctx context.Context, signature string) (known bool, err error) {
	err = im.tx.QueryRow(ctx, `SELECT to_regprocedure($1) IS NOT NULL`, signature).Scan(&known)
	return known, err
}

func (im *importer) analyze(ctx context.Context) error {
	_, err := im.tx.Exec(ctx, `ANALYZE`)
	return err
}

// counters sets the number of crates of each keyword and category to the truth
// of the link tables, as the registry's triggers would have kept it.
func (im *importer) counters(ctx context.Context) error {
	for _, sql := range []string{`
		UPDATE public.keywords k SET crates_cnt = n.cnt
		FROM (SELECT k.id, count(l.keyword_id)::integer AS cnt
		      FROM public.keywords k LEFT JOIN public.crates_keywords l ON l.keyword_id = k.id GROUP BY k.id) n
		WHERE n.id = k.id AND k.crates_cnt <> n.cnt`, `
		UPDATE public.categories c SET crates_cnt = n.cnt
		FROM (SELECT c.id, count(l.category_id)::integer AS cnt
		      FROM public.categories c LEFT JOIN public.crates_categories l ON l.category_id = c.id GROUP BY c.id) n
		WHERE n.id = c.id AND c.crates_cnt <> n.cnt`,
	} {
		if _, err := im.tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// reverseDependencies calls the registry's own function for all crates.
func (im *importer) reverseDependencies(ctx context.Context) error {
	known, err := im.function(ctx, "public.rebuild_reverse_dependencies(integer[])")
	if err != nil || !known {
		return err
	}
	if _, err = im.tx.Exec(ctx, `SELECT public.rebuild_reverse_dependencies(array_agg(id)) FROM public.crates`); err != nil {
		return err
	}
	_, err = im.tx.Exec(ctx, `ANALYZE public.reverse_dependencies`)
	return err
}

// sequences moves every sequence that feeds a column past the column's largest
// value; without it the registry's next insert would collide.
func (im *importer) sequences(ctx context.Context) error {
	list, err := im.names(ctx, `
		SELECT format('SELECT setval(%L, m) FROM (SELECT max(%I) AS m FROM %s) t WHERE m > 0', d.objid::regclass, a.attname, d.refobjid::regclass)
		FROM pg_depend d
		JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
		JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
		WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
		  AND s.relnamespace = 'public'::regnamespace
		ORDER BY s.relname`)
	if err != nil {
		return err
	}
	for _, sql := range list {
		if _, err := im.tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// reference adds a foreign key. One that the rows do not satisfy is added for
// new rows only, and named in the result: the dump leaves out users that other
// rows point to.
func (im *importer) reference(ctx context.Context, statements ...statement) error {
	for _, st := range statements {
		err := pgx.BeginFunc(ctx, im.tx, func(pgx.Tx) error { return im.execute(ctx, st) })
		pe, ok := errors.AsType[*pgconn.PgError](err)
		if ok && pe.Code == "23503" && !strings.HasSuffix(strings.ToUpper(st.text), "NOT VALID") {
			st.text += " NOT VALID"
			im.result.Unvalidated = append(im.result.Unvalidated, pe.ConstraintName)
			err = im.execute(ctx, st)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
