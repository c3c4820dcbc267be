package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"cratewarden/incident"
	"cratewarden/ledger"
)

// caseParts are the parts of a case's page that change by themselves.
type caseParts struct {
	state    caseState
	subjects caseSubjects
	notes    caseNotes
	tasks    caseTasks
}

// casePart is one of them with the name that the page and the script know.
type casePart struct {
	name, template string
	data           any
}

func (p *caseParts) list() []casePart {
	return []casePart{{"state", "casestate", p.state}, {"subjects", "casesubjects", p.subjects}, {"notes", "casenotes", p.notes}, {"tasks", "casetasks", p.tasks}}
}

// marks differ, part by part, when anything in it does but the words for how
// long ago. A visitor says with them what they have.
func (p *caseParts) marks() string {
	var out []string
	for _, x := range p.list() {
		out = append(out, markOf(x.data))
	}
	return strings.Join(out, ".")
}

func markOf(data any) string {
	text, err := json.Marshal(data)
	if err != nil {
		return "?"
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:6])
}

func (s *Server) caseParts(r *http.Request, seen *caseSeen) *caseParts {
	refused := s.refusal(r, "incident.note")
	p := &caseParts{state: s.stateOf(r, seen), tasks: s.tasksOf(r, seen, refused), subjects: subjectsOf(seen, refused), notes: notesOf(seen)}
	p.state.Follows = !caseOver(seen.x.State)
	return p
}

// tasksOf is the checklist. What is to follow after closing stands on its own
// page.
func (s *Server) tasksOf(r *http.Request, seen *caseSeen, refused string) caseTasks {
	out := caseTasks{Title: "Checklist", Refused: refused}
	if seen.x.Kind != "" {
		out.Title = "Checklist: " + kindWords(seen.x.Kind)
	}
	me, done, all := s.who(r).ID, 0, 0
	for _, t := range seen.tasks {
		if t.After {
			continue
		}
		all++
		if t.State != incident.TaskOpen {
			done++
		}
		out.Rows = append(out.Rows, s.taskRow(&seen.x, &t, me))
	}
	out.Note = Num(done) + " of " + Num(all)
	nextTasks(out.Rows)
	return out
}

// tasksShown is how many tasks stand whole on the page: those whose turn it is.
const tasksShown = 3

// nextTasks opens the first tasks that nobody did, and those that the visitor
// holds. A checklist of 25 with every help and button hides what comes next.
func nextTasks(rows []caseTask) {
	shown := 0
	for i := range rows {
		row := &rows[i]
		if row.Next = row.Open && (row.Mine || shown < tasksShown); row.Next && !row.Mine {
			shown++
		}
	}
}

func (s *Server) taskRow(x *incident.Incident, t *incident.Task, me string) caseTask {
	row := caseTask{Item: t.Item, Title: visible(t.Title), State: string(t.State), URL: incidentURL(x.ID, "tasks", t.Item), Word: "to do", Open: t.State == incident.TaskOpen && !caseOver(x.State), From: t.Holder.ID, Mine: t.Holder.ID != "" && t.Holder.ID == me}
	switch t.State {
	case incident.TaskDone:
		row.Word, row.About = "done", Text("done")
		if t.By != "" {
			row.About = row.About.Say(" by " + visible(t.By))
		}
		if t.At != nil {
			row.About = row.About.Say(" ").Ago(*t.At)
		}
		if t.Why != "" {
			row.About = row.About.Say(" · " + shorten(t.Why, 200))
		}
	case incident.TaskSkipped:
		row.Word, row.About = "skipped", Text("skipped by "+firstOf(t.By, "the console")+": "+shorten(t.Why, 200))
	default:
		if t.Holder.ID != "" {
			row.Word, row.State = "under way", "held"
			row.About = Text("held by ").Strong(firstOf(t.Holder.Name, t.Holder.ID))
		} else if t.Help != "" {
			row.About = Text(t.Help)
		}
		if t.Due != nil {
			row.About = row.About.Say(" · due ").Ago(*t.Due)
		}
		row.Do = s.taskLink(x, t)
	}
	if t.Ledger != nil {
		row.About = append(row.About.Say(" · ledger "), entryLink(*t.Ledger)...)
	}
	return row
}

// taskLink leads to where a task is done: an act of the catalogue, a page of the
// console, or a part of the case.
func (s *Server) taskLink(x *incident.Incident, t *incident.Task) Link {
	switch a := t.Action; {
	case a == "":
		return Link{}
	case strings.HasPrefix(a, "#"):
		return Link{"Go there", incidentURL(x.ID) + a}
	case strings.HasPrefix(a, "/"):
		url := strings.ReplaceAll(a, "{id}", x.ID)
		if !local(url) {
			return Link{}
		}
		return Link{"Go there", url}
	default:
		k, ok := s.planned.catalogue.Kind(a)
		if !ok || s.cfg.Plans == nil {
			return Link{}
		}
		if s.has("GET /incidents/{id}/proposal") && (x.Verdict == incident.Malicious || x.Verdict == incident.Compromised) {
			return Link{"Proposed plan", incidentURL(x.ID, "proposal")}
		}
		return Link{k.Title + "…", address("/plans/new", "do", k.Name, "incident", x.ID)}
	}
}

