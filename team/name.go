package team

import (
	"net/mail"
	"net/netip"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// clean makes a text that strangers chose safe to show: composed, without
// control, formatting, private or undefined characters that reorder or hide
// others, at most mostName characters, with few marks on one letter.
func clean(s string) string {
	s = norm.NFC.String(strings.ToValidUTF8(s, ""))
	var b strings.Builder
	runes, marks := 0, 0
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			r = ' '
			marks = 0
		case unicode.In(r, unicode.Mn, unicode.Me):
			if marks++; marks > 2 {
				continue
			}
		case !unicode.IsPrint(r) || unicode.In(r, unicode.Cf, unicode.Co) || blank(r):
			continue
		default:
			marks = 0
		}
		if runes++; runes > mostName {
			break
		}
		b.WriteRune(r)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// blank are letters that show nothing.
func blank(r rune) bool {
	return r == '\u115f' || r == '\u1160' || r == '\u3164' || r == '\uffa0' || r == '\u2800'
}

// fold is what two names are compared by.
func fold(name string) string { return cases.Fold().String(norm.NFKC.String(name)) }

// documentName says whether a name may stand in a path of the API.
func documentName(s string) bool {
	if s == "" || len(s) > 100 || strings.Trim(s, ".") == "" || s[0] == '.' || s[0] == '-' {
		return false
	}
	return ofASCII(s, "-_.")
}

// mailAddress says whether a text is one bare mail address.
func mailAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= 320
}

// login says whether a text is a login as GitHub has them.
func login(s string) bool { return s != "" && len(s) <= 60 && ofASCII(s, "-_") }

func ofASCII(s, others string) bool {
	for _, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if !letter && !strings.ContainsRune(others, r) {
			return false
		}
	}
	return true
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// printable leaves out what would disturb a log or a page.
func printable(r rune) rune {
	if !unicode.IsPrint(r) {
		return -1
	}
	return r
}
