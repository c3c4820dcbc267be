package blast

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"

	"deps.dev/util/semver"
	"pgregory.net/rapid"
)

// agree holds what a requirement says of a version against the rules written out
// in peer_test.go.
func agree(t rapid.TB, requirement, num string) {
	t.Helper()
	r, ok := ParseRequirement(requirement)
	p, peerOK := parsePeer(requirement)
	if ok != peerOK {
		t.Fatalf("%q is read: %v; by the peer: %v", requirement, ok, peerOK)
	}
	v, ok := ParseVersion(num)
	w, peerOK := parsePeerVersion(num)
	if ok != peerOK {
		t.Fatalf("version %q is read: %v; by the peer: %v", num, ok, peerOK)
	}
	if r.comparators == nil && p.comparators != nil || !ok {
		return
	}
	if got, want := r.Takes(v), p.Takes(w); got != want {
		t.Fatalf("%q takes %s: %v; the peer says %v", requirement, num, got, want)
	}
	if got, want := r.Spans(v), p.Spans(w); got != want {
		t.Fatalf("%q spans %s: %v; the peer says %v", requirement, num, got, want)
	}
}

// drawNumber prefers small numbers, since they meet, and knows those at which the
// library or Cargo stop to count.
func drawNumber(t *rapid.T) string {
	return rapid.SampledFrom(strings.Fields("0 0 0 1 1 1 2 2 3 10 9223372036854775806 9223372036854775807 9223372036854775808 18446744073709551615")).Draw(t, "number")
}

func drawNum(t *rapid.T) string {
	num := drawNumber(t) + "." + drawNumber(t) + "." + drawNumber(t)
	if rapid.Bool().Draw(t, "pre-release") {
		num += "-" + rapid.SampledFrom(strings.Fields("0 1 2 10 alpha alpha.1 rc.1 rc.2 - 9223372036854775808 100000000000000000000 100000000000000000000a x")).Draw(t, "pre")
	}
	return num + rapid.SampledFrom([]string{"", "", "", "+b", "+1-2.007"}).Draw(t, "build")
}

func drawComparator(t *rapid.T) string {
	op := rapid.SampledFrom([]string{"", "", "=", "<", "<=", ">", ">=", "~", "^", ">= "}).Draw(t, "operator")
	switch rapid.IntRange(0, 9).Draw(t, "shape") {
	case 0:
		return op + drawNumber(t)
	case 1:
		return op + drawNumber(t) + "." + drawNumber(t)
	case 2:
		return op + drawNumber(t) + ".*"
	case 3:
		return op + drawNumber(t) + "." + drawNumber(t) + ".x"
	case 4: // most are none
		return op + rapid.StringMatching(`[0-3*x]{0,2}(\.[0-3*X]{0,2}){0,3}(-[0a1.]{0,3})?(\+[0b.]{0,3})?[ \t]?`).Draw(t, "odd")
	default:
		return op + drawNum(t)
	}
}

// TestLibraryAndPeerAgree holds the rules on top of the library against the same
// rules without it, on random requirements and versions.
func TestLibraryAndPeerAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.Custom(drawComparator), 1, 3).Draw(t, "requirement")
		num := drawNum(t)
		if rapid.Bool().Draw(t, "its own") { // so that many are at a bound
			if _, ok := ParseVersion(strings.TrimLeft(parts[0], "=<>~^ ")); ok {
				num = strings.TrimLeft(parts[0], "=<>~^ ")
			}
		}
		agree(t, strings.Join(parts, rapid.SampledFrom([]string{",", ", ", " , "}).Draw(t, "comma")), num)
		other := drawNum(t)
		v, _ := parsePeerVersion(num)
		w, _ := parsePeerVersion(other)
		if got, want := mustVersion(num).Compare(mustVersion(other)), v.Compare(w); got != want {
			t.Fatalf("%s against %s gives %d, by the peer %d", num, other, got, want)
		}
	})
}

