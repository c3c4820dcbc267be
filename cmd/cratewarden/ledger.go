package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/blob"
	"cratewarden/ledger"
	"cratewarden/pg"
)

type ledgerCmd struct {
	List   ledgerListCmd   `cmd:"" help:"List what was done, refused or shown, newest first; asks a running console."`
	Show   ledgerShowCmd   `cmd:"" help:"Show one entry, or its proof; asks a running console."`
	Verify ledgerVerifyCmd `cmd:"" help:"Check the whole ledger, in the database or in an exported copy."`
	Export ledgerExportCmd `cmd:"" help:"Sign the ledger and bring an exported copy up to date."`
	Key    ledgerKeyCmd    `cmd:"" help:"Make a key pair to sign the ledger with."`
}

type ledgerVerifyCmd struct {
	ConsoleURL string `help:"The console's own database."`
	Export     string `placeholder:"DIR" help:"Folder of an exported copy; with --console-url, to compare the database with."`
	PublicKey  string `placeholder:"FILE" help:"The ledger's public keys, one in a line, former ones too."`
	Checkpoint string `placeholder:"FILE" help:"A signed head you kept: the ledger must begin with it."`
	JSON       bool   `name:"json" help:"Print the report as JSON."`
}

// Help gives examples.
func (ledgerVerifyCmd) Help() string {
	return `Examples:

  cratewarden ledger verify --console-url postgres://console@db/cratewarden --public-key ledger.key.pub
  cratewarden ledger verify --export /mnt/ledger --public-key ledger.key.pub

It says which entry was changed, removed, inserted or put elsewhere, and exits
with 5 when anything is not as it was written. The second needs no database.`
}

// Run verifies.
func (c ledgerVerifyCmd) Run(e env) error {
	v, err := c.against()
	if err != nil {
		return err
	}
	report, err := c.verify(e, v)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(e, report)
	} else {
		var text bytes.Buffer
		report.Write(&text)
		for line := range bytes.Lines(text.Bytes()) {
			say(e.stdout, "%s", inert(string(bytes.TrimSuffix(line, []byte("\n")))))
		}
	}
	if err == nil && !report.OK() {
		err = cratewarden.Errorf(cratewarden.Conflict, "The ledger is not as it was written. Keep what you have as it is, and compare with other copies.")
	}
	return err
}

// against reads what to check against.
func (c ledgerVerifyCmd) against() (v ledger.Verification, err error) {
	switch {
	case c.ConsoleURL == "" && c.Export == "":
		return v, cratewarden.Errorf(cratewarden.Invalid, "Say what to check: --console-url for the database, --export for a copy, or both to compare them.")
	case c.ConsoleURL == "" && c.PublicKey == "":
		return v, cratewarden.Errorf(cratewarden.Invalid, "A copy proves nothing without the public key. Give it with --public-key.")
	}
	if c.PublicKey != "" {
		text, err := readSmall(c.PublicKey)
		if err != nil {
			return v, err
		}
		if v.Keys, err = ledger.ParsePublicKeys(string(text)); err != nil {
			return v, err
		}
	}
	if c.Checkpoint != "" {
		text, err := readSmall(c.Checkpoint)
		if err != nil {
			return v, err
		}
		v.Known = [][]byte{text}
	}
	return v, nil
}

func (c ledgerVerifyCmd) verify(e env, v ledger.Verification) (*ledger.Report, error) {
	var copied fs.FS
	if c.Export != "" {
		info, err := os.Stat(c.Export)
		if err != nil || !info.IsDir() {
			return nil, cratewarden.Wrap(err, cratewarden.NotFound, "There is no folder %s.", c.Export)
		}
		copied = os.DirFS(c.Export)
	}
	if c.ConsoleURL == "" {
		return ledger.VerifyExport(copied, v)
	}
	v.Export = copied
	pool, err := pg.Open(e.ctx, pg.Config{URL: c.ConsoleURL, ReadOnly: true, MaxConns: 2})
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	report, err := ledger.VerifyDatabase(e.ctx, pool, v)
	return report, ledgerError(err)
}

// ledgerError names the next step when the database has no ledger.
func ledgerError(err error) error {
	if pe, ok := errors.AsType[*pgconn.PgError](err); ok && pe.Code == "42P01" {
		return cratewarden.Wrap(err, cratewarden.Unavailable, "This database has no ledger. If it is the console's, run: cratewarden migrate.")
	}
	return pg.Map(err)
}

type ledgerExportCmd struct {
	ConsoleURL string `required:"" help:"The console's own database."`
	To         string `required:"" placeholder:"DIR" help:"Where the copy is or shall be: a folder, or s3://bucket/prefix."`
	Key        string `placeholder:"FILE" help:"The signing keys, one in a line; or put them into the variable CRATEWARDEN_LEDGER_KEY."`
}

