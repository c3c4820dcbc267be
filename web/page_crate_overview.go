package web

import (
	"fmt"
	"slices"
	"strings"

	"cratewarden/dossier"
)

// How many rows of a list the overview shows before it leads to the list.
const (
	glanceVersions   = 8
	glanceDependents = 6
	glanceEvents     = 8
)

// crateOverview answers at a glance: what the crate is, how it is doing, who
// may publish it and whether everything agrees.
func (s *Server) crateOverview(p *dossierPage, d *dossier.Crate) {
	tone := toneOf(d.Tone)
	p.Verdict = Verdict{Tone: tone, Word: crateWord(tone), Text: weave(d.Truth, crateThreads(d)...)}
	p.Facts = crateFacts(d)
	p.Main = []Card{
		downloadsCard("crate-downloads", d.Name, d.Chart),
		versionsGlance(d),
		ownersCard(d),
		dependentsGlance(d),
		timelineCard(d.Timeline, glanceEvents, Link{"all events", Path("crates", d.Name, "timeline")}),
	}
	p.Side = []Card{checksCard(d), aboutCard(d), publishersCard(d), s.nameCard(d)}
	if len(d.Jobs.Rows) > 0 {
		p.Side = append(p.Side, s.jobsCard(d))
	}
}

func crateWord(t Tone) string {
	switch t {
	case Bad:
		return "needs a look now"
	case Warn:
		return "unusual"
	case Good:
		return "all well"
	}
	return "in short"
}

// crateThreads are the pieces of the truth that carry links.
func crateThreads(d *dossier.Crate) []thread {
	var out []thread
	if d.Default != "" {
		out = append(out, thread{d.Default, versionURL(d.Name, d.Default)})
	}
	for _, v := range d.Versions.Rows {
		if v.Num != d.Default && len(out) < 8 {
			out = append(out, thread{v.Num, versionURL(d.Name, v.Num)})
		}
	}
	for _, o := range d.Owners.Active {
		out = append(out, thread{personName(o.Person), personURL(o.Person)})
	}
	for _, x := range d.Dependents.Top {
		out = append(out, thread{x.Crate, crateURL(x.Crate)})
	}
	for _, list := range [][]dossier.NearName{d.History.Twins, d.Lookalikes} {
		for _, x := range list {
			out = append(out, thread{x.Name, crateURL(x.Name)})
		}
	}
	// The crate's own name would only lead back here.
	return slices.DeleteFunc(out, func(t thread) bool { return t.text == d.Name })
}

func crateFacts(d *dossier.Crate) []Fact {
	versions := Fact{Label: "Versions", Value: Text(Num(d.VersionCount)), Note: "none yanked"}
	if d.YankedCount > 0 {
		versions.Note = Num(d.YankedCount) + " yanked"
	}
	facts := []Fact{
		{Label: "Downloads", Value: Text(Num(d.Downloads)), Note: downloadsNote(d)},
		versions,
		dependentsFact(d.Dependents),
		{Label: "Owners", Value: Text(Num(len(d.Owners.Active))), Note: ownersNote(d)},
		{Label: "Published by", Value: Text(publishWay(d)), Note: publishNote(d)},
		{Label: "Last change", Value: Phrase{}.Ago(d.UpdatedAt), Note: "created " + date(d.CreatedAt)},
	}
	return append(facts, limitFacts(d)...)
}

func downloadsNote(d *dossier.Crate) string {
	if d.Chart.Absent != "" {
		return "all time"
	}
	return Num(d.Downloads90) + " in " + Plural(max(len(d.Chart.Days), 90), "day")
}

func dependentsFact(d dossier.Dependents) Fact {
	switch {
	case d.Absent != "":
		return Fact{Label: "Dependents", Value: Phrase{}.Muted("–"), Note: d.Absent}
	case d.AnyVersion < 0:
		return Fact{Label: "Dependents", Value: Text(Num(d.Default)), Note: "default versions; others are loading"}
	}
	return Fact{Label: "Dependents", Value: Text(Num(d.AnyVersion)), Note: "any version; " + Num(d.Default) + " by default"}
}