// TestLibraryAlone lists where the library, asked directly, says something else
// than Cargo 1.95 did when it was asked (testdata/cargo.txt has these, too). Each
// is why there is a layer on top of it. When the library is corrected this fails,
// and the layer may lose what the reason names.
func TestLibraryAlone(t *testing.T) {
	t.Parallel()
	const unread = "unread"
	says := func(ok, takes bool) string {
		if !ok {
			return unread
		}
		return fmt.Sprint(takes)
	}
	for _, c := range []struct{ requirement, num, cargo, reason string }{
		{">=1.0.0-alpha, ^1", "1.0.0-alpha", "true", "it lays comparators over each other first, and the pre-release is lost with the lower bound"},
		{"=2.0.0-rc.2, 2", "2.0.0-rc.2", "true", "likewise"},
		{"~2, <=2.2.2-alpha", "2.2.2-1", "false", "tilde, = and wildcards with fewer than three numbers hold for releases only"},
		{">=1, <1.2.0-rc.2", "1.2.0-rc.1", "false", "likewise, and >= and <= for pre-releases above or below all that begin so"},
		{">1.2.3, <1.2.4-rc.2", "1.2.4-rc.1", "true", "it reads >1.2.3 as >=1.2.4"},
		{"<1, ^1", "1.0.0", "false", "an open and a closed bound that meet make a version, in one of the two orders"},
		{"<0.0.0-rc", "0.0.0-alpha", "true", "it takes everything below 0.0.0 for nothing"},
		{"18446744073709551615", "18446744073709551615.1.0", "true", "it counts to 2^63-2, Cargo to 2^64-1"},
		{">=1.0.0-20000000000000000000", "1.0.0-100000000000000000000", "true", "numbers in a pre-release have no end, it takes long ones for words"},
		{"", "1.0.0", unread, "Cargo wants at least one comparator"},
		{"1.2-rc", "1.2.0", unread, "Cargo wants three numbers before a tag"},
		{"1.*.3", "1.2.3", unread, "nothing follows a wildcard"},
		{"1.*-rc", "1.2.3", unread, "likewise"},
		{"*, 1", "1.0.0", unread, "a wildcard is the only comparator"},
		{">=*", "1.0.0", unread, "an operator wants a number"},
		{"1.0.0-01", "1.0.0", unread, "needless zeros in a pre-release are no semantic version"},
		{"1.0\t", "1.0.0", unread, "Cargo knows no blank but the space"},
		{strings.Repeat("1,", 32) + "1", "1.0.0", unread, "Cargo reads 32 comparators"},
		{"=1.0.0", "1.0", unread, "a version has three numbers, also where the library adds zeros"},
	} {
		constraint, err := semver.Cargo.ParseConstraint(c.requirement)
		v, verr := semver.Cargo.Parse(c.num)
		library := says(err == nil && verr == nil, err == nil && constraint.MatchVersion(v))
		if library == c.cargo {
			t.Errorf("%q and %s: the library says %s, too; this is no difference any more: %s", c.requirement, c.num, library, c.reason)
		}
		r, ok := ParseRequirement(c.requirement)
		n, whole := ParseVersion(c.num)
		if got := says(ok && whole, ok && whole && r.Takes(n)); got != c.cargo {
			t.Errorf("%q and %s: %s, and Cargo says %s: %s", c.requirement, c.num, got, c.cargo, c.reason)
		}
	}
}

// TestCargosAnswers holds both against what Cargo 1.95.0 answered for a path
// dependency of such a requirement on a crate of such a version.
func TestCargosAnswers(t *testing.T) {
	t.Parallel()
	file, err := os.Open("testdata/cargo.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	count := map[string]int{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		answer, rest, _ := strings.Cut(lines.Text(), "|")
		at := strings.LastIndexByte(rest, '|') // a requirement may have some
		requirement, num := rest[:at], rest[at+1:]
		count[answer]++
		agree(t, requirement, num)
		r, ok := ParseRequirement(requirement)
		got := "unread"
		if ok {
			got = map[bool]string{true: "takes", false: "leaves"}[r.Takes(mustVersion(num))]
		}
		if got != answer {
			t.Errorf("%q and %s: %s, and Cargo says %s", requirement, num, got, answer)
		}
	}
	if count["takes"] < 100 || count["leaves"] < 100 || count["unread"] < 20 {
		t.Errorf("of Cargo's answers there are only %v", count)
	}
}
