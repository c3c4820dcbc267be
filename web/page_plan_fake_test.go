package web

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/evidence"
	"cratewarden/ledger"
	"cratewarden/registry/change"
)

// planner is an engine that keeps plans in memory and writes down what was
// asked of it. It decides nothing: that is tested where the real one is.
type planner struct {
	mu      sync.Mutex
	plans   map[string]action.Plan
	effects map[string]*action.Effect
	follow  map[string][]action.FollowUp
	undone  map[int]bool
	keys    map[string]string
	calls   []string
	err     error // of every change

	batch    action.Batch
	proposal action.Proposal
	asked    string // what was proposed last
	sealed   ledger.Digest
	glass    []action.BrokenGlass
}

func newPlanner() *planner {
	return &planner{plans: map[string]action.Plan{}, effects: map[string]*action.Effect{}, follow: map[string][]action.FollowUp{}, keys: map[string]string{}}
}

func (f *planner) call(format string, args ...any) error {
	f.calls = append(f.calls, fmt.Sprintf(format, args...))
	return f.err
}

// changes are the calls so far that change something.
func (f *planner) changes() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

func (f *planner) Catalogue() *action.Catalogue { return action.NewCatalogue() }

func (f *planner) Plan(_ context.Context, id string) (action.Plan, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p, ok := f.plans[id]
	if !ok {
		return p, cratewarden.Errorf(cratewarden.NotFound, "There is no plan %s.", id)
	}
	return p, nil
}

func (f *planner) Plans(_ context.Context, q action.PlanFilter) (out []action.Plan, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.plans {
		if (len(q.States) == 0 || slices.Contains(q.States, p.State)) && (q.Author == "" || q.Author == p.Author.ID) && (q.Incident == "" || q.Incident == p.Incident) && q.Undoes == p.Undoes && (q.Before == "" || p.ID < q.Before) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b action.Plan) int { return -cmpText(a.ID, b.ID) })
	return out[:min(len(out), max(q.Limit, 1))], nil
}

func cmpText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (f *planner) Counts(context.Context) (map[action.State]int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := map[action.State]int{}
	for _, p := range f.plans {
		out[p.State]++
	}
	return out, nil
}

func (f *planner) Effect(_ context.Context, p action.Plan) (*action.Effect, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if e := f.effects[p.ID]; e != nil {
		return e, nil
	}
	return nil, cratewarden.Errorf(cratewarden.NotFound, "Not reviewed.")
}

func (f *planner) UndoneSteps(context.Context, string) (map[int]bool, error) { return f.undone, nil }

func (f *planner) FollowUps(_ context.Context, plan string) (out []action.FollowUp, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id, list := range f.follow {
		if plan == "" || id == plan {
			out = append(out, list...)
		}
	}
	return out, nil
}

func (f *planner) Draft(_ context.Context, who action.Actor, o action.Order, key string) (action.Plan, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if id, again := f.keys[key]; again {
		return f.plans[id], nil
	}
	text, _ := json.Marshal(o)
	if err := f.call("draft %s", text); err != nil {
		return action.Plan{}, err
	}
	p := samplePlan(fmt.Sprintf("pnew%d", len(f.plans)), action.Draft)
	p.Author, p.Title, p.Steps, p.Incident, p.Public, p.Internal = who, o.Title, o.Steps, o.Incident, o.Public, o.Internal
	f.plans[p.ID] = p
	f.keys[key] = p.ID
	return p, nil
}

func (f *planner) change(id, format string, args ...any) (action.Plan, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.plans[id], f.call(format, args...)
}

func (f *planner) Edit(_ context.Context, _ action.Actor, id string, revision int, o action.Order) (action.Plan, error) {
	return f.change(id, "edit %s %d %d %s", id, revision, len(o.Steps), o.Title)
}

func (f *planner) Review(_ context.Context, _ action.Actor, id string) (action.Plan, *action.Effect, error) {
	p, err := f.change(id, "review %s", id)
	return p, f.effects[id], err
}

func (f *planner) Approve(_ context.Context, who action.Actor, id string, d ledger.Digest) (action.Plan, error) {
	return f.change(id, "approve %s %s %s", id, who.ID, d)
}

