package api

import (
	"context"

	"cratewarden/action"
)

// EvidenceOrder is what to seal, and why.
type EvidenceOrder struct {
	Crates   []string            `json:"crates,omitempty" doc:"names in any spelling; everything of them is sealed"`
	Versions []action.VersionRef `json:"versions,omitempty" doc:"a crate in any spelling and the exact number"`
	Accounts []int32             `json:"accounts,omitempty" doc:"numbers of accounts, users.id"`
	Incident string              `json:"incident,omitempty"`
	Reason   string              `json:"reason,omitempty" doc:"for colleagues only"`
}

// EvidenceSealed is the bundle that was made, or was there.
type EvidenceSealed struct {
	Bundle EvidenceBundle `json:"bundle"`
	Again  bool           `json:"again,omitempty" doc:"the bundle was there: the same key, or the same was sealed before and nothing has changed since"`
}

type evidenceSealInput struct {
	KeyInput
	Body EvidenceOrder
}

func (s shelf) seal(ctx context.Context, in *evidenceSealInput) (*output[EvidenceSealed], error) {
	ctx, cancel := context.WithTimeout(ctx, evidenceTime)
	defer cancel()
	err := s.bench.there()
	if in.key() == "" {
		err = noKey()
	}
	if err != nil {
		return nil, problem(ctx, err)
	}
	patient(ctx, evidenceTime)
	b, err := s.bench.plans.SealNow(ctx, actor(ctx), action.SealOrder(in.Body), in.key())
	if err != nil {
		return nil, problem(ctx, err)
	}
	out := &EvidenceSealed{bundleOf(&b), b.Again}
	if shown, err := s.show(ctx, &EvidenceInput{Digest: b.Digest.String()}); err == nil {
		out.Bundle = shown.Bundle // with what it holds; it is sealed, shown or not
	}
	return &output[EvidenceSealed]{out}, nil
}
