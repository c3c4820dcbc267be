package main

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/auth"
	"cratewarden/door"
	"cratewarden/telemetry/logtest"
)

// Health and metrics are for probes. Behind a proxy on this machine that nobody
// named, everybody seems to come from loopback, so that is no probe then.
func TestProbes(t *testing.T) {
	t.Parallel()
	local, office := netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.1.0.0/16")
	for name, c := range map[string]struct {
		origin          string
		proxies, probes []netip.Prefix
		tls             bool
		from, forwarded string
		want            bool
	}{
		"on this machine":             {origin: "http://localhost:8420", from: "127.0.0.1:9", want: true},
		"by TLS of our own":           {origin: "https://console.example", tls: true, from: "[::1]:9", want: true},
		"by an unnamed proxy":         {origin: "https://console.example", from: "127.0.0.1:9", forwarded: "203.0.113.7"},
		"by a named proxy":            {origin: "https://console.example", proxies: []netip.Prefix{local}, from: "127.0.0.1:9", forwarded: "203.0.113.7"},
		"beside a named proxy":        {origin: "https://console.example", proxies: []netip.Prefix{local}, from: "127.0.0.1:9", want: true},
		"claimed by a stranger":       {origin: "https://console.example", tls: true, from: "203.0.113.7:9", forwarded: "127.0.0.1"},
		"a named network":             {origin: "https://console.example", probes: []netip.Prefix{office}, from: "10.1.2.3:9", want: true},
		"loopback when one is named":  {origin: "http://localhost:8420", probes: []netip.Prefix{office}, from: "127.0.0.1:9"},
		"loopback named, no TLS here": {origin: "https://console.example", probes: []netip.Prefix{local}, from: "127.0.0.1:9", want: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := prober{signIn: &signInConfig{proxies: c.proxies, probes: c.probes, auth: auth.Config{Origin: c.origin}}}
			r := httptest.NewRequest(http.MethodGet, c.origin+"/metrics", nil)
			if r.RemoteAddr = c.from; !c.tls {
				r.TLS = nil
			}
			if c.forwarded != "" {
				r.Header.Set("X-Forwarded-For", c.forwarded)
			}
			got := false
			door.Handler(door.Config{Trusted: c.proxies}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = p.near(r) })).ServeHTTP(httptest.NewRecorder(), r)
			if got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

// Nobody may make everybody a proxy, who could then name any address.
func TestEverybodyIsNoProxy(t *testing.T) {
	t.Parallel()
	for _, network := range []string{"0.0.0.0/0", "::/0", "::ffff:0.0.0.0/96"} {
		file := filepath.Join(t.TempDir(), "sign-in.yaml")
		if err := os.WriteFile(file, []byte(strings.Replace(goodSignIn, "10.0.0.0/8", `"`+network+`"`, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		_, l, err := serveCmd{listening: listening{Addr: "127.0.0.1:0"}, SignIn: file}.entrance(logtest.Logger(t))
		if err == nil {
			_ = l.Close()
		}
		if cratewarden.KindOf(err) != cratewarden.Invalid || !strings.Contains(cratewarden.MessageOf(err), "choose their address") {
			t.Errorf("%s: %v", network, err)
		}
	}
}

// Who comes from nowhere is counted like everybody else.
func TestLimitOfUnknownOrigin(t *testing.T) {
	t.Parallel()
	limit := limits()
	for _, from := range []string{"", "203.0.113.7", "2001:db8::1"} {
		refused := false
		for range 100 {
			ok, _ := limit("sign-in", from)
			refused = refused || !ok
		}
		if !refused {
			t.Errorf("%q may try for ever", from)
		}
	}
}
