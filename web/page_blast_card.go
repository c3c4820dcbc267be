package web

import (
	"html/template"
	"strings"
	"time"

	"cratewarden/blast"
)

// fillBlast puts a report on the page.
func (s *Server) fillBlast(p *blastPage, r *blast.Report, after, limit int) {
	p.Verdict = blastVerdict(r)
	if r.Crates > 0 {
		p.Picture = template.HTML(r.Picture("blast", func(name string) string { return crateURL(name) }))
	}
	p.Main = []Card{blastAffected(r, after, limit), blastLayers(r), blastKinds(r), blastDays(r)}
	p.Side = []Card{blastBad(r), blastFigures(r), blastOwners(r)}
	for _, gap := range r.Gaps {
		p.Notices = append(p.Notices, Notice{Tone: Info, Title: gap})
	}
}

// affected is the card of the list.
func (p *blastPage) affected() *Card { return &p.Main[0] }

func blastVerdict(r *blast.Report) Verdict {
	could, now := "could resolve to", "in lock files or caches of somebody, perhaps; in no requirement"
	if r.Query.Mode == blast.Would {
		could, now = "resolve now to", "a build without a lock file gets another version"
	}
	if r.Crates == 0 {
		return Verdict{Tone: Good, Word: "nobody", Text: Phrase{}.Strong("No other crate’s versions ").Say(could + " " + shortened(r.Subjects()) + ": " + now + ".")}
	}
	tone := Warn
	if r.Defaults > 0 {
		tone = Bad
	}
	return Verdict{Tone: tone, Word: "hit", Text: Phrase{}.Strong(Plural(r.Versions, "version") + " of " + Plural(r.Crates, "crate")).Say(" " + could + " " + shortened(r.Subjects()) +
		", up to distance " + Num(len(r.Layers)) + ". " + Plural(r.Direct, "crate depends", "crates depend") + " directly; of " + Plural(r.Defaults, "crate") + " the default version is hit. As of ").UTC(r.AsOf).Say(".")}
}

// shortened cuts a line that may name hundreds of versions.
func shortened(text string) string {
	if runes := []rune(text); len(runes) > 160 {
		return string(runes[:159]) + "…"
	}
	return text
}

func blastAffected(r *blast.Report, after, limit int) Card {
	part, _ := r.Part(after, limit)
	c := Card{ID: "affected", Title: "Crates that are hit", Note: "most downloaded first"}
	c.Table = &Table{Caption: "Crates that are hit", Columns: []Column{{Label: "Crate"}, {Label: "Distance", Num: true}, {Label: "Hit", Num: true}, {Label: "Newest hit"}, {Label: "Through"}, {Label: "Kinds"}, {Label: "Downloads", Num: true}, {Label: "of hit versions", Num: true}},
		Empty: Empty{Title: "No crate is hit", Text: "No requirement in the registry takes one of these versions, by what was asked."}}
	for _, a := range part.Affected {
		newest := Phrase{}.Link(a.Newest, versionURL(a.Crate, a.Newest))
		row := Row{}
		if a.Default {
			row.Tone, newest = Bad, newest.Say(" ").Badge(Bad, "default")
		}
		kinds := Text(strings.ReplaceAll(a.Kinds, " ", ", "))
		if a.Optional {
			kinds = kinds.Say(" ").Badge(Plain, "optional")
		}
		row.Cells = []Phrase{Phrase{}.Link(a.Crate, crateURL(a.Crate)), Text(Num(a.Distance)), Text(Num(a.Versions)), newest,
			Phrase{}.Link(a.Through, crateURL(a.Through)).Say(" ").Code(a.Requirement), kinds, Text(Num(a.Downloads)), Text(Num(a.Hit))}
		c.Table.Rows = append(c.Table.Rows, row)
	}
	return c
}

// fillBlastPager leads through the list by its places in it.
func fillBlastPager(c *Card, pager *Pager, here string, n narrowing, r *blast.Report, after, limit int) {
	if r.Crates == 0 {
		return
	}
	to := func(at int) string {
		pairs := append(n.pairs(), "limit", blastLimit(limit))
		if at > 0 {
			pairs = append(pairs, "after", digits(at))
		}
		return address(here, pairs...)
	}
	if after+limit < r.Crates {
		pager.Older = to(after + limit)
	}
	pager.Newer = ""
	if after > 0 {
		pager.Newer, pager.Back = to(max(0, after-limit)), "Back"
	}
	pager.Shown = shown(len(c.Table.Rows), r.Crates, "crate")
	c.Pager = pager
}

func blastLimit(limit int) string {
	if limit == listLimit {
		return ""
	}
	return digits(limit)
}

func blastLayers(r *blast.Report) Card {
	c := Card{ID: "layers", Title: "By distance", Table: &Table{Caption: "By distance", Columns: []Column{{Label: "Distance", Num: true}, {Label: "Crates", Num: true}, {Label: "Versions", Num: true}, {Label: "Downloads of the crates", Num: true}},
		Empty: Empty{Title: "Nothing is hit at any distance"}}}
	for _, l := range r.Layers {
		c.Table.Rows = append(c.Table.Rows, Row{Cells: []Phrase{Text(Num(l.Distance)), Text(Num(l.Crates)), Text(Num(l.Versions)), Text(Num(l.Downloads))}})
	}
	return c
}

