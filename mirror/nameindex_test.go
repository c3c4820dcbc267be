package mirror

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func indexOf(names []string) *nameIndex {
	return newNameIndex(len(names), func(i int) string { return names[i] })
}

func namesAt(x *nameIndex, entries []uint32) []string {
	out := []string{}
	for _, e := range entries {
		out = append(out, x.at(e))
	}
	slices.Sort(out)
	return out
}

// canonical draws names of few letters, so that they often meet.
var canonical = rapid.StringMatching(`[abr01n][abrn01_]{0,8}`)

func TestNameIndexEqualsLookingAtEveryName(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		names := rapid.SliceOfN(canonical, 0, 40).Draw(r, "names")
		x, q := indexOf(names), canonical.Draw(r, "q")
		pick := func(match func(string) bool) []string {
			out := []string{}
			for _, n := range names {
				if match(n) {
					out = append(out, n)
				}
			}
			slices.Sort(out)
			return out
		}
		check := func(what string, want, got []string) {
			if d := cmp.Diff(want, got); d != "" {
				r.Fatalf("%s %q in %q (-want +got):\n%s", what, q, names, d)
			}
		}
		check("exact", pick(func(n string) bool { return n == q }), namesAt(x, x.exact(q)))
		check("folded", pick(func(n string) bool { return foldName(n) == foldName(q) }), namesAt(x, x.folded(q)))
		var whole []uint32
		for _, ref := range x.starting(q) {
			if ref&offsetMask == 0 {
				whole = append(whole, ref>>offsetBits)
			}
		}
		check("prefix", pick(func(n string) bool { return strings.HasPrefix(n, q) }), namesAt(x, whole))
		if len(q) >= 3 {
			all := x.containing(q, 1000, func(uint32) int64 { return 0 })
			check("contains", pick(func(n string) bool { return strings.Contains(n, q) }), namesAt(x, all))
		}
	})
}

// Every name one slip away is found, whatever the likeness of its grams.
func TestNearFindsEverySlip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		q := rapid.StringMatching(`[a-z][a-z0-9_]{2,60}`).Draw(r, "q")
		var slipped []string
		slips(q, func(b []byte) {
			s := string(b)
			if s != q && s != "" {
				slipped = append(slipped, s)
			}
		})
		target := rapid.SampledFrom(slipped).Draw(r, "target")
		if d := distance(q, target, 3); d != 1 {
			r.Fatalf("distance %q %q is %d", q, target, d)
		}
		x := indexOf([]string{"unrelated", target})
		near, _ := x.near(q)
		if l, ok := near.found[1]; !ok || l.reason == "" {
			r.Fatalf("%q is not near %q", target, q)
		}
	})
}

// slips visits every name that one slip of a finger makes of name; the bytes are
// good until visit returns.
func slips(name string, visit func([]byte)) {
	const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789_"
	var room [65]byte
	for i := range len(name) {
		b := append(append(room[:0], name[:i]...), name[i+1:]...)
		visit(b)
	}
	b := append(room[:0], name...)
	for i := range b {
		own := b[i]
		for _, c := range []byte(alphabet) {
			if c != own {
				b[i] = c
				visit(b)
			}
		}
		b[i] = own
		if i+1 < len(b) && b[i] != b[i+1] {
			b[i], b[i+1] = b[i+1], b[i]
			visit(b)
			b[i], b[i+1] = b[i+1], b[i]
		}
	}
	for i := range len(name) + 1 {
		b := append(append(append(room[:0], name[:i]...), 0), name[i:]...)
		for _, c := range []byte(alphabet) {
			b[i] = c
			visit(b)
		}
	}
}

func TestCompareNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ asked, found, want string }{
		{"serde", "serde", ""},
		{"serde", "tokio", ""},
		{"serde", "sedre", "two neighbouring letters swapped: dr for rd"},
		{"serde", "serd", "one letter missing: e"},
		{"serde", "serrde", "the letter r doubled"},
		{"serde", "serdes", "one letter added: s"},
		{"tokio", "tok1o", "1 in place of i"},
		{"tokio", "tokia", "one letter changed: a for o"},
		{"rust_decimal", "rustdecimal", "the same letters with other separators"},
		{"serde_json", "json_serde", "the same words in another order"},
		{"xrvrv", "xrwrw", ""},
		{"corn_burn", "com_bum", "letters that are easily taken for one another"},
		{"openvpn", "openvpn_rs", "with “rs” added"},
		{"lib_foo", "foo", "without “lib”"},
		{"hyper2", "hyper31", "only the number at the end differs"},
		{"reqwest", "repuest", "two letters differ"},
	} {
		l, ok := compareNames(c.asked, c.found)
		if ok != (c.want != "") || l.reason != c.want {
			t.Errorf("%s and %s: %q, want %q", c.asked, c.found, l.reason, c.want)
		}
	}
}

func TestIndexGroups(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		keys := rapid.SliceOf(rapid.OneOf(rapid.Int32Range(0, 8), rapid.Int32())).Draw(r, "keys")
		x := newIndex(keys)
		want := map[int32][]uint32{}
		for i, k := range keys {
			if k != 0 {
				want[k] = append(want[k], uint32(i))
			}
		}
		if len(want) != len(x.keys) {
			r.Fatalf("%d keys, want %d", len(x.keys), len(want))
		}
		for k, rows := range want {
			if d := cmp.Diff(rows, slices.Clone(x.get(k))); d != "" {
				r.Fatalf("key %d of %v: %s", k, keys, d)
			}
		}
	})
}

func TestTextsHolding(t *testing.T) {
	t.Parallel()
	b := newTextBuilder()
	for i := range 10 {
		b.add(fmt.Appendf(nil, "ab%dcd", i))
	}
	x := b.done()
	if got := x.holding("da", 10); got != nil {
		t.Errorf("a piece of two strings was found in %v", got)
	}
	if got := x.holding("b7c", 10); len(got) != 1 || x.at(got[0]) != "ab7cd" {
		t.Errorf("b7c was found in %v", got)
	}
	if got := x.holding("cd", 3); len(got) != 3 {
		t.Errorf("the bound is not kept: %v", got)
	}
}

// A name that ends in a separator differs only by the number from one that has
// one there. Chance collisions of hashes must not be what finds it.
func TestNumberAfterASeparator(t *testing.T) {
	t.Parallel()
	for range 50 {
		x := indexOf([]string{"rb", "foo_", "1", "bar9"})
		if got := x.lookalikes("foo_193").found; len(got) != 1 {
			t.Fatalf("look-alikes of foo_193: %v", got)
		}
	}
}

// Look-alikes are all that are near, and nobody else, though fewer names are
// looked at.
func TestLookalikesAreAllThatAreNear(t *testing.T) {
	t.Parallel()
	name := rapid.OneOf(canonical, rapid.StringMatching(`(ab|foo|bar)(_ab|_foo|_sys)?_?[0-9]{0,3}`))
	rapid.Check(t, func(r *rapid.T) {
		names := rapid.SliceOfN(name, 0, 40).Draw(r, "names")
		x, q := indexOf(names), name.Draw(r, "q")
		near, _ := x.near(q)
		got := x.lookalikes(q).found
		for e, l := range near.found {
			if got[e] != l {
				r.Fatalf("%q: %q is near (%v) and no look-alike", q, x.at(e), l)
			}
		}
		for e, l := range got {
			if want, ok := compareNames(q, x.at(e)); !ok || want != l {
				r.Fatalf("%q: %q is a look-alike (%v) and not like it", q, x.at(e), l)
			}
		}
	})
}
