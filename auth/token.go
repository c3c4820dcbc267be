package auth

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"hash/crc32"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// tokenPrefix begins every API token, so that people and scanners know one when
// they see it.
const tokenPrefix = "cwd_"

// MaxTokenDays is the longest life of an API token.
const MaxTokenDays = 90

// Limits of a person's API tokens.
const (
	maxTokens    = 50
	maxTokenName = 100
	maxNetworks  = 20
)

// TokenOrder is what an API token shall be.
type TokenOrder struct {
	Name  string             `json:"name"`
	Roles []cratewarden.Role `json:"roles"` // some of the owner's
	// Acts are the only acts it may do; all that its roles and the rules for
	// tokens allow when empty.
	Acts []string `json:"acts,omitempty"`
	// Networks are the address ranges it may come from; any when empty.
	Networks []string `json:"networks,omitempty"`
	Days     int      `json:"days"` // 1 to MaxTokenDays
}

// newToken gives a token's plaintext. The last six letters are a checksum, by
// which a scanner tells tokens from look-alikes without asking anybody; the
// server looks up whatever it is shown, so that a wrong checksum takes as long
// as a wrong secret.
func newToken() string {
	secret := newSecret()
	return tokenPrefix + secret + tokenSum(secret)
}

func tokenSum(secret string) string {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	sum := crc32.ChecksumIEEE([]byte(secret))
	out := make([]byte, 6)
	for i := range out {
		out[5-i] = digits[sum%62]
		sum /= 62
	}
	return string(out)
}

// MakeAPIToken gives a program a right of the visitor's. The plaintext is in the
// answer and nowhere else.
func (s *Service) MakeAPIToken(ctx context.Context, v Visitor, o TokenOrder) (plaintext string, t APIToken, err error) {
	if err := s.May(ctx, v, "own.api-token"); err != nil {
		return "", t, err
	}
	networks, err := o.check(v)
	if err != nil {
		return "", t, err
	}
	now := s.clock().Truncate(time.Microsecond)
	plaintext = newToken()
	t = APIToken{ID: newID("t"), Person: v.Person.ID, Name: o.Name, Roles: o.Roles, Acts: o.Acts, Networks: o.Networks,
		Created: now, Expires: now.AddDate(0, 0, o.Days)}
	err = pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error {
		var open int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM api_token WHERE person = $1 AND revoked_at IS NULL AND expires_at > $2`, v.Person.ID, now).Scan(&open); err != nil {
			return err
		}
		if open >= maxTokens {
			return cratewarden.Errorf(cratewarden.Refused, "You have %d API tokens, and more is not allowed. Revoke one that nobody uses.", open)
		}
		_, err := tx.Exec(ctx, `INSERT INTO api_token (id, token, person, name, roles, acts, networks, created_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, t.ID, hashOf(plaintext), t.Person, t.Name, t.Roles, notNil(t.Acts), networks, t.Created, t.Expires)
		if err != nil {
			return err
		}
		if err := s.tell(ctx, tx, tokenNotice(v.Person, t)); err != nil {
			return err
		}
		return s.note(ctx, tx, ledger.Entry{Kind: ledger.Note, Action: "api-token.make", Actor: actorOf(v.Person), Session: v.Actor.Session,
			Subjects: []ledger.Subject{{Kind: "console-token", ID: t.ID}},
			Details: map[string]string{"roles": access.RoleList(t.Roles), "acts": clip(strings.Join(t.Acts, " "), 2000),
				"networks": fmt.Sprint(len(t.Networks)), "expires": t.Expires.Format(time.RFC3339)}})
	})
	if err != nil {
		return "", APIToken{}, err
	}
	return plaintext, t, nil
}

