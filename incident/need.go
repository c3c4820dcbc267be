package incident

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/action"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// Need is one thing that waits for somebody.
type Need struct {
	Title    string         `json:"title"`
	Text     string         `json:"text,omitempty"`
	Link     string         `json:"link"`
	Incident string         `json:"incident,omitempty"`
	Subject  ledger.Subject `json:"subject,omitzero"`
	Since    *time.Time     `json:"since,omitempty"`
	Due      *time.Time     `json:"due,omitempty"`
	Urgent   bool           `json:"urgent,omitempty"` // overdue, or of a critical case
}

// Needs is what needs one person now, the most pressing of each kind first.
type Needs struct {
	Unled     []Need `json:"unled"`     // open cases that nobody leads
	Lead      []Need `json:"lead"`      // open cases that the person leads
	Tasks     []Need `json:"tasks"`     // that the person holds
	Approvals []Need `json:"approvals"` // plans that wait for a second person, whom this one could be
	Ending    []Need `json:"ending"`    // locks and blocked names that end soon, holds that nobody decided on
	Reviews   []Need `json:"reviews"`   // of broken glass
	Risen     []Need `json:"risen"`     // deleted versions whose number is there again
	Follows   []Need `json:"follows"`   // actions to follow of the person, and overdue ones of cases they led
	// Missing names in sentences what could not be read; the rest is there.
	Missing []string `json:"missing,omitempty"`
}

// Count is how many things there are.
func (n Needs) Count() int {
	total := 0
	for _, list := range n.all() {
		total += len(list)
	}
	return total
}

// Urgent is how many of them press.
func (n Needs) Urgent() int {
	total := 0
	for _, list := range n.all() {
		for _, one := range list {
			if one.Urgent {
				total++
			}
		}
	}
	return total
}

func (n Needs) all() [][]Need {
	return [][]Need{n.Unled, n.Lead, n.Tasks, n.Approvals, n.Ending, n.Reviews, n.Risen, n.Follows}
}

// Bounds of what is shown.
const (
	mostNeeds  = 50
	endingSoon = 3 * 24 * time.Hour
	endedSince = 24 * time.Hour
	// holdsWait is how long a hold may wait for a decision: to delete, or to
	// release.
	holdsWait = 7 * 24 * time.Hour
)

// Needs gives what needs a person now. What cannot be read is said and left out,
// so that one broken part does not hide the others.
func (s *Service) Needs(ctx context.Context, who action.Actor) (Needs, error) {
	var n Needs
	for _, part := range []struct {
		into *[]Need
		name string
		read func(context.Context, action.Actor) ([]Need, error)
	}{
		{&n.Unled, "cases without a lead", s.needUnled}, {&n.Lead, "your cases", s.needLead}, {&n.Tasks, "your tasks", s.needTasks},
		{&n.Approvals, "plans that wait for a second person", s.needApprovals}, {&n.Ending, "what ends soon", s.needEnding},
		{&n.Reviews, "reviews of broken glass", s.needReviews}, {&n.Risen, "versions that are there again", s.needRisen}, {&n.Follows, "actions to follow", s.needFollows},
	} {
		list, err := part.read(ctx, who)
		if ctx.Err() != nil {
			return n, ctx.Err()
		}
		if err != nil {
			s.log.WarnContext(ctx, "a part of what needs somebody cannot be read", "part", part.name, "error", err)
			n.Missing = append(n.Missing, "Not read: "+part.name+".")
		}
		if list == nil {
			list = []Need{}
		}
		*part.into = list[:min(len(list), mostNeeds)]
	}
	return n, nil
}

func (s *Service) needUnled(ctx context.Context, _ action.Actor) ([]Need, error) {
	page, err := s.List(ctx, Filter{Open: true, Unled: true, Limit: mostNeeds})
	if err != nil {
		return nil, err
	}
	doubted, err := s.needDoubted(ctx, "")
	return append(doubted, caseNeeds(page.Incidents)...), err
}

// needDoubted gives closed cases against which the record speaks, by their lead.
func (s *Service) needDoubted(ctx context.Context, lead string) ([]Need, error) {
	rows, err := s.db.Query(ctx, `SELECT `+incidentColumns+` FROM incident i WHERE i.doubt <> '' AND i.lead = $1 AND i.state <> ALL ($2) ORDER BY i.number DESC LIMIT $3`,
		lead, append(openStates(), string(Merged)), mostNeeds)
	if err != nil {
		return nil, pg.Map(err)
	}
	list, err := pgx.CollectRows(rows, scanIncident)
	out := caseNeeds(list)
	for n, i := range list {
		out[n].Text, out[n].Urgent, out[n].Since = fmt.Sprintf("%s, and the record speaks against it: %s", i.State, i.Doubt), true, i.ClosedAt
	}
	return out, pg.Map(err)
}

func (s *Service) needLead(ctx context.Context, who action.Actor) ([]Need, error) {
	if who.ID == "" {
		return nil, nil
	}
	page, err := s.List(ctx, Filter{Open: true, Lead: who.ID, All: true, Limit: mostNeeds})
	if err != nil {
		return nil, err
	}
	doubted, err := s.needDoubted(ctx, who.ID)
	return append(doubted, caseNeeds(page.Incidents)...), err
}

