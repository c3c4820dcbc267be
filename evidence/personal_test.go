package evidence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"pgregory.net/rapid"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
)

const mailPart = "rows/emails.jsonl"

func TestOpeningIsRecordedBeforeItIsGiven(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	bundle := b.seal(t, request())
	before := len(b.entries(t))
	b.open(t, bundle.Digest, "rows/crates.jsonl")
	if n := len(b.entries(t)); n != before {
		t.Errorf("reading what is not personal made %d entries", n-before)
	}
	// Without somebody who opens, nothing is given.
	r, _, err := b.OpenPart(t.Context(), bundle.Digest, mailPart, ledger.Entry{})
	if wantKind(t, err, cratewarden.Invalid); r != nil {
		t.Error("given without a record")
	}
	exec(t, b.console, `ALTER TABLE ledger_entry RENAME TO away`)
	if r, _, err = b.OpenPart(t.Context(), bundle.Digest, mailPart, ledger.Entry{Actor: someone()}); err == nil || r != nil {
		t.Error("given although the ledger could not be written")
	}
	exec(t, b.console, `ALTER TABLE away RENAME TO ledger_entry`)
	r, part, err := b.OpenPart(t.Context(), bundle.Digest, mailPart, ledger.Entry{Actor: someone(), Reasons: &ledger.Reasons{Internal: "why"}})
	if err != nil {
		t.Fatal(err)
	}
	entries := b.entries(t)
	if e := entries[0]; len(entries) != before+1 || e.Kind != ledger.Opening || *e.Refers != bundle.Ledger || e.Incident != "I1" || e.Details["part"] != mailPart || e.Reasons.Internal != "why" {
		t.Errorf("entry %+v", e)
	}
	text, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil || !strings.Contains(string(text), "one@example.com") || !part.Encrypted {
		t.Errorf("%q %v", text, err)
	}
	_, _, err = b.OpenPart(t.Context(), bundle.Digest, "rows/nothing", ledger.Entry{Actor: someone()})
	wantKind(t, err, cratewarden.NotFound)
	put(t, b.storage, contentKey(partPrefix, part.SHA256), "changed")
	_, _, err = b.OpenPart(t.Context(), bundle.Digest, mailPart, ledger.Entry{Actor: someone()})
	wantKind(t, err, cratewarden.Conflict)
	if n := len(b.entries(t)); n != before+1 {
		t.Errorf("%d openings recorded, one was given", n-before)
	}
}

func TestEraseKeepsTheRest(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	bundle := b.seal(t, request())
	wantKind(t, b.Erase(t.Context(), bundle.Digest, ledger.Entry{}), cratewarden.Invalid)
	b.open(t, bundle.Digest, mailPart) // nothing was erased without a name
	if err := b.Erase(t.Context(), bundle.Digest, ledger.Entry{Actor: someone()}); err != nil {
		t.Fatal(err)
	}
	if e := b.entries(t)[0]; e.Action != "evidence.erase" || *e.Refers != bundle.Ledger {
		t.Errorf("entry %+v", e)
	}
	wantKind(t, b.Erase(t.Context(), bundle.Digest, ledger.Entry{Actor: someone()}), cratewarden.NotFound)
	for _, name := range []string{mailPart, "rows/users.personal.jsonl", "rows/versions_published_by.jsonl"} {
		_, _, err := b.OpenPart(t.Context(), bundle.Digest, name, ledger.Entry{Actor: someone()})
		wantKind(t, err, cratewarden.NotFound)
	}
	b.open(t, bundle.Digest, "rows/users.jsonl")
	if r := b.verify(t, bundle.Digest); !r.OK() || r.Parts != bundle.Parts {
		t.Error(r.String())
	}
	shown, err := b.Show(t.Context(), bundle.Digest)
	if err != nil || !shown.Erased {
		t.Errorf("%+v %v", shown, err)
	}
	var keys int
	if err := b.console.QueryRow(t.Context(), `SELECT count(key) FROM evidence_bundle`).Scan(&keys); err != nil || keys != 0 {
		t.Errorf("%d keys left, %v", keys, err)
	}
	if again := b.seal(t, request()); again.Again || again.Digest == bundle.Digest {
		t.Error("an erased bundle was taken for a new one")
	}
}

// The console's database refuses everything but forgetting a key, to its owner
// and to a session that pretends to be a replica.
func TestTheDatabaseRefusesChanges(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.seal(t, request())
	for _, role := range []string{"origin", "replica"} {
		for _, sql := range []string{
			`UPDATE evidence_bundle SET plan = 'x'`, `UPDATE evidence_bundle SET key = sha256('x')`, `UPDATE evidence_bundle SET key = NULL, plan = 'x'`,
			`DELETE FROM evidence_bundle`, `TRUNCATE evidence_bundle CASCADE`, `UPDATE evidence_subject SET asked = true`, `DELETE FROM evidence_subject`, `TRUNCATE evidence_subject`,
		} {
			err := pg.InTx(t.Context(), b.console, func(tx pgx.Tx) error {
				if _, err := tx.Exec(t.Context(), `SET LOCAL session_replication_role = `+role); err != nil {
					return err
				}
				_, err := tx.Exec(t.Context(), sql)
				return err
			})
			if pe, ok := errors.AsType[*pgconn.PgError](err); !ok || pe.Code != "42501" {
				t.Errorf("%s (%s): %v", sql, role, err)
			}
		}
	}
}

