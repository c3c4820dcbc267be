package blast

import (
	"context"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cratewarden"
)

var update = flag.Bool("update", false, "write the golden files anew")

// attack is a registry in which one version of a helper is bad.
func attack() *small {
	g := (&small{owners: map[int32][]Owner{}}).crate("helper", 100, "1.0.86", "1.0.87", "!1.0.88").crate("array-kit", 9_000_000, "0.3.9", "0.3.10").
		crate("tool", 5000, "1.0.0", "2.0.0").crate("app", 70, "0.1.0").crate("tests-only", 12, "0.1.0").crate("pinned", 40, "1.0.0").crate("<b>&", 3, "1.0.0")
	g.on("array-kit", "0.3.10", "helper", "^1.0.87", Normal, false).on("tool", "1.0.0", "array-kit", "^0.3", Normal, false).on("tool", "2.0.0", "array-kit", "=0.3.9", Normal, false).
		on("app", "0.1.0", "tool", "1", Build, true).on("tests-only", "0.1.0", "array-kit", "0.3.10", Dev, false).on("pinned", "1.0.0", "helper", "=1.0.86", Normal, false).
		on("<b>&", "1.0.0", "helper", "*", Normal, true)
	g.owners[2] = []Owner{{ID: 7, Login: "genuine"}, {ID: 3, Team: true, Login: "github:org:core"}}
	g.owners[7] = []Owner{{ID: 7, Login: "genuine"}}
	return g
}

type days map[int32]int64

func (d days) VersionDays(_ context.Context, ids []int32, first, last time.Time, visit func(int32, time.Time, int64)) error {
	for _, id := range ids {
		if d[id] < 0 {
			return errors.New("broken")
		}
		visit(id, first, d[id])
		visit(id, last, 2*d[id])
	}
	return nil
}

func attackService(d Counter) *Service {
	return New(Config{Graph: func() (Graph, error) { return attack(), nil }, Days: d, Clock: func() time.Time { return noon }})
}

func TestReportOfAnAttack(t *testing.T) {
	t.Parallel()
	q, err := Ask{Crate: "HELPER", Version: "1.0.87 1.0.99", Kind: "all"}.Query()
	if err != nil {
		t.Fatal(err)
	}
	r, err := attackService(days{2: 10}).Radius(t.Context(), q, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range r.Rows() {
		got = append(got, strings.Join(row.Record()[:11], " "))
	}
	want := []string{
		"array-kit 1 1 0.3.10 true 9000000 4500000 helper ^1.0.87 normal false",
		"tool 2 1 1.0.0 false 5000 2500 array-kit ^0.3 normal false",
		"app 3 1 0.1.0 true 70 70 tool 1 build true",
		"tests-only 2 1 0.1.0 true 12 12 array-kit 0.3.10 dev false",
		"<b>& 1 1 1.0.0 true 3 3 helper * normal true",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]Notified{{Owner{7, false, "genuine"}, []string{"array-kit", "<b>&"}, 9_000_003}, {Owner{3, true, "github:org:core"}, []string{"array-kit"}, 9_000_000}}, r.Owners); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]KindCount{{"normal", 3, 3, 2, 1}, {"build", 1, 1, 0, 1}, {"dev", 1, 1, 0, 0}}, r.Kinds); d != "" {
		t.Error(d)
	}
	figures := map[string]int64{}
	for _, f := range r.Figures {
		figures[f.Name] = f.Value
		if f.State() != "provisional" || f.Method == "" || f.AsOf.IsZero() {
			t.Errorf("the figure %+v does not say what it is worth", f)
		}
	}
	if d := cmp.Diff(map[string]int64{FigureCrates: 5, FigureVersions: 5, FigureDirect: 2, FigureDefaults: 4, FigureDownloads: 33, FigureWindow: 30}, figures); d != "" {
		t.Error(d)
	}
	if len(r.Days) != 3 || r.Days[0].Downloads != 10 || r.Days[1].Downloads != 0 || r.Days[2].Versions["helper@1.0.87"] != 20 {
		t.Errorf("the days are %+v", r.Days)
	}
	if len(r.Gaps) != 1 || !strings.Contains(r.Gaps[0], "1 bad version is not in the registry any more") {
		t.Errorf("the gaps are %q", r.Gaps)
	}
	if part, next := r.Part(1, 2); len(part.Affected) != 2 || part.Affected[0].Crate != "tool" || next != 3 || part.Crates != 5 || len(part.Owners) != 2 {
		t.Errorf("a part is %+v, then %d", part.Affected, next)
	}
	if part, next := r.Part(9, 2); len(part.Affected) != 0 || next != 0 {
		t.Error("beyond the end there is something")
	}
	golden(t, "attack.svg", r.Picture("blast", func(name string) string {
		if name == "<b>&" {
			return ""
		}
		return "/crates/" + name
	}))
}

// What would be chosen now is less: a newer version, if not yanked, saves.
func TestReportOfWhatIsChosenNow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		version string
		crates  int
	}{{"1.0.87", 5}, {"1.0.86", 1}, {"1.0.88", 0}} {
		q, err := Ask{Crate: "helper", Version: c.version, Mode: "would", Kind: "all"}.Query()
		if err != nil {
			t.Fatal(err)
		}
		r, err := Run(t.Context(), attack(), q)
		if err != nil || r.Crates != c.crates {
			t.Errorf("with %s bad %d crates are hit, not %d (%v)", c.version, r.Crates, c.crates, err)
		}
	}
}

