package auth

import (
	"context"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/action"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// touchEvery is how often at most it is written down that a session or token is
// in use.
const touchEvery = 30 * time.Second

// Visit says who is behind a request: a browser by its cookie, a program by
// "Authorization: Bearer" with its session's secret or an API token. Each is
// asked of the database, so that whatever was ended is worth nothing at the next
// request in every process. The error is Unsigned for nobody, whatever the
// reason. A request that shows a header is never taken for its cookie's owner.
// The first request after a new list of people takes the list over.
func (s *Service) Visit(r *http.Request, from From) (Visitor, error) {
	list := s.now()
	if err := s.settle(r.Context(), list); err != nil {
		return Visitor{}, err
	}
	if heads := r.Header.Values("Authorization"); len(heads) > 0 {
		scheme, secret, _ := strings.Cut(heads[0], " ")
		switch {
		case len(heads) > 1 || !strings.EqualFold(scheme, "Bearer"):
			return Visitor{}, unsigned()
		case strings.HasPrefix(secret, tokenPrefix):
			return s.visitToken(r.Context(), list, secret, from)
		}
		return s.visitSession(r.Context(), list, secret, ProgramSession, from)
	}
	c, err := r.Cookie(s.CookieName())
	if err != nil {
		return Visitor{}, unsigned()
	}
	return s.visitSession(r.Context(), list, c.Value, BrowserSession, from)
}

// visitSession finds the session of a secret. The secret of a program is no
// cookie, and a cookie no bearer token: what leaks in one place does not open
// the other.
func (s *Service) visitSession(ctx context.Context, list *roster, secret string, kind SessionKind, from From) (Visitor, error) {
	hash := hashOf(secret)
	var v Visitor
	var found []byte
	var subject string
	into := append(append([]any{&found, &subject}, v.Session.scan()...), v.Person.scan()...)
	err := s.lookup().QueryRow(ctx, `SELECT s.token, s.subject, `+sessionColumns+`, `+personColumns+`
		FROM session s JOIN person p ON p.id = s.person
		WHERE s.token = $1 AND s.kind = $2 AND s.ended_at IS NULL`, hash, kind).Scan(into...)
	if err := ignoreNone(err); err != nil {
		return Visitor{}, pg.Map(err)
	}
	if subtle.ConstantTimeCompare(found, hash) != 1 || !s.live(list, &v, subject) {
		return Visitor{}, unsigned()
	}
	v.Session.Current = true
	if !from.Quiet {
		s.touch(ctx, v.Session)
	}
	return v, nil
}

// live says whether a session found still holds, and completes the visitor: it
// has neither run out nor lost its place on the list, and the account that
// signed in is still this person's.
func (s *Service) live(r *roster, v *Visitor, subject string) bool {
	now := s.clock()
	if !now.Before(v.Session.IdleEnd) || !now.Before(v.Session.End) {
		return false
	}
	s.complete(&v.Session)
	r.complete(&v.Person)
	of, ok := r.by[account{v.Session.Provider, subject}]
	is, listed := r.member(v.Person.Identities)
	if !ok || !listed || of != is {
		return false
	}
	v.Actor = s.actor(*v)
	return true
}

// touch writes down that a session is in use, at most every half minute, and
// puts its idle end off. A failure costs nothing but that.
func (s *Service) touch(ctx context.Context, x Session) {
	now := s.clock()
	if now.Sub(x.Seen) < touchEvery {
		return
	}
	idle := s.cfg.Idle
	if x.Kind == ProgramSession {
		idle = s.cfg.Program
	}
	_, err := s.cfg.Console.Exec(ctx, `UPDATE session SET seen_at = $2, idle_end = $3 WHERE id = $1 AND ended_at IS NULL AND seen_at < $2`,
		x.ID, now, earlier(now.Add(idle), x.End))
	if err != nil {
		s.log.WarnContext(ctx, "a session's use was not written down", "error", err)
	}
}

// actor is the visitor as plans know them.
func (s *Service) actor(v Visitor) action.Actor {
	a := action.Actor{ID: v.Person.ID, Name: v.Person.Name, RegistryUser: v.Person.RegistryUser, Roles: v.Person.roles(),
		Session: v.Session.ID, OnCall: v.Person.OnCall, Teams: v.Person.Teams}
	if v.Token == nil {
		return a
	}
	a.Session, a.Token, a.Acts, a.Roles = v.Token.ID, true, v.Token.Acts, nil
	for _, role := range v.Person.roles() { // what the owner lost, the token lost
		if hasRole(v.Token.Roles, role) {
			a.Roles = append(a.Roles, role)
		}
	}
	return a
}

// AskerOf gives an actor as the rules see them.
func AskerOf(a action.Actor) access.Asker {
	return access.Asker{ID: a.ID, Name: a.Name, Roles: a.Roles, OnCall: a.OnCall, Token: a.Token, Acts: a.Acts}
}

// Would says what stands in the way of an act as far as it can be told before
// it is known what exactly is asked for; nil for nothing. It records nothing, so
// pages may ask it to know what to offer.
func (s *Service) Would(v Visitor, act string) *access.Denied {
	rule, known := access.Of(act)
	if !known {
		rule = access.Rule{}
	}
	r := s.now()
	facts := access.Facts{AnyTime: !r.KnowsOnCall, Stale: s.stale(r)}
	if v.Token == nil && v.SteppedUp(s.clock()) {
		facts.StepUp = access.Recent
	}
	d := access.Decide(rule.AtDoor(), AskerOf(v.Actor), facts)
	if d != nil {
		d.Act = act
	}
	return d
}

// May says whether the visitor may ask for an act. A denial is *access.Denied
// and an entry of the ledger; nobody signed in is Unsigned.
func (s *Service) May(ctx context.Context, v Visitor, act string) error {
	if v.Person.ID == "" && act != access.Public {
		return unsigned()
	}
	d := s.Would(v, act)
	if d == nil {
		return nil
	}
	s.refuse(ctx, v, d)
	return d
}

// refusedEvery is how often the same refusal is written: who asks again and
// again cannot fill the ledger.
const refusedEvery = time.Minute

// refuse writes a refusal down. It stands whether or not that succeeds.
func (s *Service) refuse(ctx context.Context, v Visitor, d *access.Denied) {
	rules := strings.Join(d.Rules(), ", ")
	if !s.told.take(strings.Join([]string{v.Actor.Session, d.Act, rules}, "\x00"), s.clock(), refusedEvery) {
		return
	}
	err := pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error {
		return s.note(ctx, tx, ledger.Entry{Kind: ledger.Refusal, Action: clip(d.Act, 200), Actor: actorOf(v.Person), Session: v.Actor.Session,
			Details: map[string]string{"rule": rules, "why": clip(d.Error(), 1000)}})
	})
	if err != nil {
		s.log.ErrorContext(ctx, "a refusal was not written to the ledger", "act", d.Act, "error", err)
	}
}

