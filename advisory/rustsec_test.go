package advisory

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The bytes of every form stay as they are until somebody looks at the change.
func TestAdvisoriesGolden(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]Sheet{"august": august(), "typosquat": typosquat(), "nasty": nasty()} {
		for _, d := range written(t, s, formal...) {
			goldenAdvisory(t, name+"/"+string(d.Format)+"/"+d.Path, d.Text)
		}
	}
}

// The nine advisories of an attack like that of August pass lint and schema as
// they are written, in every form; the lint that bit in August finds nothing.
func TestAugustPassesAtFirstTry(t *testing.T) {
	t.Parallel()
	s, official := august(), schemas(t)
	docs := written(t, s)
	for _, p := range Lint(s, docs) {
		if p.Severe {
			t.Errorf("%s, %s: %s", p.Rule, p.Where, p.Why)
		}
	}
	per := map[Format][]string{}
	for _, d := range docs {
		per[d.Format] = append(per[d.Format], d.Crate)
		if schema := official[d.Format]; schema != nil {
			if err := held(t, schema, d.Text); err != nil {
				t.Errorf("%s: %v", d.Path, err)
			}
		}
	}
	nine := []string{"macro-loom1", "arraykit", "internkit", "append-log", "allerone", "allerona", "avenvine", "minimember", "logpress-mini"}
	for _, f := range []Format{RustSec, OSV} {
		if !slices.Equal(per[f], nine) {
			t.Errorf("%s is about %v", f, per[f])
		}
	}
	for _, f := range formal {
		if len(per[f]) == 0 {
			t.Errorf("there is no %s", f)
		}
	}
}

func TestRustSecFileSaysWhatItMust(t *testing.T) {
	t.Parallel()
	docs := written(t, august(), RustSec)
	for _, want := range []struct{ crate, piece string }{
		{"arraykit", "unaffected = [\"< 0.3.10\", \"> 0.3.10\"]\npatched = []\n"},
		{"arraykit", "# `arraykit` 0.3.10 was removed from crates.io for malicious code\n\n"},
		{"arraykit", "published on 2026-08-20 07:15:00 UTC"},
		{"arraykit", "and could be downloaded until 08:20:05 UTC, for 65 minutes. It was removed on 2026-08-20 09:04:11 UTC."},
		{"arraykit", "downloaded 2,285 times (registry counters, mirrors not excluded; provisional, as of 2026-08-20 11:30:00 UTC)"},
		{"arraykit", "311 crates on crates.io depend on it (direct dependents in the index; confirmed, as of 2026-08-20 11:30:00 UTC)."},
		{"arraykit", "its 6 other versions stay. Versions 0.3.5, 0.3.6, 0.3.7, 0.3.8 and 0.3.9, yanked during the attack, can be chosen again."},
		{"append-log", "1 crate on crates.io depends on it (direct"},
		{"macro-loom1", "expect-deleted = true\n\n[versions]\npatched = []\n"},
		{"macro-loom1", "# `macro-loom1` was removed from crates.io for malicious code\n\n"},
		{"macro-loom1", "No crate on crates.io depends on it (direct"},
		{"macro-loom1", "The whole crate was removed."},
		{"allerone", "Thanks to Ines Ode for finding and reporting it.\n"},
	} {
		i := slices.IndexFunc(docs, func(d Document) bool { return d.Crate == want.crate })
		if i < 0 || !strings.Contains(flat(docs[i].Text), flat(want.piece)) {
			t.Errorf("%s lacks %q", want.crate, want.piece)
		}
	}
	for _, d := range docs {
		if d.Path != "crates/"+d.Crate+"/RUSTSEC-0000-0000.md" {
			t.Errorf("path %s", d.Path)
		}
		for _, l := range strings.Split(d.Text, "\n") {
			if len(l) > 200 {
				t.Errorf("%s has a line of %d bytes", d.Path, len(l))
			}
		}
	}
}

