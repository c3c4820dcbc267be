package cratewarden

import (
	"regexp"
	"strings"
)

// spelled are ways of writing @ and . that people read and simple searches do
// not. A bare "at" alone is not one: "published at crates.io" is plain English.
var spelled = []struct {
	pattern *regexp.Regexp
	as      string
}{
	{regexp.MustCompile(`(?i)&#0*64;|&#x0*40;|&commat;|%40`), "@"},
	{regexp.MustCompile(`(?i)&#0*46;|&#x0*2e;|&period;|%2e`), "."},
	{regexp.MustCompile(`(?i)\s*(?:[\[({<]+\s*(?:at|@|a)\s*[\])}>]+|(?:\s|\b)[_*-]+(?:at|@)[_*-]+(?:\s|\b))\s*`), "@"},
	{regexp.MustCompile(`(?i)\s*(?:[\[({<]+\s*(?:dot|punkt|point|\.)\s*[\])}>]+|(?:\s|\b)[_*-]+dot[_*-]+(?:\s|\b))\s*`), "."},
	{regexp.MustCompile(`(?i)\s+(?:at|@)\s+([\pL\pN-]+(?:\s+dot\s+[\pL\pN-]+)+)`), "@$1"},
	{regexp.MustCompile(`(?i)([\pL\pN-])\s+dot\s+([\pL\pN-])`), "$1.$2"},
	{regexp.MustCompile(`([\pL\pN_.+-])[ \t]*@[ \t]*([\pL\pN-]+(?:\.[\pL\pN-]+)*)[ \t]*\.[ \t]*(\pL{2,})\b`), "$1@$2.$3"},
}

// prose is what "look at the dot com crate" looks like after that.
var prose = regexp.MustCompile(`(?i)@(?:the|an?|this|that|each|every)\.`)

// atName is a name as many sites write it. Before it stands nothing that makes
// it a name@version.
var atName = regexp.MustCompile(`(?:^|[^\pL\pN_.@-])(@[\pL\pN_][\pL\pN_./-]*)`)

// PublicTraces finds what may not stand in a text that outsiders read: what
// Traces finds, written in other ways too, and names with an @ before them,
// which tell somebody and lead to a person.
func PublicTraces(text string) []Trace {
	plain := strip(text)
	out := Traces(plain)
	for _, at := range atName.FindAllStringSubmatchIndex(plain, -1) {
		name := strings.TrimRight(plain[at[2]:at[3]], "./-")
		if len(name) > 1 && !isVersion(name[1:]) {
			out = append(out, Trace{NameTrace, name, at[2], at[2] + len(name)})
		}
	}
	read := plain
	for _, s := range spelled {
		read = s.pattern.ReplaceAllString(read, s.as)
	}
	if read == plain {
		return out
	}
	known := map[string]bool{}
	for _, t := range out {
		known[t.Text] = true
	}
	for _, t := range Traces(read) {
		if !known[t.Text] && !prose.MatchString(t.Text) {
			out = append(out, t)
		}
	}
	return out
}

// isVersion says that a word after an @ is a number, such as 1.0.200 or v2.
func isVersion(word string) bool {
	word = strings.TrimPrefix(word, "v")
	return word != "" && strings.Trim(word, "0123456789.") == "" || versionLike.MatchString(word)
}

// CheckPublic refuses a text that outsiders will read if it leads to a person or
// gives away a secret, and says which part does. what names the text in the
// sentence, such as "public reason". What it refuses it repeats, but for secrets.
func CheckPublic(what, text string) error {
	found := PublicTraces(text)
	if len(found) == 0 {
		return nil
	}
	t := found[0]
	switch t.Kind {
	case SecretTrace:
		return Errorf(Invalid, "The %s holds a token, a password or a key. Outsiders read it: take that out, and have it revoked if it is real.", what)
	case NameTrace:
		return Errorf(Invalid, "The %s holds the @-name %q. Outsiders read it, and it may tell or expose that person: leave it out, or write the public login without the @.", what, t.Text)
	case AddressTrace:
		return Errorf(Invalid, "The %s holds the IP address %q. Outsiders read it: leave it out.", what, t.Text)
	}
	return Errorf(Invalid, "The %s holds the mail address %q. Outsiders read it: leave it out.", what, t.Text)
}
