package action

import (
	"fmt"
	"strings"
)

// Sentence says an act with the logins of the accounts that it names by number,
// as far as logins knows them: "Contain account 70 (mirelund), locked without an
// end". A plan keeps numbers, since logins pass from one person to another; who
// reads or approves it must see who is meant. logins may be nil.
func Sentence(do Action, logins func(account int32) string) string {
	text := do.Sentence()
	if logins == nil {
		return text
	}
	seen := map[string]bool{}
	for _, x := range do.Subjects() {
		var id int32
		if _, err := fmt.Sscan(x.ID, &id); err != nil || x.Kind != "account" || seen[x.ID] {
			continue
		}
		seen[x.ID] = true
		if login := logins(id); login != "" {
			text = besideNumber(text, "account "+x.ID, loginWord(login))
		}
	}
	return text
}

// loginWord is a login as it can stand in a sentence; one of other characters than
// logins have is quoted, so that it cannot pass for words of ours.
func loginWord(login string) string {
	if strings.ContainsFunc(login, func(r rune) bool {
		return r != '-' && r != '_' && r != '.' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) {
		return fmt.Sprintf("%q", login)
	}
	return login
}

// besideNumber puts a name behind the first place where a number stands whole.
func besideNumber(text, what, name string) string {
	for from := 0; ; {
		at := strings.Index(text[from:], what)
		if at < 0 {
			return text
		}
		end := from + at + len(what)
		if end == len(text) || text[end] < '0' || text[end] > '9' {
			return text[:end] + " (" + name + ")" + text[end:]
		}
		from = end
	}
}