func subjectsOf(seen *caseSeen, refused string) caseSubjects {
	x := &seen.x
	out := caseSubjects{Gap: seen.blind, Action: incidentURL(x.ID, "subjects"), Refused: refused}
	if caseOver(x.State) {
		out.Refused = "over"
	}
	counts := map[string]int{}
	for i := range x.Subjects {
		y := &x.Subjects[i]
		counts[y.Kind]++
		row := caseSubject{What: caseSubjectPhrase(y), Role: Phrase{}.Muted("–"), Key: y.Kind + ":" + y.ID, Plain: visible(y.Kind + " " + firstOf(y.Label, y.Name, y.ID))}
		if y.Role != "" {
			row.Role = Phrase{}.Badge(roleTone(y.Role), y.Role)
		}
		row.State = standPhrase(seen.stands[y.Kind+":"+y.ID], x.Verdict == incident.Benign)
		first, more := firstSentence(y.Why)
		row.Why, row.More = Text(first), visible(more)
		if y.Why != "" {
			row.Why = row.Why.Say(" ")
		}
		row.Why = row.Why.Muted(firstOf(y.By.Name, "the console") + ", ").Ago(y.At)
		out.Rows = append(out.Rows, row)
	}
	var words []string
	for _, kind := range []string{"crate", "version", "account"} {
		if n := counts[kind]; n > 0 {
			words = append(words, Plural(n, kind))
		}
		delete(counts, kind)
	}
	rest := 0
	for _, n := range counts {
		rest += n
	}
	if rest > 0 {
		words = append(words, Num(rest)+" more")
	}
	out.Note = strings.Join(words, " · ")
	return out
}

// standPhrase says how a subject stands, since when, and who says so: the record
// of plans, or the registry as the console's copy has it.
func standPhrase(st incident.Standing, harmless bool) Phrase {
	if st.Word == "" {
		return Phrase{}.Muted("–")
	}
	tone := Plain
	switch {
	case st.Bad && !harmless:
		tone = Bad
	case st.Back:
		tone = Info
	case st.Gone:
		tone = Good
	case st.Plan != "":
		tone = Hold
	}
	out := Phrase{}.Badge(tone, st.Word)
	if !st.Until.IsZero() {
		out = out.Muted(" ends ").Ago(st.Until)
	}
	switch {
	case st.Plan != "":
		out = out.Say(" ").Link("plan", planURL(st.Plan)).Say(" ")
	case st.From == "registry" && st.At.IsZero():
		return out.Muted(" says the registry")
	}
	if !st.At.IsZero() {
		out = out.Say(" ").Ago(st.At)
	}
	return out
}

// firstSentence parts a text of reasons after its first sentence, so that a list
// of many can be read; a short text stays whole.
func firstSentence(text string) (first, more string) {
	const short = 110
	if len([]rune(text)) <= short {
		return text, ""
	}
	first, more, _ = strings.Cut(text, ". ")
	if more == "" {
		return text, ""
	}
	return first + ".", more
}

func roleTone(role string) Tone {
	switch role {
	case "payload", "carrier", "attacker":
		return Bad
	case "compromised":
		return Warn
	case "victim", "imitated":
		return Info
	case "restore":
		return Good
	}
	return Plain
}

// caseSubjectPhrase is a subject by the name that people know it by.
func caseSubjectPhrase(y *incident.Subject) Phrase {
	x := y.Subject
	if y.Label != "" {
		x.Name = y.Label
	}
	switch x.Kind {
	case "plan":
		return Phrase{}.Muted("plan ").Link(firstOf(x.Name, x.ID), planURL(x.ID))
	case "incident":
		return Phrase{}.Muted("incident ").Link(firstOf(x.Name, x.ID), incidentURL(x.ID))
	case "link":
		return Phrase{}.Muted("link ").External(x.ID)
	case "version":
		if crate, num, ok := strings.Cut(x.ID, "@"); ok {
			return Phrase{}.Link(crate+" "+num, versionURL(crate, num))
		}
	}
	return subjectPhrase(x)
}

// notesOf are the notes of people, newest first, and what was attached.
func notesOf(seen *caseSeen) caseNotes {
	var out caseNotes
	for _, e := range slices.Backward(seen.events) {
		body := e.Body
		if !slices.Contains(noteKinds(), e.Kind) || body == "" && e.Kind != incident.NoteEvent {
			continue // the timeline has it
		}
		if len(out.Rows) == caseEventsMost {
			out.Left = "The timeline has the older ones."
			break
		}
		row := caseNote{By: firstOf(e.By.Name, "the console"), At: Phrase{}.UTC(e.At).Say(" ").Ago(e.At), Body: visibleLines(body)}
		if e.Kind != incident.NoteEvent {
			row.Kind = visible(strings.ReplaceAll(e.Kind, "-", " "))
		}
		if body == "" {
			row.Body = "erased"
		}
		if e.Ledger != nil {
			row.Ledger = append(Text("ledger "), entryLink(*e.Ledger)...)
		}
		out.Rows = append(out.Rows, row)
	}
	for _, f := range seen.files {
		out.Files = append(out.Files, caseFile{Name: visible(f.Name), URL: incidentURL(seen.x.ID, "files", digits(f.ID)), Size: Bytes(f.Bytes), By: firstOf(f.By.Name, f.By.ID), At: Phrase{}.Ago(f.At), SHA256: Phrase{}.Copy(f.SHA256.String(), Short(f.SHA256.String()))})
	}
	if out.Note = Plural(len(out.Rows), "note"); len(out.Files) > 0 {
		out.Note += " · " + Plural(len(out.Files), "file")
	}
	return out
}

// noteKinds are events in which a person says something.
func noteKinds() []string {
	return []string{incident.NoteEvent, incident.OverrideEvent, incident.StateEvent, incident.LeadEvent, incident.VerdictEvent, incident.MergeEvent, incident.GoneEvent, incident.SplitEvent}
}

// subjectKey reads a kind and an id as a form carries them.
func subjectKey(text string) ledger.Subject {
	kind, id, _ := strings.Cut(text, ":")
	return ledger.Subject{Kind: kind, ID: id}
}
