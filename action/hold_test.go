package action

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/blob"
	"cratewarden/blob/blobtest"
	"cratewarden/evidence"
	"cratewarden/registry/files"
)

func (v VersionRef) params() m { return m{"crate": v.Crate, "version": v.Version} }

func TestHoldAndUndoLeaveEverythingAsBefore(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	v := s.victim()
	stored, before := contents(t, s.static), s.tables()
	p, effect := s.applied("version.hold", m{"crate": v.Crate, "version": v.Version, "message": "under examination"})
	if len(effect.Jobs) != 3 || len(effect.Public) != 1 || len(effect.Files) < 2 {
		t.Errorf("%+v", effect)
	}
	s.work()
	key := files.CrateKey(v.Crate, v.Version)
	if _, err := s.static.Stat(t.Context(), key); cratewarden.KindOf(err) != cratewarden.NotFound {
		t.Errorf("the archive is still in the storage: %v", err)
	}
	held, err := s.Held(t.Context(), v.Crate)
	if err != nil || len(held) != 1 || held[0].Files != FilesHeld || held[0].WasYanked || len(held[0].Taken) != len(effect.Files) {
		t.Fatalf("%+v %v", held, err)
	}
	if n := s.jobs("invalidate_cdns"); n != 1 {
		t.Errorf("%d jobs to empty the caches", n)
	}
	follow, err := s.FollowUps(t.Context(), p.ID)
	if err != nil || len(follow) != 3 {
		t.Fatalf("%+v %v", follow, err)
	}
	if r := decodeResult[filesResult](t, follow[0]); len(r.Moved) != len(effect.Files) || len(r.Missing)+len(r.Notes) > 0 {
		t.Errorf("%+v", r)
	}
	s.undone(p)
	s.work()
	sameContents(t, stored, contents(t, s.static))
	s.same(before, s.tables())
	if held, _ := s.Held(t.Context(), ""); len(held) != 0 {
		t.Errorf("still held: %+v", held)
	}
	s.ended()
}

func TestReleaseRestoresTheFormerYankExactly(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	v := s.victim()
	s.exec(`UPDATE versions SET yanked = true, yank_message = 'by its owner' WHERE num = $2 AND crate_id = (SELECT id FROM crates WHERE name = $1)`, v.Crate, v.Version)
	stored, before := contents(t, s.static), s.tables()
	s.applied("version.hold", m{"crate": v.Crate, "version": v.Version, "message": "held"})
	s.work()
	p, _ := s.applied("version.release", v.params())
	s.work()
	s.same(before, s.tables())
	sameContents(t, stored, contents(t, s.static))

	s.undone(p) // held again, and the former state is still the owner's yank
	s.work()
	held, err := s.Held(t.Context(), v.Crate)
	if err != nil || len(held) != 1 || !held[0].WasYanked || held[0].WasMessage == nil || *held[0].WasMessage != "by its owner" {
		t.Fatalf("%+v %v", held, err)
	}
	if _, err := s.static.Stat(t.Context(), files.CrateKey(v.Crate, v.Version)); cratewarden.KindOf(err) != cratewarden.NotFound {
		t.Errorf("the archive is in the storage: %v", err)
	}
	s.applied("version.release", v.params())
	s.work()
	s.same(before, s.tables())
	sameContents(t, stored, contents(t, s.static))
	s.ended()
}

// A hold keeps the message of an owner's yank when it brings none of its own.
func TestHoldWithoutMessageKeepsTheOwners(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	v := s.victim()
	s.exec(`UPDATE versions SET yanked = true, yank_message = 'by its owner' WHERE num = $2 AND crate_id = (SELECT id FROM crates WHERE name = $1)`, v.Crate, v.Version)
	s.syncIndex(v.Crate)
	before := s.tables()
	p, effect := s.applied("version.hold", v.params())
	if len(effect.Rows) != 0 {
		t.Errorf("%+v", effect.Rows)
	}
	s.same(before, s.tables())
	s.undone(p)
	s.work()
	s.same(before, s.tables())
	s.ended()
}

func TestReleaseOvertakesHold(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	v := s.victim()
	stored := contents(t, s.static)
	s.applied("version.hold", v.params())
	s.applied("version.release", v.params())
	s.work()
	sameContents(t, stored, contents(t, s.static))
	if held, _ := s.Held(t.Context(), ""); len(held) != 0 {
		t.Errorf("still held: %+v", held)
	}
	s.ended()
}

