package blast

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestRequirementsTakeWhatCargoTakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ requirement, takes, leaves string }{
		{"1.2.3", "1.2.3 1.2.4 1.9.0", "1.2.2 2.0.0 1.2.3-rc.1 1.3.0-rc.1 2.0.0-rc.1"},
		{"^1.2.3", "1.2.3 1.9.0", "1.2.2 2.0.0"},
		{"1.2", "1.2.0 1.3.0", "1.1.9 2.0.0"},
		{"1", "1.0.0 1.9.9", "0.9.9 2.0.0 1.0.0-rc.1"},
		{"0.2.3", "0.2.3 0.2.9", "0.2.2 0.3.0 1.2.3"},
		{"0.2", "0.2.0 0.2.9", "0.1.9 0.3.0"},
		{"0.0.3", "0.0.3", "0.0.2 0.0.4"},
		{"0.0", "0.0.0 0.0.9", "0.1.0"},
		{"^0", "0.0.0 0.9.9", "1.0.0"},
		{"~1.2.3", "1.2.3 1.2.9", "1.2.2 1.3.0"},
		{"~1.2", "1.2.0 1.2.9", "1.3.0"},
		{"~1", "1.0.0 1.9.9", "2.0.0"},
		{"*", "0.0.0 9.9.9", "1.0.0-rc.1"},
		{"1.*", "1.0.0 1.9.9", "2.0.0 1.1.0-rc.1"},
		{"1.2.*", "1.2.0 1.2.9", "1.3.0"},
		{"1.x", "1.0.0 1.9.9", "2.0.0"},
		{"=1.2", "1.2.0 1.2.9", "1.3.0 1.2.0-rc.1"},
		{"=1.2.3", "1.2.3 1.2.3+build", "1.2.4"},
		{">1.2", "1.3.0 2.0.0", "1.2.0 1.2.9"},
		{">=1.2", "1.2.0 2.0.0", "1.1.9"},
		{"<1.2", "1.1.9 0.0.0", "1.2.0 1.2.9"},
		{"<=1.2", "1.2.9 0.0.0", "1.3.0"},
		{">= 1.2 , < 1.5", "1.2.0 1.4.9", "1.1.0 1.5.0 1.5.0-rc.1"},
		{">=1.0.0-rc.1", "1.0.0-rc.1 1.0.0-rc.2 1.0.0 2.0.0", "1.0.0-beta 1.0.1-rc.1"},
		{"^1.0.0-rc.2", "1.0.0-rc.2 1.0.0-rc.10 1.0.0 1.5.0", "1.0.0-rc.1 1.5.0-rc.3 2.0.0"},
		{"=1.0.0-rc.2", "1.0.0-rc.2", "1.0.0 1.0.0-rc.3"},
		{"~1.2, >=1.2.5-rc.1", "1.2.5 1.2.9", "1.2.5-rc.2 1.2.4 1.3.0"},
		{"<2.0.0-rc.1", "1.9.9 2.0.0-beta", "2.0.0-rc.1 2.0.0 1.9.9-rc.1"},
		{"1.2.3+build", "1.2.3 1.9.0", "2.0.0"},
		// As the guards of deletions had them.
		{"1.2.3", "1.2.3 1.9.0 1.2.3+b", "1.2.2 2.0.0 1.3.0-rc.1 0.1.0"},
		{"^1.2", "1.2.0 1.3.0", "1.1.9 2.0.0"},
		{"^0.2.3", "0.2.3 0.2.9", "0.3.0 0.2.2 1.0.0"},
		{"^0.0.3", "0.0.3", "0.0.4 0.1.0"},
		{"^0.0", "0.0.0 0.0.9", "0.1.0"},
		{"^0", "0.0.1 0.9.0", "1.0.0"},
		{"~1.2.3", "1.2.3 1.2.9", "1.3.0 1.2.2"},
		{"~1", "1.0.0 1.9.0", "2.0.0"},
		{"*", "0.0.1 9.9.9", "1.0.0-alpha"},
		{"1.*", "1.0.0 1.9.0", "2.0.0 0.9.0"},
		{"1.2.*", "1.2.0 1.2.9", "1.3.0"},
		{"=1.2.3", "1.2.3 1.2.3+x", "1.2.4 1.2.3-rc.1"},
		{"=1.2", "1.2.0 1.2.9", "1.3.0"},
		{"=1.0.0-rc.1", "1.0.0-rc.1", "1.0.0 1.0.0-rc.2"},
		{">1.2", "1.3.0 2.0.0", "1.2.9 1.2.0"},
		{">=1.2, <1.5", "1.2.0 1.4.9", "1.5.0 1.1.0"},
		{"<=1.2", "1.2.9 0.1.0", "1.3.0"},
		{">=1.0.0-beta.2", "1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 3.0.0", "1.0.0-beta.1 1.0.0-alpha 1.1.0-beta.3"},
	} {
		r, ok := ParseRequirement(c.requirement)
		if !ok {
			t.Errorf("%q cannot be read", c.requirement)
			continue
		}
		for _, num := range strings.Fields(c.takes) {
			if !r.Takes(mustVersion(num)) {
				t.Errorf("%q does not take %s", c.requirement, num)
			}
		}
		for _, num := range strings.Fields(c.leaves) {
			if r.Takes(mustVersion(num)) {
				t.Errorf("%q takes %s", c.requirement, num)
			}
		}
	}
}

