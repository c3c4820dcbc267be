package incident

import "testing"

// Open cases come with what they are about, and those that are over do not come.
func TestOpenCases(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	first := k.opened(sub("version", "arraykit@0.3.10", "carrier"), sub("account", "33", "compromised"), sub("link", "https://example.org/1", ""))
	over := k.opened(sub("crate", "serde", ""))
	k.exec(`UPDATE incident SET state = 'closed' WHERE number = 2`)
	drill := k.opened(sub("crate", "macro-loom1", "payload"))
	k.exec(`UPDATE incident SET drill = 'august' WHERE number = 3`)
	list, err := k.OpenCases(t.Context())
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v %v", list, err)
	}
	if c := list[0]; c.ID != drill.ID || !c.Drill || len(c.Subjects) != 1 {
		t.Errorf("%+v", c)
	}
	if c := list[1]; c.ID != first.ID || c.ID == over.ID || c.Drill || c.State != first.State || len(c.Subjects) != 2 || c.Subjects[0].ID != "33" || c.Subjects[1].ID != "arraykit@0.3.10" {
		t.Errorf("%+v", c)
	}
}
