package webtest

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// AtLocalhost gives the same site under the name localhost, which browsers let
// ask for passkeys without TLS.
func (s *Site) AtLocalhost() *Site {
	return &Site{URL: strings.Replace(s.URL, "127.0.0.1", "localhost", 1)}
}

// OpenAlone is Open in a browser that shares no cookies with the others, as
// another person's does.
func (s *Site) OpenAlone(t testing.TB, path string) *Page {
	t.Helper()
	return s.open(t, path, chromedp.WithNewBrowserContext())
}

// Beside opens an address in another tab of the same browser: it has the same
// cookies.
func (p *Page) Beside(path string) *Page {
	p.t.Helper()
	return p.site.openIn(p.t, p.tab, path)
}

// Key is a passkey device that is plugged into a tab.
type Key struct {
	p  *Page
	id webauthn.AuthenticatorID
}

// Plug gives the tab a security key that answers at once and knows its owner by
// a finger.
func (p *Page) Plug() *Key {
	p.t.Helper()
	call(p, webauthn.Enable, webauthn.EnableParams{})
	out := call(p, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Ctap2version: webauthn.Ctap2versionCtap21, Transport: webauthn.AuthenticatorTransportUsb,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}})
	return &Key{p, out.AuthenticatorID}
}

// Known says whether it recognises its owner from now on; else it refuses.
func (k *Key) Known(is bool) {
	k.p.t.Helper()
	call(k.p, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: k.id, IsUserVerified: is})
}
