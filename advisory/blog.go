package advisory

import (
	"fmt"
	"slices"
	"strings"
)

// blogPost is the post for everybody. Table, times and command come from the
// sheet, so that none of them has to be corrected afterwards.
func blogPost(s Sheet) ([]Document, error) {
	files, lock, err := checkCommands(s)
	if err != nil {
		return nil, err
	}
	day := s.AsOf.UTC()
	title := oneLine(s.Title)
	if title == "" {
		title = s.Registry.name() + ": " + s.Incident
	}
	path := day.Format("2006/01/02/") + fileName(title)
	parts := []string{
		frontMatter(s, path, title),
		section("What happened", happened(s)),
		section("What was removed", removedTable(s)),
		section("Actions taken", actionsTaken(s)),
		section("Analysis", analysis(s)),
		section("What you need to do", whatToDo(s, files, lock)),
		section("Thanks", thanks(s)),
	}
	text := strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), "\n") // each ends its line
	return []Document{{Format: Blog, Path: "content/" + strings.ReplaceAll(path, "/", "-") + ".md", Type: "text/markdown; charset=utf-8", Text: text}}, nil
}

func frontMatter(s Sheet, path, title string) string {
	var authors []string
	for name := range strings.SplitSeq(s.Publisher.Authors, ",") {
		if name = strings.TrimSpace(name); name != "" {
			authors = append(authors, quoted(name))
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "+++\npath = %s\ntitle = %s\nauthors = [%s]\n", quoted(path), quoted(title), strings.Join(authors, ", "))
	if s.Publisher.Team != "" {
		fmt.Fprintf(&b, "\n[extra]\nteam = %s\nteam_url = %s\n", quoted(s.Publisher.Team), quoted(address(s.Publisher.TeamURL)))
	}
	b.WriteString("+++\n")
	return b.String()
}

func section(title, body string) string {
	if body = strings.TrimSpace(body); body == "" {
		return ""
	}
	return "## " + title + "\n\n" + body + "\n"
}

func happened(s Sheet) string {
	var out []string
	if s.Summary != "" {
		out = append(out, prose(s.Summary))
	}
	crates, versions := s.bad()
	if versions > 0 {
		at := ""
		if first := s.firstPublished(); !first.IsZero() {
			at = " The first of them was published on " + stampUTC(first) + "."
		}
		out = append(out, fmt.Sprintf("This is about %s of %s on %s.%s%s", count(int64(versions), "version", "versions"), count(int64(crates), "crate", "crates"), inert(s.Registry.name()), at, reported(s)))
	}
	for _, c := range s.Crates {
		if c.Imitates != "" {
			out = append(out, "The name of "+code(c.Name)+" imitates that of "+code(c.Imitates)+".")
		}
	}
	return strings.Join(out, "\n\n")
}

func reported(s Sheet) string {
	if s.ReportedAt == nil {
		return ""
	}
	return " The first report reached us on " + stampUTC(*s.ReportedAt) + "."
}

// removedTable says for each bad version how long it could be had.
func removedTable(s Sheet) string {
	var b strings.Builder
	var whole, stayed []string
	for _, c := range s.Crates {
		for _, v := range c.Bad {
			if b.Len() == 0 {
				b.WriteString("| Crate | Version | Published (UTC) | Removed (UTC) | On line |\n| --- | --- | --- | --- | --- |\n")
			}
			gone, took := "still there", "still there"
			if !v.Gone().IsZero() {
				gone, took = stamp(v.Gone()), lasted(v.Gone().Sub(v.Published))
			}
			published := "not known"
			if !v.Published.IsZero() {
				published = stamp(v.Published)
			} else {
				took = "not known"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", cell(c.Name), cell(v.Num), published, gone, took)
		}
		switch {
		case c.Deleted:
			whole = append(whole, code(c.Name))
		case len(c.Good) > 0:
			stayed = append(stayed, code(c.Name))
		}
	}
	if b.Len() == 0 {
		return ""
	}
	b.WriteString("\nA version counts as removed from the moment when nobody could download it any more.")
	if len(whole) > 0 {
		fmt.Fprintf(&b, " Of %s the whole crate was removed.", and(whole))
	}
	if len(stayed) > 0 {
		fmt.Fprintf(&b, " All other versions of %s are good and stay.", and(stayed))
	}
	b.WriteString("\n")
	return b.String()
}

func actionsTaken(s Sheet) string {
	var points []string
	if last := s.lastGone(); !last.IsZero() {
		points = append(points, "The bad versions were removed; the last of them could not be downloaded any more from "+stampUTC(last)+" on.")
	}
	for _, c := range s.Crates {
		if len(c.Restored) > 0 {
			var list []string
			for _, v := range c.Restored {
				list = append(list, code(v))
			}
			points = append(points, "Good versions of "+code(c.Name)+" that had been yanked to steer people to a bad one are back: "+and(list)+".")
		}
	}
	var attackers, owners int64
	for _, a := range s.Accounts {
		switch {
		case !a.Locked:
		case a.Role == "attacker":
			attackers++
		default:
			owners++
		}
	}
	if attackers > 0 {
		points = append(points, "We locked "+count(attackers, "account that published the code", "accounts that published the code")+".")
	}
	if owners > 0 {
		points = append(points, "We locked "+count(owners, "account of a genuine owner as a precaution", "accounts of genuine owners as a precaution")+".")
	}
	if s.RemovedAt != nil {
		points = append(points, "Before anything was removed, files, hashes and the registry's rows were kept as evidence.")
	}
	if len(points) == 0 {
		return ""
	}
	return "- " + strings.Join(points, "\n- ")
}

func analysis(s Sheet) string {
	var out []string
	for _, text := range []string{s.Behaviour, s.Trigger, s.Analysis} {
		if text != "" {
			out = append(out, prose(text))
		}
	}
	for _, c := range s.Crates {
		if c.Behaviour != "" {
			out = append(out, code(c.Name)+": "+prose(c.Behaviour))
		}
	}
	out = append(out, evidenceOfUse(s))
	if list := reach(s); list != "" {
		out = append(out, list)
	}
	if list := publicIndicators(s); list != "" {
		out = append(out, "What to look for:\n\n"+list)
	}
	return strings.Join(out, "\n\n")
}

// evidenceOfUse says no more than is known: "no sign of use" too early was the
// one statement of August 2026 that had to be taken back.
func evidenceOfUse(s Sheet) string {
	note := ""
	if s.UseNote != "" {
		note = " " + strings.ReplaceAll(prose(s.UseNote), "\n\n", " ")
	}
	switch {
	case s.UsedInTheWild == nil:
		return "Whether anybody ran the code is not known yet (as of " + stampUTC(s.AsOf) + ")." + note
	case *s.UsedInTheWild:
		return "There is evidence that the code was used." + note
	}
	return "As of " + stampUTC(s.AsOf) + " there is no evidence that the code was used." + note
}

// reach lists the figures that there are, each with its method, date and whether
// anybody confirmed it.
func reach(s Sheet) string {
	var lines []string
	for _, c := range s.Crates {
		for _, v := range c.Bad {
			if v.Downloads != nil {
				lines = append(lines, "- "+code(c.Name+" "+v.Num)+": "+count(v.Downloads.Value, "download", "downloads")+" ("+v.Downloads.source()+")")
			}
		}
		if c.Dependents != nil {
			lines = append(lines, "- "+code(c.Name)+": "+count(c.Dependents.Value, "crate depends", "crates depend")+" on it ("+c.Dependents.source()+")")
		}
	}
	return strings.Join(lines, "\n")
}

func (f Figure) source() string {
	state := "provisional"
	if f.Confirmed {
		state = "confirmed"
	}
	method := inert(f.Method)
	if method == "" {
		method = "method not noted"
	}
	return state + ", " + method + ", as of " + stampUTC(f.AsOf)
}

// publicIndicators leaves network addresses to the advisories for machines, whose
// readers know that they change hands.
func publicIndicators(s Sheet) string {
	var lines []string
	for _, i := range s.Indicators {
		value := i.Value
		switch i.Kind {
		case "url", "domain":
			value = defanged(value)
		case "ip":
			continue
		}
		line := "- " + inert(i.Kind) + ": " + code(value)
		if i.Note != "" {
			line += " (" + inert(i.Note) + ")"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func whatToDo(s Sheet, files, lock string) string {
	if files == "" {
		return "Nothing."
	}
	var b strings.Builder
	b.WriteString("This lists the bad files that Cargo has fetched on a machine:\n\n```sh\n" + files + "\n```\n\n")
	b.WriteString("This says whether a project's `Cargo.lock` names one of them:\n\n```sh\n" + lock + "\n```\n\n")
	b.WriteString("If neither prints a line, that is a good sign, but no proof: look at your build servers and their caches too.\n\n")
	b.WriteString("If one of them does, take it that the code could read whatever the build could read: exchange tokens, keys and passwords of that machine, look at what was built on it since ")
	if first := s.firstPublished(); first.IsZero() {
		b.WriteString("then")
	} else {
		b.WriteString(stampUTC(first))
	}
	b.WriteString(", remove the files, and update.\n")
	return b.String()
}

func thanks(s Sheet) string {
	var names []string
	for _, c := range s.Finder {
		if n := publicName(c); n != "" {
			names = append(names, inert(n))
		}
	}
	if len(names) == 0 {
		return "Thanks to everybody who helped."
	}
	out := "Thanks to " + and(names) + " for the report and for help."
	var links []string
	for _, l := range s.Links {
		if address(l.URL) != "" {
			links = append(links, "- "+linked(l.Title, l.URL))
		}
	}
	if len(links) > 0 {
		out += "\n\nMore about it:\n\n" + strings.Join(links, "\n")
	}
	return out
}

// publicName is what somebody wants to be called, without what would tell them
// by name on many sites.
func publicName(c Credit) string { return strings.TrimLeft(oneLine(c.Name), "@") }
