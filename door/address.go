package door

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"cratewarden"
)

// Prefixes reads networks such as "10.0.0.0/8" or single addresses.
func Prefixes(list []string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, text := range list {
		text = strings.TrimSpace(text)
		p, err := netip.ParsePrefix(text)
		if addr, single := netip.ParseAddr(text); err != nil && single == nil {
			p, err = netip.PrefixFrom(addr.WithZone(""), addr.BitLen()), nil
		}
		if p = plain(p); err != nil || !p.IsValid() {
			return nil, cratewarden.Errorf(cratewarden.Invalid, "%q is not a network of proxies such as 10.0.0.0/8 or 2001:db8::/32.", text)
		}
		if p.Bits() == 0 {
			return nil, cratewarden.Errorf(cratewarden.Invalid, "Trusting %s as a proxy would let everybody choose their address. Name the proxies' own networks.", text)
		}
		all = append(all, p)
	}
	return all, nil
}

// plain is a network as addresses are compared with it: IPv4 written as IPv6 is
// IPv4. It is not valid when a network of both would be meant.
func plain(p netip.Prefix) netip.Prefix {
	if p.IsValid() && p.Addr().Is4In6() {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96).Masked()
	}
	return p.Masked()
}

// mostHops is how many proxies in a row are believed in.
const mostHops = 20

// Client gives the address of the client who made a request: the nearest one
// that is not a proxy of ours. X-Forwarded-For counts only when the one who is
// connected is such a proxy, and is read from the right, since everything to the
// left of what our proxies wrote is the client's own invention. It is not valid
// when nobody knows, as on a unix socket.
func Client(r *http.Request, trusted []netip.Prefix) netip.Addr {
	return Config{Trusted: trusted}.client(r)
}

func (c Config) client(r *http.Request) netip.Addr {
	client := peer(r)
	if !c.proxy(r) {
		return client
	}
	// Several lines of a header are one list.
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for n := 0; n < mostHops && n < len(hops); n++ {
		hop, ok := parseHop(hops[len(hops)-1-n])
		if !ok {
			// What our own proxy could not name, nobody can: stay with the proxy.
			return client
		}
		client = hop
		if !contains(c.Trusted, hop) {
			return client
		}
	}
	return client
}

// proxy says whether who is connected is a proxy of ours.
func (c Config) proxy(r *http.Request) bool {
	addr := peer(r)
	if !addr.IsValid() {
		return c.TrustSocket && !strings.Contains(r.RemoteAddr, ":")
	}
	return contains(c.Trusted, addr)
}

// peer is who is connected; not valid for a unix socket.
func peer(r *http.Request) netip.Addr {
	addr, _ := parseHop(r.RemoteAddr)
	return addr
}

// parseHop reads an address with or without a port, IPv6 with or without
// brackets.
func parseHop(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	if host, port, err := net.SplitHostPort(text); err == nil {
		if _, err := netip.ParseAddrPort(net.JoinHostPort(host, port)); err != nil {
			return netip.Addr{}, false
		}
		text = host
	} else if len(text) > 2 && text[0] == '[' && text[len(text)-1] == ']' {
		text = text[1 : len(text)-1]
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}, false
	}
	addr = addr.Unmap().WithZone("")
	return addr, !addr.IsUnspecified()
}

func contains(networks []netip.Prefix, addr netip.Addr) bool {
	for _, n := range networks {
		if n.Contains(addr) {
			return true
		}
	}
	return false
}

// lastOf is the last entry of a list header, which the nearest proxy wrote.
func lastOf(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	entries := strings.Split(lines[len(lines)-1], ",")
	return strings.ToLower(strings.TrimSpace(entries[len(entries)-1]))
}
