package web

import (
	"net/http"
	"strings"
	"time"

	"cratewarden/incident"
)

// whenPhrase is an instant that may not be known.
func whenPhrase(t *time.Time) Phrase {
	if t == nil || t.IsZero() {
		return Phrase{}.Muted("not known")
	}
	return Phrase{}.UTC(*t)
}

// stateOf shows where a case stands, who leads, and what can be done next.
func (s *Server) stateOf(r *http.Request, seen *caseSeen) caseState {
	x := &seen.x
	out := caseState{Track: caseTrack(seen), Verdict: caseVerdict(seen), MoveURL: incidentURL(x.ID, "state"), Again: incidentURL(x.ID), Clocks: s.clockStrip(r, x)}
	refused := s.refusal(r, "incident.decide")
	me := s.who(r)
	out.Lead = Text("Lead: ").Strong(firstOf(x.Lead.Name, x.Lead.ID, "nobody"))
	if !caseOver(x.State) {
		if x.Lead.ID != me.ID {
			out.Acts = append(out.Acts, caseAct{Label: "Take over", Action: incidentURL(x.ID, "change"), Hidden: []Link{{"set.lead", me.ID}, {"was.lead", x.Lead.ID}}, Primary: x.Lead.ID == "" && x.Verdict != incident.Undecided, Refused: refused}) // a verdict takes the lead with it
		} else {
			out.Acts = append(out.Acts, caseAct{Label: "Hand over…", URL: incidentURL(x.ID, "change") + "#handover", Refused: refused})
		}
	}
	if len(seen.here) == 0 {
		out.Here = Text("only you")
	}
	for i, p := range seen.here {
		if i > 0 {
			out.Here = out.Here.Say(", ")
		}
		out.Here = append(out.Here, personPhrase(p.Person)...)
		if p.ID == x.Lead.ID {
			out.Here = out.Here.Muted(" (lead)")
		}
	}
	out.Moves = s.caseMoves(seen, refused)
	return out
}

// caseMoves are the steps forward: the nearest as a button, with a reason where
// nothing shows yet that it is done. All others stand on the page of changes.
func (s *Server) caseMoves(seen *caseSeen, refused string) (out []caseMove) {
	if seen.x.Verdict == incident.Undecided {
		return nil // the verdict comes first, and has a form of its own
	}
	for _, step := range seen.steps {
		if step.Back || step.State == incident.Merged || step.State == incident.Triaged {
			continue
		}
		if len(out) > 0 && step.State != incident.Closed {
			continue
		}
		out = append(out, caseMove{Label: moveWords(step.State), State: string(step.State), Reason: !step.Ready, Needed: !step.Ready, Primary: step.Ready && len(out) == 0, Folded: !step.Ready && (step.State != incident.Closed || !goneOn(seen.x.State)), Refused: refused})
	}
	return out
}

// goneOn says that what was bad is gone, so that closing is near.
func goneOn(state incident.State) bool {
	return state == incident.Removed || state == incident.Communicated
}

// moveWords say a step as a button does.
func moveWords(state incident.State) string {
	switch state {
	case incident.Contained:
		return "Move on: contained"
	case incident.Sealed:
		return "Move on: evidence sealed"
	case incident.Removed:
		return "Move on: removed"
	case incident.Communicated:
		return "Move on: communicated"
	case incident.Closed:
		return "Close the case"
	case incident.Reviewed:
		return "Move on: reviewed"
	}
	return firstUp(string(state))
}

// caseTrack are the stations of a case's life with when each was reached.
func caseTrack(seen *caseSeen) (out []trackStop) {
	x := &seen.x
	reached := map[incident.State]incident.Event{}
	for _, e := range seen.events {
		if to := incident.State(e.Details["to"]); e.Kind == "state" && to != "" {
			reached[to] = e
		}
	}
	at := -1
	for i, state := range caseStates() {
		if state == x.State {
			at = i
		}
	}
	for i, state := range caseStates() {
		stop := trackStop{Label: stateWord(state), Text: Phrase{}.Muted("–")}
		e, ok := reached[state]
		switch {
		case state == incident.Reported:
			stop.Text = Phrase{}.Ago(x.OpenedAt)
		case ok && i <= at:
			stop.Text = Phrase{}.Ago(e.At)
		}
		switch {
		case i < at && !ok && state != incident.Reported:
			stop.Word, stop.Text = "passed over", Phrase{}.Muted("passed over")
		case i < at || i == at && caseOver(x.State):
			stop.Class, stop.Word = "done", "done"
		case i == at:
			stop.Class, stop.Word = "now", "here"
		}
		out = append(out, stop)
	}
	return out
}

