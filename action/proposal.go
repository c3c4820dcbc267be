package action

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/registry/change"
)

// Proposal is a plan before somebody made it: steps with tick boxes and the
// reason of each, in an order that is safe.
type Proposal struct {
	Title string         `json:"title"`
	Steps []ProposedStep `json:"steps"`
	// Notes say what could not be found, and what to look at by hand.
	Notes []string `json:"notes,omitempty"`
}

// ProposedStep is one step with its tick box.
type ProposedStep struct {
	Do       StepText `json:"do"`
	Sentence string   `json:"sentence"`
	Why      string   `json:"why"`
	Ticked   bool     `json:"ticked"`
}

// Order makes the plan's text of the ticked steps.
func (p Proposal) Order() Order {
	o := Order{Title: p.Title}
	for _, s := range p.Steps {
		if s.Ticked {
			o.Steps = append(o.Steps, s.Do)
		}
	}
	return o
}

// add puts a step at the end.
func (p *Proposal) add(c *Catalogue, kind string, do Action, ticked bool, why string, args ...any) error {
	text, err := c.Encode(kind, do)
	if err != nil {
		return err
	}
	p.Steps = append(p.Steps, ProposedStep{Do: text, Sentence: do.Sentence(), Why: fmt.Sprintf(why, args...), Ticked: ticked})
	return nil
}

func (p *Proposal) note(format string, args ...any) {
	p.Notes = append(p.Notes, fmt.Sprintf(format, args...))
}

// look reads the registry in a transaction that changes nothing.
func (e *Engine) look(ctx context.Context, work func(ctx context.Context, t *change.Tx) error) error {
	inner, t, err := change.Begin(ctx, e.registry, change.Options{LockTimeout: e.cfg.LockTimeout, Hold: max(e.cfg.Hold, 10*time.Second)})
	if err != nil {
		return err
	}
	defer t.Rollback(ctx)
	return work(inner, t)
}

// spanVersions finds what was published or yanked in a span, by the mirror's
// word if there is one, and reads it from the registry.
func (e *Engine) spanVersions(ctx context.Context, t *change.Tx, s change.Span) ([]change.Published, error) {
	ids, known := e.mirrored(s)
	if !known {
		var err error
		if ids, err = t.SpanVersions(ctx, s); err != nil {
			return nil, err
		}
	}
	return t.VersionsNow(ctx, ids)
}

// safeOrder puts the versions that others of them depend on first: what carries
// the payload before what pulls it in.
func safeOrder(ctx context.Context, t *change.Tx, list []change.Published) error {
	ids := make([]int32, len(list))
	for i, v := range list {
		ids[i] = v.ID
	}
	edges, err := t.CrateEdges(ctx, ids)
	if err != nil {
		return err
	}
	depth := map[int32]int{}
	var walk func(crate int32) int
	walk = func(crate int32) int {
		if d, seen := depth[crate]; seen {
			return d
		}
		depth[crate] = 0 // a circle ends here
		deepest := 0
		for _, on := range edges[crate] {
			deepest = max(deepest, walk(on)+1)
		}
		depth[crate] = deepest
		return deepest
	}
	for _, v := range list {
		walk(v.CrateID)
	}
	slices.SortStableFunc(list, func(a, b change.Published) int { return depth[a.CrateID] - depth[b.CrateID] })
	return nil
}

// alreadyHeld gives which versions are held now.
func (e *Engine) alreadyHeld(ctx context.Context, list []change.Published) (map[int32]bool, error) {
	ids := make([]int32, len(list))
	for i, v := range list {
		ids[i] = v.ID
	}
	rows, err := e.console.Query(ctx, `SELECT version_id FROM held WHERE version_id = ANY ($1)`, ids)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[int32]bool{}
	for rows.Next() {
		var id int32
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out[id] = true
	}
	return out, rows.Err()
}

// ContainOrder asks to contain accounts.
type ContainOrder struct {
	Account  int32   `json:"account,omitempty"`
	Accounts []int32 `json:"accounts,omitempty"` // more than one at once
	LockTerms
	Crates string `json:"crates,omitempty"` // as in account.contain
	// HoldSince also holds every version that they published since then.
	HoldSince *time.Time `json:"hold_since,omitempty"`
	// Message is shown to everybody next to the held versions.
	Message string `json:"message,omitempty"`
}

