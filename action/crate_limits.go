package action

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"

	"cratewarden"
	"cratewarden/registry/change"
)

// Limits sets what the registry bounds per crate.
type Limits struct {
	CrateRef
	MaxUploadSize Limit `json:"max_upload_size,omitzero"`
	MaxFeatures   Limit `json:"max_features,omitzero"`
}

// Limit is a number, null for the registry's default, or left out, which
// leaves it as it is.
type Limit struct {
	Set   bool
	Value *int64
}

// IsZero says that the limit is left out.
func (l Limit) IsZero() bool { return !l.Set }

// MarshalJSON writes the number or null.
func (l Limit) MarshalJSON() ([]byte, error) { return json.Marshal(l.Value) }

// UnmarshalJSON reads a number or null.
func (l *Limit) UnmarshalJSON(text []byte) error {
	*l = Limit{Set: true}
	if bytes.Equal(bytes.TrimSpace(text), []byte("null")) {
		return nil
	}
	return json.Unmarshal(text, &l.Value)
}

func (l Limit) check(what string, most int64) error {
	if l.Value != nil && (*l.Value < 0 || *l.Value > most) {
		return cratewarden.Errorf(cratewarden.Invalid, "%s is between 0 and %d, or empty for the registry's default.", what, most)
	}
	return nil
}

func (l Limit) words(what, unit string) string {
	switch {
	case !l.Set:
		return ""
	case l.Value == nil:
		return " " + what + " as the registry has it,"
	}
	return fmt.Sprintf(" %s %d%s,", what, *l.Value, unit)
}

// Sentence says it.
func (l Limits) Sentence() string {
	text := l.MaxUploadSize.words("upload size", " bytes") + l.MaxFeatures.words("features", "")
	return "Set the limits of " + l.Crate + ":" + text[:max(len(text)-1, 0)]
}

// Check bounds the numbers by the columns' types.
func (l Limits) Check() error {
	if !l.MaxUploadSize.Set && !l.MaxFeatures.Set {
		return cratewarden.Errorf(cratewarden.Invalid, "set at least one limit.")
	}
	if err := l.MaxUploadSize.check("the upload size in bytes", math.MaxInt32); err != nil {
		return err
	}
	if err := l.MaxFeatures.check("the number of features", math.MaxInt16); err != nil {
		return err
	}
	return l.CrateRef.Check()
}

func limitsKind() Kind {
	return define(Kind{
		Name: "crate.limits", Title: "Set a crate's limits", Reversible: true,
		About: "Sets how large an upload of the crate may be and how many features it may have.",
		Params: crateParams(
			Param{Name: "max_upload_size", Label: "Largest upload", Help: "Bytes; 0 refuses every publish, also by trusted publishers; null for the registry's default; left out, it stays.", Type: NumberParam},
			Param{Name: "max_features", Label: "Most features", Help: "null for the registry's default; left out, it stays.", Type: NumberParam}),
	}, runLimits)
}

func runLimits(ctx context.Context, r *Run, items []Item[Limits]) error {
	crates, err := resolveCrates(ctx, r, items, func(l Limits) CrateRef { return l.CrateRef })
	if err != nil {
		return err
	}
	list := make([]change.CrateSetting, 0, len(items))
	for _, it := range items {
		c, ok := crates[it.Step]
		if !ok {
			continue
		}
		list = append(list, change.CrateSetting{
			Step: it.Step, Crate: c.ID, Upload: it.Do.MaxUploadSize.Set, MaxUpload: it.Do.MaxUploadSize.Value,
			Features: it.Do.MaxFeatures.Set, MaxFeatures: it.Do.MaxFeatures.Value,
		})
		if v := it.Do.MaxUploadSize.Value; v != nil && *v == 0 {
			r.Warn(it.Step, "freezes", "An upload size of 0 refuses every publish of %s, by whomever.", c.Name)
		}
	}
	before, err := r.SetCrates(ctx, list)
	if err != nil {
		return err
	}
	for _, s := range list {
		if image, ok := before[s.Crate]; ok && (!s.Upload || sameLimit(image, "max_upload_size", s.MaxUpload)) && (!s.Features || sameLimit(image, "max_features", s.MaxFeatures)) {
			r.nothing(s.Step, "%s is so already; nothing is written.", image.Columns.Text("name"))
		}
	}
	return nil
}

func sameLimit(i change.Image, column string, v *int64) bool {
	if v == nil || i.Columns.Null(column) {
		return v == nil && i.Columns.Null(column)
	}
	return i.Columns.Int(column) == *v
}
