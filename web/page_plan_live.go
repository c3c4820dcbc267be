package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"cratewarden/action"
)

// planLive is the part of a plan's page that changes by itself: how far it has
// come, and the work that follows it.
type planLive struct {
	ID      string
	Track   []trackStop
	Verdict Verdict
	Changes []string // what differs from the review, when it is stale
	Work    []followRow
	Note    string
	Left    string
	Settled bool   // nothing is open and nothing went wrong
	Events  string // address to follow; empty when nothing will change by itself
	Again   string // address of this page, for those without scripts
	Refused string // why nobody here can retry or give up
	Newer   string // address of the page as it is now, when this one is old
}

// trackStop is a station of a plan's life.
type trackStop struct {
	Label string
	Text  Phrase
	Class string // done, now, bad or nothing
	Word  string // what the class means
}

// followRow is work outside the registry's database.
type followRow struct {
	ID         string
	Badge      Badge
	What       string
	On         string // in words
	Raw        string // its arguments as they are kept
	Step       Phrase
	Tries      string
	Next       Phrase
	Problem    string
	Ledger     Phrase
	Open       bool
	URL        string
	RetryWhy   string // why it cannot be tried now
	GiveUpWhy  string
	Reason     string
	ReasonNote string
}

// livePart shows where the plan stands.
func (s *Server) livePart(seen *planSeen) planLive {
	p := &seen.plan
	out := planLive{ID: p.ID, Track: trackOf(p), Verdict: planVerdict(seen), Again: planURL(p.ID)}
	for _, d := range p.Differences {
		text := visible(d.Text)
		if d.Step > 0 {
			text = "Step " + digits(d.Step) + ": " + text
		}
		out.Changes = append(out.Changes, text)
	}
	if len(out.Changes) > guardsMost {
		out.Changes = append(out.Changes[:guardsMost], fmt.Sprintf("and %s more", Num(len(p.Differences)-guardsMost)))
	}
	out.Refused = s.mayPlan(seen.who)
	open := 0
	for i, f := range seen.follow {
		live := f.State == action.FollowWaiting || f.State == action.FollowRunning || f.State == action.FollowFailed
		if live {
			open++
		}
		if i >= rowsMost {
			continue
		}
		row := followRowOf(&f, p.ID)
		row.Open = live
		row.GiveUpWhy = out.Refused
		row.RetryWhy = row.GiveUpWhy
		if f.State == action.FollowRunning {
			row.RetryWhy = "It runs now."
		}
		out.Work = append(out.Work, row)
	}
	out.Settled = len(out.Work) > 0 && open == 0 && !slices.ContainsFunc(out.Work, func(row followRow) bool { return row.Badge.Tone != Good })
	if n := len(seen.follow); n > 0 {
		out.Note = Num(n-open) + " of " + Plural(n, "piece") + " settled"
	}
	if n := len(seen.follow) - len(out.Work); n > 0 {
		out.Left = Num(len(out.Work)) + " of " + Num(len(seen.follow)) + " are shown."
	}
	if open > 0 || p.State == action.Applying || p.State.Open() {
		out.Events = address(planURL(p.ID, "events"), "seen", planMark(p), "have", out.mark())
	}
	return out
}

