package advisory

import (
	"strconv"
	"strings"
	"unicode"

	"cratewarden"
)

// located is a text with where it stands.
type located struct{ where, text string }

// texts are the free texts of a sheet.
func (s Sheet) texts() []located {
	out := []located{
		{"summary", s.Summary}, {"behaviour", s.Behaviour}, {"trigger", s.Trigger},
		{"analysis", s.Analysis}, {"effect on users", s.EffectOnUsers},
	}
	for _, c := range s.Crates {
		out = append(out, located{c.Name + ", behaviour", c.Behaviour})
	}
	return out
}

// lintPublic holds for every form that everybody reads: nothing in it leads to a
// person, hides, or claims more than is known.
func (f *found) public(s Sheet, d Document) {
	allowed := s.allowed()
	for _, t := range cratewarden.PublicTraces(d.Text) {
		if allowed[t.Text] {
			continue
		}
		switch t.Kind {
		case cratewarden.MailTrace:
			f.severe("mail-address", d.name(), "It holds the mail address %q: take it out.", t.Text)
		case cratewarden.NameTrace:
			f.severe("at-name", d.name(), "It holds the @-name %q, which tells somebody: write the name without the @.", t.Text)
		case cratewarden.AddressTrace:
			f.severe("ip-address", d.name(), "It holds the IP address %q, which is no indicator of the sheet: take it out.", t.Text)
		case cratewarden.SecretTrace:
			f.severe("secret", d.name(), "It holds a token, a password or a key: take it out, and have it revoked if it is real.")
		}
	}
	for i, l := range strings.Split(d.Text, "\n") {
		if strings.ContainsFunc(strings.TrimSuffix(l, "\r"), hides) {
			f.severe("hidden-letters", d.name()+", line "+strconv.Itoa(i+1), "It holds letters that cannot be seen or turn the text around: take them out.")
			break
		}
	}
	f.claims(s, d)
}

// hides says that a letter has no place in a document. Chat posts part words by a
// space of no width on purpose, but those are no public form.
func hides(r rune) bool { return r != '\t' && steers(r) && r != unicode.ReplacementChar }

// allowed are traces that stand in public on purpose: what to look for, and the
// addresses of the publisher's office.
func (s Sheet) allowed() map[string]bool {
	out := map[string]bool{}
	for _, i := range s.Indicators {
		for _, t := range cratewarden.PublicTraces(i.Value) {
			if t.Kind == cratewarden.AddressTrace {
				out[t.Text] = true
			}
		}
	}
	for _, office := range []string{s.Publisher.Contact, s.Registry.Appeal} {
		for _, t := range cratewarden.PublicTraces(office) {
			if t.Kind == cratewarden.MailTrace {
				out[t.Text] = true
			}
		}
	}
	return out
}

// plainWords gives what a reader of a document reads: for JSON its escapes are
// line ends again.
func plainWords(d Document) string {
	text := d.Text
	if strings.HasPrefix(d.Type, "application/json") {
		text = strings.NewReplacer(`\n`, "\n", `\"`, `"`).Replace(text)
	}
	return flat(text)
}

// flat joins the lines of a paragraph, so that a claim broken at a line's end is
// seen.
func flat(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(lineFeeds(text), "\n\n", "\x00"), "\n", " "), "\x00", "\n\n")
}

// name is how a problem calls a document.
func (d Document) name() string {
	if d.Path != "" {
		return d.Path
	}
	return string(d.Format) + " " + d.Crate
}
