package auth_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"cratewarden"
	"cratewarden/auth"
	"cratewarden/auth/authtest"
	"cratewarden/ledger"
)

// settle takes the list over, as the background work does.
func (tn *town) settle() {
	tn.t.Helper()
	if err := auth.Settle(tn.t.Context(), tn.Service); err != nil {
		tn.t.Fatal(err)
	}
}

// names are the people that the console knows, with their roles.
func (tn *town) names() (out []string) {
	tn.t.Helper()
	list, err := tn.People(tn.t.Context())
	if err != nil {
		tn.t.Fatal(err)
	}
	for _, p := range list {
		text := p.Name
		for _, g := range p.Roles {
			text += " " + string(g.Role)
		}
		if !p.Listed {
			text += " -"
		}
		out = append(out, text)
	}
	return out
}

// Who is not on the list is told their number, and leaves no person behind.
func TestStranger(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	tn.hub.Sit(authtest.Account{Number: 4711, Login: "mallory", Mail: "mallory@example.org"})
	for range 3 {
		_, err := authtest.SignIn(t.Context(), tn.Service, "github", "/", laptop)
		fails(t, err, cratewarden.Refused, "GitHub", "4711", "the team repository")
	}
	tn.idp.Sit(authtest.Account{ID: "1", Login: "ada"}) // a number that is somebody's at GitHub
	_, err := authtest.SignIn(t.Context(), tn.Service, "example-id", "/", laptop)
	fails(t, err, cratewarden.Refused, "Example ID", "1")
	if n := tn.count(`SELECT (SELECT count(*) FROM session) + (SELECT count(*) FROM person WHERE name NOT IN ('Ada', 'Bo', 'Vera'))`); n != 0 {
		t.Error("something of a stranger was kept")
	}
	if n := tn.entries(ledger.Refusal, "session.begin"); n != 1 { // within one second
		t.Errorf("%d refusals in the ledger", n)
	}
	if n := tn.count(`SELECT count(*) FROM ledger_entry WHERE body LIKE '%4711%'`); n != 0 {
		t.Error("a stranger's number stands in the open part of the ledger")
	}
}

// A login that changed hands gives its new holder nothing, and takes nothing
// from the person who had it.
func TestLoginTakenOver(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	tn.hub.Sit(authtest.Account{Number: 1, Login: "ada"})
	first, err := authtest.SignIn(t.Context(), tn.Service, "github", "/", laptop)
	if err != nil {
		t.Fatal(err)
	}
	tn.hub.Sit(authtest.Account{Number: 99, Login: "ada"})
	_, err = authtest.SignIn(t.Context(), tn.Service, "github", "/", laptop)
	fails(t, err, cratewarden.Refused, "99")
	tn.hub.Sit(authtest.Account{Number: 1, Login: "ada-renamed"})
	again, err := authtest.SignIn(t.Context(), tn.Service, "github", "/", laptop)
	if err != nil || again.Person.ID != first.Person.ID {
		t.Errorf("another person: %v", err)
	}
}

// Another GitHub server has numbers of its own.
func TestNumbersOfAnotherGitHub(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	enterprise := authtest.NewGitHub(t)
	tn.cfg.Providers = append(tn.cfg.Providers, enterprise.Config("enterprise"))
	tn.Service = tn.another()
	enterprise.Sit(authtest.Account{Number: 1, Login: "ada"})
	_, err := authtest.SignIn(t.Context(), tn.Service, "enterprise", "/", laptop)
	fails(t, err, cratewarden.Refused)
	tn.link("enterprise", "1")
	in, err := authtest.SignIn(t.Context(), tn.Service, "enterprise", "/", laptop)
	if err != nil || in.Person.Name != "Bo" {
		t.Errorf("%q, %v", in.Person.Name, err)
	}
	tn.cfg.Providers = []auth.ProviderConfig{tn.idp.Config("github")}
	if _, err := auth.New(tn.cfg); cratewarden.KindOf(err) != cratewarden.Invalid {
		t.Errorf("an OpenID Connect provider called github: %v", err)
	}
}

// Several accounts of one member are one person, however they come, so nobody
// is a second person to themselves.
func TestTwoIdentitiesAreOnePerson(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	tn.link("example-id", "bo-at-work")
	tn.idp.Sit(authtest.Account{ID: "bo-at-work"})
	work, err := authtest.SignIn(t.Context(), tn.Service, "example-id", "/", laptop)
	if err != nil {
		t.Fatal(err)
	}
	home := tn.in(2).who()
	if work.Person.ID != home.Person.ID || work.Person.ID != home.Actor.ID || len(home.Person.Identities) != 2 {
		t.Errorf("%q and %q, %+v", work.Person.ID, home.Person.ID, home.Person.Identities)
	}
	// The account at work is taken off the list: its session ends, the other stays.
	tn.people(member(2, "Bo", cratewarden.Responder))
	(&came{town: tn, token: work.Token}).out()
	tn.settle()
	if n := tn.count(`SELECT count(*) FROM session WHERE ended_at IS NULL`); n != 1 {
		t.Errorf("%d sessions open", n)
	}
	_, err = authtest.SignIn(t.Context(), tn.Service, "example-id", "/", laptop)
	fails(t, err, cratewarden.Refused)
}

