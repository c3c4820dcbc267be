package advisory

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func at(clock string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", clock)
	if err != nil {
		panic(err)
	}
	return t
}

func ptr[T any](v T) *T { return &v }

// outgoing is a case like that of August 2026, with made-up names.
func outgoing() Sheet {
	hash := func(c string) string { return strings.Repeat(c, 64) }
	return Sheet{
		Incident: "INC-12", Title: "Supply chain attack on arraykit", Kind: "compromised-owner", Verdict: "compromised owner",
		TLP: "CLEAR", Severity: "critical", Campaign: []string{"aug-2026"}, AsOf: at("2026-08-20 09:40:00"),
		Registry: Registry{Name: "Harbor", Ecosystem: "crates.io", URL: "https://harbor.example", Appeal: "https://harbor.example/appeal"},
		Crates: []Crate{
			{
				Name: "arraykit", Role: "carrier", PublishedBy: "kernelsmith", Owners: []string{"kernelsmith", "second-smith"},
				Bad: []Version{{Num: "0.3.10", Published: at("2026-08-20 07:15:00"), Held: at("2026-08-20 08:41:40"), Removed: at("2026-08-20 09:00:00"), SHA256: hash("a"),
					Downloads: &Figure{Value: 2285, Method: "registry logs, mirrors excluded", AsOf: at("2026-08-20 09:30:00"), Confirmed: true}}},
				Good: []string{"0.3.4", "0.3.5", "0.3.9"}, Restored: []string{"0.3.5", "0.3.9"},
				Dependents: &Figure{Value: 1842, Method: "direct dependents by name", AsOf: at("2026-08-20 09:30:00")},
			},
			{
				Name: "append-log", Role: "carrier", PublishedBy: "kernelsmith", Owners: []string{"kernelsmith", "second-smith"},
				Bad:  []Version{{Num: "0.1.9", Published: at("2026-08-20 07:37:49"), Removed: at("2026-08-20 09:25:24"), SHA256: hash("b")}},
				Good: []string{"0.1.8"},
			},
			{
				Name: "proc-makro1", Role: "payload", Deleted: true, Imitates: "proc-macro2", PublishedBy: "kernelsmyth",
				Behaviour: "Its build script decodes and runs a downloader.",
				Bad: []Version{
					{Num: "1.0.106", Published: at("2026-08-20 02:11:00"), Removed: at("2026-08-20 09:26:00"), SHA256: hash("c")},
					{Num: "1.0.107", Published: at("2026-08-20 07:11:00"), Removed: at("2026-08-20 09:26:00"), SHA256: hash("d")},
				},
			},
		},
		Accounts: []Account{
			{Login: "kernelsmith", URL: "https://git.example/kernelsmith", Role: "compromised", Locked: true, LockedAt: at("2026-08-20 08:40:00")},
			{Login: "kernelsmyth", URL: "https://git.example/kernelsmyth", Role: "attacker", Imitates: "kernelsmith", Locked: true, LockedAt: at("2026-08-20 08:40:00"), Until: at("2027-08-20 00:00:00"), Repositories: []string{"https://git.example/kernelsmyth/tools"}},
		},
		Summary:   "Somebody published bad versions of `arraykit` and `append-log` with a stolen token of their genuine owner.\n\nGood versions were yanked, so that Cargo chose the bad ones.",
		Behaviour: "A build script sends environment variables away.", Trigger: "It runs when the crate is built.",
		Indicators:    []Indicator{{"domain", "collect.bad.example", "receives the data"}, {"url", "https://collect.bad.example/in", ""}, {"ip", "192.0.2.7", ""}, {"file", "build.rs", "of proc-makro1"}},
		Links:         []Link{{"advisory", "https://advisories.example/RS-2026-0001", "Advisory for arraykit"}},
		Finder:        []Credit{{"Ada of Example Research", "", "REPORTER"}},
		UsedInTheWild: ptr(true), UseNote: "The logs show downloads by build servers.",
		ReportedAt: ptr(at("2026-08-20 07:46:12")), ContainedAt: ptr(at("2026-08-20 08:41:40")), RemovedAt: ptr(at("2026-08-20 09:26:00")),
		EffectOnUsers: "Builds that name a bad version fail.", NextUpdate: ptr(at("2026-08-20 11:00:00")), Lead: "Robin",
		Publisher: Publisher{Name: "Harbor security", Contact: "https://harbor.example/security", Authors: "Robin Responder, Rene Remover", Team: "the Harbor team", TeamURL: "https://harbor.example/team"},
	}
}

// golden compares with a file, which -update writes.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "outgoing", filepath.FromSlash(name))
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