func TestHoldOfACrate(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	v := s.victim()
	stored, before := contents(t, s.static), s.tables()
	one, _ := s.applied("version.hold", v.params())
	p, effect := s.applied("crate.hold", m{"crate": strings.ToUpper(v.Crate), "message": "all of it"})
	n := int(s.number(`SELECT count(*) FROM versions v JOIN crates c ON c.id = v.crate_id WHERE c.name = $1`, v.Crate))
	held, err := s.Held(t.Context(), v.Crate)
	if err != nil || len(held) != n {
		t.Fatalf("%d held of %d, %v", len(held), n, err)
	}
	moves := 0
	for _, l := range effect.Later {
		if l.Kind == "files.hold" {
			moves++
		}
	}
	if moves != 1 {
		t.Errorf("%d follow-ups for one crate", moves)
	}
	s.work()
	for key := range contents(t, s.static) {
		if strings.HasPrefix(key, files.CratePrefix(v.Crate)) {
			t.Errorf("%s is still in the storage", key)
		}
	}
	s.undone(p) // the one that the other plan holds stays held
	s.work()
	if held, _ := s.Held(t.Context(), v.Crate); len(held) != 1 || held[0].Num != v.Version || held[0].Plan != one.ID {
		t.Errorf("%+v", held)
	}
	s.applied("crate.release", m{"crate": v.Crate})
	s.work()
	s.same(before, s.tables())
	sameContents(t, stored, contents(t, s.static))
	s.ended()
}

func TestGuardsOfHold(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	v := s.victim()
	for _, row := range []struct {
		kind   string
		params m
		want   string
	}{
		{"version.hold", m{"crate": v.Crate, "version": "99.0.0"}, "no-such-version"},
		{"version.release", v.params(), "not-held"},
		{"crate.hold", m{"crate": "no-such-crate-at-all"}, "no-such-crate"},
		{"crate.release", m{"crate": v.Crate}, "not-held"},
	} {
		if got := s.blocked(row.kind, row.params); got != row.want {
			t.Errorf("%s: %s, want %s", row.kind, got, row.want)
		}
	}
	other := m{"crate": strings.ToUpper(v.Crate), "version": v.Version}
	if got := s.blocked("version.hold", v.params(), "version.hold", other); got != "named-twice" {
		t.Error(got)
	}
	if got := s.blocked("version.hold", v.params(), "version.hold", v.params()); got != "held-already" {
		t.Error(got)
	}
	p, effect := s.reviewed("version.hold", v.params(), "version.release", v.params(), "version.hold", v.params())
	if p.Blocked {
		t.Errorf("hold, release, hold: %+v", effect.Blocks())
	}
	s.applied("version.hold", v.params())
	if got := s.blocked("version.hold", v.params()); got != "held-already" {
		t.Error(got)
	}
	s.who.RegistryUser = 0
	if got := s.blocked("version.release", v.params()); got != "no-account" {
		t.Error(got)
	}
}

func TestHoldWithoutStorageIsByYankAlone(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Config){
		"none":      func(c *Config) { c.Static = nil },
		"no vault":  func(c *Config) { c.Vault = nil },
		"read only": func(c *Config) { c.Static = &blob.Web{} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStoreKit(t, change)
			v := s.victim()
			stored, before := contents(t, s.static), s.tables()
			p, effect := s.applied("version.hold", v.params())
			if len(effect.Files) != 0 || len(effect.Guards) != 1 || effect.Guards[0].Code != "yank-only" {
				t.Errorf("%+v", effect)
			}
			s.work()
			if held, _ := s.Held(t.Context(), v.Crate); len(held) != 1 || held[0].Files != FilesStay {
				t.Errorf("%+v", held)
			}
			sameContents(t, stored, contents(t, s.static))
			s.undone(p)
			if held, _ := s.Held(t.Context(), v.Crate); len(held) != 0 {
				t.Errorf("%+v", held)
			}
			s.same(before, s.tables())
			s.work()
			s.ended()
		})
	}
}

