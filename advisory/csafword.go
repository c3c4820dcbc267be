package advisory

import (
	"strings"
)

// csafVersions are plain sentences, one line for each version.
func csafVersions(s Sheet, c Crate) string {
	var out []string
	for _, v := range c.Bad {
		line := v.Num + ": published " + stampUTC(v.Published)
		if v.Published.IsZero() {
			line = v.Num + ": time of publishing not known"
		}
		if !v.Held.IsZero() {
			line += ", held " + stampUTC(v.Held)
		}
		if !v.Removed.IsZero() {
			line += ", removed " + stampUTC(v.Removed)
		}
		switch {
		case v.Gone().IsZero():
			line += ", still there"
		case !v.Published.IsZero():
			line += ", on line for " + lasted(v.Gone().Sub(v.Published))
		}
		if v.Downloads != nil {
			line += ", downloaded " + v.Downloads.plain("time", "times")
		}
		out = append(out, line+".")
	}
	if c.Dependents != nil {
		out = append(out, "Crates that depend on it: "+c.Dependents.plain("crate", "crates")+".")
	}
	if len(c.Restored) > 0 && !c.Deleted {
		out = append(out, "Yanked during the attack and back: "+oneLine(and(c.Restored))+".")
	}
	return strings.Join(out, "\n")
}

func csafUse(s Sheet) string {
	if s.UsedInTheWild == nil {
		return ""
	}
	text := "There is no evidence of actual use."
	if *s.UsedInTheWild {
		text = "There is evidence of use."
	}
	return joined(text, paragraph(s.UseNote))
}

func csafIndicators(s Sheet) string {
	var out []string
	for _, i := range s.Indicators {
		line := oneLine(i.Kind) + ": " + oneLine(i.Value)
		if note := oneLine(i.Note); note != "" {
			line += " (" + note + ")"
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func (s Sheet) campaignPlain() string {
	var tags []string
	for _, tag := range s.Campaign {
		if tag = oneLine(tag); tag != "" {
			tags = append(tags, tag)
		}
	}
	return and(tags)
}

func (s Sheet) registryURL() string { return or(address(s.Registry.URL), "https://crates.io/") }

func ackWord(kind string) string {
	word := strings.ToLower(strings.ReplaceAll(osvCredit(kind), "_", " "))
	return strings.ToUpper(word[:1]) + word[1:]
}

// or gives the first text that is there.
func or(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// joined puts paragraphs after each other.
func joined(texts ...string) string {
	var out []string
	for _, t := range texts {
		if t != "" {
			out = append(out, t)
		}
	}
	return strings.Join(out, "\n\n")
}
