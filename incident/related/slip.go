package related

import "strings"

// leastName letters make a name long enough that one letter says something.
const leastName = 5

// slip says whether two names are easily taken for one another: the same but
// for case and separators, or one letter added, dropped, changed or exchanged
// with its neighbour.
func slip(a, b string) bool {
	fold := strings.NewReplacer("-", "", "_", "")
	a, b = fold.Replace(strings.ToLower(a)), fold.Replace(strings.ToLower(b))
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) < leastName {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch rest := b[i:]; {
	case a == b:
		return true
	case len(a) == len(b):
		return a[i+1:] == rest[1:] || len(rest) > 1 && a[i] == rest[1] && a[i+1] == rest[0] && a[i+2:] == rest[2:]
	default:
		return a[i:] == rest[1:]
	}
}
