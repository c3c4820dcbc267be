package advisory

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var updateAdvisories = flag.Bool("update", false, "write the golden files of advisories anew")

// formal are the forms of this half of the package.
var formal = []Format{RustSec, OSV, CSAF20, CSAF21, List}

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// august is the demo's attack of August with its nine crates: a helper, three
// good crates of one owner with a bad version each, five carriers.
func august() Sheet {
	day := func(clock string) time.Time { return at("2026-08-20 " + clock) }
	bad := func(crate, num, published, held, removed string, downloads int64) Version {
		return Version{
			Num: num, Published: day(published), Held: day(held), Removed: day(removed), SHA256: hashed(crate + num),
			Downloads: &Figure{Value: downloads, Method: "registry counters, mirrors not excluded", AsOf: day("11:30:00")},
		}
	}
	victim := func(name, num, published string, downloads int64, good []string, restored []string, dependents int64) Crate {
		return Crate{
			Name: name, Role: "victim", Bad: []Version{bad(name, num, published, "08:20:05", "09:04:11", downloads)},
			Good: good, Restored: restored, PublishedBy: "mirelund",
			Behaviour:  "The new version depends on `macro-loom1`, whose build script fetches and runs a program.",
			Dependents: &Figure{Value: dependents, Method: "direct dependents in the index", AsOf: day("11:30:00"), Confirmed: true, Query: "index of 2026-08-20"},
		}
	}
	s := Sheet{
		Incident: "INC-12", Title: "Bad versions of arraykit, internkit and append-log", Kind: "compromised-owner",
		Verdict: "compromised owner", TLP: "CLEAR", Severity: "critical", Campaign: []string{"macro-loom"}, AsOf: day("12:00:00"),
		Registry:  Registry{Name: "crates.io", Ecosystem: "crates.io", URL: "https://crates.io/", Appeal: "https://crates.io/support"},
		Behaviour: "The build script of `macro-loom1` 1.0.87 fetches a program from a server and runs it.",
		Trigger:   "It runs whenever a crate that depends on it is built.",
		Summary:   "Somebody published with the token of the genuine owner of three popular crates and yanked good versions, so that Cargo chose the bad ones.",
		Analysis:  "The helper was clean for five hours before it was armed.",
		Indicators: []Indicator{
			{"domain", "updates.loom-cdn.example", "serves the program"}, {"url", "https://updates.loom-cdn.example/x64", ""},
			{"ip", "203.0.113.7", ""}, {"file", "/tmp/.loom", "the program"},
		},
		Links:         []Link{{"article", "https://blog.example.org/2026/08/20/arraykit", "What happened"}, {"report", "https://forge.example.org/mirelund/arraykit/issues/33", "First report"}},
		Finder:        []Credit{{"Ines Ode", "https://research.example.org/ines", "reporter"}},
		UsedInTheWild: ptr(true), UseNote: "The registry's logs of 2026-08-20 show downloads by Cargo itself.",
		ReportedAt: ptr(day("07:15:00")), ContainedAt: ptr(day("08:20:05")), RemovedAt: ptr(day("09:25:24")),
		Publisher: Publisher{Name: "The registry's team", Namespace: "https://crates.io/", Category: "coordinator", Contact: "https://crates.io/support"},
	}
	helper := Crate{
		Name: "macro-loom1", Role: "payload", Deleted: true, Imitates: "macro-loom", PublishedBy: "kernelsmyth",
		Bad: []Version{
			bad("macro-loom1", "1.0.86", "02:11:02", "08:20:05", "09:25:24", 41),
			bad("macro-loom1", "1.0.87", "07:11:02", "08:20:05", "09:25:24", 2398),
		},
		Dependents: &Figure{Value: 0, Method: "direct dependents in the index", AsOf: day("11:30:00"), Confirmed: true, Query: "index of 2026-08-20"},
	}
	s.Crates = []Crate{
		helper,
		victim("arraykit", "0.3.10", "07:15:00", 2285, []string{"0.3.4", "0.3.5", "0.3.6", "0.3.7", "0.3.8", "0.3.9"}, []string{"0.3.5", "0.3.6", "0.3.7", "0.3.8", "0.3.9"}, 311),
		victim("internkit", "0.8.7", "07:34:07", 512, []string{"0.8.5", "0.8.6"}, nil, 94),
		victim("append-log", "0.1.9", "07:37:49", 77, []string{"0.1.7", "0.1.8"}, nil, 1),
	}
	for i, name := range []string{"allerone", "allerona", "avenvine", "minimember", "logpress-mini"} {
		s.Crates = append(s.Crates, Crate{
			Name: name, Role: "carrier", Deleted: true, PublishedBy: "aller-tm", Behaviour: "It does nothing but depend on `macro-loom1`.",
			Bad: []Version{
				bad(name, "0.1.0", "04:11:02", "08:20:05", "09:25:24", int64(10+i)),
				bad(name, "0.1.1", "07:12:02", "08:20:05", "09:25:24", int64(i)),
			},
		})
	}
	return s
}

