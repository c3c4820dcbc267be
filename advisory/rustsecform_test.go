package advisory

import (
	"slices"
	"strings"
	"testing"
)

// What the database's own lint refuses, ours refuses too; what that takes passes.
func TestRustSecFaultsAreThoseOfTheDatabase(t *testing.T) {
	t.Parallel()
	docs := written(t, august(), RustSec)
	good := docs[slices.IndexFunc(docs, func(d Document) bool { return d.Crate == "arraykit" })].Text
	const windows, kinds = `["< 0.3.10", "> 0.3.10"]`, `categories = ["malicious"]`
	for _, c := range []struct{ old, new, want string }{
		{"", "", ""},
		{windows, `["< 0.3.10", "> 0.3.10, < 0.3.12", ">= 0.3.12"]`, ""},
		{windows, `["^0.2.1", "~0.1.1", "=0.3.9"]`, ""},
		{windows, `["< 0.3.11", "> 0.3.10"]`, "overlaps"},
		{windows, `["<= 0.3.10", ">= 0.3.10"]`, "overlaps"},
		{windows, `["^0.3.1", "0.3.4"]`, "overlaps"},
		{windows, `["> 0.3.10, > 0.3.9"]`, "more than one bound"},
		{windows, `["> 0.3.1, < 0.3.9, < 0.3.8"]`, "more than one bound"},
		{windows, `["^0.3.1, < 0.3.9"]`, "stands alone"},
		{windows, `["> 0.3.9, < 0.3.9"]`, "holds no version"},
		{windows, `["< 99999999999999999999.0.0"]`, "no registry takes"},
		{"patched = []\n", "", "patched is missing"},
		{rustSecID, "RUSTSEC-2026-0260", ""},
		{rustSecID, "RUSTSEC-2025-0260", "another year"},
		{rustSecID, "MAL-2026-1", "no number"},
		{`date = "2026-08-20"`, `date = "1999-08-20"`, "year"},
		{kinds, `categories = ["malicious", "evil"]`, "category"},
		{kinds, kinds + "\nlicense = \"MIT\"", "license"},
		{kinds, kinds + "\nlicense = \"CC-BY-4.0\"", ""},
		{kinds, kinds + "\ntitle = \"x\"", "key title"},
		{kinds, kinds + "\ncollection = \"crates\"", "key collection"},
		{kinds, kinds + "\nyanked = true", "key yanked"},
		{kinds, kinds + "\naliases = [\"CVE-2026-1\", \"GHSA-aaaa-bbbb-cccc\"]", ""},
		{kinds, kinds + "\naliases = [\"number 9\"]", "number of a database"},
		{"patched = []", "patched = []\n\n[affected.functions]\n\"other::f\" = [\"> 0.1.0\"]", "another crate"},
		{"patched = []", "patched = []\n\n[affected.functions]\n\"arraykit::f\" = [\"> 0.1.0\"]", ""},
		{"patched = []", "patched = []\n\n[affected]\nsize = 3", "under affected"},
		{"Thanks to", "Thanks @ines, and", "@ines"},
		{"Thanks to", "As (@ines) said", "@ines"},
		{"Thanks to", "In arraykit@0.3.10 and `arraykit@new` and a @ b", ""},
	} {
		r, err := ParseRustSec(strings.Replace(good, c.old, c.new, 1))
		if err != nil || !strings.Contains(good, c.old) {
			t.Errorf("%q: %v", c.new, err)
			continue
		}
		got := r.faults()
		if c.want == "" && len(got) > 0 || c.want != "" && (len(got) == 0 || !strings.Contains(strings.Join(got, "\n"), c.want)) {
			t.Errorf("%q for %q: %q, want %q", c.new, c.old, got, c.want)
		}
	}
}
