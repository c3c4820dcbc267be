package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/console"
	"cratewarden/ledger"
	"cratewarden/pg"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/check"
	"cratewarden/registry/schema"
)

// lines is what a patient was told, a line each.
func (p *patient) lines() string {
	var b strings.Builder
	for _, f := range p.found {
		fmt.Fprintf(&b, "%s %s: %s\n", f.State, f.About, f.What)
	}
	return b.String()
}

// has says what of the wanted is missing from what was told.
func (p *patient) has(t *testing.T, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(p.lines(), w) {
			t.Errorf("no %q in:\n%s", w, p.lines())
		}
	}
}

func put(t *testing.T, dir, name, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the mask is
		t.Fatal(err)
	}
	return path
}

func TestDoctorOnFiles(t *testing.T) {
	t.Parallel()
	dir, open := t.TempDir(), t.TempDir()
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	other := put(t, dir, "other", "x", 0o600)
	if err := os.Chown(other, 12345, 12345); err != nil {
		other = "" // only root can give files away
	}
	for _, row := range []struct{ path, want string }{
		{put(t, dir, "a", "x", 0o600), "ok key: a is its owner's alone (mode 0600)"},
		{put(t, dir, "b", "x", 0o400), "ok key: b is its owner's alone (mode 0400)"},
		{put(t, dir, "c", "x", 0o640), "weak key: a group may read c (mode 0640)"},
		{put(t, dir, "d", "x", 0o604), "wrong key: everybody on this machine may read d (mode 0604)"},
		{put(t, dir, "e", "x", 0o620), "wrong key: others may write e (mode 0620)"},
		{put(t, open, "f", "x", 0o600), "wrong key: others may write the folder of f"},
		{filepath.Join(dir, "none"), "wrong key: none is not a file"},
		{dir, "is not a file"},
		{other, "wrong key: other belongs to another user"},
	} {
		if row.path == "" {
			t.Log("not root: the owner is not tried")
			continue
		}
		p := &patient{}
		p.secret("key", row.path)
		if len(p.found) != 1 {
			t.Errorf("%d findings: %s", len(p.found), p.lines())
		}
		p.has(t, row.want)
	}
}

// certificateFor makes a self-signed pair that is good for some time.
func certificateFor(t *testing.T, life time.Duration) serveCmd {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(life)}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	return serveCmd{
		TLSCert: put(t, dir, "cert", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), 0o644),
		TLSKey:  put(t, dir, "key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})), 0o600),
	}
}

func TestDoctorOnCertificates(t *testing.T) {
	t.Parallel()
	for life, want := range map[time.Duration]string{
		90 * 24 * time.Hour: "ok certificate: good until", 5*24*time.Hour + time.Hour: "weak certificate: it is good for 5 days only", -time.Minute: "wrong certificate: it is over",
	} {
		p := &patient{serve: certificateFor(t, life), clock: cratewarden.SystemClock}
		p.certificates(t.Context())
		p.has(t, want)
	}
	p := &patient{serve: serveCmd{TLSCert: "a"}, clock: cratewarden.SystemClock}
	p.certificates(t.Context())
	p.has(t, "wrong certificate: The certificates for https cannot be used: a could not be read")
	p = &patient{}
	p.certificates(t.Context())
	if len(p.found) > 0 {
		t.Error(p.lines())
	}
}

// onSettings is a patient with the settings of a file, in a folder with a list
// of people and a secret.
func onSettings(t *testing.T, settings, people string) *patient {
	t.Helper()
	dir := t.TempDir()
	put(t, dir, "secret", "word", 0o600)
	put(t, dir, "people.yaml", people, 0o600)
	p := &patient{clock: cratewarden.SystemClock, serve: serveCmd{SignIn: put(t, dir, "sign-in.yaml", settings, 0o600)}}
	p.settings(t.Context())
	if p.signIn == nil {
		t.Fatal(p.lines())
	}
	return p
}

const oneProvider = `
origin: https://console.example
providers: [{id: github, kind: github, client_id: abc, client_secret: {file: secret}}]
people: {file: people.yaml}
`

