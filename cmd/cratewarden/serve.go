package main

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/blob"
	"cratewarden/door"
	"cratewarden/pg"
	"cratewarden/pg/pgtemp"
	"cratewarden/registry/check"
	"cratewarden/telemetry"
	"cratewarden/web"
)

// listening are the flags of every command that opens a console.
type listening struct {
	Addr    string `default:"127.0.0.1:8420" help:"Address to listen on: loopback, or with TLS or a proxy any."`
	Verbose bool   `short:"v" help:"Log every request and step."`
}

func (l listening) logger(e env) *slog.Logger {
	level := slog.LevelInfo
	if terminal(e.stderr) {
		level = slog.LevelWarn // the person has the announcement; the rest is noise
	}
	if l.Verbose {
		level = slog.LevelDebug
	}
	return telemetry.NewLogger(e.stderr, terminal(e.stderr), level)
}

type serveCmd struct {
	listening
	RegistryURL  string `required:"" help:"The registry's database. Its password may stand in PGPASSWORD or a password file instead of here."`
	ReplicaURL   string `help:"A replica of it, read for whole tables."`
	ConsoleURL   string `required:"" help:"The console's own database, never the registry's."`
	Storage      string `help:"Where archives are: a folder, s3://bucket/prefix, or https://static.example/ (read only)."`
	IndexStorage string `help:"Where sparse index files are, in the same forms."`
	LedgerKey    string `env:"CRATEWARDEN_LEDGER_KEY_FILE" placeholder:"FILE" help:"The ledger's signing keys, one in a line; or put them into the variable CRATEWARDEN_LEDGER_KEY. Without them the ledger is not signed."`
	PublicLedger bool   `help:"Show the ledger's signed heads and hashes, and no entries, to everybody under /public-ledger/."`
	SignIn       string `placeholder:"FILE" help:"Who may come in and how: see docs/sign-in.md. Its text may stand in the variable CRATEWARDEN_SIGN_IN_TEXT instead."`
	Incidents    string `placeholder:"FILE" help:"In whose name the world is told, further playbooks, and the public feed of takedowns: see docs/operators-guide.md."`
	TLSCert      string `name:"tls-cert" placeholder:"FILE" help:"Speak TLS with this certificate. It and its key are read again when they change."`
	TLSKey       string `name:"tls-key" placeholder:"FILE" help:"The certificate's key."`
	ClientCA     string `name:"client-ca" placeholder:"FILE" help:"Take only clients with a certificate of this authority."`
	actingOptions
	Label string `default:"registry" help:"The registry's name, shown on every page."`
	Demo  bool   `name:"not-production" help:"Show the frame of a test registry instead of production's."`
}

// Help gives examples.
func (serveCmd) Help() string {
	return `Example:

  cratewarden serve --registry-url postgres://console@db/cargo_registry \
    --console-url postgres://console@db/cratewarden \
    --storage s3://crates-io --index-storage s3://crates-io-index --label crates.io \
    --sign-in sign-in.yaml --tls-cert console.pem --tls-key console.key --act --evidence s3://evidence

Without --act it looks and changes nothing. It refuses to start when check-registry finds something it needs missing.`
}

// Run opens the console on a registry's database.
func (c serveCmd) Run(e env) error {
	in, listener, err := c.entrance(c.logger(e))
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	if err := fitToRead(e.ctx, c.RegistryURL); err != nil {
		return err
	}
	static, err := openStore(e.ctx, c.Storage)
	if err != nil {
		return err
	}
	index, err := openStore(e.ctx, c.IndexStorage)
	if err != nil {
		return err
	}
	keys, err := serveKeys(c.LedgerKey)
	if err != nil {
		return err
	}
	if keys == nil {
		say(e.stderr, "The ledger is not signed, because no key was given: see \"cratewarden ledger key\" and --ledger-key.")
	}
	if err := apart(c.Evidence, c.Storage, c.IndexStorage); err != nil {
		return err
	}
	may, err := c.acting(e.ctx, c.RegistryURL, c.logger(e))
	if err != nil {
		return err
	}
	if may.why != "" {
		say(e.stderr, "%s", may.why)
	}
	cases, err := readCases(c.Incidents, c.Label)
	if err != nil {
		return err
	}
	kind := web.Production
	if c.Demo {
		kind = web.Demo
	}
	return openConsole(e.ctx, consoleConfig{
		listener: listener, registry: c.RegistryURL, replica: c.ReplicaURL, console: c.ConsoleURL, static: static, index: index,
		acting: may, signIn: in, cases: &cases, publicLedger: c.PublicLedger, origin: in.auth.Origin, label: c.Label, kind: kind, ledgerKeys: keys, log: c.logger(e), ready: announce(e.stdout, "Registry: "+c.Label),
	})
}