// What development reaches near and others build far away may be alone at that
// distance: nothing is new there, and the search goes on beyond it.
func TestDistanceWithoutNewVersions(t *testing.T) {
	t.Parallel()
	g := (&small{}).crate("bad", 1, "1.0.0").crate("a", 1, "1.0.0").crate("b", 1, "1.0.0").crate("v", 1, "1.0.0").crate("w", 1, "1.0.0")
	g.on("a", "1.0.0", "bad", "1", Normal, false).on("b", "1.0.0", "a", "1", Normal, false).on("v", "1.0.0", "b", "1", Normal, false).
		on("v", "1.0.0", "bad", "1", Dev, false).on("w", "1.0.0", "v", "1", Normal, false)
	r, err := Run(t.Context(), g, Query{Kinds: []Kind{Normal, Build, Dev}, Bad: []Bad{{Crate: "bad"}}})
	if err != nil {
		t.Fatal(err)
	}
	want := []Layer{{1, 2, 2, 2}, {2, 1, 1, 1}, {3, 0, 0, 0}, {4, 1, 1, 1}}
	if d := cmp.Diff(want, r.Layers); d != "" || r.Crates != 4 || r.Versions != 4 || len(r.Affected) != 4 {
		t.Errorf("%d crates, %d versions, %d listed (-want +got):\n%s", r.Crates, r.Versions, len(r.Affected), d)
	}
}

func TestQuestionsThatCannotBeAnswered(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ask  Ask
		kind cratewarden.Kind
	}{
		{Ask{Crate: "nothing"}, cratewarden.NotFound},
		{Ask{Crate: "helper", Version: "1.0"}, cratewarden.Invalid},
		{Ask{Crate: "helper", Range: ">>1"}, cratewarden.Invalid},
		{Ask{Crate: "helper", Mode: "maybe"}, cratewarden.Invalid},
		{Ask{Crate: "helper", Mode: "would", Locked: true}, cratewarden.Invalid},
		{Ask{Crate: "helper", Kind: "some"}, cratewarden.Invalid},
		{Ask{Crate: "helper", Distance: -1}, cratewarden.Invalid},
		{Ask{Crate: "helper", Also: "tool"}, cratewarden.Invalid},
		{Ask{Crate: "helper", Also: strings.Repeat("tool@1.0.0 ", mostBad)}, cratewarden.TooLarge},
		{Ask{Crate: "helper", Version: strings.Repeat("1.0.0 ", mostVersions+1)}, cratewarden.TooLarge},
	} {
		q, err := c.ask.Query()
		if err == nil {
			_, err = Run(t.Context(), attack(), q)
		}
		if cratewarden.KindOf(err) != c.kind {
			t.Errorf("%.60v gives %v", c.ask, err)
		}
	}
	loading := cratewarden.Errorf(cratewarden.Unavailable, "still loading")
	s := New(Config{Graph: func() (Graph, error) { return nil, loading }})
	q, _ := Ask{Crate: "helper"}.Query()
	if _, err := s.Radius(t.Context(), q, time.Time{}); !errors.Is(err, loading) {
		t.Errorf("while it loads: %v", err)
	}
	if _, err := attackService(days{2: -1}).Radius(t.Context(), q, time.Time{}); err == nil {
		t.Error("a registry that fails is not noticed")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, attack(), q); cratewarden.KindOf(err) != cratewarden.Timeout {
		t.Errorf("who gave up gets %v", err)
	}
	busy := attackService(nil)
	for range atOnce {
		busy.turns <- struct{}{}
	}
	if _, err := busy.Radius(ctx, q, time.Time{}); cratewarden.KindOf(err) != cratewarden.Timeout {
		t.Errorf("who waits in vain gets %v", err)
	}
}

// A picture of very much folds, and holds nothing that a strict content policy
// would refuse.
func TestPictureFolds(t *testing.T) {
	t.Parallel()
	g := &small{}
	g.crate("root", 1, "1.0.0")
	before := "root"
	for layer := range 9 {
		for i := range 1 + 12*(layer%2) {
			name := "c" + string(rune('a'+layer)) + string(rune('a'+i))
			g.crate(name, int64(1000-i), "1.0.0")
			g.on(name, "1.0.0", before, "1", Normal, false)
		}
		before = "c" + string(rune('a'+layer)) + "a"
	}
	r, err := Run(t.Context(), g, Query{Bad: []Bad{{Crate: "root"}}})
	if err != nil {
		t.Fatal(err)
	}
	svg := r.Picture(`x"><script>`, nil)
	for _, no := range []string{"style", "<script", "onload", "<a", "fill="} {
		if strings.Contains(svg, no) {
			t.Errorf("the picture has %q", no)
		}
	}
	if !strings.Contains(svg, "and 5 more") || !strings.Contains(svg, "distance 6 and more") || strings.Count(svg, `class="edge"`) < 10 {
		t.Errorf("the picture does not fold:\n%s", svg)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-want +got):\n%s", name, d)
	}
}
