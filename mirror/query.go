package mirror

import (
	"strings"
	"unicode/utf8"

	"cratewarden"
)

// longestQuery bounds what is read of a question, in bytes.
const longestQuery = 200

// question is a query as it was understood.
type question struct {
	field string // user, email, team, sha, repo, token, crate or "" for anything
	text  string // without the field, blanks made single
	lower string // text in lower case
	canon string // text as a canonical name: blanks, - and _ are the same
	// name and num are set for name@1.2 and "name 1.2.3".
	name, num string
	sha       shaPrefix
	hasSHA    bool
	number    int64 // text as a number, 0 when it is none
}

// fields are the prefixes a person may type, and what they stand for.
var fields = map[string]string{
	"user": "user", "account": "user", "email": "email", "mail": "email", "team": "team",
	"sha": "sha", "sha256": "sha", "repo": "repo", "repository": "repo", "token": "token", "crate": "crate",
}

// parseQuery never fails: what it does not understand is a name.
func parseQuery(text string) question {
	q := question{text: strings.Join(strings.Fields(cut(text)), " ")}
	if field, rest, ok := strings.Cut(q.text, ":"); ok && fields[strings.ToLower(field)] != "" {
		q.field, q.text = fields[strings.ToLower(field)], strings.TrimSpace(rest)
	}
	q.lower = strings.ToLower(q.text)
	q.canon = strings.ReplaceAll(cratewarden.CanonName(q.text), " ", "_")
	q.number = parseNumber(q.text)
	q.sha, q.hasSHA = parseSHA(q.text)
	if q.field == "" || q.field == "crate" {
		q.splitVersion()
	}
	return q
}

// cut bounds the text and makes it valid UTF-8.
func cut(text string) string {
	if len(text) > longestQuery {
		text = text[:longestQuery]
		for len(text) > 0 && !utf8.RuneStart(text[len(text)-1]) {
			text = text[:len(text)-1]
		}
	}
	return strings.ToValidUTF8(text, "")
}

func parseNumber(s string) (n int64) {
	if len(s) == 0 || len(s) > 18 {
		return 0
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0
		}
		n = 10*n + int64(c-'0')
	}
	return n
}

// splitVersion recognises name@1.2 and "name 1.2.3".
func (q *question) splitVersion() {
	name, num, ok := strings.Cut(q.text, "@")
	if !ok {
		name, num, ok = strings.Cut(q.text, " ")
	}
	num = strings.TrimPrefix(strings.TrimSpace(num), "v")
	if !ok || num != "" && (num[0] < '0' || num[0] > '9') || strings.ContainsAny(num, " @") {
		return
	}
	if num == "" && !strings.HasSuffix(q.text, "@") {
		return
	}
	if name = strings.TrimSpace(name); cratewarden.ValidName(name) {
		q.name, q.num = name, num
	}
}

// mail says how the question is to be read as an address: whole, or the domain
// alone.
func (q *question) mail() (address, domain string) {
	if q.field != "" && q.field != "email" || strings.Contains(q.text, " ") {
		return "", ""
	}
	local, host, at := strings.Cut(q.lower, "@")
	switch {
	case at && local != "" && strings.Contains(host, "."):
		return q.lower, ""
	case at && local == "":
		return "", host
	case !at && q.field == "email":
		return "", q.lower
	default:
		return "", ""
	}
}

// understood says how the question was read.
func (q *question) understood(mail bool) string {
	quoted := "“" + q.text + "”"
	address, domain := q.mail()
	switch {
	case q.text == "":
		return "nothing to look for: type a name, a login, a version like name@1.2, a checksum, or a prefix like user:"
	case q.field == "sha" && !q.hasSHA:
		return "a checksum needs 6 to 64 hexadecimal digits"
	case q.field == "sha":
		return "archives whose SHA-256 starts with " + quoted
	case q.field == "user":
		return "accounts like " + quoted
	case address != "" && mail:
		return "accounts with this mail address"
	case address != "":
		return "whole mail addresses may be searched inside an incident only; try the domain alone"
	case domain != "":
		return "accounts whose mail address is at “" + domain + "”"
	case q.field == "team":
		return "teams like " + quoted
	case q.field == "repo":
		return "crates whose repository address contains " + quoted
	case q.field == "token":
		return "API tokens whose name contains " + quoted + " or with that id"
	case q.name != "" && q.num != "":
		return "versions of " + q.name + " starting with " + q.num
	case q.name != "":
		return "versions of " + q.name
	case q.hasSHA:
		return "names like " + quoted + ", and archives whose SHA-256 starts so"
	case q.field == "crate":
		return "crates like " + quoted
	default:
		return "crates, accounts, teams and names like " + quoted
	}
}
