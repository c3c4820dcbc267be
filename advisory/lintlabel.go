package advisory

import (
	"slices"
	"strings"
)

// labels of the traffic light protocol, from the widest circle to the narrowest.
var labels = []string{"CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"}

// circle is the narrowest label that may go to those who read a form, and who they
// are. Mails about somebody's own account or report go to that one person.
func (f Format) circle() (most, readers string) {
	switch {
	case f.Public():
		return "CLEAR", "is read by everybody"
	case f == MailDependents:
		return "GREEN", "goes to the owners of all crates that depend on these"
	case f == AbuseIdentity || f == AbuseHoster:
		return "AMBER", "goes to another organization"
	case f == MailCoOwner || f == MailLocked || f == MailReporter:
		return "AMBER+STRICT", "goes to people outside the team"
	}
	return "AMBER+STRICT", "is read by the whole team"
}

// Wide says that a form goes to more people than a label allows, and to whom. A
// label that nobody knows allows none.
func (f Format) Wide(label string) (wide bool, readers string) {
	most, readers := f.circle()
	at := slices.Index(labels, strings.ToUpper(strings.TrimSpace(label)))
	return at < 0 || at > slices.Index(labels, most), readers
}

// LintLabel says whether a document goes to more people than the mark of the case
// allows; of the sheet it needs the mark only.
func LintLabel(s Sheet, d Document) []Problem {
	var f found
	f.label(s, d)
	return f
}

// label holds the form against the mark of the case. What everybody or whole
// communities read is refused; what goes to a few is advised against, since it may
// be what the mark allows.
func (f *found) label(s Sheet, d Document) {
	wide, readers := d.Format.Wide(s.TLP)
	if !wide {
		return
	}
	label := or(oneLine(strings.ToUpper(s.TLP)), "(none)")
	switch d.Format {
	case Zulip, MailDependents:
		f.severe("tlp-too-wide", d.name(), "The case is marked TLP:%s and this text %s: widen the mark first, or tell each of those who may know.", label, readers)
	case MailCoOwner, MailLocked, MailReporter, AbuseIdentity, AbuseHoster, PostMortem:
		f.advice("tlp-too-wide", d.name(), "The case is marked TLP:%s and this text %s: make sure that they may know what it says.", label, readers)
	default:
		f.severe("tlp-above-clear", d.name(), "The case is marked TLP:%s and this form is read by everybody: set the case to CLEAR first.", label)
	}
}
