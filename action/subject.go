package action

import (
	"strconv"

	"cratewarden/ledger"
)

// CrateSubject names a crate as the ledger and its lists do.
func CrateSubject(name string) ledger.Subject { return ledger.Subject{Kind: "crate", ID: name} }

// VersionSubject names one version of a crate.
func VersionSubject(crate, num string) ledger.Subject {
	return ledger.Subject{Kind: "version", ID: crate + "@" + num}
}

// AccountSubject names an account by its users.id; the login, if known, is for
// people.
func AccountSubject(id int32, login string) ledger.Subject {
	return ledger.Subject{Kind: "account", ID: strconv.Itoa(int(id)), Name: login}
}

// TokenSubject names an API token by its id.
func TokenSubject(id int32) ledger.Subject {
	return ledger.Subject{Kind: "token", ID: strconv.Itoa(int(id))}
}

// NameSubject names a crate name that may have no crate.
func NameSubject(name string) ledger.Subject { return ledger.Subject{Kind: "name", ID: name} }

// JobSubject names a job of the registry's queue.
func JobSubject(id int64) ledger.Subject {
	return ledger.Subject{Kind: "job", ID: strconv.FormatInt(id, 10)}
}
