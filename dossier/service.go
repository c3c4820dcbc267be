package dossier

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/archive"
	"cratewarden/blob"
	"cratewarden/mirror"
	"cratewarden/registry"
)

// Config is what dossiers are made from. Registry and Mirror are required;
// without a store the parts that need it say so.
type Config struct {
	Registry *pgxpool.Pool
	Mirror   *mirror.Mirror
	// Static holds archives and READMEs, Index the sparse index files
	// (contract storage-index.md section 1). nil means not configured.
	Static, Index blob.Store
	// Archives keeps lately read archives; nil makes one of the default size.
	Archives *archive.Cache
	// Dump is set when the registry database was made from a public dump, so
	// that private facts are shown as missing and not as empty.
	Dump *DumpSource
	// Held gives the versions of a crate, by its stored name, that this console
	// holds, and of all crates for ""; nil means that nothing is known of any.
	// It is asked for every page and must be cheap.
	Held func(ctx context.Context, crate string) ([]Hold, error)
	// Share is how long an account's dossier serves all who ask for it; zero
	// makes one for each. Every tab of an account shows the same dossier, and in
	// an incident several people look at one account. For as long small tables
	// without an index by crate, invitations and jobs, are read but once.
	Share time.Duration
	// Label is the registry's name as people know it.
	Label  string
	Clock  cratewarden.Clock
	Logger *slog.Logger
}

// Service answers with dossiers. Its methods may be called at the same time.
type Service struct {
	cfg      Config
	clock    cratewarden.Clock
	log      *slog.Logger
	reader   *registry.Reader
	accounts share[int32, *Account]
	heads    share[int32, *Account]
	pasts    pasts
	// apart is until when, in nanoseconds, crates are read in sections; see
	// crateTogether.
	apart atomic.Int64
	// colour is one for all pages, since it bounds the work at the same time.
	colour archive.Colourer
}

// New makes a service.
func New(cfg Config) *Service {
	s := &Service{cfg: cfg, clock: cfg.Clock.Or(), log: cfg.Logger}
	s.reader = registry.New(registry.Config{Pool: cfg.Registry, Dump: cfg.Dump != nil, Clock: s.clock, Keep: cfg.Share})
	if s.cfg.Archives == nil {
		s.cfg.Archives = &archive.Cache{}
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	return s
}

// Renew has all who ask from now on get what the registry says by now, also
// where an answer of a moment ago would have served. Without it somebody who has
// just unlocked an account may be told for Share that it is locked.
func (s *Service) Renew() {
	s.accounts.drop()
	s.heads.drop()
	s.reader.Renew()
}

// Run keeps what makes dossiers cheap up to date until ctx is over, and gives
// its error. Without it dossiers are the same but slower.
func (s *Service) Run(ctx context.Context) error {
	if s.cfg.Dump != nil {
		<-ctx.Done()
		return ctx.Err()
	}
	return s.reader.Follow(ctx)
}

// fresh says how old an answer made now is.
func (s *Service) fresh() Fresh {
	return Fresh{ReadAt: s.clock(), MirrorAt: s.cfg.Mirror.Status().FreshAt}
}