func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// check refuses an order that goes beyond what the owner has or tokens may.
func (o *TokenOrder) check(v Visitor) ([]netip.Prefix, error) {
	invalid := func(format string, args ...any) error {
		return cratewarden.Errorf(cratewarden.Invalid, format, args...)
	}
	o.Name = strings.TrimSpace(o.Name)
	switch {
	case v.Token != nil || v.Session.ID == "":
		return nil, cratewarden.Errorf(cratewarden.Refused, "An API token cannot make another. Sign in.")
	case o.Name == "" || len(o.Name) > maxTokenName || clip(o.Name, maxTokenName) != o.Name:
		return nil, invalid("Name the API token by what will use it, in at most %d letters.", maxTokenName)
	case o.Days < 1 || o.Days > MaxTokenDays:
		return nil, invalid("An API token lives from 1 to %d days.", MaxTokenDays)
	case len(o.Roles) == 0:
		return nil, invalid("Give the API token at least one of your roles.")
	case len(o.Networks) > maxNetworks:
		return nil, invalid("An API token has at most %d address ranges.", maxNetworks)
	}
	slices.Sort(o.Roles)
	o.Roles = slices.Compact(o.Roles)
	for _, role := range o.Roles {
		if !hasRole(v.Person.roles(), role) {
			return nil, invalid("You do not have the role %q, so you cannot give it away.", clip(string(role), 40))
		}
	}
	if err := o.checkActs(); err != nil {
		return nil, err
	}
	out := make([]netip.Prefix, 0, len(o.Networks)) // the column knows no NULL
	for i, text := range o.Networks {
		p, err := readNetwork(text)
		if err != nil {
			return nil, invalid("%q is not an address range. It should look like 192.0.2.0/24 or 2001:db8::/32.", clip(text, 60))
		}
		o.Networks[i] = p.String()
		out = append(out, p)
	}
	return out, nil
}

func (o *TokenOrder) checkActs() error {
	slices.Sort(o.Acts)
	o.Acts = slices.Compact(o.Acts)
	for _, act := range o.Acts {
		rule, known := access.Of(act)
		switch {
		case !known || act == access.Public:
			return cratewarden.Errorf(cratewarden.Invalid, "There is no act %q.", clip(act, 60))
		case !rule.Token:
			return cratewarden.Errorf(cratewarden.Invalid, "“%s” may not be done with an API token, so it cannot be given to one.", rule.Title)
		case len(rule.Roles) > 0 && !slices.ContainsFunc(rule.Roles, func(r cratewarden.Role) bool { return hasRole(o.Roles, r) }):
			return cratewarden.Errorf(cratewarden.Invalid, "“%s” takes the role %s, which the API token would not have.", rule.Title, access.RoleList(rule.Roles))
		}
	}
	return nil
}

// readNetwork takes a range, or one address for a range of itself.
func readNetwork(text string) (netip.Prefix, error) {
	text = strings.TrimSpace(text)
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err == nil && p.Addr().Is4In6() {
		err = errors.New("an IPv4 range in IPv6 clothes")
	}
	return p.Masked(), err
}

const tokenColumns = `t.id, t.person, t.name, t.roles, t.acts, t.networks, t.created_at, t.expires_at, t.used_at, t.revoked_at, coalesce(t.revoked_by, '')`

// tokenRow is an API token as it is stored.
type tokenRow struct {
	APIToken
	networks []netip.Prefix
}

func (t *tokenRow) scan() []any {
	return []any{&t.ID, &t.Person, &t.Name, &t.Roles, &t.Acts, &t.networks, &t.Created, &t.Expires, &t.Used, &t.Revoked, &t.RevokeBy}
}

func (t *tokenRow) complete() {
	for _, n := range t.networks {
		t.Networks = append(t.Networks, n.String())
	}
	for _, at := range []*time.Time{&t.Created, &t.Expires, t.Used, t.Revoked} {
		if at != nil {
			*at = at.UTC()
		}
	}
}

// allows says whether the token may come from an address.
func (t *tokenRow) allows(address string) bool {
	if len(t.networks) == 0 {
		return true
	}
	a, err := netip.ParseAddr(address)
	return err == nil && slices.ContainsFunc(t.networks, func(n netip.Prefix) bool { return n.Contains(a.Unmap().WithZone("")) })
}

