package incident

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/ledger"
	"cratewarden/pg/pgtest"
)

// replay makes of a case's events what its rows must be.
type replay struct {
	state                    State
	verdict, severity, title string
	tlp, kind, lead          string
	campaigns, reported      string
	subjects                 map[ledger.Subject]string
	texts                    map[string]string
}

func (r *replay) take(e Event) {
	add := func() {
		for _, c := range castOf(e) {
			r.subjects[ledger.Subject{Kind: c.Kind, ID: c.ID}] = c.Role
		}
	}
	drop := func() {
		for _, c := range castOf(e) {
			delete(r.subjects, ledger.Subject{Kind: c.Kind, ID: c.ID})
		}
	}
	switch e.Kind {
	case OpenedEvent:
		r.state, r.title, r.severity, r.tlp, r.kind = Reported, e.Body, e.Details["severity"], e.Details["tlp"], e.Details["kind"]
		r.campaigns, r.reported = e.Details["campaigns"], e.Details["reported_at"]
		add()
	case StateEvent:
		r.state = State(e.Details["to"])
	case VerdictEvent:
		r.verdict = e.Details["now"]
	case SeverityEvent:
		r.severity = e.Details["now"]
	case TLPEvent:
		r.tlp = e.Details["now"]
	case KindEvent:
		r.kind = e.Details["now"]
	case LeadEvent:
		r.lead = e.Details["now"]
	case CampaignEvent:
		r.campaigns = e.Details["now"]
	case ReportedEvent:
		r.reported = e.Details["now"]
	case TitleEvent:
		r.title = e.Body
	case AddedEvent:
		add()
	case RemovedEvent, SplitEvent:
		drop()
	case RoleEvent:
		r.subjects[ledger.Subject{Kind: e.Details["kind"], ID: e.Details["id"]}] = e.Details["now"]
	case TextEvent:
		r.texts[e.Details["field"]] = e.Body
	case MergeEvent:
		add()
		for name, field := range map[string]*string{"tlp": &r.tlp, "campaigns": &r.campaigns, "reported_at": &r.reported} {
			if v := e.Details[name]; v != "" {
				*field = v
			}
		}
	case GoneEvent:
		r.state = Merged
		drop()
	}
}

func (r *replay) String() string {
	out := []string{string(r.state), r.verdict, r.severity, r.title, r.tlp, r.kind, r.lead, r.campaigns, r.reported}
	for _, s := range slices.SortedFunc(maps.Keys(r.subjects), func(a, b ledger.Subject) int { return strings.Compare(a.Kind+a.ID, b.Kind+b.ID) }) {
		out = append(out, s.Kind+":"+s.ID+"="+r.subjects[s])
	}
	for _, f := range slices.Sorted(maps.Keys(r.texts)) {
		out = append(out, f+"="+r.texts[f])
	}
	return strings.Join(out, "|")
}

func rowsOf(i Incident) string {
	r := replay{i.State, string(i.Verdict), string(i.Severity), i.Title, string(i.TLP), string(i.Kind), i.Lead.ID, i.Value(CampaignField), i.Value(ReportedField), map[ledger.Subject]string{}, map[string]string{}}
	for _, s := range i.Subjects {
		r.subjects[s.Subject] = s.Role
	}
	for _, t := range i.Texts {
		r.texts[t.Field] = t.Body
	}
	return r.String()
}

// Whatever several people do to several cases, in any order, with what they last
// saw or what they saw long ago: the rows of each case are what its events say,
// every event is in the ledger, and the ledger is whole.
func TestRowsAreWhatEventsSay(t *testing.T) {
	t.Parallel()
	db := pgtest.Database(t, consoleTemplate())
	rapid.Check(t, func(rt *rapid.T) {
		if _, err := db.Exec(t.Context(), `TRUNCATE incident, request CASCADE`); err != nil {
			rt.Fatal(err)
		}
		p := &players{kit: newKitOn(t, db), rt: rt, seen: map[string]Incident{}}
		for range rapid.IntRange(1, 3).Draw(rt, "cases") {
			p.open()
		}
		for n := range rapid.IntRange(5, 40).Draw(rt, "acts") {
			if err := p.act(n); err != nil {
				switch cratewarden.KindOf(err) {
				case cratewarden.Conflict, cratewarden.Invalid, cratewarden.NotFound, cratewarden.Refused:
				default:
					rt.Fatal(err)
				}
				var c *Clash
				if errors.As(err, &c) && c.Fields[0].Now == c.Fields[0].Wanted {
					rt.Fatalf("a clash about nothing: %+v", c)
				}
			}
		}
		p.compare()
	})
	report, err := ledger.VerifyDatabase(t.Context(), db, ledger.Verification{})
	if err != nil || !report.OK() {
		t.Errorf("%+v %v", report, err)
	}
}

// players are people with what each last saw.
type players struct {
	*kit
	rt   *rapid.T
	ids  []string
	seen map[string]Incident
}

func draw[T any](p *players, what string, of ...T) T { return rapid.SampledFrom(of).Draw(p.rt, what) }

