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

// goBack records that the record does not show any more where the case stood.
func (w *writing) goBack(to State, n need) {
	w.setState(to, record{Kind: StateEvent, Details: map[string]string{"from": string(w.inc.State), "to": string(to), "auto": "true", "back": "true", "why": n.why}})
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

// doubt writes what is said against a closed case. With the first doubt an early
// unlocking ends: whoever gave it did not know of that. One given since stands.
func (w *writing) doubt(why string) {
	was := w.inc.Doubt
	if was == why {
		return
	}
	w.inc.Doubt = why
	w.record(record{Kind: DoubtEvent, Details: map[string]string{"now": why}})
	if was == "" {
		w.lockAgain(why)
	}
}
