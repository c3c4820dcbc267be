package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// providers asks each place of sign-in whether it is there.
func (p *patient) providers(ctx context.Context) {
	if p.signIn == nil {
		return
	}
	client := &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, one := range p.signIn.Providers {
		about := "sign-in " + one.ID
		const do = "Check its address, and that this machine may reach it."
		var err error
		date := ""
		if one.Kind == "oidc" {
			date, err = discover(ctx, client, one.Issuer)
		} else {
			date, err = knock(ctx, client, one.URL)
		}
		if err != nil {
			p.say(wrong, about, do, "%s", err)
			continue
		}
		p.say(fine, about, "", "it answers")
		if at, err := http.ParseTime(date); err == nil && p.clock().Sub(at).Abs() > 10*time.Second { // its seconds are whole, and proxies keep answers
			p.say(weak, about, "Let this machine follow a time server.", "its clock is %s from ours; sign-ins may seem to be over", p.clock().Sub(at).Abs().Round(time.Second))
		}
	}
}

// knock asks a GitHub for anything.
func knock(ctx context.Context, client *http.Client, address string) (date string, err error) {
	if address == "" {
		address = "https://github.com"
	}
	answer, err := askProvider(ctx, client, http.MethodHead, address)
	if err != nil {
		return "", err
	}
	_ = answer.Body.Close()
	return answer.Header.Get("Date"), nil
}

// discover reads what an OpenID Connect provider says of itself.
func discover(ctx context.Context, client *http.Client, issuer string) (date string, err error) {
	answer, err := askProvider(ctx, client, http.MethodGet, strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration")
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	var says struct {
		Issuer string `json:"issuer"`
	}
	if answer.StatusCode != http.StatusOK || json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(&says) != nil {
		return "", fmt.Errorf("its /.well-known/openid-configuration cannot be read (answer %d)", answer.StatusCode)
	}
	if says.Issuer != issuer {
		return "", fmt.Errorf("it says it is another issuer, %.100q; they must be the same to the letter", says.Issuer)
	}
	return answer.Header.Get("Date"), nil
}

func askProvider(ctx context.Context, client *http.Client, method, address string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return nil, errors.New("its address cannot be understood")
	}
	answer, err := client.Do(request)
	if err != nil {
		return nil, errors.New("it does not answer")
	}
	return answer, nil
}
