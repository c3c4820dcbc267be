// Package client talks to the console's JSON interface; the command line is
// written with it, so whatever the interface refuses, the command line cannot
// do either. Errors come back with the same kinds that the server had.
package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/api"
)

// Client asks one console.
type Client struct {
	base   string
	http   *http.Client
	person string
}

// New makes a client for the console at base, like http://127.0.0.1:8420.
func New(base string) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "The console's address must look like http://127.0.0.1:8420.")
	}
	return &Client{base: strings.TrimRight(base, "/") + api.Prefix, http: &http.Client{Timeout: 70 * time.Second}}, nil
}

// maxAnswer bounds what is read from the server.
const maxAnswer = 256 << 20

// Get asks for path, whose parts are escaped, with a query, into an answer.
func Get[T any](ctx context.Context, c *Client, query url.Values, parts ...string) (*T, error) {
	address, err := c.address(parts)
	if err != nil {
		return nil, err
	}
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, cratewarden.Wrap(err, cratewarden.Invalid, "That cannot be asked for.")
	}
	return do[T](c, req)
}

// Post sends a body; secrets travel only so, never in an address.
func Post[T any](ctx context.Context, c *Client, body any, path string) (*T, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/"+path, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	return do[T](c, req)
}

// PostKey sends a body to path, whose parts are escaped, with the idempotency
// key under which asking again does nothing twice. A nil body sends none.
func PostKey[T any](ctx context.Context, c *Client, body any, key string, parts ...string) (*T, error) {
	address, err := c.address(parts)
	if err != nil {
		return nil, err
	}
	var text []byte
	if body != nil {
		if text, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Idempotency-Key", key)
	return do[T](c, req)
}

// NewKey gives an idempotency key for a new request.
func NewKey() string { return rand.Text() }

// As makes the client ask in the name of one of a demo's people. A console on
// a real registry takes no notice.
func (c *Client) As(person string) { c.person = person }

func (c *Client) address(parts []string) (string, error) {
	address := c.base
	for _, p := range parts {
		if p == "" || p == "." || p == ".." { // an address cannot carry these
			return "", cratewarden.Errorf(cratewarden.Invalid, "Nothing can have the name %q.", p)
		}
		address += "/" + url.PathEscape(p)
	}
	return address, nil
}

func do[T any](c *Client, req *http.Request) (*T, error) {
	req.Header.Set("Accept", "application/json")
	if c.person != "" {
		req.Header.Set(api.PersonHeader, c.person)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, unreachable(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body := io.LimitReader(resp.Body, maxAnswer)
	if resp.StatusCode != http.StatusOK {
		return nil, refusal(resp.StatusCode, body)
	}
	out := new(T)
	if err := json.NewDecoder(body).Decode(out); err != nil {
		return nil, cratewarden.Wrap(err, cratewarden.Internal, "The console's answer cannot be read.")
	}
	return out, nil
}

func unreachable(err error) error {
	if errors.Is(err, context.Canceled) {
		return cratewarden.Wrap(err, cratewarden.Canceled, "Given up.")
	}
	return cratewarden.Wrap(err, cratewarden.Unavailable,
		"No console answers there. Start one with \"cratewarden demo\", \"open\" or \"serve\", or name its address with --server.")
}

// refusal reads the problem document; an answer that is none, from a proxy
// perhaps, is said to be that.
func refusal(status int, body io.Reader) error {
	if status == http.StatusRequestHeaderFieldsTooLarge {
		return cratewarden.Errorf(cratewarden.TooLarge, "That is too long to ask for.")
	}
	var p api.Problem
	if err := json.NewDecoder(body).Decode(&p); err != nil || p.Kind == "" {
		return cratewarden.Errorf(cratewarden.Unavailable, "Something answered with status %d that is not a cratewarden console.", status)
	}
	return cratewarden.Errorf(p.Kind, "%s", p.Detail)
}