// entrance reads who may come in, and opens the address to listen on: any, if
// what is said there is encrypted by us or by a proxy in front of us.
func (c serveCmd) entrance(log *slog.Logger) (*signInConfig, net.Listener, error) {
	file, err := readSignIn(c.SignIn)
	if err != nil {
		return nil, nil, err
	}
	in, err := file.signIn()
	if err != nil {
		return nil, nil, err
	}
	var proxies []string
	for _, p := range in.proxies {
		proxies = append(proxies, p.String())
	}
	if in.proxies, err = door.Prefixes(proxies); err != nil {
		return nil, nil, err
	}
	var certificates *door.Certificates
	if c.TLSCert != "" || c.TLSKey != "" || c.ClientCA != "" {
		if certificates, err = door.Open(door.CertificateConfig{Pairs: []door.Pair{{Cert: c.TLSCert, Key: c.TLSKey}}, ClientCA: c.ClientCA, Logger: log}); err != nil {
			return nil, nil, err
		}
	}
	listener, err := listen(c.Addr, certificates != nil || len(in.proxies) > 0, certificates)
	return in, listener, err
}

// openStore opens a store, or none for no address.
func openStore(ctx context.Context, spec string) (blob.Store, error) {
	if spec == "" {
		return nil, nil
	}
	return blob.Open(ctx, spec, blob.Config{Getenv: os.Getenv})
}

// fitToRead refuses a database that lacks what reading needs.
func fitToRead(ctx context.Context, url string) error {
	pool, err := pg.Open(ctx, pg.Config{URL: url, ReadOnly: true, MaxConns: 2, StatementTimeout: 30 * time.Second})
	if err != nil {
		return err
	}
	defer pool.Close()
	report, err := check.Run(ctx, pool)
	if err != nil {
		return err
	}
	if !report.Can(check.Read) {
		return cratewarden.Errorf(cratewarden.Unavailable,
			"This database lacks something the console must read. Run cratewarden check-registry on it to see what.")
	}
	return nil
}

// private is a private server with its two databases' addresses.
type private struct {
	server            *pgtemp.Server
	registry, console string
}

// startPrivate starts the private server of a data folder and makes sure the
// console's database exists; the registry's is the caller's to make.
func startPrivate(ctx context.Context, dir, bin string, settings map[string]string) (*private, error) {
	ignoreSurroundings()
	server, err := pgtemp.Start(ctx, pgtemp.Config{Dir: filepath.Join(dir, "postgres"), Bin: bin, Settings: settings})
	if err != nil {
		return nil, err
	}
	p := &private{server: server, registry: server.URL("registry"), console: server.URL("console")}
	if err := createDatabase(ctx, server, "console"); err != nil {
		err = p.blame(err)
		server.Stop()
		return nil, err
	}
	return p, nil
}

// blame names a full disk where that is behind an error: a server that dies of
// it is only a lost connection to its clients.
func (p *private) blame(err error) error {
	if err == nil || !p.server.DiskFull() || strings.Contains(cratewarden.MessageOf(err), "disk is full") {
		return err
	}
	return cratewarden.Wrap(err, cratewarden.Unavailable, "The disk is full, so the private PostgreSQL could not go on. Free some space and try again.")
}

// ignoreSurroundings forgets the PG* variables, which are about the person's
// other databases: the private server is the only one this process talks to.
func ignoreSurroundings() {
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "PG") {
			_ = os.Unsetenv(name)
		}
	}
}
