package action

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/ledger"
	"cratewarden/notify"
)

// writer is somebody who wrote at a plan's text, with what the rules must know
// of them later.
type writer struct {
	Actor
	Teams []int64 `json:"teams,omitempty"`
}

func writerOf(who Actor) writer { return writer{who, who.Teams} }

func (w writer) actor() Actor {
	a := w.Actor
	a.Teams = w.Teams
	return a
}

// editors are the writers after the author, each once.
func (p Plan) editors() (out []Actor) {
	for _, w := range p.writers {
		if w.ID != p.Author.ID && !slices.ContainsFunc(out, func(a Actor) bool { return a.ID == w.ID }) {
			out = append(out, w.Actor)
		}
	}
	return out
}

// wrote says whether somebody wrote at the plan: by who they are here, and by
// their registry account, whatever name or session they come with.
func (p Plan) wrote(who Actor) bool {
	return who.same(p.Author) || slices.ContainsFunc(p.writers, func(w writer) bool { return who.same(w.Actor) })
}

func (a Actor) same(b Actor) bool {
	return a.ID == b.ID || a.RegistryUser != 0 && a.RegistryUser == b.RegistryUser
}

// mostWriters and mostFallen keep what a plan remembers within bounds; of
// writers the author stays. Whoever is forgotten wrote at it before the last
// hundred changes.
const (
	mostWriters = 100
	mostFallen  = 20
	mostChanges = 50
)

// withWriter adds one, each person once.
func (p Plan) withWriter(who Actor) []writer {
	list := slices.Clone(p.writers)
	list = slices.DeleteFunc(list, func(w writer) bool { return w.ID == who.ID && w.ID != p.Author.ID })
	if who.ID != p.Author.ID {
		list = append(list, writerOf(who))
	}
	if len(list) > mostWriters {
		list = slices.Delete(list, 1, 2)
	}
	return list
}

// Fallen is an approval of something that the plan no longer is.
type Fallen struct {
	Approval
	FellAt  time.Time    `json:"fell_at"`
	By      Actor        `json:"by"`  // whose change or review made it fall
	Why     string       `json:"why"` // a sentence
	Changes []Difference `json:"changes,omitempty"`
	// Review is the review that was agreed to, until the next one is compared
	// with it.
	Review *ledger.Digest `json:"review,omitempty"`
}

// fell moves the plan's approvals to those that fell.
func (p Plan) fell(by Actor, at time.Time, why string, changes []Difference, review *ledger.Digest) []Fallen {
	list := slices.Clone(p.Fallen)
	for _, a := range p.Approvals {
		list = append(list, Fallen{Approval: a, FellAt: at, By: by, Why: why, Changes: few(changes), Review: review})
	}
	return append([]Fallen{}, list[max(0, len(list)-mostFallen):]...)
}

func few(list []Difference) []Difference {
	if len(list) <= mostChanges {
		return list
	}
	return append(slices.Clone(list[:mostChanges]), Difference{0, fmt.Sprintf("%d more things are different.", len(list)-mostChanges)})
}

// textChanges says how an order differs from a plan's text.
func textChanges(p Plan, o Order) (out []Difference) {
	for _, c := range []struct{ what, was, is string }{
		{"The title", p.Title, o.Title}, {"The incident", p.Incident, o.Incident},
		{"The public reason", p.Public, o.Public}, {"The note for colleagues", p.Internal, o.Internal},
	} {
		if c.was != c.is {
			out = append(out, Difference{0, fmt.Sprintf("%s was “%s” and is “%s”.", c.what, cut(c.was, 300), cut(c.is, 300))})
		}
	}
	for i := range max(len(p.Steps), len(o.Steps)) {
		var was, is []byte
		if i < len(p.Steps) {
			was, _ = canonical(json.RawMessage(p.Steps[i]))
		}
		if i < len(o.Steps) {
			is, _ = canonical(json.RawMessage(o.Steps[i]))
		}
		switch {
		case bytes.Equal(was, is):
		case was == nil:
			out = append(out, Difference{i + 1, "The step is new."})
		case is == nil:
			out = append(out, Difference{i + 1, "The step is gone."})
		default:
			out = append(out, Difference{i + 1, "The step was changed."})
		}
	}
	return out
}

// compareFallen tells those whose approvals fell what the new review shows that
// theirs did not.
func compareFallen(ctx context.Context, tx pgx.Tx, list []Fallen, now *Effect) []Fallen {
	known := map[ledger.Digest][]Difference{}
	for i, f := range list {
		if f.Review == nil {
			continue
		}
		changes, done := known[*f.Review]
		if !done {
			var then Effect
			if text, err := documentIn(ctx, tx, *f.Review); err == nil && json.Unmarshal(text, &then) == nil {
				changes = differences(&then, now)
			}
			known[*f.Review] = changes
		}
		list[i].Changes, list[i].Review = few(append(slices.Clone(f.Changes), changes...)), nil
	}
	return list
}

// tellFallen tells people that their approval no longer counts.
func (e *Engine) tellFallen(ctx context.Context, tx pgx.Tx, p Plan, by Actor) error {
	var to []string
	for _, a := range p.Approvals {
		to = append(to, a.Actor.ID)
	}
	if to == nil {
		return nil
	}
	return e.tell(ctx, tx, notify.Notice{
		Kind: "approval.fell", To: to, Plan: p.ID, Path: "/plans/" + p.ID,
		Title: "Your approval of the plan " + p.ID + " fell",
		Text:  by.called() + " changed or reviewed it, and it is no longer what you approved. Its page says what changed.",
	})
}
