package action

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"

	"golang.org/x/text/unicode/norm"
)

// sought gives a pattern for PostgreSQL that finds words where they stand alone,
// in every form in which programs write them: upper and lower case, letters with
// their accents apart, in JSON, in addresses of pages and as escaped bytes; "" for
// no words. It does not rely on what the database takes for a letter's other case.
func sought(list []string) string {
	var out []string
	for _, word := range list {
		for _, form := range slices.Compact([]string{norm.NFC.String(word), norm.NFD.String(word)}) {
			var parts []string
			for _, part := range strings.Fields(form) {
				var b strings.Builder
				for _, r := range part {
					b.WriteString(letterSought(r))
				}
				parts = append(parts, b.String())
			}
			out = append(out, strings.Join(parts, `(?:\s|\u00a0|\\[nrt]|\\(?:011|012|015|302\\240)|%(?:20|09|0a|0d|c2%a0)|\+)+`))
		}
	}
	if len(out) == 0 {
		return ""
	}
	// A letter before the word is none if it ends an escape, such as \n. A point or
	// a hyphen between joins a word to one that is somebody else's.
	const escape = `\\[bfnrt]|\\u00[0-3][[:xdigit:]]|\\[0-7]{3}|%[[:xdigit:]]{2}`
	const before, after = `(?:(?<![[:alnum:]_])(?<![[:alnum:]_][-.'])|(?<=(?:` + escape + `)[-.']?))`, `(?![[:alnum:]_-])(?!\.[[:alnum:]])`
	return before + `(?:` + strings.Join(out, "|") + `)` + after
}

// letterSought is the pattern for a letter.
func letterSought(r rune) string {
	if r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
		return string(r) // the pattern is asked without regard to case
	}
	same := []rune{r}
	for f := unicode.SimpleFold(r); r >= 0x80 && f != r; f = unicode.SimpleFold(f) {
		same = append(same, f)
	}
	if r == '\'' || r == '’' {
		same = []rune{'\'', '’'}
	}
	var out []string
	for _, f := range same {
		out = append(out, regexp.QuoteMeta(string(f)))
		octal, percent := "", ""
		for _, c := range []byte(string(f)) {
			octal += fmt.Sprintf(`\\%03o`, c)
			percent += fmt.Sprintf(`%%%02x`, c)
		}
		json := ""
		for _, u := range utf16.Encode([]rune{f}) {
			json += fmt.Sprintf(`\\u%04x`, u)
		}
		out = append(out, octal, percent, json)
	}
	if r == '"' || r == '\\' {
		out = append(out, `\\`+regexp.QuoteMeta(string(r)))
	}
	return `(?:` + strings.Join(out, "|") + `)`
}
