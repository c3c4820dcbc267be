package advisory

import (
	"slices"
	"strings"
	"testing"
)

func TestLintKeepsAddressesOutOfMails(t *testing.T) {
	t.Parallel()
	s := outgoing()
	s.Registry.Appeal = "appeals@harbor.example"
	docs, err := Documents(s, outgoingForms()...)
	if err != nil {
		t.Fatal(err)
	}
	has := func(d Document, rule string) bool {
		return slices.ContainsFunc(LintDocument(s, d), func(p Problem) bool { return p.Rule == rule && p.Severe })
	}
	for _, d := range docs {
		for _, p := range LintDocument(s, d) {
			if p.Severe {
				t.Errorf("%s as made: %+v", d.Path, p)
			}
		}
		with := d
		with.Text += "\nIt goes to kernel@private.example.\n"
		if !has(with, "mail-address") {
			t.Errorf("%s may hold somebody's address", d.Path)
		}
		if strings.HasPrefix(d.Path, "mail/") {
			d.Text = strings.Replace(d.Text, "\n", "\nBcc: everybody\n", 1)
			if !has(d, "subject-wrong") {
				t.Errorf("%s may hold another header", d.Path)
			}
		}
	}
}