func people(one int32, more []int32) []int32 {
	if one != 0 && !slices.Contains(more, one) {
		more = append([]int32{one}, more...)
	}
	return more
}

// maxAccounts bounds a proposal.
const maxAccounts = 100

// ContainPlan makes the text of the plan that contains accounts: the lock with
// all doors, then a hold of each version published since a time.
func (e *Engine) ContainPlan(ctx context.Context, o ContainOrder) (Order, error) {
	p, err := e.Contain(ctx, o)
	return p.Order(), err
}

// Contain is ContainPlan with the reason of each step and tick boxes.
func (e *Engine) Contain(ctx context.Context, o ContainOrder) (Proposal, error) {
	who := people(o.Account, o.Accounts)
	if len(who) == 0 || len(who) > maxAccounts {
		return Proposal{}, cratewarden.Errorf(cratewarden.Invalid, "Name the accounts to contain, 1 to %d of them.", maxAccounts)
	}
	p := Proposal{}
	err := e.look(ctx, func(ctx context.Context, t *change.Tx) error {
		known, err := t.Accounts(ctx, who)
		if err != nil {
			return err
		}
		var logins []string
		for _, id := range who {
			a, ok := known[id]
			if !ok {
				return cratewarden.Errorf(cratewarden.NotFound, "The registry has no account with the number %d.", id)
			}
			c := Contain{AccountRef: AccountRef{id}, LockTerms: o.LockTerms, Crates: o.Crates}
			if err := c.Check(); err != nil {
				return cratewarden.Wrap(err, cratewarden.KindOf(err), "To contain an account: %s", cratewarden.MessageOf(err))
			}
			logins = append(logins, a.Login)
			if err := p.add(e.catalogue, "account.contain", c, true, "%s loses every way in: session, API tokens, trusted publishing, invitations.", a.Login); err != nil {
				return err
			}
		}
		p.Title = cut("Contain "+strings.Join(logins, ", "), maxTitle)
		if o.HoldSince == nil {
			return nil
		}
		return e.proposeHolds(ctx, t, &p, change.Span{Accounts: who, From: *o.HoldSince, Until: t.Now.Add(time.Minute)}, o.Message)
	})
	return p, err
}

// proposeHolds adds a hold for each version that accounts published.
func (e *Engine) proposeHolds(ctx context.Context, t *change.Tx, p *Proposal, s change.Span, message string) error {
	all, err := e.spanVersions(ctx, t, s)
	if err != nil {
		return err
	}
	list := slices.DeleteFunc(all, func(v change.Published) bool { return !publishedIn(v, s) })
	if err := e.addHolds(ctx, t, p, list, message); err != nil {
		return err
	}
	return noteTrusted(ctx, t, p, s)
}

func publishedIn(v change.Published, s change.Span) bool {
	return slices.Contains(s.Accounts, v.Publisher) && !v.CreatedAt.Before(s.From) && v.CreatedAt.Before(s.Until)
}

func (e *Engine) addHolds(ctx context.Context, t *change.Tx, p *Proposal, list []change.Published, message string) error {
	if err := safeOrder(ctx, t, list); err != nil {
		return err
	}
	held, err := e.alreadyHeld(ctx, list)
	if err != nil {
		return err
	}
	for _, v := range list {
		why := "published " + v.CreatedAt.UTC().Format("2006-01-02 15:04:05 UTC")
		if held[v.ID] {
			why += "; held already"
		}
		if err := p.add(e.catalogue, "version.hold", Hold{VersionRef{v.Crate, v.Num}, message}, !held[v.ID], "%s", why); err != nil {
			return err
		}
	}
	return nil
}

func noteTrusted(ctx context.Context, t *change.Tx, p *Proposal, s change.Span) error {
	n, err := t.TrustedPublishes(ctx, s)
	if err == nil && n > 0 {
		p.note("%d versions of their crates were published by trusted publishers in this time. The registry does not record on whose behalf; look at them by hand.", n)
	}
	return err
}
