package demo

import (
	"bytes"
	"testing"
	"time"
)

func TestEqualOptionsGiveEqualRegistries(t *testing.T) {
	t.Parallel()
	small := Options{Crates: 700, Archives: -1, Now: testNow, Seed: 7}
	first := Generate(small).Digest()
	if !bytes.Equal(first, Generate(small).Digest()) {
		t.Error("the same options gave two registries")
	}
	other := small
	other.Seed = 8
	if bytes.Equal(first, Generate(other).Digest()) {
		t.Error("another seed gave the same registry")
	}
	other = small
	other.Now = testNow.Add(time.Hour)
	if bytes.Equal(first, Generate(other).Digest()) {
		t.Error("another hour gave the same registry")
	}
}

// TestGraphHasNoCircle walks all versions, not only the default ones: a crate
// may only ever depend on crates that cannot reach it.
func TestGraphHasNoCircle(t *testing.T) {
	t.Parallel()
	r := standard()
	edges := make([]map[int32]bool, len(r.crates))
	for i := range r.versions {
		v := &r.versions[i]
		for _, d := range r.dependencies(v) {
			if edges[v.crate] == nil {
				edges[v.crate] = map[int32]bool{}
			}
			edges[v.crate][d.crate] = true
		}
	}
	state := make([]int8, len(r.crates)) // 1 on the path, 2 done
	var walk func(int32)
	walk = func(i int32) {
		state[i] = 1
		for next := range edges[i] {
			switch state[next] {
			case 0:
				walk(next)
			case 1:
				t.Errorf("%s and %s depend on each other", r.crates[i].name, r.crates[next].name)
			}
		}
		state[i] = 2
	}
	for i := range r.crates {
		if state[i] == 0 {
			walk(int32(i))
		}
	}
}

// TestHabits holds what makes provenance comparisons look real: one person's
// publishes crowd into a few hours of the day.
func TestHabits(t *testing.T) {
	t.Parallel()
	r := standard()
	hours := map[int32][]int{}
	for i := range r.versions {
		if v := &r.versions[i]; v.by >= 0 && r.people[v.by].habit == evening && !r.people[v.by].cast && r.crates[v.crate].script == nil {
			hours[v.by] = append(hours[v.by], (int(v.at%day/hour)+int(r.people[v.by].zone)+48)%24)
		}
	}
	checked := 0
	for person, list := range hours {
		late := 0
		for _, h := range list {
			if h >= 17 || h <= 1 {
				late++
			}
		}
		if len(list) >= 20 {
			checked++
			if late*100 < len(list)*80 {
				t.Errorf("%s publishes in the evening, but only %d of %d times", r.people[person].login, late, len(list))
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d people looked at", checked)
	}
}

func TestNumbersWalkUp(t *testing.T) {
	t.Parallel()
	for _, s := range []struct{ text, hex string }{
		{"1.0.0", "01310130013003"}, {"1.0.0+b", "01310130013003"}, {"10.0.0", "0231300130013003"}, {"1.0.0-alpha", "01310130013002616c70686100"},
		{"1.0.0-alpha.1", "01310130013002616c70686101013100"}, {"1.0.0-beta.11", "01310130013002626574610102313100"},
	} {
		if got := hexOf(parseNumber(s.text).order()); got != s.hex {
			t.Errorf("%s: key %s, want %s", s.text, got, s.hex)
		}
		if parseNumber(s.text).String() != s.text {
			t.Errorf("%s comes back as %s", s.text, parseNumber(s.text))
		}
	}
}

func hexOf(b []byte) string {
	var out []byte
	for _, x := range b {
		out = append(out, hexDigits[x>>4], hexDigits[x&15])
	}
	return string(out)
}
