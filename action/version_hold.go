package action

import (
	"context"

	"cratewarden"
)

// Hold takes a version out of use: yanked, its files moved to the vault.
type Hold struct {
	VersionRef
	Message string `json:"message,omitempty"`
}

// Sentence says it.
func (h Hold) Sentence() string { return "Hold " + h.VersionRef.String() }

// Check bounds the message, which everybody can read.
func (h Hold) Check() error {
	if err := checkMessage(h.Message); err != nil {
		return err
	}
	return h.VersionRef.Check()
}

func checkMessage(text string) error {
	if len(text) > maxMessage {
		return cratewarden.Errorf(cratewarden.TooLarge, "a message has at most %d bytes.", maxMessage)
	}
	return nil
}

// Release puts a held version back into use as it was.
type Release struct{ VersionRef }

// Sentence says it.
func (v Release) Sentence() string { return "Release " + v.VersionRef.String() }

func messageParam() Param {
	return Param{Name: "message", Label: "Message", Help: "Everybody can read it, next to the version.", Type: TextParam}
}

func holdVersionKind() Kind {
	return onUndo(define(Kind{
		Name: "version.hold", Title: "Hold a version", Reversible: true, NeedsAccount: true,
		About:  "Yanks the version and moves its files to the evidence vault, so that nobody can download it until it is released.",
		Params: versionParams(messageParam()),
	}, runHoldVersion), func(ctx context.Context, r *Run, items []Item[Hold]) error { return r.undoHold(ctx, stepsOf(items)) })
}

func releaseVersionKind() Kind {
	return onUndo(define(Kind{
		Name: "version.release", Title: "Release a held version", Reversible: true, NeedsAccount: true,
		About:  "Puts the identical files back and the yank state that the version had before it was held.",
		Params: versionParams(),
	}, runReleaseVersion), func(ctx context.Context, r *Run, items []Item[Release]) error {
		return r.undoRelease(ctx, stepsOf(items))
	})
}

func stepsOf[A Action](items []Item[A]) []int {
	out := make([]int, len(items))
	for i, it := range items {
		out[i] = it.Step
	}
	return out
}

// resolve finds the version of each item and blocks the steps whose version is
// not there.
func resolve[A Action](ctx context.Context, r *Run, items []Item[A], ref func(A) VersionRef) (map[int]int32, error) {
	refs := make([]VersionRef, len(items))
	for i, it := range items {
		refs[i] = ref(it.Do)
	}
	found, err := r.findVersions(ctx, refs)
	if err != nil {
		return nil, err
	}
	out := make(map[int]int32, len(items))
	taken := map[int32]int{}
	for i, it := range items {
		id, ok := found[refs[i]]
		if !ok {
			r.Block(it.Step, "no-such-version", "The registry has no version %s.", refs[i])
			continue
		}
		if first, twice := taken[id]; twice {
			r.Block(it.Step, "named-twice", "Step %d names the same version, %s. Keep one of the two.", first, refs[i])
			continue
		}
		taken[id] = it.Step
		out[it.Step] = id
	}
	return out, nil
}

func runHoldVersion(ctx context.Context, r *Run, items []Item[Hold]) error {
	found, err := resolve(ctx, r, items, func(h Hold) VersionRef { return h.VersionRef })
	if err != nil {
		return err
	}
	var list []wantedHold
	for _, it := range items {
		if id, ok := found[it.Step]; ok {
			list = append(list, wantedHold{step: it.Step, version: id, message: it.Do.Message})
			if it.Do.Message != "" {
				r.Public(it.Step, "yank message of "+it.Do.VersionRef.String(), it.Do.Message)
			}
		}
	}
	return r.hold(ctx, list)
}

func runReleaseVersion(ctx context.Context, r *Run, items []Item[Release]) error {
	found, err := resolve(ctx, r, items, func(v Release) VersionRef { return v.VersionRef })
	if err != nil {
		return err
	}
	var ids []int32
	for _, id := range found {
		ids = append(ids, id)
	}
	held, err := r.heldNow(ctx, ids)
	if err != nil {
		return err
	}
	steps := map[int32]int{}
	var list []HeldVersion
	for _, it := range items {
		id, ok := found[it.Step]
		if !ok {
			continue
		}
		h, ok := held[id]
		if !ok {
			r.Block(it.Step, "not-held", "%s is not held.", it.Do.VersionRef)
			continue
		}
		steps[id] = it.Step
		list = append(list, h)
	}
	return r.release(ctx, steps, list, true)
}
