package auth_test

import (
	"context"
	"hash/crc32"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/auth"
	"cratewarden/ledger"
	"cratewarden/pg/pgtest"
)

func order(change ...func(*auth.TokenOrder)) auth.TokenOrder {
	o := auth.TokenOrder{Name: "nightly report", Roles: []cratewarden.Role{cratewarden.Responder}, Days: 30}
	for _, c := range change {
		c(&o)
	}
	return o
}

// bot makes an API token and gives the program that has it.
func (c *came) bot(o auth.TokenOrder) (*came, auth.APIToken) {
	c.t.Helper()
	text, token, err := c.MakeAPIToken(c.t.Context(), c.who(), o)
	if err != nil {
		c.t.Fatal(err)
	}
	return &came{town: c.town, token: text, bearer: true}, token
}

func TestAPIToken(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	ada := tn.in(1)
	_, _, err := tn.MakeAPIToken(t.Context(), ada.who(), order())
	fails(t, err, cratewarden.Refused, "passkey")
	bot, token := ada.stepped().bot(order(func(o *auth.TokenOrder) { o.Acts = []string{"plan.draft", "look"} }))
	// The pattern of docs/sign-in.md, by which scanners find leaked tokens.
	if !regexp.MustCompile(`^cwd_[A-Za-z0-9_-]{43}[0-9A-Za-z]{6}$`).MatchString(bot.token) {
		t.Errorf("token %q", bot.token)
	}
	if sum := crc32.ChecksumIEEE([]byte(bot.token[4:47])); base62(sum) != bot.token[47:] {
		t.Errorf("checksum %q, want %q", bot.token[47:], base62(sum))
	}
	v := bot.who()
	if v.Token == nil || v.Token.ID != token.ID || v.Person.Name != "Ada" || v.Session.ID != "" || v.SteppedUp(tn.clock()) {
		t.Errorf("%+v", v)
	}
	a := v.Actor
	if !a.Token || a.Session != token.ID || !slices.Equal(a.Roles, []cratewarden.Role{cratewarden.Responder}) || !slices.Equal(a.Acts, []string{"look", "plan.draft"}) {
		t.Errorf("%+v", a)
	}
	now, err := tn.Current(t.Context(), a)
	if err != nil || !now.Token || !slices.Equal(now.Roles, a.Roles) {
		t.Errorf("%+v, %v", now, err)
	}
	list, err := tn.APITokens(t.Context(), v.Person.ID)
	if err != nil || len(list) != 1 || list[0].Used == nil || !list[0].Expires.Equal(list[0].Created.AddDate(0, 0, 30)) {
		t.Errorf("%+v, %v", list, err)
	}
	if n := tn.entries(ledger.Note, "api-token.make"); n != 1 {
		t.Errorf("%d entries", n)
	}
	told := tn.notices("api-token.made")
	if len(told) != 1 || !slices.Equal(told[0].To, []string{v.Person.ID}) || !slices.Equal(told[0].Roles, []cratewarden.Role{cratewarden.Platform}) ||
		told[0].Path != "/people/"+v.Person.ID || strings.Contains(told[0].Title+told[0].Text, "nightly report") || !strings.Contains(told[0].Text, "responder, for 2 actions") {
		t.Errorf("%+v", told)
	}
}

func base62(sum uint32) string {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	out := make([]byte, 6)
	for i := range out {
		out[5-i], sum = digits[sum%62], sum/62
	}
	return string(out)
}