// Two people of the console whom the list says are one human become the elder;
// the other's rights end.
func TestPeopleAreJoined(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	second := member(22, "Bo at work", cratewarden.Remover)
	tn.people(member(1, "Ada", cratewarden.Platform), member(2, "Bo", cratewarden.Responder), second)
	bo := tn.in(2)
	tn.pass(1)
	work := tn.in(22)
	if bo.who().Person.ID == work.who().Person.ID {
		t.Fatal("one from the start")
	}
	joined := member(2, "Bo", cratewarden.Responder)
	joined.Identities = append(joined.Identities, identity("github", "22"))
	tn.people(member(1, "Ada", cratewarden.Platform), joined)
	work.out()
	tn.settle()
	bo.who()
	work.out()
	if again := tn.in(22).who(); again.Person.ID != bo.who().Person.ID || again.Person.Has(cratewarden.Remover) {
		t.Errorf("%+v", again.Person)
	}
	if got := tn.names(); !slices.Equal(got, []string{"Ada platform", "Bo responder", "Bo at work -"}) {
		t.Errorf("%q", got)
	}
}

// One person whom the list parts into two: each account goes with its member.
func TestPeopleAreParted(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	tn.link("example-id", "carl")
	tn.idp.Sit(authtest.Account{ID: "carl"})
	carl, err := authtest.SignIn(t.Context(), tn.Service, "example-id", "/", laptop)
	if err != nil {
		t.Fatal(err)
	}
	bo := tn.in(2)
	other := member(0, "Carl", cratewarden.Remover)
	other.Identities = append(other.Identities, identity("example-id", "carl"))
	tn.people(member(2, "Bo", cratewarden.Responder), other)
	(&came{town: tn, token: carl.Token}).out() // it was Bo's
	again, err := authtest.SignIn(t.Context(), tn.Service, "example-id", "/", laptop)
	if err != nil || again.Person.ID == carl.Person.ID || again.Person.Name != "Carl" || again.Person.Has(cratewarden.Responder) {
		t.Errorf("%+v, %v", again.Person, err)
	}
	if v := bo.who(); v.Person.ID != carl.Person.ID || v.Person.Has(cratewarden.Remover) || len(v.Person.Identities) != 1 {
		t.Errorf("%+v", v.Person)
	}
}

// An account that two members claim is nobody's.
func TestAccountClaimedTwice(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	tn.people(member(1, "Ada", cratewarden.Platform), member(1, "Ada again", cratewarden.Remover), member(2, "Bo", cratewarden.Responder))
	tn.hub.Sit(authtest.Account{Number: 1})
	_, err := authtest.SignIn(t.Context(), tn.Service, "github", "/", laptop)
	fails(t, err, cratewarden.Refused)
	tn.in(2)
}

// Who falls off the list is signed out at once, in every process, with all
// their tokens, and does not come back with them.
func TestRemovedPerson(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	ada, bo := tn.in(1), tn.in(2).stepped()
	text, token, err := tn.MakeAPIToken(t.Context(), bo.who(), auth.TokenOrder{Name: "bot", Roles: []cratewarden.Role{cratewarden.Responder}, Days: 90})
	if err != nil {
		t.Fatal(err)
	}
	bot := &came{town: tn, token: text, bearer: true}
	actor := bot.who().Actor
	person := bo.who().Person.ID
	tn.people(member(1, "Ada", cratewarden.Platform))
	bo.out()
	bot.out()
	ada.who()
	for _, who := range []string{token.ID, "nothing"} {
		actor.Session = who
		_, err = tn.Current(t.Context(), actor)
		fails(t, err, cratewarden.Unsigned)
	}
	tn.settle()
	p, err := tn.Person(t.Context(), person)
	if err != nil || p.Listed || len(p.Roles) != 0 {
		t.Errorf("%+v, %v", p, err)
	}
	_, err = authtest.SignIn(t.Context(), tn.Service, "github", "/", laptop)
	fails(t, err, cratewarden.Refused)
	tn.people(member(1, "Ada", cratewarden.Platform), member(2, "Bo", cratewarden.Responder))
	bo.out()
	bot.out()
	if v := tn.in(2).who(); v.Person.ID != person {
		t.Error("came back as somebody else")
	}
}