func TestDoctorOnPeople(t *testing.T) {
	t.Parallel()
	for people, want := range map[string][]string{
		`people: [{name: Ada, github_id: 1, roles: [responder, remover, platform]}, {name: Bo, github_id: 2, roles: [remover]}]`: {
			"ok list of people: 2 people, from the file people.yaml", "ok role remover: 2: Ada, Bo", "ok second person: 2 people could approve"},
		`people: [{name: Ada, github_id: 1, roles: [remover]}, {name: Vera, github_id: 2, roles: [viewer]}]`: {
			"wrong second person: only 1", "weak removers: Ada is the only one", "weak responders: nobody", "weak platform: nobody"},
		`people: [{name: Ada, github_id: 1, roles: [viewer], on_call: false}, {name: Odd, roles: [viewer], identities: [{provider: gone, subject: x}]}]`: {
			"weak removers: nobody", "weak on call:", "no account to sign in with is known of Odd"},
		`people: []`:               {"wrong list of people: The list could not be read: nobody is listed"},
		`people: [{name: [Ada]}]}`: {"wrong list of people: The list could not be read"},
	} {
		p := onSettings(t, oneProvider, people)
		p.people(t.Context())
		p.has(t, want...)
	}
}

func TestDoctorOnSettings(t *testing.T) {
	t.Parallel()
	p := onSettings(t, oneProvider+"sessions: {step_up: 1h, absolute: 72h}\nproxies: [10.0.0.0/8, 0.0.0.0/0, 128.0.0.0/2]\n", "people: []")
	p.transport(t.Context())
	p.secretFiles(t.Context())
	p.notices(t.Context())
	p.has(t, "weak settings of sign-in: sessions.step_up is 1h0m0s", "sessions.absolute is 72h0m0s", "ok https: by a proxy", "wrong https: everybody is a proxy",
		"weak https: 128.0.0.0/2 is a large part", "ok secret of sign-in github", "weak notices: they go nowhere")
	if strings.Contains(p.lines(), "10.0.0.0/8") {
		t.Error(p.lines())
	}
	p = onSettings(t, strings.Replace(oneProvider, "https://console.example", "http://localhost", 1), "people: []")
	p.transport(t.Context())
	p.serve.TLSCert = "x"
	p.transport(t.Context())
	p.has(t, "weak https: the origin is http", "wrong https: there are certificates, but the origin is http")
	p = &patient{serve: serveCmd{SignIn: put(t, t.TempDir(), "x", "origin: [", 0o600)}}
	p.settings(t.Context())
	p.has(t, "wrong settings of sign-in")
}

func TestDoctorOnProviders(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/late/.well-known/openid-configuration" {
			w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		}
		switch r.URL.Path {
		case "/good/.well-known/openid-configuration", "/late/.well-known/openid-configuration", "/other/.well-known/openid-configuration":
			name := strings.Split(r.URL.Path, "/")[1]
			_, _ = fmt.Fprintf(w, `{"issuer":"http://%s/%s"}`, r.Host, strings.Replace(name, "other", "evil", 1))
		case "/page/.well-known/openid-configuration":
			_, _ = fmt.Fprint(w, "<html>")
		case "/moved/.well-known/openid-configuration":
			http.Redirect(w, r, "/good/.well-known/openid-configuration", http.StatusFound)
		}
	}))
	defer server.Close()
	p := &patient{clock: cratewarden.SystemClock, signIn: &signInFile{}}
	for _, id := range []string{"good", "late", "other", "page", "moved"} {
		p.signIn.Providers = append(p.signIn.Providers, providerEntry{ID: id, Kind: "oidc", Issuer: server.URL + "/" + id})
	}
	p.signIn.Providers = append(p.signIn.Providers, providerEntry{ID: "github", Kind: "github", URL: server.URL}, providerEntry{ID: "down", Kind: "oidc", Issuer: "http://127.0.0.1:1"})
	p.providers(t.Context())
	p.has(t, "ok sign-in good: it answers", "weak sign-in late: its clock is 1h0m", `wrong sign-in other: it says it is another issuer`,
		"wrong sign-in page: its /.well-known/openid-configuration cannot be read (answer 200)", "wrong sign-in moved: its /.well-known/openid-configuration cannot be read (answer 302)",
		"ok sign-in github: it answers", "wrong sign-in down: it does not answer")
}

