package web

import (
	"time"
)

// Tone is what a colour means. A tone never stands alone: there is always a
// word beside it.
type Tone string

// The tones.
const (
	Plain Tone = ""
	Bad   Tone = "bad"
	Warn  Tone = "warn"
	Good  Tone = "good"
	Info  Tone = "info"
	Hold  Tone = "hold"
)

// Phrase is a line of text with links, times and marks in it. It is how page
// structs hold text: nothing in it is markup, so nothing in it can act, and
// characters that would steer the text around them are named (see visible).
type Phrase []Span

// Span is a piece of a Phrase. Make it with Phrase's methods.
type Span struct {
	Kind  string // text, strong, code, muted, link, ago, utc, badge, mark, masked, copy, external
	Text  string
	URL   string
	Title string
	Tone  Tone
	Time  time.Time
}

// Text begins a phrase with plain text.
func Text(text string) Phrase { return Phrase{}.Say(text) }

// Say adds plain text. Spaces between pieces are the writer's.
func (p Phrase) Say(text string) Phrase { return append(p, Span{Kind: "text", Text: visible(text)}) }

// Strong adds text that carries the point.
func (p Phrase) Strong(text string) Phrase {
	return append(p, Span{Kind: "strong", Text: visible(text)})
}

// Code adds text in the fixed-width face: versions, paths, checksums.
func (p Phrase) Code(text string) Phrase { return append(p, Span{Kind: "code", Text: visible(text)}) }

// Muted adds quiet text.
func (p Phrase) Muted(text string) Phrase { return append(p, Span{Kind: "muted", Text: visible(text)}) }

// Link adds a link to a page of this console. An address elsewhere is shown as
// text instead.
func (p Phrase) Link(text, url string) Phrase {
	return append(p, Span{Kind: "link", Text: visible(text), URL: url})
}

// Ago adds how long ago an instant was, with the instant as its title.
func (p Phrase) Ago(t time.Time) Phrase { return append(p, Span{Kind: "ago", Time: t}) }

// UTC adds an instant in UTC.
func (p Phrase) UTC(t time.Time) Phrase { return append(p, Span{Kind: "utc", Time: t}) }

// Badge adds a badge.
func (p Phrase) Badge(tone Tone, text string) Phrase {
	return append(p, Span{Kind: "badge", Tone: tone, Text: visible(text)})
}

// Held adds the badge of what is held, which leads to the plan that holds it.
func (p Phrase) Held(text, plan string) Phrase {
	return append(p, Span{Kind: "mark", Text: visible(text), URL: planURL(plan)})
}

// Masked adds a value of which only the masked form may be seen.
func (p Phrase) Masked(masked string) Phrase {
	return append(p, Span{Kind: "masked", Text: visible(masked)})
}

// Copy adds a value in the fixed-width face that can be copied whole; shown is
// its short form, or empty for all of it.
func (p Phrase) Copy(value, shown string) Phrase {
	if shown == "" {
		shown = value
	}
	return append(p, Span{Kind: "copy", Text: visible(shown), Title: visible(value)})
}

// External adds an address outside this console, as text with a copy button:
// one click on an attacker's link is one too many.
func (p Phrase) External(url string) Phrase {
	return append(p, Span{Kind: "external", Text: visible(url)})
}

// Plain gives the phrase as plain text, for titles and exports.
func (p Phrase) Plain() string {
	text := ""
	for _, s := range p {
		switch {
		case s.Kind == "ago" || s.Kind == "utc":
			text += UTC(s.Time)
		case s.Kind == "copy":
			text += s.Title
		default:
			text += s.Text
		}
	}
	return text
}
