package access

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cratewarden"
)

var update = flag.Bool("update", false, "write the golden files")

func TestTheTableAsPeopleReadIt(t *testing.T) {
	var b bytes.Buffer
	if err := Print(&b); err != nil {
		t.Fatal(err)
	}
	const path = "testdata/table.txt"
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, b.Bytes()) {
		t.Errorf("the table changed; look at it, then write it with -update:\n%s", b.String())
	}
}

func TestEveryRowIsWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Table() {
		if seen[r.Act] {
			t.Errorf("%s has two rows", r.Act)
		}
		seen[r.Act] = true
		if r.Act == "" || r.Title == "" {
			t.Errorf("a row without a name or title: %+v", r)
		}
		if r.SecondPerson && (r.Token || r.StepUp != Bound) {
			t.Errorf("%s takes a second person, so no token may do it and the passkey confirms exactly it", r.Act)
		}
		if r.Weight > 0 && r.StepUp == NoStepUp {
			t.Errorf("%s has a weight and takes no passkey", r.Act)
		}
		if got, ok := Of(r.Act); !ok || got.Title != r.Title {
			t.Errorf("%s is not found", r.Act)
		}
		for _, role := range r.Roles {
			if !slices.Contains(everyRole(), role) {
				t.Errorf("%s has the role %s, which nobody can have", r.Act, role)
			}
		}
	}
	if _, ok := Of("plan.everything"); ok {
		t.Error("an act that is not listed was found")
	}
}

// Whoever may only read must not find a row that lets them change something.
func TestReadersChangeNothing(t *testing.T) {
	for _, r := range Table() {
		for _, role := range []cratewarden.Role{cratewarden.Viewer, cratewarden.Auditor} {
			if slices.Contains(r.Roles, role) && r.Changes() && !strings.HasPrefix(r.Act, "evidence.") {
				t.Errorf("the role %s may do %s, which changes something", role, r.Act)
			}
		}
		if slices.Contains(r.Roles, cratewarden.Policy) && r.Act == "personal.open" {
			t.Error("the policy role may open personal data")
		}
	}
}

