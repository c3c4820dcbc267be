package advisory

import (
	"fmt"
	"strings"
	"time"
)

// rustSecID is the name of an advisory until an editor numbers it.
const rustSecID = "RUSTSEC-0000-0000"

// rustSecFiles writes one file for each crate that had bad versions or is gone,
// as the advisory database takes them: a fenced block of TOML, then Markdown.
func rustSecFiles(s Sheet) ([]Document, error) {
	var out []Document
	for _, c := range s.Crates {
		if !c.told() {
			continue
		}
		if err := safe(c); err != nil {
			return nil, err
		}
		out = append(out, Document{
			Format: RustSec, Crate: c.Name, Type: "text/markdown; charset=utf-8",
			Path: rustSecPath(c.Name), Text: rustSecHead(s, c) + "\n" + rustSecBody(s, c),
		})
	}
	return out, nil
}

// told says that the world is told of a crate: it had bad versions, or it is gone.
func (c Crate) told() bool { return len(c.Bad) > 0 || c.Deleted }

func rustSecPath(crate string) string { return "crates/" + crate + "/" + rustSecID + ".md" }

func rustSecHead(s Sheet, c Crate) string {
	var b strings.Builder
	line := func(key, value string) { fmt.Fprintf(&b, "%s = %s\n", key, value) }
	b.WriteString("```toml\n[advisory]\n")
	line("id", quoted(rustSecID))
	line("package", quoted(c.Name))
	line("date", quoted(s.day(c)))
	long, others := s.addresses()
	if long != "" {
		line("url", quoted(long))
	}
	if len(others) > 0 {
		line("references", tomlList(others))
	}
	line("categories", tomlList([]string{"malicious"}))
	if c.Deleted {
		line("expect-deleted", "true")
	}
	b.WriteString("\n[versions]\n")
	if windows := Unaffected(c); len(windows) > 0 {
		line("unaffected", tomlList(windows))
	}
	line("patched", "[]")
	b.WriteString("```\n")
	return b.String()
}

// tomlList writes strings on one line, as the database's own files do.
func tomlList(words []string) string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = quoted(w)
	}
	return "[" + strings.Join(list, ", ") + "]"
}

// gone is since when the last bad version of a crate cannot be had; zero while
// one can.
func (c Crate) gone() (last time.Time) {
	for _, v := range c.Bad {
		if v.Gone().IsZero() {
			return time.Time{}
		}
		if v.Gone().After(last) {
			last = v.Gone()
		}
	}
	return last
}

// takenDown is when the last bad version was removed, or could not be had any
// more where none was removed.
func (c Crate) takenDown() (last time.Time) {
	for _, v := range c.Bad {
		at := v.Removed
		if at.IsZero() {
			at = v.Held
		}
		if at.After(last) {
			last = at
		}
	}
	return last
}

// day is the date of an advisory: that of the takedown, or of the facts while
// there was none.
func (s Sheet) day(c Crate) string {
	at := c.takenDown()
	if at.IsZero() {
		at = s.AsOf
	}
	return at.UTC().Format(time.DateOnly)
}

// addresses gives the page that tells most, and the others. Only those that
// nobody can change on the way count.
func (s Sheet) addresses() (long string, others []string) {
	for _, l := range s.Links {
		to := address(l.URL)
		switch {
		case !strings.HasPrefix(to, "https://"):
		case long == "" && osvReference(l.Kind) == "ARTICLE":
			long = to
		default:
			others = append(others, to)
		}
	}
	if long == "" && len(others) > 0 {
		long, others = others[0], others[1:]
	}
	return long, others
}

func rustSecBody(s Sheet, c Crate) string {
	var b strings.Builder
	b.WriteString("# " + s.heading(c) + "\n")
	for _, text := range []string{
		prose(s.behaviour(c)), prose(s.Trigger), rustSecTimes(s, c), rustSecRest(c),
		s.dependents(c), s.evidenceOfUse(), s.thanks(),
	} {
		if text != "" {
			b.WriteString("\n" + wrapped(text) + "\n")
		}
	}
	return b.String()
}

// heading says in the pattern of the database what happened to a crate.
func (s Sheet) heading(c Crate) string {
	what, many := code(c.Name), false
	if !c.Deleted {
		switch nums := c.numbers(); {
		case len(nums) > 4:
			what, many = fmt.Sprintf("%d versions of %s", len(nums), code(c.Name)), true
		default:
			what, many = code(c.Name)+" "+and(nums), len(nums) > 1
		}
	}
	was, is, contains := "was", "is", "contains"
	if many {
		was, is, contains = "were", "are", "contain"
	}
	switch {
	case c.removed():
		return fmt.Sprintf("%s %s removed from %s for malicious code", what, was, inert(s.Registry.name()))
	case !c.gone().IsZero():
		return fmt.Sprintf("%s %s held back by %s for malicious code", what, is, inert(s.Registry.name()))
	}
	return fmt.Sprintf("%s %s malicious code", what, contains)
}

// removed says that every bad version is off the registry, not only held.
func (c Crate) removed() bool {
	for _, v := range c.Bad {
		if v.Removed.IsZero() {
			return false
		}
	}
	return c.Deleted || len(c.Bad) > 0
}

// numbers are those of the bad versions.
func (c Crate) numbers() []string {
	var out []string
	for _, v := range c.Bad {
		out = append(out, v.Num)
	}
	return out
}

func (s Sheet) behaviour(c Crate) string {
	if c.Behaviour != "" {
		return c.Behaviour
	}
	return s.Behaviour
}
