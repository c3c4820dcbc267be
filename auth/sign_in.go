package auth

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/oauth2"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
)

const (
	// signInTime is how long somebody may take at the provider.
	signInTime = 10 * time.Minute
	// maxSignIns is how many sign-ins may be under way. Beginning one takes no
	// right, so with more the oldest are forgotten: whoever floods the table must
	// begin all of them anew while one person is at the provider.
	maxSignIns = 20_000
	// tidyEvery is how many sign-ins are begun until the oldest are looked for.
	tidyEvery = 100
)

// SignInCookieName is the cookie that binds a sign-in under way to the browser
// that began it.
func (s *Service) SignInCookieName() string { return s.cookieName("cratewarden-sign-in") }

func (s *Service) provider(id string) (provider, error) {
	for _, p := range s.providers {
		if p.settings().ID == id {
			return p, nil
		}
	}
	return nil, cratewarden.Errorf(cratewarden.NotFound, "Nobody signs in with that here. Choose one of the ways on the sign-in page.")
}

// BeginSignIn gives the provider's address to send the browser to, and a cookie
// that the browser must bring back from there. back is the page to go on to
// afterwards; anything but a page of this console becomes the home page.
func (s *Service) BeginSignIn(ctx context.Context, id, back string) (address string, cookie *http.Cookie, err error) {
	p, err := s.provider(id)
	if err != nil {
		return "", nil, err
	}
	v := voyage{state: newSecret(), nonce: newSecret(), verifier: oauth2.GenerateVerifier()}
	if address, err = p.address(ctx, v); err != nil {
		return "", nil, err
	}
	browser := newSecret()
	_, err = s.cfg.Console.Exec(ctx, `INSERT INTO sign_in (state, browser, provider, nonce, verifier, back, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		hashOf(v.state), hashOf(browser), id, v.nonce, v.verifier, localPath(back), s.clock().Add(signInTime))
	if err == nil && s.begun.Add(1)%tidyEvery == 0 {
		_, err = s.cfg.Console.Exec(ctx, `DELETE FROM sign_in WHERE state IN (SELECT state FROM sign_in ORDER BY expires_at DESC, state OFFSET $1)`, maxSignIns)
	}
	if err != nil {
		return "", nil, pg.Map(err)
	}
	cookie = s.cookie("cratewarden-sign-in", browser)
	cookie.MaxAge = int(signInTime.Seconds())
	return address, cookie, nil
}

// FinishSignIn takes what the provider's redirect brought, and the value of the
// cookie of BeginSignIn. It gives a session that never was before. Whatever it
// answers, the same redirect is worth nothing a second time.
func (s *Service) FinishSignIn(ctx context.Context, id string, query url.Values, browser string, from From) (SignedIn, error) {
	p, err := s.provider(id)
	if err != nil {
		return SignedIn{}, err
	}
	v, back, err := s.land(ctx, id, query, browser)
	if err != nil {
		return SignedIn{}, err
	}
	if err := checkReturn(ctx, p, query); err != nil {
		return SignedIn{}, err
	}
	c, err := p.who(ctx, query.Get("code"), v)
	if err != nil {
		return SignedIn{}, err
	}
	in, err := s.admit(ctx, p.settings(), c, BrowserSession, from)
	in.Back = back
	return in, err
}

// land takes up the sign-in that a state belongs to. The state is gone from then
// on, so that a redirect that somebody saw cannot be played again.
func (s *Service) land(ctx context.Context, id string, query url.Values, browser string) (v voyage, back string, err error) {
	v.state = query.Get("state")
	var cookie []byte
	var provider string
	var ends time.Time
	err = s.cfg.Console.QueryRow(ctx, `DELETE FROM sign_in WHERE state = $1 RETURNING browser, provider, nonce, verifier, back, expires_at`, hashOf(v.state)).
		Scan(&cookie, &provider, &v.nonce, &v.verifier, &back, &ends)
	switch {
	case errors.Is(err, pgx.ErrNoRows), err == nil && !s.clock().Before(ends):
		return v, "", cratewarden.Errorf(cratewarden.Refused, "This sign-in was used already or took longer than 10 minutes. Begin again.")
	case err != nil:
		return v, "", pg.Map(err)
	case provider != id || len(query["state"]) != 1 || subtle.ConstantTimeCompare(cookie, hashOf(browser)) != 1:
		return v, "", cratewarden.Errorf(cratewarden.Refused, "This sign-in was begun in another browser or in another way. Begin again, and allow this site its cookies.")
	}
	return v, back, nil
}

// checkReturn refuses an answer that is not this provider's or brings no code.
func checkReturn(ctx context.Context, p provider, query url.Values) error {
	name := p.settings().Name
	if len(query["iss"]) > 1 || len(query["code"]) > 1 || len(query["error"]) > 1 {
		return cratewarden.Errorf(cratewarden.Invalid, "The answer of %s says something twice. Begin again.", name)
	}
	ours, err := p.issued(ctx, query.Get("iss"))
	switch {
	case err != nil:
		return err
	case !ours:
		return cratewarden.Errorf(cratewarden.Refused, "The answer to this sign-in came from another place than %s, so nobody was signed in. Begin again.", name)
	case query.Get("error") == "access_denied":
		return cratewarden.Errorf(cratewarden.Refused, "%s says that you declined. Begin again to sign in.", name)
	case query.Has("error"):
		return cratewarden.Wrap(errors.New("provider's answer: "+word(query.Get("error"))), cratewarden.Unavailable,
			"%s could not sign you in. Try again in a minute, or sign in another way.", name)
	case query.Get("code") == "" || len(query.Get("code")) > 4096:
		return cratewarden.Errorf(cratewarden.Invalid, "The answer of %s holds no code. Begin again.", name)
	}
	return nil
}

// admit opens a session for an account if it is on the list of people.
func (s *Service) admit(ctx context.Context, from ProviderConfig, c claim, kind SessionKind, where From) (SignedIn, error) {
	r := s.fresh(ctx)
	if r.At.IsZero() {
		return SignedIn{}, cratewarden.Errorf(cratewarden.Unavailable, "The list of people could not be read yet, so nobody can sign in. Try again in a minute.")
	}
	if err := s.settle(ctx, r); err != nil {
		return SignedIn{}, err
	}
	if _, ok := r.member([]Identity{c.Identity}); !ok {
		return SignedIn{}, s.stranger(ctx, r, from, c, where)
	}
	if i, _ := r.member([]Identity{c.Identity}); r.Members[i].GitHubID > 0 {
		s.link(ctx, r.Members[i].GitHubID)
	}
	p, err := s.person(ctx, r, `p.listed AND p.id = (SELECT i.person FROM identity i WHERE i.provider = $1 AND i.subject = $2)`, c.Provider, c.Subject)
	if cratewarden.KindOf(err) == cratewarden.NotFound || err == nil && !p.Listed { // a newer list says so, which another process read
		return SignedIn{}, s.stranger(ctx, r, from, c, where)
	}
	if err != nil {
		return SignedIn{}, err
	}
	var in SignedIn
	err = pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error {
		now := s.clock()
		var still bool // on the list, while another process takes a newer one over
		if err := tx.QueryRow(ctx, `SELECT listed AND EXISTS (SELECT FROM identity i WHERE i.provider = $2 AND i.subject = $3 AND i.person = person.id)
			FROM person WHERE id = $1 FOR NO KEY UPDATE`, p.ID, c.Provider, c.Subject).Scan(&still); err != nil {
			return err
		}
		if !still {
			return unsigned()
		}
		if _, err := tx.Exec(ctx, `UPDATE identity SET last_at = $3, login = CASE WHEN $4 = '' THEN login ELSE $4 END WHERE provider = $1 AND subject = $2`,
			c.Provider, c.Subject, now, c.Login); err != nil {
			return err
		}
		if i, ok := r.member(p.Identities); ok && c.mail != "" && r.Members[i].Mail == "" {
			if _, err := tx.Exec(ctx, `UPDATE person SET mail = $2 WHERE id = $1`, p.ID, c.mail); err != nil {
				return err
			}
		}
		in, err = s.begin(ctx, tx, p, c.Identity, kind, where)
		return err
	})
	return in, err
}

// stranger refuses an account that is not on the list, and says what whoever
// keeps the list needs to know. The ledger keeps the number where it can be
// erased.
func (s *Service) stranger(ctx context.Context, r *roster, p ProviderConfig, c claim, where From) error {
	if s.told.take("stranger\x00"+c.Provider+"\x00"+c.Subject, s.clock(), refusedEvery) && s.told.take("strangers", s.clock(), time.Second) {
		err := pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error {
			return s.note(ctx, tx, ledger.Entry{Kind: ledger.Refusal, Action: "session.begin", Actor: ledger.Actor{ID: "stranger"},
				Details:  map[string]string{"rule": "role", "why": "not on the list of people", "provider": c.Provider},
				Personal: personal(From{Address: where.Address, Agent: c.Subject})})
		})
		if err != nil {
			s.log.ErrorContext(ctx, "a refused sign-in was not written to the ledger", "error", err)
		}
	}
	what := "account"
	if _, err := strconv.ParseInt(c.Subject, 10, 64); err == nil {
		what = "account number"
	}
	return cratewarden.Errorf(cratewarden.Refused, "You are signed in at %s with the %s %s, which the list of people gives no role here. Roles come from %s; ask whoever keeps it to add that number.",
		p.Name, what, clip(c.Subject, 100), sourceOf(r))
}

func sourceOf(r *roster) string {
	if r.Source == "" {
		return "the list of people"
	}
	return r.Source
}

// PretendSignIn lets a visitor be somebody of a made-up list, without asking
// anybody. It is refused unless the settings allow it.
func (s *Service) PretendSignIn(ctx context.Context, memberKey string, kind SessionKind, from From) (SignedIn, error) {
	if !s.cfg.Pretend {
		return SignedIn{}, cratewarden.Errorf(cratewarden.Refused, "Pretended sign-in is only for a made-up registry on this machine.")
	}
	if kind != ProgramSession {
		kind = BrowserSession
	}
	for _, m := range s.fresh(ctx).Members {
		if m.Key() == memberKey || strings.EqualFold(m.Name, memberKey) {
			in, err := s.admit(ctx, ProviderConfig{ID: pretend, Name: "this demo"}, claim{Identity: Identity{Provider: pretend, Subject: m.Key(), Login: m.Login}}, kind, from)
			in.Back = "/"
			return in, err
		}
	}
	return SignedIn{}, cratewarden.Errorf(cratewarden.NotFound, "Nobody on the made-up list of people is called %q.", clip(memberKey, 60))
}