// visitToken finds the API token of a secret. Whatever is wrong with one, the
// answer and the work before it are the same; what was wrong is written to the
// ledger after the answer.
func (s *Service) visitToken(ctx context.Context, list *roster, secret string, from From) (Visitor, error) {
	hash := hashOf(secret)
	var v Visitor
	var row tokenRow
	var found []byte
	into := append(append([]any{&found}, row.scan()...), v.Person.scan()...)
	err := s.cfg.Console.QueryRow(ctx, `SELECT t.token, `+tokenColumns+`, `+personColumns+`
		FROM api_token t JOIN person p ON p.id = t.person WHERE t.token = $1`, hash).Scan(into...)
	if err := ignoreNone(err); err != nil {
		return Visitor{}, pg.Map(err)
	}
	known := subtle.ConstantTimeCompare(found, hash) == 1
	why := s.tokenWrong(list, &v, &row, &from)
	switch {
	case !known:
		return Visitor{}, unsigned()
	case why != "":
		s.tokenRefused(ctx, v.Person, row.ID, why, from)
		return Visitor{}, unsigned()
	}
	s.touchToken(ctx, row.APIToken, from)
	return v, nil
}

// tokenWrong says in a word what is wrong with a token found, "" for nothing,
// and completes its visitor. from is nil where the address does not matter.
func (s *Service) tokenWrong(r *roster, v *Visitor, row *tokenRow, from *From) string {
	row.complete()
	r.complete(&v.Person)
	v.Token = &row.APIToken
	v.Actor = s.actor(*v)
	switch {
	case row.Revoked != nil:
		return "revoked"
	case !s.clock().Before(row.Expires):
		return "expired"
	case !v.Person.Listed:
		return "owner not listed"
	case from != nil && !row.allows(from.Address):
		return "network"
	case len(v.Actor.Roles) == 0:
		return "owner lost the roles"
	}
	return ""
}

// tokenAgain finds a token by its public id.
func (s *Service) tokenAgain(ctx context.Context, r *roster, id string) (v Visitor, ok bool, err error) {
	var row tokenRow
	err = s.cfg.Console.QueryRow(ctx, `SELECT `+tokenColumns+`, `+personColumns+`
		FROM api_token t JOIN person p ON p.id = t.person WHERE t.id = $1`, id).Scan(append(row.scan(), v.Person.scan()...)...)
	if err := ignoreNone(err); err != nil {
		return v, false, pg.Map(err)
	}
	return v, s.tokenWrong(r, &v, &row, nil) == "", nil
}

// tokenRefusedEvery is how often it is written that the same token was refused.
const tokenRefusedEvery = 10 * time.Minute

func (s *Service) tokenRefused(ctx context.Context, p Person, id, why string, from From) {
	if !s.told.take("token\x00"+id+"\x00"+why, s.clock(), tokenRefusedEvery) {
		return
	}
	s.later(ctx, "a refused API token was not written to the ledger", func(ctx context.Context) error {
		return pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error {
			return s.note(ctx, tx, ledger.Entry{Kind: ledger.Refusal, Action: "api-token.use", Actor: actorOf(p), Session: id,
				Subjects: []ledger.Subject{{Kind: "console-token", ID: id}}, Details: map[string]string{"rule": "token", "why": why},
				Personal: personal(from)})
		})
	})
}

// touchToken writes down a token's use, at most every half minute.
func (s *Service) touchToken(ctx context.Context, t APIToken, from From) {
	now := s.clock()
	if t.Used != nil && now.Sub(*t.Used) < touchEvery {
		return
	}
	if _, err := s.cfg.Console.Exec(ctx, `UPDATE api_token SET used_at = $2, used_from = $3 WHERE id = $1`, t.ID, now, clip(from.Address, 100)); err != nil {
		s.log.WarnContext(ctx, "an API token's use was not written down", "error", err)
	}
}
