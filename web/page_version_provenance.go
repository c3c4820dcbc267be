package web

import (
	"net/http"
	"slices"
	"strings"

	"cratewarden"
	"cratewarden/dossier"
	"cratewarden/opening"
	"cratewarden/provenance"
)

// fillProvenance answers how the version was published: the sentence, what is
// unlike before, every piece of evidence with its source, and what is not kept.
func fillProvenance(p *dossierPage, v *dossier.Version) {
	if v.Provenance.Absent != "" {
		p.Notices = append(p.Notices, Missing("Some evidence is missing", v.Provenance.Absent))
	}
	p.Verdict = provenanceVerdict(v)
	p.Main = []Card{matrixCard(v), evidenceCard(v), checksTable(v), notKeptCard(v)}
	p.Side = []Card{differencesCard(v), glanceCard(p.Registry.Kind, v), downloadsGlance(v), yanksCard(v)}
}

func provenanceVerdict(v *dossier.Version) Verdict {
	out := Verdict{Tone: toneOf(v.Provenance.Tone), Text: provenanceSentence(v)}
	first := len(v.Provenance.Columns) < 2
	switch {
	case out.Tone == Bad:
		out.Word = "breaks with how this crate is published"
	case out.Tone == Warn:
		out.Word = "unlike earlier publishes"
	case first:
		out.Word = "nothing to compare with"
	default:
		out.Word = "as before"
		if v.Provenance.Absent == "" {
			out.Tone = Good
		}
	}
	return out
}

// provenanceSentence makes the beginning and what differs stand out, and links
// the person.
func provenanceSentence(v *dossier.Version) Phrase {
	sentence := v.Provenance.Sentence
	lead, _, _ := strings.Cut(sentence, ";")
	lead, _, _ = strings.Cut(lead, ",")
	lead = strings.TrimSuffix(lead, ".")
	var threads []thread
	if who := v.Row.Publisher; who != nil && who.Login != "" {
		threads = append(threads, thread{who.Login, personURL(*who)})
		if at := wholeWord(lead, who.Login); at >= 0 {
			lead = strings.TrimSpace(lead[:at])
		}
	}
	threads = append(threads, thread{text: lead})
	for _, d := range v.Provenance.Differences {
		switch {
		case d.Kind == "yanks":
			how, _, _ := strings.Cut(d.Text, " yanked ")
			threads = append(threads, thread{text: "yanked " + how})
		case d.Weight > 1 || d.Kind == "cadence":
			threads = append(threads, thread{text: d.Text})
		}
	}
	return weave(sentence, threads...)
}

// differenceThreads are the crates and versions that differences may name.
func differenceThreads(v *dossier.Version) []thread {
	var out []thread
	for _, d := range v.Dependencies.Rows {
		if d.New {
			out = append(out, thread{d.Crate, crateURL(d.Crate)})
		}
	}
	for _, num := range v.Provenance.Columns {
		out = append(out, thread{num, versionURL(v.Crate, num)})
	}
	return out
}

func differencesCard(v *dossier.Version) Card {
	c := Card{ID: "differences", Title: "What is unlike before"}
	threads := differenceThreads(v)
	for _, d := range v.Provenance.Differences {
		g := Guard{Word: "worth knowing", Text: weave(capitalised(d.Text), threads...)}
		switch d.Weight {
		case 0:
		case 1:
			g.Tone, g.Word = Warn, "notable"
		default:
			g.Tone, g.Word = Bad, "strong"
		}
		c.Guards = append(c.Guards, g)
	}
	if len(c.Guards) == 0 {
		c.Empty = Empty{Title: "Nothing differs", Text: "Compared with up to ten publishes before it."}
		return c
	}
	c.Note = Plural(len(c.Guards), "difference")
	return c
}

func matrixCard(v *dossier.Version) Card {
	c := Card{ID: "matrix", Title: "Beside the previous publishes", Note: "newest first · changed cells marked"}
	m := &Matrix{Caption: "This version beside the previous publishes"}
	for _, num := range v.Provenance.Columns {
		m.Columns = append(m.Columns, Link{visible(num), versionURL(v.Crate, num)})
	}
	for _, row := range v.Provenance.Matrix {
		line := MatrixRow{Label: row.Label}
		for _, cell := range row.Cells {
			line.Cells = append(line.Cells, MatrixCell{Text: visible(cell.Text), Changed: cell.Changed})
		}
		if !blank(row) {
			m.Rows = append(m.Rows, line)
		}
	}
	c.Matrix = m
	return c
}

// blank says that no publish has the fact, such as a repository where all came
// with tokens; the row would only be in the way.
func blank(row provenance.Row) bool {
	for _, cell := range row.Cells {
		if cell.Changed || cell.Text != "—" {
			return false
		}
	}
	return true
}

func evidenceCard(v *dossier.Version) Card {
	c := Card{ID: "evidence", Title: "Evidence", Note: "where each fact comes from"}
	c.Table = &Table{Caption: "Evidence", Columns: []Column{{Label: "Fact"}, {Label: "Value"}, {Label: "Source"}}, Empty: Empty{Title: "The registry holds no evidence"}}
	for _, f := range v.Provenance.Evidence {
		c.Table.Rows = append(c.Table.Rows, Row{Tone: toneOf(f.Tone), Cells: []Phrase{Text(f.Name), evidenceValue(v, f), Phrase{}.Muted(f.Source)}})
	}
	return c
}

