// Package door is what stands before every page and operation and knows nothing
// of them: encrypted listening with certificates that may be exchanged while the
// program runs, the client's real address behind proxies, limits for slow and
// large requests, and limits for how often somebody may try.
package door

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
)

// Config says what stands between the clients and us. Its zero value trusts
// nobody: the client is whoever is connected.
type Config struct {
	// Trusted are the networks of our own proxies, the only ones whose word on
	// the client counts.
	Trusted []netip.Prefix
	// TrustSocket says that who connects through a unix socket is a proxy of ours.
	TrustSocket bool
	// Body is the most bytes that a request may send, unless an inner layer
	// allows less; zero means 16 MiB.
	Body int64
}

type addressKey struct{}

type secureKey struct{}

// Address gives the client's real address, as Handler found it; not valid
// outside of it.
func Address(ctx context.Context) netip.Addr {
	addr, _ := ctx.Value(addressKey{}).(netip.Addr)
	return addr
}

// Secure says whether the client talks to us or to our proxy by https.
func Secure(ctx context.Context) bool {
	secure, _ := ctx.Value(secureKey{}).(bool)
	return secure
}

// Handler goes around everything that is served. It finds the client's address
// and puts it into the context and into RemoteAddr (with port 0 behind a proxy),
// so that no layer within can be told another; it takes out the headers it was
// found by, refuses addresses that a proxy could read differently from us, bounds
// the body, and tells browsers that came by https to stay with it.
func Handler(cfg Config, next http.Handler) http.Handler {
	if cfg.Body <= 0 {
		cfg.Body = 16 << 20
	}
	trusted := make([]netip.Prefix, 0, len(cfg.Trusted))
	for _, p := range cfg.Trusted {
		trusted = append(trusted, plain(p))
	}
	cfg.Trusted = trusted
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proxied := cfg.proxy(r)
		client := cfg.client(r)
		secure := r.TLS != nil || proxied && lastOf(r.Header.Values("X-Forwarded-Proto")) == "https"
		if secure {
			// Half a year, and no other host: this one is all that we know.
			w.Header().Set("Strict-Transport-Security", "max-age=15768000")
		}
		if !plainPath(r) {
			http.Error(w, "This address can be read in two ways. Use the links of the console.", http.StatusBadRequest)
			return
		}
		ctx := context.WithValue(r.Context(), addressKey{}, client)
		r = r.WithContext(context.WithValue(ctx, secureKey{}, secure))
		r.Header = r.Header.Clone()
		dropForwarded(r.Header)
		if client.IsValid() && proxied {
			r.RemoteAddr = netip.AddrPortFrom(client, 0).String()
		}
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = http.MaxBytesReader(w, r.Body, cfg.Body)
		}
		next.ServeHTTP(w, r)
	})
}

// dropForwarded takes out every header that is a claim about the client or the
// request's address, whoever made it.
func dropForwarded(h http.Header) {
	for name := range h {
		switch {
		case strings.HasPrefix(name, "X-Forwarded-"), strings.HasPrefix(name, "X-Original-"), strings.HasPrefix(name, "X-Rewrite-"):
			delete(h, name)
		}
	}
	for _, name := range []string{"Forwarded", "X-Real-Ip", "True-Client-Ip", "X-Client-Ip", "Cf-Connecting-Ip", "X-Http-Method-Override", "X-Method-Override"} {
		h.Del(name)
	}
}

// plainPath says whether everybody between the client and us reads the path
// alike: whole segments, none of them "." or "..", nothing that ends or splits a
// path for some. An escaped slash counts as a slash here, and is a letter of one
// segment to our routes, so it never leads to another page. Other odd characters are let through escaped, since hostile
// archives have files called so, and people must be able to read them.
func plainPath(r *http.Request) bool {
	path := r.URL.Path
	if path == "" || path == "*" {
		return path == "" || r.Method == http.MethodOptions
	}
	raw, _, _ := strings.Cut(r.RequestURI, "?")
	if path[0] != '/' || strings.Contains(path, "//") || strings.ContainsAny(raw, "\\;#") || strings.ContainsRune(path, 0) {
		return false
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return false
		}
	}
	return true
}
