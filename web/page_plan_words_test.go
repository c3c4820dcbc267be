package web

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"cratewarden/action"
	"cratewarden/web/webtest"
)

func TestWorkWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kind, args, want string }{
		{"files.hold", `{"crate":"arraykit","step":5,"versions":[{"id":7,"num":"0.3.10","sha256":"00","keys":["a","b"]}]}`, "arraykit 0.3.10: 2 files to the vault"},
		{"files.release", `{"crate":"a","versions":[{"num":"1","keys":["x"]},{"num":"2"}]}`, "a 1, 2: 1 file back from the vault"},
		{"files.delete", `{"crate":"a","versions":[{"num":"1"},{"num":"2"},{"num":"3"},{"num":"4"},{"num":"5"}]}`, "a 1, 2, 3 and 2 more: 0 files to delete"},
		{"cdn.invalidate", `{"crate":"internkit","paths":["x","y"],"tags":null}`, "caches: 2 paths of internkit"},
		{"cdn.invalidate", `{"crate":"internkit","tags":["x"]}`, "caches: 1 tag of internkit"},
		{"index.check", `{"crates":["macro-loom1"]}`, "index file of macro-loom1"},
		{"index.check", `{"crates":["a","b"]}`, "index files of a, b"},
		{"person.erase", `{"account":12,"entries":[1,2],"bundles":["aa"]}`, "keys of 2 ledger entries and 1 evidence bundle about account 12"},
		{"person.erase", `{"person":"u1","entries":[1],"bundles":[]}`, "keys of 1 ledger entry and 0 evidence bundles about u1"},
		{"ledger.verify", `{"after":"person.erase"}`, "proof that the whole ledger verifies"},
		{"held", `{"versions":[{"crate":"a","num":"1"},{"crate":"a","num":"2"}]}`, "a 1, 2"},
		{"tombstone", `{"versions":[{"crate":"a","num":"1"},{"crate":"b","num":"2"}]}`, "a 1, b 2"},
		{"files.hold", `{"key":"k"}`, "key: k"},
		{"cdn.invalidate", `{"paths":["k"]}`, "paths: [k]"},
		{"of another release", `{"crate":"a"}`, "crate: a"},
		{"files.hold", `[1]`, "[1]"},
	} {
		if got := workWords(c.kind, json.RawMessage(c.args)); got != c.want {
			t.Errorf("%s %s:\n got %s\nwant %s", c.kind, c.args, got, c.want)
		}
	}
}

func TestStepWords(t *testing.T) {
	t.Parallel()
	for want, steps := range map[string][]int{"": nil, "step 2": {2}, "steps 1, 2": {1, 2}, "steps 3–6": {3, 4, 5, 6}, "steps 1, 3–5, 9": {1, 3, 4, 5, 9}} {
		if got := StepWords(steps); got != want {
			t.Errorf("%v: %q, want %q", steps, got, want)
		}
	}
}

func TestGroupNoticed(t *testing.T) {
	t.Parallel()
	note := func(step int, level action.Level, text string) action.Guard {
		return action.Guard{Step: step, Level: level, Code: "files-away", Text: text}
	}
	var got []string
	for _, g := range GroupNoticed([]action.Guard{note(3, action.Info, "a"), note(1, action.Info, "b"), note(2, action.Info, "a"), note(2, action.Warn, "a"), note(3, action.Info, "a"), note(0, action.Info, "c")}) {
		got = append(got, fmt.Sprint(g.Text, g.Level, g.Steps))
	}
	if s := strings.Join(got, " "); s != "ainfo[2 3] binfo[1] awarn[2] cinfo[]" {
		t.Error(s)
	}
}

const filesAway = "Until release nobody can download the files; builds whose lock file names a held version fail."

// heldPlan has the same note at three steps and work after its commit.
func heldPlan(t testing.TB) *planner {
	f := samplePlans(t)
	for id, effect := range f.effects {
		for _, step := range []int{1, 2, 3} {
			effect.Guards = append(effect.Guards, action.Guard{Step: step, Level: action.Info, Code: "files-away", Text: filesAway})
		}
		effect.Later = []action.Later{{Step: 1, Kind: "files.hold", Args: []byte(`{"crate":"arraykit","step":1,"versions":[{"id":9001,"num":"0.3.10","keys":["a","b"]}]}`)}}
		if work := f.follow[id]; len(work) > 2 {
			work[0].Args = []byte(`{"crate":"internkit","paths":["crates/<b>","x"]}`)
			work[1].Args = []byte(`{"crates":["macro-loom1"]}`)
			work[2].Args = effect.Later[0].Args
		}
	}
	return f
}

// TestPlanSaysOnceWhatStepsShare groups notes, and says in words what work is
// about.
func TestPlanSaysOnceWhatStepsShare(t *testing.T) {
	t.Parallel()
	s := planServer(t, heldPlan(t), responder)
	text := body(t, ask(s, "GET", "/plans/p01reviewed", nil))
	if n := strings.Count(text, filesAway); n != 2 || !strings.Contains(text, ">steps 1–3</a>") || !strings.Contains(text, "The same at steps 2, 3.") {
		t.Errorf("the note stands %d times, not beside the steps and at the first", n)
	}
	if !strings.Contains(text, "arraykit 0.3.10: 2 files to the vault") || strings.Contains(text, "&#34;num&#34;") {
		t.Error("what follows is not said in words")
	}
	text = body(t, ask(s, "GET", "/plans/p07applied", nil))
	for _, want := range []string{"arraykit 0.3.10: 2 files to the vault", "caches: 2 paths of internkit", "index file of macro-loom1", `<details class="raw small">`, "crates/&lt;b&gt;"} {
		if !strings.Contains(text, want) {
			t.Errorf("the applied plan lacks %s", want)
		}
	}
}

func TestPlanOfHoldsInABrowser(t *testing.T) {
	t.Parallel()
	p := webtest.Serve(t, planServer(t, heldPlan(t), responder)).Open(t, "/plans/p07applied")
	for _, path := range []string{"p07applied", "p01reviewed"} {
		p.Go("/plans/" + path)
		p.CheckAxe()
		p.Screenshot("held-"+path, 390, "light")
		p.Screenshot("held-"+path, 1440, "dark")
		p.Screenshot("held-"+path, 1440, "light")
	}
}
