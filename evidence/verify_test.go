package evidence

import (
	"context"
	"io"
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/blob"
	"cratewarden/blob/blobtest"
	"cratewarden/ledger"
	"cratewarden/registry/check"
)

// small seals a bundle of few bytes, so that each of them can be flipped.
func small(t *testing.T, b *bench) Bundle {
	t.Helper()
	return b.seal(t, Request{Versions: []int32{5}, Plan: "P1", Actor: someone()})
}

// names gives the parts of a bundle that are stored under a key.
func names(m *Manifest, key string) []string {
	var out []string
	for _, p := range m.Parts {
		if contentKey(partPrefix, p.SHA256) == key {
			out = append(out, p.Name)
		}
	}
	return out
}

func findings(r Report) map[string]State {
	out := map[string]State{}
	for _, f := range r.Findings {
		out[f.Part] = f.State
	}
	return out
}

// memory is a store held in memory, so that thousands of verifications cost
// little.
type memory struct {
	blob.Store
	objects map[string]string
}

func (m memory) Get(_ context.Context, key string) (r io.ReadCloser, info blob.Info, err error) {
	text, ok := m.objects[key]
	if !ok {
		return nil, info, cratewarden.Errorf(cratewarden.NotFound, "none")
	}
	return io.NopCloser(strings.NewReader(text)), blob.Info{Key: key, Size: int64(len(text))}, nil
}

func TestVerifyFindsEveryFlippedByte(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	bundle := small(t, b)
	store := memory{b.storage, contents(t, b.storage)}
	b.make(store)
	b.cfg.Workers = 2
	if r := b.verify(t, bundle.Digest); !r.OK() || r.Parts != len(bundle.Manifest.Parts) || r.Bytes != bundle.Bytes {
		t.Fatal(r.String())
	}
	flips := 0
	for key, text := range contents(t, b.storage) {
		want := names(bundle.Manifest, key)
		if key == manifestKey(bundle.Digest) {
			want = []string{"manifest"}
		}
		step := 1
		if len(text) > 600 {
			step = len(text) / 300
		}
		for i := 0; i < len(text); i += step {
			changed := []byte(text)
			changed[i] ^= 1 << (i % 8)
			store.objects[key] = string(changed)
			found := findings(b.verify(t, bundle.Digest))
			if len(found) != len(want) {
				t.Fatalf("byte %d of %s flipped: found %v, want %v", i, key, found, want)
			}
			for _, name := range want {
				if found[name] != Changed {
					t.Fatalf("byte %d of %s flipped: found %v, want %v", i, key, found, want)
				}
			}
			flips++
		}
		store.objects[key] = text
	}
	t.Logf("%d flips, each found", flips)
}

func TestVerifyFindsWhatIsMissingCutOrTooLong(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	bundle := b.seal(t, request())
	store := memory{b.storage, contents(t, b.storage)}
	b.make(store)
	for key, text := range contents(t, b.storage) {
		for change, state := range map[string]State{"gone": Lost, "cut": Changed, "longer": Changed} {
			switch change {
			case "gone":
				delete(store.objects, key)
			case "cut":
				if text == "" {
					continue
				}
				store.objects[key] = text[:len(text)-1]
			case "longer":
				store.objects[key] = text + "x"
			}
			want := names(bundle.Manifest, key)
			if key == manifestKey(bundle.Digest) {
				want = []string{"manifest"}
			}
			found := findings(b.verify(t, bundle.Digest))
			if len(found) != len(want) || found[want[0]] != state {
				t.Errorf("%s %s: found %v, want %v", key, change, found, want)
			}
			if _, err := b.Covers(t.Context(), Cover{Plan: "P1"}, []int32{1}, nil); err != nil {
				t.Fatal(err)
			}
			store.objects[key] = text
		}
	}
	if r := b.verify(t, bundle.Digest); !r.OK() {
		t.Error(r.String())
	}
}

// The console's own tables may be changed by whoever owns them; that shows.
func TestVerifyComparesRecordAndLedger(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]Finding{
		`UPDATE evidence_bundle SET plan = 'P9'`:                                                      {"record", Changed, ""},
		`UPDATE evidence_bundle SET bytes = bytes + 1`:                                                {"record", Changed, ""},
		`INSERT INTO evidence_subject SELECT digest, 'crate', 77, 'serde', true FROM evidence_bundle`: {"record", Extra, ""},
		`UPDATE evidence_subject SET asked = true WHERE kind = 'account'`:                             {"record", Extra, ""},
		`DELETE FROM evidence_subject WHERE kind = 'account'`:                                         {"record", Lost, ""},
		`UPDATE ledger_entry SET body = replace(body, 'evidence.seal', 'evidence.deal')`:              {"ledger", Lost, ""},
	} {
		t.Run(sql, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			bundle := b.seal(t, request())
			for _, table := range []string{"evidence_bundle", "evidence_subject", "ledger_entry"} {
				exec(t, b.console, `ALTER TABLE `+table+` DISABLE TRIGGER USER`)
			}
			exec(t, b.console, sql)
			found := findings(b.verify(t, bundle.Digest))
			if len(found) != 1 || found[want.Part] != want.State {
				t.Errorf("found %v", found)
			}
		})
	}
}

func TestVerifyOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, err := b.Verify(t.Context(), ledger.Digest{1})
	wantKind(t, err, cratewarden.NotFound)
	_, err = b.Show(t.Context(), ledger.Digest{1})
	wantKind(t, err, cratewarden.NotFound)
	bundle := b.seal(t, request())
	// A store that does not answer is no finding.
	broken := blobtest.FailAt(b.storage, 3)
	broken.Reads = true
	b.make(broken)
	if _, err := b.Verify(t.Context(), bundle.Digest); err == nil {
		t.Error("a store that fails was taken for a bundle that is changed")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = b.Verify(ctx, bundle.Digest)
	wantKind(t, err, cratewarden.Canceled)
	_, err = b.Seal(ctx, request())
	wantKind(t, err, cratewarden.Canceled)
}

