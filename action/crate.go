package action

import (
	"context"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/registry/change"
)

// CrateRef names a crate, in any spelling.
type CrateRef struct {
	Crate string `json:"crate"`
}

// Check refuses names that no crate can have.
func (c CrateRef) Check() error {
	if c.Crate == "" || len(c.Crate) > 255 {
		return cratewarden.Errorf(cratewarden.Invalid, "name a crate.")
	}
	return nil
}

// Subjects is the crate.
func (c CrateRef) Subjects() []ledger.Subject { return []ledger.Subject{CrateSubject(c.Crate)} }

// HoldCrate takes all versions of a crate out of use.
type HoldCrate struct {
	CrateRef
	Message string `json:"message,omitempty"`
}

// Sentence says it.
func (h HoldCrate) Sentence() string { return "Hold all versions of " + h.Crate }

// Check bounds the message, which everybody can read.
func (h HoldCrate) Check() error {
	if err := checkMessage(h.Message); err != nil {
		return err
	}
	return h.CrateRef.Check()
}

// ReleaseCrate puts all held versions of a crate back into use.
type ReleaseCrate struct{ CrateRef }

// Sentence says it.
func (c ReleaseCrate) Sentence() string { return "Release all held versions of " + c.Crate }

func crateParams(more ...Param) []Param {
	return append([]Param{{Name: "crate", Label: "Crate", Type: CrateParam, Required: true}}, more...)
}

func crateKinds() []Kind {
	return []Kind{
		onUndo(define(Kind{
			Name: "crate.hold", Title: "Hold a crate", Reversible: true, NeedsAccount: true,
			About:  "Yanks every version and moves their files to the evidence vault. Owners, tokens and trusted publishers stay as they are, so new versions can be published.",
			Params: crateParams(messageParam()),
		}, runHoldCrate), func(ctx context.Context, r *Run, items []Item[HoldCrate]) error {
			return r.undoHold(ctx, stepsOf(items))
		}),
		onUndo(define(Kind{
			Name: "crate.release", Title: "Release a held crate", Reversible: true, NeedsAccount: true,
			About:  "Puts the files of every held version back, and the yank state that each had before.",
			Params: crateParams(),
		}, runReleaseCrate), func(ctx context.Context, r *Run, items []Item[ReleaseCrate]) error {
			return r.undoRelease(ctx, stepsOf(items))
		}),
		deleteCrateKind(), trustpubOnlyKind(), limitsKind(),
	}
}

// resolveCrates finds the crate of each item and blocks the steps whose crate
// is not there.
func resolveCrates[A Action](ctx context.Context, r *Run, items []Item[A], ref func(A) CrateRef) (map[int]change.Crate, error) {
	names := make([]string, len(items))
	for i, it := range items {
		names[i] = ref(it.Do).Crate
	}
	found, err := r.FindCrates(ctx, names)
	if err != nil {
		return nil, err
	}
	out := make(map[int]change.Crate, len(items))
	taken := map[int32]int{}
	for i, it := range items {
		c := found[i]
		if c.ID == 0 {
			r.Block(it.Step, "no-such-crate", "The registry has no crate %s.", names[i])
			continue
		}
		if first, twice := taken[c.ID]; twice {
			r.Block(it.Step, "named-twice", "Step %d names the same crate, %s. Keep one of the two.", first, c.Name)
			continue
		}
		taken[c.ID] = it.Step
		out[it.Step] = c
	}
	return out, nil
}

func idsOf(crates map[int]change.Crate) []int32 {
	out := make([]int32, 0, len(crates))
	for _, c := range crates {
		out = append(out, c.ID)
	}
	return out
}

func runHoldCrate(ctx context.Context, r *Run, items []Item[HoldCrate]) error {
	crates, err := resolveCrates(ctx, r, items, func(h HoldCrate) CrateRef { return h.CrateRef })
	if err != nil {
		return err
	}
	if _, err := r.LockCrates(ctx, idsOf(crates)); err != nil {
		return err
	}
	versions, err := r.VersionIDs(ctx, idsOf(crates))
	if err != nil {
		return err
	}
	var list []wantedHold
	for _, it := range items {
		c, ok := crates[it.Step]
		if !ok {
			continue
		}
		// A version published since the review makes another number.
		r.Fact(it.Step, "versions of "+c.Name, len(versions[c.ID]))
		for _, id := range versions[c.ID] {
			list = append(list, wantedHold{step: it.Step, version: id, message: it.Do.Message, quiet: true})
		}
		if it.Do.Message != "" {
			r.Public(it.Step, "yank message of every version of "+c.Name, it.Do.Message)
		}
	}
	return r.hold(ctx, list)
}

func runReleaseCrate(ctx context.Context, r *Run, items []Item[ReleaseCrate]) error {
	crates, err := resolveCrates(ctx, r, items, func(c ReleaseCrate) CrateRef { return c.CrateRef })
	if err != nil {
		return err
	}
	if _, err := r.LockCrates(ctx, idsOf(crates)); err != nil {
		return err
	}
	versions, err := r.VersionIDs(ctx, idsOf(crates))
	if err != nil {
		return err
	}
	steps := map[int32]int{}
	var list []HeldVersion
	for _, it := range items {
		c, ok := crates[it.Step]
		if !ok {
			continue
		}
		held, err := r.heldNow(ctx, versions[c.ID])
		if err != nil {
			return err
		}
		if len(held) == 0 {
			r.Block(it.Step, "not-held", "No version of %s is held.", c.Name)
		}
		for _, id := range versions[c.ID] {
			if h, ok := held[id]; ok {
				steps[id] = it.Step
				list = append(list, h)
			}
		}
	}
	return r.release(ctx, steps, list, true)
}