// The grants of the package's comment, with those of the ledger, are enough.
func TestTheGrantsOfTheComment(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	role := "evidence_" + b.console.Config().ConnConfig.Database
	sql := `CREATE ROLE ` + role + `; GRANT SELECT, INSERT ON ledger_entry, ledger_checkpoint, ledger_sealed, ledger_key TO ` + role + `;`
	for line := range strings.Lines(string(doc)) {
		if grant, ok := strings.CutPrefix(line, "//\tGRANT "); ok {
			sql += "GRANT " + strings.ReplaceAll(grant, "console_role", role)
		}
	}
	exec(t, b.console, sql)
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		_, _ = b.console.Exec(ctx, `RESET ROLE; DROP OWNED BY `+role+`; DROP ROLE `+role)
	})
	cfg := b.console.Config().ConnConfig
	exec(t, b.console, `ALTER ROLE `+cfg.User+` IN DATABASE `+cfg.Database+` SET role = `+role)
	b.console.Reset()
	bundle := b.seal(t, request())
	b.open(t, bundle.Digest, mailPart)
	if err := b.Erase(t.Context(), bundle.Digest, ledger.Entry{Actor: someone()}); err != nil {
		t.Error(err)
	}
	if r := b.verify(t, bundle.Digest); !r.OK() {
		t.Error(r.String())
	}
	for _, sql := range []string{`DELETE FROM evidence_bundle`, `UPDATE evidence_bundle SET plan = ''`, `UPDATE evidence_subject SET name = ''`} {
		if _, err := b.console.Exec(t.Context(), sql); err == nil {
			t.Errorf("the role may %s", sql)
		}
	}
}

// Any content comes back; equal content gives equal bytes under one key and
// others under another; every cut, flip, and swap of chunks is noticed.
func TestCipher(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.OneOf(rapid.IntRange(0, 100), rapid.SampledFrom([]int{chunkSize - 1, chunkSize, chunkSize + 1, 2 * chunkSize, 2*chunkSize + 5})).Draw(t, "size")
		content := bytes.Repeat([]byte{rapid.Byte().Draw(t, "byte")}, size)
		key, name := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "key"), rapid.String().Draw(t, "name")
		seal := func(key []byte) []byte {
			var out bytes.Buffer
			if err := encrypt(&out, key, name, bytes.NewReader(content), ledger.Digest{byte(size)}); err != nil {
				t.Fatal(err)
			}
			return out.Bytes()
		}
		open := func(text, key []byte, name string) ([]byte, error) {
			r, err := decrypt(bytes.NewReader(text), key, name)
			if err != nil {
				return nil, err
			}
			return io.ReadAll(r)
		}
		text := seal(key)
		if got, err := open(text, key, name); err != nil || !bytes.Equal(got, content) {
			t.Fatalf("came back as %d bytes, %v", len(got), err)
		}
		if !bytes.Equal(text, seal(key)) {
			t.Fatal("not the same twice")
		}
		other := append([]byte{key[0] ^ 1}, key[1:]...)
		if bytes.Equal(text, seal(other)) {
			t.Fatal("the key makes no difference")
		}
		for what, try := range map[string]func() ([]byte, error){
			"other key":  func() ([]byte, error) { return open(text, other, name) },
			"other name": func() ([]byte, error) { return open(text, key, name+"x") },
			"cut":        func() ([]byte, error) { return open(text[:rapid.IntRange(0, len(text)-1).Draw(t, "cut")], key, name) },
			"longer":     func() ([]byte, error) { return open(append(bytes.Clone(text), 0), key, name) },
			"flipped": func() ([]byte, error) {
				changed := bytes.Clone(text)
				changed[rapid.IntRange(0, len(text)-1).Draw(t, "flip")] ^= 1
				return open(changed, key, name)
			},
		} {
			if _, err := try(); !errors.Is(err, errCipher) {
				t.Fatalf("%s: %v", what, err)
			}
		}
	})
}

func TestManifestAndLedgerHoldNoPersonalData(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	bundle := b.seal(t, request())
	text, err := bundle.Manifest.encode()
	if err != nil {
		t.Fatal(err)
	}
	all := string(text)
	for _, e := range b.entries(t) {
		all += fmt.Sprintf("%+v %+v %+v", e, e.Reasons, e.Details)
	}
	for _, personal := range []string{"@example.com", "Realname"} {
		if strings.Contains(all, personal) {
			t.Errorf("manifest or ledger holds %q", personal)
		}
	}
}
