package incident

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/evidence"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// bundlesOf gives the evidence of the case, oldest first.
func (s *Service) bundlesOf(ctx context.Context, i Incident) ([]evidence.Bundle, error) {
	if s.cfg.Evidence == nil {
		return nil, nil
	}
	var out []evidence.Bundle
	for _, id := range i.ids() {
		var before int64
		for {
			page, err := s.cfg.Evidence.List(ctx, evidence.Filter{Incident: id, Before: before, Limit: 500})
			if err != nil {
				return nil, err
			}
			out = append(out, page.Bundles...)
			if before = page.Next; before == 0 {
				break
			}
		}
	}
	for a, b := 0, len(out)-1; a < b; a, b = a+1, b-1 {
		out[a], out[b] = out[b], out[a]
	}
	return out, nil
}

func (s *Service) evidenceMoments(ctx context.Context, i Incident, _ []planDone) ([]Moment, error) {
	bundles, err := s.bundlesOf(ctx, i)
	var out []Moment
	for _, b := range bundles {
		digest := b.Digest.String()
		m := Moment{
			ID: "evidence/" + digest, At: b.SealedAt, Source: FromEvidence, What: "evidence.seal", Who: b.Actor.Name, WhoID: b.Actor.ID,
			Sentence: fmt.Sprintf("Sealed the evidence %s…: %s, %s bytes%s.", digest[:12], cratewarden.Amount(b.Parts, "part", "parts"), cratewarden.Thousands(b.Bytes), because(b.Reason)),
			Subject:  ledger.Subject{Kind: "evidence", ID: digest}, Link: "/evidence/" + digest, Ledger: &b.Ledger, Details: map[string]string{"sha256": digest},
		}
		for _, asked := range b.Asked {
			for _, sub := range asked.First {
				id := sub.Name
				if asked.Kind == "account" {
					id = strconv.Itoa(int(sub.ID))
				}
				m.Also = append(m.Also, ledger.Subject{Kind: asked.Kind, ID: id})
			}
		}
		out = append(out, m)
	}
	return out, err
}

// noticeMoments tells which messages about the case and its plans went out to
// colleagues. What the world was told is told by the events of the drafts.
func (s *Service) noticeMoments(ctx context.Context, i Incident, plans []planDone) ([]Moment, error) {
	ids := []string{}
	for _, p := range plans {
		ids = append(ids, p.ID)
	}
	var paths []string
	for _, id := range i.ids() {
		paths = append(paths, "/incidents/"+id)
	}
	rows, err := s.db.Query(ctx, `SELECT id, kind, title, path, plan, at FROM notice
		WHERE plan = ANY ($1) OR regexp_replace(path, '[?#].*|(/incidents/[^/]+)/.*', '\1') = ANY ($2) ORDER BY id`, ids, paths)
	if err != nil {
		return nil, pg.Map(err)
	}
	var out []Moment
	var id int64
	var kind, title, path, plan string
	var at time.Time
	_, err = pgx.ForEachRow(rows, []any{&id, &kind, &title, &path, &plan, &at}, func() error {
		m := Moment{ID: "notice/" + strconv.FormatInt(id, 10), At: at, Source: FromNotice, What: "notice." + kind, Who: theConsole,
			Sentence: "Told colleagues: " + title, Link: "/notices/" + strconv.FormatInt(id, 10)}
		if plan != "" {
			m.Subject = ledger.Subject{Kind: "plan", ID: plan}
		}
		out = append(out, m)
		return nil
	})
	return out, pg.Map(err)
}

// mostEntries is how many entries of the ledger a timeline reads.
const mostEntries = 20_000

