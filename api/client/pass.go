package client

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"cratewarden"
)

// pass is what a client shows to be let in, and what it does when that is not
// enough.
type pass struct {
	origin string

	mu     sync.Mutex
	token  string
	signIn SignIn
	stepUp StepUp
}

// SignIn gets a token after one was refused, "" for none; refused is the one
// that was not valid, "" if there was none.
type SignIn func(ctx context.Context, refused string) (token string, err error)

// StepUp has the person confirm what a refusal asks for, and gives the session's
// new token.
type StepUp func(ctx context.Context, r *Refusal) (token string, err error)

// Origin is the part of a console's address that tokens are bound to: scheme,
// host and port.
func Origin(base string) (string, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return "", cratewarden.Errorf(cratewarden.Invalid, "The console's address must look like http://127.0.0.1:8420.")
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Scheme + "://" + net.JoinHostPort(strings.ToLower(u.Hostname()), port), nil
}

// Origin is the console that this client asks.
func (c *Client) Origin() string { return c.pass.origin }

// Loopback says that the console is on this machine.
func (c *Client) Loopback() bool {
	u, err := url.Parse(c.pass.origin)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// Use makes the client show a token. It refuses one that would travel in the
// clear.
func (c *Client) Use(token string) error {
	if token != "" && !c.Loopback() && strings.HasPrefix(c.pass.origin, "http://") {
		return cratewarden.Errorf(cratewarden.Refused, "A token is sent over https only, or to this machine. Name the console with https:// in its address.")
	}
	for _, b := range []byte(token) {
		if b <= ' ' || b > '~' {
			return cratewarden.Errorf(cratewarden.Invalid, "The token holds something that no token has. Copy it again, in one line.")
		}
	}
	c.pass.mu.Lock()
	defer c.pass.mu.Unlock()
	c.pass.token = token
	return nil
}

// On sets what is done when nobody is signed in and when the person must
// confirm; nil leaves it at the refusal.
func (c *Client) On(signIn SignIn, stepUp StepUp) {
	c.pass.mu.Lock()
	defer c.pass.mu.Unlock()
	c.pass.signIn, c.pass.stepUp = signIn, stepUp
}

// Plain is the same client, which takes every refusal as it is.
func (c *Client) Plain() *Client {
	return &Client{base: c.base, http: c.http, pass: c.pass, plain: true}
}

// Fresh is a client of the same console without any token.
func (c *Client) Fresh() *Client {
	return &Client{base: c.base, http: c.http, pass: &pass{origin: c.pass.origin}, plain: true}
}

// send asks. After signing in or confirming it asks again, the same with the
// same key, so nothing is done twice.
func (c *Client) send(req *http.Request) (*http.Response, error) {
	signed, confirmed := c.plain, c.plain
	for {
		token, signIn, stepUp := c.pass.now()
		resp, err := c.once(req, token)
		if err == nil {
			return resp, nil
		}
		r, ok := errors.AsType[*Refusal](err)
		var fresh string
		var trouble error
		switch {
		case ok && r.Problem.Status == http.StatusUnauthorized && !signed && signIn != nil:
			signed = true
			fresh, trouble = signIn(req.Context(), token)
		case ok && r.onlyStepUp() && !confirmed && stepUp != nil:
			confirmed = true
			fresh, trouble = stepUp(req.Context(), r)
		}
		if trouble != nil {
			return nil, trouble
		}
		if fresh == "" {
			return nil, err
		}
		if err := c.Use(fresh); err != nil {
			return nil, err
		}
	}
}

func (p *pass) now() (string, SignIn, StepUp) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.token, p.signIn, p.stepUp
}

func (c *Client) once(req *http.Request, token string) (*http.Response, error) {
	again := req.Clone(req.Context())
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, err
		}
		again.Body = body
	}
	again.Header.Set("User-Agent", "cratewarden")
	if token != "" {
		again.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := c.http.Do(again)
	if err != nil {
		return nil, unreachable(err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer func() { _ = resp.Body.Close() }()
	return nil, refusal(resp)
}
