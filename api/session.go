package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"cratewarden"
	"cratewarden/auth"
)

func registerSessions(a huma.API, cfg Config) {
	h := hall{auth: cfg.Auth}
	get(a, "sessions", "own.session", "/sessions", "Where you are signed in", h.sessions)
	post(a, "session-end", "own.session", "/sessions/{id}/end", "End a session: your own, or as a platform administrator anybody's", h.endSession)
	post(a, "sign-out", "own.session", "/sign-out", "End the session that asks", h.signOut)
	post(a, "step-up-drop", "own.step-up", "/step-up/drop", "Give up what a confirmation allows, at once", h.dropStepUp)
	get(a, "passkeys", "own.session", "/passkeys", "Your passkeys", h.passkeys)
	post(a, "passkey-rename", "own.passkey", "/passkeys/{id}/rename", "Name one of your passkeys", h.renamePasskey)
	post(a, "passkey-remove", "own.passkey", "/passkeys/{id}/remove", "Remove one of your passkeys", h.removePasskey)
}

// SessionList is where somebody is signed in, newest first.
type SessionList struct {
	Rows []auth.Session `json:"rows"`
}

func (h hall) sessions(ctx context.Context, _ *struct{}) (*SessionList, error) {
	return h.sessionsOf(ctx, &PersonInput{visitor(ctx).Person.ID})
}

func (h hall) sessionsOf(ctx context.Context, in *PersonInput) (*SessionList, error) {
	if err := h.there(); err != nil {
		return nil, err
	}
	rows, err := h.auth.Sessions(ctx, in.ID)
	for i := range rows {
		rows[i].Current = rows[i].ID == visitor(ctx).Session.ID
		if in.ID != visitor(ctx).Person.ID { // seeing it is an opening
			rows[i].Address = cratewarden.MaskAddress(rows[i].Address)
		}
	}
	return &SessionList{append([]auth.Session{}, rows...)}, err
}

// RightInput names a session, passkey or API token by its public id.
type RightInput struct {
	ID string `path:"id" maxLength:"1400" doc:"the public id"`
}

// Done is the answer of what only has to happen.
type Done struct {
	Done bool `json:"done"`
}

func done(err error) (*Done, error) { return &Done{true}, err }

func (h hall) endSession(ctx context.Context, in *RightInput) (*Done, error) {
	if err := h.there(); err != nil {
		return nil, err
	}
	return done(h.auth.EndSession(ctx, visitor(ctx), in.ID))
}

func (h hall) signOut(ctx context.Context, _ *struct{}) (*Done, error) {
	if err := h.there(); err != nil {
		return nil, err
	}
	return done(h.auth.SignOut(ctx, visitor(ctx)))
}

func (h hall) dropStepUp(ctx context.Context, _ *struct{}) (*Done, error) {
	if err := h.there(); err != nil {
		return nil, err
	}
	return done(h.auth.DropStepUp(ctx, visitor(ctx)))
}

// PasskeyList is somebody's passkeys.
type PasskeyList struct {
	Rows []auth.Passkey `json:"rows"`
}

func (h hall) passkeys(ctx context.Context, _ *struct{}) (*PasskeyList, error) {
	return h.passkeysOf(ctx, &PersonInput{visitor(ctx).Person.ID})
}

func (h hall) passkeysOf(ctx context.Context, in *PersonInput) (*PasskeyList, error) {
	if err := h.there(); err != nil {
		return nil, err
	}
	rows, err := h.auth.Passkeys(ctx, in.ID)
	return &PasskeyList{append([]auth.Passkey{}, rows...)}, err
}

type renameInput struct {
	RightInput
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"100"`
	}
}

func (h hall) renamePasskey(ctx context.Context, in *renameInput) (*Done, error) {
	if err := h.there(); err != nil {
		return nil, err
	}
	return done(h.auth.RenamePasskey(ctx, visitor(ctx), in.ID, in.Body.Name))
}

func (h hall) removePasskey(ctx context.Context, in *RightInput) (*Done, error) {
	if err := h.there(); err != nil {
		return nil, err
	}
	return done(h.auth.RemovePasskey(ctx, visitor(ctx), in.ID))
}