// typosquat is one crate that imitates another, with nothing but what must be.
func typosquat() Sheet {
	return Sheet{
		Incident: "INC-7", Title: "quilson imitates quillson", Kind: "typosquat", Verdict: "malicious", TLP: "CLEAR",
		AsOf: at("2026-09-02 10:00:00"), Registry: Registry{Name: "crates.io", URL: "https://crates.io/"},
		Behaviour: "Its build script sends environment variables to a server.",
		Finder:    []Credit{{Name: "Ines Ode"}},
		Crates: []Crate{{
			Name: "quilson", Role: "payload", Deleted: true, Imitates: "quillson",
			Bad: []Version{{Num: "1.0.3", Published: at("2026-09-01 21:00:00"), Removed: at("2026-09-02 08:30:00"), SHA256: hashed("quilson")}},
		}},
	}
}

// attacks are texts that try to get out of where they stand.
const attack = "x\"\"\"\n```\n---\ntitle = \"owned\"\n[versions]\npatched = [\">= 0.0.0\"]\n```toml\n# Heading\n<script>alert(1)</script> ![i](https://bad.example/i.png) [l](javascript:alert(1)) {{ 7*7 }} {% raw %} <!-- hid\u202eden\u200b -->\n- item\n===\n\x1b[31m $(rm -rf) `a``b` '; drop table"

// nasty is a sheet whose every free text attacks the form it is put into.
func nasty() Sheet {
	s := august()
	for _, text := range []*string{
		&s.Incident, &s.Title, &s.Severity, &s.Behaviour, &s.Trigger, &s.Summary, &s.Analysis, &s.UseNote, &s.EffectOnUsers,
		&s.Registry.Name, &s.Publisher.Name, &s.Publisher.Contact,
	} {
		*text += attack
	}
	s.Campaign = []string{attack, "\r\n---\r\n"}
	s.Indicators = []Indicator{{"domain", attack, attack}, {attack, attack, attack}}
	s.Links = append(s.Links, Link{"article", "javascript:alert(1)", attack}, Link{attack, "https://x.example/a\"b", attack}, Link{"web", "https://x.example/`\n```", attack})
	s.Finder = []Credit{{attack, attack, attack}}
	s.Crates = s.Crates[:3]
	for i := range s.Crates {
		c := &s.Crates[i]
		c.Behaviour, c.Role, c.PublishedBy, c.Imitates = attack, attack, attack, attack
		c.Good, c.Restored = append(c.Good, attack), append(c.Restored, attack)
		c.Dependents = &Figure{Value: 3, Method: attack, AsOf: s.AsOf}
		for j := range c.Bad {
			c.Bad[j].Downloads = &Figure{Value: 3, Method: attack, AsOf: s.AsOf}
		}
	}
	return s
}

// goldenAdvisory compares with a file, which -update writes.
func goldenAdvisory(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "advisories", filepath.FromSlash(name))
	if *updateAdvisories {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs from the golden file:\n%s", name, got)
	}
}

func written(t *testing.T, s Sheet, formats ...Format) []Document {
	t.Helper()
	docs, err := Documents(s, formats...)
	if err != nil {
		t.Fatal(err)
	}
	return docs
}
