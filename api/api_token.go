package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"cratewarden/auth"
)

func registerTokens(a huma.API, cfg Config) {
	h := hall{auth: cfg.Auth}
	get(a, "api-tokens", "own.session", "/api-tokens", "Your API tokens, revoked and expired ones too", h.tokens)
	post(a, "api-token-make", "own.api-token", "/api-tokens", "Make an API token; its secret is shown once", h.makeToken)
	post(a, "api-token-revoke", "own.api-token-revoke", "/api-tokens/{id}/revoke", "Revoke an API token: your own, or as a platform administrator anybody's", h.revokeToken)
}

// APITokenList is somebody's API tokens.
type APITokenList struct {
	Rows []auth.APIToken `json:"rows"`
}

func (h hall) tokens(ctx context.Context, _ *struct{}) (*APITokenList, error) {
	return h.tokensOf(ctx, &PersonInput{visitor(ctx).Person.ID})
}

func (h hall) tokensOf(ctx context.Context, in *PersonInput) (*APITokenList, error) {
	if err := h.there(); err != nil {
		return nil, err
	}
	rows, err := h.auth.APITokens(ctx, in.ID)
	if err == nil && in.ID != visitor(ctx).Person.ID {
		for i, t := range rows {
			rows[i] = t.Masked()
		}
	}
	return &APITokenList{append([]auth.APIToken{}, rows...)}, err
}

type makeTokenInput struct{ Body auth.TokenOrder }

// MadeToken is a new API token with its secret, which is not kept.
type MadeToken struct {
	Secret   string        `json:"secret" doc:"to be sent as Authorization: Bearer; shown once"`
	APIToken auth.APIToken `json:"api_token"`
}

func (h hall) makeToken(ctx context.Context, in *makeTokenInput) (*MadeToken, error) {
	if err := h.there(); err != nil {
		return nil, err
	}
	secret, t, err := h.auth.MakeAPIToken(ctx, visitor(ctx), in.Body)
	return &MadeToken{secret, t}, err
}

func (h hall) revokeToken(ctx context.Context, in *RightInput) (*Done, error) {
	if err := h.there(); err != nil {
		return nil, err
	}
	return done(h.auth.RevokeAPIToken(ctx, visitor(ctx), in.ID))
}