// Current gives an actor again with the roles of a list that is at most ListAge
// old, for the moment before something is done. The error is Unsigned when the
// session or token has ended or the list lost the person, and *access.Denied
// with RuleStaleList when nobody could read the list for too long. It writes to
// the ledger if the list changed, so never call it in a transaction that does.
func (s *Service) Current(ctx context.Context, who action.Actor) (action.Actor, error) {
	r := s.anew(ctx)
	if err := s.settle(ctx, r); err != nil {
		return action.Actor{}, err
	}
	if why := s.stale(r); why != "" {
		return action.Actor{}, &access.Denied{Denials: []access.Denial{{Rule: access.RuleStaleList, Why: why, Remedy: "Changes go on when it can be read again."}}}
	}
	v, ok, err := s.again(ctx, r, who)
	if err != nil {
		return action.Actor{}, err
	}
	if !ok || v.Person.ID != who.ID {
		return action.Actor{}, cratewarden.Errorf(cratewarden.Unsigned, "Your session has ended, or the list of people no longer has you. Sign in again.")
	}
	return v.Actor, nil
}

// again finds who asks by the public id of the session or token.
func (s *Service) again(ctx context.Context, r *roster, who action.Actor) (v Visitor, ok bool, err error) {
	if who.Token {
		return s.tokenAgain(ctx, r, who.Session)
	}
	var subject string
	into := append(append([]any{&subject}, v.Session.scan()...), v.Person.scan()...)
	err = s.cfg.Console.QueryRow(ctx, `SELECT s.subject, `+sessionColumns+`, `+personColumns+`
		FROM session s JOIN person p ON p.id = s.person WHERE s.id = $1 AND s.ended_at IS NULL`, who.Session).Scan(into...)
	if err := ignoreNone(err); err != nil {
		return v, false, pg.Map(err)
	}
	return v, v.Session.ID != "" && s.live(r, &v, subject), nil
}

// clip bounds a foreign text.
func clip(text string, most int) string {
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "\uFFFD")
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "")
}
