package mirror

import (
	"context"
	"iter"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
)

// Config says what a mirror reads and how often. The zero value of every field
// but Registry is safe.
type Config struct {
	// Registry is read, never written.
	Registry *pgxpool.Pool
	// Replica serves the loads and the full re-reads when not nil.
	Replica *pgxpool.Pool
	// Dump says that the database was made from a public dump: tokens and
	// actions are absent and a publish has at most an account.
	Dump bool
	// PollEvery is the pause between polls; 0 means one second.
	PollEvery time.Duration
	// FullEvery is the pause between full re-reads; 0 means one hour.
	FullEvery time.Duration
	Clock     cratewarden.Clock
	Logger    *slog.Logger
	// MailKey keys the hashes of mail addresses; nil means random.
	MailKey []byte
}

// Mirror is the picture. All methods may be called at any time from anywhere.
type Mirror struct{ config Config }

// New makes an empty mirror; Run fills it.
func New(c Config) *Mirror { return &Mirror{config: c} }

// Run loads the picture and keeps it fresh until the context ends.
func (m *Mirror) Run(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

func (m *Mirror) Status() Status                         { return Status{} }
func (m *Mirror) Ready(Part) bool                        { return false }
func (m *Mirror) Changed() <-chan struct{}               { return make(chan struct{}) }
func (m *Mirror) Crate(id int32) (Crate, bool)           { return Crate{}, false }
func (m *Mirror) CrateByName(name string) (Crate, bool)  { return Crate{}, false }
func (m *Mirror) Twins(name string) []Crate              { return nil }
func (m *Mirror) Account(id int32) (Account, bool)       { return Account{}, false }
func (m *Mirror) AccountsByLogin(login string) []Account { return nil }
func (m *Mirror) AccountByGitHub(id int64) (Account, bool) {
	return Account{}, false
}
func (m *Mirror) SameMailDomain(account int32, limit int) []Account { return nil }
func (m *Mirror) Team(id int32) (Team, bool)                        { return Team{}, false }
func (m *Mirror) Owners(crateID int32) []Owner                      { return nil }
func (m *Mirror) Owned(ownerID int32, team bool) []Owner            { return nil }
func (m *Mirror) Versions(crateID int32) []Version                  { return nil }
func (m *Mirror) Version(id int32) (Version, bool)                  { return Version{}, false }
func (m *Mirror) PublishedBy(account, before int32, limit int) []Version {
	return nil
}
func (m *Mirror) PublishedByCount(account int32) int                  { return 0 }
func (m *Mirror) PublishedWithToken(token int32, limit int) []Version { return nil }
func (m *Mirror) Actions(account, before int32, limit int) []Action   { return nil }
func (m *Mirror) ActionsWithToken(token int32, limit int) []Action    { return nil }
func (m *Mirror) Tokens(account int32) []Token                        { return nil }
func (m *Mirror) Token(id int32) (Token, bool)                        { return Token{}, false }
func (m *Mirror) Dependents(crateID int32, limit int) Dependents      { return Dependents{} }
func (m *Mirror) DependentVersions(crateID int32) iter.Seq[Dependency] {
	return func(func(Dependency) bool) {}
}
func (m *Mirror) Dependencies(versionID int32) []Dependency             { return nil }
func (m *Mirror) Recent(filter Recent) []Publish                        { return nil }
func (m *Mirror) Search(ctx context.Context, q Query) Answer            { return Answer{} }
func (m *Mirror) LookalikeCrates(name string, limit int) []Lookalike    { return nil }
func (m *Mirror) LookalikeAccounts(login string, limit int) []Lookalike { return nil }
func (m *Mirror) Totals() (crates, versions, accounts int)              { return 0, 0, 0 }

// Dependency is one dependency row of one version.
type Dependency struct {
	VersionID, CrateID int32 // who depends, on which crate
	Requirement        string
	Kind               uint8 // 0 normal, 1 build, 2 dev
	Optional           bool
}
