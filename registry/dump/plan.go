package dump

import (
	"regexp"
	"slices"
	"strings"

	"cratewarden"
	"cratewarden/registry/schema"
)

// script is a schema cut into the steps of a load.
type script struct {
	before   []statement // types, functions, sequences, bare tables
	keys     []statement // primary keys, unique and check constraints
	views    []statement // materialized views, which need rows
	indexes  []statement
	triggers []statement
	foreign  []statement
}

// ownScript is the schema of this program (package schema).
func ownScript() (*script, error) {
	statements, err := split(schema.PreData() + "\n" + schema.PostData())
	if err != nil {
		return nil, err
	}
	s := &script{}
	for _, st := range statements {
		s.add(st)
	}
	return s, nil
}

// foreignScript is an archive's schema.sql, a plain pg_dump. Only what a
// schema needs is taken; statements that copy, call, drop or grant refuse the
// archive.
func foreignScript(text string) (*script, error) {
	statements, err := split(text)
	if err != nil {
		return nil, err
	}
	s := &script{}
	for _, st := range statements {
		head := words(st.text, 6)
		switch {
		case matches(head, ignored) || owner.MatchString(st.text) || alien(head):
		case matches(head, allowed):
			s.add(st)
		default:
			return nil, cratewarden.Errorf(cratewarden.Refused,
				"schema.sql line %d starts with %q, which does not belong in a schema. The import was refused.", st.line, clip(strings.Join(head, " ")))
		}
	}
	return s, nil
}

func (s *script) add(st statement) {
	head := words(st.text, 6)
	list := &s.before
	switch {
	case matches(head, []string{"CREATE INDEX", "CREATE UNIQUE INDEX", "CREATE STATISTICS"}):
		list = &s.indexes
	case matches(head, []string{"CREATE TRIGGER", "CREATE CONSTRAINT TRIGGER"}):
		list = &s.triggers
	case matches(head, []string{"CREATE MATERIALIZED VIEW"}):
		// Whoever wrote it, it is made empty and filled once, by REFRESH.
		st.text = withData.ReplaceAllString(st.text, "") + "\nWITH NO DATA"
		list = &s.views
	case matches(head, []string{"ALTER TABLE"}) && addForeign.MatchString(st.text):
		list = &s.foreign
	case matches(head, []string{"ALTER TABLE"}) && addConstraint.MatchString(st.text):
		list = &s.keys
	}
	*list = append(*list, st)
}

// apart takes out what stands on reverse_dependencies, which is filled last.
func apart(list []statement) (now, later []statement) {
	for _, st := range list {
		if m := onTable.FindStringSubmatch(st.text); m != nil && m[1] == "reverse_dependencies" {
			later = append(later, st)
		} else {
			now = append(now, st)
		}
	}
	return now, later
}

var (
	withData      = regexp.MustCompile(`(?i)\s+WITH\s+(NO\s+)?DATA\s*$`)
	addConstraint = regexp.MustCompile(`(?is)^ALTER\s+TABLE\s+(ONLY\s+)?\S+\s+ADD\s+CONSTRAINT\s`)
	addForeign    = regexp.MustCompile(`(?is)^ALTER\s+TABLE\s+(ONLY\s+)?\S+\s+ADD\s+CONSTRAINT\s+\S+\s+FOREIGN\s+KEY\s`)
	onTable       = regexp.MustCompile(`(?is)^(?:ALTER\s+TABLE\s+(?:ONLY\s+)?|CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?:IF\s+NOT\s+EXISTS\s+)?\S+\s+ON\s+(?:ONLY\s+)?)(?:public\.)?"?([a-z_0-9]+)`)
	owner         = regexp.MustCompile(`(?is)^ALTER\s.*\sOWNER\s+TO\s+\S+$`)
)

// ignored is what a dump of a whole database says about its own server:
// settings, owners, grants, comments, and what replicates it.
var ignored = []string{
	"SET", "SELECT PG_CATALOG", "COMMENT ON", "GRANT", "REVOKE", "ALTER DEFAULT PRIVILEGES",
	"CREATE SCHEMA PUBLIC", "CREATE PUBLICATION", "ALTER PUBLICATION", "CREATE SUBSCRIPTION", "CREATE EVENT TRIGGER",
}

// allowed is what a schema consists of.
var allowed = []string{
	"CREATE EXTENSION", "CREATE SCHEMA", "CREATE TYPE", "CREATE DOMAIN", "CREATE FUNCTION", "CREATE PROCEDURE", "CREATE AGGREGATE", "CREATE OPERATOR", "CREATE CAST",
	"CREATE COLLATION", "CREATE SEQUENCE", "ALTER SEQUENCE", "CREATE TABLE", "CREATE UNLOGGED TABLE", "ALTER TABLE", "CREATE VIEW", "CREATE MATERIALIZED VIEW",
	"CREATE INDEX", "CREATE UNIQUE INDEX", "ALTER INDEX", "CREATE STATISTICS", "CREATE TRIGGER", "CREATE CONSTRAINT TRIGGER", "CREATE RULE", "CREATE TEXT SEARCH",
	"ALTER FUNCTION", "ALTER TYPE", "ALTER VIEW", "ALTER MATERIALIZED VIEW",
}

// alien says whether a statement is about an extension the registry does not
// need; hosting providers add some.
func alien(head []string) bool {
	if !matches(head, []string{"CREATE EXTENSION"}) {
		return false
	}
	needed := []string{"LTREE", "PG_TRGM", "PGCRYPTO", "PLPGSQL"}
	return !slices.ContainsFunc(head[2:], func(w string) bool { return slices.Contains(needed, w) })
}

// words gives up to n leading words of a statement in upper case, with quotes,
// dots and comments left out.
func words(text string, n int) []string {
	var out []string
	for text != "" && len(out) < n {
		if c := commentLength(text); c > 0 {
			text = text[c:]
			continue
		}
		c := wordLength(text)
		if c == 0 {
			text = text[1:]
			continue
		}
		out = append(out, strings.ToUpper(text[:c]))
		text = text[c:]
	}
	return out
}

// matches says whether the leading words are one of the given phrases, in any
// case and with OR REPLACE left out.
func matches(head []string, phrases []string) bool {
	if len(head) > 3 && head[0] == "CREATE" && head[1] == "OR" {
		head = append([]string{"CREATE"}, head[3:]...)
	}
	text := strings.Join(head, " ") + " "
	return slices.ContainsFunc(phrases, func(p string) bool { return strings.HasPrefix(text, p+" ") })
}