func TestWhatIsNoRequirement(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", " ", ",", "1,", ",1", "1,,2", "1.2.3.4", "01", "1.02", "1.2.3-", "1.2.3+", "1.2.3-01", "1.2-rc", "*.1", "1.*.3", "*, 1", "1 2", ">=1.0 <2.0",
		"==1", "=>1", "1 || 2", "a", "v1", "1.2.3-a..b", "18446744073709551616", "^", "~>1.2", "1.0.0 - 2.0.0", "latest", ">", "1..2", "1.2.3,", strings.Repeat("1,", 32) + "1"} {
		if _, ok := ParseRequirement(text); ok {
			t.Errorf("%q was read", text)
		}
	}
	for _, text := range []string{"1", "1.2", "1.2.*", "*", "v1.2.3", "1.2.3 ", " 1.2.3", "1.2.3-", "01.2.3", "1.2.3-01", ""} {
		if _, ok := ParseVersion(text); ok {
			t.Errorf("%q was read as a version", text)
		}
	}
}

// Ranges in which people name bad versions hold pre-releases, too.
func TestRangesSpanPreReleases(t *testing.T) {
	t.Parallel()
	for requirement, nums := range map[string]string{"<2": "1.9.0-beta 0.0.1", "1.2.*": "1.2.5-rc.1", "~1.2": "1.2.0-rc.1", ">=1.4.1, <1.5": "1.4.2-rc.1", "*": "3.0.0-rc.1", "=1": "1.1.0-rc.1"} {
		r, _ := ParseRequirement(requirement)
		for _, num := range strings.Fields(nums) {
			if !r.Spans(mustVersion(num)) {
				t.Errorf("the range %q does not hold %s", requirement, num)
			}
		}
	}
}

func TestVersionsInOrder(t *testing.T) {
	t.Parallel()
	// The order of the specification of semantic versions, section 11.
	ordered := strings.Fields("0.0.0 0.0.9 0.1.0 1.0.0-0 1.0.0-2 1.0.0-10 1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-alpha-x 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 1.0.1 2.0.0")
	for i, a := range ordered {
		for j, b := range ordered {
			got := mustVersion(a).Compare(mustVersion(b))
			if want := compareBool(i > j, j > i); got != -want && got != want || (got == 0) != (i == j) || (got < 0) != (i < j) {
				t.Errorf("%s against %s gives %d", a, b, got)
			}
		}
	}
}

