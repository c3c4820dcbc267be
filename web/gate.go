package web

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/action"
	"cratewarden/auth"
	"cratewarden/ledger"
)

// gate finds out who asks and whether they may, before the handler runs. It
// gives false when it has answered by itself, and an error that fail shows.
// Nothing passes by default: a route has an act, and somebody must allow it.
func (s *Server) gate(w http.ResponseWriter, r *http.Request, rt route) (pass bool, err error) {
	v := visitOf(r.Context())
	if s.cfg.Auth == nil {
		v.visitor = localViewer()
		return localMay(rt.act)
	}
	from := s.from(r)
	if rt.limit != "" { // before anything is looked up: guessing must be slow
		if err := s.within(rt.limit, from.Address); err != nil {
			return false, err
		}
	}
	visitor, err := s.cfg.Auth.Visit(r, from)
	if err == nil {
		v.visitor, v.signed = visitor, true
	}
	if rt.act == access.Public {
		// A page that anybody may see does not fail because of an old cookie.
		return true, nil
	}
	switch {
	case cratewarden.KindOf(err) == cratewarden.Unsigned:
		if err := s.within(strangerLimit(r), from.Address); err != nil {
			return false, err
		}
		return false, s.unsigned(w, r, rt)
	case err != nil:
		return false, err
	}
	if rt.limit != "" {
		if err := s.within(rt.limit, "person "+visitor.Person.ID); err != nil {
			return false, err
		}
	}
	if !rt.bare {
		if err := unpack(r); err != nil {
			return false, err
		}
	}
	if err := s.cfg.Auth.May(r.Context(), visitor, actOf(r, rt)); err != nil {
		return false, err
	}
	return true, nil
}

// strangerLimit is how a request of nobody is counted. One with a body comes from
// somebody whose session ended while they wrote, so it is rare; to read it takes
// a place among the pages being made for as long as it takes to arrive.
func strangerLimit(r *http.Request) string {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return "request"
	}
	return "unsigned"
}

// actOf is the act of a request: the route's, but for buttons that only renew
// the form. Composing a plan would else ask for the passkey at every step.
func actOf(r *http.Request, rt route) string {
	if op, _, _ := strings.Cut(r.PostForm.Get("op"), ":"); slices.Contains(rt.renews, op) {
		return "look.plan"
	}
	return rt.act
}

// Route is a line of the table of contents: a method and path, and what it
// takes.
type Route struct {
	Pattern string
	Act     string
	// Renews are buttons of its form that make nothing, which everybody may press
	// who may look at plans.
	Renews []string
}

// Routes gives every route there is, for a test that crosses them with every
// kind of visitor. Whatever is not here leads to the page that says so, which
// takes the act "look".
func (s *Server) Routes() []Route {
	out := make([]Route, len(s.table))
	for i, rt := range s.table {
		out[i] = Route{Pattern: rt.pattern, Act: rt.act, Renews: rt.renews}
	}
	return out
}

// localViewer is everybody on a console without sign-in, which only shows public
// data to its own machine.
func localViewer() auth.Visitor {
	return auth.Visitor{Person: auth.Person{Name: "local viewer"}, Actor: action.Actor{ID: "local", Name: "local viewer", Roles: []cratewarden.Role{cratewarden.Viewer}}}
}

func localMay(act string) (bool, error) {
	if denied := localDenied(act); act != access.Public && denied != nil {
		return false, denied
	}
	return true, nil
}

// localDenied says why everybody on a console without sign-in may not do
// something; nil for what a viewer may.
func localDenied(act string) *access.Denied {
	rule, _ := access.Of(act)
	denied := access.Decide(rule.AtDoor(), auth.AskerOf(localViewer().Actor), access.Facts{AnyTime: true})
	if denied != nil {
		denied.Act = act
	}
	return denied
}

// who is the person behind a request, nobody outside of one.
func (s *Server) who(r *http.Request) action.Actor { return visitOf(r.Context()).visitor.Actor }

// visitor is who asks, with the session.
func (s *Server) visitor(r *http.Request) auth.Visitor { return visitOf(r.Context()).visitor }

// from is where a request comes from. The address is that of the connection
// unless the configuration knows proxies.
func (s *Server) from(r *http.Request) auth.From {
	from := auth.From{Agent: shorten(r.UserAgent(), 300), Quiet: renewsItself(r)}
	if s.cfg.ClientAddress != nil {
		from.Address = s.cfg.ClientAddress(r)
		return from
	}
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		from.Address = host
	}
	return from
}

// renewsItself says whether a script of a page asks and not a person: the end of
// an idle session must come although its page is left open.
func renewsItself(r *http.Request) bool {
	return r.Header.Get("HX-Request") != "" || strings.Contains(r.Header.Get("Accept"), "text/event-stream")
}

// still says whether whoever began a long answer may go on reading it.
func (s *Server) still(r *http.Request, act string) bool {
	if s.cfg.Auth == nil {
		return true
	}
	from := s.from(r)
	from.Quiet = true
	v, err := s.cfg.Auth.Visit(r, from)
	return err == nil && s.cfg.Auth.Would(v, act) == nil
}

// tooMany is the error of somebody who asks too often.
type tooMany struct{ retry time.Duration }

func (e *tooMany) Error() string { return "too many requests" }

func (e *tooMany) Unwrap() error {
	return cratewarden.Errorf(cratewarden.Refused, "That was asked too often. Wait %s and try again; nothing was done this time.", Dur(max(e.retry, time.Second)))
}

// within says whether somebody still may ask, by the configured limit.
func (s *Server) within(kind, key string) error {
	if s.cfg.Limit == nil {
		return nil
	}
	if ok, retry := s.cfg.Limit(kind, key); !ok {
		return &tooMany{retry: retry}
	}
	return nil
}

// aboutOf is what a passkey assertion must be bound to for a request: the
// route's purpose on the review whose digest the form carries. Without a purpose
// it is a step-up for some minutes.
func aboutOf(r *http.Request, rt route) (auth.About, error) {
	if rt.purpose == "" {
		return auth.About{}, nil
	}
	if err := readForm(r); err != nil {
		return auth.About{}, err
	}
	about := auth.About{Purpose: rt.purpose, Plan: r.PathValue("id")}
	digest := new(ledger.Digest)
	if err := digest.UnmarshalText([]byte(r.PostForm.Get("digest"))); err != nil {
		return about, cratewarden.Wrap(err, cratewarden.Invalid, "The form does not say which review was looked at. Load the plan again.")
	}
	about.Digest = digest
	return about, nil
}

// inside is an address of this console to go back to: a path with its query,
// and "/" for anything that could lead elsewhere.
func inside(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host != "" || u.Scheme != "" || u.User != nil || u.Opaque != "" || !local(address) || address[0] != '/' || strings.ContainsAny(address, "\\\r\n\t\x00") {
		return "/"
	}
	u.Fragment = ""
	return u.String()
}

// checkActs refuses a table in which a route forgot its act or names one that no
// rule knows: such a page would be open to everybody, or to nobody.
func checkActs(table []route) error {
	for _, rt := range table {
		if rt.act == "" {
			return fmt.Errorf("the route %q has no act", rt.pattern)
		}
		if _, ok := access.Of(rt.act); !ok {
			return fmt.Errorf("the route %q names the act %q, which the table of access does not have", rt.pattern, rt.act)
		}
	}
	return nil
}
