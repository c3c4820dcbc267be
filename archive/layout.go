package archive

import (
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/chroma/v2"
)

// lay cuts the text into lines and spans, taking only the classes from the
// tokens. The text itself never comes from the lexer: were it to leave out or
// change a character, the page would hide what the file says. At the first
// disagreement the rest stays plain.
func lay(text string, tokens []chroma.Token) []Line {
	l := layout{text: text}
	for _, token := range tokens {
		class := classOf(token.Type)
		for _, want := range token.Value {
			if l.at >= len(text) {
				break
			}
			if got, _ := utf8.DecodeRuneInString(text[l.at:]); got != want {
				tokens = nil
				break
			}
			l.step(class)
		}
		if tokens == nil {
			break
		}
	}
	for l.at < len(text) {
		l.step("")
	}
	l.flush()
	if l.line != nil {
		l.lines = append(l.lines, l.line)
	}
	return l.lines
}

// layout is lay's place in the text; start is where the open span began.
type layout struct {
	text      string
	at, start int
	class     string
	prev      rune
	odd       []string
	line      Line
	lines     []Line
}

// step takes the next character.
func (l *layout) step(class string) {
	r, n := utf8.DecodeRuneInString(l.text[l.at:])
	rest := l.text[l.at+n:]
	switch {
	case r == '\n':
		l.flush()
		if l.line == nil {
			l.line = Line{}
		}
		l.lines, l.line = append(l.lines, l.line), nil
		l.start = l.at + n
	case r == '\r' && strings.HasPrefix(rest, "\n"):
		l.flush()
		l.start = l.at + n
	case r == utf8.RuneError && n == 1:
		l.name(codeByte(l.text[l.at]), n)
	case oddIn(l.prev, r) != plain:
		l.name(code(r), n)
	default:
		if class != l.class || len(l.odd) > 0 {
			l.flush()
			l.class = class
		}
	}
	l.prev = r
	l.at += n
}

// name adds an odd character to a span of such.
func (l *layout) name(code string, n int) {
	if len(l.odd) == 0 {
		l.flush()
	}
	l.odd = append(l.odd, code)
	l.start = l.at + n
}

// flush closes the open span.
func (l *layout) flush() {
	switch {
	case len(l.odd) > 0:
		l.line = append(l.line, Span{OddClass, strings.Join(l.odd, " ")})
		l.odd = nil
	case l.start < l.at:
		l.line = append(l.line, Span{l.class, l.text[l.start:l.at]})
	}
	l.start = l.at
}
