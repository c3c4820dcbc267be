package web

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"cratewarden/telemetry"
)

// contentPolicy lets a page load our own style sheet, images and answers, run
// only scripts that carry this request's nonce, and nothing else. Text becomes
// markup only through htmx's policy, and htmx heeds only elements with the nonce.
func contentPolicy(nonce string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'nonce-" + nonce + "'",
		"style-src 'self'",
		"img-src 'self'",
		"connect-src 'self'",
		"form-action 'self'",
		"base-uri 'none'",
		"frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
		"trusted-types htmx",
	}, "; ")
}

// permissions are what a page may ask of the browser: its own passkeys, and
// nothing else.
const permissions = "publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), microphone=(), geolocation=(), payment=(), usb=(), " +
	"serial=(), hid=(), display-capture=(), fullscreen=(), autoplay=(), midi=(), screen-wake-lock=(), browsing-topics=()"

// protect sets the headers that keep a page by itself. The referrer policy is
// same-origin and not no-referrer, because the latter makes browsers send
// "Origin: null" with our own forms.
func (s *Server) protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy(visitOf(r.Context()).nonce))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Embedder-Policy", "require-corp")
		h.Set("Origin-Agent-Cluster", "?1")
		h.Set("X-Permitted-Cross-Domain-Policies", "none")
		h.Set("Permissions-Policy", permissions)
		// A static file replaces this by its own.
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// CheckHost refuses a request that names a host other than loopback or a
// configured one: such a request comes from a foreign page whose name was made
// to point here (DNS rebinding), and would read the console with its own script.
// The pages do it by themselves; whatever is served beside them needs it too.
func (s *Server) CheckHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.hostAllowed(r.Host) {
			telemetry.Route(r.Context(), "foreign host")
			http.Error(w, "This console does not answer under that name. Use the address it printed at its start.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) hostAllowed(host string) bool {
	if slices.ContainsFunc(s.cfg.Hosts, func(h string) bool { return strings.EqualFold(h, host) }) {
		return true
	}
	if name, port, err := net.SplitHostPort(host); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return false // two readers of it could see two hosts
		}
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.IsLoopback()
	}
	return host == "localhost" || slices.ContainsFunc(s.cfg.Hosts, func(h string) bool { return strings.EqualFold(h, host) })
}
