package incident

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/ledger"
	"cratewarden/registry/change"
)

// planDone is a plan of the case with its steps read.
type planDone struct {
	action.Plan
	steps  []action.Step
	undone map[int]bool // steps that a later plan put back
}

// applied says that the plan's acts were done, whether or not undone since.
func (p planDone) applied() bool {
	return p.AppliedAt != nil && (p.State == action.Applied || p.State == action.Undone)
}

// counts says that a step was done and still stands.
func (p planDone) counts(step int) bool { return p.applied() && !p.undone[step] }

// plansOf gives all plans of the case and of those merged into it, oldest first.
func (s *Service) plansOf(ctx context.Context, i Incident) ([]planDone, error) {
	if s.cfg.Engine == nil {
		return nil, nil
	}
	var out []planDone
	for _, id := range i.ids() {
		before := ""
		for {
			page, err := s.cfg.Engine.Plans(ctx, action.PlanFilter{Incident: id, Before: before, Limit: 500})
			if err != nil {
				return nil, err
			}
			for _, p := range page {
				done, err := s.loadPlan(ctx, p)
				if err != nil {
					return nil, err
				}
				out = append(out, done)
				before = p.ID
			}
			if len(page) < 500 {
				break
			}
		}
	}
	slices.SortFunc(out, func(a, b planDone) int {
		if c := a.CreatedAt.Compare(b.CreatedAt); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out, nil
}

func (s *Service) loadPlan(ctx context.Context, p action.Plan) (planDone, error) {
	done := planDone{Plan: p}
	steps, err := s.cfg.Engine.Catalogue().Decode(p.Steps)
	if err != nil {
		return done, err
	}
	done.steps = steps
	if done.applied() {
		done.undone, err = s.cfg.Engine.UndoneSteps(ctx, p.ID)
	}
	return done, err
}

// planMoments tells the life of each plan, and each act when it was done.
func (s *Service) planMoments(ctx context.Context, _ Incident, plans []planDone) ([]Moment, error) {
	var out []Moment
	for _, p := range plans {
		out = append(out, p.life()...)
		if !p.applied() {
			continue
		}
		files, err := s.fileMoments(ctx, p)
		if err != nil {
			return nil, err
		}
		out = append(append(out, p.deeds()...), files...)
	}
	return out, nil
}

func (p planDone) moment(what string, at time.Time, by action.Actor, sentence string, args ...any) Moment {
	return Moment{ID: "plan/" + p.ID + "/" + what, At: at, Source: FromPlan, What: "plan." + what, Sentence: fmt.Sprintf(sentence, args...), Who: by.Name, WhoID: by.ID,
		Subject: ledger.Subject{Kind: "plan", ID: p.ID, Name: p.Title}, Link: "/plans/" + p.ID}
}

func (p planDone) life() []Moment {
	title := quoted(p.Title)
	out := []Moment{p.moment("draft", p.CreatedAt, p.Author, "%s drafted the plan %s: %s.", p.Author.Name, title, cratewarden.Amount(len(p.Steps), "act", "acts"))}
	if p.ReviewedAt != nil && p.ReviewedBy != nil {
		out = append(out, p.moment("review", *p.ReviewedAt, *p.ReviewedBy, "%s looked at what the plan %s would do.", p.ReviewedBy.Name, title))
	}
	for n, a := range p.Approvals {
		m := p.moment("approve", a.At, a.Actor, "%s agreed to the plan %s.", a.Actor.Name, title)
		m.ID += "/" + strconv.Itoa(n)
		out = append(out, m)
	}
	if p.applied() {
		var by action.Actor
		if p.Applier != nil {
			by = *p.Applier
		}
		verb := "applied"
		if p.Undoes != "" {
			verb = "undid plan " + p.Undoes + " by"
		}
		m := p.moment("apply", *p.AppliedAt, by, "%s %s the plan %s.", by.Name, verb, title)
		m.Ledger = p.Outcome
		out = append(out, m)
	}
	return out
}

// deeds tells each act of an applied plan.
func (p planDone) deeds() []Moment {
	out := make([]Moment, 0, len(p.steps))
	for _, step := range p.steps {
		m := p.moment("step/"+strconv.Itoa(step.N), *p.AppliedAt, action.Actor{}, "Done: %s.", step.Do.Sentence())
		m.What = step.Kind
		if p.Applier != nil {
			m.Who, m.WhoID = p.Applier.Name, p.Applier.ID
		}
		if subjects := step.Do.Subjects(); len(subjects) > 0 {
			m.Subject, m.Also = subjects[0], append(slices.Clone(subjects[1:]), m.Subject)
		}
		m.Ledger = p.Outcome
		out = append(out, m)
	}
	return out
}

// moved is what the follow-ups that move files work on.
type moved struct {
	Crate    string `json:"crate"`
	Versions []struct {
		ID  int32  `json:"id"`
		Num string `json:"num"`
	} `json:"versions"`
}

// movements are the follow-ups after which files are somewhere else. A held or
// deleted version can be downloaded until then.
func movements() map[string]string {
	return map[string]string{
		"files.hold":    "The files of %s are in the vault; nobody can download them any more.",
		"files.release": "The files of %s are back.",
		"files.delete":  "The files of %s are deleted.",
	}
}

// fileMoments tells when files went away or came back.
func (s *Service) fileMoments(ctx context.Context, p planDone) ([]Moment, error) {
	list, err := s.cfg.Engine.FollowUps(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	var out []Moment
	for _, f := range list {
		sentence, moves := movements()[f.Kind]
		if !moves || f.State != action.FollowDone {
			continue
		}
		var args moved
		if json.Unmarshal(f.Args, &args) != nil || args.Crate == "" {
			continue
		}
		var nums []string
		var also []ledger.Subject
		for _, v := range args.Versions {
			nums = append(nums, v.Num)
			also = append(also, versionSubject(args.Crate, v.Num))
		}
		m := p.moment("files/"+strconv.FormatInt(f.ID, 10), f.ChangedAt, action.Actor{Name: theConsole}, sentence, args.Crate+" "+some(nums))
		m.What, m.Ledger = f.Kind, f.Outcome
		m.Subject, m.Also = ledger.Subject{Kind: "crate", ID: args.Crate}, append(also, m.Subject)
		out = append(out, m)
	}
	return out, nil
}

// theConsole is who acts where no person did.
const theConsole = "the console"

func quoted(s string) string { return "“" + s + "”" }

// deletedFacts finds how bad versions came to be that are gone from the
// registry and that nobody looked at before: whoever deleted them through the
// console left a tombstone, and the plan has the row as it was.
func (s *Service) deletedFacts(ctx context.Context, c scope, have []fact, plans []planDone) ([]fact, error) {
	if s.cfg.Engine == nil {
		return nil, nil
	}
	known, missing := map[string]bool{}, map[string]bool{}
	for _, f := range have {
		known[f.version] = true
	}
	for id, isBad := range c.versions {
		if isBad && !known[id] {
			name, _, _ := strings.Cut(id, "@")
			missing[name] = true
		}
	}
	for name := range c.crates {
		if c.whole(name) && (s.cfg.Mirror == nil || !s.inMirror(name)) {
			missing[name] = true
		}
	}
	wanted := map[string]map[int32]action.Tombstone{} // by plan
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		stones, err := s.cfg.Engine.Tombstones(ctx, action.TombstoneFilter{Crate: name, Limit: 5000})
		if err != nil {
			return nil, err
		}
		for _, t := range stones {
			if id := canonID(t.Crate + "@" + t.Num); !known[id] && c.hasBad(name, id) {
				if wanted[t.Plan] == nil {
					wanted[t.Plan] = map[int32]action.Tombstone{}
				}
				wanted[t.Plan][t.ID] = t
			}
		}
	}
	var out []fact
	for _, plan := range slices.Sorted(maps.Keys(wanted)) {
		list, err := s.exhume(ctx, plan, wanted[plan], plans)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

func (s *Service) inMirror(name string) bool {
	_, ok := s.cfg.Mirror.CrateByName(name)
	return ok
}

// exhume reads the rows of deleted versions from the images of the plan that
// deleted them.
func (s *Service) exhume(ctx context.Context, id string, stones map[int32]action.Tombstone, plans []planDone) ([]fact, error) {
	var plan action.Plan
	if at := slices.IndexFunc(plans, func(p planDone) bool { return p.ID == id }); at >= 0 {
		plan = plans[at].Plan
	} else {
		var err error
		if plan, err = s.cfg.Engine.Plan(ctx, id); err != nil {
			return nil, err
		}
	}
	effect, err := s.cfg.Engine.Effect(ctx, plan)
	if err != nil {
		return nil, err
	}
	l := &looker{Service: s, m: s.cfg.Mirror}
	var out []fact
	for _, r := range effect.Rows {
		stone, ok := stones[int32(r.Before.Int("id"))]
		if r.Table != "versions" || r.After != nil || !ok {
			continue
		}
		if m, ok := l.exhumed(stone, r); ok {
			out = append(out, newFact(m))
		}
	}
	return out, nil
}

func (l *looker) exhumed(t action.Tombstone, r change.Row) (Moment, bool) {
	at, ok := r.Before.Time("created_at")
	if !ok {
		return Moment{}, false
	}
	p := published{ID: t.ID, Crate: t.Crate, Num: t.Num, At: at, SHA256: t.SHA256, Size: r.Before.Int("crate_size"), Account: int32(r.Before.Int("published_by"))}
	if p.SHA256 == "" {
		p.SHA256 = strings.TrimPrefix(r.Before.Text("tar_sha256"), `\x`)
	}
	if p.Account != 0 && l.m != nil {
		p.Who, p.WhoID = l.called(p.Account)
	} else if p.Account != 0 {
		p.Who, p.WhoID = fmt.Sprintf("account %d", p.Account), fmt.Sprintf("account:%d", p.Account)
	}
	return p.moment(), true
}
