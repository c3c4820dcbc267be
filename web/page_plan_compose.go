package web

import (
	"net/http"
	"strconv"
	"strings"

	"cratewarden/action"
)

// showDraft shows the form, or the catalogue when there is nothing to fill in.
func (s *Server) showDraft(w http.ResponseWriter, r *http.Request, status int, d planDraft, notices ...Notice) error {
	who := s.who(r)
	p := planFormPage{Page: s.page(r, "New plan"), Draft: d, Notices: notices, Action: "/plans"}
	p.Words = planWordsForm{Draft: d, Back: "/plans", Refused: s.mayPlan(who), Make: "Make the plan", Cases: s.openCases(r, d.Incident)}
	p.Head = Head{Crumbs: []Link{{"Plans", "/plans"}}, Title: "New plan", Lead: Text("Nothing in the registry changes by making a plan. It is reviewed next.")}
	if d.Plan != "" {
		p.Title = "Edit the plan " + visible(d.Plan)
		p.Head = Head{Crumbs: []Link{{"Plans", "/plans"}, {visible(d.Plan), planURL(d.Plan)}}, Title: "Edit the plan", Lead: Text("Its review and its approvals fall when it changes.")}
		p.Action, p.Words.Back, p.Words.Make = planURL(d.Plan, "edit"), planURL(d.Plan), "Save the plan"
	}
	if kind, ok := s.planned.catalogue.Kind(d.Kind); ok {
		p.Name, p.About, p.Marks, p.Fields = kind.Title, Text(kind.About), kindMarks(kind), fieldsOf(kind, d.Values)
		if why := s.mayDo(who, kind); why != "" && p.Words.Refused == "" {
			p.Notices = append(p.Notices, Notice{Tone: Info, Title: "You may plan this, not apply it", Text: Text(why + " Somebody who has it can review and apply the plan.")})
		}
	}
	p.Groups = s.kindGroups(who, d)
	p.Steps = s.formSteps(d.Steps)
	if len(d.Steps) > formSteps {
		lines := make([]string, len(d.Steps))
		for i, text := range d.Steps {
			lines[i] = string(text)
		}
		p.Long, p.Steps = strings.Join(lines, "\n"), nil
	}
	return s.render(w, "plan_form", status, p)
}

func (s *Server) formSteps(steps []action.StepText) []formStep {
	var out []formStep
	for i, text := range steps {
		step := formStep{N: i + 1, JSON: string(text), Last: i == len(steps)-1}
		read, err := s.planned.catalogue.Decode([]action.StepText{text})
		if err != nil {
			step.What, step.Problem = Phrase{}.Code(shorten(string(text), 120)), sentenceOf(err)
		} else {
			kind, _ := s.planned.catalogue.Kind(read[0].Kind)
			_, step.Alter = valuesOf(kind, text)
			step.What, step.Kind = s.stepPhrase(read[0].Do), kind.Title
		}
		out = append(out, step)
	}
	return out
}

// login names an account where the dossiers can; "" when not.
func (s *Server) login(id int32) string {
	teller, ok := s.cfg.Dossiers.(interface{ Login(id int32) string })
	if !ok {
		return ""
	}
	return teller.Login(id)
}

// loginOf is login of a number as subjects carry it.
func (s *Server) loginOf(id string) string {
	n, err := strconv.ParseInt(id, 10, 32)
	if err != nil {
		return ""
	}
	return s.login(int32(n))
}

// stepPhrase is a step's sentence with links to what it is about.
func (s *Server) stepPhrase(do action.Action) Phrase {
	var threads []thread
	for _, x := range do.Subjects() {
		url := subjectURL(x)
		if url == "" {
			continue
		}
		if crate, num, ok := strings.Cut(x.ID, "@"); ok && x.Kind == "version" {
			threads = append(threads, thread{crate, crateURL(crate)}, thread{num, url})
			continue
		}
		for _, name := range []string{x.Name, x.ID} {
			if name != "" {
				threads = append(threads, thread{name, url})
				break
			}
		}
	}
	if len(threads) > 12 {
		threads = threads[:12]
	}
	return weave(visible(action.Sentence(do, s.login)), threads...)
}

// kindMarks say what an act takes and whether it can be undone.
func kindMarks(k action.Kind) []Badge {
	var out []Badge
	switch {
	case k.Reversible:
		out = append(out, Badge{Tone: Hold, Text: "can be undone"})
	case k.Final != "":
		out = append(out, Badge{Tone: Bad, Text: "cannot be undone", Title: k.Final})
	default:
		out = append(out, Badge{Text: "nothing to undo"})
	}
	if k.SecondPerson {
		out = append(out, Badge{Tone: Warn, Text: "second person"})
	}
	return append(out, Badge{Text: string(k.Role)})
}

// families are the words over the groups of the catalogue.
func families() map[string]string {
	return map[string]string{"version": "Versions", "crate": "Crates", "owner": "Owners", "account": "Accounts", "token": "API tokens", "publisher": "Trusted publishers",
		"name": "Names", "window": "What somebody did since", "job": "Registry jobs", "person": "Private data"}
}

// kindGroups is the catalogue by family. Acts that only the engine plans, such
// as undoing, are not in it.
func (s *Server) kindGroups(who action.Actor, d planDraft) []kindGroup {
	var out []kindGroup
	last := ""
	for _, k := range s.planned.catalogue.Kinds() {
		family, _, _ := strings.Cut(k.Name, ".")
		if family == "plan" {
			continue
		}
		if family != last {
			label := families()[family]
			if label == "" {
				label = family
			}
			out, last = append(out, kindGroup{Label: label}), family
		}
		pairs := []any{"do", k.Name, "title", d.Title, "incident", d.Incident}
		for _, p := range k.Params {
			pairs = append(pairs, p.Name, d.Values[p.Name])
		}
		g := &out[len(out)-1]
		g.Kinds = append(g.Kinds, kindChoice{Name: k.Name, Title: k.Title, About: k.About, URL: address("/plans/new", pairs...), Refused: s.mayDo(who, k), Badges: kindMarks(k), Current: k.Name == d.Kind})
	}
	return out
}
