package cratewarden

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// TraceKind says what a piece of text gives away.
type TraceKind string

// The kinds of traces.
const (
	MailTrace    TraceKind = "mail address"
	AddressTrace TraceKind = "IP address"
	NameTrace    TraceKind = "@-name"
	SecretTrace  TraceKind = "secret" // a token, a password, a key
)

// Trace is a piece of a text that leads to a person or opens a door.
type Trace struct {
	Kind TraceKind
	Text string // as it stands in the text
	// From and To are its place in bytes.
	From, To int
}

var (
	mailLike = regexp.MustCompile(`[\pL\pN._%+'=-]*[\pL\pN_%+=-]@((?:[\pL\pN](?:[\pL\pN-]*[\pL\pN])?\.)+(?:xn--[A-Za-z0-9-]+|\pL{2,}))`)
	// versionLike is what stands after the @ of name@version.
	versionLike = regexp.MustCompile(`^v?\d+\.\d+(?:\.\d+)?(?:[-+.].*)?$`)
	ip4Like     = regexp.MustCompile(`\d{1,3}(?:\.\d{1,3}){3}`)
	ip6Like     = regexp.MustCompile(`[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:\d{0,3}(?:\.\d{1,3}){3})?`)
	secretLike  = regexp.MustCompile(`\bcio_tp_[A-Za-z0-9]{20,}|\bcio[A-Za-z0-9]{32}\b|\bcwd_[A-Za-z0-9_-]{20,}|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}` +
		`|://[^/\s:@]*:[^/\s@]+@|-----BEGIN [A-Z ]*PRIVATE KEY-----|(?i:\b(?:password|passwd|client_secret)["']?[=:]["']?[^\s"',;&]+)` +
		`|(?i:\bbearer\s+[\w.~+/-]{16,})|(?i:cratewarden)=[A-Za-z0-9_-]{20,}`)
)

// Traces finds mail addresses, IP addresses and secrets in a text, in the order
// of their places. A crate's name@version is none, and neither are the addresses
// by which a machine calls itself, such as 127.0.0.1.
func Traces(text string) []Trace {
	if !strings.ContainsAny(text, "@:._=-") && !strings.Contains(text, "cio") {
		return nil // nothing that any of them could be without
	}
	var out []Trace
	add := func(kind TraceKind, from, to int) {
		if !slices.ContainsFunc(out, func(t Trace) bool { return from < t.To && t.From < to }) {
			out = append(out, Trace{kind, text[from:to], from, to})
		}
	}
	for _, at := range secretLike.FindAllStringIndex(text, -1) {
		add(SecretTrace, at[0], at[1])
	}
	for _, at := range mailLike.FindAllStringSubmatchIndex(text, -1) {
		if isMail(text[at[0]:at[1]], text[at[2]:at[3]], text[at[1]:]) {
			add(MailTrace, at[0], at[1])
		}
	}
	for _, at := range ip6Like.FindAllStringIndex(text, -1) {
		if from, to, ok := ip6At(text, at[0], at[1]); ok && isAddress(text[from:to]) {
			add(AddressTrace, from, to)
		}
	}
	last := 0 // where the last one ended, from which a span may go on
	for _, at := range ip4Like.FindAllStringIndex(text, -1) {
		spans := last > 0 && at[0] == last+1 && text[last] == '-'
		if (spans || begins(text, at[0], ".-+")) && ends(text, at[1]) && isAddress(text[at[0]:at[1]]) {
			add(AddressTrace, at[0], at[1])
			last = at[1]
		}
	}
	slices.SortFunc(out, func(a, b Trace) int { return a.From - b.From })
	return out
}

// isMail tells a mail address from name@version and from git@host:repository,
// which leads to no person.
func isMail(whole, host, rest string) bool {
	if versionLike.MatchString(host) {
		return false
	}
	return !strings.HasPrefix(whole, "git@") || !strings.HasPrefix(rest, ":")
}

// ip6At gives the place of what may be an address of groups, without the colon
// of a label before it or of a sentence after it. A fingerprint of a key is none:
// it is a longer row of groups of two.
func ip6At(text string, from, to int) (int, int, bool) {
	label := text[from] == ':' && text[from+1] != ':'
	if label {
		from++
	} else if !begins(text, from, ".-+:") {
		return 0, 0, false
	}
	if text[to-1] == ':' && text[to-2] != ':' {
		to--
	} else if !ends(text, to) {
		return 0, 0, false
	}
	pairs := !slices.ContainsFunc(strings.Split(text[from:to], ":"), func(group string) bool { return len(group) != 2 })
	return from, to, !pairs || to+1 >= len(text) || text[to] != ':' || !isWord(text[to+1])
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= 0x80
}

// begins says that a number is not the end of a longer word or version, which
// one of the joints holds together.
func begins(text string, from int, joints string) bool {
	return from == 0 || !isWord(text[from-1]) && (from == 1 || strings.IndexByte(joints, text[from-1]) < 0 || !isWord(text[from-2]))
}

// ends says that it is not the beginning of one.
func ends(text string, to int) bool {
	return to == len(text) || !isWord(text[to]) && (text[to] != '.' || to+1 == len(text) || !isWord(text[to+1]))
}

func isAddress(text string) bool {
	a, err := netip.ParseAddr(text)
	if err != nil || a.IsLoopback() || a.IsUnspecified() {
		return false
	}
	if a.Is4() || a.Is4In6() {
		return true
	}
	// A path of Rust such as cafe::bad is no address: those have numbers in
	// their first group, or many groups.
	groups := strings.FieldsFunc(text, func(r rune) bool { return r == ':' })
	return len(groups) >= 5 || strings.ContainsAny(groups[0], "0123456789") && (len(groups[0]) == 4 || len(groups) >= 4) ||
		a.IsLinkLocalUnicast() || a.IsPrivate() && len(groups[0]) == 4
}

// HideTraces gives the text with every trace replaced by its kind in brackets.
func HideTraces(text string) string {
	found := Traces(text)
	if len(found) == 0 {
		return text
	}
	var b strings.Builder
	last := 0
	for _, t := range found {
		b.WriteString(text[last:t.From])
		b.WriteString("[" + string(t.Kind) + "]")
		last = t.To
	}
	b.WriteString(text[last:])
	return b.String()
}

// strip writes a text as programs that collect addresses read it: full-width
// letters as plain ones, invisible ones left out.
func strip(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～': // full-width ASCII
			return r - 0xFEE0
		case r == '﹫':
			return '@'
		case r == '。', r == '․', r == '｡', r == '﹒':
			return '.'
		case unicode.Is(unicode.Cf, r), r == '\u034f', r >= '\ufe00' && r <= '\ufe0f':
			return -1
		}
		return r
	}, text)
}