// What is only held is not called removed, and what is still there not gone.
func TestRustSecHeadingFollowsWhatHappened(t *testing.T) {
	t.Parallel()
	held, removed := at("2026-08-20 08:00:00"), at("2026-08-20 09:00:00")
	v := func(num string) Version { return Version{Num: num, Published: at("2026-08-20 07:00:00")} }
	gone := func(v Version) Version { v.Removed = removed; return v }
	hold := func(v Version) Version { v.Held = held; return v }
	for _, c := range []struct {
		crate Crate
		want  string
	}{
		{Crate{Bad: []Version{v("1.0.0")}}, "`x` 1.0.0 contains malicious code"},
		{Crate{Bad: []Version{v("1.0.0"), gone(v("1.0.1"))}}, "`x` 1.0.0 and 1.0.1 contain malicious code"},
		{Crate{Bad: []Version{hold(v("1.0.0"))}}, "`x` 1.0.0 is held back by crates.io for malicious code"},
		{Crate{Bad: []Version{hold(v("1.0.0")), gone(v("1.0.1"))}}, "`x` 1.0.0 and 1.0.1 are held back by crates.io for malicious code"},
		{Crate{Bad: []Version{gone(v("1.0.0")), gone(v("1.0.1"))}}, "`x` 1.0.0 and 1.0.1 were removed from crates.io for malicious code"},
		{Crate{Bad: []Version{gone(v("1.0.0")), gone(v("1.0.1")), gone(v("1.0.2")), gone(v("1.0.3")), gone(v("1.0.4"))}}, "5 versions of `x` were removed from crates.io for malicious code"},
		{Crate{Deleted: true, Bad: []Version{gone(v("1.0.0"))}}, "`x` was removed from crates.io for malicious code"},
		{Crate{Deleted: true}, "`x` was removed from crates.io for malicious code"},
	} {
		c.crate.Name = "x"
		if got := (Sheet{Registry: Registry{Name: "crates.io"}}).heading(c.crate); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

// versionNumbers draws versions that lie close together, pre-releases among them.
func versionNumbers() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		num := fmt.Sprintf("%d.%d.%d", rapid.IntRange(0, 2).Draw(t, "major"), rapid.IntRange(0, 2).Draw(t, "minor"), rapid.IntRange(0, 11).Draw(t, "patch"))
		return num + rapid.SampledFrom([]string{"", "", "", "-0", "-alpha", "-alpha.1", "-rc.2", "-rc.10", "+build.5"}).Draw(t, "rest")
	})
}

// The windows of a crate that stays leave out exactly its bad versions: every
// other number is unaffected, whatever its place, and later ones too.
func TestWindowsMatchExactlyTheBadVersions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		bad := rapid.SliceOfN(versionNumbers(), 1, 6).Draw(t, "bad")
		s := august()
		c := s.Crates[1]
		c.Bad, c.Good, c.Restored = nil, nil, nil
		for _, num := range bad {
			c.Bad = append(c.Bad, Version{Num: num, Published: s.AsOf, Removed: s.AsOf})
		}
		s.Crates = []Crate{c}
		docs, err := Documents(s, RustSec, OSV)
		if err != nil {
			t.Fatal(err)
		}
		r, err := ParseRustSec(docs[0].Text)
		if err != nil {
			t.Fatalf("%v\n%s", err, docs[0].Text)
		}
		o, err := ParseOSV(docs[1].Text)
		if err != nil {
			t.Fatal(err)
		}
		if r.Open() || o.Affected[0].Open() {
			t.Fatalf("later versions are marked:\n%s", docs[0].Text)
		}
		for _, num := range append(rapid.SliceOfN(versionNumbers(), 1, 30).Draw(t, "others"), append(bad, "99.0.0", "0.0.0-0")...) {
			is := slices.ContainsFunc(bad, func(b string) bool { return slowCompare(b, num) == 0 })
			if got := r.Affects(num); got != is {
				t.Fatalf("%s: bad %v, marked %v by %v", num, is, got, r.Versions.Unaffected)
			}
			if exact := slices.Contains(bad, num); o.Affected[0].Affects(num) != exact {
				t.Fatalf("%s: bad %v, but the record says otherwise", num, exact)
			}
		}
	})
}

