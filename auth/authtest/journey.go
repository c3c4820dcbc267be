package authtest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"cratewarden/auth"
)

// Visit goes to a provider's address as a browser does, and gives what it sends
// back to the console.
func Visit(ctx context.Context, address string) (url.Values, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	back, err := res.Location()
	if err != nil {
		return nil, fmt.Errorf("the provider answers %s and sends nobody back", res.Status)
	}
	return back.Query(), nil
}

// SignIn takes whoever sits at the provider through a whole sign-in, without a
// console around the service.
func SignIn(ctx context.Context, s *auth.Service, provider, back string, from auth.From) (auth.SignedIn, error) {
	address, cookie, err := s.BeginSignIn(ctx, provider, back)
	if err != nil {
		return auth.SignedIn{}, err
	}
	answer, err := Visit(ctx, address)
	if err != nil {
		return auth.SignedIn{}, err
	}
	return s.FinishSignIn(ctx, provider, answer, cookie.Value, from)
}

// Browser is a client with cookies of its own, which takes itself wherever it is
// sent. It stands for one person's browser.
func Browser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err) // never without options
	}
	return &http.Client{Jar: jar}
}

// SignInAt signs whoever sits at the provider in to the console at base, such as
// "http://localhost:8080", with the browser's cookies, and gives the answer to
// the callback's last redirect.
func SignInAt(ctx context.Context, browser *http.Client, base, provider, back string) (*http.Response, error) {
	form := strings.NewReader(url.Values{"back": {back}}.Encode())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/sign-in/"+provider, form)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", base)
	res, err := browser.Do(r)
	if err != nil {
		return nil, err
	}
	_ = res.Body.Close()
	_, address, ok := strings.Cut(res.Header.Get("Refresh"), "url=")
	if !ok {
		return nil, fmt.Errorf("the console answers %s and leads to no provider", res.Status)
	}
	return get(ctx, browser, address)
}

func get(ctx context.Context, browser *http.Client, address string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	return browser.Do(r)
}
