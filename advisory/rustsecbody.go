package advisory

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// rustSecTimes says of each bad version when it came and went, its downloads and
// its hash: a paragraph for one, a list for several.
func rustSecTimes(s Sheet, c Crate) string {
	if len(c.Bad) == 1 {
		return "Version " + rustSecVersion(s, c.Bad[0])
	}
	var list []string
	for _, v := range c.Bad {
		list = append(list, "- "+rustSecVersion(s, v))
	}
	return strings.Join(list, "\n")
}

func rustSecVersion(s Sheet, v Version) string {
	text := fmt.Sprintf("%s was published on %s", v.Num, stampUTC(v.Published))
	if v.Published.IsZero() {
		text = v.Num + " was published at a time that is not known"
	}
	on := ""
	if !v.Published.IsZero() && !v.Gone().IsZero() {
		on = ", " + lasted(v.Gone().Sub(v.Published)) + " later"
	}
	switch {
	case v.Gone().IsZero():
		text += fmt.Sprintf("; at %s it could still be downloaded", stampUTC(s.AsOf))
	case v.Removed.IsZero():
		text += fmt.Sprintf(" and could not be downloaded any more from %s%s", s.after(v.Published, v.Held), on)
	case v.Gone().Before(v.Removed):
		text += fmt.Sprintf(" and could not be downloaded any more from %s%s; it was removed on %s",
			s.after(v.Published, v.Held), on, stampUTC(v.Removed))
	default:
		text += fmt.Sprintf(" and removed on %s%s", s.after(v.Published, v.Removed), on)
	}
	text += "."
	if v.Downloads != nil {
		text += " It was downloaded " + v.Downloads.sentence("time", "times") + "."
	}
	if v.SHA256 != "" {
		text += " SHA-256 of its file: " + code(strings.ToLower(v.SHA256)) + "."
	}
	return text
}

// after leaves the date away where it is the same day.
func (s Sheet) after(first, then time.Time) string {
	if first.UTC().Format(time.DateOnly) == then.UTC().Format(time.DateOnly) {
		return then.UTC().Format("15:04:05") + " UTC"
	}
	return stampUTC(then)
}

// sentence writes a number with where it comes from, whether it may change, and
// of when it is.
func (f Figure) sentence(one, many string) string {
	return f.told(one, many, inert(f.Method))
}

func (f Figure) told(one, many, method string) string {
	state := "provisional"
	if method == "" {
		method = "method not stated"
	}
	if f.Confirmed {
		state = "confirmed"
	}
	of := "date not stated"
	if !f.AsOf.IsZero() {
		of = "as of " + stampUTC(f.AsOf)
	}
	return fmt.Sprintf("%s (%s; %s, %s)", count(f.Value, one, many), method, state, of)
}

// rustSecRest says which versions of the crate are good.
func rustSecRest(s Sheet, c Crate) string {
	var text []string
	switch {
	case c.Deleted:
		text = append(text, "The whole crate was removed.")
	case len(c.Good) > 0:
		text = append(text, fmt.Sprintf("No other version is affected; %s of %s.", stay(c.Good), code(c.Name)))
	}
	if n := len(c.Restored); n > 0 && !c.Deleted {
		text = append(text, fmt.Sprintf("%s, yanked during the attack, can be chosen again.", versions(c.Restored)))
	}
	return strings.Join(text, " ")
}

func stay(nums []string) string {
	if len(nums) == 1 {
		return "1 version stays"
	}
	return fmt.Sprintf("%d versions stay", len(nums))
}

func versions(nums []string) string {
	if len(nums) == 1 {
		return "Version " + inert(nums[0])
	}
	return "Versions " + inert(and(nums))
}

func (s Sheet) dependents(c Crate) string {
	f := c.Dependents
	if f == nil {
		return ""
	}
	if f.Value == 0 {
		_, source, _ := strings.Cut(f.sentence("crate", "crates"), " (")
		return fmt.Sprintf("No crate on %s depends on it (%s.", inert(s.Registry.name()), source)
	}
	verb := "depend"
	if f.Value == 1 {
		verb = "depends"
	}
	number, source, _ := strings.Cut(f.sentence("crate", "crates"), " (")
	return fmt.Sprintf("%s on %s %s on it (%s.", number, inert(s.Registry.name()), verb, source)
}

// evidenceOfUse says whether the bad code was used, only where somebody found out.
func (s Sheet) evidenceOfUse() string {
	if s.UsedInTheWild == nil {
		return ""
	}
	text := "There is no evidence of actual use of the malicious code."
	if *s.UsedInTheWild {
		text = "There is evidence that the malicious code was used."
	}
	if note := prose(s.UseNote); note != "" {
		text += " " + note
	}
	return text
}

func (s Sheet) thanks() string {
	var names []string
	for _, f := range s.Finder {
		if name := oneLine(f.Name); name != "" {
			names = append(names, inert(name))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "Thanks to " + and(names) + " for finding and reporting it."
}

// wrapped breaks lines of Markdown at 80 letters, only before words that begin
// with a letter: none of these can open a list, a heading or a fence.
func wrapped(text string) string {
	var b strings.Builder
	for i, l := range strings.Split(text, "\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		indent := ""
		if strings.HasPrefix(l, "- ") {
			indent = "  "
		}
		width := 0
		for j, word := range strings.Split(l, " ") {
			first, _ := utf8.DecodeRuneInString(word)
			n := utf8.RuneCountInString(word)
			switch {
			case j == 0:
			case width+1+n > 80 && unicode.IsLetter(first):
				b.WriteString("\n" + indent)
				width = len(indent)
			default:
				b.WriteByte(' ')
				width++
			}
			b.WriteString(word)
			width += n
		}
	}
	return b.String()
}

// plain is a figure's sentence where no Markdown is read.
func (f Figure) plain(one, many string) string {
	return f.told(one, many, oneLine(f.Method))
}
