package provenance

import (
	"fmt"
	"strings"
	"time"

	"cratewarden"
)

// matrix lays the subject beside the publishes before it, newest first.
func matrix(in Input, diffs []Difference) ([]string, []Row) {
	broken := map[string]bool{}
	for _, d := range diffs {
		// What is only worth knowing is said in words, not marked.
		broken[d.Kind] = d.Weight > 0
	}
	all := append([]Publish{in.Subject}, in.Previous...)
	columns := make([]string, len(all))
	for i, p := range all {
		columns[i] = p.Num
	}
	row := func(label, kind string, text func(i int, p Publish) string) Row {
		r := Row{Label: label}
		for i, p := range all {
			r.Cells = append(r.Cells, Cell{Text: text(i, p), Changed: i == 0 && broken[kind]})
		}
		return r
	}
	rows := []Row{
		row("When (UTC)", "hour", func(_ int, p Publish) string { return p.At.UTC().Format("2 Jan 2006 15:04") }),
		row("Since the one before", "cadence", func(i int, p Publish) string { return pause(all, i) }),
		row("Method", "method", func(_ int, p Publish) string { return p.Method.Label() }),
		row("Person", "person", func(_ int, p Publish) string { return dash(p.Person) }),
		row("Credential", "token", func(_ int, p Publish) string { return credential(p) }),
		row("Repository", "origin", func(_ int, p Publish) string { return dash(p.Origin) }),
		row("Dependencies", "dependencies", func(i int, p Publish) string { return dependencyCell(all, i) }),
		row("VCS commit", "vcs", func(_ int, p Publish) string { return commitCell(p) }),
		row("Size", "size", func(_ int, p Publish) string { return Bytes(p.Size) }),
	}
	if anyRead(all) {
		rows = append(rows,
			row("Files", "files", func(_ int, p Publish) string { return filesCell(p) }),
			row("Build script", "build", func(_ int, p Publish) string { return buildCell(p) }))
	}
	return columns, rows
}

func pause(all []Publish, i int) string {
	if i+1 >= len(all) {
		return "—"
	}
	return cratewarden.Span(all[i].At.Sub(all[i+1].At))
}

func dash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}

func credential(p Publish) string {
	switch {
	case p.Token != nil:
		return fmt.Sprintf("%s #%d", p.Token.MaskedName, p.Token.ID)
	case p.Run != "":
		return runWord(p.Method) + " " + p.Run
	}
	return "—"
}

// dependencyCell gives the number and names what the version before lacked.
func dependencyCell(all []Publish, i int) string {
	n := len(all[i].Dependencies)
	if i+1 >= len(all) {
		return fmt.Sprint(n)
	}
	had := map[string]bool{}
	for _, d := range all[i+1].Dependencies {
		had[d.Crate] = true
	}
	var fresh []string
	for _, d := range all[i].Dependencies {
		if had[d.Crate] {
			continue
		}
		had[d.Crate] = true
		text := "+" + d.Crate
		if d.Age < 30*24*time.Hour {
			text += ", " + cratewarden.Span(d.Age) + " old"
		}
		fresh = append(fresh, text)
	}
	if len(fresh) == 0 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d (%s)", n, list(fresh, 2))
}

func commitCell(p Publish) string {
	switch {
	case p.Commit != "":
		return short(p.Commit)
	case p.VCSCommit != "":
		return short(p.VCSCommit) + " (claimed)"
	case p.ArchiveRead:
		return "none recorded"
	}
	return "not read"
}

func filesCell(p Publish) string {
	if p.Files < 0 {
		return "not read"
	}
	return fmt.Sprint(p.Files)
}

func buildCell(p Publish) string {
	switch {
	case !p.ArchiveRead:
		return "not read"
	case p.BuildScript:
		return "yes"
	}
	return "no"
}

func anyRead(all []Publish) bool {
	for _, p := range all {
		if p.ArchiveRead {
			return true
		}
	}
	return false
}

// Bytes says a size in decimal units with at most three figures, as the
// registry's own pages do.
func Bytes(n int64) string {
	const k = 1000
	switch {
	case n < k:
		return fmt.Sprintf("%d B", n)
	case n < k*k:
		return trim(float64(n)/k) + " kB"
	case n < k*k*k:
		return trim(float64(n)/k/k) + " MB"
	}
	return trim(float64(n)/k/k/k) + " GB"
}

func trim(f float64) string {
	if f >= 100 {
		return fmt.Sprintf("%.0f", f)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", f), ".0")
}