func caseNeeds(list []Incident) []Need {
	out := []Need{}
	for _, i := range list {
		since := i.OpenedAt
		out = append(out, Need{Title: i.ID + ": " + i.Title, Text: fmt.Sprintf("%s, %s", i.Kind, i.State), Link: "/incidents/" + i.ID, Incident: i.ID, Since: &since,
			Subject: ledger.Subject{Kind: "incident", ID: i.ID}, Urgent: i.Severity == Critical || i.Severity == High})
	}
	return out
}

func (s *Service) needTasks(ctx context.Context, who action.Actor) ([]Need, error) {
	if who.ID == "" {
		return nil, nil
	}
	rows, err := s.db.Query(ctx, `SELECT i.number, i.title, i.severity, t.item, t.title, t.due FROM incident_task t JOIN incident i ON i.number = t.incident
		WHERE t.holder = $1 AND t.state = 'open' AND NOT t.after AND i.state = ANY ($2)
		ORDER BY t.due NULLS LAST, i.number, t.place, t.item COLLATE "C" LIMIT $3`, who.ID, openStates(), mostNeeds)
	if err != nil {
		return nil, pg.Map(err)
	}
	now := s.clock()
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (n Need, err error) {
		var number int64
		var title, item string
		var severity Severity
		err = row.Scan(&number, &title, &severity, &item, &n.Title, &n.Due)
		n.Incident = idOf(number)
		n.Text, n.Link = n.Incident+": "+title, "/incidents/"+n.Incident+"#task-"+url.PathEscape(item)
		if n.Due != nil {
			*n.Due = n.Due.UTC()
		}
		n.Urgent = severity == Critical || n.Due != nil && n.Due.Before(now)
		return n, err
	})
	return out, pg.Map(err)
}

func (s *Service) needApprovals(ctx context.Context, who action.Actor) ([]Need, error) {
	if s.cfg.Engine == nil || who.ID == "" {
		return nil, nil
	}
	plans, err := s.cfg.Engine.ApprovalsWanted(ctx, who)
	out := []Need{}
	for _, p := range plans {
		out = append(out, Need{Title: p.Title, Text: "Made by " + p.Author.Name + ".", Link: "/plans/" + p.ID, Incident: p.Incident, Since: p.AskedAt, Urgent: p.Incident != "",
			Subject: ledger.Subject{Kind: "plan", ID: p.ID}})
	}
	return out, err
}

func (s *Service) needReviews(ctx context.Context, who action.Actor) ([]Need, error) {
	if s.cfg.Engine == nil {
		return nil, nil
	}
	list, err := s.cfg.Engine.BreakGlassReviews(ctx, true)
	out := []Need{}
	now := s.clock()
	for _, g := range list {
		since, due := g.At, g.Due
		text := "Somebody else than " + g.Actor.Name + " must judge it."
		if g.Actor.ID == who.ID {
			text = "You broke it; somebody else must judge it."
		}
		out = append(out, Need{Title: g.Actor.Name + " broke the glass for plan " + g.Plan, Text: text, Link: "/break-glass/" + strconv.FormatInt(g.ID, 10), Since: &since, Due: &due,
			Urgent: due.Before(now), Subject: ledger.Subject{Kind: "plan", ID: g.Plan}})
	}
	return out, err
}

func (s *Service) needRisen(ctx context.Context, _ action.Actor) ([]Need, error) {
	if s.cfg.Engine == nil {
		return nil, nil
	}
	list, err := s.cfg.Engine.Tombstones(ctx, action.TombstoneFilter{SeenAgain: true, Limit: mostNeeds})
	out := []Need{}
	for _, t := range list {
		out = append(out, Need{Title: t.Crate + " " + t.Num + " is there again", Text: "It was deleted by plan " + t.Plan + ". Look whether it is the same code.", Since: t.SeenAgainAt, Urgent: true,
			Link: versionPath(t.Crate, t.Num), Subject: versionSubject(t.Crate, t.Num)})
	}
	return out, err
}

func (s *Service) needFollows(ctx context.Context, who action.Actor) ([]Need, error) {
	if who.ID == "" {
		return nil, nil
	}
	mine, err := s.Follows(ctx, FollowFilter{Holder: who.ID})
	if err != nil {
		return nil, err
	}
	late, err := s.Follows(ctx, FollowFilter{Overdue: true})
	if err != nil {
		return nil, err
	}
	led := map[string]bool{}
	page, err := s.List(ctx, Filter{Lead: who.ID, Limit: 500})
	for _, i := range page.Incidents {
		led[i.ID] = true
	}
	for _, f := range late {
		if led[f.Incident] && f.Holder.ID != who.ID {
			mine = append(mine, f)
		}
	}
	out := []Need{}
	for _, f := range mine {
		text := f.Incident + ": " + f.Case
		if f.Holder.ID != who.ID {
			text += ". Held by " + named(f.Holder) + "."
		}
		out = append(out, Need{Title: f.Title, Text: text, Link: "/incidents/" + f.Incident + "#follow", Incident: f.Incident, Due: f.Due, Urgent: f.Overdue})
	}
	return out, err
}

func named(p Person) string {
	if p.Name == "" {
		return "nobody"
	}
	return p.Name
}