func TestCovers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	covers := func(by Cover, crates, versions []int32, want bool, missing ...string) Coverage {
		t.Helper()
		c, err := b.Covers(t.Context(), by, crates, versions)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range c.Missing {
			got = append(got, m.Kind+" "+m.ID)
		}
		if c.OK != want || strings.Join(got, ", ") != strings.Join(missing, ", ") {
			t.Errorf("%v %v %v: %v, missing %v, gaps %v", by, crates, versions, c.OK, got, c.Gaps)
		}
		return c
	}
	plan := Cover{Plan: "P1"}
	covers(plan, []int32{1}, nil, false, "crate 1", "version 1", "version 2")
	bundle := b.seal(t, request())
	covers(plan, []int32{1}, []int32{1}, true)
	covers(plan, nil, nil, false)
	covers(Cover{Digest: &bundle.Digest}, nil, []int32{2}, true)
	covers(Cover{Digest: &bundle.Digest, Plan: "P2"}, nil, []int32{2}, false, "version 2")
	covers(Cover{Plan: "P2"}, nil, []int32{1}, false, "version 1")
	covers(plan, []int32{1, 2}, []int32{3}, false, "crate 2", "version 3", "version 3", "version 4")
	b.seal(t, Request{Versions: []int32{3}, Plan: "P1", Actor: someone()})
	covers(plan, []int32{1}, []int32{3}, true)
	covers(plan, []int32{2}, nil, false, "crate 2", "version 4")
	exec(t, b.registry, `INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256) VALUES (1, '3.0.0', '3.0.0', 1, sha256('x'))`)
	covers(plan, []int32{1}, nil, false, "version 6")
	b.seal(t, request())
	covers(plan, []int32{1}, nil, true)
	_, err := b.Covers(t.Context(), Cover{}, []int32{1}, nil)
	wantKind(t, err, cratewarden.Invalid)

	// Without files there is no evidence of files.
	whole := b.static
	b.static = nil
	b.make(b.storage)
	r := request()
	r.Plan = "P4"
	b.seal(t, r)
	if c := covers(Cover{Plan: "P4"}, []int32{1}, nil, false, "crate 1", "version 1", "version 2", "version 6"); len(c.Gaps) != 1 {
		t.Errorf("gaps %v", c.Gaps)
	}
	b.static = whole
	b.make(b.storage)
	b.seal(t, r)
	covers(Cover{Plan: "P4"}, []int32{1}, nil, true)
}

// as lets the registry's pool act as a new role with these grants.
func (b *bench) as(t *testing.T, grants func(role string) string) {
	t.Helper()
	cfg := b.registry.Config().ConnConfig
	role := "reader_" + cfg.Database
	exec(t, b.registry, `CREATE ROLE `+role+`;`+grants(role))
	exec(t, b.registry, `ALTER ROLE `+cfg.User+` IN DATABASE `+cfg.Database+` SET role = `+role)
	b.registry.Reset()
	t.Cleanup(func() {
		_, _ = b.registry.Exec(context.WithoutCancel(t.Context()), `RESET ROLE; SET ROLE NONE; DROP OWNED BY `+role+`; DROP ROLE `+role)
	})
	var who string
	if err := b.registry.QueryRow(t.Context(), `SELECT current_user`).Scan(&who); err != nil || who != role {
		t.Fatalf("acting as %s, %v", who, err)
	}
}

// A role that may not read what would vanish makes a bundle that says so and
// covers nothing.
func TestRowsThatCannotBeReadAreAGap(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.as(t, func(role string) string {
		return `GRANT SELECT ON ALL TABLES IN SCHEMA public TO ` + role + `; REVOKE ALL ON sbom_parts FROM ` + role + `;
			REVOKE ALL ON version_sboms FROM ` + role + `; GRANT SELECT (id, version_id) ON version_sboms TO ` + role
	})
	bundle := b.seal(t, request())
	gaps := strings.Join(bundle.Manifest.Gaps(), "\n")
	if !strings.Contains(gaps, "table sbom_parts") || !strings.Contains(gaps, "version_sboms.body") || strings.Count(gaps, "\n") != 1 {
		t.Errorf("gaps: %s", gaps)
	}
	c, err := b.Covers(t.Context(), Cover{Plan: "P1"}, []int32{1}, nil)
	if err != nil || c.OK {
		t.Errorf("%+v %v", c, err)
	}
}

// The grants that check-registry prints for acting are enough for every table
// of the contract; newer tables must be granted when they come.
func TestSealWithTheLeastGrants(t *testing.T) {
	t.Parallel()
	for mode, covered := range map[check.Mode]bool{check.Acting: true, check.ReadOnly: false} {
		b := newBench(t)
		b.as(t, func(role string) string {
			return check.Grants(role, mode) + `GRANT SELECT ON version_sboms, sbom_parts TO ` + role
		})
		r := request()
		r.Users = []int32{1}
		bundle := b.seal(t, r)
		if gaps := bundle.Manifest.Gaps(); (len(gaps) == 0) != covered {
			t.Errorf("mode %d: gaps %v", mode, gaps)
		}
		c, err := b.Covers(t.Context(), Cover{Plan: "P1"}, []int32{1}, nil)
		if err != nil || c.OK != covered {
			t.Errorf("mode %d: %v %v", mode, c.Missing, err)
		}
	}
}
