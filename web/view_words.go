package web

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// visible names every character of a foreign text that steers how the rest is
// shown, instead of letting it act: controls, and marks that turn the direction
// of writing around or take no room, which make one name look like another.
func visible(text string) string {
	if !strings.ContainsFunc(text, steers) {
		return strings.ToValidUTF8(text, "\uFFFD")
	}
	var out strings.Builder
	for _, r := range text {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			out.WriteByte(' ')
		case steers(r):
			fmt.Fprintf(&out, "⟨U+%04X⟩", r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// inert does for a whole page what visible does for a text, so that no field that
// somebody forgot lets such a character through. Lines and tabs stay.
func inert(page []byte) []byte {
	if !anySteers(page) {
		return page
	}
	var out bytes.Buffer
	for _, r := range string(page) {
		if r != '\n' && r != '\t' && steers(r) {
			fmt.Fprintf(&out, "⟨U+%04X⟩", r)
			continue
		}
		out.WriteRune(r)
	}
	return out.Bytes()
}

// anySteers looks at letters of ASCII, which nearly all are, without decoding
// them: every page is read through.
func anySteers(page []byte) bool {
	for i := 0; i < len(page); {
		if c := page[i]; c >= ' ' && c < 0x7F || c == '\n' || c == '\t' {
			i++
			continue
		}
		r, size := utf8.DecodeRune(page[i:])
		if steers(r) {
			return true
		}
		i += size
	}
	return false
}

func steers(r rune) bool {
	switch {
	case unicode.IsControl(r), r == '\u061C', r == '\uFEFF':
		return true
	case r >= '\u200B' && r <= '\u200F' && r != '\u200D': // U+200D joins emoji
		return true
	case r >= '\u2028' && r <= '\u202E', r >= '\u2060' && r <= '\u2069', r >= 0xE0000 && r <= 0xE007F:
		return true
	}
	return false
}

// thread is a piece of a sentence that is shown as more than text: a link when
// it has an address, else as what carries the point.
type thread struct{ text, url string }

// weave turns a dossier's plain sentence into a phrase: the first place of each
// thread becomes a link or strong. A thread inside a longer word is not meant.
func weave(sentence string, threads ...thread) Phrase {
	var out Phrase
	for sentence != "" {
		at, best := len(sentence), -1
		for i, t := range threads {
			if found := wholeWord(sentence, t.text); found >= 0 && (found < at || found == at && len(t.text) > len(threads[best].text)) {
				at, best = found, i
			}
		}
		if at > 0 {
			out = out.Say(sentence[:at])
		}
		if best < 0 {
			break
		}
		t := threads[best]
		if t.url != "" {
			out = out.Link(t.text, t.url)
		} else {
			out = out.Strong(t.text)
		}
		sentence = sentence[at+len(t.text):]
		threads = append(append([]thread{}, threads[:best]...), threads[best+1:]...)
	}
	return out
}

// wholeWord is where a text stands by itself, -1 when nowhere.
func wholeWord(sentence, text string) int {
	if text == "" {
		return -1
	}
	for from := 0; ; {
		at := strings.Index(sentence[from:], text)
		if at < 0 {
			return -1
		}
		at += from
		end := at + len(text)
		if (at == 0 || !inWord(sentence[at-1])) && (end == len(sentence) || !inWord(sentence[end]) || sentence[end] == '.' && ends(sentence, end)) {
			return at
		}
		from = end
	}
}

// inWord are the bytes of names and version numbers; all of them are ASCII.
func inWord(b byte) bool {
	return b == '-' || b == '_' || b == '.' || b == '+' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// ends says whether the full stop at a place ends the sentence.
func ends(sentence string, at int) bool {
	return at+1 == len(sentence) || sentence[at+1] == ' '
}
