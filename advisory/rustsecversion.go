package advisory

import (
	"slices"
	"strings"

	"golang.org/x/mod/semver"
)

// Unaffected gives the windows of versions that are not bad, in the form of the
// advisory database: "< 1.4.1", "> 1.4.1, < 1.5.0", "> 1.5.0". They leave out
// exactly the bad ones, so that versions published later are not marked. A crate
// that is gone whole has none: every version of it is bad.
func Unaffected(c Crate) []string {
	if c.Deleted {
		return nil
	}
	nums := ordered(c.numbers())
	var out []string
	for i, num := range nums {
		if i == 0 {
			out = append(out, "< "+num)
		} else {
			out = append(out, "> "+nums[i-1]+", < "+num)
		}
	}
	if len(nums) > 0 {
		out = append(out, "> "+nums[len(nums)-1])
	}
	return out
}

// ordered gives version numbers in order of precedence, each once, without what
// stands after a plus: no rule can tell such apart.
func ordered(nums []string) []string {
	var out []string
	for _, num := range nums {
		bare, _, _ := strings.Cut(num, "+")
		out = append(out, bare)
	}
	slices.SortFunc(out, compareVersions)
	return slices.CompactFunc(out, func(a, b string) bool { return compareVersions(a, b) == 0 })
}

// compareVersions orders numbers as Semantic Versioning does.
func compareVersions(a, b string) int { return semver.Compare("v"+a, "v"+b) }
