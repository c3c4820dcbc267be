package web

import (
	"strconv"

	"cratewarden"
	"cratewarden/dossier"
)

// dossierPage is a view of a crate or a version: the answer first, then facts
// and sections.
type dossierPage struct {
	Page
	Head       Head
	Tabs       []Tab
	Notices    []Notice
	Verdict    Verdict // shown when it has a text
	Facts      []Fact
	Main, Side []Card
}

// isNotFound says that a dossier does not exist, as against one that cannot be
// had now.
func isNotFound(err error) bool { return cratewarden.KindOf(err) == cratewarden.NotFound }

// toneOf reads the tones of dossiers, of which "calm" is plain here. A tone that
// is not known is plain too, so that it never becomes a class of its own.
func toneOf(text string) Tone {
	switch tone := Tone(text); tone {
	case Bad, Warn, Good, Info, Hold:
		return tone
	}
	return Plain
}

// toneWord is what the tone of an event or a piece of evidence means, for those
// who do not see colours.
func toneWord(t Tone) string {
	switch t {
	case Bad:
		return "serious"
	case Warn:
		return "notable"
	case Good:
		return "good"
	case Info:
		return "new"
	case Hold:
		return "held"
	}
	return ""
}

func badgesOf(marks []dossier.Mark) []Badge {
	var out []Badge
	for _, m := range marks {
		out = append(out, Badge{Tone: toneOf(m.Tone), Text: visible(m.Text)})
	}
	return out
}

// withMarks adds marks to a phrase.
func (p Phrase) withMarks(marks []dossier.Mark) Phrase {
	for _, m := range marks {
		p = p.Say(" ").Badge(toneOf(m.Tone), m.Text)
	}
	return p
}

// withVersionMarks adds a version's marks; that it is held leads to the plan.
func (p Phrase) withVersionMarks(v *dossier.VersionRow) Phrase {
	for _, m := range v.Marks {
		if p = p.Say(" "); v.Held != nil && m.Text == "held" {
			p = p.Held(m.Text, v.Held.Plan)
			continue
		}
		p = p.Badge(toneOf(m.Tone), m.Text)
	}
	return p
}

// rowTone is the worst tone of a row's marks, drawn at its edge.
func rowTone(marks []dossier.Mark) Tone {
	for _, m := range marks {
		if m.Tone == string(Bad) {
			return Bad
		}
	}
	return Plain
}

func crateURL(name string) string { return Path("crates", name) }

func versionURL(name, num string) string { return Path("crates", name, num) }

// personURL is a person's page; empty when there is none.
func personURL(p dossier.Person) string {
	switch {
	case p.ID == 0:
		return ""
	case p.Kind == "team":
		return Path("teams", itoa(p.ID))
	default:
		return Path("accounts", itoa(p.ID))
	}
}

// personName names a person in few words, also one whose row is gone.
func personName(p dossier.Person) string {
	switch {
	case p.Login != "":
		return p.Login
	case p.Kind == "team":
		return "team " + itoa(p.ID)
	case p.ID != 0:
		return "account " + itoa(p.ID)
	}
	return "nobody recorded"
}

// Person adds a link to an account or team.
func (p Phrase) Person(who *dossier.Person) Phrase {
	if who == nil {
		return p.Muted("nobody recorded")
	}
	url := personURL(*who)
	if url == "" {
		return p.Muted(personName(*who))
	}
	p = p.Link(personName(*who), url)
	if who.Locked {
		p = p.Say(" ").Badge(Bad, "locked")
	}
	return p
}

// outside adds an address elsewhere, or a dash.
func outside(address string) Phrase {
	if address == "" {
		return Phrase{}.Muted("–")
	}
	return Phrase{}.External(address)
}

func orDash(text string) Phrase {
	if text == "" {
		return Phrase{}.Muted("–")
	}
	return Text(text)
}

// eventsOf turns a timeline into lines whose names and numbers are links.
func eventsOf(events []dossier.Event) []Event {
	var out []Event
	for _, e := range events {
		var threads []thread
		if e.Crate != "" && e.Num != "" {
			threads = append(threads, thread{e.Num, versionURL(e.Crate, e.Num)})
		}
		if e.Crate != "" {
			threads = append(threads, thread{e.Crate, crateURL(e.Crate)})
		}
		if e.Person != nil && personURL(*e.Person) != "" {
			threads = append(threads, thread{personName(*e.Person), personURL(*e.Person)})
		}
		tone := toneOf(e.Tone)
		out = append(out, Event{At: e.At, Tone: tone, Word: toneWord(tone), Text: weave(e.Text, threads...), Source: e.Source})
	}
	return out
}

// timelineCard is the whole timeline, or its newest events.
func timelineCard(t dossier.Timeline, most int, more Link) Card {
	c := Card{ID: "timeline", Title: "Timeline", Note: "newest first · UTC · with the source of each fact"}
	if t.Absent != "" {
		c.Notices = []Notice{Missing("Some events are missing", t.Absent)}
	}
	shown := t.Events
	if most > 0 && len(shown) > most {
		shown = shown[:most]
	}
	if most > 0 {
		c.More = more
		c.Note = Num(len(shown)) + " newest of " + Plural(len(t.Events), "event")
	} else {
		c.Gaps = t.Gaps
	}
	c.Events = eventsOf(shown)
	if len(c.Events) == 0 && t.Absent == "" {
		c.Empty = Empty{Title: "No event is known"}
	}
	return c
}

// downloadsCard draws downloads by day; link says whether the series are
// versions of the crate.
func downloadsCard(id, crate string, c dossier.Chart) Card {
	card := Card{ID: "downloads", Title: "Downloads", Note: Plural(len(c.Days), "day") + " · UTC · the newest day is not over"}
	switch {
	case c.Absent != "":
		return card.missing(c.Absent)
	case sum(c.Totals) == 0:
		card.Note = ""
		card.Empty = Empty{Title: "No downloads were counted", Text: "The registry keeps days for 90 days, and counts some minutes late."}
		return card
	}
	chart := &Stacked{ID: id, Title: "Downloads by day", Unit: "downloads", Days: c.Days}
	for _, s := range c.Series {
		line := Series{Name: s.Name, Values: s.Days}
		if s.Name != "other versions" {
			line.URL = versionURL(crate, s.Name)
		}
		chart.Series = append(chart.Series, line)
	}
	if len(chart.Series) == 0 {
		chart.Series = []Series{{Name: crate, Values: c.Totals}}
	}
	card.Chart = chart
	return card
}

func sum(values []int64) (total int64) {
	for _, v := range values {
		total += v
	}
	return total
}

// itoa writes a number for an address: without separators.
func itoa[T ~int | ~int32 | ~int64](n T) string { return strconv.FormatInt(int64(n), 10) }
