package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"cratewarden/dossier"
	"cratewarden/mirror"
)

// register is the table of contents of the interface.
func register(a huma.API, d Dossiers) {
	get(a, "home", "look", "/home", "What is here and what happened last", func(ctx context.Context, _ *struct{}) (*dossier.Home, error) { return d.Home(ctx) })
	get(a, "search", "look", "/search", "Find crates, versions, accounts, teams, names, archives, tokens", func(ctx context.Context, in *searchInput) (*dossier.SearchResult, error) {
		return d.Search(ctx, mirror.Query{Text: in.Query, Limit: in.Limit})
	})

	get(a, "crate", "look", "/crates/{name}", "Everything known about a crate", func(ctx context.Context, in *CrateInput) (*dossier.Crate, error) { return d.Crate(ctx, in.Name) })
	get(a, "crate-versions", "look", "/crates/{name}/versions", "A crate's versions, newest first", func(ctx context.Context, in *versionsInput) (*dossier.Page[dossier.VersionRow], error) {
		return page(d.CrateVersions(ctx, in.Name, in.filter()))
	})
	get(a, "crate-dependents", "look", "/crates/{name}/dependents", "Crates that depend on a crate, by downloads", func(ctx context.Context, in *dependentsInput) (*dossier.Dependents, error) {
		return d.CrateDependents(ctx, in.Name, in.filter())
	})

	get(a, "version", "look", "/crates/{name}/versions/{num}", "A version with its provenance", func(ctx context.Context, in *VersionInput) (*dossier.Version, error) {
		return d.Version(ctx, in.Name, in.Num)
	})
	get(a, "files", "look", "/crates/{name}/versions/{num}/files", "The files of a version's archive", func(ctx context.Context, in *filesInput) (*dossier.Files, error) {
		return d.Files(ctx, in.Name, in.Num, dossier.FileFilter{Kind: in.Kind, Marked: in.Marked})
	})
	get(a, "file", "look", "/crates/{name}/versions/{num}/file", "One file of a version's archive, coloured", func(ctx context.Context, in *fileInput) (*dossier.File, error) {
		return d.File(ctx, in.Name, in.Num, in.Path)
	})
	get(a, "diff", "look", "/crates/{name}/versions/{num}/diff", "What changed against another version", func(ctx context.Context, in *diffInput) (*dossier.Diff, error) {
		return d.Diff(ctx, in.Name, in.Num, in.Against)
	})

	get(a, "accounts", "look", "/accounts", "Accounts with a login, former logins included", func(ctx context.Context, in *loginInput) (*people, error) {
		rows, err := d.AccountsByLogin(ctx, in.Login)
		return &people{Rows: rows}, err
	})
	get(a, "account", "look", "/accounts/{id}", "Everything known about an account", func(ctx context.Context, in *IDInput) (*dossier.Account, error) { return d.Account(ctx, in.id()) })
	get(a, "account-publishes", "look", "/accounts/{id}/publishes", "What an account published, newest first", func(ctx context.Context, in *accountPublishesInput) (*dossier.Page[dossier.VersionRow], error) {
		return page(d.AccountPublishes(ctx, in.id(), in.filter()))
	})
	get(a, "account-crates", "look", "/accounts/{id}/crates", "The crates an account owns, fully yanked ones included", func(ctx context.Context, in *ownedInput) (*dossier.Page[dossier.OwnedCrate], error) {
		return page(d.AccountCrates(ctx, in.id(), in.filter()))
	})
	get(a, "team", "look", "/teams/{id}", "A team that owns or owned crates", func(ctx context.Context, in *IDInput) (*dossier.Team, error) { return d.Team(ctx, in.id()) })
	get(a, "team-crates", "look", "/teams/{id}/crates", "The crates a team owns", func(ctx context.Context, in *ownedInput) (*dossier.Page[dossier.OwnedCrate], error) {
		return page(d.TeamCrates(ctx, in.id(), in.filter()))
	})

	get(a, "names", "look", "/names", "Reserved and deleted names; whether a name could be published", func(ctx context.Context, in *namesInput) (*dossier.Names, error) {
		return d.Names(ctx, dossier.NameFilter{Query: in.Query, Kind: in.Kind, Available: in.Available, After: in.After, Limit: in.Limit})
	})
	get(a, "publishes", "look", "/publishes", "The feed of new versions", func(ctx context.Context, in *publishesInput) (*dossier.Publishes, error) {
		return d.Publishes(ctx, in.filter())
	})
	get(a, "jobs", "look", "/jobs", "The registry's job queue", func(ctx context.Context, in *jobsInput) (*dossier.Jobs, error) {
		return d.Jobs(ctx, dossier.JobFilter{Type: in.Type, State: in.State, Crate: in.Crate, After: in.After, Limit: in.Limit})
	})
	post(a, "token-lookup", "look.token", "/token-lookup", "Whose credential is this? It is hashed in memory and not kept", func(ctx context.Context, in *tokenInput) (*dossier.TokenLookup, error) {
		return d.Token(ctx, in.Body.Token)
	})
}

type people struct {
	Rows []dossier.Person `json:"rows"`
}

func page[T any](p dossier.Page[T], err error) (*dossier.Page[T], error) { return &p, err }

type output[T any] struct{ Body *T }

// serve adapts a plain function to the framework and turns its error into a
// problem document.
func serve[I, O any](fn func(context.Context, *I) (*O, error)) func(context.Context, *I) (*output[O], error) {
	return serveFor(15*time.Second, fn)
}

func serveFor[I, O any](limit time.Duration, fn func(context.Context, *I) (*O, error)) func(context.Context, *I) (*output[O], error) {
	return func(ctx context.Context, in *I) (*output[O], error) {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		out, err := fn(ctx, in)
		if err != nil {
			return nil, problem(ctx, err)
		}
		return &output[O]{out}, nil
	}
}

func get[I, O any](a huma.API, id, act, path, summary string, fn func(context.Context, *I) (*O, error)) {
	huma.Register(a, operation(http.MethodGet, id, act, path, summary), serve(fn))
}

func post[I, O any](a huma.API, id, act, path, summary string, fn func(context.Context, *I) (*O, error)) {
	huma.Register(a, operation(http.MethodPost, id, act, path, summary), serve(fn))
}

// operation names the act that its caller must be allowed; see newGate.
func operation(method, id, act, path, summary string) huma.Operation {
	op := huma.Operation{Method: method, OperationID: id, Path: Prefix + path, Summary: summary, MaxBodyBytes: maxBody,
		Metadata: map[string]any{actKey: act}, Extensions: map[string]any{actKey: act}}
	if act == public {
		op.Security = []map[string][]string{{}}
	}
	return op
}