func TestDecide(t *testing.T) {
	ada := Asker{ID: "a", Name: "Ada", Roles: []cratewarden.Role{cratewarden.Responder}}
	remy := Asker{ID: "r", Name: "Remy", Roles: []cratewarden.Role{cratewarden.Remover}}
	robot := Asker{ID: "a", Name: "Ada", Roles: ada.Roles, Token: true}
	bound := Facts{StepUp: Bound, Incident: "i-1"}
	with := func(f Facts, change func(*Facts)) Facts { change(&f); return f }
	for name, c := range map[string]struct {
		act   string
		who   Asker
		facts Facts
		want  string // rules, "" for allowed
	}{
		"unlisted":                    {"crate.rename", ada, bound, "unlisted"},
		"nobody":                      {"look", Asker{Roles: ada.Roles}, bound, "role"},
		"no role":                     {"look", Asker{ID: "x"}, bound, "role"},
		"unknown role":                {"look", Asker{ID: "x", Roles: []cratewarden.Role{"owner"}}, bound, "role"},
		"public":                      {Public, Asker{}, Facts{}, ""},
		"own without role":            {"own.session", Asker{ID: "x"}, Facts{}, ""},
		"yank":                        {"version.yank", ada, bound, ""},
		"yank without passkey":        {"version.yank", ada, Facts{Incident: "i-1"}, "step-up"},
		"yank with recent passkey":    {"version.yank", ada, Facts{Incident: "i-1", StepUp: Recent}, "step-up"},
		"no incident":                 {"version.yank", ada, Facts{StepUp: Bound}, "incident"},
		"incident none":               {"version.yank", ada, Facts{StepUp: Bound, Incident: "none"}, "incident"},
		"incident none with note":     {"version.yank", ada, Facts{StepUp: Bound, Incident: "none", Note: true}, ""},
		"incidents not used":          {"version.yank", ada, Facts{StepUp: Bound, AnyIncident: true}, ""},
		"wrong role":                  {"crate.delete", ada, with(bound, func(f *Facts) { f.SecondPerson = true }), "role"},
		"alone":                       {"crate.delete", remy, bound, "second-person"},
		"two":                         {"crate.delete", remy, with(bound, func(f *Facts) { f.SecondPerson = true }), ""},
		"wide":                        {"version.yank", ada, with(bound, func(f *Facts) { f.Wide = "Many." }), "wide"},
		"recused":                     {"version.yank", ada, with(bound, func(f *Facts) { f.Recused = "Ada owns it." }), "recusal"},
		"over budget":                 {"version.yank", ada, with(bound, func(f *Facts) { f.Over = "Too much." }), "budget"},
		"all three, and approved":     {"version.yank", ada, Facts{StepUp: Bound, Incident: "i", Wide: "w", Recused: "r", Over: "o", SecondPerson: true}, ""},
		"token yanks":                 {"version.yank", robot, Facts{Incident: "i"}, ""},
		"token deletes":               {"crate.delete", Asker{ID: "r", Roles: remy.Roles, Token: true}, with(bound, func(f *Facts) { f.SecondPerson = true }), "token"},
		"token approves":              {"plan.approve", robot, bound, "token"},
		"token breaks glass":          {"plan.break-glass", Asker{ID: "a", Roles: ada.Roles, Token: true, OnCall: true}, bound, "token"},
		"token outside of its acts":   {"version.yank", Asker{ID: "a", Roles: ada.Roles, Token: true, Acts: []string{"version.hold"}}, bound, "token"},
		"wide by token, and approved": {"version.yank", robot, with(bound, func(f *Facts) { f.Wide, f.SecondPerson = "Many.", true }), "token"},
		"not on call":                 {"plan.break-glass", ada, bound, "on-call"},
		"nobody knows who is":         {"plan.break-glass", ada, with(bound, func(f *Facts) { f.AnyTime = true }), ""},
		"old list, change":            {"version.yank", ada, with(bound, func(f *Facts) { f.Stale = "Too old." }), "stale-list"},
		"old list, look":              {"look", ada, with(bound, func(f *Facts) { f.Stale = "Too old." }), ""},
		"two rules":                   {"crate.delete", ada, bound, "role second-person"},
	} {
		rule, _ := Of(c.act)
		d := Decide(rule, c.who, c.facts)
		got := ""
		if d != nil {
			got = strings.Join(d.Rules(), " ")
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// A refusal says what would satisfy the rule, in whole sentences, and is an
// error of the kind Refused for every surface.
func TestDenialsAreSentences(t *testing.T) {
	for _, r := range Table() {
		if r.Act == Public {
			continue
		}
		d := Decide(r, Asker{Token: true}, Facts{Wide: "Wide.", Recused: "Recused.", Over: "Over.", Stale: "Stale."})
		if d == nil {
			t.Fatalf("nobody may do %s", r.Act)
		}
		for _, n := range d.Denials {
			if !strings.HasSuffix(n.Why, ".") || n.Remedy != "" && !strings.HasSuffix(n.Remedy, ".") || n.Rule == "" {
				t.Errorf("%s: %+v", r.Act, n)
			}
		}
		if cratewarden.KindOf(d) != cratewarden.Refused || cratewarden.MessageOf(d) != d.Error() {
			t.Errorf("%s: %v", r.Act, d)
		}
		if out, ok := errors.AsType[*Denied](error(d)); !ok || out.Act != r.Act {
			t.Errorf("%s: not found in the chain", r.Act)
		}
	}
}

func someAsker(t *rapid.T) Asker {
	var roles []cratewarden.Role
	for _, r := range everyRole() {
		if rapid.Bool().Draw(t, string(r)) {
			roles = append(roles, r)
		}
	}
	return Asker{ID: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "id"), Roles: roles, OnCall: rapid.Bool().Draw(t, "on call"), Token: rapid.Bool().Draw(t, "token")}
}

func someFacts(t *rapid.T) Facts {
	why := rapid.SampledFrom([]string{"", "Because."})
	return Facts{
		StepUp: rapid.SampledFrom([]StepUp{NoStepUp, Recent, Bound}).Draw(t, "step-up"), SecondPerson: rapid.Bool().Draw(t, "second"),
		Wide: why.Draw(t, "wide"), Recused: why.Draw(t, "recused"), Over: why.Draw(t, "over"), Stale: why.Draw(t, "stale"),
		Incident: rapid.SampledFrom([]string{"", "none", "i-1"}).Draw(t, "incident"), Note: rapid.Bool().Draw(t, "note"),
		AnyIncident: rapid.Bool().Draw(t, "any incident"), AnyTime: rapid.Bool().Draw(t, "any time"),
	}
}

func TestDecideProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := rapid.SampledFrom(Table()).Draw(t, "rule")
		who, facts := someAsker(t), someFacts(t)
		got := Decide(rule, who, facts)
		if rule.Act == Public {
			return
		}
		more := who
		more.Roles = append(slices.Clone(who.Roles), rapid.SampledFrom(everyRole()).Draw(t, "one more"))
		if got == nil && Decide(rule, more, facts) != nil {
			t.Fatal("a role more took a right away")
		}
		person := who
		person.Token = false
		if got == nil && who.Token && Decide(rule, person, Facts{StepUp: Bound, SecondPerson: facts.SecondPerson, Wide: facts.Wide, Recused: facts.Recused, Over: facts.Over, Stale: facts.Stale, Incident: facts.Incident, Note: facts.Note, AnyIncident: facts.AnyIncident, AnyTime: facts.AnyTime}) != nil {
			t.Fatal("an API token may more than its person")
		}
		if got == nil && who.Token && (rule.SecondPerson || rule.Act == "plan.approve" || rule.Act == "plan.break-glass" || !rule.Token) {
			t.Fatal("an API token was let through")
		}
		if got == nil && who.ID == "" {
			t.Fatal("nobody was let through")
		}
		if rule.StepUp == Bound && !who.Token && Decide(rule, who, Facts{}) == nil {
			t.Fatal("without facts, an act that takes a bound confirmation was let through")
		}
		if got == nil && !facts.SecondPerson && (rule.SecondPerson || facts.Wide != "" || facts.Over != "" || rule.Recusal && facts.Recused != "") {
			t.Fatal("one person alone was let through")
		}
		if got == nil && Decide(rule.AtDoor(), who, facts) != nil {
			t.Fatal("the door is narrower than the room")
		}
	})
}

