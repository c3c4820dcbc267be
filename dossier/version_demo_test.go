package dossier_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/dossier"
)

// version asks for a version and holds the bound of statements.
func (r crateRig) version(t testing.TB, name, num string) *dossier.Version {
	t.Helper()
	before := r.count.n.Load()
	v, err := r.Version(t.Context(), name, num)
	if err != nil {
		t.Fatalf("%s %s: %v", name, num, err)
	}
	if n := r.count.n.Load() - before; n > 12 {
		t.Errorf("%s %s took %d statements", name, num, n)
	}
	return v
}

func golden(t *testing.T, name string, value any) {
	t.Helper()
	got := append(must(json.MarshalIndent(value, "", "  ")), '\n')
	path := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := must(os.ReadFile(path)); string(want) != string(got) {
		t.Errorf("the dossier is not that of %s; see the difference with -update and git diff", path)
	}
}

// TestDemoAttack holds that each version republished in the August attack is
// judged as bad, for the reasons that are true.
func TestDemoAttack(t *testing.T) {
	t.Parallel()
	r := demoRig(t)
	for _, bad := range demoRegistry().Situations.August.Republished {
		v := r.version(t, bad.Crate, bad.Version)
		equal(t, bad.Crate+" tone", v.Provenance.Tone, "bad")
		weights := map[string]int{}
		for _, d := range v.Provenance.Differences {
			weights[d.Kind] = d.Weight
		}
		equal(t, bad.Crate+" newborn dependency", weights["dependencies"], 2)
		equal(t, bad.Crate+" another token", weights["token"], 1)
		equal(t, bad.Crate+" silence", weights["cadence"], 1)
		equal(t, bad.Crate+" no commit", weights["vcs"], 1)
		equal(t, bad.Crate+" method is the usual", weights["method"], 0)
		equal(t, bad.Crate+" person is the usual", weights["person"], 0)
		equal(t, bad.Crate+" dependents", v.Dependents.AnyVersion > 0, true)
		text := string(must(json.Marshal(v)))
		for _, secret := range []string{demoRegistry().Situations.August.Stolen.Name, "lund-family"} {
			equal(t, bad.Crate+" gives away "+secret, strings.Contains(text, secret), false)
		}
	}
	arraykit := r.version(t, "arraykit", "0.3.10")
	equal(t, "lured by yanks", arraykit.Provenance.Differences[0].Kind, "yanks")
	equal(t, "marks", marks(arraykit.Marks), "default, new dependency on a young crate")
	equal(t, "yanks around it are told", len(arraykit.Timeline.Events), 9)
	innocent := r.version(t, "arraykit", "0.3.8")
	equal(t, "good version", innocent.Provenance.Tone, "calm")
	equal(t, "good version was yanked", spaced(len(innocent.Yanks), innocent.Yanks[0].Action, innocent.Yanks[0].By.Login), "1 yanked mirelund")
	golden(t, "version_attack", still(arraykit))
}

func still(v *dossier.Version) *dossier.Version {
	v.Fresh = dossier.Fresh{}
	return v
}

// TestEveryDemoVersion shows a few versions of every crate: index and files
// that the demo stores agree with its database, and none by trusted publishing
// looks like an attack.
func TestEveryDemoVersion(t *testing.T) {
	t.Parallel()
	r := demoRig(t)
	packed := map[string]bool{}
	for _, name := range demoRegistry().PackedCrates() {
		packed[name] = true
	}
	rows, err := r.pool.Query(t.Context(), `
		SELECT c.name || ' ' || v.num FROM crates c JOIN LATERAL (
			SELECT id, num FROM versions WHERE crate_id = c.id ORDER BY id DESC LIMIT 2) v ON true ORDER BY v.id`)
	if err != nil {
		t.Fatal(err)
	}
	versions := must(pgx.CollectRows(rows, pgx.RowTo[string]))
	var slowest, all time.Duration
	seen := map[cratewarden.Method]int{}
	for _, spec := range versions {
		name, num, _ := strings.Cut(spec, " ")
		began := time.Now()
		v := r.version(t, name, num)
		took := time.Since(began)
		slowest, all = max(slowest, took), all+took
		for _, c := range v.Checks {
			if c.Note == "" || packed[name] && c.State != "equal" || c.Index != "" && c.State == "different" {
				t.Errorf("%s: %+v", spec, c)
			}
		}
		equal(t, spec+" has a file", slices.Contains(strings.Split(marks(v.Marks), ", "), "stored file missing"), !packed[name])
		if v.Provenance.Tone == "bad" && v.Row.Method.Trusted() {
			t.Errorf("%s by trusted publishing looks bad: %s", spec, v.Provenance.Sentence)
		}
		if seen[v.Row.Method]++; v.Row.Method.Trusted() && v.Previous != "" && seen[v.Row.Method] == 5 {
			golden(t, "version_"+string(v.Row.Method), still(v))
		}
	}
	if seen[cratewarden.MethodGitHub] < 5 || seen[cratewarden.MethodToken] == 0 || seen[cratewarden.MethodAccount] == 0 {
		t.Errorf("the demo has too few methods: %v", seen)
	}
	t.Logf("%d versions (%v), %s each, the slowest took %s", len(versions), seen, all/time.Duration(len(versions)), slowest)
}
