package evidence

import (
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/blob"
	"cratewarden/ledger"
)

// Config says what bundles are made of and where they are kept. Zero limits
// stand for the sensible ones of the fields' comments.
type Config struct {
	// Registry is only read from, in one snapshot for each bundle.
	Registry *pgxpool.Pool
	// Console is migrated (0003_evidence.sql). Ledger writes to it.
	Console *pgxpool.Pool
	Ledger  *ledger.Log
	// Static and Index are the registry's stores; nil means not configured,
	// which a bundle records.
	Static, Index blob.Store
	// Store keeps the bundles. It must be neither of the registry's.
	Store blob.Store
	// PubTime says that the registry writes the time of publishing into its
	// index (INDEX_INCLUDE_PUBTIME).
	PubTime bool

	// MaxFile is the largest file that goes into a bundle; 0 means 1 GiB.
	MaxFile int64
	// MaxBundle is the most bytes of a bundle; 0 means 64 GiB.
	MaxBundle int64
	// MaxSubjects is the most crates, versions and accounts that may be asked
	// for together; 0 means 20,000.
	MaxSubjects int
	// RowTimeout ends a statement on the registry that runs longer; 0 means 5
	// minutes. Rows without an index take long (contract pitfalls.md 12).
	RowTimeout time.Duration
	// Workers is how many objects are copied at a time; 0 means 8.
	Workers int

	Clock  cratewarden.Clock
	Logger *slog.Logger
}

// Service seals bundles and shows, verifies and exports them. It may be used by
// many at a time and by many processes.
type Service struct {
	cfg   Config
	clock cratewarden.Clock
	log   *slog.Logger
}

// New makes a service. It does not connect.
func New(cfg Config) *Service {
	cfg.MaxFile = orElse(cfg.MaxFile, 1<<30)
	cfg.MaxBundle = orElse(cfg.MaxBundle, 64<<30)
	cfg.MaxSubjects = orElse(cfg.MaxSubjects, 20_000)
	cfg.RowTimeout = orElse(cfg.RowTimeout, 5*time.Minute)
	cfg.Workers = orElse(cfg.Workers, 8)
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	return &Service{cfg: cfg, clock: cfg.Clock.Or(), log: cfg.Logger}
}

func orElse[T int | int64 | time.Duration](value, zero T) T {
	if value <= 0 {
		return zero
	}
	return value
}
