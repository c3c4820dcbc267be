package mirror

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"cratewarden"
)

// The scores of the kinds of match. Downloads add at most 63, so a better kind
// of match always comes first.
const (
	scoreExact    = 1000
	scoreCanon    = 930
	scorePrefix   = 800
	scoreWord     = 700
	scoreContains = 600
	scoreFuzzy    = 400 // and up to 100 by likeness
)

const (
	defaultHits = 30
	mostHits    = 200
)

// Search answers a question from what is loaded; parts that are not are named
// in the answer. It never fails and never waits: work and answer are bounded
// whatever the text. ctx ends it early with what was found so far.
func (m *Mirror) Search(ctx context.Context, query Query) Answer {
	q := parseQuery(query.Text)
	limit := query.Limit
	if limit <= 0 {
		limit = defaultHits
	}
	s := &search{p: m.now(), q: q, limit: min(limit, mostHits), seen: map[hitKey]int{}}
	if query.Mail {
		s.mailSum = newMailHasher(m.config.MailKey).sum
	}
	for _, step := range s.steps() {
		if ctx.Err() != nil {
			break
		}
		s.ask(step)
	}
	return s.answer(query.Mail)
}

// search gathers the hits of one question.
type search struct {
	p       *picture
	q       question
	limit   int
	hits    []Hit
	seen    map[hitKey]int
	loading []Part
	mailSum func([]byte) uint64 // nil when whole addresses may not be asked for
}

type hitKey struct {
	kind HitKind
	id   int32
	name string
}

// step is one way to look, with the parts it reads.
type step struct {
	parts []Part
	run   func()
}

// steps says where to look for what was asked.
func (s *search) steps() []step {
	crates := step{[]Part{PartCrates}, s.crates}
	names := step{[]Part{PartNames}, s.oldNames}
	accounts := step{[]Part{PartAccounts}, s.accounts}
	versions := step{[]Part{PartVersions}, s.versions}
	sums := step{[]Part{PartVersions}, s.sums}
	switch {
	case s.q.text == "":
		return nil
	case s.q.field == "crate" && s.q.name == "":
		return []step{crates, names}
	case s.q.name != "" && s.q.field != "email":
		return []step{versions, crates, {[]Part{PartAccounts}, s.mails}}
	case s.q.field == "user":
		return []step{accounts}
	case s.q.field == "email":
		return []step{{[]Part{PartAccounts}, s.mails}}
	case s.q.field == "team":
		return []step{{[]Part{PartAccounts}, s.teams}}
	case s.q.field == "sha":
		return []step{sums}
	case s.q.field == "repo":
		return []step{{[]Part{PartCrates}, s.repositories}}
	case s.q.field == "token":
		return []step{{[]Part{PartTokens}, s.tokens}}
	}
	all := []step{crates, accounts, {[]Part{PartAccounts}, s.teams}, {[]Part{PartAccounts}, s.mails}, names}
	if s.q.hasSHA {
		all = append(all, sums)
	}
	return all
}

// ask looks in one way, unless what it reads is not there yet.
func (s *search) ask(step step) {
	for _, part := range step.parts {
		if s.p.ready[part] {
			continue
		}
		absent := !s.p.hidden && (part == PartTokens || part == PartActions)
		if !absent && !slices.Contains(s.loading, part) {
			s.loading = append(s.loading, part)
		}
		return
	}
	step.run()
}

// add keeps the better of two reasons to find one thing.
func (s *search) add(h Hit, name string) {
	key := hitKey{h.Kind, h.ID, name}
	if i, ok := s.seen[key]; ok {
		if s.hits[i].Score < h.Score {
			s.hits[i] = h
		}
		return
	}
	s.seen[key] = len(s.hits)
	s.hits = append(s.hits, h)
}

func (s *search) answer(mail bool) Answer {
	slices.SortStableFunc(s.hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(a.Label, b.Label), cmp.Compare(a.ID, b.ID))
	})
	return Answer{Hits: s.hits[:min(len(s.hits), s.limit)], Understood: s.q.understood(mail), Loading: s.loading}
}

// weight turns a number into a small part of a score.
func weight(n int64) float64 { return math.Log2(float64(max(n, 0) + 1)) }

// counted writes a number with its noun, which takes an s unless there is one.
func counted(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return cratewarden.Thousands(n) + " " + noun + "s"
}