// mark differs when anything in the part does but the words for how long ago.
func (l planLive) mark() string {
	l.Events = ""
	text, err := json.Marshal(l)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// planMark changes whenever the plan does.
func planMark(p *action.Plan) string { return digits(p.ChangedAt.UnixMicro()) }

func trackOf(p *action.Plan) []trackStop {
	stop := func(label string, done bool, text Phrase) trackStop {
		t := trackStop{Label: label, Text: text}
		if done {
			t.Class, t.Word = "done", "done"
		}
		return t
	}
	by := func(at *time.Time, who *action.Actor) Phrase {
		if at == nil {
			return Phrase{}.Muted("–")
		}
		out := Phrase{}.Ago(*at)
		if who != nil {
			out = out.Say(" by " + actorName(*who))
		}
		return out
	}
	created := p.CreatedAt
	out := []trackStop{stop("Planned", true, by(&created, &p.Author))}
	reviewed := p.ReviewedAt != nil
	review := stop("Reviewed", reviewed && p.State != action.Draft && p.State != action.Stale, by(p.ReviewedAt, p.ReviewedBy))
	if p.State == action.Stale {
		review.Class, review.Word = "bad", "stale"
	}
	out = append(out, review)
	if p.NeedsApproval {
		text := Phrase{}.Muted("by a second person")
		if n := len(p.Approvals); n > 0 {
			text = by(&p.Approvals[n-1].At, &p.Approvals[n-1].Actor)
		}
		out = append(out, stop("Approved", len(p.Approvals) > 0, text))
	}
	applied := stop("Applied", p.AppliedAt != nil, by(p.AppliedAt, p.Applier))
	switch p.State {
	case action.Failed, action.Unknown:
		applied.Class, applied.Word, applied.Text = "bad", string(p.State), Text(string(p.State))
	case action.Applying:
		applied.Class, applied.Word, applied.Text = "now", "now", Text("under way")
	}
	out = append(out, applied)
	switch p.State {
	case action.Undone:
		out = append(out, stop("Undone", true, Text("by another plan")))
	case action.Discarded:
		out = append(out, stop("Discarded", true, Phrase{}.Ago(p.ChangedAt)))
	}
	for i := range out { // the first station that is not reached is where it stands
		if out[i].Class == "" {
			if p.State != action.Discarded {
				out[i].Class, out[i].Word = "now", "next"
			}
			break
		} else if out[i].Class != "done" {
			break
		}
	}
	return out
}

// planVerdict is the one sentence: where the plan stands and what is next.
func planVerdict(seen *planSeen) Verdict {
	p := &seen.plan
	why := ""
	if p.Problem != "" {
		why = " " + visible(p.Problem)
	}
	switch p.State {
	case action.Draft:
		return Verdict{Word: "not reviewed", Text: Text("Nobody has seen yet what this would do. A review runs it in a transaction that is rolled back.")}
	case action.Reviewed, action.Approved:
		return reviewedVerdict(seen)
	case action.Applying:
		return Verdict{Tone: Info, Word: "under way", Text: Text("The ledger has the intent; the outcome is not known yet.")}
	case action.Applied:
		return appliedVerdict(seen)
	case action.Undone:
		return Verdict{Tone: Hold, Word: "undone", Text: Text("It was applied, and everything in it has been put back since.")}
	case action.Stale:
		return Verdict{Tone: Warn, Word: "stale", Text: Text("The registry changed since the review, so nothing was done. Review it again to see what it would do now.")}
	case action.Failed:
		return Verdict{Tone: Bad, Word: "failed", Text: Text("It was not applied." + why)}
	case action.Unknown:
		return Verdict{Tone: Bad, Word: "unknown", Text: Text("Nobody can say whether the registry kept this change. Compare its rows below, then settle it.")}
	}
	return Verdict{Word: "discarded", Text: Text("It was put away. Nothing in the registry changed.")}
}

func reviewedVerdict(seen *planSeen) Verdict {
	p, f := &seen.plan, seen.effect
	if f == nil {
		return Verdict{Tone: Bad, Word: "not readable", Text: Text("It was reviewed, but what the review saw cannot be read. Review it again.")}
	}
	if blocks := f.Blocks(); len(blocks) > 0 {
		text := Text(Plural(len(blocks), "check") + " forbid it. ").Strong(blocks[0].Text)
		if len(blocks) == 1 {
			text = Text("It cannot be applied. ").Strong(blocks[0].Text)
		}
		return Verdict{Tone: Bad, Word: "blocked", Text: text}
	}
	would := "It would change " + Plural(len(f.Rows), "row") + " and order " + Plural(len(f.Jobs), "job") + ". Nothing has been written yet."
	if len(f.Rows) == 0 && len(f.Jobs) == 0 && len(f.Tallies) == 0 {
		would = "It would change nothing: the registry is as it asks already."
	}
	switch {
	case waitsFor(p, action.Actor{}) != "" && glassBroken(seen):
		return Verdict{Tone: Bad, Word: "broken glass", Text: Text(would + " It may go without its second person, by you alone, and somebody else judges that afterwards.")}
	case waitsFor(p, action.Actor{}) != "":
		return Verdict{Tone: Warn, Word: "needs a second person", Text: Text(would + " Somebody other than " + actorName(p.Author) + " must approve it.")}
	case p.Irreversible && p.Evidence == "":
		return Verdict{Tone: Warn, Word: "needs evidence", Text: Text(would + " Part of it cannot be undone: its evidence is sealed first.")}
	case p.Irreversible:
		return Verdict{Tone: Warn, Word: "ready", Text: Text(would + " Part of it cannot be undone.")}
	}
	return Verdict{Tone: Info, Word: "ready", Text: Text(would)}
}

func appliedVerdict(seen *planSeen) Verdict {
	text := Text("It was applied")
	if f := seen.effect; f != nil {
		text = Text("It changed " + Plural(len(f.Rows), "row") + " and ordered " + Plural(len(f.Jobs), "job"))
	}
	open, failed := 0, 0
	for _, f := range seen.follow {
		switch f.State {
		case action.FollowWaiting, action.FollowRunning:
			open++
		case action.FollowFailed:
			failed++
		}
	}
	if n := len(seen.undone); n > 0 {
		text = text.Say("; " + Plural(n, "step") + " of " + Num(len(seen.steps)) + " undone since")
	}
	switch {
	case failed > 0:
		return Verdict{Tone: Warn, Word: "applied, not finished", Text: text.Say(". ").Strong(Plural(failed, "follow-up") + " failed").Say(" and will be tried again.")}
	case open > 0:
		return Verdict{Tone: Info, Word: "applied, finishing", Text: text.Say(". " + Plural(open, "follow-up") + " under way.")}
	}
	return Verdict{Tone: Good, Word: "applied", Text: text.Say(".")}
}

// followWords says a kind of follow-up as people would.
func followWords(kind string) string {
	return visible(strings.NewReplacer(".", ": ", "_", " ", "-", " ").Replace(kind))
}

func followRowOf(f *action.FollowUp, plan string) followRow {
	row := followRow{ID: digits(f.ID), What: followWords(f.Kind), On: visible(shorten(workWords(f.Kind, f.Args), 200)), Raw: visible(shorten(string(f.Args), rawMost)), Step: stepLink(f.Step), Tries: Num(f.Attempts), Problem: visible(shorten(f.Problem, 400)), URL: planURL(plan, "follow-ups", digits(f.ID))}
	switch f.State {
	case action.FollowDone:
		row.Badge = Badge{Tone: Good, Text: "done"}
	case action.FollowFailed:
		row.Badge = Badge{Tone: Bad, Text: "failed"}
		row.Next = Text("next try ").Ago(f.NextAt)
	case action.FollowRunning:
		row.Badge = Badge{Tone: Info, Text: "running"}
	case action.FollowGivenUp:
		row.Badge = Badge{Tone: Warn, Text: "given up"}
	default:
		row.Badge = Badge{Text: string(f.State)}
		row.Next = Text("due ").Ago(f.NextAt)
	}
	for _, n := range []*int64{f.Intent, f.Outcome} {
		if n != nil {
			row.Ledger = append(row.Ledger.Say(" "), entryLink(*n)...)
		}
	}
	return row
}

// rawMost is how much of a follow-up's arguments a page shows, in bytes; the
// file of the plan has all.
const rawMost = 4000

// argWords are the arguments of a follow-up without the marks of JSON.
func argWords(args json.RawMessage) string {
	return strings.Trim(strings.NewReplacer(`"`, "", ",", ", ", ":", ": ").Replace(string(args)), "{}")
}
