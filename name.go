package cratewarden

import "strings"

// CanonName gives the form under which crate names are unique: lower case,
// with every "-" turned into "_" (contract schema/functions.md,
// canon_crate_name). Two names with the same form can never both be published.
func CanonName(name string) string {
	return strings.ReplaceAll(strings.ToLower(name), "-", "_")
}

// ValidName says whether a crate of this name could be published today: 1 to
// 64 ASCII letters, digits, "-" or "_", the first a letter (contract
// publish.md section 5). Old rows may break the rule, so use it for input,
// never to filter what the registry holds.
func ValidName(name string) bool {
	if name == "" || len(name) > 64 {
		return false
	}
	for i := range len(name) {
		c := name[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		other := c >= '0' && c <= '9' || c == '-' || c == '_'
		if !letter && (i == 0 || !other) {
			return false
		}
	}
	return true
}