// A process that read an older list does not bring back what a newer one took.
func TestOlderListDoesNotCount(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	tn.in(2)
	late := tn.Last()
	slow := tn.another()
	tn.people(member(1, "Ada", cratewarden.Platform))
	tn.settle()
	tn.mu.Lock()
	tn.list = late
	tn.mu.Unlock()
	_, err := authtest.SignIn(t.Context(), slow, "github", "/", laptop)
	fails(t, err, cratewarden.Refused)
	if n := tn.count(`SELECT count(*) FROM session WHERE ended_at IS NULL`); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

// What the list changes is in the ledger with before and after, and told.
func TestRoleChangesAreRecordedAndTold(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	tn.settle()
	if n := tn.entries(ledger.Note, "person.roles"); n != 3 || len(tn.told) != 0 {
		t.Errorf("the first list: %d entries, %d notices", n, len(tn.told))
	}
	bo := member(2, "Bo", cratewarden.Responder, cratewarden.Remover)
	tn.people(member(1, "Ada", cratewarden.Platform, cratewarden.Remover, cratewarden.Responder), bo)
	var all sync.WaitGroup
	for range 4 { // several processes read it at the same time
		s := tn.another()
		all.Go(func() {
			if err := auth.Settle(t.Context(), s); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	tn.settle()
	if n := tn.entries(ledger.Note, "person.roles"); n != 5 {
		t.Errorf("%d entries", n)
	}
	var before, after string
	if err := tn.db.QueryRow(t.Context(), `SELECT body::jsonb->'details'->>'before', body::jsonb->'details'->>'after' FROM ledger_entry
		WHERE body::jsonb->'subjects'->0->>'name' = 'Bo' ORDER BY index DESC LIMIT 1`).Scan(&before, &after); err != nil {
		t.Fatal(err)
	}
	if before != "responder (team crates-io)" || after != "remover (team crates-io), responder (team crates-io)" {
		t.Errorf("%q, %q", before, after)
	}
	if len(tn.told) != 1 || !strings.Contains(tn.told[0].Text, "Bo: had responder") || !strings.Contains(tn.told[0].Text, "Vera: had viewer (team crates-io); now has nothing") {
		t.Errorf("%+v", tn.told)
	}
	// Going on call is recorded, and no news.
	bo.OnCall = true
	tn.people(member(1, "Ada", cratewarden.Platform, cratewarden.Remover, cratewarden.Responder), bo)
	tn.settle()
	if n := tn.entries(ledger.Note, "person.roles"); n != 6 || len(tn.told) != 1 {
		t.Errorf("%d entries, %d notices", n, len(tn.told))
	}
}

// Signing in for the first time, from many browsers and in several processes at
// once, makes one person.
func TestFirstSignInsAtOnce(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	tn.hub.Sit(authtest.Account{Number: 1})
	ids := make([]string, 8)
	var all sync.WaitGroup
	for i := range ids {
		s := tn.another()
		all.Go(func() {
			in, err := authtest.SignIn(t.Context(), s, "github", "/", laptop)
			if err != nil {
				t.Error(err)
			}
			ids[i] = in.Person.ID
		})
	}
	all.Wait()
	if slices.Sort(ids); len(slices.Compact(ids)) != 1 || tn.count(`SELECT count(*) FROM person`) != 3 {
		t.Errorf("%q", ids)
	}
}

func TestPretendedSignIn(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	_, err := tn.PretendSignIn(t.Context(), "ada", auth.BrowserSession, laptop)
	fails(t, err, cratewarden.Refused)
	tn.cfg.Pretend = true
	if _, err := auth.New(tn.cfg); cratewarden.KindOf(err) != cratewarden.Invalid {
		t.Errorf("pretending on %s: %v", tn.cfg.Origin, err)
	}
	tn.cfg.Origin = "http://127.0.0.1:8080"
	tn.Service = tn.another()
	one, err := tn.PretendSignIn(t.Context(), "1", auth.BrowserSession, laptop)
	if err != nil {
		t.Fatal(err)
	}
	if v := tn.in(1).who(); one.Person.ID != v.Person.ID {
		t.Error("the pretended Ada is another person")
	}
	(&came{town: tn, token: one.Token}).who()
	tn.people(member(0, "Polly", cratewarden.Policy))
	in, err := tn.PretendSignIn(t.Context(), "polly", auth.ProgramSession, laptop)
	if err != nil || !in.Person.Has(cratewarden.Policy) || in.Session.Kind != auth.ProgramSession {
		t.Errorf("%+v, %v", in, err)
	}
	_, err = tn.PretendSignIn(t.Context(), "nobody", auth.BrowserSession, laptop)
	fails(t, err, cratewarden.NotFound)
}
