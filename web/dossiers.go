package web

import (
	"context"

	"cratewarden/dossier"
	"cratewarden/mirror"
)

// Dossiers is what the pages show; *dossier.Service is one. Every method may be
// called at the same time and gives errors with a kind, which fail turns into
// the right page.
type Dossiers interface {
	Home(ctx context.Context) (*dossier.Home, error)
	Search(ctx context.Context, q mirror.Query) (*dossier.SearchResult, error)

	Crate(ctx context.Context, name string) (*dossier.Crate, error)
	CrateVersions(ctx context.Context, name string, f dossier.VersionFilter) (dossier.Page[dossier.VersionRow], error)
	CrateDependents(ctx context.Context, name string, f dossier.DependentFilter) (*dossier.Dependents, error)
	Version(ctx context.Context, name, num string) (*dossier.Version, error)
	Files(ctx context.Context, name, num string, f dossier.FileFilter) (*dossier.Files, error)
	File(ctx context.Context, name, num, path string) (*dossier.File, error)
	Diff(ctx context.Context, name, num, against string) (*dossier.Diff, error)

	Account(ctx context.Context, id int32) (*dossier.Account, error)
	AccountHead(ctx context.Context, id int32) (*dossier.Account, error)
	AccountsByLogin(ctx context.Context, login string) ([]dossier.Person, error)
	AccountPublishes(ctx context.Context, id int32, f dossier.AccountPublishFilter) (dossier.Page[dossier.VersionRow], error)
	AccountCrates(ctx context.Context, id int32, f dossier.OwnedFilter) (dossier.Page[dossier.OwnedCrate], error)
	Team(ctx context.Context, id int32) (*dossier.Team, error)
	TeamCrates(ctx context.Context, id int32, f dossier.OwnedFilter) (dossier.Page[dossier.OwnedCrate], error)
	Token(ctx context.Context, plaintext string) (*dossier.TokenLookup, error)

	Names(ctx context.Context, f dossier.NameFilter) (*dossier.Names, error)
	Publishes(ctx context.Context, f dossier.PublishFilter) (*dossier.Publishes, error)
	Jobs(ctx context.Context, f dossier.JobFilter) (*dossier.Jobs, error)
}