func blastBad(r *blast.Report) Card {
	c := Card{ID: "bad", Title: "Taken as bad", Table: &Table{Caption: "Taken as bad", Columns: []Column{{Label: "Version"}, {Label: "Downloads", Num: true}},
		Empty: Empty{Title: "No version", Text: "The crate has none within what was asked."}}}
	versions := 0
	for _, crate := range r.Bad {
		versions += len(crate.Versions)
		for _, v := range crate.Versions {
			if len(c.Table.Rows) == listLimit {
				break
			}
			c.Table.Rows = append(c.Table.Rows, Row{Cells: []Phrase{badVersion(crate.Name, v), Text(Num(v.Downloads))}})
		}
	}
	c.Note = shown(len(c.Table.Rows), versions, "version")
	return c
}

// badVersion says when it was published in the same cell: the card is narrow.
func badVersion(crate string, v blast.BadVersion) Phrase {
	if v.Missing {
		return Text(crate+" "+v.Num).Say(" ").Badge(Info, "not there")
	}
	name := Phrase{}.Link(crate+" "+v.Num, versionURL(crate, v.Num)).Say(" ")
	if v.Yanked {
		name = name.Badge(Hold, "yanked").Say(" ")
	}
	return name.Muted("published ").UTC(v.Published)
}

// blastFigures has every number with what it is worth.
func blastFigures(r *blast.Report) Card {
	c := Card{ID: "figures", Title: "Figures", Note: "the console's own; what logs confirmed is in the incident"}
	for _, f := range r.Figures {
		badge := Badge{Tone: Warn, Text: f.State()}
		if f.Confirmed {
			badge.Tone = Good
		}
		c.List = append(c.List, Fact{Label: f.Label, Value: Text(Num(f.Value)), Note: f.Method + "; as of " + UTC(f.AsOf) + " UTC", Badge: badge})
	}
	return c
}

func blastKinds(r *blast.Report) Card {
	c := Card{ID: "kinds", Title: "By kind of dependency", Note: "what several kinds lead to counts for each", Table: &Table{Caption: "By kind of dependency",
		Columns: []Column{{Label: "Kind"}, {Label: "Crates", Num: true}, {Label: "Direct", Num: true}, {Label: "Versions", Num: true}, {Label: "Optional only", Num: true}},
		Empty:   Empty{Title: "No dependency leads to these versions"}}}
	for _, k := range r.Kinds {
		c.Table.Rows = append(c.Table.Rows, Row{Cells: []Phrase{Text(k.Kind), Text(Num(k.Crates)), Text(Num(k.Direct)), Text(Num(k.Versions)), Text(Num(k.Optional))}})
	}
	return c
}

// blastOwners lists whom to tell: who owns what depends directly.
func blastOwners(r *blast.Report) Card {
	c := Card{ID: "owners", Title: "Owners to tell", Table: &Table{Caption: "Owners to tell", Columns: []Column{{Label: "Owner"}, {Label: "Crates"}, {Label: "Downloads", Num: true}},
		Empty: Empty{Title: "Nobody to tell", Text: "No crate depends directly on these versions, or none has an owner."}}}
	for i, o := range r.Owners {
		if i == listLimit {
			break
		}
		url := Path("accounts", digits(int(o.ID)))
		if o.Team {
			url = Path("teams", digits(int(o.ID)))
		}
		crates := o.Crates[0]
		if more := len(o.Crates) - 1; more > 0 {
			crates += " and " + Num(more) + " more"
		}
		c.Table.Rows = append(c.Table.Rows, Row{Cells: []Phrase{Phrase{}.Link(o.Login, url), Text(crates), Text(Num(o.Downloads))}})
	}
	c.Note = shown(len(c.Table.Rows), r.OwnerCount, "owner") + " of crates that depend directly"
	return c
}

// blastSeries is how many versions a chart of downloads names.
const blastSeries = 5

func blastDays(r *blast.Report) Card {
	c := Card{ID: "days", Title: "Downloads of the bad versions", Note: "by day, UTC"}
	if len(r.Days) == 0 {
		c.Empty = Empty{Title: "No downloads by day", Text: "The versions are not in the registry, or nobody asked for them in the window."}
		return c
	}
	chart := &Stacked{ID: "blast-days", Title: "Downloads of the bad versions by day", Unit: "downloads"}
	names := r.Series()
	for i, name := range names {
		if i == blastSeries && len(names) > blastSeries+1 {
			chart.Series = append(chart.Series, Series{Name: "other versions"})
			break
		}
		chart.Series = append(chart.Series, Series{Name: name})
	}
	place := map[string]int{}
	for i, name := range names {
		place[name] = min(i, len(chart.Series)-1)
	}
	for i := range chart.Series {
		chart.Series[i].Values = make([]int64, len(r.Days))
	}
	for at, d := range r.Days {
		chart.Days = append(chart.Days, d.Day.In(time.UTC))
		for name, n := range d.Versions {
			chart.Series[place[name]].Values[at] += n
		}
	}
	c.Chart = chart
	return c
}
