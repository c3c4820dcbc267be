package web

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/dossier"
	"cratewarden/mirror"
	"cratewarden/telemetry/logtest"
)

// desk is a source of dossiers for the pages of lists and people. The samples
// are answers of the demo registry, kept in testdata/look.
type desk struct {
	Dossiers // what no test asks for panics
	home     dossier.Home
	found    dossier.SearchResult
	account  dossier.Account
	people   []dossier.Person
	team     dossier.Team
	token    dossier.TokenLookup
	names    dossier.Names
	feed     dossier.Publishes
	jobs     dossier.Jobs
	owned    map[string]dossier.Page[dossier.OwnedCrate] // by key
	versions dossier.Page[dossier.VersionRow]
	err      error

	mu     sync.Mutex
	filter dossier.PublishFilter // the last one that was asked for
	pasted string                // the last credential
}

// deskTime is when the samples were taken.
var deskTime = time.Date(2026, 11, 22, 18, 50, 0, 0, time.UTC)

func sample[T any](t testing.TB, name string) T {
	t.Helper()
	var out T
	text, err := os.ReadFile(filepath.Join("testdata/look", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return out
}

func sampleDesk(t testing.TB) *desk {
	d := &desk{home: sample[dossier.Home](t, "home"), found: sample[dossier.SearchResult](t, "search"), account: sample[dossier.Account](t, "account"), team: sample[dossier.Team](t, "team"),
		names: sample[dossier.Names](t, "names"), feed: sample[dossier.Publishes](t, "publishes"), jobs: sample[dossier.Jobs](t, "jobs")}
	d.account.Invitations = sample[dossier.Page[dossier.Invitation]](t, "invitations")
	d.account.Former = sample[dossier.Page[dossier.OwnedCrate]](t, "former")
	first, second := d.account.Crates, d.account.Crates
	first.Rows, first.Next = first.Rows[:3], "3.3"
	second.Rows, second.Next = second.Rows[3:], ""
	d.owned = map[string]dossier.Page[dossier.OwnedCrate]{"": first, "3.3": second}
	d.versions = d.account.Publishes
	token := d.account.Tokens.Rows[0]
	d.token = dossier.TokenLookup{Kind: "API token", Found: true, Truth: "Live: API token 7 of " + token.Owner.Login + " may do everything on every crate now.", Tone: "bad", Token: &token, Publishes: d.versions,
		Yanks: []dossier.Event{{At: deskTime.Add(-time.Hour), Kind: "yanked", Text: "Yanked arraykit 0.3.9.", Tone: "warn", Source: "version_owner_actions", Crate: "arraykit", Num: "0.3.9"}}}
	d.people = []dossier.Person{{ID: 184, Kind: "user", Login: "kumart"}, {ID: 185, Kind: "user", Login: "kumart", Name: "second"}}
	return d
}

func deskServer(t testing.TB, d Dossiers, change ...func(*Config)) *Server {
	t.Helper()
	cfg := Config{Registry: Registry{Label: "harbor registry", Kind: Production}, Dossiers: d, Clock: func() time.Time { return deskTime }, Log: logtest.Logger(t)}
	for _, c := range change {
		c(&cfg)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// hostileDesk holds an evil text in every field; present says that no section
// is missing.
func hostileDesk(present bool) *desk {
	d := &desk{home: hostile[dossier.Home](), found: hostile[dossier.SearchResult](), account: hostile[dossier.Account](), people: hostile[[]dossier.Person](), team: hostile[dossier.Team](),
		token: hostile[dossier.TokenLookup](), names: hostile[dossier.Names](), feed: hostile[dossier.Publishes](), jobs: hostile[dossier.Jobs](),
		versions: hostile[dossier.Page[dossier.VersionRow]](), owned: map[string]dossier.Page[dossier.OwnedCrate]{"": hostile[dossier.Page[dossier.OwnedCrate]]()}}
	for i, kind := range []mirror.HitKind{mirror.HitCrate, mirror.HitVersion, mirror.HitAccount, mirror.HitTeam, mirror.HitDeleted, mirror.HitReserved, mirror.HitToken} {
		d.found.Hits = append(d.found.Hits, mirror.Hit{Kind: kind, ID: int32(i + 1), Label: evil + "@" + evil, Detail: "of " + evil + ", made " + evil, Reason: evil})
	}
	for i := range d.jobs.Rows.Rows {
		d.jobs.Rows.Rows[i].Data, _ = json.Marshal(map[string]string{"name": evil})
	}
	if present {
		page := d.owned[""]
		for _, x := range []any{&d.home, &d.found, &d.account, &d.people, &d.team, &d.token, &d.names, &d.feed, &d.jobs, &d.versions, &page} {
			unpresent(reflect.ValueOf(x))
		}
		d.owned[""] = page
	}
	return d
}

func (d *desk) Home(context.Context) (*dossier.Home, error) { out := d.home; return &out, d.err }

func (d *desk) Search(_ context.Context, q mirror.Query) (*dossier.SearchResult, error) {
	out := d.found
	if q.Text == "nothing" {
		out.Hits = nil
	}
	return &out, d.err
}

func (d *desk) AccountHead(ctx context.Context, id int32) (*dossier.Account, error) {
	return d.Account(ctx, id)
}

func (d *desk) Account(_ context.Context, id int32) (*dossier.Account, error) {
	if d.err == nil && id > 1000 {
		return nil, none("account with the id " + digits(id))
	}
	out := d.account
	return &out, d.err
}

func (d *desk) AccountsByLogin(_ context.Context, login string) ([]dossier.Person, error) {
	switch login {
	case "nobody":
		return nil, nil
	case "one":
		return d.people[:1], nil
	}
	return d.people, d.err
}

func (d *desk) AccountPublishes(context.Context, int32, dossier.AccountPublishFilter) (dossier.Page[dossier.VersionRow], error) {
	return d.versions, d.err
}

func (d *desk) AccountCrates(_ context.Context, _ int32, f dossier.OwnedFilter) (dossier.Page[dossier.OwnedCrate], error) {
	page, ok := d.owned[f.After]
	if !ok {
		return page, cratewarden.Errorf(cratewarden.Invalid, "The page key is not one that this list gives.")
	}
	return page, d.err
}

func (d *desk) Team(context.Context, int32) (*dossier.Team, error) { out := d.team; return &out, d.err }

func (d *desk) TeamCrates(ctx context.Context, id int32, f dossier.OwnedFilter) (dossier.Page[dossier.OwnedCrate], error) {
	return d.AccountCrates(ctx, id, f)
}

func (d *desk) Token(_ context.Context, text string) (*dossier.TokenLookup, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pasted = text
	out := d.token
	return &out, d.err
}

func (d *desk) Names(_ context.Context, f dossier.NameFilter) (*dossier.Names, error) {
	out := d.names
	if f.Query == "" {
		out.Answer = nil
	}
	return &out, d.err
}

func (d *desk) Publishes(_ context.Context, f dossier.PublishFilter) (*dossier.Publishes, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.filter = f
	out := d.feed
	if f.After > 0 {
		// The rows that came since: one, once.
		out.Rows.Rows, out.Rows.Next = nil, ""
		if newest := d.feed.Rows.Rows[0]; f.After <= newest.ID {
			newest.ID, newest.Num = f.After+1, "99.0.0"
			if f.After == d.feed.Rows.Rows[0].ID {
				out.Rows.Rows = append(out.Rows.Rows, newest)
			}
		}
	}
	return &out, d.err
}

func (d *desk) Jobs(context.Context, dossier.JobFilter) (*dossier.Jobs, error) {
	out := d.jobs
	return &out, d.err
}
