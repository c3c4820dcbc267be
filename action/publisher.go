package action

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/registry/change"
)

// PublisherSuspend takes a trusted publisher away; undo puts it back under its
// own id.
type PublisherSuspend struct {
	Provider string `json:"provider"` // "github" or "gitlab"
	ID       int32  `json:"id"`
}

// Check refuses what no publisher can be.
func (p PublisherSuspend) Check() error {
	if p.ID < 1 || p.Provider != "github" && p.Provider != "gitlab" {
		return cratewarden.Errorf(cratewarden.Invalid, "name the trusted publisher by its provider, github or gitlab, and its number in the registry.")
	}
	return nil
}

// Subjects is the publisher.
func (p PublisherSuspend) Subjects() []ledger.Subject {
	return []ledger.Subject{{Kind: "publisher", ID: p.Provider + "/" + strconv.Itoa(int(p.ID))}}
}

// Sentence says it.
func (p PublisherSuspend) Sentence() string {
	return fmt.Sprintf("Suspend trusted publisher %s/%d", p.Provider, p.ID)
}

// PublisherRevokeToken deletes a short-lived publish token, as the registry
// does when one is revoked.
type PublisherRevokeToken struct {
	ID int64 `json:"id"` // trustpub_tokens.id
}

// Check refuses ids that no token can have.
func (p PublisherRevokeToken) Check() error {
	if p.ID < 1 {
		return cratewarden.Errorf(cratewarden.Invalid, "name the publish token by its number in the registry (trustpub_tokens.id).")
	}
	return nil
}

// Subjects is the token.
func (p PublisherRevokeToken) Subjects() []ledger.Subject {
	return []ledger.Subject{{Kind: "publish-token", ID: strconv.FormatInt(p.ID, 10)}}
}

// Sentence says it.
func (p PublisherRevokeToken) Sentence() string { return fmt.Sprintf("Revoke publish token %d", p.ID) }

func publisherKinds() []Kind {
	return []Kind{
		define(Kind{
			Name: "publisher.suspend", Title: "Suspend a trusted publisher", Reversible: true,
			About: "The workflow gets no more publish tokens for the crate. Tokens that it has already work for up to 30 minutes.",
			Params: []Param{
				{Name: "provider", Label: "Provider", Type: TextParam, Required: true, Choices: []string{"github", "gitlab"}},
				{Name: "id", Label: "Trusted publisher", Help: "Its number in the registry.", Type: NumberParam, Required: true},
			},
		}, runSuspend),
		define(Kind{
			Name: "publisher.revoke_token", Title: "Revoke a publish token",
			About:  "The short-lived token of one run of a workflow is refused from the next request on. The workflow can get another, unless its trusted publisher is suspended.",
			Final:  "The token is gone for good; its secret is nowhere but in the run that got it. Running the workflow again gets a new one.",
			Params: []Param{{Name: "id", Label: "Publish token", Help: "Its number in the registry.", Type: NumberParam, Required: true}},
		}, runRevokePublishToken),
	}
}

func runSuspend(ctx context.Context, r *Run, items []Item[PublisherSuspend]) error {
	list, err := r.findPublishers(ctx, items)
	if err != nil || len(list) == 0 {
		return err
	}
	steps := map[string]map[int32]int{"github": {}, "gitlab": {}}
	crates := map[int32]int{}
	for _, it := range items {
		for _, p := range list {
			if p.Provider == it.Do.Provider && p.ID == it.Do.ID {
				steps[p.Provider][p.ID], crates[p.Crate] = it.Step, it.Step
			}
		}
	}
	for _, provider := range []string{"github", "gitlab"} {
		if err := r.DeletePublishers(ctx, provider, steps[provider]); err != nil {
			return err
		}
	}
	return r.tellSuspended(ctx, list, crates)
}

