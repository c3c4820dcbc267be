package incident

import "context"

// fallBack holds a case against the record. An open one goes back to the last
// state that is still shown, or that a person vouched for, when a later one is not
// any more: a plan was undone, a hold let go, a lock ended, a deleted number came
// again, one more bad thing was found, or an unfinished case was merged into it. A
// closed one does not go back; what is said against it is written into its row.
// Both lock the public texts.
func (w *writing) fallBack(ctx context.Context, needs map[State]need) (bool, error) {
	said, err := w.answered(ctx)
	if err != nil {
		return false, err
	}
	if !w.inc.State.Open() {
		w.doubtOf(needs[Removed], said)
		return false, nil
	}
	w.doubt("")
	if w.inc.State.Rank() <= Triaged.Rank() {
		return false, nil
	}
	to := Triaged
	for _, s := range between(Triaged, w.inc.State) {
		n := needs[s]
		switch {
		case !n.ok() && !said.of(s, n):
			w.goBack(to, n)
			return true, nil
		case n.met || !n.ok():
			to = s
		}
	}
	return false, nil
}

// goBack records that the record does not show any more where the case stood. If
// the public texts were unlocked early, that was decided of another case.
func (w *writing) goBack(to State, n need) {
	from := w.inc.State
	w.setState(to, record{Kind: StateEvent, Details: map[string]string{"from": string(from), "to": string(to), "auto": "true", "back": "true", "why": n.why}})
	if from.Rank() >= Removed.Rank() && to.Rank() < Removed.Rank() {
		w.lockAgain(n.why)
	}
}

// lockAgain ends an early unlocking.
func (w *writing) lockAgain(why string) {
	if w.inc.EarlyReason == "" {
		return
	}
	w.inc.EarlyReason = ""
	w.record(record{Kind: OverrideEvent, Details: map[string]string{"state": string(w.inc.State), "ended": "true", "why": why}})
}

func (w *writing) doubtOf(n need, said vouched) {
	if w.inc.State == Merged || n.ok() || said.of(Removed, n) {
		w.doubt("")
		return
	}
	w.doubt(n.why)
}

func (w *writing) doubt(why string) {
	if w.inc.Doubt == why {
		return
	}
	w.inc.Doubt = why
	w.record(record{Kind: DoubtEvent, Details: map[string]string{"now": why}})
}
