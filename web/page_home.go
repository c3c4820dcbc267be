package web

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/dossier"
)

// homePage is what somebody who was woken needs first: whether the picture is
// whole, what was published lately that stands out, and where to begin.
type homePage struct {
	Page
	Head    Head
	Notices []Notice
	Facts   []Fact
	Recent  feed
	Unread  []Notice // in place of Recent
	Jobs    Card
	Deleted Card
	Starts  []start
	Mirror  Card
	Risen   Card // deleted versions that came back; without a title there are none
	Needs   Card // what needs the visitor; without a title there are no cases here
	Plans   Card // what waits for whoever looks; without a title there are no plans here
	// Again is set while the mirror loads: the page then renews itself.
	Again bool
}

// start is a way to begin with what one has in hand.
type start struct{ Have, Label, URL, Note string }

func (s *Server) home(w http.ResponseWriter, r *http.Request) error {
	h, err := s.cfg.Dossiers.Home(r.Context())
	if err != nil {
		return err
	}
	p := homePage{Page: s.page(r, "Home"), Again: !h.Mirror.Ready, Starts: s.starts()}
	name := h.Registry
	if name == "" {
		name = s.cfg.Registry.Label
	}
	p.Head = Head{Title: visible(name), Lead: Text("What is here and what happened last. Type / to search, Ctrl K to jump.")}
	for _, alarm := range alarmOf(&h.Jobs) {
		alarm.Text = Text(alarmBrief(h.Jobs.Alarm)).Say(" ").Link("The queue", "/jobs")
		p.Notices = append(p.Notices, alarm)
	}
	p.Notices = append(p.Notices, dumpNotice(h.Dump)...)
	p.Facts = homeFacts(h)
	p.Recent = feed{Rows: s.feedRows(h.Recent)}
	p.Jobs = homeJobs(h.Jobs)
	if h.RecentAbsent != "" {
		p.Unread = []Notice{Missing("Not shown", h.RecentAbsent)}
	}
	p.Deleted = homeDeleted(h)
	p.Mirror = homeMirror(h)
	p.Plans = s.homePlans(r)
	if p.Needs = s.homeNeeds(r); p.Needs.Title == "" { // it names what came back, too
		p.Risen = s.homeRisen(r)
	}
	return s.render(w, "home", http.StatusOK, p)
}

// dumpNotice says where the data come from when it is a public dump.
func dumpNotice(d *dossier.DumpSource) []Notice {
	if d == nil {
		return nil
	}
	text := Text("Read from ").Code(d.File).Say(", taken ").UTC(d.TakenAt).Say(" (").Ago(d.TakenAt).Say("), imported ").UTC(d.ImportedAt).
		Say(". What the dump leaves out, such as tokens and e-mail addresses, is marked as missing and never shown as empty. ").Muted("SHA-256 ").Copy(d.SHA256, Short(d.SHA256))
	if d.Commit != "" {
		text = text.Muted(" · registry software ").Copy(d.Commit, Short(d.Commit))
	}
	return []Notice{{Tone: Info, Title: "This is a public database dump, not the registry itself", Text: text}}
}

func homeFacts(h *dossier.Home) []Fact {
	count := func(label string, n int64, url string) Fact {
		value := Text(Num(n))
		if url != "" {
			value = Phrase{}.Link(Num(n), url)
		}
		return Fact{Label: label, Value: value}
	}
	facts := []Fact{count("Crates", int64(h.Crates), ""), count("Versions", int64(h.Versions), "/publishes"), count("Accounts", int64(h.Accounts), ""), count("Downloads, all time", h.Downloads, "")}
	if h.DownloadsAbsent != "" {
		facts[3].Value, facts[3].Note = Phrase{}.Muted("not shown"), h.DownloadsAbsent
	}
	jobs := Fact{Label: "Jobs queued", Value: Phrase{}.Muted("not shown"), Note: h.Jobs.Absent}
	if h.Jobs.Absent == "" {
		total, failing, stuck := sumJobs(h.Jobs.Types)
		jobs = Fact{Label: "Jobs queued", Value: Phrase{}.Link(Num(total), "/jobs"), Note: Num(failing) + " failing"}
		if stuck > 0 {
			jobs.Badge = Badge{Tone: Bad, Text: Num(stuck) + " stuck"}
		}
	}
	facts = append(facts, jobs)
	state := Fact{Label: "Mirror", Value: Phrase{}.Link("complete", "/status")}
	switch {
	case h.Mirror.Problem != "":
		state = Fact{Label: "Mirror", Value: Phrase{}.Link("behind", "/status"), Badge: Badge{Tone: Warn, Text: "see status"}}
	case !h.Mirror.Ready:
		state = Fact{Label: "Mirror", Value: Phrase{}.Link("loading", "/status"), Note: "figures grow"}
	case h.Dump == nil && !h.Mirror.FreshAt.IsZero():
		state.Note = "up to " + clock(h.Mirror.FreshAt) + " UTC"
	}
	return append(facts, state)
}

func sumJobs(types []dossier.JobType) (total, failing, stuck int) {
	for _, t := range types {
		total, failing, stuck = total+t.Total, failing+t.Failing, stuck+t.Stuck
	}
	return total, failing, stuck
}

