package incident

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/ledger"
	"cratewarden/pg"
)

// fact is a moment of the registry with what it is found by.
type fact struct {
	moment         Moment
	crate, version string   // canonical; version only of a publish
	account        int32    // whose account it is about, of whatAccount
	keys           []string // "kind:id" of everything it is about
}

// The words of facts.
const (
	whatPublish      = "publish"
	whatYank         = "yank"
	whatUnyank       = "unyank"
	whatAccount      = "account-made"
	whatToken        = "token-made"
	whatOwnerAdded   = "owner-added"
	whatOwnerRemoved = "owner-removed"
)

// Remember writes down what the registry has about a case's subjects now. Call
// it whenever subjects were added and before anything is destroyed; the timeline
// and the sheet call it too. Doing it again changes nothing.
func (s *Service) Remember(ctx context.Context, id string) error {
	i, err := s.Incident(ctx, id)
	if err != nil {
		return err
	}
	plans, err := s.plansOf(ctx, i)
	if err != nil {
		return err
	}
	_, err = s.registryFacts(ctx, i, plans)
	return err
}

// seen is Remember and Measure for those who go on whatever becomes of it: what
// cannot be read now is read by the next round, or when somebody looks.
func (s *Service) seen(ctx context.Context, i Incident) {
	if s.cfg.Mirror == nil {
		return
	}
	plans, err := s.plansOf(ctx, i)
	if err == nil {
		_, err = s.registryFacts(ctx, i, plans)
	}
	if err == nil {
		err = s.measure(ctx, i, scopeOf(i, plans))
	}
	if err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "what the registry has about an incident was not written down", "incident", i.ID, "error", err)
	}
}

// registryFacts gives the facts of a case: those that were seen before, those that are
// in the registry now, and those that only the images of applied plans still
// have. What was seen first is what counts, whatever its row says today.
func (s *Service) registryFacts(ctx context.Context, i Incident, plans []planDone) ([]fact, error) {
	c := scopeOf(i, plans)
	if len(c.keys()) == 0 {
		return nil, nil
	}
	kept, err := s.keptFacts(ctx, c)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, f := range kept {
		known[f.moment.ID] = true
	}
	live, err := s.liveFacts(ctx, c, kept, plans)
	if err != nil {
		return nil, err
	}
	deleted, err := s.deletedFacts(ctx, c, append(kept, live...), plans)
	if err != nil {
		return nil, err
	}
	var fresh []fact
	for _, f := range append(live, deleted...) {
		if !known[f.moment.ID] {
			known[f.moment.ID] = true
			fresh = append(fresh, f)
		}
	}
	if len(fresh) > 0 {
		if err := s.keepFacts(ctx, fresh); err != nil {
			return nil, err
		}
		if kept, err = s.keptFacts(ctx, c); err != nil {
			return nil, err
		}
	}
	from, until := c.window(kept)
	var out []fact
	for _, f := range kept {
		if c.wants(f, from, until) {
			out = append(out, f)
		}
	}
	return out, nil
}

func (s *Service) factMoments(ctx context.Context, i Incident, plans []planDone) ([]Moment, error) {
	facts, err := s.registryFacts(ctx, i, plans)
	out := make([]Moment, len(facts))
	for n, f := range facts {
		out[n] = f.moment
	}
	return out, err
}

func (s *Service) keptFacts(ctx context.Context, c scope) ([]fact, error) {
	rows, err := s.db.Query(ctx, `SELECT moment, crate, version, subjects FROM incident_fact WHERE subjects && $1 ORDER BY at, id COLLATE "C"`, c.keys())
	if err != nil {
		return nil, pg.Map(err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (f fact, err error) {
		var body []byte
		if err := row.Scan(&body, &f.crate, &f.version, &f.keys); err != nil {
			return f, err
		}
		err = json.Unmarshal(body, &f.moment)
		f.moment.At = f.moment.At.UTC()
		if f.moment.What == whatAccount {
			n, _ := strconv.ParseInt(f.moment.Subject.ID, 10, 32)
			f.account = int32(n)
		}
		return f, err
	})
	return out, pg.Map(err)
}

// keepFacts writes facts down. Two processes may see the same at once.
func (s *Service) keepFacts(ctx context.Context, list []fact) error {
	var ids, whats, versions, crates, moments, keys []string
	var ats []time.Time
	for _, f := range list {
		body, err := json.Marshal(f.moment)
		if err != nil {
			return err
		}
		ids, whats, versions, crates = append(ids, f.moment.ID), append(whats, f.moment.What), append(versions, f.version), append(crates, f.crate)
		ats, moments, keys = append(ats, f.moment.At), append(moments, string(body)), append(keys, strings.Join(f.keys, "\n"))
	}
	_, err := s.db.Exec(ctx, `INSERT INTO incident_fact (id, at, what, version, crate, subjects, moment, seen_at)
		SELECT f.id, f.at, f.what, f.version, f.crate, string_to_array(f.keys, E'\n'), f.moment::jsonb, $8
		FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) AS f (id, at, what, version, crate, keys, moment)
		ON CONFLICT (id) DO NOTHING`, ids, ats, whats, versions, crates, keys, moments, s.clock())
	return pg.Map(err)
}

// newFact makes a fact of a moment: what it is about comes from its subjects.
func newFact(m Moment) fact {
	f := fact{moment: m}
	f.moment.Source = FromRegistry
	f.moment.At = m.At.UTC().Truncate(time.Microsecond)
	seen := map[string]bool{}
	add := func(key string) {
		if !seen[key] {
			seen[key] = true
			f.keys = append(f.keys, key)
		}
	}
	for _, sub := range append([]ledger.Subject{m.Subject}, m.Also...) {
		add(keyOf(sub.Kind, sub.ID))
		switch sub.Kind {
		case "version":
			name, _, _ := strings.Cut(canonID(sub.ID), "@")
			f.crate = name
			add("crate:" + name)
			if m.What == whatPublish {
				f.version = canonID(sub.ID)
			}
		case "crate":
			f.crate = canonID(sub.ID)
		}
	}
	return f
}
