package auth_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"cratewarden/auth"
)

// tab opens a page of its own Chromium at http://localhost and gives the page's
// origin.
func tab(t *testing.T) (context.Context, string) {
	t.Helper()
	program := os.Getenv("CHROMIUM")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "/usr/bin/chromium"} {
		if program == "" {
			program, _ = exec.LookPath(name)
		}
	}
	if program == "" {
		t.Fatal("no Chromium: install Debian's package chromium")
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<!doctype html><title>t</title>")
	}))
	t.Cleanup(server.Close)
	origin := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	alloc, stopAlloc := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-dev-shm-usage", true))...)
	ctx, stop := chromedp.NewContext(alloc)
	ctx, late := context.WithTimeout(ctx, time.Minute)
	t.Cleanup(func() { late(); stop(); stopAlloc() })
	if err := chromedp.Do(ctx, chromedp.Navigate(origin+"/"), chromedp.WaitReady(chromedp.CSS("body"))); err != nil {
		t.Fatal(err)
	}
	return ctx, origin
}

// ask lets the page ask its authenticator. The error is the browser's.
func ask(t *testing.T, ctx context.Context, act string, options []byte) ([]byte, error) {
	t.Helper()
	parse := map[string]string{"create": "parseCreationOptionsFromJSON", "get": "parseRequestOptionsFromJSON"}[act]
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](fmt.Sprintf(`(async () => { try {
		const found = await navigator.credentials.%s({publicKey: PublicKeyCredential.%s(%s)});
		return JSON.stringify(found.toJSON());
	} catch (e) { return e.name } })()`, act, parse, options), chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(text, "{") {
		return nil, fmt.Errorf("the browser says %s", text)
	}
	return []byte(text), nil
}

// plug puts an authenticator into the browser, in place of the one before.
func plug(t *testing.T, ctx context.Context, o webauthn.VirtualAuthenticatorOptions) webauthn.AuthenticatorID {
	t.Helper()
	if _, err := chromedp.Call(ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	out, err := chromedp.Call(ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &o})
	if err != nil {
		t.Fatal(err)
	}
	return out.AuthenticatorID
}

// A real browser reads our questions, and its answers are taken: of a security
// key and of a synced passkey of the machine.
func TestPasskeysOfARealBrowser(t *testing.T) {
	t.Parallel()
	ctx, origin := tab(t)
	ada := newHouse(t, func(c *auth.Config) { c.Origin = origin }).ada()
	code, _, err := ada.IssueEnrolment(t.Context(), auth.Server(), "ada")
	ada.must(err)
	for i, o := range []webauthn.VirtualAuthenticatorOptions{
		{Protocol: webauthn.AuthenticatorProtocolCtap2, Ctap2version: webauthn.Ctap2versionCtap21, Transport: webauthn.AuthenticatorTransportUsb,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true},
		{Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true,
			HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true, DefaultBackupEligibility: true, DefaultBackupState: true},
	} {
		id := plug(t, ctx, o)
		ada.pass(time.Second)
		c, err := ada.BeginPasskey(t.Context(), ada.who(), code)
		ada.must(err)
		code = ""
		answer, err := ask(t, ctx, "create", c.Options)
		ada.must(err)
		t.Logf("a registration takes %d bytes", len(answer))
		ada.must(ada.took(ada.FinishPasskey(t.Context(), ada.who(), c.ID, fmt.Sprint("key ", i), answer)))
		for range 2 { // and it counts on
			this := of("apply", "p1", fmt.Sprint("review ", i))
			c, err = ada.BeginStepUp(t.Context(), ada.who(), this)
			ada.must(err)
			answer, err = ask(t, ctx, "get", c.Options)
			ada.must(err)
			ada.must(ada.took(ada.FinishStepUp(t.Context(), ada.who(), c.ID, answer)))
			ada.must(ada.consented(this))
		}
		c, err = ada.BeginPasskey(t.Context(), ada.who(), "")
		ada.must(err)
		if _, err := ask(t, ctx, "create", c.Options); err == nil || !strings.Contains(err.Error(), "InvalidStateError") {
			t.Errorf("the same authenticator again: %v", err)
		}
		if _, err := chromedp.Call(ctx, webauthn.RemoveVirtualAuthenticator, webauthn.RemoveVirtualAuthenticatorParams{AuthenticatorID: id}); err != nil {
			t.Fatal(err)
		}
	}
	list, err := ada.Passkeys(t.Context(), "ada")
	ada.must(err)
	if len(list) != 2 || list[0].Synced || !list[1].Synced {
		t.Errorf("%+v", list)
	}
}

// Without finger, face or PIN the browser itself gives no answer.
func TestBrowserVerifiesItsUser(t *testing.T) {
	t.Parallel()
	ctx, origin := tab(t)
	ada := newHouse(t, func(c *auth.Config) { c.Origin = origin }).ada()
	code, _, err := ada.IssueEnrolment(t.Context(), auth.Server(), "ada")
	ada.must(err)
	plug(t, ctx, webauthn.VirtualAuthenticatorOptions{Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportUsb,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: false, AutomaticPresenceSimulation: true})
	c, err := ada.BeginPasskey(t.Context(), ada.who(), code)
	ada.must(err)
	if _, err := ask(t, ctx, "create", c.Options); err == nil || !strings.Contains(err.Error(), "NotAllowedError") {
		t.Errorf("%v", err)
	}
}