func drawVersion(t *rapid.T, label string) Version {
	n := func() uint64 { return rapid.Uint64Range(0, 3).Draw(t, label) }
	return mustVersion(fmt.Sprintf("%d.%d.%d", n(), n(), n()) + rapid.SampledFrom([]string{"", "", "", "-0", "-alpha", "-rc.1", "-rc.2"}).Draw(t, label))
}

// Carets and tildes are short for pairs of bounds, as Cargo's book writes them.
func TestShortFormsAreTheirBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		base, v := drawVersion(t, "base"), drawVersion(t, "version")
		if base.release != nil {
			base = mustVersion(numbers(base.String()))
		}
		var a, b, c uint64
		if _, err := fmt.Sscanf(base.String(), "%d.%d.%d", &a, &b, &c); err != nil {
			t.Fatal(err)
		}
		above := func(x, y, z uint64) string { return fmt.Sprintf(">=%d.%d.%d, <%d.%d.%d", a, b, c, x, y, z) }
		long := above(a+1, 0, 0)
		switch {
		case a == 0 && b == 0:
			long = above(0, 0, c+1)
		case a == 0:
			long = above(0, b+1, 0)
		}
		pairs := map[string]string{
			"^" + base.String(): long, base.String(): long, "~" + base.String(): above(a, b+1, 0),
			fmt.Sprintf("~%d.%d", a, b):  fmt.Sprintf(">=%d.%d.0, <%d.%d.0", a, b, a, b+1),
			fmt.Sprintf("%d.*", a):       fmt.Sprintf(">=%d.0.0, <%d.0.0", a, a+1),
			fmt.Sprintf("%d.%d.*", a, b): fmt.Sprintf(">=%d.%d.0, <%d.%d.0", a, b, a, b+1),
			fmt.Sprintf(">%d.%d", a, b):  fmt.Sprintf(">=%d.%d.0", a, b+1),
			fmt.Sprintf("<=%d.%d", a, b): fmt.Sprintf("<%d.%d.0", a, b+1),
			fmt.Sprintf("=%d", a):        fmt.Sprintf(">=%d.0.0, <%d.0.0", a, a+1),
		}
		for short, long := range pairs {
			x, okX := ParseRequirement(short)
			y, okY := ParseRequirement(long)
			if !okX || !okY || x.Takes(v) != y.Takes(v) {
				t.Fatalf("%q says %v of %s, and %q says %v", short, x.Takes(v), v, long, y.Takes(v))
			}
		}
	})
}

func FuzzRequirement(f *testing.F) {
	for _, text := range append(slices.Clone(someRequirements), "1.2.3-rc.1+b, <9", "=1.x.*", ">\x00", strings.Repeat("9", 40), ">=1.0.0-18446744073709551616, <9223372036854775808", "1.2.3+18446744073709551616", "<0.0.0-a", "^1.0.*, ~1") {
		f.Add(text, "1.2.3-rc.1")
	}
	f.Fuzz(func(t *testing.T, requirement, num string) {
		r, ok := ParseRequirement(requirement)
		v, whole := ParseVersion(num)
		agree(t, requirement, num)
		if !ok && len(r.comparators) > 0 {
			t.Error("what cannot be read has comparators")
		}
		if !ok || !whole {
			return
		}
		if r.Takes(v) && !r.Spans(v) {
			t.Errorf("%q takes %q and does not hold it", requirement, num)
		}
		bare, _, _ := strings.Cut(num, "+")
		again, ok := ParseVersion(v.String())
		if !ok || again.String() != v.String() || v.String() != bare || v.Compare(again) != 0 {
			t.Errorf("%q is read as %v", num, v)
		}
		same, ok := ParseRequirement("=" + num)
		if !ok || !same.Takes(v) {
			t.Errorf("=%s does not take itself", num)
		}
		if r.Takes(v) != func() bool { x, _ := ParseRequirement(" " + requirement + " "); return x.Takes(v) }() {
			t.Errorf("blanks around %q matter", requirement)
		}
	})
}
