package check

// Capability is one thing people do with a registry that needs something of its database: reading, or one family of
// the action catalogue.
type Capability string

const (
	// Read is search, dossiers and the mirror. Every other capability needs it too.
	Read Capability = "read"
	// Version is yank, unyank, hold, release and deletion of versions.
	Version Capability = "version"
	// Crate is hold, release, limits, trusted-publishing-only and deletion of crates.
	Crate Capability = "crate"
	// Owner is adding and removing owners and cancelling invitations.
	Owner Capability = "owner"
	// Account is locks, containment, e-mail verification and rate limits.
	Account Capability = "account"
	// Token is revoking API tokens.
	Token Capability = "token"
	// Publisher is suspending trusted publishers and revoking their live tokens.
	Publisher Capability = "publisher"
	// Name is reserving names and blocking names of deleted crates.
	Name Capability = "name"
	// Window is undoing what one account or token did between two times.
	Window Capability = "window"
	// Jobs is the registry's own job queue: enqueue, retry, park.
	Jobs Capability = "registry jobs"
)

// Capabilities lists all, Read first, in the order of the action catalogue.
func Capabilities() []Capability {
	return []Capability{Read, Version, Crate, Owner, Account, Token, Publisher, Name, Window, Jobs}
}

// Mode says which capabilities a role is to have.
type Mode int

const (
	// ReadOnly is [Read] alone.
	ReadOnly Mode = iota
	// Acting is every capability.
	Acting
)

func (m Mode) capabilities() []Capability {
	if m == Acting {
		return Capabilities()
	}
	return []Capability{Read}
}
