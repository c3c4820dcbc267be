package dump

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func texts(statements []statement) []string {
	var out []string
	for _, s := range statements {
		out = append(out, s.text)
	}
	return out
}

func TestSplit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script string
		want   []string
	}{
		"nothing":          {" \n-- only a comment\n/* and /* one inside */ another */", nil},
		"two":              {"SELECT 1; SELECT 2", []string{"SELECT 1", "SELECT 2"}},
		"empty ones":       {";;SELECT 1;;", []string{"SELECT 1"}},
		"quotes":           {`SELECT 'a;''b', "c;""d"; SELECT 2;`, []string{`SELECT 'a;''b', "c;""d"`, "SELECT 2"}},
		"escapes":          {`SELECT E'it\'s;'''; SELECT 2;`, []string{`SELECT E'it\'s;'''`, "SELECT 2"}},
		"backslash":        {`SELECT 'a\'; SELECT 2;`, []string{`SELECT 'a\'`, "SELECT 2"}},
		"dollar quotes":    {"SELECT $$a;$$; SELECT $x$b;$$;$x$;", []string{"SELECT $$a;$$", "SELECT $x$b;$$;$x$"}},
		"dollar in a word": {"SELECT a$b$c; SELECT $1;", []string{"SELECT a$b$c", "SELECT $1"}},
		"comments inside":  {"SELECT 1 -- ;\n+ /* ; */ 2;", []string{"SELECT 1 -- ;\n+ /* ; */ 2"}},
		"psql commands":    {"\\restrict abc\nSELECT 1;\n\\connect x\nSELECT 2;\n\\unrestrict abc\n", []string{"SELECT 1", "SELECT 2"}},
		"standard body":    {"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 3;", []string{"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END", "SELECT 3"}},
	} {
		got, err := split(c.script)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.want, texts(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestSplitTellsLines(t *testing.T) {
	t.Parallel()
	got, err := split("-- one\n\nSELECT\n1;\n\n/* x\n*/ SELECT 2;")
	if err != nil || len(got) != 2 || got[0].line != 3 || got[1].line != 7 {
		t.Errorf("%+v, %v", got, err)
	}
}

// What a server of another owner says about itself is left out; the rest is
// put where it belongs.
func TestForeignScript(t *testing.T) {
	t.Parallel()
	s, err := foreignScript(`
		SET statement_timeout = 0; SELECT pg_catalog.set_config('search_path', '', false);
		CREATE SCHEMA public; COMMENT ON SCHEMA public IS 'x'; ALTER SCHEMA public OWNER TO somebody;
		CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
		CREATE EXTENSION IF NOT EXISTS "pg_stat_statements" WITH SCHEMA heroku_ext;
		COMMENT ON EXTENSION pg_trgm IS 'x';
		CREATE OR REPLACE FUNCTION public.f(a integer, b text) RETURNS text LANGUAGE sql AS $_$ SELECT $2; $_$;
		ALTER FUNCTION public.f(a integer, b text) OWNER TO somebody;
		CREATE TABLE public.t (id integer); ALTER TABLE public.t OWNER TO somebody;
		ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (id);
		ALTER TABLE ONLY public.t ALTER COLUMN id SET DEFAULT 1;
		CREATE MATERIALIZED VIEW public.v AS SELECT 1 AS with_data WITH NO DATA;
		CREATE INDEX i ON public.t USING btree (id);
		CREATE TRIGGER tr BEFORE INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION public.f();
		ALTER TABLE ONLY public.t ADD CONSTRAINT fk FOREIGN KEY (id) REFERENCES public.t(id) ON DELETE CASCADE;
		GRANT SELECT ON TABLE public.t TO PUBLIC; REVOKE ALL ON SCHEMA public FROM x; ALTER DEFAULT PRIVILEGES FOR ROLE x GRANT SELECT ON TABLES TO y;`)
	if err != nil {
		t.Fatal(err)
	}
	firsts := func(list []statement) (out []string) {
		for _, st := range list {
			out = append(out, strings.Join(words(st.text, 3), " "))
		}
		return out
	}
	for _, c := range []struct {
		name string
		got  []statement
		want []string
	}{
		{"before", s.before, []string{"CREATE EXTENSION IF", "CREATE OR REPLACE", "CREATE TABLE PUBLIC", "ALTER TABLE ONLY"}},
		{"keys", s.keys, []string{"ALTER TABLE ONLY"}},
		{"views", s.views, []string{"CREATE MATERIALIZED VIEW"}},
		{"indexes", s.indexes, []string{"CREATE INDEX I"}},
		{"triggers", s.triggers, []string{"CREATE TRIGGER TR"}},
		{"foreign", s.foreign, []string{"ALTER TABLE ONLY"}},
	} {
		if diff := cmp.Diff(c.want, firsts(c.got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func FuzzSplit(f *testing.F) {
	for _, s := range []string{"SELECT 1; SELECT 2", "$$;$$;'", "E'\\';", "/* /* */", "CREATE FUNCTION f() BEGIN ATOMIC END;", "\\x\n;a$b$;", "U&\"\\\";\x00\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, script string) {
		got, err := split(script)
		if err != nil {
			return
		}
		total := 0
		for i, s := range got {
			total += len(s.text)
			if s.text == "" || !strings.Contains(script, s.text) || s.line < 1 || i > 0 && s.line < got[i-1].line {
				t.Fatalf("statement %d %+v is not of %q", i, s, script)
			}
			words(s.text, 6)
		}
		if total > len(script) {
			t.Fatalf("%d bytes came out of %d", total, len(script))
		}
		// Splitting what was split gives the same again. A statement ends at a
		// line end so that a comment in its last line ends too.
		again, err := split(strings.Join(texts(got), "\n;\n"))
		if err != nil {
			t.Fatalf("split again: %v", err)
		}
		if diff := cmp.Diff(texts(got), texts(again)); diff != "" {
			t.Fatalf("split again of %q:\n%s", script, diff)
		}
		_, _ = foreignScript(script)
	})
}
