package action

import (
	"context"

	"cratewarden/registry/change"
)

// TrustpubOnly lets a crate be published by trusted publishers alone, or by
// tokens too.
type TrustpubOnly struct {
	CrateRef
	On bool `json:"on"`
}

// Sentence says it.
func (t TrustpubOnly) Sentence() string {
	if t.On {
		return "Let " + t.Crate + " be published by trusted publishing only"
	}
	return "Let " + t.Crate + " be published with tokens too"
}

func trustpubOnlyKind() Kind {
	return define(Kind{
		Name: "crate.trustpub_only", Title: "Trusted publishing only", Reversible: true,
		About:  "Makes the registry refuse publishes of the crate with API tokens and sessions, or allows them again. Nobody gets the registry's mail about it.",
		Params: crateParams(Param{Name: "on", Label: "Trusted publishing only", Type: YesNoParam, Required: true}),
	}, runTrustpubOnly)
}

func runTrustpubOnly(ctx context.Context, r *Run, items []Item[TrustpubOnly]) error {
	crates, err := resolveCrates(ctx, r, items, func(t TrustpubOnly) CrateRef { return t.CrateRef })
	if err != nil {
		return err
	}
	standings, err := r.Standings(ctx, idsOf(crates))
	if err != nil {
		return err
	}
	list := make([]change.CrateSetting, 0, len(items))
	for _, it := range items {
		c, ok := crates[it.Step]
		if !ok {
			continue
		}
		list = append(list, change.CrateSetting{Step: it.Step, Crate: c.ID, TrustpubOnly: &it.Do.On})
		if it.Do.On && standings[c.ID].Configs == 0 {
			r.Warn(it.Step, "nobody-can-publish", "%s has no trusted publisher, so nobody can publish it until an owner sets one up.", c.Name)
		}
	}
	before, err := r.SetCrates(ctx, list)
	if err != nil {
		return err
	}
	for _, s := range list {
		if image, ok := before[s.Crate]; ok && image.Columns.Bool("trustpub_only") == *s.TrustpubOnly {
			r.nothing(s.Step, "%s is so already; nothing is written.", image.Columns.Text("name"))
		}
	}
	return nil
}
