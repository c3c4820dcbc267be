package advisory

import (
	"fmt"
	"strings"
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
	on := func(form string) string {
		if v.Published.IsZero() {
			return ""
		}
		return fmt.Sprintf(form, lasted(v.Gone().Sub(v.Published)))
	}
	switch {
	case v.Gone().IsZero():
		text += fmt.Sprintf("; at %s it could still be downloaded", stampUTC(s.AsOf))
	case v.Gone().Equal(v.Removed):
		text += " and removed " + after(v.Published, v.Removed) + on(", %s later")
	default:
		text += " and could be downloaded until " + strings.TrimPrefix(strings.TrimPrefix(after(v.Published, v.Held), "at "), "on ") + on(", for %s")
		if !v.Removed.IsZero() {
			text += ". It was removed on " + stampUTC(v.Removed)
		}
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

// rustSecRest says which versions of the crate are good.
func rustSecRest(c Crate) string {
	if c.Deleted {
		return "The whole crate was removed."
	}
	text := "No other version of " + code(c.Name) + " is affected"
	switch n := len(c.Good); n {
	case 0:
	case 1:
		text += "; its other version stays"
	default:
		text += fmt.Sprintf("; its %d other versions stay", n)
	}
	text += "."
	switch n := len(c.Restored); n {
	case 0:
	case 1:
		text += " Version " + numbered(c.Restored) + ", yanked during the attack, can be chosen again."
	default:
		text += " Versions " + numbered(c.Restored) + ", yanked during the attack, can be chosen again."
	}
	return text
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