func (f *planner) Apply(_ context.Context, _ action.Actor, id string, yes action.Consent, key string) (action.Plan, error) {
	return f.change(id, "apply %s %q %t", id, yes.Typed, key != "")
}

func (f *planner) Undo(_ context.Context, _ action.Actor, id string, steps []int, key string) (action.Plan, error) {
	return f.change(id, "undo %s %v %t", id, steps, key != "")
}

func (f *planner) Discard(_ context.Context, _ action.Actor, id string) (action.Plan, error) {
	return f.change(id, "discard %s", id)
}

func (f *planner) Settle(_ context.Context, _ action.Actor, id string, committed bool) (action.Plan, error) {
	return f.change(id, "settle %s %t", id, committed)
}

func (f *planner) Seal(_ context.Context, _ action.Actor, id string) (action.Plan, error) {
	return f.change(id, "seal %s", id)
}

func (f *planner) SealNow(_ context.Context, _ action.Actor, o action.SealOrder, key string) (evidence.Bundle, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	text, _ := json.Marshal(o)
	return evidence.Bundle{Digest: f.sealed}, f.call("seal now %s %t", text, key != "")
}

func (f *planner) Compare(_ context.Context, p action.Plan) (out []action.Standing, err error) {
	for i, row := range f.effects[p.ID].Rows {
		out = append(out, action.Standing{Row: row, Is: []action.StandingIs{action.AsAfter, action.AsBefore, action.AsElse}[i%3], Other: []string{"yanked"}})
	}
	return out, nil
}

func (f *planner) Resolve(_ context.Context, text string) (action.Batch, error) {
	return f.batch, f.err
}

func (f *planner) BatchOrder(_ context.Context, kind string, lines []action.BatchLine, more map[string]string) (o action.Order, err error) {
	for _, l := range lines {
		o.Steps = append(o.Steps, yankStep(l.Crate, l.Version, more["message"]))
	}
	o.Title = kind
	return o, f.err
}

func (f *planner) Contain(_ context.Context, o action.ContainOrder) (action.Proposal, error) {
	f.asked = fmt.Sprintf("contain %d %v %s", o.Account, o.HoldSince, o.Reason)
	return f.proposal, f.err
}

func (f *planner) UndoSince(_ context.Context, o action.UndoSinceOrder) (action.Proposal, error) {
	f.asked = fmt.Sprintf("undo since %d %d %s", o.Account, o.Token, o.From.Format(time.RFC3339))
	return f.proposal, f.err
}

func (f *planner) BreakGlass(_ context.Context, who action.Actor, id string, d ledger.Digest, reason string) (action.Plan, error) {
	return f.change(id, "break glass %s %s %s %s", id, who.ID, d, reason)
}

func (f *planner) BreakGlassReviews(_ context.Context, open bool) (out []action.BrokenGlass, err error) {
	for _, g := range f.glass {
		if !open || g.ClosedAt == nil {
			out = append(out, g)
		}
	}
	return out, nil
}

func (f *planner) CloseBreakGlassReview(_ context.Context, who action.Actor, id int64, verdict action.Verdict, note string) (action.BrokenGlass, error) {
	_, err := f.change("", "judge %d %s %s %s", id, who.ID, verdict, note)
	return action.BrokenGlass{}, err
}

func (f *planner) RetryFollowUp(_ context.Context, _ action.Actor, id int64) (action.FollowUp, error) {
	_, err := f.change("", "retry %d", id)
	return action.FollowUp{}, err
}

func (f *planner) GiveUpFollowUp(_ context.Context, _ action.Actor, id int64, reason string) (action.FollowUp, error) {
	_, err := f.change("", "give up %d %s", id, reason)
	return action.FollowUp{}, err
}

var (
	responder = action.Actor{ID: "p1", Name: "Ada", RegistryUser: 42, Roles: []cratewarden.Role{cratewarden.Responder, cratewarden.Remover, cratewarden.Platform, cratewarden.Policy}}
	colleague = action.Actor{ID: "p2", Name: "Bo", RegistryUser: 43, Roles: responder.Roles}
	looker    = action.Actor{ID: "p3", Name: "Cleo", Roles: []cratewarden.Role{cratewarden.Viewer}}
)

