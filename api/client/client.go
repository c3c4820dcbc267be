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
	"slices"
	"strconv"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/api"
)

// Client asks one console. Several goroutines may use it at the same time.
type Client struct {
	base  string
	http  *http.Client
	pass  *pass
	plain bool // asks nothing of people
}

// New makes a client for the console at base, like http://127.0.0.1:8420. It
// never follows a redirect: no console sends one, and whoever does would get the
// token.
func New(base string) (*Client, error) {
	origin, err := Origin(base)
	if err != nil {
		return nil, err
	}
	h := &http.Client{Timeout: 70 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &Client{base: strings.TrimRight(base, "/") + api.Prefix, http: h, pass: &pass{origin: origin}}, nil
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
	resp, err := c.send(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	out := new(T)
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(out); err != nil {
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

// Refusal is what the console answered instead of what was asked for.
type Refusal struct {
	Problem api.Problem
	Wait    time.Duration // when to ask again, for who asks too often
}

// Error is the sentence for people.
func (r *Refusal) Error() string { return r.Problem.Detail }

// Unwrap makes it an error of the kind that the server had.
func (r *Refusal) Unwrap() error {
	return cratewarden.Errorf(r.Problem.Kind, "%s", r.Problem.Detail)
}

// onlyStepUp says that a confirmation with a passkey is all that is missing.
func (r *Refusal) onlyStepUp() bool {
	return r.Problem.About != nil && !slices.ContainsFunc(r.Problem.Denials, func(d access.Denial) bool { return d.Rule != access.RuleStepUp })
}

// refusal reads the problem document; an answer that is none, from a proxy
// perhaps, is said to be that.
func refusal(resp *http.Response) error {
	if resp.StatusCode == http.StatusRequestHeaderFieldsTooLarge {
		return cratewarden.Errorf(cratewarden.TooLarge, "That is too long to ask for.")
	}
	r := &Refusal{}
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // half an answer is none, as below
	if resp.StatusCode == http.StatusBadRequest && bytes.HasPrefix(text, []byte("This address can be read in two ways.")) {
		return cratewarden.Errorf(cratewarden.Invalid, "What you name holds a slash, or is nothing but dots. No crate, account, plan or incident is called so.")
	}
	if err := json.Unmarshal(text, &r.Problem); err != nil || r.Problem.Kind == "" {
		return cratewarden.Errorf(cratewarden.Unavailable, "Something answered with status %d that is not a cratewarden console.", resp.StatusCode)
	}
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 {
		r.Wait = time.Duration(min(seconds, 3600)) * time.Second
	}
	return r
}
