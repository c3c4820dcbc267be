package incident

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/notify"
	"cratewarden/pg"
)

// Next says to which states a case can go, and what each step still needs.
func (s *Service) Next(ctx context.Context, i Incident) ([]Step, error) {
	f, err := s.readFacts(ctx, i)
	if err != nil {
		return nil, err
	}
	if err := f.readRows(ctx, s.db, i.number()); err != nil {
		return nil, pg.Map(err)
	}
	return stepsFrom(i, needsOf(i, f)), nil
}

func stepsFrom(i Incident, needs map[State]need) (out []Step) {
	for _, to := range States() {
		step := Step{State: to}
		switch wayTo(i.State, to) {
		case onward:
			open := missing(needs, i.State, to)
			step.Ready, step.Why = len(open) == 0, needs[to].why
			if !step.Ready {
				step.Why = whysOf(open)
			}
		case back, again:
			step.Back, step.Why = true, "It goes back; say why."
		default:
			continue
		}
		out = append(out, step)
	}
	return out
}

func whysOf(list []need) string {
	var out []string
	for _, n := range list {
		out = append(out, n.why)
	}
	return strings.Join(out, " ")
}

// Move takes a case to another state. What the way there needs must be shown by
// verdict, plans, evidence and notices; where it is not, a reason is asked for
// and recorded. Backward always takes a reason. A case that is there already is
// the answer.
func (s *Service) Move(ctx context.Context, who action.Actor, id string, to State, reason string) (Incident, error) {
	return s.move(ctx, who, id, to, reason, false)
}

// Reopen takes a closed or reviewed case up again.
func (s *Service) Reopen(ctx context.Context, who action.Actor, id, reason string) (Incident, error) {
	return s.move(ctx, who, id, Triaged, reason, true)
}

func (s *Service) move(ctx context.Context, who action.Actor, id string, to State, reason string, reopen bool) (Incident, error) {
	if to.Rank() < 0 {
		return Incident{}, cratewarden.Errorf(cratewarden.Invalid, "There is no state %s.", shown(string(to)))
	}
	reason, err := prose("reason", reason, maxReason)
	if err != nil {
		return Incident{}, err
	}
	return s.byFacts(ctx, who, id, func(_ context.Context, w *writing, f facts) error {
		if w.inc.State == to && !reopen {
			return nil
		}
		needs := needsOf(w.inc, f)
		skipped, err := mayMove(w.inc, to, reason, reopen, needs)
		if err != nil {
			return err
		}
		w.moveTo(to, reason, skipped, needs)
		return nil
	})
}

// mayMove says whether a person may take a case to a state, and which needs
// nothing shows.
func mayMove(i Incident, to State, reason string, reopen bool, needs map[State]need) ([]need, error) {
	how := wayTo(i.State, to)
	switch {
	case reopen && how == again, how == onward && !reopen, how == back && !reopen:
	case how == again:
		return nil, cratewarden.Errorf(cratewarden.Conflict, "Incident %s is %s. Reopen it first.", i.ID, i.State)
	case reopen:
		return nil, cratewarden.Errorf(cratewarden.Conflict, "Incident %s is %s, so it need not be reopened.", i.ID, i.State)
	default:
		return nil, cratewarden.Errorf(cratewarden.Conflict, "Incident %s is %s and cannot become %s.", i.ID, i.State, to)
	}
	if how != onward {
		if reason == "" {
			return nil, cratewarden.Errorf(cratewarden.Invalid, "Say why the incident goes back to %s.", to)
		}
		return nil, nil
	}
	open := missing(needs, i.State, to)
	for _, n := range open {
		if n.hard {
			return nil, cratewarden.Errorf(cratewarden.Conflict, "%s Give one first.", n.why)
		}
	}
	if len(open) > 0 && reason == "" {
		return nil, cratewarden.Errorf(cratewarden.Conflict, "Nothing shows yet that the incident is %s. %s Do that first, or say why it is so all the same.", to, whysOf(open))
	}
	return open, nil
}

// moveTo records a change of state that was found to be right. Who says why a case
// is in a state vouches for what nothing shows of it then.
func (w *writing) moveTo(to State, reason string, skipped []need, needs map[State]need) {
	r := record{Kind: StateEvent, Body: reason, Details: map[string]string{"from": string(w.inc.State), "to": string(to)}}
	if len(skipped) > 0 {
		var states []string
		for _, n := range skipped {
			states = append(states, string(n.state))
		}
		r.Details["without"] = strings.Join(states, ", ") // what a person said took place without being shown
	}
	if wayTo(w.inc.State, to) != onward && to != Merged {
		r.Details["back"] = "true"
	}
	if open := missing(needs, Triaged, to); to.Open() && to != Triaged && len(open) > 0 && reason != "" {
		r.Local = map[string]string{"lacks": lacksOf(open)}
	}
	w.setState(to, r)
}

// setState records a state, with who must know. Where a case goes back from removed,
// whoever takes it there, an early unlocking of public texts ends: it was decided of
// what was known then.
func (w *writing) setState(to State, r record) {
	from := w.inc.State
	w.inc.State, w.inc.ClosedAt = to, w.closedAt(to)
	w.record(r)
	if from.Rank() >= Removed.Rank() && to.Rank() < Removed.Rank() {
		w.lockAgain(cmp.Or(r.Details["why"], fmt.Sprintf("The case went back to %s.", to)))
	}
	text := fmt.Sprintf("It was %s.", from)
	if to == Merged {
		text += " It goes on in " + w.inc.MergedInto + "."
	}
	w.notify("state", notify.Notice{Title: fmt.Sprintf("%s is %s", w.name(), to), Text: text, To: w.leadBut()})
}

func (w *writing) closedAt(to State) *time.Time {
	switch {
	case to.Open():
		return nil
	case w.inc.ClosedAt != nil:
		return w.inc.ClosedAt
	}
	return &w.now
}

// name is how notices call the case: nothing a person wrote leaves the house.
func (w *writing) name() string {
	if w.inc.Drill != "" {
		return "Drill " + w.inc.ID
	}
	return "Incident " + w.inc.ID
}

// leadBut is the lead, unless it is who writes.
func (w *writing) leadBut() []string {
	if w.inc.Lead.ID == "" || w.inc.Lead.ID == w.who.ID {
		return nil
	}
	return []string{w.inc.Lead.ID}
}

// notify tells people of the case. Drills never page anybody.
func (w *writing) notify(kind string, n notify.Notice) {
	n.Kind, n.Path = "incident."+kind, "/incidents/"+w.inc.ID
	n.Urgent = n.Urgent && w.inc.Drill == ""
	w.notices = append(w.notices, n)
}