func homeJobs(jobs dossier.Jobs) Card {
	c := Card{ID: "jobs", Title: "Job queue"}
	if jobs.Absent != "" {
		return c.missing(jobs.Absent)
	}
	c.More = Link{"all", "/jobs"}
	if len(jobs.Types) == 0 {
		c.Empty = Empty{Title: "The queue is empty", Text: "Nothing waits, runs or fails now."}
		return c
	}
	total, quiet, quietTypes := 0, 0, 0
	for _, t := range worstFirst(jobs.Types) {
		total += t.Total
		guard := Guard{Tone: Bad, Word: "stuck", Text: Phrase{}.Link(t.Type, address("/jobs", "type", t.Type))}
		note := Num(t.Stuck) + " stuck"
		switch {
		case t.Stuck == 0 && t.Failing == 0, len(c.Guards) == homeJobTypes:
			quiet, quietTypes = quiet+t.Total, quietTypes+1
			continue
		case t.Stuck == 0:
			guard.Tone, guard.Word, note = Warn, "failing", Num(t.Failing)+" failing"
		}
		guard.Note = Text(note)
		if !t.Oldest.IsZero() {
			guard.Note = guard.Note.Say(" · oldest ").Ago(t.Oldest)
		}
		c.Guards = append(c.Guards, guard)
	}
	c.Note = Plural(total, "job")
	if quiet > 0 {
		rest := Guard{Tone: Good, Word: "in order", Text: Phrase{}.Link(Plural(quiet, "job"), "/jobs").Say(" of " + Plural(quietTypes, "type") + " in order")}
		if len(c.Guards) == homeJobTypes {
			rest = Guard{Word: "more", Text: Phrase{}.Link(Plural(quiet, "job"), "/jobs").Say(" of " + Plural(quietTypes, "other type"))}
		}
		c.Guards = append(c.Guards, rest)
	}
	return c
}

// homeJobTypes is how many types of job in trouble stand on the landing page.
const homeJobTypes = 8

// worstFirst sorts types of job so that trouble stands at the top.
func worstFirst(types []dossier.JobType) []dossier.JobType {
	out := slices.Clone(types)
	slices.SortStableFunc(out, func(a, b dossier.JobType) int {
		return cmp.Or(cmp.Compare(b.Stuck, a.Stuck), cmp.Compare(b.Failing, a.Failing))
	})
	return out
}

func homeDeleted(h *dossier.Home) Card {
	rows := h.Deleted
	c := Card{ID: "deleted", Title: "Deleted last", More: Link{"all", address("/names", "kind", "deleted")}}
	if h.DeletedAbsent != "" {
		return c.missing(h.DeletedAbsent)
	}
	if len(rows) == 0 {
		c.Empty = Empty{Title: "No crate was deleted", Text: "The registry remembers every deletion."}
	}
	for i := range rows {
		d := &rows[i]
		note := Text("by ").Person(d.DeletedBy)
		if d.Message != "" {
			note = note.Say(" · ").Say("“" + shorten(d.Message, 120) + "”")
		}
		c.Guards = append(c.Guards, Guard{Tone: Hold, Word: "deleted", Text: Phrase{}.Link(d.Name, address("/names", "q", d.Name)).Say(" ").Ago(d.DeletedAt), Note: note})
	}
	return c
}

func homeMirror(h *dossier.Home) Card {
	c := Card{ID: "mirror", Title: "Mirror", More: Link{"status", "/status"}}
	if h.Mirror.Ready && h.Mirror.Problem == "" {
		ready := 0
		for _, part := range h.Mirror.Parts {
			if part.State == "ready" {
				ready++
			}
		}
		c.Guards = []Guard{{Tone: Good, Word: "complete", Text: Text("Complete: " + Plural(ready, "part") + " ready"), Note: Text("read whole ").Ago(h.Mirror.FullAt)}}
		if away := len(h.Mirror.Parts) - ready; away > 0 {
			c.Guards = append(c.Guards, Guard{Word: "missing", Text: Text(Plural(away, "part") + " not there"), Note: Text("tokens and logged actions are " + cratewarden.NotInDump)})
		}
		return c
	}
	for _, part := range h.Mirror.Parts {
		guard := Guard{Word: part.State, Text: Text(string(part.Part) + " " + Num(part.Rows))}
		switch part.State {
		case "ready":
			guard.Tone = Good
		case "failed":
			guard.Tone = Bad
		case "loading":
			guard.Tone = Info
		}
		if part.State != "ready" {
			guard.Note = Text(part.State)
		}
		if part.Problem != "" {
			guard.Note = Text(part.Problem)
		}
		c.Guards = append(c.Guards, guard)
	}
	return c
}

// starts are ways to begin, by what one has in hand.
func (s *Server) starts() []start {
	hour := stamp(s.cfg.Clock().Add(-time.Hour).Truncate(time.Minute))
	return []start{
		{"A report about a crate", "Find the crate", "/search", "or type its name in the box above"},
		{"A leaked credential", "Look it up", "/tokens", "whose it is and what it did"},
		{"“Something is being published”", "The last hour", address("/publishes", "since", hour), "every new version, marked"},
		{"A wave of new names", "New crates", address("/publishes", "new_crate", "true"), "first versions only"},
		{"Good versions gone", "Yanked since", address("/publishes", "yanked", "true"), "published, then yanked"},
		{"A name somebody wants", "Is it free?", "/names", "reserved, deleted, look-alikes"},
	}
}

// alarmBrief leaves out which types of jobs are stuck when they are many; the
// page of jobs has them, and a list that ends in a broken word says nothing.
func alarmBrief(text string) string {
	const brief = 300
	if at := strings.LastIndex(text, " ("); at > 0 && len(text) > brief {
		return text[:at] + "."
	}
	return text
}
