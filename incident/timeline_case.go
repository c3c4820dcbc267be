package incident

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"cratewarden"
	"cratewarden/ledger"
)

// eventMoments tells what was done in the case itself.
func (s *Service) eventMoments(ctx context.Context, i Incident, _ []planDone) ([]Moment, error) {
	var out []Moment
	after := int64(0)
	for {
		page, err := s.Events(ctx, i.ID, after, 2000)
		if err != nil {
			return nil, err
		}
		for _, e := range page {
			after = e.ID
			if m, ok := e.moment(); ok {
				out = append(out, m)
			}
		}
		if len(page) < 2000 {
			return out, nil
		}
	}
}

// moment tells an event. Ticks that the console made show what is told by the
// plan or the evidence already, so they are left out.
func (e Event) moment() (Moment, bool) {
	m := Moment{
		ID: "event/" + strconv.FormatInt(e.ID, 10), At: e.At, Source: FromPerson, What: "incident." + e.Kind, Who: e.By.Name, WhoID: e.By.ID,
		Subject: ledger.Subject{Kind: "incident", ID: e.Incident}, Link: "/incidents/" + e.Incident, Ledger: e.Ledger, Details: e.Details,
	}
	if byConsole(e.By) {
		m.Source, m.Who, m.WhoID = FromConsole, theConsole, ""
	}
	if m.Source == FromConsole && e.Kind == TaskEvent {
		return m, false
	}
	if strings.HasPrefix(e.Kind, "draft") || strings.HasPrefix(e.Kind, "notice") {
		m.Source = FromNotice
	}
	m.Sentence = e.sentence(m.Who)
	return m, true
}

// byConsole says that no person did it.
func byConsole(p Person) bool { return p.ID == "" || p.ID == consoleID }

// consoleID is how the ledger calls the console itself.
const consoleID = "cratewarden"

func (e Event) sentence(who string) string {
	d := func(name string) string { return e.Details[name] }
	or := func(text, otherwise string) string {
		if text == "" {
			return otherwise
		}
		return text
	}
	switch e.Kind {
	case OpenedEvent:
		return who + " opened the case" + from(d("source")) + "."
	case StateEvent:
		return fmt.Sprintf("%s moved the case from %s to %s%s.", who, or(d("from"), "nothing"), d("to"), because(or(e.Body, backBecause(e))))
	case VerdictEvent:
		return fmt.Sprintf("%s gave the verdict: %s%s.", who, or(d("now"), "undecided"), because(e.Body))
	case LeadEvent:
		return fmt.Sprintf("%s made %s lead%s.", who, or(or(d("now_name"), d("now")), "nobody"), because(e.Body))
	case TitleEvent, KindEvent, SeverityEvent, TLPEvent, CampaignEvent, ReportedEvent:
		return fmt.Sprintf("%s set the %s to %s%s.", who, fieldWord(e.Kind), or(d("now"), "nothing"), because(e.Body))
	case AddedEvent, RemovedEvent:
		verb := map[string]string{AddedEvent: "linked", RemovedEvent: "unlinked"}[e.Kind]
		return fmt.Sprintf("%s %s %s.", who, verb, or(subjectWords(d("subjects")), "something"))
	case RoleEvent:
		return fmt.Sprintf("%s said that %s %s is %s.", who, d("kind"), d("id"), or(d("now"), "without a role"))
	case NoteEvent:
		return or(e.Body, "A note, which was erased.")
	case TextEvent:
		return fmt.Sprintf("%s wrote the %s of the fact sheet.", who, d("field"))
	case FileEvent:
		return fmt.Sprintf("%s attached %s.", who, or(or(e.Body, d("file")), "a file"))
	case TaskEvent:
		if d("do") == "added" {
			return fmt.Sprintf("%s added the task %s.", who, quoted(or(e.Body, "erased")))
		}
		return fmt.Sprintf("%s: the task %s is %s.", who, quoted(or(d("title"), d("item"))), or(d("do"), "changed")+because(e.Body))
	case FigureEvent:
		how := "provisionally"
		if d("confirmed") == "true" {
			how = "from the record"
		}
		return fmt.Sprintf("%s counted %s %s of %s %s.", who, how, d("value"), d("what"), strings.TrimSpace(d("crate")+" "+d("version"))+because(d("method")))
	case ExportEvent:
		return fmt.Sprintf("%s took the case out of the console, with %s.", who, cratewarden.Amount(number(d("bundles")), "evidence bundle", "evidence bundles"))
	case MergeEvent:
		return fmt.Sprintf("%s merged %s into this case%s.", who, d("from"), because(e.Body))
	case GoneEvent:
		return fmt.Sprintf("%s merged this case into %s%s.", who, d("into"), because(e.Body))
	case SplitEvent:
		return fmt.Sprintf("%s split %s off this case%s.", who, d("into"), because(e.Body))
	case DoubtEvent:
		if d("now") == "" {
			return "The record says nothing any more against this case's being over."
		}
		return "The record speaks against this closed case, so its public texts are locked" + because(d("now")) + "."
	case OverrideEvent:
		if d("ended") == "true" {
			return "The early unlocking of public texts ended" + because(d("why")) + "."
		}
		return fmt.Sprintf("%s unlocked public texts before the removal%s.", who, because(e.Body))
	case ErasedEvent:
		return fmt.Sprintf("%s erased a %s.", who, or(d("what"), "text"))
	}
	return who + ": " + e.plain()
}

// plain is for kinds that have no sentence here, such as those of drafts: the
// kind, and which form of which crate it was.
func (e Event) plain() string {
	text := strings.NewReplacer(".", " ", "-", " ").Replace(e.Kind)
	for _, name := range []string{"format", "crate", "to", "recipient", "where", "via"} {
		if v := e.Details[name]; v != "" {
			text += ", " + v
		}
	}
	return text + because(e.Body) + "."
}

// backBecause is why the console took a case back; what takes one forward is told
// by its plan already.
func backBecause(e Event) string {
	if e.Details["back"] != "true" {
		return ""
	}
	return e.Details["why"]
}

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

func from(source string) string {
	if source == "" {
		return ""
	}
	return ", from: " + source
}

func because(reason string) string {
	reason = strings.TrimRight(strings.TrimSpace(reason), ".")
	if reason == "" {
		return ""
	}
	return ": " + reason
}

func fieldWord(kind string) string {
	switch kind {
	case TLPEvent:
		return "TLP label"
	case ReportedEvent:
		return "time of the first report"
	}
	return kind
}

// subjectWords lists the subjects of an event.
func subjectWords(text string) string {
	var list []struct{ Kind, ID, Role string }
	if json.Unmarshal([]byte(text), &list) != nil {
		return ""
	}
	var names []string
	for _, sub := range list {
		name := sub.Kind + " " + sub.ID
		if sub.Role != "" {
			name += " (" + sub.Role + ")"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}
