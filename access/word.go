package access

import "strings"

// Words says an action of the ledger to people: the title of its rule, or what
// stands here for acts that nobody asks leave for, since they happen by themselves
// or are answers. What this release does not know is said by its parts, so that an
// entry of a later release can be read.
func Words(action string) string {
	if rule, known := Of(action); known {
		return rule.Title
	}
	if words, known := deeds()[action]; known {
		return words
	}
	if kind, ok := strings.CutPrefix(action, "incident."); ok {
		return "Incident: " + spaced(kind)
	}
	if kind, ok := strings.CutPrefix(action, "follow."); ok {
		return "Work after a plan: " + spaced(kind)
	}
	return spaced(action)
}

func spaced(text string) string {
	return strings.NewReplacer(".", " ", "-", " ", "_", " ").Replace(text)
}

// Told says that an action has words of its own.
func Told(action string) bool {
	_, rule := Of(action)
	_, deed := deeds()[action]
	return rule || deed
}

func deeds() map[string]string {
	return map[string]string{
		"session.begin": "Sign in", "session.end": "End a session", "session.step-up": "Confirm with a passkey", "sign-in": "Sign in",
		"passkey.add": "Add a passkey", "passkey.rename": "Name a passkey", "passkey.remove": "Remove a passkey", "passkey.cloned": "Stop a passkey that may have been copied",
		"enrolment.issue": "Give a code for the first passkey", "person.roles": "Change of a person's roles", "list.unreadable": "The list of people could not be read",
		"api-token.make": "Make an API token", "api-token.revoke": "Revoke an API token", "api-token.use": "Use an API token", "ask.answer": "Answer what a program asked",
		"notice.test": "Send a test notice", "plan.review-overdue": "Nobody judged in time that the second person was left out", "tombstone.seen-again": "A deleted version was seen again",
		"follow.retry": "Try work after a plan again", "follow.give-up": "Give up work after a plan",
		"follow.files.hold": "Move files into the vault", "follow.files.release": "Move files back from the vault", "follow.files.delete": "Delete files",
		"follow.cdn.invalidate": "Make the caches forget files", "follow.index.check": "Look whether the index follows", "follow.person.erase": "Erase a person's data outside the database", "follow.ledger.verify": "Verify the ledger after an erasure",
	}
}
