package web

import (
	"strings"
	"testing"

	"cratewarden/action"
	"cratewarden/ledger"
)

// Equal words for outsiders stand once, with everything that gets them.
func TestOutsidersWordsAreGathered(t *testing.T) {
	t.Parallel()
	f := &action.Effect{Public: []action.PublicText{
		{Step: 1, Where: "to a, in each answer", Text: "Locked."}, {Step: 2, Where: "to b, in each answer", Text: "Locked."},
		{Step: 3, Where: "yank message of x 1.0.0", Text: "Held."}, {Step: 4, Where: "yank message of y 2.0.0", Text: "Held."}, {Step: 5, Where: "yank message of z 1.0.0", Text: "Bad."}}}
	var got []string
	for _, x := range publicTexts(f) {
		got = append(got, x.Where+" | "+x.Steps+" | "+x.Text)
	}
	want := "to a, b, in each answer | steps 1, 2 | Locked.\nyank message of x 1.0.0, y 2.0.0 | steps 3, 4 | Held.\nyank message of z 1.0.0 | step 5 | Bad."
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("outsiders read\n%s\nnot\n%s", text, want)
	}
}

// What cannot be undone is said once where it is the same at several steps.
func TestFinalsAreGathered(t *testing.T) {
	t.Parallel()
	f := &action.Effect{Final: []action.Finality{{Step: 1, Text: "Rows go."}, {Step: 2, Text: "Number is free."}, {Step: 3, Text: "Rows go."}}}
	card := finalCard(f)
	if len(card.Guards) != 2 || card.Guards[0].Note.Plain() != "steps 1, 3" || card.Note != "3 things" {
		t.Errorf("the card says %+v", card)
	}
	by := finalsByStep(f)
	if len(by[1]) != 1 || by[1][0] != "Rows go. The same at step 3." || len(by[3]) != 0 {
		t.Errorf("the steps say %v", by)
	}
}

// Of a long checklist, the tasks whose turn it is and the visitor's own are
// open; no help is cut.
func TestChecklistOpensWhatIsNext(t *testing.T) {
	t.Parallel()
	rows := []caseTask{{State: "done"}, {Open: true}, {Open: true}, {Open: true}, {Open: true}, {Open: true, Mine: true}}
	nextTasks(rows)
	got := ""
	for _, row := range rows {
		got += map[bool]string{true: "open ", false: "shut "}[row.Next]
	}
	if got != "shut open open open shut open " {
		t.Errorf("the checklist is %s", got)
	}
}

// A long list of reasons shows its first, and the same reasons are said once.
func TestReasonsAreShort(t *testing.T) {
	t.Parallel()
	long := "Published a 1.0.0. " + strings.Repeat("It gained a dependency. ", 6)
	first, more := firstSentence(long)
	if first != "Published a 1.0.0." || first+" "+more != long {
		t.Errorf("parted into %q and %q", first, more)
	}
	if first, more := firstSentence("Short. Two sentences."); first != "Short. Two sentences." || more != "" {
		t.Errorf("a short text is %q and %q", first, more)
	}
	said := map[string]int{}
	reasonsOf(long, 4, said)
	if again, more := reasonsOf(long, 5, said); again.Plain() != "The same reasons as at step 4." || more != "" {
		t.Errorf("said again: %q %q", again.Plain(), more)
	}
}

// The second person finds their button at the top, and it comes before Apply.
func TestSecondPersonFindsTheButton(t *testing.T) {
	t.Parallel()
	hash := ledger.Digest{}
	seen := &planSeen{plan: action.Plan{State: action.Reviewed, NeedsApproval: true, Digest: &hash, Author: action.Actor{ID: "a"}}}
	var labels []string
	for _, b := range planButtons(seen, planForms{ShowApprove: true, Apply: "A second person must approve it."}) {
		if labels = append(labels, b.Label); b.Primary != (b.Label == "Approve…") {
			t.Errorf("%s is filled: %v", b.Label, b.Primary)
		}
	}
	if got := strings.Join(labels, ", "); got != "Edit, Review, Approve…, Apply" {
		t.Errorf("buttons are %s", got)
	}
}

// A long alarm ends with a whole word.
func TestAlarmIsNotCutInAWord(t *testing.T) {
	t.Parallel()
	long := "Downloads stand. The monitor would page: 40 jobs waited (" + strings.Repeat("render_and_upload_readme 1, ", 20) + "x 1)."
	if got := alarmBrief(long); got != "Downloads stand. The monitor would page: 40 jobs waited." {
		t.Errorf("it says %q", got)
	}
	if short := "1 job waited (dump_db 1)."; alarmBrief(short) != short {
		t.Error("a short one is changed")
	}
}