// slowCompare is precedence by the letter of the specification, in few words.
func slowCompare(a, b string) int {
	key := func(num string) string {
		num, _, _ = strings.Cut(num, "+")
		core, pre, is := strings.Cut(num, "-")
		var out strings.Builder
		for _, p := range strings.Split(core, ".") {
			fmt.Fprintf(&out, "%09s", p)
		}
		if !is {
			return out.String() + "~" // a release is after its pre-releases
		}
		for _, p := range strings.Split(pre, ".") {
			if strings.Trim(p, "0123456789") == "" {
				fmt.Fprintf(&out, " 0%09s", p) // numbers are before words
			} else {
				out.WriteString(" 1" + p)
			}
		}
		return out.String()
	}
	return strings.Compare(key(a), key(b))
}

// What is written is read back with nothing lost, however hostile.
func TestRustSecIsReadBack(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]Sheet{"august": august(), "typosquat": typosquat(), "nasty": nasty(), "outgoing": outgoing()} {
		for _, d := range written(t, s, RustSec) {
			r, err := ParseRustSec(d.Text)
			if err != nil {
				t.Errorf("%s: %v\n%s", name, err, d.Text)
				continue
			}
			i := slices.IndexFunc(s.Crates, func(c Crate) bool { return c.Name == d.Crate })
			c := s.Crates[i]
			if r.Advisory.Package != c.Name || r.Advisory.ExpectDeleted != c.Deleted || !slices.Equal(r.Advisory.Categories, []string{"malicious"}) ||
				len(r.Versions.Patched) != 0 || !slices.Equal(r.Versions.Unaffected, Unaffected(c)) || !strings.Contains(r.Heading, c.Name) {
				t.Errorf("%s, %s is read back as %+v", name, d.Path, r)
			}
		}
	}
}

func TestParseRustSecRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "# heading", "```toml\n", "```toml\n[advisory]\n```\n", "```toml\n[advisory]\nsurprise = 1\n```\n\n# x\n",
		"```toml\n[versions]\npatched = [\"1.x\"]\n```\n\n# x\n", "```toml\n[versions]\nunaffected = [\"< 1.4\"]\n```\n\n# x\n",
		"```toml\n[versions]\nunaffected = [\"!= 1.4.0\"]\n```\n\n# x\n", "```toml\nid = \n```\n\n# x\n", strings.Repeat("x", maxDocument+1),
	} {
		if _, err := ParseRustSec(text); err == nil {
			t.Errorf("%.60q is taken", text)
		}
	}
}

func TestRequirementsAreReadAsCargoDoes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text    string
		in, out []string
	}{
		{"^1.2.3", []string{"1.2.3", "1.99.0"}, []string{"1.2.2", "2.0.0", "2.0.0-alpha"}},
		{"0.2.3", []string{"0.2.3", "0.2.99"}, []string{"0.3.0", "0.2.2"}},
		{"^0.0.9", []string{"0.0.9"}, []string{"0.0.10", "0.0.8"}},
		{"~1.9.3", []string{"1.9.3", "1.9.99"}, []string{"1.10.0", "1.9.2"}},
		{"= 1.0.0", []string{"1.0.0", "1.0.0+x"}, []string{"1.0.0-0", "1.0.1"}},
		{">= 1.2.3, < 1.3.0", []string{"1.2.3", "1.3.0-rc.1"}, []string{"1.3.0", "1.2.3-rc.1"}},
		{"<=99999999999999999999.0.0", []string{"1.0.0"}, []string{"100000000000000000000.0.0"}},
	} {
		r, err := parseRequirement(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		for _, num := range c.in {
			if !r.matches(num) {
				t.Errorf("%s leaves out %s", c.text, num)
			}
		}
		for _, num := range c.out {
			if r.matches(num) {
				t.Errorf("%s takes in %s", c.text, num)
			}
		}
	}
}

// A name or number that leads out of its place stops the writing.
func TestAdvisoriesRefuseHostileNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "../../etc", "a/b", "a b", "a\"b", "a\nb", "`x`", "ä", "-x", strings.Repeat("x", 65)} {
		for _, f := range formal {
			s := typosquat()
			s.Crates[0].Name = name
			if _, err := Documents(s, f); err == nil {
				t.Errorf("the name %q is taken by %s", name, f)
			}
		}
	}
	for _, num := range []string{"", "1", "1.0", "1.0.0\n", "1.0.0 ", "1.0.0\"", "../1.0.0", "1.0.0-`x`", "v1.0.0"} {
		for _, f := range formal {
			s := typosquat()
			s.Crates[0].Bad[0].Num = num
			if _, err := Documents(s, f); err == nil {
				t.Errorf("the number %q is taken by %s", num, f)
			}
		}
	}
}