func TestPolicy(t *testing.T) {
	if w := (Policy{}).Wide(Size{Crates: 19, Versions: 99, Accounts: 9, Downloads: 9_999_999}); w != "" {
		t.Error(w)
	}
	for _, s := range []Size{{Crates: 20}, {Versions: 100}, {Accounts: 10}, {Downloads: 10_000_000}} {
		if w := (Policy{}).Wide(s); w == "" {
			t.Errorf("%+v is not wide", s)
		}
	}
	if w := (Policy{Crates: -1}).Wide(Size{Crates: 20}); w != "This is about 20 crates, and 20 or more are wide." {
		t.Error(w)
	}
	if o := (Policy{}).Over(299, 1); o != "" {
		t.Error(o)
	}
	if o := (Policy{Budget: 1500}).Over(1_400, 101); o != "This weighs 101; 1,400 of the 1,500 that one person may apply alone in an hour are used." {
		t.Error(o)
	}
}

func TestJoinSaysEachSentenceOnce(t *testing.T) {
	rule, _ := Of("version.yank")
	d := Decide(rule, Asker{ID: "x"}, Facts{StepUp: Bound, AnyIncident: true})
	if j := Join("plan.apply", d, nil, d); j == nil || len(j.Denials) != 1 || j.Act != "plan.apply" || !j.Only(RuleRole) {
		t.Errorf("%+v", j)
	}
	if Join("plan.apply", nil, nil) != nil {
		t.Error("nothing joined is a denial")
	}
}
