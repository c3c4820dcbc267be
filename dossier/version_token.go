package dossier

import (
	"slices"
	"strings"
)

// scopeWords says what a token may do and to which crates (contract actions.md
// section 8). legacy stands for NULL endpoint scopes.
func scopeWords(legacy bool, endpoints, crates []string) (may, on string) {
	on = "every crate"
	if len(crates) > 0 && !slices.Contains(crates, "*") {
		on = strings.Join(crates, ", ")
	}
	if legacy {
		return "do everything", on
	}
	if len(endpoints) == 0 {
		return "do nothing", on
	}
	words := map[string]string{
		"publish-new": "publish new crates", "publish-update": "publish new versions", "yank": "yank and unyank",
		"change-owners": "change owners", "trusted-publishing": "set up trusted publishing",
	}
	list := make([]string, len(endpoints))
	for i, scope := range endpoints {
		list[i] = words[scope]
		if list[i] == "" {
			// The registry itself cannot read such a token's row.
			list[i] = "use the unknown scope " + scope
		}
	}
	return strings.Join(list, ", "), on
}
