package web

import (
	"net/http"
	"slices"
	"strings"

	"cratewarden"
	"cratewarden/access"
)

// rulesPage is the table of who may do what, and why not its visitor.
type rulesPage struct {
	Page
	Head   Head
	Roles  []Badge
	Groups []rulesGroup
	Words  Card
}

type rulesGroup struct {
	ID, Title string
	Rows      []ruleRow
}

// ruleRow is one act: who may, on which conditions, and what stands in the way of
// whoever looks.
type ruleRow struct {
	Act, Title string
	Roles      []Badge
	Anybody    bool
	Also       []string
	You        Badge
	Why        string
}

func (s *Server) rules(w http.ResponseWriter, r *http.Request) error {
	p := rulesPage{Page: s.page(r, "Rules"), Head: Head{Title: "Who may do what", Lead: Text("One table, which the server asks at the last moment for every page, form and program. What is not in it, nobody may do.")}}
	p.Groups = s.ruleGroups(r)
	p.Words = ruleWords()
	return s.render(w, "rules", http.StatusOK, p)
}

func (s *Server) ruleGroups(r *http.Request) (out []rulesGroup) {
	titles := map[string]string{"version": "Versions", "crate": "Crates", "owner": "Owners", "account": "Accounts", "token": "Tokens and publishers", "publisher": "Tokens and publishers", "name": "Names", "job": "Jobs", "plan": "Plans",
		"look": "Looking", "personal": "Private data and evidence", "evidence": "Private data and evidence", "notice": "Notices", "metrics": "Looking", "own": "One's own rights", "person": "People"}
	for _, rule := range access.Table() {
		if rule.Act == access.Public {
			continue
		}
		kind, _, _ := strings.Cut(rule.Act, ".")
		title := titles[kind]
		if title == "" {
			title = "Other acts"
		}
		at := slices.IndexFunc(out, func(g rulesGroup) bool { return g.Title == title })
		if at < 0 {
			at = len(out)
			out = append(out, rulesGroup{ID: kind, Title: title})
		}
		out[at].Rows = append(out[at].Rows, s.ruleRow(r, rule))
	}
	return out
}

func (s *Server) ruleRow(r *http.Request, rule access.Rule) ruleRow {
	row := ruleRow{Act: rule.Act, Title: rule.Title, Anybody: len(rule.Roles) == 0 || len(rule.Roles) == len(allRoles()), Also: conditions(rule), You: Badge{Tone: Good, Text: "yes"}}
	for _, role := range rule.Roles {
		row.Roles = append(row.Roles, roleBadge(role))
	}
	var denied *access.Denied
	if s.cfg.Auth != nil {
		denied = s.cfg.Auth.Would(s.visitor(r), rule.Act)
	} else {
		denied = localDenied(rule.Act)
	}
	switch {
	case denied == nil:
	case denied.Only(access.RuleStepUp):
		row.You, row.Why = Badge{Tone: Info, Text: "with a passkey"}, ""
	default:
		row.You = Badge{Text: "no"}
		for _, n := range denied.Denials {
			if n.Rule != access.RuleStepUp {
				row.Why = strings.TrimSpace(row.Why + " " + visible(n.Why))
			}
		}
	}
	return row
}

func allRoles() []cratewarden.Role {
	return []cratewarden.Role{cratewarden.Viewer, cratewarden.Responder, cratewarden.Remover, cratewarden.Policy, cratewarden.Editor, cratewarden.Platform, cratewarden.Auditor}
}

// conditions are what an act takes beside a role.
func conditions(rule access.Rule) (out []string) {
	add := func(is bool, words string) {
		if is {
			out = append(out, words)
		}
	}
	add(rule.StepUp == access.Recent, "passkey")
	add(rule.StepUp == access.Bound, "passkey for this very plan")
	add(rule.SecondPerson, "second person")
	add(rule.Recusal, "no part in it")
	add(rule.Incident, "incident")
	add(rule.OnCall, "on call")
	add(rule.Weight > 0, "weight "+digits(rule.Weight))
	add(rule.Token, "API token may")
	return out
}

// ruleWords says what the conditions mean.
func ruleWords() Card {
	return Card{ID: "words", Title: "What the conditions mean", List: []Fact{
		{Label: "passkey", Value: Text("an assertion in this session within the last minutes")},
		{Label: "passkey for this very plan", Value: Text("an assertion made for the digest of the review that was shown, and good for nothing else")},
		{Label: "second person", Value: Text("somebody else agrees first; wide plans take one whatever their acts, and so does who is over the budget or has a part in it")},
		{Label: "no part in it", Value: Text("who owns, owned or is invited to the subject may not do it alone")},
		{Label: "incident", Value: Text("the case is named, or “none” with an internal note")},
		{Label: "on call", Value: Text("people on call only, where the list of people says who is")},
		{Label: "weight", Value: Text("what one such act counts against its operator's budget of an hour")},
	}}
}
