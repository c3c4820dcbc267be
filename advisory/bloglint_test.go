package advisory

import (
	"slices"
	"strings"
	"testing"
)

func TestLintHoldsPostAndCommandAgainstTheFacts(t *testing.T) {
	t.Parallel()
	s := outgoing()
	docs, err := Documents(s, Blog, AmIAffected)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range docs {
		for _, p := range LintDocument(s, d) {
			if p.Severe {
				t.Errorf("%s as made: %+v", d.Format, p)
			}
		}
	}
	for _, c := range []struct {
		doc            int
		from, to, rule string
	}{
		{0, "| 86 minutes |", "| 85 minutes |", "window-wrong"},
		{0, "2026-08-20 07:15:00 |", "2026-08-20 07:16:00 |", "published-missing"},
		{0, "2026-08-20 08:41:40 |", "2026-08-20 08:41:41 |", "removed-missing"},
		{0, "| `append-log` | `0.1.9`", "| `append-log` | `0.1.8`", "version-missing"},
		{0, "-name 'append-log-0.1.9.crate'", "-name 'append-log-0.1.8.crate'", "command-wrong"},
		{0, "-e 'append-log 0.1.9'", "", "command-wrong"},
		{0, "+++\npath", "path", "front-matter"},
		{1, "proc-makro1 1.0.107 d", "proc-makro1 1.0.107 e", "version-missing"},
	} {
		d := docs[c.doc]
		d.Text = strings.Replace(d.Text, c.from, c.to, 1)
		if d.Text == docs[c.doc].Text {
			t.Errorf("%q is not in it", c.from)
		}
		if !slices.ContainsFunc(LintDocument(s, d), func(p Problem) bool { return p.Rule == c.rule && p.Severe }) {
			t.Errorf("%q to %q: no %s in %+v", c.from, c.to, c.rule, LintDocument(s, d))
		}
	}
}
