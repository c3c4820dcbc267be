package main

import (
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"cratewarden"
	"cratewarden/api/client"
	"cratewarden/dossier"
)

// asking are the flags of every command that asks a running console.
type asking struct {
	Server string `default:"http://127.0.0.1:8420" help:"Address of the console to ask."`
	JSON   bool   `name:"json" help:"Print the whole answer as JSON."`
	As     string `placeholder:"PERSON" help:"In a demo: be this one of its people, such as bo; ada if left out."`
	NoWait bool   `help:"Do not wait for a confirmation in the browser; refuse at once."`
}

// listing are the flags of every command that prints a list.
type listing struct {
	CSV   bool   `name:"csv" help:"Print the rows as CSV."`
	Limit int    `default:"20" help:"Rows at most (up to 1000)."`
	After string `help:"Go on after this key, which the page before printed."`
}

func (l listing) query() url.Values {
	q := url.Values{"limit": {strconv.Itoa(l.Limit)}}
	set(q, "after", l.After)
	return q
}

func set(q url.Values, name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}

// fetch asks for one answer and prints it as JSON, or as print does.
func fetch[T any](e env, a asking, q url.Values, print func(io.Writer, *T), path ...string) error {
	c, err := a.client(e)
	if err != nil {
		return err
	}
	answer, err := client.Get[T](e.ctx, c, q, path...)
	if err != nil {
		return err
	}
	return show(e, a, answer, print)
}

func show[T any](e env, a asking, answer *T, print func(io.Writer, *T)) error {
	if a.JSON {
		return printJSON(e, answer)
	}
	var p paper
	print(&p, answer)
	if p.refused != nil {
		return p.refused
	}
	text := p.String()
	if !p.exact || terminal(e.stdout) {
		text = inertLines(text)
	}
	if width := widthOf(e.stdout); width > 0 && !p.exact {
		text = fit(text, width)
	}
	_, err := io.WriteString(e.stdout, text)
	return err
}

// printRows prints a list as CSV or as a table with a line for each row, and
// the key to go on with.
func printRows[T dossier.Recorder](w io.Writer, l listing, p dossier.Page[T], headings string, line func(T) []string) {
	if l.CSV {
		printCSV(w, p)
		return
	}
	if p.Absent != "" {
		say(w, "  %s", inert(p.Absent))
		return
	}
	if len(p.Rows) == 0 {
		say(w, "  none")
		return
	}
	printTable(w, headings, p.Rows, line)
	if p.Next != "" {
		say(w, "  more: --after %s", p.Next)
	}
}

// printTable aligns columns; headings are separated by "|".
func printTable[T any](w io.Writer, headings string, rows []T, line func(T) []string) {
	out := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(out, "  "+strings.ReplaceAll(headings, "|", "\t"))
	for _, r := range rows {
		cells := line(r)
		for i := range cells {
			cells[i] = inert(cells[i])
		}
		_, _ = fmt.Fprintln(out, "  "+strings.Join(cells, "\t"))
	}
	_ = out.Flush()
}

func heading(w io.Writer, text string) { say(w, "\n%s", text) }

// fact prints one aligned line, nothing for an empty value.
func fact(w io.Writer, name, value string) {
	if value != "" {
		say(w, "  %-22s %s", name, inert(value))
	}
}

func when(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.UTC().Format("2006-01-02 15:04")
}

func ago(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return cratewarden.Span(time.Since(t)) + " ago"
}

func num[T ~int | ~int32 | ~int64](n T) string { return strconv.FormatInt(int64(n), 10) }

func person(p *dossier.Person) string {
	if p == nil || p.Login == "" {
		return "—"
	}
	if p.Locked {
		return p.Login + " (locked)"
	}
	return p.Login
}

func marks(ms []dossier.Mark) string {
	words := make([]string, len(ms))
	for i, m := range ms {
		words[i] = m.Text
	}
	return strings.Join(words, ", ")
}

func printTimeline(w io.Writer, t dossier.Timeline, most int) {
	heading(w, "Timeline")
	if t.Absent != "" {
		say(w, "  %s", t.Absent)
	}
	for i, ev := range t.Events {
		if i == most {
			say(w, "  … and %d more", len(t.Events)-most)
			break
		}
		say(w, "  %s  %s", ev.At.UTC().Format("2006-01-02 15:04:05"), inert(ev.Text))
	}
}