func (p *players) open() {
	o := Opening{Title: "Case", Kind: draw(p, "kind", Typosquat, Flood), Severity: draw(p, "severity", Low, High), Subjects: p.some()}
	i, err := p.Open(p.t.Context(), p.ada, o)
	if err != nil {
		p.rt.Fatal(err)
	}
	p.ids, p.seen[i.ID] = append(p.ids, i.ID), i
}

func (p *players) some() (out []Subject) {
	for range rapid.IntRange(1, 3).Draw(p.rt, "subjects") {
		out = append(out, sub("crate", draw(p, "crate", "a", "b", "c", "d", "e"), draw(p, "part", "", "payload", "victim")))
	}
	return out
}

// act does one thing, as somebody, by what was seen of the case now or before.
func (p *players) act(n int) error {
	ctx, who := p.t.Context(), draw(p, "who", p.ada, p.bo)
	id := draw(p, "case", p.ids...)
	if rapid.Bool().Draw(p.rt, "look") {
		i, err := p.Incident(ctx, id)
		if err != nil {
			return err
		}
		p.seen[id] = i
	}
	i, key := p.seen[id], crate(draw(p, "subject", "a", "b", "c", "d", "e"))
	switch draw(p, "act", "decide", "move", "add", "remove", "recast", "text", "note", "merge", "split", "reopen", "plan", "sync") {
	case "decide":
		return p.decide(who, i)
	case "move":
		_, err := p.Move(ctx, who, id, draw(p, "to", States()...), draw(p, "reason", "", "because"))
		return err
	case "add":
		_, err := p.AddSubjects(ctx, who, id, p.some())
		return err
	case "remove":
		_, err := p.RemoveSubject(ctx, who, id, key, "")
		return err
	case "recast":
		_, err := p.Recast(ctx, who, id, key, draw(p, "was", "", "payload", "victim"), draw(p, "part", "", "payload", "restore"))
		return err
	case "text":
		_, err := p.WriteText(ctx, who, id, draw(p, "field", "summary", "trigger"), rapid.IntRange(0, 2).Draw(p.rt, "revision"), fmt.Sprintf("text %d", n))
		return err
	case "note":
		_, err := p.Note(ctx, who, id, fmt.Sprintf("note %d", n), "")
		return err
	case "merge":
		_, err := p.Merge(ctx, who, id, draw(p, "into", p.ids...), "same")
		return err
	case "split":
		made, err := p.Split(ctx, who, id, SplitOrder{Title: "Part", Subjects: []ledger.Subject{key}, Reason: "apart"})
		if err == nil {
			p.ids, p.seen[made.ID] = append(p.ids, made.ID), made
		}
		return err
	case "reopen":
		_, err := p.Reopen(ctx, who, id, "again")
		return err
	case "plan":
		p.engine.apply(p.t, id, fmt.Sprintf("p%d", n), "crate.hold", action.HoldCrate{CrateRef: action.CrateRef{Crate: key.ID}})
	}
	return p.SyncAll(ctx)
}

func (p *players) decide(who action.Actor, i Incident) error {
	c := Change{Set: map[Field]string{}, Was: map[Field]string{}, Reason: draw(p, "why", "", "because")}
	for _, f := range []Field{TitleField, SeverityField, TLPField, LeadField, VerdictField, CampaignField, ReportedField, KindField} {
		if !rapid.Bool().Draw(p.rt, "field") {
			continue
		}
		c.Was[f] = i.Value(f)
		c.Set[f] = map[Field]string{TitleField: draw(p, "title", "One", "Two"), SeverityField: draw(p, "severity", "low", "critical"), TLPField: draw(p, "tlp", "GREEN", "RED"),
			LeadField: draw(p, "lead", "", "ada", "bo"), VerdictField: draw(p, "verdict", "malicious", "benign"), CampaignField: draw(p, "campaign", "", "x,y"),
			ReportedField: draw(p, "reported", "", "2026-08-20T07:15:00Z"), KindField: draw(p, "kind", "typosquat", "flood")}[f]
	}
	_, err := p.Decide(p.t.Context(), who, i.ID, c)
	return err
}

// compare replays the events of every case.
func (p *players) compare() {
	events, err := readEvents(p.t.Context(), p.db, `true ORDER BY e.id`)
	if err != nil {
		p.rt.Fatal(err)
	}
	by := map[string]*replay{}
	for _, e := range events {
		r := by[e.Incident]
		if r == nil {
			r = &replay{subjects: map[ledger.Subject]string{}, texts: map[string]string{}}
			by[e.Incident] = r
		}
		r.take(e)
		if e.Ledger == nil {
			p.rt.Fatalf("event %d is not in the ledger", e.ID)
		}
	}
	for id, r := range by {
		n, err := numberOf(id)
		if err != nil {
			p.rt.Fatal(err)
		}
		i, err := readIncident(p.t.Context(), p.db, n, "")
		if err == nil {
			err = complete(p.t.Context(), p.db, &i)
		}
		if err != nil {
			p.rt.Fatal(err)
		}
		if got, want := rowsOf(i), r.String(); got != want {
			p.rt.Fatalf("the rows of %s are\n%s\nand its events say\n%s", id, got, want)
		}
	}
}
