package client

import (
	"context"
	"errors"
	"time"

	"cratewarden"
	"cratewarden/api"
	"cratewarden/auth"
)

// Me says who asks, and with which roles.
func (c *Client) Me(ctx context.Context) (*api.Me, error) { return Get[api.Me](ctx, c, nil, "me") }

// SignOut ends the session that asks.
func (c *Client) SignOut(ctx context.Context) error {
	_, err := PostKey[api.Done](ctx, c, nil, NewKey(), "sign-out")
	return err
}

// EndSession ends a session by its public id.
func (c *Client) EndSession(ctx context.Context, id string) error {
	_, err := PostKey[api.Done](ctx, c, nil, NewKey(), "sessions", id, "end")
	return err
}

// RenamePasskey names one of one's own passkeys.
func (c *Client) RenamePasskey(ctx context.Context, id, name string) error {
	_, err := PostKey[api.Done](ctx, c, map[string]string{"name": name}, NewKey(), "passkeys", id, "rename")
	return err
}

// RemovePasskey removes one of one's own passkeys.
func (c *Client) RemovePasskey(ctx context.Context, id string) error {
	_, err := PostKey[api.Done](ctx, c, nil, NewKey(), "passkeys", id, "remove")
	return err
}

// IssueEnrolment gives the code for somebody's first passkey.
func (c *Client) IssueEnrolment(ctx context.Context, person string) (*api.Enrolment, error) {
	return PostKey[api.Enrolment](ctx, c, nil, NewKey(), "people", person, "enrolment")
}

// MakeAPIToken makes a token for a program; its secret is in the answer alone.
func (c *Client) MakeAPIToken(ctx context.Context, o auth.TokenOrder) (*api.MadeToken, error) {
	return PostKey[api.MadeToken](ctx, c, o, NewKey(), "api-tokens")
}

// RevokeAPIToken ends a token by its public id.
func (c *Client) RevokeAPIToken(ctx context.Context, id string) error {
	_, err := PostKey[api.Done](ctx, c, nil, NewKey(), "api-tokens", id, "revoke")
	return err
}

// BeginDevice begins a program's sign-in.
func (c *Client) BeginDevice(ctx context.Context) (*api.Device, error) {
	return PostKey[api.Device](ctx, c.Fresh(), nil, NewKey(), "device")
}

// AwaitDevice waits until the person has agreed to a sign-in.
func (c *Client) AwaitDevice(ctx context.Context, d *api.Device) (*api.SignedIn, error) {
	return c.Fresh().await(ctx, d, "device", "poll")
}

// AskStepUp asks the person to confirm in the browser.
func (c *Client) AskStepUp(ctx context.Context, about auth.About) (*api.Device, error) {
	return PostKey[api.Device](ctx, c.Plain(), api.StepUpWish(about), NewKey(), "asks")
}

// AwaitStepUp waits until the person has confirmed. The session's token is
// another one then.
func (c *Client) AwaitStepUp(ctx context.Context, d *api.Device) (*api.SignedIn, error) {
	return c.Plain().await(ctx, d, "asks", "poll")
}

// PretendSignIn signs in to a demo as one of its people.
func (c *Client) PretendSignIn(ctx context.Context, as string) (*api.SignedIn, error) {
	return PostKey[api.SignedIn](ctx, c.Fresh(), map[string]string{"as": as}, NewKey(), "demo", "sign-in")
}

// PretendStepUp confirms in a demo, without a passkey.
func (c *Client) PretendStepUp(ctx context.Context, about auth.About) (*api.SignedIn, error) {
	return PostKey[api.SignedIn](ctx, c.Plain(), api.StepUpWish(about), NewKey(), "demo", "step-up")
}

// await polls until there is an answer, the question has expired, or ctx is
// over. What only a moment is out of order, the network or the console, does not
// end it.
func (c *Client) await(ctx context.Context, d *api.Device, path ...string) (*api.SignedIn, error) {
	wait := time.Duration(max(1, d.Interval)) * time.Second
	for first := true; ; first = false {
		if !first {
			if time.Now().Add(wait).After(d.Expires) {
				return nil, cratewarden.Errorf(cratewarden.Timeout, "Nobody confirmed in time. Try again.")
			}
			select {
			case <-ctx.Done():
				return nil, unreachable(ctx.Err())
			case <-time.After(wait):
			}
		}
		in, err := PostKey[api.SignedIn](ctx, c, map[string]string{"secret": d.Secret}, NewKey(), path...)
		if err == nil {
			return in, nil
		}
		r, _ := errors.AsType[*Refusal](err)
		switch kind := cratewarden.KindOf(err); {
		case kind == cratewarden.Conflict, kind == cratewarden.Unavailable:
		case r != nil && r.Wait > 0:
			wait = max(wait, r.Wait)
		default:
			return nil, err
		}
	}
}