// A hold that was undone is done again by a new plan only: putting rows back
// would not move the files.
func TestUndoOfAnUndoneHoldIsRefused(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	p, _ := s.applied("version.hold", s.victim().params())
	u := s.undone(p)
	again, err := s.Undo(t.Context(), s.who, u.ID, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	again, effect, err := s.Review(t.Context(), s.who, again.ID)
	if err != nil || !again.Blocked || effect.Blocks()[0].Code != "make-a-new-plan" {
		t.Errorf("%v %+v", err, effect.Blocks())
	}
}

// The registry's tables may have columns and the database tables that are newer
// than this program.
func TestHoldOnANewerRegistry(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	s.exec(`ALTER TABLE versions ADD COLUMN sbom text, ADD COLUMN signed boolean DEFAULT true; ALTER TABLE crates ADD COLUMN frozen text; CREATE TABLE version_sboms (version_id int REFERENCES versions ON DELETE CASCADE)`)
	v := s.victim()
	before := s.tables()
	p, _ := s.applied("version.hold", v.params(), "crate.hold", m{"crate": v.Crate}, "crate.trustpub_only", m{"crate": v.Crate, "on": true})
	s.undone(p)
	s.same(before, s.tables())
	s.work()
	s.destroyed("version.delete", v.params())
	s.destroyed("crate.delete", m{"crate": v.Crate, "message": "gone"})
	s.work()
	s.ended()
}

// Everything works with exactly the rights of the acting role.
func TestVersionsAndCratesAsTheActingRole(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t, asActingRole(t, "warden of versions"))
	v := s.victim()
	p, _ := s.applied("version.hold", v.params(), "crate.hold", m{"crate": v.Crate})
	s.work()
	s.undone(p)
	s.work()
	p, _ = s.applied("crate.hold", m{"crate": v.Crate}, "crate.release", m{"crate": v.Crate},
		"crate.trustpub_only", m{"crate": v.Crate, "on": true}, "crate.limits", m{"crate": v.Crate, "max_upload_size": 5})
	s.work()
	s.undone(p, 3, 4)
	s.dependent("acting-needs", v.Crate, "*")
	s.destroyed("version.delete", v.params())
	s.applied("crate.hold", m{"crate": "acting-needs"})
	s.exec(`UPDATE versions SET yanked = true WHERE crate_id = (SELECT id FROM crates WHERE name = 'acting-needs')`)
	s.destroyed("crate.delete", m{"crate": v.Crate, "message": "gone", "reserve": true, "accept_dependents": true})
	if n, err := s.WatchTombstones(t.Context()); err != nil || n != 0 {
		t.Errorf("%d %v", n, err)
	}
}

// A bucket keeps headers, which a release must restore too.
func TestHoldOnABucket(t *testing.T) {
	t.Parallel()
	env := map[string]string{"AWS_ACCESS_KEY_ID": blobtest.KeyID, "AWS_SECRET_ACCESS_KEY": blobtest.Secret}
	open := func() blob.Store {
		_, url := blobtest.NewS3(t)
		store, err := blob.Open(t.Context(), "s3://shelf?endpoint="+url, blob.Config{Getenv: func(k string) string { return env[k] }})
		if err != nil {
			t.Fatal(err)
		}
		return store
	}
	static, vault := open(), open()
	s := newStoreKit(t, func(c *Config) {
		c.Static, c.Vault = static, evidence.Vault{Static: static, Store: vault}
	})
	v := s.victim()
	for _, o := range files.ReleaseObjects(v.Crate, v.Version) {
		if err := static.Put(t.Context(), o.Key, strings.NewReader(o.Key), o.PutOptions(true)); err != nil {
			t.Fatal(err)
		}
	}
	key := files.CrateKey(v.Crate, v.Version)
	before, err := static.Stat(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	stored := contents(t, static)
	p, _ := s.applied("version.hold", v.params())
	s.work()
	if left := contents(t, static); len(left) != 0 {
		t.Errorf("still in the storage: %v", left)
	}
	s.undone(p)
	s.work()
	sameContents(t, stored, contents(t, static))
	after, err := static.Stat(t.Context(), key)
	if err != nil || after.ContentType != before.ContentType || after.CacheControl != before.CacheControl || !maps.Equal(after.Metadata, before.Metadata) {
		t.Errorf("%+v, was %+v, %v", after, before, err)
	}
	s.ended()
}

// A hold that was cut short after it took a file, and is undone before anybody
// goes on with it, leaves nothing in the vault.
func TestUndoOfAHoldThatWasCutShort(t *testing.T) {
	t.Parallel()
	for at := 1; at <= 9; at++ {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			t.Parallel()
			s := newStoreKit(t)
			v := s.victim()
			stored, before := contents(t, s.static), s.tables()
			p, _ := s.applied("version.hold", v.params())
			if !s.crashAt(s.only(p).ID, at) {
				t.Fatal("no crash")
			}
			s.undone(p)
			s.work()
			sameContents(t, stored, contents(t, s.static))
			s.same(before, s.tables())
			s.ended()
		})
	}
}

