package advisory

import "cratewarden"

// addressed looks at what goes to somebody and not to everybody. Whoever sends a
// mail looks the address up, on the record: it stands in no draft.
func (f *found) addressed(s Sheet, d Document) {
	allowed := s.allowed()
	for _, t := range cratewarden.Traces(d.Text) {
		switch {
		case allowed[t.Text]:
		case t.Kind == cratewarden.MailTrace:
			f.severe("mail-address", d.name(), "It holds a mail address: take it out. Whoever sends it looks the address up then.")
		case t.Kind == cratewarden.SecretTrace:
			f.severe("secret", d.name(), "It holds a token, a password or a key: take it out, and have it revoked if it is real.")
		}
	}
	switch d.Format {
	case MailLocked, MailCoOwner, MailDependents, MailReporter, AbuseIdentity, AbuseHoster:
		if _, _, err := MailParts(d.Text); err != nil {
			f.severe("subject-wrong", d.name(), "%s", cratewarden.MessageOf(err))
		}
	}
}

// Private says that a problem leads to a person or gives a secret away: no reason
// makes up for it.
func (p Problem) Private() bool {
	switch p.Rule {
	case "mail-address", "at-name", "ip-address", "secret":
		return p.Severe
	}
	return false
}