// Help gives an example.
func (ledgerExportCmd) Help() string {
	return `Example:

  cratewarden ledger export --console-url postgres://console@db/cratewarden --to /mnt/ledger --key ledger.key

The copy is a tiled transparency log (c2sp.org/tlog-tiles). Only what is new is
written. Keep it where those who own the database cannot write.`
}

// Run exports.
func (c ledgerExportCmd) Run(e env) error {
	keys, err := signingKeys(c.Key)
	if err != nil {
		return err
	}
	store, err := blob.Open(e.ctx, c.To, blob.Config{Getenv: os.Getenv})
	if err != nil {
		return err
	}
	pool, err := pg.Open(e.ctx, pg.Config{URL: c.ConsoleURL, MaxConns: 2, StatementTimeout: time.Minute})
	if err != nil {
		return err
	}
	defer pool.Close()
	return exportLedger(e, pool, keys, store)
}

func exportLedger(e env, pool *pgxpool.Pool, keys []ledger.Key, store blob.Store) error {
	done, err := ledger.New(ledger.Config{DB: pool, Keys: keys}).Export(e.ctx, shelf{store})
	if err != nil {
		return ledgerError(err)
	}
	say(e.stdout, "Ledger %s: %d entries exported, %d of them new, %d files written.", inert(done.Head.Origin), done.Head.Size, done.Head.Size-done.From, done.Files)
	return nil
}

// signingKeys reads the keys from a file or, without one, the environment.
func signingKeys(file string) ([]ledger.Key, error) {
	if file == "" {
		if text := os.Getenv("CRATEWARDEN_LEDGER_KEY"); text != "" {
			return ledger.ParseKeys(text)
		}
		return nil, cratewarden.Errorf(cratewarden.Invalid, "Give the signing key with --key FILE. The command \"cratewarden ledger key\" makes one.")
	}
	text, err := readSmall(file)
	if err != nil {
		return nil, err
	}
	return ledger.ParseKeys(string(text))
}

// shelf lets the ledger write to storage.
type shelf struct{ store blob.Store }

// Read gives an object of at most the size of a full tile of entries.
func (s shelf) Read(ctx context.Context, key string) ([]byte, error) {
	in, _, err := s.store.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }()
	return io.ReadAll(io.LimitReader(in, 256*(ledger.MaxEntry+2)))
}

// Write stores an object.
func (s shelf) Write(ctx context.Context, key string, content []byte, replace bool) error {
	opts := blob.PutOptions{ContentType: "application/octet-stream", CacheControl: "public, max-age=31536000, immutable", Overwrite: replace}
	if replace {
		opts.ContentType, opts.CacheControl = "text/plain; charset=utf-8", "no-cache"
	}
	return s.store.Put(ctx, key, bytes.NewReader(content), opts)
}

type ledgerKeyCmd struct {
	Name string `required:"" help:"The ledger's name for ever: an address of the console without https://."`
	To   string `required:"" placeholder:"FILE" help:"File for the signing key; the public key goes to FILE.pub. Neither may be there."`
}

// Help gives an example.
func (ledgerKeyCmd) Help() string {
	return `Example:

  cratewarden ledger key --name console.example.org/ledger --to ledger.key`
}

// Run makes the key pair.
func (c ledgerKeyCmd) Run(e env) error {
	private, public, err := ledger.GenerateKey(c.Name)
	if err != nil {
		return err
	}
	if err := writeNew(c.To, private+"\n"); err != nil {
		return err
	}
	if err := writeNew(c.To+".pub", public+"\n"); err != nil {
		_ = os.Remove(c.To) // half a pair is of no use
		return err
	}
	say(e.stdout, "%s", public)
	return nil
}

// writeNew writes a file that only its owner may read, and never another's.
func writeNew(name, text string) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return cratewarden.Wrap(err, cratewarden.Conflict, "There is already a file %s; it was left as it is.", name)
	}
	if err != nil {
		return cratewarden.Wrap(err, cratewarden.Unavailable, "The file %s cannot be written.", name)
	}
	_, err = file.WriteString(text)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		_ = os.Remove(name)
		return cratewarden.Wrap(err, cratewarden.Unavailable, "The file %s cannot be written.", name)
	}
	return nil
}

// readSmall reads a file of keys or a checkpoint.
func readSmall(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, cratewarden.Wrap(err, cratewarden.NotFound, "The file %s cannot be read.", name)
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, 1<<20))
	if err != nil {
		return nil, cratewarden.Wrap(err, cratewarden.Unavailable, "The file %s cannot be read.", name)
	}
	return text, nil
}