// openPublishMail offers to open the mail address that was verified when the
// version was published, where it stands masked.
func (s *Server) openPublishMail(r *http.Request, p *dossierPage, v *dossier.Version) {
	masked := func(f provenance.Fact) bool { return f.Name == provenance.MailFact && f.Value != cratewarden.NotInDump }
	if !slices.ContainsFunc(v.Provenance.Evidence, masked) || !s.mayOpen(r, opening.PublishMail) {
		return
	}
	for i := range p.Main {
		if p.Main[i].ID == "evidence" {
			p.Main[i].More = Link{"open the address", s.openURL(opening.PublishMail, v.Crate+"@"+v.Num)}
		}
	}
}

func evidenceValue(v *dossier.Version, f provenance.Fact) Phrase {
	switch sum := v.Row.SHA256; {
	case f.Value == "":
		return Phrase{}.Muted("–")
	case f.Outside:
		return Phrase{}.External(f.Value)
	case sum != "" && strings.HasPrefix(f.Value, sum):
		p := Phrase{}.Copy(sum, sum[:min(16, len(sum))]+"…")
		if rest := strings.TrimLeft(f.Value[len(sum):], " —"); rest != "" {
			p = p.Say(" ").Badge(checksTone(v.Checks), rest)
		}
		return p
	}
	if who := v.Row.Publisher; who != nil && who.Login != "" {
		return weave(f.Value, thread{who.Login, personURL(*who)})
	}
	return Text(f.Value)
}

// checksTone is good when everything was compared and is equal.
func checksTone(checks []dossier.Check) Tone {
	tone := Good
	for _, c := range checks {
		switch c.State {
		case "different":
			return Bad
		case "equal":
		default:
			tone = Plain
		}
	}
	return tone
}

// checksTable lays database, index and file side by side.
func checksTable(v *dossier.Version) Card {
	c := Card{ID: "checks", Title: "Database, index and file", Note: "the same facts in three places"}
	if v.ChecksAbsent != "" {
		c.Notices = []Notice{Missing("Not everything can be compared", v.ChecksAbsent)}
	}
	c.Table = &Table{Caption: "Checks", Columns: []Column{{Label: "Fact"}, {Label: "State"}, {Label: "Database"}, {Label: "Index"}, {Label: "File"}}, Empty: Empty{Title: "Nothing was compared"}}
	for _, x := range v.Checks {
		tone := Plain
		switch x.State {
		case "equal":
			tone = Good
		case "different", "missing":
			tone = Bad
		}
		state := Phrase{}.Badge(tone, x.State)
		if x.Note != "" && x.State != "equal" {
			state = state.Muted(" " + x.Note)
		}
		row := Row{Cells: []Phrase{Text(capitalised(x.Fact)), state, value(x.Database), value(x.Index), value(x.File)}}
		if tone == Bad {
			row.Tone = Bad
		}
		c.Table.Rows = append(c.Table.Rows, row)
	}
	return c
}

// value is a fact as text; checksums are shown by their beginning.
func value(text string) Phrase {
	if len(text) >= 32 && !strings.Contains(text, " ") {
		return Phrase{}.Copy(text, Short(text))
	}
	return code(text)
}

func notKeptCard(v *dossier.Version) Card {
	c := Card{ID: "not-kept", Title: "What the registry does not keep", Note: "its absence proves nothing"}
	for _, g := range v.Provenance.NotKept {
		c.List = append(c.List, Fact{Label: g.Fact, Value: Text(g.Note)})
	}
	return c
}

func glanceCard(kind RegistryKind, v *dossier.Version) Card {
	c := Card{ID: "glance", Title: "At a glance"}
	c.Facts = []Fact{
		{Label: "Published", Value: Phrase{}.Ago(v.Row.CreatedAt), Note: UTC(v.Row.CreatedAt)},
		{Label: "Downloads", Value: Text(Num(v.Row.Downloads)), Note: "this version, all time"},
		{Label: "Size", Value: Text(Bytes(v.Row.Size)), Note: codeLines(kind, v.Manifest)},
		dependentsFact(v.Dependents),
		{Label: "License", Value: orDash(v.Row.License)},
		{Label: "Rust", Value: orDash(rust(v.Manifest)), Note: "edition, least version"},
	}
	c.Facts[3].Label = "Dependents of the crate"
	return c
}

func codeLines(kind RegistryKind, m dossier.Manifest) string {
	if m.CodeLines < 0 {
		return "lines " + uncounted(kind)
	}
	return Plural(m.CodeLines, "line") + " of code"
}

func rust(m dossier.Manifest) string {
	return strings.Trim(m.Edition+", "+m.RustVersion, ", ")
}

// downloadsGlance is the last days of the chart, small; of a young version,
// the week around its publish.
func downloadsGlance(v *dossier.Version) Card {
	const days = 30
	c := Card{ID: "downloads", Title: "Downloads", More: Link{"by day", Path("crates", v.Crate, v.Num, "downloads")}}
	if v.Chart.Absent != "" {
		return c.missing(v.Chart.Absent)
	}
	if sum(v.Chart.Totals) == 0 {
		c.Empty = Empty{Title: "No downloads were counted", Text: "In the days that the registry keeps."}
		return c
	}
	from := max(0, len(v.Chart.Days)-days)
	for from < len(v.Chart.Days)-7 && v.Chart.Days[from].Before(v.Row.CreatedAt.AddDate(0, 0, -1)) {
		from++
	}
	c.Note = "last " + Plural(len(v.Chart.Days)-from, "day")
	bars := &Bars{ID: "version-bars", Title: "Downloads by day", Unit: "downloads"}
	for i := from; i < len(v.Chart.Days) && i < len(v.Chart.Totals); i++ {
		bars.Values = append(bars.Values, Bar{Label: date(v.Chart.Days[i]), Value: v.Chart.Totals[i]})
	}
	c.Bars = bars
	return c
}
