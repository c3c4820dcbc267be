package mirror

import (
	"slices"
	"strings"
)

// versions finds versions of one crate by the start of their number.
func (s *search) versions() {
	id := s.p.crateID(canon([]byte(s.q.name)))
	if id == 0 {
		return
	}
	c, _ := s.p.bareCrate(id)
	list := s.p.versionsOf(id)
	slices.SortFunc(list, func(a, b Version) int { return b.CreatedAt.Compare(a.CreatedAt) })
	for i, v := range list {
		if i >= mostHits*10 || !strings.HasPrefix(v.Num, s.q.num) {
			continue
		}
		// Newer versions first among those that match equally well.
		score, reason := scorePrefix+30-min(30, float64(i)/100), "the number starts with “"+s.q.num+"”"
		switch {
		case s.q.num == "":
			reason = "a version of this crate"
		case v.Num == s.q.num:
			score, reason = scoreExact+50, "this very version"
		case strings.HasPrefix(v.Num[len(s.q.num):], ".") || strings.HasSuffix(s.q.num, "."):
			score += 60
		}
		s.addVersion(c.Name, v, score, reason)
	}
}

func (s *search) addVersion(crate string, v Version, score float64, reason string) {
	detail := "published " + v.CreatedAt.Format("2006-01-02")
	if v.Yanked {
		detail += ", yanked"
	}
	s.add(Hit{Kind: HitVersion, ID: v.ID, Label: crate + "@" + v.Num, Detail: detail, Reason: reason, Score: score}, "")
}

// sums finds versions by the start of their archive's checksum.
func (s *search) sums() {
	if !s.q.hasSHA {
		return
	}
	for _, v := range s.p.withSHA(s.q.sha, s.limit) {
		score := float64(scorePrefix) - 50
		if len(s.q.text) >= 16 {
			score = scoreExact
		}
		s.addVersion(s.p.crateName(v.CrateID), v, score, "the archive's SHA-256 starts with these "+counted(int64(len(s.q.text)), "digit"))
	}
}

// oldNames finds deleted and reserved names.
func (s *search) oldNames() {
	if s.q.canon == "" {
		return
	}
	t := s.p.names
	entries := map[uint32]bool{}
	for i, ref := range t.index.starting(s.q.canon) {
		if i >= mostHits {
			break
		}
		if ref&offsetMask == 0 {
			entries[ref>>offsetBits] = true
		}
	}
	for _, a := range t.index.like(s.q.canon, 0.5, 10, anyLength) {
		entries[a.entry] = true
	}
	for e := range entries {
		s.oldName(e, t.index.at(e))
	}
}

func (s *search) oldName(e uint32, canonical string) {
	t := s.p.names
	score, how := float64(scoreFuzzy), "spelled alike"
	switch {
	case canonical == s.q.canon:
		score, how = scoreCanon-20, "this name"
	case strings.HasPrefix(canonical, s.q.canon):
		score, how = scorePrefix-50, "starts with “"+s.q.canon+"”"
	}
	if int(e) < len(t.deleted) {
		d := t.deleted[e]
		s.add(Hit{
			Kind: HitDeleted, ID: d.ID, Label: d.Name, Detail: "deleted " + d.DeletedAt.Format("2006-01-02"),
			Reason: "a deleted crate, " + how, Score: score,
		}, "")
		return
	}
	name := t.reserved[int(e)-len(t.deleted)]
	s.add(Hit{
		Kind: HitReserved, Label: name, Detail: "nobody may publish it", Reason: "a reserved name, " + how, Score: score,
	}, name)
}