func yankStep(crate, version, message string) action.StepText {
	text, _ := json.Marshal(map[string]string{"do": "version.yank", "crate": crate, "version": version, "message": message})
	return text
}

// samplePlan is a plan in a state, with what belongs to that.
func samplePlan(id string, state action.State) action.Plan {
	at := deskTime.Add(-7 * time.Minute)
	p := action.Plan{ID: id, Revision: 2, State: state, Title: "Yank arraykit 0.3.10 and what it pulled in", Author: responder, Incident: "INC-118",
		Public: "Yanked by the registry's team while a security incident is investigated.", Internal: "Stolen account, seen by the night shift.\nMacro crate is the dropper.",
		Steps:     []action.StepText{yankStep("arraykit", "0.3.10", "malware, see INC-118"), yankStep("macro-loom1", "1.0.87", "malware"), []byte(`{"do":"version.unyank","crate":"arraykit","version":"0.3.9"}`)},
		CreatedAt: at, ChangedAt: at.Add(6 * time.Minute)}
	if state == action.Draft || state == action.Discarded {
		return p
	}
	reviewed := at.Add(5 * time.Minute)
	p.ReviewedAt, p.ReviewedBy, p.Digest = &reviewed, &responder, &ledger.Digest{7}
	if state == action.Applied || state == action.Undone || state == action.Unknown || state == action.Applying {
		intent, outcome, applied := int64(17), int64(18), at.Add(6*time.Minute)
		p.Intent, p.Applier, p.RegistryTx = &intent, &responder, "88213"
		if state == action.Applied || state == action.Undone {
			p.Outcome, p.AppliedAt = &outcome, &applied
		}
	}
	return p
}

