package client

import (
	"context"
	"io"
	"net/http"
	"net/url"

	"cratewarden"
	"cratewarden/api"
)

// EvidenceList lists bundles; the fields of the query are those of the
// interface.
func (c *Client) EvidenceList(ctx context.Context, q url.Values) (*api.EvidenceList, error) {
	return Get[api.EvidenceList](ctx, c, q, "evidence")
}

// Evidence gives one bundle with its manifest.
func (c *Client) Evidence(ctx context.Context, digest string) (*api.EvidenceView, error) {
	return Get[api.EvidenceView](ctx, c, nil, "evidence", digest)
}

// SealEvidence seals evidence outside any plan. The same key again gives the
// same bundle.
func (c *Client) SealEvidence(ctx context.Context, o api.EvidenceOrder, key string) (*api.EvidenceSealed, error) {
	return PostKey[api.EvidenceSealed](ctx, c.unhurried(), o, key, "evidence")
}

// VerifyEvidence has the console read a whole bundle and prove it.
func (c *Client) VerifyEvidence(ctx context.Context, digest string) (*api.EvidenceReport, error) {
	return PostKey[api.EvidenceReport](ctx, c.unhurried(), nil, NewKey(), "evidence", digest, "verify")
}

// unhurried has no limit of time of its own: a bundle may be large, and the
// context can end it.
func (c *Client) unhurried() *Client {
	return &Client{base: c.base, http: &http.Client{Transport: c.http.Transport, CheckRedirect: c.http.CheckRedirect}, pass: c.pass, plain: c.plain}
}

// ExportEvidence writes a bundle as a tar archive. Whether it is whole only its
// verification tells.
func (c *Client) ExportEvidence(ctx context.Context, digest string, w io.Writer) error {
	address, err := c.address([]string{"evidence", digest, "export"})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := c.unhurried().send(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(w, resp.Body); err != nil {
		return cratewarden.Wrap(err, cratewarden.Unavailable, "The download broke off. Verify the bundle in the console, then try again.")
	}
	return nil
}
