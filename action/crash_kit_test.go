package action

import (
	"crypto/sha256"
	"fmt"
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

// crashParts gives an engine the folders of the storage and the vault.
func crashParts(cfg *Config, d doomed) error {
	static, err := blob.OpenFolder(d.Static, false)
	if err != nil {
		return err
	}
	vault, err := blob.OpenFolder(d.Vault, false)
	if err != nil {
		return err
	}
	cfg.Static = static
	cfg.Vault = evidence.Vault{Static: static, Store: vault}
	return nil
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
	d := doomed{Key: private, Vault: t.TempDir(), Static: t.TempDir()}
	k := newKitOn(t, smallTemplate(), func(c *Config) {
		c.Ledger = ledger.New(ledger.Config{DB: c.Console, Keys: keys})
		if err := crashParts(c, d); err != nil {
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