// A token never has more than its owner gives and has, now.
func TestTokenPrivilegeWidening(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	bo := tn.in(2).stepped()
	for name, change := range map[string]func(*auth.TokenOrder){
		"a role of others":             func(o *auth.TokenOrder) { o.Roles = append(o.Roles, cratewarden.Remover) },
		"no role":                      func(o *auth.TokenOrder) { o.Roles = nil },
		"a role that is none":          func(o *auth.TokenOrder) { o.Roles = []cratewarden.Role{"root"} },
		"an act for persons":           func(o *auth.TokenOrder) { o.Acts = []string{"plan.approve"} },
		"deleting":                     func(o *auth.TokenOrder) { o.Acts = []string{"version.delete"} },
		"an act of another role":       func(o *auth.TokenOrder) { o.Acts = []string{"crate.limits"} },
		"an act that is none":          func(o *auth.TokenOrder) { o.Acts = []string{"look", "everything"} },
		"making tokens":                func(o *auth.TokenOrder) { o.Acts = []string{"own.api-token"} },
		"longer than 90 days":          func(o *auth.TokenOrder) { o.Days = 91 },
		"for ever":                     func(o *auth.TokenOrder) { o.Days = 0 },
		"before it began":              func(o *auth.TokenOrder) { o.Days = -1 },
		"no name":                      func(o *auth.TokenOrder) { o.Name = " " },
		"a name with a zero":           func(o *auth.TokenOrder) { o.Name = "a\x00b" },
		"a network that is none":       func(o *auth.TokenOrder) { o.Networks = []string{"everywhere"} },
		"a network in other clothes":   func(o *auth.TokenOrder) { o.Networks = []string{"::ffff:192.0.2.0/120"} },
		"a network with a zone":        func(o *auth.TokenOrder) { o.Networks = []string{"fe80::1%eth0"} },
		"more networks than there are": func(o *auth.TokenOrder) { o.Networks = slices.Repeat([]string{"192.0.2.0/24"}, 21) },
	} {
		if _, _, err := tn.MakeAPIToken(t.Context(), bo.who(), order(change)); cratewarden.KindOf(err) != cratewarden.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	ada := tn.in(1).stepped()
	bot, _ := ada.bot(order(func(o *auth.TokenOrder) { o.Roles = []cratewarden.Role{cratewarden.Responder, cratewarden.Remover} }))
	narrow, _ := ada.bot(order(func(o *auth.TokenOrder) { o.Acts = []string{"look"} }))
	may := func(who *came, act string, want bool) {
		t.Helper()
		if err := tn.May(t.Context(), who.who(), act); (err == nil) != want {
			t.Errorf("%s: %v", act, err)
		}
	}
	may(bot, "plan.draft", true)
	may(narrow, "look", true)
	may(narrow, "plan.draft", false)
	for _, act := range []string{"plan.approve", "plan.break-glass", "version.delete", "personal.open", "own.api-token", "own.passkey", "person.end-session", "person.enrol", "evidence.seal", "nothing"} {
		may(bot, act, false)
	}
	// It makes no token, asks no step-up, answers no program and ends nobody's session.
	_, _, err := tn.MakeAPIToken(t.Context(), bot.who(), order())
	fails(t, err, cratewarden.Refused)
	_, err = tn.AskStepUp(t.Context(), bot.who(), auth.About{})
	fails(t, err, cratewarden.Refused)
	_, err = tn.Asked(t.Context(), bot.who(), "BCDF-GHJK")
	fails(t, err, cratewarden.Refused)
	fails(t, tn.EndSession(t.Context(), bot.who(), ada.who().Session.ID), cratewarden.Refused)
	fails(t, tn.RevokeAPIToken(t.Context(), narrow.who(), bot.who().Token.ID), cratewarden.Refused)
	// What the owner lost, the token lost.
	tn.people(member(1, "Ada", cratewarden.Remover), member(2, "Bo", cratewarden.Responder))
	if a := bot.who().Actor; !slices.Equal(a.Roles, []cratewarden.Role{cratewarden.Remover}) {
		t.Errorf("%+v", a)
	}
	narrow.out() // its only role is gone
	if a, err := tn.Current(t.Context(), bot.who().Actor); err != nil || a.Has(cratewarden.Responder) {
		t.Errorf("%+v, %v", a, err)
	}
}

// Whatever is wrong with a token, its holder hears the same; the ledger knows.
func TestRefusedTokens(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	ada := tn.in(1).stepped()
	revoked, r := ada.bot(order())
	expired, _ := ada.bot(order(func(o *auth.TokenOrder) { o.Days = 1 }))
	fenced, _ := ada.bot(order(func(o *auth.TokenOrder) {
		o.Days, o.Networks = 90, []string{"198.51.100.0/24", "2001:db8::/32", "203.0.113.9"}
	}))
	if err := tn.RevokeAPIToken(t.Context(), ada.who(), r.ID); err != nil {
		t.Fatal(err)
	}
	if err := tn.RevokeAPIToken(t.Context(), ada.who(), r.ID); err != nil {
		t.Errorf("revoked twice: %v", err)
	}
	tn.pass(24 * time.Hour)
	ada.out()
	unknown := &came{town: tn, token: "cwd_" + strings.Repeat("A", 49), bearer: true}
	var words []string
	for _, bot := range []*came{revoked, expired, fenced, unknown} {
		for range 3 {
			_, err := bot.visit()
			fails(t, err, cratewarden.Unsigned)
			words = append(words, err.Error())
		}
	}
	if len(slices.Compact(words)) != 1 {
		t.Errorf("%q", words)
	}
	if n := tn.entries(ledger.Refusal, "api-token.use"); n != 3 { // each once, however often it was tried
		t.Errorf("%d refusals in the ledger", n)
	}
	for address, ok := range map[string]bool{"198.51.100.77": true, "2001:db8:1::1": true, "203.0.113.9": true, "::ffff:198.51.100.7": true,
		"203.0.113.10": false, "192.0.2.7": false, "": false, "198.51.100.7, 192.0.2.1": false, "2001:db9::1": false} {
		if _, err := tn.Visit(fenced.request(), auth.From{Address: address}); (err == nil) != ok {
			t.Errorf("from %q: %v", address, err)
		}
	}
}

func TestTokensAreRevokedByWhoMay(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	ada, bo := tn.in(1), tn.in(2).stepped()
	bot, token := bo.bot(order())
	other, _ := bo.bot(order())
	fails(t, tn.RevokeAPIToken(t.Context(), ada.who(), token.ID), cratewarden.Refused, "passkey")
	fails(t, tn.RevokeAPIToken(t.Context(), tn.in(3).stepped().who(), token.ID), cratewarden.Refused, "role")
	bot.who()
	if err := tn.RevokeAPIToken(t.Context(), ada.stepped().who(), token.ID); err != nil {
		t.Fatal(err)
	}
	bot.out()
	if err := tn.RevokeAPIToken(t.Context(), other.who(), other.who().Token.ID); err != nil { // a program may give its own up
		t.Fatal(err)
	}
	other.out()
	list, err := tn.APITokens(t.Context(), bo.who().Person.ID)
	if err != nil || len(list) != 2 || list[0].Revoked == nil || list[1].RevokeBy == "" {
		t.Errorf("%+v, %v", list, err)
	}
	fails(t, tn.RevokeAPIToken(t.Context(), ada.who(), "tnothing"), cratewarden.NotFound)
}

func TestTokensAreFew(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	bo := tn.in(2).stepped()
	for range 50 {
		bo.bot(order())
	}
	_, _, err := tn.MakeAPIToken(t.Context(), bo.who(), order())
	fails(t, err, cratewarden.Refused, "Revoke one")
}

// tracer counts the statements of a pool.
type tracer struct {
	mu   sync.Mutex
	list []string
}

func (tr *tracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.list = append(tr.list, d.SQL)
	return ctx
}

func (tr *tracer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (tr *tracer) take() []string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	list := tr.list
	tr.list = nil
	return list
}

// Timing of token lookup: before the answer a wrong secret does the work of a
// right one, so that how long it takes tells nothing. Counted is the work, not
// the time: one and the same statement, by the index of hashes.
func TestTimingOfTokenLookup(t *testing.T) {
	t.Parallel()
	tr := &tracer{}
	url := pgtest.URL(t, consoleTemplate())
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	cfg.ConnConfig.Tracer = tr
	cfg.ConnConfig.RuntimeParams["enable_seqscan"] = "off" // the tables of a test are too small for an index
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	tn := newTown(t, func(c *auth.Config) { c.Console, c.Ledger = pool, ledger.New(ledger.Config{DB: pool, Clock: c.Clock}) })
	tn.db = pool
	ada := tn.in(1).stepped()
	bot, _ := ada.bot(order())
	revoked, r := ada.bot(order())
	if err := tn.RevokeAPIToken(t.Context(), ada.who(), r.ID); err != nil {
		t.Fatal(err)
	}
	bot.who() // its use is written down, once in half a minute
	revoked.out()
	tn.Wait()
	work := func(c *came) []string {
		tr.take()
		_, _ = c.visit()
		return tr.take()
	}
	for name, kind := range map[string]struct {
		right *came
		wrong []*came
	}{
		"API token": {bot, []*came{revoked, {town: tn, token: "cwd_", bearer: true}, {town: tn, token: bot.token[:52] + "!", bearer: true}, {town: tn, token: "cwd_" + strings.Repeat("A", 49), bearer: true}, {town: tn, token: "cwd_" + strings.Repeat("x", 5000), bearer: true}}},
		"session":   {ada, []*came{{town: tn, token: "A"}, {town: tn, token: ada.token[:42] + "!"}, {town: tn, token: strings.Repeat("A", 43)}}},
	} {
		want := work(kind.right)
		if len(want) != 1 || !strings.Contains(want[0], ".token = $1") {
			t.Fatalf("%s: %d statements: %q", name, len(want), want)
		}
		for i, c := range kind.wrong {
			if got := work(c); !slices.Equal(got, want) {
				t.Errorf("%s %d: %q", name, i, got)
			}
			c.out()
		}
		plan := strings.Join(explain(t, pool, want[0], name == "session"), "\n")
		if !strings.Contains(plan, "_token_key") {
			t.Errorf("%s: not by the index of hashes:\n%s", name, plan)
		}
	}
}

// explain gives the plan of a lookup.
func explain(t *testing.T, db *pgxpool.Pool, sql string, session bool) (out []string) {
	t.Helper()
	args := []any{[]byte("hash")}
	if session {
		args = append(args, "browser")
	}
	rows, err := db.Query(t.Context(), `EXPLAIN `+sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	out, err = pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Everything a token can be given is something that the table lets tokens do.
func TestTokenActsAreOfTheTable(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	ada := tn.in(1).stepped()
	for _, rule := range access.Table() {
		_, _, err := tn.MakeAPIToken(t.Context(), ada.who(), order(func(o *auth.TokenOrder) {
			o.Roles, o.Acts = []cratewarden.Role{cratewarden.Platform, cratewarden.Remover, cratewarden.Responder}, []string{rule.Act}
		}))
		if !rule.Token && err == nil {
			t.Errorf("a token was given %s", rule.Act)
		}
	}
}
