package client

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"

	"cratewarden"
	"cratewarden/api"
	"cratewarden/opening"
)

// OpenAccount shows what is masked of an account, "mail" or "tokens". That it was
// shown, and why, is in the console's ledger first.
func (c *Client) OpenAccount(ctx context.Context, id, what string, why api.OpenWhy) (*opening.Opened, error) {
	body := struct {
		api.OpenWhy
		What string `json:"what"`
	}{why, what}
	return PostKey[opening.Opened](ctx, c, body, NewKey(), "accounts", id, "open")
}

// OpenEvidence writes a personal part of a bundle, decrypted. That it was opened
// is in the console's ledger first.
func (c *Client) OpenEvidence(ctx context.Context, digest, part string, why api.OpenWhy, w io.Writer) error {
	address, err := c.address([]string{"evidence", digest, "open"})
	if err != nil {
		return err
	}
	body, err := json.Marshal(struct {
		api.OpenWhy
		Part string `json:"part"`
	}{why, part})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", NewKey())
	resp, err := c.unhurried().send(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(w, resp.Body); err != nil {
		return cratewarden.Wrap(err, cratewarden.Unavailable, "The answer broke off; what came is not whole.")
	}
	return nil
}
