package web

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden/blob"
	"cratewarden/evidence"
	"cratewarden/ledger"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/extract"
	"cratewarden/registry/schema"
)

// vault is a real evidence service on databases and folders of its own.
type vault struct {
	*evidence.Service
	book     book
	registry *pgxpool.Pool
	store    blob.Store
	static   blob.Store
}

const sealedRows = `
INSERT INTO users (gh_login, gh_id, username, name) VALUES ('one', 1, 'one', 'Ona Realname'), ('six', 6, 'six', 'Far Away');
INSERT INTO emails (user_id, email, token) VALUES (1, 'one@private.example', 'mailsecret1'), (2, 'six@private.example', 'mailsecret2');
INSERT INTO crates (name) VALUES ('victim'), ('apart');
INSERT INTO crate_owners (crate_id, owner_id, owner_kind) VALUES (1, 1, 0), (2, 2, 0);
INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256, published_by)
	SELECT c, n, split_part(n, '+', 1), 1, sha256('archive'), c FROM (VALUES (1, '1.0.0'), (1, '2.0.0+b1'), (2, '1.0.0')) v (c, n);`

func newVault(t testing.TB) *vault {
	t.Helper()
	folder := func() blob.Store {
		f, err := blob.OpenFolder(t.TempDir(), true)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return f
	}
	v := &vault{book: emptyBook(t), store: folder(), static: folder()}
	v.registry = pgtest.Database(t, pgtest.Template{Name: "web-evidence", Build: func(ctx context.Context, conn *pgx.Conn) error {
		if err := schema.Create(ctx, conn); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, sealedRows)
		return err
	}})
	for key, text := range map[string]string{"crates/victim/victim-1.0.0.crate": "archive", "crates/victim/victim-2.0.0+b1.crate": "not what the row says",
		"readmes/victim/victim-1.0.0.html": "<script>alert(1)</script>", "crates/victim/left \"over\".html": "<b>html</b>", "crates/victim/empty": ""} {
		v.put(t, v.static, key, text)
	}
	v.Service = evidence.New(evidence.Config{Registry: v.registry, Console: v.book.db, Ledger: v.book.Log, Static: v.static, Store: v.store})
	return v
}

func (v *vault) put(t testing.TB, s blob.Store, key, text string) {
	t.Helper()
	if err := s.Put(t.Context(), key, strings.NewReader(text), blob.PutOptions{Overwrite: true}); err != nil {
		t.Fatal(err)
	}
}

func (v *vault) seal(t testing.TB, r evidence.Request) evidence.Bundle {
	t.Helper()
	r.Actor = ada
	b, err := v.Seal(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// part gives a part by its name, and where it is stored.
func (v *vault) part(t testing.TB, b evidence.Bundle, name string) (evidence.Part, string) {
	t.Helper()
	p, ok := b.Manifest.Part(name)
	if !ok {
		t.Fatalf("no part %s in %+v", name, b.Manifest.Parts)
	}
	for info, err := range blob.All(t.Context(), v.store, "") {
		if err == nil && strings.HasSuffix(info.Key, p.SHA256.String()) {
			return p, info.Key
		}
	}
	t.Fatalf("%s is not in the store", name)
	return p, ""
}

func evidenceServer(t testing.TB, e Evidence, change ...func(*Config)) *Server {
	t.Helper()
	return deskServer(t, sampleDesk(t), append([]func(*Config){func(c *Config) { c.Evidence, c.Auth = e, as(nobody().Actor) }}, change...)...)
}

// evilVault answers with hostile text in every field that holds text.
type evilVault struct{}

func evilBundle() evidence.Bundle {
	claimed := ledger.Digest{3}
	b := evidence.Bundle{Digest: ledger.Digest{1, 2}, Ledger: 7, SealedAt: deskTime, Plan: evil, Incident: evil, Reason: evil, Actor: ledger.Actor{ID: evil, Name: evil}, Parts: 2, Bytes: 5, Encrypted: 1,
		Check: &evidence.Check{At: deskTime, Actor: ledger.Actor{ID: evil, Name: evil}, Found: 3, Findings: []evidence.Finding{{Part: evil, State: evidence.State(evil), Detail: evil}}},
		Manifest: &evidence.Manifest{Snapshot: evil, Plan: evil, Subjects: extract.Subjects{Crates: []extract.Crate{{ID: 1, Name: evil}}, Versions: []extract.Version{{ID: 1, Crate: evil, Num: evil}}, Accounts: []extract.Account{{ID: 1, Login: evil}}},
			Parts:   []evidence.Part{{Name: evil, Kind: evil, Source: evil, Held: true, Claimed: &claimed, ContentType: "text/html"}, {Name: evil + "2", Kind: evil, Encrypted: true}},
			Missing: []evidence.Missing{{Name: evil, Source: evil, Lost: true}, {Name: evil}},
			LeftOut: []extract.LeftOut{{Table: evil, Column: evil, Reason: extract.Secret}, {Table: evil, Reason: extract.NotReadable}, {Table: evil, Column: evil, Reason: extract.MaybeSecret}, {Table: evil, Reason: evil}}}}
	for _, kind := range []string{"crate", "version", "account", evil} {
		b.Asked = append(b.Asked, evidence.Asked{Kind: kind, Total: 9, First: []evidence.Subject{{ID: 1, Name: evil}, {ID: 2, Name: evil + "@" + evil}}})
	}
	return b
}

// List gives one bundle.
func (evilVault) List(context.Context, evidence.Filter) (evidence.Page, error) {
	return evidence.Page{Bundles: []evidence.Bundle{evilBundle()}, Next: 7}, nil
}

// Show gives it again.
func (evilVault) Show(context.Context, ledger.Digest) (evidence.Bundle, error) {
	return evilBundle(), nil
}

// Check finds nothing wrong.
func (evilVault) Check(context.Context, ledger.Digest, ledger.Entry) (evidence.Report, error) {
	return evidence.Report{}, nil
}

// TakeOut breaks off.
func (evilVault) TakeOut(_ context.Context, _ ledger.Digest, _ ledger.Entry, w io.Writer) error {
	_, err := io.WriteString(w, "half")
	return errors.Join(err, errors.New("broken off"))
}

// OpenPart gives markup.
func (evilVault) OpenPart(context.Context, ledger.Digest, string, ledger.Entry) (io.ReadCloser, evidence.Part, error) {
	return io.NopCloser(strings.NewReader("")), evidence.Part{}, nil
}

// slowVault exports with a pause longer than the test server's bounds.
type slowVault struct{ *vault }

// TakeOut waits between the pieces.
func (v slowVault) TakeOut(ctx context.Context, d ledger.Digest, by ledger.Entry, w io.Writer) error {
	time.Sleep(700 * time.Millisecond)
	if err := ctx.Err(); err != nil {
		return err
	}
	return v.vault.TakeOut(ctx, d, by, w)
}
