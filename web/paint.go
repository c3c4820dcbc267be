package web

import (
	"fmt"
	"html/template"
	"strings"
	"time"
)

// painter writes the pieces that a page holds by the hundred: phrases, the rows
// of tables and the figures of charts. A template walks such a piece by
// reflection, which takes longer than all else that a page needs; here it is
// plain Go. What it writes is byte for byte what html/template would write,
// and a test holds it to that. Every value goes through text, attribute or
// address below; nothing else may be added to b but constants.
type painter struct{ now func() time.Time }

// phrase is a line of text with links, times and marks.
func (p painter) phrase(line Phrase) template.HTML {
	return template.HTML(p.addPhrase(make([]byte, 0, 64+96*len(line)), line))
}

func (p painter) addPhrase(b []byte, line Phrase) []byte {
	for i := range line {
		b = p.addSpan(b, &line[i])
	}
	return b
}

func (p painter) addSpan(b []byte, s *Span) []byte {
	switch s.Kind {
	case "strong":
		return wrap(b, "<strong>", s.Text, "</strong>")
	case "code":
		return wrap(b, "<code>", s.Text, "</code>")
	case "muted":
		return wrap(b, `<span class="muted">`, s.Text, "</span>")
	case "link":
		return addLink(b, s.URL, s.Text)
	case "ago", "utc":
		return p.addTime(b, s)
	case "badge":
		b = append(addText(append(b, `<span class="badge `...), string(s.Tone)), `">`...)
		return append(addText(b, s.Text), "</span>"...)
	case "mark":
		if !local(s.URL) {
			return wrap(b, `<span class="badge hold">`, s.Text, "</span>")
		}
		b = append(addAddress(append(b, `<a class="badge hold" href="`...), s.URL), `">`...)
		return append(addText(b, s.Text), "</a>"...)
	case "masked":
		return wrap(b, `<span class="masked"><span class="vh">masked: </span>`, s.Text, "</span>")
	case "copy":
		b = append(addText(append(b, `<span class="value"><code title="`...), s.Title), `">`...)
		b = append(addText(b, s.Text), "</code>"...)
		return append(addCopy(b, s.Title), "</span>"...)
	case "external":
		b = wrap(b, `<span class="value external"><code>`, s.Text, "</code>")
		b = append(append(b, mark("external")...), `<span class="vh"> (outside this console)</span>`...)
		return append(addCopy(b, s.Text), "</span>"...)
	}
	return addText(b, s.Text)
}

func (p painter) addTime(b []byte, s *Span) []byte {
	switch {
	case s.Time.IsZero():
		return append(b, `<span class="muted">–</span>`...)
	case s.Kind == "utc":
		b = append(addText(append(b, `<time class="nowrap" datetime="`...), stamp(s.Time)), `">`...)
		return append(addText(b, UTC(s.Time)), "</time>"...)
	}
	b = append(addText(append(b, `<time datetime="`...), stamp(s.Time)), `" title="`...)
	b = append(addText(b, UTC(s.Time)), ` UTC" data-ago>`...)
	return append(addText(b, Ago(p.now(), s.Time)), "</time>"...)
}

// addLink writes a link to a page of this console; another address is text.
func addLink(b []byte, url, text string) []byte {
	if !local(url) {
		return addText(b, text)
	}
	b = append(addAddress(append(b, `<a href="`...), url), `">`...)
	return append(addText(b, text), "</a>"...)
}

func addCopy(b []byte, value string) []byte {
	b = append(addText(append(b, `<button type="button" class="copy" data-copy="`...), value), `" hidden>`...)
	b = append(append(b, mark("copy")...), `<span class="vh">Copy `...)
	return append(addText(b, Short(value)), "</span></button>"...)
}

// rows writes the rows of a table. A row with more cells than the table has
// columns is an error.
func (p painter) rows(t Table) (template.HTML, error) {
	heads := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		class := `">`
		if c.Num {
			class = `" class="num">`
		}
		heads[i] = string(addText([]byte(`<td data-label="`), c.Label)) + class
	}
	b := make([]byte, 0, 512+len(t.Rows)*len(heads)*128)
	for _, row := range t.Rows {
		if len(row.Cells) > len(heads) {
			return "", fmt.Errorf("a row of the table %q has %d cells for %d columns", t.Caption, len(row.Cells), len(heads))
		}
		b = append(b, "<tr"...)
		if row.Tone != "" {
			b = append(addText(append(b, ` class="`...), string(row.Tone)), '"')
		}
		b = append(b, '>')
		for i, cell := range row.Cells {
			b = append(p.addPhrase(append(b, heads[i]...), cell), "</td>"...)
		}
		b = append(b, "</tr>"...)
	}
	return template.HTML(b), nil
}

// figures writes the rows of the table under a chart: a day, the sum of all
// series, and each series.
func (p painter) figures(c Stacked) template.HTML {
	b := make([]byte, 0, len(c.Days)*(64+32*len(c.Series)))
	for day, at := range c.Days {
		b = wrap(b, "<tr><td>", date(at), `</td><td class="num">`)
		b = append(b, Num(c.Day(day))...)
		for _, s := range c.Series {
			b = append(append(b, `</td><td class="num">`...), Num(s.At(day))...)
		}
		b = append(b, "</td></tr>"...)
	}
	return template.HTML(b)
}

func wrap(b []byte, open, text, end string) []byte {
	return append(addText(append(b, open...), text), end...)
}

// addText escapes a text for the inside of an element or a quoted attribute.
func addText(b []byte, text string) []byte {
	from := 0
	for i := 0; i < len(text); i++ {
		var escaped string
		switch text[i] {
		case '&':
			escaped = "&amp;"
		case '<':
			escaped = "&lt;"
		case '>':
			escaped = "&gt;"
		case '"':
			escaped = "&#34;"
		case '\'':
			escaped = "&#39;"
		case '+':
			escaped = "&#43;"
		case 0:
			escaped = "\uFFFD"
		default:
			continue
		}
		b = append(append(b, text[from:i]...), escaped...)
		from = i + 1
	}
	return append(b, text[from:]...)
}

// addAddress writes an address that local has seen into a quoted attribute: what
// no address may hold is percent-encoded, and the rest escaped as text.
func addAddress(b []byte, url string) []byte {
	const hex = "0123456789abcdef"
	plain := true
	for i := 0; i < len(url) && plain; i++ {
		plain = inAddress(url, i)
	}
	if plain {
		return addText(b, url)
	}
	clean := make([]byte, 0, len(url)+16)
	for i := 0; i < len(url); i++ {
		if inAddress(url, i) {
			clean = append(clean, url[i])
			continue
		}
		clean = append(clean, '%', hex[url[i]>>4], hex[url[i]&15])
	}
	return addText(b, string(clean))
}

func inAddress(url string, i int) bool {
	switch c := url[i]; {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	case c == '%':
		return i+2 < len(url) && isHex(url[i+1]) && isHex(url[i+2])
	default:
		return strings.IndexByte("-._~!#$&*+,/:;=?@[]", c) >= 0
	}
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// mark is an icon that is known to exist.
func mark(name string) string {
	svg, _ := icon(name)
	return string(svg)
}
