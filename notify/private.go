package notify

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"cratewarden"
)

// Bounds on a notice, in letters; chats refuse or cut much longer ones.
const (
	titleMost = 200
	textMost  = 4000
	pathMost  = 500
)

// clean makes a notice fit to leave: one line for a title, nothing that steers
// text, nothing that looks like somebody's address. A name that somebody chose
// in order to hurt must not keep a notice from being sent, so nothing is refused.
func clean(n Notice) Notice {
	n.Title = cut(mask(strings.Join(strings.Fields(tame(cut(n.Title, 4*titleMost))), " ")), titleMost)
	n.Text = cut(mask(strings.TrimSpace(tame(cut(n.Text, 4*textMost)))), textMost)
	n.Plan = cut(strings.Join(strings.Fields(tame(n.Plan)), ""), 64)
	if !strings.HasPrefix(n.Path, "/") || strings.HasPrefix(n.Path, "//") || len(n.Path) > pathMost || !plainPath.MatchString(n.Path) {
		n.Path = ""
	}
	n.To, n.Roles = slices.Clone(n.To), slices.Clone(n.Roles)
	return n
}

// plainPath is what a link may hold: nothing that ends it or means something to
// a chat.
var plainPath = regexp.MustCompile(`^/[A-Za-z0-9/._~%?=&+,;:#-]*$`)

// tame shows letters that steer text, such as those that turn its direction, as
// a mark, and leaves line breaks.
func tame(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t', r == '\r', r == '\u2028', r == '\u2029', r == '\u0085':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(text, string(unicode.ReplacementChar)))
}

func cut(text string, most int) string {
	letters := []rune(text)
	if len(letters) <= most {
		return text
	}
	return string(letters[:most-1]) + "…"
}

var (
	// mailLike is broader than what mail servers take.
	mailLike = regexp.MustCompile(`[^\s@<>()\[\]{}"',;:|]+(?:@[\p{L}\p{N}][\p{L}\p{N}._-]*)+`)
	// version is a crate at a version, which is no mail address.
	version = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*@[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]*)?\.?$`)
	// word is what a network address may stand in; fourNumbers is one, which no
	// version is.
	word        = regexp.MustCompile(`[\p{L}\p{N}_:.]+`)
	fourNumbers = regexp.MustCompile(`[0-9]{1,3}(\.[0-9]{1,3}){3}`)
)

// mask hides mail and network addresses. Who writes a notice must leave them
// out; this is for the day when somebody does not, or names a crate like one.
func mask(text string) string {
	text = mailLike.ReplaceAllStringFunc(text, func(found string) string {
		if version.MatchString(found) {
			return found
		}
		return cratewarden.MaskMail(found)
	})
	return word.ReplaceAllStringFunc(text, func(found string) string {
		bare := strings.TrimRight(found, ".:")
		if _, err := netip.ParseAddr(bare); fourNumbers.MatchString(bare) || err == nil && strings.ContainsAny(bare, "0123456789") {
			return "••••" + found[len(bare):]
		}
		return found
	})
}
