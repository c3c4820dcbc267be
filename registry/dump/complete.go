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
	if im.crew != nil {
		return im.completeTogether(ctx)
	}
	s := im.session()
	keys, late := apart(im.script.keys)
	if err := im.steps(ctx, PhaseKeys, keys, s.run); err != nil {
		return err
	}
	im.meter.phase(PhaseSearch, 0)
	if err := s.searchVectors(ctx); err != nil {
		return err
	}
	indexes, later := apart(im.script.indexes)
	if err := im.steps(ctx, PhaseIndexes, append(im.script.views, indexes...), s.runView); err != nil {
		return err
	}
	im.meter.phase(PhaseDerived, 0)
	for _, step := range []func(context.Context) error{s.analyze, s.counters, s.reverseDependencies, s.sequences} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if err := s.run(ctx, slices.Concat(late, later, im.script.triggers)...); err != nil {
		return err
	}
	return im.steps(ctx, PhaseForeign, im.script.foreign, im.referenceOn(s))
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

// runView runs a statement and, after one that made a materialized view,
// fills it: schema-only dumps make it empty.
func (s session) runView(ctx context.Context, statements ...statement) error {
	for _, st := range statements {
		if err := s.run(ctx, st); err != nil {
			return err
		}
		if !matches(words(st.text, 6), []string{"CREATE MATERIALIZED VIEW"}) {
			continue
		}
		if err := s.refreshViews(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s session) refreshViews(ctx context.Context) error {
	names, err := s.names(ctx, `
		SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind = 'm' AND NOT c.relispopulated ORDER BY c.oid`)
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := s.Exec(ctx, "REFRESH MATERIALIZED VIEW "+name); err != nil {
			return err
		}
	}
	return nil
}

func (s session) names(ctx context.Context, sql string) ([]string, error) {
	rows, err := s.Query(ctx, sql)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// searchVectors lets the schema's own trigger function write every crate's
// search vector. It needs the keywords, which come later in the archive than
// the crates; the dump's own script does not wait and leaves them out.
func (s session) searchVectors(ctx context.Context) error {
	known, err := s.function(ctx, "public.trigger_crates_name_search()")
	if err != nil || !known {
		return err
	}
	for _, sql := range []string{
		`ANALYZE public.crates_keywords, public.keywords`,
		`CREATE TRIGGER cratewarden_import BEFORE UPDATE ON public.crates FOR EACH ROW EXECUTE FUNCTION public.trigger_crates_name_search()`,
		`UPDATE public.crates SET updated_at = updated_at`,
		`DROP TRIGGER cratewarden_import ON public.crates`,
	} {
		if _, err := s.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// function says whether the schema has a function of this signature; archives
// of other times may lack one.
func (s session) function(ctx context.Context, signature string) (known bool, err error) {
	err = s.QueryRow(ctx, `SELECT to_regprocedure($1) IS NOT NULL`, signature).Scan(&known)
	return known, err
}

func (s session) analyze(ctx context.Context) error {
	_, err := s.Exec(ctx, `ANALYZE`)
	return err
}

// counters sets the number of crates of each keyword and category to the truth
// of the link tables, as the registry's triggers would have kept it.
func (s session) counters(ctx context.Context) error {
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
		if _, err := s.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// reverseDependencies calls the registry's own function for all crates.
func (s session) reverseDependencies(ctx context.Context) error {
	known, err := s.function(ctx, "public.rebuild_reverse_dependencies(integer[])")
	if err != nil || !known {
		return err
	}
	if _, err = s.Exec(ctx, `SELECT public.rebuild_reverse_dependencies(array_agg(id)) FROM public.crates`); err != nil {
		return err
	}
	_, err = s.Exec(ctx, `ANALYZE public.reverse_dependencies`)
	return err
}

// sequences moves every sequence that feeds a column past the column's largest
// value; without it the registry's next insert would collide.
func (s session) sequences(ctx context.Context) error {
	list, err := s.names(ctx, `
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
		if _, err := s.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// referenceOn adds foreign keys. One that the rows do not satisfy is added for
// new rows only, and named in the result: the dump leaves out users that other
// rows point to.
func (im *importer) referenceOn(s session) func(context.Context, ...statement) error {
	return func(ctx context.Context, statements ...statement) error {
		for _, st := range statements {
			err := pgx.BeginFunc(ctx, s, func(pgx.Tx) error { return s.run(ctx, st) })
			pe, ok := errors.AsType[*pgconn.PgError](err)
			if ok && pe.Code == "23503" && !strings.HasSuffix(strings.ToUpper(st.text), "NOT VALID") {
				st.text += " NOT VALID"
				im.result.Unvalidated = append(im.result.Unvalidated, pe.ConstraintName)
				err = s.run(ctx, st)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
}
