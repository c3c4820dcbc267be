package door_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/door"
)

func prefixes(t *testing.T, list ...string) []netip.Prefix {
	t.Helper()
	all, err := door.Prefixes(list)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestClient(t *testing.T) {
	t.Parallel()
	ours := prefixes(t, "10.0.0.0/8", "2001:db8:1::/48", "::ffff:192.0.2.0/120", "127.0.0.1")
	for _, row := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"nobody between", "198.51.100.7:4711", nil, "198.51.100.7"},
		{"a stranger's claim", "198.51.100.7:4711", []string{"203.0.113.1"}, "198.51.100.7"},
		{"a stranger claims to be a proxy", "198.51.100.7:4711", []string{"203.0.113.1, 10.0.0.1"}, "198.51.100.7"},
		{"one proxy", "10.0.0.1:1", []string{"203.0.113.1"}, "203.0.113.1"},
		{"a claim before the proxy's word", "10.0.0.1:1", []string{"6.6.6.6, 203.0.113.1"}, "203.0.113.1"},
		{"a claim to be a proxy before it", "10.0.0.1:1", []string{"6.6.6.6, 10.9.9.9, 203.0.113.1"}, "203.0.113.1"},
		{"two proxies", "10.0.0.1:1", []string{"203.0.113.1, 10.0.0.2"}, "203.0.113.1"},
		{"in two lines", "10.0.0.1:1", []string{"6.6.6.6", "203.0.113.1", "10.0.0.2"}, "203.0.113.1"},
		{"a proxy of a network given as mapped", "192.0.2.7:1", []string{"203.0.113.1"}, "203.0.113.1"},
		{"a mapped proxy", "[::ffff:10.0.0.1]:1", []string{"203.0.113.1"}, "203.0.113.1"},
		{"a mapped client", "10.0.0.1:1", []string{"::ffff:203.0.113.1"}, "203.0.113.1"},
		{"with a port", "10.0.0.1:1", []string{"203.0.113.1:55555"}, "203.0.113.1"},
		{"IPv6", "[2001:db8:1::1]:1", []string{"2001:db8:9::7"}, "2001:db8:9::7"},
		{"IPv6 in brackets", "10.0.0.1:1", []string{"[2001:db8:9::7]"}, "2001:db8:9::7"},
		{"IPv6 with a port", "10.0.0.1:1", []string{"[2001:db8:9::7]:443"}, "2001:db8:9::7"},
		{"with a zone", "10.0.0.1:1", []string{"fe80::1%eth0"}, "fe80::1"},
		{"garbage from the proxy", "10.0.0.1:1", []string{"unknown"}, "10.0.0.1"},
		{"garbage behind a good word", "10.0.0.1:1", []string{"<script>, 203.0.113.1"}, "203.0.113.1"},
		{"garbage between", "10.0.0.1:1", []string{"203.0.113.1, x, 10.0.0.2"}, "10.0.0.2"},
		{"empty", "10.0.0.1:1", []string{""}, "10.0.0.1"},
		{"commas", "10.0.0.1:1", []string{",,,"}, "10.0.0.1"},
		{"an octal address", "10.0.0.1:1", []string{"0177.0.0.1"}, "10.0.0.1"},
		{"no address", "10.0.0.1:1", []string{"0.0.0.0"}, "10.0.0.1"},
		{"a port that is none", "10.0.0.1:1", []string{"203.0.113.1:99999"}, "10.0.0.1"},
		{"only proxies", "10.0.0.1:1", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"proxies without end", "10.0.0.1:1", []string{strings.Repeat("10.0.0.2,", 5000) + "10.0.0.2"}, "10.0.0.2"},
		{"a unix socket", "@", []string{"203.0.113.1"}, "invalid IP"},
		{"nothing at all", "", nil, "invalid IP"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = row.peer
		r.Header["X-Forwarded-For"] = row.forwarded
		if got := door.Client(r, ours).String(); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
	}
}

func TestPrefixesThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "10.0.0.0/40", "example.org", "0.0.0.0/0", "::/0", "::ffff:0.0.0.0/90", "::ffff:0.0.0.0/96", "10.0.0.0/8,127.0.0.1"} {
		if got, err := door.Prefixes([]string{text}); cratewarden.KindOf(err) != cratewarden.Invalid {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

// seen is what a handler within the door sees of a request.
func seen(cfg door.Config, r *http.Request) (status int, answer http.Header, address string, secure bool, inner *http.Request) {
	w := httptest.NewRecorder()
	door.Handler(cfg, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		address, secure, inner = door.Address(r.Context()).String(), door.Secure(r.Context()), r
	})).ServeHTTP(w, r)
	return w.Code, w.Header(), address, secure, inner
}

// No layer within can be told of another address, host or method than ours.
func TestHandlerHidesClaims(t *testing.T) {
	t.Parallel()
	cfg := door.Config{Trusted: prefixes(t, "10.0.0.0/8")}
	for _, peer := range []string{"10.0.0.1:99", "198.51.100.7:99"} {
		r := httptest.NewRequest("GET", "/crates", nil)
		r.RemoteAddr = peer
		for _, name := range []string{"X-Forwarded-For", "X-Real-IP", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "Forwarded", "True-Client-IP",
			"X-Original-URL", "X-Rewrite-URL", "X-HTTP-Method-Override", "X-Client-IP"} {
			r.Header.Set(name, "203.0.113.1")
		}
		r.Header.Set("Accept", "text/html")
		_, _, address, secure, inner := seen(cfg, r)
		want, remote := "203.0.113.1", "203.0.113.1:0"
		if peer[0] == '1' && peer[1] == '9' {
			want, remote = "198.51.100.7", peer
		}
		if address != want || inner.RemoteAddr != remote || secure || len(inner.Header) != 1 {
			t.Errorf("%s: %s, %s, %v, %v", peer, address, inner.RemoteAddr, secure, inner.Header)
		}
		if r.Header.Get("X-Real-IP") == "" {
			t.Error("the outer layer's headers were changed")
		}
	}
	mapped := door.Config{Trusted: []netip.Prefix{netip.MustParsePrefix("::ffff:10.0.0.0/104")}}
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "10.0.0.1:99"
	r.Header.Set("X-Forwarded-For", "203.0.113.1")
	if _, _, address, _, _ := seen(mapped, r); address != "203.0.113.1" {
		t.Errorf("a proxy named as mapped: %s", address)
	}
	r = httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "@"
	r.Header.Set("X-Forwarded-For", "203.0.113.1")
	if _, _, address, _, _ := seen(door.Config{TrustSocket: true}, r); address != "203.0.113.1" {
		t.Errorf("behind a socket: %s", address)
	}
}

func TestStrictTransportOnlyByHTTPS(t *testing.T) {
	t.Parallel()
	cfg := door.Config{Trusted: prefixes(t, "10.0.0.0/8")}
	for _, row := range []struct {
		peer, target string
		proto        []string
		want         bool
	}{
		{"10.0.0.1:1", "http://c/", nil, false},
		{"10.0.0.1:1", "http://c/", []string{"https"}, true},
		{"10.0.0.1:1", "http://c/", []string{"http, HTTPS"}, true},
		{"10.0.0.1:1", "http://c/", []string{"https, http"}, false},
		{"10.0.0.1:1", "http://c/", []string{"https", "http"}, false},
		{"198.51.100.7:1", "http://c/", []string{"https"}, false},
		{"198.51.100.7:1", "https://c/", nil, true},
	} {
		r := httptest.NewRequest("GET", row.target, nil)
		r.RemoteAddr = row.peer
		r.Header["X-Forwarded-Proto"] = row.proto
		_, header, _, secure, _ := seen(cfg, r)
		if secure != row.want || (header.Get("Strict-Transport-Security") != "") != row.want {
			t.Errorf("%+v: secure %v, %q", row, secure, header.Get("Strict-Transport-Security"))
		}
	}
}
