// Package api is the JSON interface of the console, version 1: the same
// dossiers as the pages, the same plans and the same rules, for programs and for
// our own command line. Every operation names its act in the table of package
// access, and the gate asks it before anything else; callers show a bearer token,
// never a cookie. Every answer is typed, every error is a problem document (RFC
// 9457) with a kind, a sentence and the request id, and the whole is described by
// an OpenAPI 3.1 document served beside it.
package api

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"runtime/debug"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"cratewarden/access"
	"cratewarden/dossier"
	"cratewarden/incident/playbook"
	"cratewarden/mirror"
	"cratewarden/telemetry"
)

// Dossiers is what the interface shows; *dossier.Service is one. Every method
// may be called at the same time and gives errors with a kind.
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

// Config is what the interface is made from; Dossiers is required.
type Config struct {
	Dossiers Dossiers
	// Blast answers who could be hit by bad versions; with nil the question is
	// Unavailable.
	Blast Blast
	// Ledger is the log of what was done; with nil its questions are Unavailable.
	Ledger Ledger
	// LedgerTrouble says why the newest head could not be signed; nil or "" when
	// all is well.
	LedgerTrouble func() string
	// Evidence keeps sealed bundles; with nil its questions are Unavailable.
	Evidence Evidence
	// Plans is the engine that changes the registry; with nil whatever concerns
	// plans is refused, with ReadOnly as the reason.
	Plans    Plans
	ReadOnly string
	// Auth says who asks and what they may. With nil there is no sign-in, and
	// everybody is a local viewer who may look and change nothing.
	Auth Auth
	// Budgets shows people how much of their hourly budget is left, of which Policy
	// knows the whole; nil shows nothing.
	Budgets Budgets
	Policy  access.Policy
	// Openings shows masked data to who may see it, on the record; with nil it
	// stays masked for everybody.
	Openings Openings
	// Notices is what people were told; with nil its questions are Unavailable.
	Notices Notices
	// Incidents keeps cases; with nil its questions are Unavailable. Playbooks are
	// their checklists.
	Incidents Incidents
	Playbooks playbook.Set
	// Pretend offers the sign-in and the confirmation of a demo, without any
	// proof. Only a made-up registry on loopback may have it.
	Pretend bool
	// ClientAddress tells where a request comes from; nil believes the connection,
	// which is wrong behind a proxy.
	ClientAddress func(*http.Request) string
	// Limit counts one request of a kind against a key, and says whether it is
	// still within bounds and else how long to wait. Kinds: request, unsigned,
	// sign-in and poll count by address; person, step-up, search and token-lookup
	// by "person ID" or "token ID". Nil has no bounds.
	Limit func(kind, key string) (bool, time.Duration)
	// Log gets what went wrong unforeseen; nil is the program's default log.
	Log *slog.Logger
}

// Prefix is where the interface lives.
const Prefix = "/api/v1"

// New gives the handler for everything under Prefix.
func New(cfg Config) http.Handler {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	mux := http.NewServeMux()
	gate := newGate(cfg, build(mux, cfg))
	// No page of another origin may make a browser ask in its user's name.
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(foreign))
	return protect(rescue(cfg.Log, logging(cfg.Log, guard.Handler(reachable(matched(mux, gate))))))
}

// rescue turns a panic into the same document as any unforeseen error, with
// the request id under which its cause stands in the log.
func rescue(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler { // cut off on purpose
				panic(v)
			}
			log.ErrorContext(r.Context(), "panic", "request", telemetry.RequestID(r.Context()), "value", fmt.Sprint(v), "stack", string(debug.Stack()))
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusInternalServerError)
			_ = json.NewEncoder(w).Encode(problem(r.Context(), fmt.Errorf("panic: %v", v)))
		}()
		next.ServeHTTP(w, r)
	})
}

// Document gives the OpenAPI document.
func Document(cfg Config) ([]byte, error) {
	return build(http.NewServeMux(), cfg).OpenAPI().MarshalJSON()
}

func build(mux *http.ServeMux, cfg Config) huma.API {
	conf := huma.DefaultConfig("cratewarden", "1")
	conf.OpenAPIPath = Prefix + "/openapi"
	conf.DocsPath, conf.SchemasPath = "", Prefix+"/schemas"
	conf.Info.Description = "What the console knows of a registry: crates, versions and their provenance and files, accounts, tokens, names, jobs; the plans by which it is changed; incidents from the first report to the last notice; sealed evidence; the ledger of what was done; and who may do what (x-act names the act that an operation takes; see /rules). Personal data is masked."
	conf.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	conf.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"bearer": {Type: "http", Scheme: "bearer", Description: "A session's token (cratewarden login) or an API token (cwd_…). Cookies are not taken."}}
	conf.Security = []map[string][]string{{"bearer": {}}}
	conf.CreateHooks = nil // no $schema links in answers: the document says it once
	humaAPI := humago.New(mux, conf)
	register(humaAPI, cfg.Dossiers)
	registerLedger(humaAPI, cfg)
	registerEvidence(humaAPI, cfg)
	registerPlans(humaAPI, cfg)
	registerSecond(humaAPI, cfg)
	registerPeople(humaAPI, cfg)
	registerSessions(humaAPI, cfg)
	registerTokens(humaAPI, cfg)
	registerDevices(humaAPI, cfg)
	registerNotices(humaAPI, cfg)
	registerOpenings(humaAPI, cfg)
	registerIncidents(humaAPI, cfg)
	registerBlast(humaAPI, cfg)
	return humaAPI
}

// schemaName names a type in the document. Types of plans, of evidence, of
// incidents and of sign-in begin with that word: the ledger and the dossiers have actors, rows,
// people and jobs of their own.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if of := t.PkgPath(); (of == "cratewarden/action" || of == "cratewarden/registry/change") && !strings.HasPrefix(name, "Plan") {
		return "Plan" + name
	}
	if t.PkgPath() == "cratewarden/auth" && !strings.HasPrefix(name, "Auth") {
		return "Auth" + name
	}
	for of, word := range map[string]string{"cratewarden/incident": "Incident", "cratewarden/incident/playbook": "Playbook", "cratewarden/incident/related": "Related", "cratewarden/advisory": "Advisory", "cratewarden/blast": "Blast"} {
		if t.PkgPath() == of && !strings.HasPrefix(name, word) {
			return word + name
		}
	}
	if of := t.PkgPath(); (of == "cratewarden/evidence" || of == "cratewarden/registry/extract") && !strings.HasPrefix(name, "Evidence") {
		return "Evidence" + name
	}
	return name
}

// maxBody bounds what anybody may send, but for the text of a plan and for files.
const maxBody = 64 << 10

// protect sets what every answer carries: it is private, it is JSON and
// nothing else, and it is never framed.
func protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		r.Body = http.MaxBytesReader(w, r.Body, maxFile)
		next.ServeHTTP(w, r)
	})
}
