package web

import (
	"strings"

	"cratewarden/notify"
)

// noticesCard is the list with its filters.
func (s *Server) noticesCard(list notify.Page, q noticeQuery) Card {
	c := Card{ID: "notices", Title: "Messages", Note: "newest first", Filter: &Filter{Action: "/notices", Fields: q.fields},
		Table: &Table{Caption: "Messages", Columns: []Column{{Label: "Notice"}, {Label: "To"}, {Label: "State"}, {Label: "Ordered (UTC)"}, {Label: "Tries", Num: true}, {Label: "Last problem"}},
			Empty: Empty{Title: "Nobody was told anything yet", Text: "Notices go out when passkeys, roles and API tokens change, when a plan wants a second person, and when glass is broken."}}}
	if narrowing(q.fields).set() {
		c.Filter.Reset = "/notices"
		c.Table.Empty = Empty{Title: "No message passes the filter", Text: "Choose another one, or take it away.", Action: Link{"All messages", "/notices"}}
	}
	for i := range list.Rows {
		c.Table.Rows = append(c.Table.Rows, s.noticeRow(&list.Rows[i]))
	}
	before := positive64(q.filter.Before)
	c.Pager = &Pager{Shown: shown(len(list.Rows), -1, "message"), CSV: q.here("/notices", "format", "csv", "before", before), JSON: q.here("/api/v1/notices", "before", before), Back: "Newest"}
	if before != "" {
		c.Pager.Newer = q.here("/notices")
	}
	if list.Next > 0 {
		c.Pager.Older = q.here("/notices", "before", digits(list.Next))
	}
	return c
}

func (s *Server) noticeRow(d *notify.Delivery) Row {
	title := Phrase{}.Link(d.Title, noticeURL(d.ID)).Say(" ").Muted(d.Kind)
	if d.Urgent {
		title = title.Say(" ").Badge(Warn, "urgent")
	}
	tone := noticeTone(d)
	return Row{Tone: map[Tone]Tone{Bad: Bad, Warn: Warn}[tone], Cells: []Phrase{title, s.receiver(d), statePhrase(d), Phrase{}.UTC(d.At).Say(" ").Ago(d.At), Text(Num(d.Tries)), orDash(d.Problem)}}
}

// toNobody says that there was nobody to send a message to: no channel takes it. It
// did not fail, it stands only in the console.
func toNobody(d *notify.Delivery) bool { return d.Channel == "none" && d.State == notify.GivenUp }

// statePhrase is the word for where a message stands.
func statePhrase(d *notify.Delivery) Phrase {
	if toNobody(d) {
		return Phrase{}.Badge(Plain, "nobody to send to")
	}
	return Phrase{}.Badge(noticeTone(d), string(d.State))
}

func noticeTone(d *notify.Delivery) Tone {
	if toNobody(d) {
		return Plain
	}
	switch d.State {
	case notify.Sent:
		return Good
	case notify.Failed:
		return Warn
	case notify.GivenUp:
		return Bad
	}
	return Info
}

// receiver is who or what the message is for.
func (s *Server) receiver(d *notify.Delivery) Phrase {
	switch {
	case d.Channel == "none":
		return Phrase{}.Muted("nobody")
	case d.Channel != "mail":
		return Phrase{}.Code(d.Channel)
	case d.Person == "":
		return Text("by mail").Muted(" · still to be addressed")
	}
	who := Text(d.Name)
	if d.Name == "" {
		who = Text(d.Person)
	}
	if s.has("GET /people/{id}") {
		who = Phrase{}.Link(who.Plain(), Path("people", d.Person))
	}
	if d.Mail != "" {
		who = who.Say(" ").Muted(d.Mail)
	}
	return who
}

func channelRows(list []notify.ChannelInfo) (out []channelRow) {
	for _, c := range list {
		what := Phrase{}.Strong(c.ID)
		if string(c.Type) != c.ID {
			what = what.Say(" " + string(c.Type))
		}
		takes := "every kind"
		if len(c.Kinds) > 0 {
			takes = strings.Join(c.Kinds, ", ")
		}
		if c.UrgentOnly {
			takes += ", urgent only"
		}
		out = append(out, channelRow{ID: c.ID, What: what.Muted(" · takes " + takes), URL: Path("notices", "channels", c.ID, "test")})
	}
	return out
}

func noticeHead(d notify.Delivery) Head {
	h := Head{Crumbs: []Link{{"Notices", "/notices"}}, Title: visible(d.Title), Badges: []Badge{{Tone: noticeTone(&d), Text: statePhrase(&d).Plain()}}}
	if d.Urgent {
		h.Badges = append(h.Badges, Badge{Tone: Warn, Text: "urgent"})
	}
	return h
}

// toldCard is how the message went.
func (s *Server) toldCard(d notify.Delivery) Card {
	c := Card{ID: "way", Title: "How it went", Note: "message " + digits(d.ID), List: []Fact{{Label: "To", Value: s.receiver(&d)}, {Label: "Kind", Value: Phrase{}.Code(d.Kind)}, {Label: "Ordered", Value: Phrase{}.UTC(d.At).Say(" UTC, ").Ago(d.At)}}}
	if d.SentAt != nil {
		c.List = append(c.List, Fact{Label: "Sent", Value: Phrase{}.UTC(*d.SentAt).Say(" UTC, ").Ago(*d.SentAt)})
	}
	c.List = append(c.List, Fact{Label: "Tries", Value: Text(Num(d.Tries))})
	if d.NextAt != nil {
		c.List = append(c.List, Fact{Label: "Next try", Value: Phrase{}.UTC(*d.NextAt).Say(" UTC, ").Ago(*d.NextAt)})
	}
	if d.Problem != "" {
		c.List = append(c.List, Fact{Label: "Last problem", Value: Text(d.Problem)})
	}
	if d.AgainOf != 0 {
		c.List = append(c.List, Fact{Label: "Repeats", Value: Phrase{}.Link("message "+digits(d.AgainOf), noticeURL(d.AgainOf))})
	}
	if d.AskedBy != "" {
		who := Text(d.AskedBy)
		if s.has("GET /people/{id}") {
			who = Phrase{}.Link(d.AskedBy, Path("people", d.AskedBy))
		}
		c.List = append(c.List, Fact{Label: "Wanted by", Value: who})
	}
	return c
}

// messageCard is what it says.
func (s *Server) messageCard(d notify.Delivery) Card {
	c := Card{ID: "message", Title: "What it says", List: []Fact{{Label: "Title", Value: Text(d.Title)}}}
	for line := range strings.Lines(d.Text) {
		if line = strings.TrimSpace(line); line != "" {
			c.List = append(c.List, Fact{Label: "Text", Value: Text(line)})
		}
	}
	if d.Plan != "" {
		c.List = append(c.List, Fact{Label: "Plan", Value: s.planPhrase(d.Plan)})
	}
	if d.Path != "" {
		c.List = append(c.List, Fact{Label: "Leads to", Value: Phrase{}.Link(d.Path, d.Path)})
	}
	return c
}
