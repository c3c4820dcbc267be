package advisory

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"cratewarden"
)

// zulipPost tells the team where a case stands: facts, state, what is next, who
// leads, when more is told. It is not for everybody.
func zulipPost(s Sheet) ([]Document, error) {
	crates, versions := s.bad()
	lines := []string{
		"**" + tamed(s.Incident) + "** " + tamed(s.Title),
		fmt.Sprintf("%s · %s · TLP:%s", tamed(s.Severity), tamed(s.verdict()), tamed(s.TLP)),
		"",
		"- State: " + s.standing(),
		"- About: " + count(int64(crates), "crate", "crates") + ", " + count(int64(versions), "bad version", "bad versions"),
	}
	for n, c := range s.Crates {
		if n == listedMost {
			lines = append(lines, fmt.Sprintf("  - and %d more", len(s.Crates)-n))
			break
		}
		var list []string
		for _, v := range c.Bad {
			list = append(list, copyable(v.Num, versionNumber.MatchString(v.Num)))
		}
		if len(list) > 0 {
			lines = append(lines, "  - "+copyable(c.Name, cratewarden.ValidName(c.Name))+" "+strings.Join(list, ", "))
		}
	}
	lines = append(lines, "- Use: "+tamed(s.useKnown()))
	if s.Lead != "" {
		lines = append(lines, "- Lead: "+tamed(s.Lead))
	}
	if s.NextUpdate != nil {
		lines = append(lines, "- Next update: "+stampUTC(*s.NextUpdate))
	}
	lines = append(lines, "", "As of "+stampUTC(s.AsOf)+".", "")
	return []Document{{Format: Zulip, Path: "zulip.md", Type: "text/markdown; charset=utf-8", Text: strings.Join(lines, "\n")}}, nil
}

// listedMost is how many crates a chat post names: chats cut what is long.
const listedMost = 20

// standing says how far a case is.
func (s Sheet) standing() string {
	switch {
	case s.RemovedAt != nil:
		return "removed at " + stampUTC(*s.RemovedAt)
	case s.ContainedAt != nil:
		return "contained at " + stampUTC(*s.ContainedAt) + ", not removed yet"
	case s.Verdict != "":
		return "judged, not contained yet"
	}
	return "being looked at"
}

func (s Sheet) useKnown() string {
	switch {
	case s.UsedInTheWild == nil:
		return "not known yet"
	case *s.UsedInTheWild:
		return "evidence of use"
	}
	return "no evidence"
}

// copyable leaves what is sound as it is, so that people can copy it.
func copyable(text string, sound bool) string {
	if sound {
		return text
	}
	return tamed(text)
}

// tamed takes the meaning out of foreign text for a chat: letters that tell
// people, open links or set type are followed by a space of no width.
func tamed(text string) string {
	var b strings.Builder
	for _, r := range oneLine(text) {
		b.WriteRune(r)
		if r < utf8.RuneSelf && strings.ContainsRune("@#*_`~[]()<>$:/.|\\!", r) {
			b.WriteRune('\u200b')
		}
	}
	return b.String()
}