func TestDoctorOnDatabases(t *testing.T) {
	t.Parallel()
	registry := pgtest.URL(t, pgtest.Template{Name: "registry", Build: schema.Create})
	own := pgtest.URL(t, pgtest.Template{Name: "empty"})
	pool := migrated(t, own)
	p := &patient{serve: serveCmd{RegistryURL: registry, ConsoleURL: own}, clock: func() time.Time { return time.Now().Add(-5 * time.Second) }}
	defer p.close()
	p.registryDatabase(t.Context())
	p.consoleDatabase(t.Context())
	p.apart(t.Context())
	p.clocks(t.Context())
	p.has(t, "ok registry's database: role", "weak registry's database: its role may do more than it needs: it is a superuser", "ok console's database: it answers",
		"weak console's database: its role is a superuser", "weak two databases: both are on one server", "weak clock of the registry's database: it is 5s ahead of ours")

	p.found, p.clock = nil, func() time.Time { return time.Now().Add(time.Hour) }
	p.clocks(t.Context())
	p.has(t, "wrong clock of the console's database: it is 1h0m0s behind ours")

	p.found, p.clock = nil, cratewarden.SystemClock
	private, _, err := ledger.GenerateKey("console.test/ledger")
	if err != nil {
		t.Fatal(err)
	}
	p.serve.LedgerKey = put(t, t.TempDir(), "key", private+"\n", 0o600)
	p.signing(t.Context())
	note(t, pool, ledger.Entry{Kind: ledger.Note, Actor: ledger.Actor{ID: "p1"}})
	p.signing(t.Context())
	keys, err := serveKeys(p.serve.LedgerKey)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.New(ledger.Config{DB: pool, Keys: keys}).Head(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.signing(t.Context())
	p.serve.LedgerKey = put(t, t.TempDir(), "key", "nonsense", 0o600)
	p.signing(t.Context())
	p.has(t, "ok ledger: there is a key, and 0 entries", "weak ledger: none of its 1 entries is signed", "ok ledger: there is a key, and 1 entries are signed", "wrong ledger:")
}

// A role with the least grants is well, and one that lacks some is told so.
func TestDoctorOnALeastRole(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t, pgtest.Template{Name: "registry", Build: schema.Create})
	owner, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = owner.Close(t.Context()) }()
	as := func(name string, mode check.Mode) string {
		if _, err := owner.Exec(t.Context(), `CREATE ROLE `+name+` LOGIN; `+check.Grants(name, mode), pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.User(name)
		return u.String()
	}
	acting := actingOptions{Act: true}
	p := &patient{serve: serveCmd{RegistryURL: as("doctor_least", check.Acting), actingOptions: acting}}
	p.registryDatabase(t.Context())
	p.close()
	if p.count(fine) != 1 || strings.Contains(p.lines(), "more than it needs") || p.count(wrong) > 0 {
		t.Error(p.lines())
	}
	p = &patient{serve: serveCmd{RegistryURL: as("doctor_reader", check.ReadOnly), actingOptions: acting}}
	p.registryDatabase(t.Context())
	p.close()
	p.has(t, "weak registry's database: its role may not do what these take: version, crate")
	p.found, p.serve.Act = nil, false
	p.registryDatabase(t.Context())
	p.close()
	if p.count(fine) != 1 || p.count(wrong) > 0 {
		t.Error(p.lines())
	}
	pool, err := pg.Open(t.Context(), pg.Config{URL: pgtest.URL(t, pgtest.Template{Name: "empty"})})
	if err != nil {
		t.Fatal(err)
	}
	pool.Close()
	p = &patient{serve: serveCmd{ReplicaURL: pool.Config().ConnString()}}
	p.replicaDatabase(t.Context())
	p.has(t, "wrong replica: it cannot be read as the registry's")
	p = &patient{serve: serveCmd{ReplicaURL: address}}
	p.replicaDatabase(t.Context())
	p.has(t, "weak replica: it follows no other server")
	p = &patient{serve: serveCmd{ConsoleURL: pool.Config().ConnString()}}
	p.consoleDatabase(t.Context())
	p.has(t, "weak console's database: it has no tables yet")
	if _, err := console.Migrate(t.Context(), p.serve.ConsoleURL); err != nil {
		t.Fatal(err)
	}
	for step, want := range map[string]string{
		"SELECT 1": "ok console's database: it answers, and its tables are this release's",
		"DELETE FROM console_migration WHERE name = '0011_reminder.sql'":                          "weak console's database: 1 migrations wait, the first is 0011_reminder.sql",
		"INSERT INTO console_migration (name, sha256) VALUES ('9999_of_another_release.sql', '')": "wrong console's database: a newer release prepared it: 9999_of_another_release.sql",
	} {
		other, err := pg.Open(t.Context(), pg.Config{URL: pgtest.URL(t, pgtest.Template{Name: "empty"})})
		if err != nil {
			t.Fatal(err)
		}
		q := &patient{serve: serveCmd{ConsoleURL: other.Config().ConnString()}}
		if _, err = console.Migrate(t.Context(), q.serve.ConsoleURL); err == nil {
			_, err = other.Exec(t.Context(), step)
		}
		other.Close()
		if err != nil {
			t.Fatal(err)
		}
		q.consoleDatabase(t.Context())
		q.close()
		q.has(t, want)
	}
	p.close()
}
