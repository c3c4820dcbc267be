package incident

import "slices"

// needRestored is for a false alarm: what was contained must be let go. What was
// deleted cannot be; a person says what became of it.
func needRestored(f facts) need {
	var still, plans, lacks []string
	var last proof
	deleted := false
	d := dealtOf(f.acts)
	for n, a := range f.acts {
		if !contains(a.kind) {
			continue
		}
		for _, s := range a.subjects {
			p, back := takenBack(f.acts, n, d.with(s))
			if back {
				if p.at.After(last.at) {
					last = p
				}
				continue
			}
			still, lacks = append(still, nameOf(Subject{Subject: s})), append(lacks, keyOf(s.Kind, s.ID))
			deleted = deleted || deletes(a.kind)
			if !slices.Contains(plans, a.plan) {
				plans = append(plans, a.plan)
			}
		}
	}
	for _, a := range f.undone { // its proof is that of the undo
		if contains(a.kind) && a.at.After(last.at) {
			last = a.proof
		}
	}
	slices.Sort(still)
	still = slices.Compact(still)
	switch {
	case deleted:
		return need{why: "It is benign, and a plan of this case deleted or still contains: " + some(still) + ". What is deleted does not come back; take the rest back by undoing " + planWords(plans) + ", and say what becomes of what is gone.", lacks: lacks}
	case len(still) > 0:
		return need{why: "It is benign, and " + planWords(plans) + " still contains: " + some(still) + ". Undo it, or release them.", lacks: lacks}
	case last.plan != "":
		return need{met: true, why: "Everything that was contained is free again.", proof: last}
	}
	return need{needless: true, why: "Nothing to do: the verdict is benign, and nothing is contained."}
}

func planWords(ids []string) string {
	if len(ids) == 1 {
		return "plan " + ids[0]
	}
	return "the plans " + some(ids)
}

// takenBack says what ended what an act did to one of its subjects; about are all
// acts that deal with that. Each act has its own opposite: who unyanks a held version
// has not put its files back.
func takenBack(acts []actFact, act int, about []int) (proof, bool) {
	a := acts[act]
	for _, n := range about {
		b := acts[n]
		switch {
		case n <= act, b.kind == lockEnded && !a.until.Equal(b.at):
		case slices.Contains(opposites(a.kind), b.kind):
			if b.kind == lockEnded { // the time did it, not the plan that set it
				b.plan, b.ledger = a.plan, nil
			}
			return b.proof, true
		}
	}
	return proof{}, false
}

// opposites are the acts that take one back. What has none is undone.
func opposites(kind string) []string {
	switch kind {
	case "version.hold", "crate.hold":
		return []string{"version.release", "crate.release"}
	case "account.contain", "account.lock":
		return []string{"account.release", "account.unlock", lockEnded}
	case "version.yank":
		return []string{"version.unyank"}
	case "name.reserve":
		return []string{"name.unreserve"}
	}
	return nil
}
