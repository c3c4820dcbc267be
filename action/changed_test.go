package action

import "testing"

// Whoever keeps facts of the registry hears of each change after it was made, so
// that what is shown next is not what was.
func TestChangesAreTold(t *testing.T) {
	t.Parallel()
	told := 0
	var seen []int64
	var s *storeKit
	s = newStoreKit(t, func(c *Config) {
		c.Changed = func() {
			told++
			seen = append(seen, s.number(`SELECT count(*) FROM versions WHERE yanked`))
		}
	})
	v := s.victim()
	yanked := s.number(`SELECT count(*) FROM versions WHERE yanked`)
	s.reviewed("version.hold", v.params())
	if told != 0 {
		t.Error("a review changes nothing")
	}
	p, _ := s.applied("version.hold", v.params())
	if told != 1 || seen[0] != yanked+1 {
		t.Errorf("told %d times; %d yanked before, seen %v", told, yanked, seen)
	}
	if err := s.Work(t.Context(), s.only(p).ID); err != nil || told != 2 {
		t.Errorf("a file was moved, told %d times, %v", told, err)
	}
}