// entriesOf gives the entries of the ledger that name the case or one of its
// plans.
func (s *Service) entriesOf(ctx context.Context, i Incident, plans []planDone) ([]ledger.Entry, error) {
	var filters []ledger.Filter
	for _, id := range i.ids() {
		filters = append(filters, ledger.Filter{Incident: id})
	}
	for _, p := range plans {
		filters = append(filters, ledger.Filter{Plan: p.ID})
	}
	seen := map[int64]bool{}
	var out []ledger.Entry
	for _, f := range filters {
		list, err := s.entries(ctx, f)
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			if !seen[e.Index] {
				seen[e.Index] = true
				out = append(out, e)
			}
		}
	}
	return out, nil
}

func (s *Service) entries(ctx context.Context, f ledger.Filter) ([]ledger.Entry, error) {
	var out []ledger.Entry
	for f.Limit = 1000; len(out) < mostEntries; {
		page, err := s.cfg.Ledger.List(ctx, f)
		if err != nil {
			return nil, pg.Map(err)
		}
		out = append(out, page.Entries...)
		if f.Before = page.Next; f.Before == 0 {
			break
		}
	}
	return out, nil
}

// ledgerMoments tells what only the ledger has: refusals, openings, erasures,
// and acts that are no step of a plan. What the case, the plans and the evidence
// tell already names its entry there.
func (s *Service) ledgerMoments(ctx context.Context, i Incident, plans []planDone) ([]Moment, error) {
	entries, err := s.entriesOf(ctx, i, plans)
	if err != nil {
		return nil, err
	}
	var out []Moment
	for _, e := range entries {
		if told(e) {
			continue
		}
		index := e.Index
		m := Moment{ID: "ledger/" + strconv.FormatInt(index, 10), At: e.At, Source: FromLedger, What: string(e.Kind) + "." + e.Action, Who: e.Actor.Name, WhoID: e.Actor.ID,
			Sentence: entrySentence(e), Link: "/ledger/" + strconv.FormatInt(index, 10), Ledger: &index}
		if e.Actor.ID == consoleID {
			m.Who, m.WhoID = theConsole, ""
		}
		if len(e.Subjects) > 0 {
			m.Subject, m.Also = e.Subjects[0], e.Subjects[1:]
		}
		out = append(out, m)
	}
	return out, nil
}

// told says that an entry's act is on the timeline by another way.
func told(e ledger.Entry) bool {
	switch e.Kind {
	case ledger.Refusal, ledger.Opening, ledger.Erasure:
		return false
	case ledger.Intent:
		return true
	case ledger.Outcome:
		return e.Result != nil && (e.Result.State == "committed" || e.Result.State == "done")
	}
	return strings.HasPrefix(e.Action, "incident.") || e.Action == "evidence.seal" || e.Action == "plan.apply"
}

func entrySentence(e ledger.Entry) string {
	who, what := e.Actor.Name, quoted(access.Words(e.Action))
	if e.Actor.ID == consoleID || who == "" {
		who = theConsole
	}
	var names []string
	for _, sub := range e.Subjects {
		if sub.Kind == "incident" {
			continue
		}
		name := sub.Kind + " " + sub.ID
		if sub.Name != "" {
			name = sub.Kind + " " + sub.Name
		}
		names = append(names, name)
	}
	about := ""
	if len(names) > 0 {
		about = " (" + some(names) + ")"
	}
	switch e.Kind {
	case ledger.Refusal:
		why := ""
		if e.Result != nil {
			why = because(e.Result.Detail)
		}
		return fmt.Sprintf("%s was refused %s%s%s.", who, what, about, why)
	case ledger.Opening:
		return fmt.Sprintf("%s opened private data: %s%s.", who, what, about)
	case ledger.Erasure:
		return fmt.Sprintf("%s erased private data: %s%s.", who, what, about)
	case ledger.Outcome:
		state := "unknown"
		if e.Result != nil {
			state = e.Result.State + because(e.Result.Detail)
		}
		return fmt.Sprintf("%s ended %s%s.", what, state, about)
	}
	return fmt.Sprintf("%s: %s%s.", who, what, about)
}