func FuzzParseRustSec(f *testing.F) {
	docs, err := Documents(august(), RustSec)
	if err != nil {
		f.Fatal(err)
	}
	for _, d := range docs {
		f.Add(d.Text)
	}
	f.Add("```toml\n[advisory]\npackage = \"x\"\n[versions]\nunaffected = [\"<= 0.3.9\"]\n```\n\n# `x`\n")
	s := august()
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRustSec(text)
		if err == nil && r.Open() && !r.Affects("99999999999999999999.0.0") {
			t.Errorf("open, but a late version is not marked: %q", text)
		}
		var found found // not LintDocument: its search for traces has fuzz targets of its own
		found.rustSec(s, Document{Format: RustSec, Crate: "arraykit", Path: rustSecPath("arraykit"), Text: text})
	})
}

// Whatever stands in a free text, the file has one block of TOML, one heading and
// no markup: nothing breaks out of a fence, a string or a paragraph.
func TestHostileTextsStayInert(t *testing.T) {
	t.Parallel()
	for _, d := range written(t, nasty(), RustSec, OSV) {
		text := d.Text
		if d.Format == OSV {
			r, err := ParseOSV(text)
			if err != nil {
				t.Fatal(err)
			}
			text = "```toml\n```\n\n# x\n\n" + r.Details
		}
		headings, fences := 0, 0
		for i, l := range strings.Split(text, "\n") {
			switch trimmed := strings.TrimSpace(l); {
			case strings.HasPrefix(trimmed, "```"), strings.HasPrefix(trimmed, "~~~"):
				fences++
			case strings.HasPrefix(trimmed, "#"):
				headings++
			case i > 0 && trimmed != "" && strings.Trim(trimmed, "-=") == "":
				t.Errorf("%s, line %d is a rule or underlines a heading: %q", d.Path, i+1, l)
			case strings.HasPrefix(l, "    "), strings.HasPrefix(l, ">"), strings.HasPrefix(l, "<"), strings.HasPrefix(l, "+ "), strings.HasPrefix(l, "* "):
				t.Errorf("%s, line %d opens a block: %q", d.Path, i+1, l)
			}
			if strings.ContainsFunc(l, hides) {
				t.Errorf("%s, line %d hides something: %q", d.Path, i+1, l)
			}
		}
		if fences != 2 || headings != 1 {
			t.Errorf("%s has %d fences and %d headings:\n%s", d.Path, fences, headings, text)
		}
		_, body, _ := strings.Cut(text, "\n```\n")
		body = withoutSpans(body)
		for _, raw := range []string{"<script", "<!--", "](java", "![i]", "{{", "{%"} {
			for rest := body; ; {
				before, tail, found := strings.Cut(rest, raw)
				if !found {
					break
				}
				if !strings.HasSuffix(before, "\\") {
					t.Errorf("%s holds %q bare: …%s", d.Path, raw, before[max(0, len(before)-40):])
				}
				rest = tail
			}
		}
	}
}

// withoutSpans takes the code spans out of Markdown, as CommonMark finds them:
// what stands in them is inert.
func withoutSpans(text string) string {
	var out []string
	for _, p := range strings.Split(text, "\n\n") {
		var b strings.Builder
		for i := 0; i < len(p); {
			run := len(p[i:]) - len(strings.TrimLeft(p[i:], "`"))
			switch {
			case p[i] == '\\' && i+1 < len(p):
				b.WriteString(p[i : i+2])
				i += 2
			case run == 0:
				b.WriteByte(p[i])
				i++
			default:
				end := closing(p[i+run:], run)
				if end < 0 {
					b.WriteString(p[i : i+run])
					i += run
				} else {
					i += run + end + run
				}
			}
		}
		out = append(out, b.String())
	}
	return strings.Join(out, "\n\n")
}

// closing finds a run of exactly n backticks.
func closing(text string, n int) int {
	for i := 0; i < len(text); {
		run := len(text[i:]) - len(strings.TrimLeft(text[i:], "`"))
		if run == n {
			return i
		}
		i += max(run, 1)
	}
	return -1
}