// stillContained says what of a false alarm is not given back yet.
func stillContained(seen *caseSeen) string {
	for _, step := range seen.steps {
		if !step.Back && step.State == incident.Removed && !step.Ready {
			return visible(step.Why)
		}
	}
	return ""
}

// saidSo says that a person, and not the record, brought the case where it is.
func saidSo(seen *caseSeen) string {
	for i := len(seen.events) - 1; i >= 0; i-- {
		e := &seen.events[i]
		if e.Kind != incident.StateEvent {
			continue
		}
		if e.Details["without"] == "" || caseOver(seen.x.State) {
			return ""
		}
		return "When it was moved here, nothing showed that it is " + visible(e.Details["without"]) + ": " + firstOf(e.By.Name, "somebody") + " says so."
	}
	return ""
}

// NextOf says what a case needs next, in the words of its page, for the command
// line.
func NextOf(x incident.Incident, steps []incident.Step) string {
	return caseVerdict(&caseSeen{x: x, steps: steps}).Text.Plain()
}

// caseVerdict is the one sentence: where the case stands and what is next.
func caseVerdict(seen *caseSeen) Verdict {
	x := &seen.x
	next := ""
	for _, step := range seen.steps {
		if !step.Back && step.State != incident.Merged {
			next = visible(step.Why)
			if step.Ready {
				next = ""
			}
			break
		}
	}
	say := func(tone Tone, word, text string) Verdict {
		p := Text(text)
		if next != "" {
			p = p.Say(" " + next)
		}
		return Verdict{Tone: tone, Word: word, Text: p}
	}
	if x.Verdict == incident.Benign && x.State != incident.Reported && !caseOver(x.State) {
		next = ""
		if left := stillContained(seen); left != "" {
			return Verdict{Tone: Bad, Word: "false alarm", Text: Text("Nothing is wrong, but what was contained is not free again. " + left)}
		}
		next = saidSo(seen)
		return say(Good, "false alarm", "Nothing is wrong, and nothing is contained. It can be closed.")
	}
	next = strings.TrimSpace(next + " " + saidSo(seen))
	switch x.State {
	case incident.Reported:
		next = ""
		if x.Lead.ID == "" {
			return say(Bad, "reported", "Nobody leads this yet. Take it over, look at what it is about, and say what it is.")
		}
		return say(Warn, "reported", "It was reported and not judged yet. Look at what it is about, and say what it is.")
	case incident.Triaged:
		return say(Bad, "judged: "+string(x.Verdict), "It goes on until it is contained.")
	case incident.Contained:
		return say(Hold, "contained", "It does no more harm.")
	case incident.Sealed:
		return say(Hold, "evidence sealed", "Its evidence is safe; the bad can be removed and the good restored.")
	case incident.Removed:
		return say(Info, "removed, restored", "What was bad is gone and what was good is back. Public notices are unlocked.")
	case incident.Communicated:
		return say(Info, "communicated", "Everybody who must know was told. It can be closed.")
	case incident.Closed:
		return Verdict{Tone: Good, Word: "closed", Text: Text("Nothing more is to be done but to learn from it.")}
	case incident.Reviewed:
		return Verdict{Tone: Good, Word: "reviewed", Text: Text("It is over, and what it taught is written down.")}
	case incident.Merged:
		return Verdict{Word: "merged", Text: Text("It goes on in another case.")}
	}
	return Verdict{Word: visible(strings.ToLower(string(x.State))), Text: Text("This release does not know this state.")}
}
