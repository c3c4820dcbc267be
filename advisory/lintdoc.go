package advisory

import (
	"strings"
	"time"

	"cratewarden"
)

// LintDocument holds one document against the sheet it was made from.
func LintDocument(s Sheet, d Document) []Problem {
	var f found
	f.label(s, d)
	if d.Format.Public() {
		f.public(s, d)
	} else {
		f.addressed(s, d)
	}
	switch d.Format {
	case RustSec, OSV, CSAF20, CSAF21:
		if !s.harmful() {
			f.severe("verdict-wrong", d.name(), "It tells the world of malicious code, but the verdict of the case is %q.", or(oneLine(s.Verdict), "not decided"))
		}
	}
	f.follows(d)
	switch d.Format {
	case RustSec:
		f.rustSec(s, d)
	case OSV:
		f.osv(s, d)
	case CSAF20, CSAF21:
		if address(s.Registry.URL) == "" {
			f.severe("registry-address-missing", d.name(), "Nobody said where the registry's pages are, so the document names crates.io's. Write registry.url into the settings of incidents.")
		}
		f.csaf(s, d)
	case List:
		f.list(s, d)
	case Blog:
		f.blog(s, d)
	case AmIAffected:
		f.script(s, d)
	}
	return f
}

// about finds the crate of a document in the sheet.
func (f *found) about(s Sheet, d Document, named string) (Crate, bool) {
	for _, c := range s.Crates {
		if c.Name == d.Crate {
			if named != c.Name {
				f.severe("name-wrong", d.name(), "It names the package %q, but it is about %s: spell it as published.", oneLine(named), c.Name)
			}
			return c, true
		}
	}
	f.severe("crate-unknown", d.name(), "The sheet has no crate %q.", oneLine(d.Crate))
	return Crate{}, false
}

// windows holds what a document marks bad against what is bad.
func (f *found) windows(d Document, c Crate, affects func(string) bool, open bool) {
	for _, v := range c.Bad {
		if !affects(v.Num) {
			f.severe("range-wrong", d.name(), "%s %s is bad, but the document does not mark it.", c.Name, v.Num)
		}
	}
	if c.Deleted {
		if !open {
			f.advice("range-closed", d.name(), "The whole crate is gone; a name that is used again would not be marked.")
		}
		return
	}
	if open {
		f.severe("open-ended-range", d.name(), "It marks every later version of %s too, also good ones: close the range after the bad versions.", c.Name)
	}
	for _, good := range c.Good {
		if affects(good) {
			f.severe("range-wrong", d.name(), "%s %s is good, but the document marks it.", c.Name, good)
		}
	}
}

// told says whether a text gives the window and the hash of every bad version.
func (f *found) told(s Sheet, d Document, c Crate, text string) {
	text = flat(text)
	for _, v := range c.Bad {
		where := d.name() + ", " + v.Num
		day, clock := v.Published.UTC().Format(time.DateOnly), v.Published.UTC().Format("15:04")
		if v.Published.IsZero() || !strings.Contains(text, day) || !strings.Contains(text, clock) {
			f.severe("published-missing", where, "It does not say when the version was published.")
		}
		if gone := v.Gone(); gone.IsZero() || !strings.Contains(text, gone.UTC().Format("15:04")) {
			f.severe("removed-missing", where, "It does not say until when the version could be downloaded.")
		}
		if v.SHA256 == "" || !strings.Contains(strings.ToLower(text), strings.ToLower(v.SHA256)) {
			f.severe("hash-missing", where, "It does not give the SHA-256 of the version's file.")
		}
		f.figureTold(d, v.Downloads, text)
	}
	f.figureTold(d, c.Dependents, text)
	if strings.TrimSpace(s.behaviour(c)) == "" {
		f.severe("behaviour-missing", d.name(), "It does not say what the bad code does.")
	}
}

// figureTold holds a number in a text to stand with its date.
func (f *found) figureTold(d Document, fig *Figure, text string) {
	if fig == nil || fig.Value == 0 {
		return
	}
	for _, sentence := range sentences(text) {
		if mentions(sentence, fig.Value) && strings.Contains(sentence, "download") &&
			!strings.Contains(sentence, fig.AsOf.UTC().Format(time.DateOnly)) {
			f.severe("figure-without-date", d.name(), "%s stands there without the date and method of the count.", cratewarden.Thousands(fig.Value))
			return
		}
	}
}

func (f *found) list(s Sheet, d Document) {
	for _, c := range s.Crates {
		for _, v := range c.Bad {
			if !strings.Contains(d.Text, `"`+purl(c.Name, v.Num)+`"`) {
				f.severe("version-missing", d.name(), "%s %s is not in the list.", c.Name, v.Num)
			}
			if v.SHA256 == "" || !strings.Contains(d.Text, strings.ToLower(v.SHA256)) {
				f.severe("hash-missing", d.name(), "The SHA-256 of %s %s is not in the list.", c.Name, v.Num)
			}
		}
	}
}

// sentenceCase begins a message with a capital letter.
func sentenceCase(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