// findPublishers finds the publishers, blocks steps about those that are not
// there, and locks their crates.
func (r *Run) findPublishers(ctx context.Context, items []Item[PublisherSuspend]) (out []change.Publisher, err error) {
	ids := map[string][]int32{}
	for _, it := range items {
		ids[it.Do.Provider] = append(ids[it.Do.Provider], it.Do.ID)
	}
	var crates []int32
	for _, provider := range []string{"github", "gitlab"} {
		list, err := r.Publishers(ctx, provider, ids[provider])
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	for _, it := range items {
		i := slices.IndexFunc(out, func(p change.Publisher) bool { return p.Provider == it.Do.Provider && p.ID == it.Do.ID })
		if i < 0 {
			r.Block(it.Step, "no-such-publisher", "The registry has no trusted publisher %s/%d.", it.Do.Provider, it.Do.ID)
			continue
		}
		crates = append(crates, out[i].Crate)
	}
	_, err = r.LockCrates(ctx, crates)
	return out, err
}

// tellSuspended says what stops and what goes on; steps go by crate.
func (r *Run) tellSuspended(ctx context.Context, gone []change.Publisher, steps map[int32]int) error {
	ids := make([]int32, 0, len(steps))
	for id := range steps {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	owners, err := r.OwnersLeft(ctx, ids)
	if err != nil {
		return err
	}
	left, err := r.PublishersOf(ctx, ids)
	if err != nil {
		return err
	}
	tokens, err := r.LivePublishTokens(ctx, ids)
	if err != nil {
		return err
	}
	only, err := r.TrustedOnly(ctx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		step, o := steps[id], owners[id]
		for _, p := range gone {
			if p.Crate == id {
				r.Affects(step, CrateSubject(o.Name), "%s can no longer be published by %s (%s). It has %s.", o.Name, p.Label, p.Provider, cratewarden.Amount(o.People+o.Teams, "owner", "owners"))
			}
		}
		live, others := 0, 0
		for _, t := range tokens {
			if slices.Contains(t.Crates, id) {
				live++
			}
		}
		for _, p := range left {
			if p.Crate == id {
				others++
			}
		}
		r.Fact(step, "publish tokens that cover "+o.Name, live)
		if live > 0 {
			r.Warn(step, "publish-tokens-live", "%s already issued can still publish %s, for up to 30 minutes. Revoke them too.", cratewarden.Amount(live, "publish token", "publish tokens"), o.Name)
		}
		if others == 0 && only[id] {
			r.Warn(step, "nobody-can-publish", "%s takes trusted publishing only, and this was its last trusted publisher: nobody can publish it.", o.Name)
		}
	}
	return nil
}

func runRevokePublishToken(ctx context.Context, r *Run, items []Item[PublisherRevokeToken]) error {
	ids := make([]int64, len(items))
	for i, it := range items {
		ids[i] = it.Do.ID
	}
	list, err := r.PublishTokens(ctx, ids)
	if err != nil {
		return err
	}
	found := map[int64]change.PublishToken{}
	var crates []int32
	for _, t := range list {
		found[t.ID] = t
		crates = append(crates, t.Crates...)
	}
	names, err := r.LockCrates(ctx, crates)
	if err != nil {
		return err
	}
	steps := map[int64]int{}
	for _, it := range items {
		t, there := found[it.Do.ID]
		if !there {
			r.Block(it.Step, "no-such-publish-token", "The registry has no publish token %d. Ended ones are deleted by the registry itself.", it.Do.ID)
			continue
		}
		steps[t.ID] = it.Step
		if !t.Live {
			r.Info(it.Step, "publish-token-ended", "Publish token %d has ended; nobody can use it.", t.ID)
			continue
		}
		for _, id := range t.Crates {
			if c, there := names[id]; there {
				r.Affects(it.Step, CrateSubject(c.Name), "The run that has publish token %d can no longer publish %s.", t.ID, c.Name)
			}
		}
	}
	return r.DeletePublishTokens(ctx, steps)
}