// Files of a deleted version never come back with a new one of the same number.
func TestHoldOfANumberThatWasDeleted(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	v := s.victim()
	if err := s.static.Put(t.Context(), files.ZipKey(v.Crate, v.Version), strings.NewReader("bad zip"), blob.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	s.destroyed("version.delete", v.params())
	s.work()
	s.exec(`INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256) SELECT id, $2::text, $2::text, 1, sha256('good') FROM crates WHERE name = $1`, v.Crate, v.Version)
	if err := s.static.Put(t.Context(), files.CrateKey(v.Crate, v.Version), strings.NewReader("good"), blob.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	stored := contents(t, s.static)
	p, _ := s.applied("version.hold", v.params())
	first := s.only(p)
	if err := s.Work(t.Context(), first.ID); err != nil {
		t.Fatal(err)
	}
	s.applied("version.release", v.params())
	list, err := s.FollowUps(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if f.Kind == "files.release" {
			if err := s.Work(t.Context(), f.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	sameContents(t, stored, contents(t, s.static))
}

type stop struct{ place string }

// A worker that ends at any place is followed by one that completes its work,
// and nothing is done twice.
func TestFollowUpsSurviveEveryCrash(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"hold", "release", "delete"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := newStoreKit(t)
			v := s.victim()
			stored := contents(t, s.static)
			var p Plan
			switch kind {
			case "hold":
				p, _ = s.applied("version.hold", v.params())
			case "release":
				s.applied("version.hold", v.params())
				s.work()
				s.exec(`DELETE FROM background_jobs WHERE job_type = 'invalidate_cdns'`)
				p, _ = s.applied("version.release", v.params())
			case "delete":
				p, _ = s.destroyed("version.delete", v.params())
			}
			crashes := s.crashEverywhere()
			s.runSyncJobs()
			s.now = s.now.Add(2 * time.Hour)
			s.work()
			t.Logf("%d crashes", crashes)
			if crashes < 10 {
				t.Errorf("only %d crashes", crashes)
			}
			if n := s.jobs("invalidate_cdns"); n != 1 {
				t.Errorf("%d jobs to empty the caches", n)
			}
			follow, err := s.FollowUps(t.Context(), p.ID)
			if err != nil || len(follow) != 3 {
				t.Errorf("%+v %v", follow, err)
			}
			if kind == "release" {
				sameContents(t, stored, contents(t, s.static))
			} else if _, err := s.static.Stat(t.Context(), files.CrateKey(v.Crate, v.Version)); cratewarden.KindOf(err) != cratewarden.NotFound {
				t.Errorf("the archive is in the storage: %v", err)
			}
			s.ended()
		})
	}
}

// crashEverywhere works on all follow-ups but the check of the index, and ends
// each try one place later than the try before.
func (s *storeKit) crashEverywhere() (crashes int) {
	s.t.Helper()
	for range 200 {
		list, err := s.FollowUps(s.t.Context(), "")
		if err != nil {
			s.t.Fatal(err)
		}
		if len(list) == 0 || list[0].Kind == "index.check" {
			return crashes
		}
		for at := 1; ; at++ {
			if !s.crashAt(list[0].ID, at) {
				break
			}
			crashes++
		}
	}
	s.t.Fatal("follow-ups never end")
	return 0
}

func (s *storeKit) crashAt(id int64, at int) (crashed bool) {
	n := 0
	s.reached = func(place string) {
		if n++; n == at {
			panic(stop{place})
		}
	}
	defer func() {
		s.reached = func(string) {}
		if r := recover(); r != nil {
			if _, ok := r.(stop); !ok {
				panic(r)
			}
			crashed = true
		}
	}()
	if err := s.Work(s.t.Context(), id); err != nil {
		s.t.Fatal(err)
	}
	return false
}

func TestFailedFollowUpBacksOffAndPeopleDecide(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	v := s.victim()
	p, _ := s.applied("version.hold", v.params())
	first := s.only(p)
	s.kit.cfg.Vault = nil // the evidence store went away after the apply
	for try := 1; try <= 9; try++ {
		err := s.Work(t.Context(), first.ID)
		wantKind(t, err, cratewarden.Unavailable)
		f, err := s.FollowUp(t.Context(), first.ID)
		if err != nil || f.State != FollowFailed || f.Attempts != try || f.Problem == "" {
			t.Fatalf("%+v %v", f, err)
		}
		if wait := f.NextAt.Sub(s.now).Round(time.Second); wait != min(30*time.Second<<(try-1), time.Hour) {
			t.Errorf("try %d: next in %s", try, wait)
		}
		if err := s.Work(t.Context(), first.ID); err != nil { // not due: nothing happens
			t.Errorf("not due: %v", err)
		}
		s.now = f.NextAt.Add(time.Second)
	}
	s.now = s.now.Add(-time.Minute)
	f, err := s.RetryFollowUp(t.Context(), s.who, first.ID)
	if err != nil || f.NextAt.After(s.now.Add(time.Second)) {
		t.Fatalf("%+v %v", f, err)
	}
	_, err = s.GiveUpFollowUp(t.Context(), s.who, first.ID, " ")
	wantKind(t, err, cratewarden.Invalid)
	_, err = s.GiveUpFollowUp(t.Context(), Actor{ID: "x", Name: "X"}, first.ID, "no right")
	wantKind(t, err, cratewarden.Refused)
	if f, err = s.GiveUpFollowUp(t.Context(), s.who, first.ID, "the bucket is gone"); err != nil || f.State != FollowGivenUp || f.Outcome == nil {
		t.Fatalf("%+v %v", f, err)
	}
	_, err = s.RetryFollowUp(t.Context(), s.who, first.ID)
	wantKind(t, err, cratewarden.Conflict)
	if err := s.Work(t.Context(), first.ID); err != nil {
		t.Errorf("given up: %v", err)
	}
	wantKind(t, s.Work(t.Context(), 999_999), cratewarden.NotFound)
}

// only gives the one follow-up of a plan.
func (s *storeKit) only(p Plan) FollowUp {
	s.t.Helper()
	list, err := s.FollowUps(s.t.Context(), p.ID)
	if err != nil || len(list) != 1 {
		s.t.Fatalf("%+v %v", list, err)
	}
	return list[0]
}

func TestTwoWorkersNeverShareAFollowUp(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	p, _ := s.applied("version.hold", s.victim().params())
	f := s.only(p)
	var second error
	once := false
	s.reached = func(place string) {
		if place == "follow-up begun" && !once {
			once = true
			second = s.Work(t.Context(), f.ID)
		}
	}
	if err := s.Work(t.Context(), f.ID); err != nil {
		t.Fatal(err)
	}
	wantKind(t, second, cratewarden.Conflict)
}

// What the row says of an archive and what lies in the storage may differ; that
// is told, and the file is held all the same.
func TestHoldTellsOfAnAlteredArchive(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	v := s.victim()
	key := files.CrateKey(v.Crate, v.Version)
	if err := s.static.Put(t.Context(), key, strings.NewReader("something else"), blob.PutOptions{Overwrite: true}); err != nil {
		t.Fatal(err)
	}
	if err := s.static.Delete(t.Context(), files.ReadmeKey(v.Crate, v.Version)); err != nil {
		t.Fatal(err)
	}
	p, _ := s.applied("version.hold", v.params())
	s.work()
	list, err := s.FollowUps(t.Context(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	r := decodeResult[filesResult](t, list[0])
	if len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "not what the registry's row says") || fmt.Sprint(r.Missing) != fmt.Sprint([]string{files.ReadmeKey(v.Crate, v.Version)}) {
		t.Errorf("%+v", r)
	}
}

func TestIndexIsChecked(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	v := s.victim()
	p, _ := s.applied("version.hold", v.params())
	list := []FollowUp{s.only(p)}
	for len(list) > 0 && list[0].Kind != "index.check" {
		if err := s.Work(t.Context(), list[0].ID); err != nil {
			t.Fatal(err)
		}
		list, _ = s.FollowUps(t.Context(), "")
	}
	_ = s.Work(t.Context(), list[0].ID) // the sync job has not run
	f, err := s.FollowUp(t.Context(), list[0].ID)
	if err != nil || f.State == FollowDone || !f.NextAt.After(s.now) || !strings.Contains(f.Problem, v.Crate) {
		t.Errorf("%+v %v", f, err)
	}
	s.runSyncJobs()
	s.now = s.now.Add(time.Minute)
	if err := s.Work(t.Context(), list[0].ID); err != nil {
		t.Error(err)
	}
	s.ended()
}

func TestInvalidationByTags(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t, func(c *Config) { c.CacheTags = true })
	v := s.victim()
	s.applied("version.hold", v.params())
	s.work()
	want := fmt.Sprintf(`{"paths": [], "cache_tags": ["release:%s@%s"]}`, v.Crate, v.Version)
	if n := s.number(`SELECT count(*) FROM background_jobs WHERE job_type = 'invalidate_cdns' AND data = $1::jsonb`, want); n != 1 {
		t.Errorf("%d jobs", n)
	}
}
