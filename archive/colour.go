package archive

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/alecthomas/chroma/v2"
	"github.com/alecthomas/chroma/v2/lexers"
)

// OddClass is the class of a span whose Text names what stands there instead
// of showing it: "U+202E" for a character, "0xE9" for a byte that is not
// UTF-8, several with spaces between.
const OddClass = "odd"

// Span is a piece of one line. Class is a short code as chroma and Pygments
// use ("k", "s", "c1"), empty for plain text. Text is safe to print once a
// template has escaped it.
type Span struct{ Class, Text string }

// Line is one line of a file, without its newline.
type Line []Span

// Coloured is a text cut into lines and spans.
type Coloured struct {
	Lines []Line
	// Language is the name of what it was coloured as, empty for plain text.
	Language string
	// Note says in a sentence why colour is missing or the text is cut, if so.
	Note string
}

// Colourer colours source code within bounds of size and time. The zero value
// is ready, and may be used by many goroutines. Use one for the whole program:
// it is what bounds the work that hostile text can cause at the same time.
type Colourer struct {
	// MaxText is the most bytes shown: 1 MiB. MaxColour is the most that is
	// coloured, larger text stays plain: 384 KiB.
	MaxText, MaxColour int
	// Time is the longest that colouring takes before the rest stays plain:
	// 500 ms. AtOnce is how many texts are coloured at the same time: 4.
	Time   time.Duration
	AtOnce int

	busy atomic.Int32
}

// Colour cuts text into coloured lines; the path decides the language. It
// always gives the whole text up to MaxText, with or without colour.
func (c *Colourer) Colour(ctx context.Context, name, text string) Coloured {
	var out Coloured
	if most := or(c.MaxText, 1<<20); len(text) > most {
		text = text[:most]
		out.Note = "Only the first " + size(int64(most)) + " are shown."
	}
	out.Language = language(name, text)
	var tokens []chroma.Token
	switch {
	case out.Language == "" || text == "":
	case len(text) > or(c.MaxColour, 384<<10):
		out.Note = strings.TrimSpace(out.Note + " Not coloured: the file is too large.")
	default:
		var done bool
		if tokens, done = c.tokens(ctx, out.Language, text); !done {
			out.Note = strings.TrimSpace(out.Note + " Not coloured to the end: it took too long.")
		}
	}
	if len(tokens) == 0 {
		out.Language = ""
	}
	out.Lines = lay(text, tokens)
	return out
}

// Spans gives one line of text without colour but with its odd characters
// named, for the lines of a difference.
func Spans(line string) Line {
	lines := lay(line, nil)
	if len(lines) == 0 {
		return nil
	}
	return slices.Concat(lines...)
}

// tokens runs the lexer beside us, because some patterns can take seconds on
// text made for it and cannot be interrupted. One that overruns is left to
// finish alone; while AtOnce of them do, other texts stay plain.
func (c *Colourer) tokens(ctx context.Context, language, text string) ([]chroma.Token, bool) {
	if c.busy.Add(1) > int32(or(c.AtOnce, 4)) {
		c.busy.Add(-1)
		return nil, false
	}
	soft := or(c.Time, 500*time.Millisecond)
	type result struct {
		tokens []chroma.Token
		done   bool
	}
	answer := make(chan result, 1)
	go func() {
		defer c.busy.Add(-1)
		var r result
		defer func() {
			if recover() != nil { // a fault of the lexer only costs the colour
				r.done = false
			}
			answer <- r
		}()
		r.done = lex(language, text, time.Now().Add(soft), &r.tokens)
	}()
	hard := time.NewTimer(soft + soft/2)
	defer hard.Stop()
	select {
	case r := <-answer:
		return r.tokens, r.done
	case <-hard.C:
	case <-ctx.Done():
	}
	return nil, false
}

func lex(language, text string, until time.Time, out *[]chroma.Token) bool {
	lexer := lexers.Get(language)
	if lexer == nil {
		return false
	}
	// Line ends must stay, or the tokens would no longer fit the text.
	next, err := lexer.Tokenise(&chroma.TokeniseOptions{State: "root"}, text)
	if err != nil {
		return false
	}
	for n := 0; ; n++ {
		token := next()
		if token == chroma.EOF {
			return true
		}
		if len(*out) > 2*len(text)+16 || n&63 == 0 && time.Now().After(until) {
			return false
		}
		*out = append(*out, token)
	}
}

// classOf gives the short code of a token type, that of its parent if it has
// none. Lexer errors are plain: half a file in red says nothing.
func classOf(t chroma.TokenType) string {
	for t != 0 && t != chroma.Error {
		if class, ok := chroma.StandardTypes[t]; ok {
			return class
		}
		t = t.Parent()
	}
	return ""
}

// Classes lists every class that a Span can have, for the style sheet.
func Classes() []string {
	list := []string{OddClass}
	for t, class := range chroma.StandardTypes {
		if class != "" && t > 0 && t != chroma.Error {
			list = append(list, class)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