func columns(t testing.TB, text string) change.Columns {
	t.Helper()
	var c change.Columns
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// sampleEffect is what a review of the sample plan shows.
func sampleEffect(t testing.TB) *action.Effect {
	yank := func(step int, key, num, message string, was, is bool) change.Row {
		before := fmt.Sprintf(`{"id":%s,"num":%q,"yanked":%t,"yank_message":null}`, key, num, was)
		after := fmt.Sprintf(`{"id":%s,"num":%q,"yanked":%t,"yank_message":%q}`, key, num, is, message)
		return change.Row{Step: step, Table: "versions", Key: key, Before: columns(t, before), After: columns(t, after)}
	}
	log := func(step int, key, version, act string) change.Row {
		return change.Row{Step: step, Table: "version_owner_actions", Key: key, After: columns(t, fmt.Sprintf(`{"id":%s,"version_id":%s,"user_id":42,"api_token_id":null,"action":%q,"time":"2026-11-22T18:49:00"}`, key, version, act))}
	}
	return &action.Effect{Steps: 3,
		Rows: []change.Row{yank(1, "9001", "0.3.10", "malware, see INC-118", false, true), log(1, "51", "9001", "yank"), yank(2, "9002", "1.0.87", "malware", false, true), log(2, "52", "9002", "yank"),
			yank(3, "9003", "0.3.9", "", true, false), log(3, "53", "9003", "unyank"),
			{Step: 1, Table: "default_versions", Key: "311", Before: columns(t, `{"crate_id":311,"version_id":9001}`), After: columns(t, `{"crate_id":311,"version_id":9003}`), Derived: true}},
		Tallies: []change.Tally{{Step: 2, Table: "version_downloads", Before: 90, After: 90}},
		Jobs:    []change.Job{{Step: 1, Type: "sync_to_git_index", Data: []byte(`{"krate":"arraykit"}`), Priority: 100, State: "queued"}, {Step: 1, Type: "sync_to_sparse_index", Data: []byte(`{"krate":"arraykit"}`), Priority: 100, State: "waiting"}, {Step: 1, Type: "update_default_version", Data: []byte(`{"crate_id":311}`), Priority: 80, State: "woken"}},
		Guards:  []action.Guard{{Step: 1, Level: action.Warn, Code: "default-version", Text: "It is the default version; 0.3.9 becomes it after step 3."}, {Step: 3, Level: action.Info, Code: "nothing-to-do", Text: "1,842 crates resolve to ^0.3; after this they get 0.3.9."}},
		Public:  []action.PublicText{{Step: 1, Where: "yank message of arraykit 0.3.10", Text: "malware, see INC-118"}, {Step: 2, Where: "yank message of macro-loom1 1.0.87", Text: "malware"}},
		Affected: []action.Affected{{Step: 1, Subject: action.CrateSubject("seedlot"), Text: "depends on it by =0.3.10 and cannot be resolved any more"},
			{Step: 2, Subject: action.AccountSubject(184, "kumart"), Text: "is the only owner"}},
		Took: 38 * time.Millisecond}
}

// samplePlans has a plan in every state.
func samplePlans(t testing.TB) *planner {
	f := newPlanner()
	for i, state := range planStates() {
		p := samplePlan(fmt.Sprintf("p%02d%s", i, state), state)
		p.Author = []action.Actor{responder, colleague}[i%2]
		f.plans[p.ID] = p
		if p.ReviewedAt != nil {
			f.effects[p.ID] = sampleEffect(t)
		}
		switch state {
		case action.Stale:
			p.Problem = "The registry changed since the review, so nothing was done. Review the plan again."
			p.Differences = []action.Difference{{Step: 1, Text: "versions 0.3.10: yanked was false at the review and is true now."}, {Text: "The row 311 of crates changed since the review."}}
		case action.Failed:
			p.Problem = "Somebody else, perhaps a publish, holds rows that this plan needs. Try again in a moment."
		case action.Applied:
			f.follow[p.ID] = sampleWork(p.ID)
		}
		f.plans[p.ID] = p
	}
	second := samplePlan("p90second", action.Reviewed)
	second.Author, second.NeedsApproval, second.Irreversible, second.Confirm, second.Title = colleague, true, true, "proc-makro1", "Delete the crate proc-makro1"
	f.plans[second.ID], f.effects[second.ID] = second, sampleEffect(t)
	f.effects[second.ID].Final = []action.Finality{{Step: 2, Text: "9 versions, their files and 90 days of downloads are gone for good."}}
	blocked := samplePlan("p91blocked", action.Reviewed)
	blocked.Blocked = true
	f.plans[blocked.ID], f.effects[blocked.ID] = blocked, sampleEffect(t)
	f.effects[blocked.ID].Guards = append(f.effects[blocked.ID].Guards, action.Guard{Step: 2, Level: action.Block, Code: "no-such-version", Text: "The registry has no version macro-loom1 1.0.87."})
	typed := samplePlan("p92typed", action.Approved)
	typed.Confirm, typed.NeedsApproval, typed.Approvals = "3", true, []action.Approval{{Actor: colleague, Digest: ledger.Digest{7}, At: deskTime.Add(-time.Minute)}}
	f.plans[typed.ID], f.effects[typed.ID] = typed, sampleEffect(t)
	return f
}

func sampleWork(plan string) []action.FollowUp {
	at, entry := deskTime.Add(-time.Minute), int64(19)
	work := func(id int64, kind string, state action.FollowState, args, problem string, tries int) action.FollowUp {
		return action.FollowUp{ID: id, Plan: plan, Step: 1, Kind: kind, Args: []byte(args), State: state, Attempts: tries, Problem: problem, Intent: &entry, NextAt: at.Add(4 * time.Minute), CreatedAt: at, ChangedAt: at}
	}
	return []action.FollowUp{work(7, "cdn.invalidate", action.FollowDone, `{"paths":["crates/arraykit/0.3.10"]}`, "", 1), work(8, "index.check", action.FollowFailed, `{"crate":"arraykit"}`, "The storage did not answer within 10 s.", 3), work(9, "files.hold", action.FollowWaiting, `{"key":"crates/macro-loom1/1.0.87.crate"}`, "", 0)}
}

func planServer(t testing.TB, f *planner, who action.Actor, change ...func(*Config)) *Server {
	t.Helper()
	d := sampleDesk(t)
	d.Dossiers = sampleShelf(t)
	return deskServer(t, d, append([]func(*Config){func(c *Config) { c.Plans, c.Auth = f, as(who) }}, change...)...)
}
