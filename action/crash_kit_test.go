package action

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"cratewarden/blob"
	"cratewarden/evidence"
	"cratewarden/ledger"
	"cratewarden/registry/files"
)

// crashParts gives an engine the folders of the storage and the vault, and
// evidence in the vault's folder. Between any two writes to them reached is
// called.
func crashParts(cfg *Config, d doomed, reached func(string)) error {
	static, err := blob.OpenFolder(d.Static, false)
	if err != nil {
		return err
	}
	vault, err := blob.OpenFolder(d.Vault, false)
	if err != nil {
		return err
	}
	index, err := blob.OpenFolder(d.Index, false)
	if err != nil {
		return err
	}
	from, to := places{static, reached}, places{vault, reached}
	cfg.Static = from
	cfg.Vault = evidence.Vault{Static: from, Store: to}
	cfg.Evidence = evidence.New(evidence.Config{Registry: cfg.Registry, Console: cfg.Console, Ledger: cfg.Ledger, Static: from, Index: index, Store: to, Workers: 1})
	return nil
}

// places is a store that tells of every write before and after it.
type places struct {
	blob.Store
	reached func(string)
}

func (p places) Put(ctx context.Context, key string, content io.Reader, opts blob.PutOptions) error {
	p.reached("before put")
	defer p.reached("after put")
	return p.Store.Put(ctx, key, content, opts)
}

func (p places) Move(ctx context.Context, from, to string) error {
	p.reached("before move")
	defer p.reached("after move")
	return p.Store.Move(ctx, from, to)
}

func (p places) Delete(ctx context.Context, key string) error {
	p.reached("before delete")
	defer p.reached("after delete")
	return p.Store.Delete(ctx, key)
}

// newCrashKit is a kit with storage in folders, and what a copy of this process
// needs to work on the same.
func newCrashKit(t *testing.T) (*kit, doomed) {
	t.Helper()
	private, _, err := ledger.GenerateKey("action.test/log")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := ledger.ParseKeys(private)
	if err != nil {
		t.Fatal(err)
	}
	d := doomed{Key: private, Vault: t.TempDir(), Static: t.TempDir(), Index: t.TempDir()}
	k := newKitOn(t, smallTemplate(), func(c *Config) {
		c.Ledger = ledger.New(ledger.Config{DB: c.Console, Keys: keys})
		if err := crashParts(c, d, func(string) {}); err != nil {
			t.Fatal(err)
		}
	})
	d.Registry, d.Console = url(k.registry), url(k.console)
	for _, v := range k.stored() {
		for _, key := range []string{files.CrateKey(v.Crate, v.Version), files.ReadmeKey(v.Crate, v.Version)} {
			path := filepath.Join(d.Static, filepath.FromSlash(key))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte("content of "+key), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return k, d
}

// stored are the versions that have files in these tests.
func (k *kit) stored() []VersionRef {
	return list[VersionRef](k, `SELECT c.name, v.num FROM versions v JOIN crates c ON c.id = v.crate_id
		WHERE NOT v.yanked AND c.id IN (SELECT id FROM crates ORDER BY id LIMIT 15) ORDER BY v.id`)
}

// crashSteps is a random plan of one to four acts, half of the time with a hold.
func (k *kit) crashSteps(r *rand.Rand) []StepText {
	k.t.Helper()
	list := randomSteps(k.t, r, k.sample(), 3)
	if v, ok := pick(r, k.stored()); ok && r.IntN(2) == 0 {
		if _, known := k.catalogue.Kind("version.hold"); known {
			list = append(steps(k.t, "version.hold", m{"crate": v.Crate, "version": v.Version}), list...)
		}
	}
	return list
}

// files gives the digest of every file below a folder.
func (k *kit) files(dir string) map[string]string {
	k.t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		out[path] = fmt.Sprintf("%x", sha256.Sum256(text))
		return err
	})
	if err != nil {
		k.t.Fatal(err)
	}
	return out
}

func (k *kit) sameFiles(before, after map[string]string) {
	k.t.Helper()
	for path, sum := range before {
		if after[path] != sum {
			k.t.Errorf("file %s was lost or changed", filepath.Base(path))
		}
	}
	if len(after) != len(before) {
		k.t.Errorf("%d files, %d before", len(after), len(before))
	}
}
