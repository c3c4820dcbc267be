package auth

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/notify"
	"cratewarden/team"
)

// People is the list of who may sign in; *team.Reader is one.
type People interface {
	// Last gives the list as last read, at once.
	Last() team.Snapshot
	// Fresh gives the list not older than age, reading it again if it must. With
	// an error the snapshot is the last one.
	Fresh(ctx context.Context, age time.Duration) (team.Snapshot, error)
}

// Teller tells people of something that happened, by mail and chat;
// *notify.Service is one. It is called in the transaction that does the thing.
type Teller interface {
	Tell(ctx context.Context, tx pgx.Tx, n notify.Notice) error
}

// Config says how people sign in. Its zero value lets nobody in.
type Config struct {
	Console *pgxpool.Pool
	// Registry finds the account that belongs to a GitHub number.
	Registry *pgxpool.Pool
	Ledger   *ledger.Log
	People   People
	Tell     Teller // nil tells nobody
	// Origin is the console's own address, such as https://console.example, to
	// which passkeys and sign-ins are bound.
	Origin    string
	Providers []ProviderConfig
	// Idle and Absolute end sessions; zero means 1 hour and 12 hours. Programs'
	// sessions end after Program; zero means 8 hours.
	Idle, Absolute, Program time.Duration
	// StepUp is how long an assertion allows changes; zero means 5 minutes.
	StepUp time.Duration
	// ListAge is how old the list of people may be when a plan is applied; zero
	// means 5 minutes. RefuseAfter is how long changes go on while it cannot be
	// read; zero means 30 minutes.
	ListAge, RefuseAfter time.Duration
	// Pretend lets visitors be anybody of the list, and confirm without a passkey.
	// Only a made-up registry on loopback may have it.
	Pretend bool
	Clock   cratewarden.Clock
	Logger  *slog.Logger
}

// ProviderConfig is one place where people sign in.
type ProviderConfig struct {
	ID   string // in addresses, such as "github"
	Name string // on the button
	Kind string // "github" or "oidc"
	// Issuer is an OpenID Connect provider's address. GitHub has none.
	Issuer string
	// URL and API are GitHub's addresses, or those of an Enterprise server.
	URL, API string
	ClientID string
	// Secrets gives the client's secrets, newest first, read again at each
	// sign-in: during a rotation both work, without a restart.
	Secrets func() ([]string, error)
	Scopes  []string
}

// Service signs people in and knows them again. It may be used by many at a
// time, and by many processes on one console database.
type Service struct {
	cfg   Config
	clock cratewarden.Clock
	log   *slog.Logger
}