func ownersNote(d *dossier.Crate) string {
	switch {
	case d.Owners.FormerAbsent != "":
		return "former ones " + d.Owners.FormerAbsent
	case len(d.Owners.Former) == 0:
		return "none before them"
	}
	return Num(len(d.Owners.Former)) + " before them"
}

// publishWay says by what the newest version came, in few words.
func publishWay(d *dossier.Crate) string {
	if d.TrustpubOnly {
		return "trusted publishing only"
	}
	if len(d.Versions.Rows) == 0 {
		return "–"
	}
	way, _, _ := strings.Cut(d.Versions.Rows[0].MethodLabel, ",")
	return way
}

func publishNote(d *dossier.Crate) string {
	switch {
	case d.TrustpubOnly:
		return "tokens and sessions are refused"
	case len(d.Versions.Rows) > 0:
		return "newest; tokens may publish"
	}
	return "no version is left"
}

// limitFacts are the limits that somebody set for this crate alone.
func limitFacts(d *dossier.Crate) []Fact {
	var out []Fact
	if d.MaxUploadSize != nil {
		out = append(out, Fact{Label: "Upload limit", Value: Text(Bytes(int64(*d.MaxUploadSize))), Note: "set for this crate; usual are 10 MiB"})
	}
	if d.MaxFeatures != nil {
		out = append(out, Fact{Label: "Feature limit", Value: Text(Num(int(*d.MaxFeatures))), Note: "set for this crate"})
	}
	return out
}

func versionsGlance(d *dossier.Crate) Card {
	rows := d.Versions.Rows[:min(len(d.Versions.Rows), glanceVersions)]
	c := Card{ID: "versions", Title: "Newest versions", Note: fmt.Sprintf("%s of %s", Num(len(rows)), Plural(d.VersionCount, "version")),
		More: Link{"all versions", Path("crates", d.Name, "versions")}}
	if d.Versions.Absent != "" {
		return c.missing(d.Versions.Absent)
	}
	c.Table = versionTable(rows)
	return c
}

func dependentsGlance(d *dossier.Crate) Card {
	c := Card{ID: "dependents", Title: "Dependents", Note: "most downloaded first", More: Link{"all dependents", Path("crates", d.Name, "dependents")}}
	if d.Dependents.Absent != "" {
		return c.missing(d.Dependents.Absent)
	}
	c.Table = dependentTable(d.Dependents.Top[:min(len(d.Dependents.Top), glanceDependents)])
	return c
}

func aboutCard(d *dossier.Crate) Card {
	facts := []Fact{
		{Label: "Crate id", Value: Text(itoa(d.ID))},
		{Label: "Canonical name", Value: Phrase{}.Code(d.Canonical)},
		{Label: "Repository", Value: outside(d.Repository)},
		{Label: "Homepage", Value: outside(d.Homepage)},
		{Label: "Documentation", Value: outside(d.Documentation)},
		{Label: "Keywords", Value: words(d.Keywords)},
		{Label: "Categories", Value: words(d.Categories)},
	}
	followers := Fact{Label: "Followers", Value: Text(Num(d.Followers))}
	if d.FollowersAbsent != "" {
		followers = Fact{Label: "Followers", Value: Phrase{}.Muted("–"), Note: d.FollowersAbsent}
	}
	return Card{ID: "about", Title: "About", Note: "as its owners wrote it", List: append(facts, followers)}
}

// words are keywords or categories as quiet marks.
func words(list []string) Phrase {
	if len(list) == 0 {
		return Phrase{}.Muted("none")
	}
	var out Phrase
	for i, w := range list {
		if i > 0 {
			out = out.Say(" ")
		}
		out = out.Badge(Plain, w)
	}
	return out
}
