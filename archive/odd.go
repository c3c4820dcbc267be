package archive

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// oddity says why a character must not be printed as it is.
type oddity uint8

const (
	plain     oddity = iota
	control          // moves the cursor or does nothing visible
	bidi             // changes the order in which the text around it is shown
	invisible        // takes no space, or looks like nothing in most fonts
)

// oddIn judges a character by itself and by the one before it: the joiners
// and selectors of emoji are ordinary after an emoji and nowhere else.
func oddIn(prev, r rune) oddity {
	switch {
	case r >= 0x20 && r < 0x7f, r == '\t', r == '\n':
		return plain
	case r < 0x20, r >= 0x7f && r < 0xa0:
		return control
	case r == 0x061c, r == 0x200e, r == 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return bidi
	case r == 0xfe0f && (prev >= 0x203c || strings.ContainsRune("0123456789#*©®", prev)):
		return plain
	case r == 0x200d && (prev >= 0x1f000 || prev == 0xfe0f || unicode.In(prev, unicode.Arabic, unicode.Devanagari)):
		return plain
	case hidden(r):
		return invisible
	default:
		return plain
	}
}

// hidden lists the characters that draw nothing: format characters, fillers,
// variation selectors, tags, private use and non-characters.
func hidden(r rune) bool {
	switch r {
	case 0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x2028, 0x2029, 0x2800, 0x3164, 0xffa0:
		return true
	}
	return r >= 0xfe00 && r <= 0xfe0f || r >= 0xe0000 && r <= 0xe0fff || r >= 0x180b && r <= 0x180f ||
		r >= 0x2060 && r <= 0x206f || r >= 0xfdd0 && r <= 0xfdef || r&0xfffe == 0xfffe ||
		unicode.In(r, unicode.Cf, unicode.Co)
}

// code names a character that is not printed, as "U+202E".
func code(r rune) string { return fmt.Sprintf("U+%04X", r) }

// codeByte names a byte that is no part of a UTF-8 character, as "0xE9".
func codeByte(b byte) string { return fmt.Sprintf("0x%02X", b) }

// Visible gives text with every control, bidirectional and invisible
// character, and every byte that is not UTF-8, replaced by its name in angle
// brackets, so that it can be printed anywhere without deceiving anybody.
func Visible(text string) string {
	if visible(text) {
		return text
	}
	var out strings.Builder
	prev := rune(0)
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			out.WriteString("⟨" + codeByte(text[i]) + "⟩")
		case r == '\n' || r == '\t' || oddIn(prev, r) != plain:
			out.WriteString("⟨" + code(r) + "⟩")
		default:
			out.WriteRune(r)
		}
		prev, i = r, i+n
	}
	return out.String()
}

func visible(text string) bool {
	for i := range len(text) {
		if text[i] < 0x20 || text[i] >= 0x7f {
			return false
		}
	}
	return true
}
