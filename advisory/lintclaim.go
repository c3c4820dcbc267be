package advisory

import (
	"regexp"
	"strconv"
	"strings"

	"cratewarden"
)

// useSaid are words that claim that bad code was or was not used.
var useSaid = regexp.MustCompile(`(?i)\b(?:no|without(?: any)?|is|was|are|there is) (?:evidence|signs?|indications?|reports?) of (?:\w+ ){0,3}(?:use|usage|exploitation|compromise)\b` +
	`|\b(?:was|were|been) (?:never |not )?(?:actively )?(?:used|exploited) in the wild\b|\bnobody (?:has )?(?:used|downloaded|was affected|is affected)\b` +
	`|\bno (?:actual |known )?(?:use|usage|users? (?:were|was|are)|victims?|downloads? by)\b`)

// saysUse gives the words by which a text says something of use.
func saysUse(text string) string { return oneLine(useSaid.FindString(flat(text))) }

// claims finds numbers told as confirmed that are not, and words about use that
// nobody founded.
func (f *found) claims(s Sheet, d Document) {
	text := plainWords(d)
	if words := saysUse(text); words != "" {
		if s.UsedInTheWild == nil {
			f.severe("use-without-evidence", d.name(), "%q says something of use, but nobody has found out: take it out, or enter what is known with its source.", words)
		} else if *s.UsedInTheWild && denies.MatchString(words) {
			f.severe("use-contradicts", d.name(), "%q: but the sheet has evidence of use.", words)
		}
	}
	for _, sentence := range sentences(text) {
		if !confirmedSaid.MatchString(sentence) || confirmedNot.MatchString(sentence) {
			continue
		}
		for _, fig := range s.figures() {
			if about := d.Crate == "" || strings.HasPrefix(fig.where, d.Crate+" ") || strings.HasPrefix(fig.where, d.Crate+","); about && !fig.Confirmed && mentions(sentence, fig.Value) && !s.confirmedValue(fig.Value) {
				f.severe("provisional-as-confirmed", d.name(), "%s is provisional (%s), but a sentence calls it confirmed.", cratewarden.Thousands(fig.Value), fig.where)
			}
		}
	}
}

// confirmedValue says that the same number stands confirmed elsewhere.
func (s Sheet) confirmedValue(n int64) bool {
	for _, fig := range s.figures() {
		if fig.Confirmed && fig.Value == n {
			return true
		}
	}
	return false
}

var (
	denies        = regexp.MustCompile(`(?i)\b(?:no|not|never|nobody|without)\b`)
	confirmedSaid = regexp.MustCompile(`(?i)\bconfirmed\b`)
	confirmedNot  = regexp.MustCompile(`(?i)\b(?:un|not (?:yet )?(?:been )?|to be |provisional[ ,;]+until )confirmed\b|\bprovisional\b`)
	sentenceEnd   = regexp.MustCompile(`[.!?](?:\s+|$)|\n\n+`)
)

// sentences parts a text roughly; a wrong part costs a warning, no more.
func sentences(text string) []string { return sentenceEnd.Split(text, -1) }

// ofWhat is what is counted, shortly after its number.
var ofWhat = regexp.MustCompile(`(?i)^ (?:[a-z]+ ){0,2}(?:times?|downloads?|crates?|dependents?)\b`)

// mentions says that a sentence counts so many of something.
func mentions(sentence string, n int64) bool {
	for _, form := range []string{strconv.FormatInt(n, 10), cratewarden.Thousands(n)} {
		for rest := sentence; ; {
			before, after, found := strings.Cut(rest, form)
			if !found {
				break
			}
			if (before == "" || strings.ContainsRune(" (", rune(before[len(before)-1]))) && ofWhat.MatchString(after) {
				return true
			}
			rest = after
		}
	}
	return false
}
