package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/action"
	"cratewarden/auth"
	"cratewarden/ledger"
	"cratewarden/telemetry"
)

// public is the act of the few operations that nobody needs to be signed in
// for: those that sign a program in.
const public = access.Public

// actKey names, in an operation's metadata, the act that its caller must be
// allowed; the OpenAPI document shows it under the same name.
const actKey = "x-act"

// gate stands before every operation. It finds out who asks, and lets pass who
// may do the operation's act; what it does not know, it refuses.
type gate struct {
	auth     Auth
	address  func(*http.Request) string
	limit    func(kind, key string) (bool, time.Duration)
	readOnly string
	// ops has every operation by its pattern in the mux.
	ops map[string]entrance
}

// entrance is what the gate knows of an operation.
type entrance struct{ id, act string }

// newGate reads the acts of all operations. An operation without one is a
// mistake of ours that must not go out, so it panics.
func newGate(cfg Config, a huma.API) gate {
	g := gate{auth: cfg.Auth, address: cfg.ClientAddress, limit: cfg.Limit, readOnly: cfg.ReadOnly, ops: map[string]entrance{}}
	if g.address == nil {
		g.address = plainAddress
	}
	if g.limit == nil {
		g.limit = func(string, string) (bool, time.Duration) { return true, 0 }
	}
	// The description holds nothing secret, but the console has no public pages
	// that it does not need.
	for _, name := range []string{"/openapi.json", "/openapi-3.0.json", "/openapi.yaml", "/openapi-3.0.yaml", "/schemas/{schema}"} {
		g.ops["GET "+Prefix+name] = entrance{"openapi", "look"}
	}
	for path, item := range a.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Head, item.Post, item.Put, item.Patch, item.Delete, item.Options, item.Trace} {
			if op == nil {
				continue
			}
			act, _ := op.Metadata[actKey].(string)
			if act == "" {
				panic("api: operation " + op.OperationID + " has no act")
			}
			if _, listed := access.Of(act); !listed {
				panic("api: operation " + op.OperationID + " takes the act " + act + ", for which there is no rule")
			}
			g.ops[op.Method+" "+path] = entrance{op.OperationID, act}
		}
	}
	return g
}

// plainAddress believes the connection and no header.
func plainAddress(r *http.Request) string {
	if address, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return address
	}
	return r.RemoteAddr
}

// maxAgent is how much of a program's name for itself is kept.
const maxAgent = 300

func (g gate) from(r *http.Request) auth.From {
	agent := r.UserAgent()
	return auth.From{Address: g.address(r), Agent: strings.ToValidUTF8(agent[:min(len(agent), maxAgent)], "")}
}

// limits are the operations with a limit of their own; "sign-in" and "poll" are
// counted by address, the others by who asks.
func limits() map[string]string {
	return map[string]string{
		"device": "sign-in", "demo-sign-in": "sign-in", "device-poll": "poll", "ask-poll": "poll", "ask": "step-up", "demo-step-up": "step-up",
		"api-token-make": "step-up", "token-lookup": "token-lookup", "search": "search", "crate-blast": "search",
		"account-open": "token-lookup", "version-open": "token-lookup", "session-open": "token-lookup", "api-token-open": "token-lookup", "ledger-open": "token-lookup", "evidence-open": "token-lookup",
	}
}

// admit lets a request for a pattern of the mux pass, with its visitor, or
// answers it. The pattern is "" for an address that does not exist: strangers
// do not learn which do.
func (g gate) admit(w http.ResponseWriter, r *http.Request, pattern string) (*http.Request, bool) {
	op, known := g.ops[pattern]
	if pattern != "" && !known {
		send(r.Context(), w, http.StatusForbidden, cratewarden.Refused, "Nobody may ask this.")
		return nil, false
	}
	from := g.from(r)
	if !g.within(w, r, "request", from.Address) {
		return nil, false
	}
	if op.act == public {
		if kind := limits()[op.id]; kind != "" && !g.within(w, r, kind, from.Address) {
			return nil, false
		}
		return r.WithContext(context.WithValue(r.Context(), fromKey{}, from)), true
	}
	v, err := g.visit(r, from)
	if err != nil {
		if cratewarden.KindOf(err) == cratewarden.Unsigned && !g.within(w, r, "unsigned", from.Address) {
			return nil, false
		}
		answer(w, r, err)
		return nil, false
	}
	ctx := context.WithValue(context.WithValue(r.Context(), visitorKey{}, v), fromKey{}, from)
	if g.auth != nil && !g.within(w, r, "person", caller(v)) {
		return nil, false
	}
	if kind := limits()[op.id]; kind != "" && !g.within(w, r, kind, caller(v)) {
		return nil, false
	}
	if known {
		if err := g.may(ctx, v, op.act); err != nil {
			answer(w, r, bound(err, aboutOf(r, op.act)))
			return nil, false
		}
	}
	quiet := from
	quiet.Quiet = true
	again := func() error {
		v, err := g.visit(r, quiet)
		if err == nil && known {
			err = g.may(ctx, v, op.act)
		}
		return err
	}
	return r.WithContext(context.WithValue(ctx, stillKey{}, again)), true
}

// still says whether who asked may ask yet, for answers that were waited for.
func still(ctx context.Context) error {
	if again, ok := ctx.Value(stillKey{}).(func() error); ok {
		return again()
	}
	return nil
}

