package provenance

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"cratewarden"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func at(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", s)
	if err != nil {
		panic(err)
	}
	return t
}

// trusted is a crate that has always come from one repository.
func trusted() Input {
	in := Input{Crate: "quietmap", Now: at("2026-08-20 09:00:00"), Earlier: 12, Configs: []string{"github quiet/quietmap release.yml"}, Checksum: "9b1fe07a", ChecksumState: "database = index = file"}
	publish := func(num, when, run string) Publish {
		return Publish{Num: num, At: at(when), Method: cratewarden.MethodGitHub, Origin: "quiet/quietmap", Run: run, Commit: "abc1234567890def", Size: 9000, Files: -1}
	}
	in.Subject = publish("1.4.0", "2026-08-01 10:00:00", "123")
	for i := range 12 {
		in.Previous = append(in.Previous, publish(fmt.Sprintf("1.3.%d", 12-i), fmt.Sprintf("2026-%02d-01 09:30:00", 7-i/2), fmt.Sprint(122-i)))
	}
	slices.SortStableFunc(in.Previous, func(a, b Publish) int { return b.At.Compare(a.At) })
	return in
}

// stolen is the shape of the August attack: a long quiet owner, another token,
// a newborn dependency, healthy versions yanked.
func stolen() Input {
	ci := &Token{ID: 1203, MaskedName: "c•", CreatedAt: at("2020-01-01 10:00:00"), Endpoints: "publish", Crates: "all crates"}
	laptop := &Token{ID: 4471, MaskedName: "l•••••", CreatedAt: at("2024-09-20 10:00:00"), LastUsedAt: at("2026-08-20 07:38:00"), Endpoints: "everything", Crates: "every crate", Unscoped: true}
	old := func(num, when string) Publish {
		return Publish{Num: num, At: at(when), Method: cratewarden.MethodToken, Person: "genuine-owner", PersonID: 71, Token: ci, Size: 9000, Files: 12, ArchiveRead: true, VCSCommit: "f3a9c1e"}
	}
	return Input{
		Crate: "arraykit", Now: at("2026-08-20 08:41:00"), Earlier: 9, IsOwner: true, OwnerSince: at("2018-03-01 12:00:00"), GitHubID: 71000001,
		TokenFirstForCrate: true, YankedSoon: []string{"0.3.5", "0.3.6", "0.3.7", "0.3.8", "0.3.9"}, YankedSoonAfter: 10 * time.Second, MailMasked: "g••••@•••••.org",
		Subject: Publish{Num: "0.3.10", At: at("2026-08-20 07:15:00"), Method: cratewarden.MethodToken, Person: "genuine-owner", PersonID: 71, Token: laptop, Size: 9100, Files: 12, ArchiveRead: true,
			Dependencies: []Dependency{{Crate: "proc-makro1", Kind: "normal", Age: 5 * time.Hour}}},
		Previous: []Publish{old("0.3.9", "2024-07-17 19:02:00"), old("0.3.8", "2024-05-11 20:44:00"), old("0.3.7", "2023-02-26 18:10:00"), old("0.3.6", "2022-01-02 19:31:00")},
	}
}

func firstEver() Input {
	return Input{Crate: "newborn", Now: at("2026-08-20 08:00:00"), IsOwner: true, OwnerSince: at("2026-08-20 07:00:00"),
		Subject: Publish{Num: "0.1.0", At: at("2026-08-20 07:00:00"), Method: cratewarden.MethodSession, Person: "someone", PersonID: 5, Size: 700, Files: -1}}
}

func fromDump() Input {
	in := stolen()
	in.Dump, in.MailMasked, in.TokenFirstForCrate, in.YankedSoon = true, "", false, nil
	strip := func(p *Publish) {
		p.Method, p.Token, p.ArchiveRead, p.Files = cratewarden.MethodAccount, nil, false, -1
	}
	strip(&in.Subject)
	in.Previous = slices.Clone(in.Previous)
	for i := range in.Previous {
		strip(&in.Previous[i])
	}
	return in
}

func leftTrustedPublishing() Input {
	in := trusted()
	in.Subject.Method, in.Subject.Origin, in.Subject.Run, in.Subject.Commit = cratewarden.MethodToken, "", "", ""
	in.Subject.Person, in.Subject.PersonID = "newhand", 9
	in.Subject.Token = &Token{ID: 7, MaskedName: "t•••", CreatedAt: in.Subject.At.Add(-2 * time.Hour), Endpoints: "everything", Crates: "every crate", Unscoped: true}
	in.OwnerSince, in.IsOwner, in.TokenFirstForCrate = in.Subject.At.Add(-26*time.Hour), true, true
	return in
}

func cases() map[string]Input {
	return map[string]Input{
		"trusted": trusted(), "stolen": stolen(), "first": firstEver(), "dump": fromDump(), "left-trusted": leftTrustedPublishing(),
	}
}

func TestJudgeGolden(t *testing.T) {
	t.Parallel()
	for name, in := range cases() {
		got, err := json.MarshalIndent(Judge(in), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", name+".json")
		if *update {
			if err := os.WriteFile(file, append(got, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(want) != string(got)+"\n" {
			t.Errorf("%s: verdict changed; look at it and run with -update\n%s", name, got)
		}
	}
}

func TestTones(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"trusted": "calm", "stolen": "bad", "first": "calm", "left-trusted": "bad"} {
		if got := Judge(cases()[name]).Tone; got != want {
			t.Errorf("tone of %s = %q, want %q", name, got, want)
		}
	}
}

// A row of the comparison must have one cell for each column, or the table on
// the page shifts.
func TestMatrixIsRectangular(t *testing.T) {
	t.Parallel()
	for name, in := range cases() {
		v := Judge(in)
		for _, r := range v.Matrix {
			if len(r.Cells) != len(v.Columns) {
				t.Errorf("%s, %s: %d cells for %d columns", name, r.Label, len(r.Cells), len(v.Columns))
			}
		}
		if len(v.Columns) > compared+1 {
			t.Errorf("%s: %d columns", name, len(v.Columns))
		}
	}
}

func TestBytes(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 9100: "9.1 kB", 10_485_760: "10.5 MB", 123_456: "123 kB", 2_000_000_000: "2 GB"} {
		if got := Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, want)
		}
	}
}
