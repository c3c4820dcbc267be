package action

import (
	"context"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/registry/change"
)

// VersionRef names a version as people do.
type VersionRef struct {
	Crate   string `json:"crate"`
	Version string `json:"version"`
}

// Check refuses names that no version can have.
func (v VersionRef) Check() error {
	if v.Crate == "" || len(v.Crate) > 255 || v.Version == "" || len(v.Version) > 255 {
		return cratewarden.Errorf(cratewarden.Invalid, "name a crate and one of its versions.")
	}
	return nil
}

// Subjects is the version.
func (v VersionRef) Subjects() []ledger.Subject {
	return []ledger.Subject{VersionSubject(v.Crate, v.Version)}
}

func (v VersionRef) String() string { return v.Crate + " " + v.Version }

// Yank takes a version out of new resolutions; lock files keep working.
type Yank struct {
	VersionRef
	Message string `json:"message,omitempty"`
}

// Sentence says it.
func (y Yank) Sentence() string { return "Yank " + y.VersionRef.String() }

// Check bounds the message, which everybody can read.
func (y Yank) Check() error {
	if len(y.Message) > maxMessage {
		return cratewarden.Errorf(cratewarden.TooLarge, "a yank message has at most %d bytes.", maxMessage)
	}
	return y.VersionRef.Check()
}

const maxMessage = 1000

// Unyank lets a version be resolved again.
type Unyank struct{ VersionRef }

// Sentence says it.
func (u Unyank) Sentence() string { return "Unyank " + u.VersionRef.String() }

func versionParams(more ...Param) []Param {
	return append([]Param{
		{Name: "crate", Label: "Crate", Type: CrateParam, Required: true},
		{Name: "version", Label: "Version", Type: NumParam, Required: true},
	}, more...)
}

func versionKinds() []Kind {
	return []Kind{
		define(Kind{
			Name: "version.yank", Title: "Yank a version", Reversible: true, NeedsAccount: true,
			About:  "New resolutions pass over the version; lock files that name it keep working and its files stay.",
			Params: versionParams(Param{Name: "message", Label: "Message", Help: "Everybody can read it, next to the version.", Type: TextParam}),
		}, runYank),
		define(Kind{
			Name: "version.unyank", Title: "Unyank a version", Reversible: true, NeedsAccount: true,
			About: "The version can be resolved again; its yank message goes.", Params: versionParams(),
		}, runUnyank),
		holdVersionKind(), releaseVersionKind(), deleteVersionKind(),
	}
}

func runYank(ctx context.Context, r *Run, items []Item[Yank]) error {
	list := make([]wantedYank, len(items))
	for i, it := range items {
		list[i] = wantedYank{step: it.Step, ref: it.Do.VersionRef, yanked: true, message: it.Do.Message}
		if it.Do.Message != "" {
			r.Public(it.Step, "yank message of "+it.Do.VersionRef.String(), it.Do.Message)
		}
	}
	return r.setYanked(ctx, list)
}

func runUnyank(ctx context.Context, r *Run, items []Item[Unyank]) error {
	list := make([]wantedYank, len(items))
	for i, it := range items {
		list[i] = wantedYank{step: it.Step, ref: it.Do.VersionRef}
	}
	return r.setYanked(ctx, list)
}

type wantedYank struct {
	step    int
	ref     VersionRef
	yanked  bool
	message string
}

// setYanked finds the versions, sets them, and says what is not there or was so
// already.
func (r *Run) setYanked(ctx context.Context, list []wantedYank) error {
	refs := make([]VersionRef, len(list))
	for i, w := range list {
		refs[i] = w.ref
	}
	found, err := r.findVersions(ctx, refs)
	if err != nil {
		return err
	}
	var yanks []change.Yank
	for _, w := range list {
		id, ok := found[w.ref]
		if !ok {
			r.Block(w.step, "no-such-version", "The registry has no version %s.", w.ref)
			continue
		}
		y := change.Yank{Step: w.step, Version: id, Yanked: w.yanked}
		if w.message != "" {
			y.Message = &w.message
		}
		yanks = append(yanks, y)
	}
	if len(yanks) == 0 {
		return nil
	}
	done, err := r.SetYanked(ctx, yanks)
	if err != nil {
		return err
	}
	for _, y := range yanks {
		if v := done[y.Version]; v != nil && !v.Changed {
			r.nothing(y.Step, "%s %s is so already; nothing is written.", v.Crate.Name, v.Columns.Text("num"))
		}
	}
	return nil
}

// findVersions gives versions.id by crate and number; a crate goes by any
// spelling of its name, a number by its exact text.
func (r *Run) findVersions(ctx context.Context, refs []VersionRef) (map[VersionRef]int32, error) {
	crates, nums := make([]string, len(refs)), make([]string, len(refs))
	for i, v := range refs {
		crates[i], nums[i] = v.Crate, v.Version
	}
	ids, err := r.FindVersions(ctx, crates, nums)
	if err != nil {
		return nil, err
	}
	out := make(map[VersionRef]int32, len(refs))
	for i, id := range ids {
		if id != 0 {
			out[refs[i]] = id
		}
	}
	return out, nil
}