// caller is what a visitor's requests are counted by, in the words that the
// pages use too: a runaway program does not use up its person's share.
func caller(v auth.Visitor) string {
	if v.Token != nil {
		return "token " + v.Token.ID
	}
	return "person " + v.Person.ID
}

// visit finds out who asks, by the header Authorization alone. A browser's
// cookie is never looked at, so no page can ask in its user's name. Whatever is
// wrong with a token, the answer is the same.
func (g gate) visit(r *http.Request, from auth.From) (auth.Visitor, error) {
	if g.auth == nil {
		who := action.Actor{ID: "local", Name: "local viewer", Roles: []cratewarden.Role{cratewarden.Viewer}}
		return auth.Visitor{Person: auth.Person{ID: who.ID, Name: who.Name}, Actor: who}, nil
	}
	token, ok := bearer(r.Header)
	if !ok {
		return auth.Visitor{}, unsigned()
	}
	bare := &http.Request{Method: r.Method, URL: r.URL, Proto: r.Proto, Host: r.Host, RemoteAddr: r.RemoteAddr, TLS: r.TLS,
		Header: http.Header{"Authorization": {"Bearer " + token}, "User-Agent": r.Header["User-Agent"]}}
	v, err := g.auth.Visit(bare.WithContext(r.Context()), from)
	switch cratewarden.KindOf(err) {
	case "":
		return v, nil
	case cratewarden.Unsigned, cratewarden.Refused, cratewarden.NotFound, cratewarden.Invalid:
		return auth.Visitor{}, unsigned()
	}
	return auth.Visitor{}, err
}

// maxToken is longer than any token of ours.
const maxToken = 200

// bearer takes the one token that a request carries. Two of them, or anything
// that no token of ours has, are none.
func bearer(h http.Header) (string, bool) {
	values := h.Values("Authorization")
	if len(values) != 1 {
		return "", false
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" || len(token) > maxToken {
		return "", false
	}
	for _, c := range []byte(token) {
		if c <= ' ' || c > '~' {
			return "", false
		}
	}
	return token, true
}

func unsigned() error {
	return cratewarden.Errorf(cratewarden.Unsigned, "You are not signed in, or no longer. Run \"cratewarden login\", or give a token that is valid.")
}

// may asks the rules. Without sign-in everybody may look, and nobody may do
// anything else.
func (g gate) may(ctx context.Context, v auth.Visitor, act string) error {
	switch {
	case g.auth != nil:
		return g.auth.May(ctx, v, act)
	case act == "look" || strings.HasPrefix(act, "look."):
		return nil
	}
	return readOnly(g.readOnly)
}

// within answers who asks too often.
func (g gate) within(w http.ResponseWriter, r *http.Request, kind, key string) bool {
	ok, wait := g.limit(kind, key)
	if ok {
		return true
	}
	seconds := max(1, int(math.Ceil(wait.Seconds())))
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	p := &Problem{Title: title(http.StatusTooManyRequests), Status: http.StatusTooManyRequests, Kind: cratewarden.Refused, Rule: "rate",
		Detail: "That was asked too often.", Remedy: fmt.Sprintf("Ask again in %d s.", seconds), RequestID: telemetry.RequestID(r.Context())}
	p.Detail += " " + p.Remedy
	sendProblem(w, p)
	return false
}

// purposes are the acts that take a passkey's assertion for exactly one review,
// with the purpose of that assertion.
func purposes() map[string]string {
	return map[string]string{"plan.approve": action.ToApprove, "plan.apply": action.ToApply, "plan.break-glass": action.ToBreakGlass}
}

// aboutOf says what must be confirmed for an act that was refused. It may read
// the body, since the request ends here.
func aboutOf(r *http.Request, act string) auth.About {
	about := auth.About{Purpose: purposes()[act]}
	if about.Purpose == "" {
		return about
	}
	about.Plan, _, _ = strings.Cut(strings.TrimPrefix(r.URL.Path, Prefix+"/plans/"), "/") // the mux has not routed it yet
	var body struct {
		Digest ledger.Digest `json:"digest"`
	}
	if json.NewDecoder(io.LimitReader(r.Body, maxBody)).Decode(&body) == nil && body.Digest != (ledger.Digest{}) {
		about.Digest = &body.Digest
	}
	return about
}

// wanting is a refusal together with what the person would have to confirm.
type wanting struct {
	error
	about auth.About
}

// Unwrap gives the refusal.
func (w *wanting) Unwrap() error { return w.error }

// bound notes what a refusal is about; nil stays nil.
func bound(err error, about auth.About) error {
	if err == nil {
		return nil
	}
	return &wanting{err, about}
}

// visitorKey and fromKey are where a request carries who asks, and whence;
// stillKey, how to find out whether they still may.
type (
	visitorKey struct{}
	fromKey    struct{}
	stillKey   struct{}
)

// visitor gives who asks; the zero value may do nothing.
func visitor(ctx context.Context) auth.Visitor {
	v, _ := ctx.Value(visitorKey{}).(auth.Visitor)
	return v
}

func actor(ctx context.Context) action.Actor { return visitor(ctx).Actor }

func whence(ctx context.Context) auth.From {
	f, _ := ctx.Value(fromKey{}).(auth.From)
	return f
}
