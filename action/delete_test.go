package action

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/blob"
	"cratewarden/evidence"
	"cratewarden/ledger"
	"cratewarden/registry/files"
)

func TestDeleteVersion(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	v := s.victim() // the default version
	id := s.number(`SELECT v.id FROM versions v JOIN crates c ON c.id = v.crate_id WHERE c.name = $1 AND v.num = $2`, v.Crate, v.Version)
	s.exec(`INSERT INTO version_owner_actions (version_id, user_id, action) VALUES ($1, $2, 0); `, id, s.who.RegistryUser)
	p, preview := s.reviewed("version.delete", v.params())
	if !p.Irreversible || !p.NeedsApproval || p.Confirm == "" {
		t.Errorf("%+v", p)
	}
	if len(preview.Final) == 0 || len(preview.Files) < 2 {
		t.Errorf("%+v", preview)
	}
	before := s.counts()
	_, effect := s.destroyed("version.delete", v.params())
	s.accounted(before, s.counts(), effect)
	if len(effect.Jobs) != 2 {
		t.Errorf("jobs: %+v", effect.Jobs)
	}
	if s.number(`SELECT count(*) FROM default_versions d JOIN crates c ON c.id = d.crate_id JOIN versions v ON v.id = d.version_id
		WHERE c.name = $1 AND NOT v.yanked AND d.num_versions = (SELECT count(*) FROM versions o WHERE o.crate_id = c.id)`, v.Crate) != 1 {
		t.Error("the default version was not chosen anew")
	}
	s.work()
	if _, err := s.static.Stat(t.Context(), files.CrateKey(v.Crate, v.Version)); cratewarden.KindOf(err) != cratewarden.NotFound {
		t.Errorf("the archive is still in the storage: %v", err)
	}
	stones, err := s.Tombstones(t.Context(), TombstoneFilter{Crate: strings.ToUpper(v.Crate)})
	if err != nil || len(stones) != 1 || stones[0].ID != int32(id) || stones[0].Num != v.Version || stones[0].SHA256 == "" {
		t.Errorf("%+v %v", stones, err)
	}
	s.ended()
}

// The default version is chosen by the registry's rule: not yanked, release
// before pre-release, highest number.
func TestDefaultVersionAfterDeletion(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	s.exec(`INSERT INTO crates (name) VALUES ('chooser')`)
	s.exec(`INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256, yanked)
		SELECT c.id, n, split_part(n, '+', 1), 1, sha256(n::bytea), y FROM crates c,
		(VALUES ('2.0.0', false), ('1.9.0', true), ('1.10.0+b-1', false), ('1.2.0', false), ('3.0.0-rc.1', false)) v (n, y) WHERE c.name = 'chooser'`)
	s.exec(`UPDATE default_versions d SET version_id = v.id FROM versions v JOIN crates c ON c.id = v.crate_id WHERE c.name = 'chooser' AND v.num = '2.0.0' AND d.crate_id = c.id`)
	for _, row := range [][2]string{{"2.0.0", "1.10.0+b-1"}, {"1.10.0+b-1", "1.2.0"}, {"1.2.0", "3.0.0-rc.1"}, {"3.0.0-rc.1", "1.9.0"}} {
		s.destroyed("version.delete", m{"crate": "chooser", "version": row[0]})
		var now string
		if err := s.kit.registry.QueryRow(t.Context(), `SELECT v.num FROM default_versions d JOIN versions v ON v.id = d.version_id JOIN crates c ON c.id = d.crate_id WHERE c.name = 'chooser'`).Scan(&now); err != nil || now != row[1] {
			t.Errorf("after %s: %s, want %s, %v", row[0], now, row[1], err)
		}
	}
	if got := s.blocked("version.delete", m{"crate": "chooser", "version": "1.9.0"}); got != "only-version" {
		t.Error(got)
	}
}

// dependent makes a crate whose versions need another with these requirements.
func (k *kit) dependent(name, on string, reqs ...string) {
	k.t.Helper()
	k.exec(`INSERT INTO crates (name) VALUES ($1)`, name)
	for i, req := range reqs {
		k.exec(`WITH v AS (INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256) SELECT id, $2::text, $2::text, 1, sha256($2::text::bytea) FROM crates WHERE name = $1 RETURNING id)
			INSERT INTO dependencies (version_id, crate_id, req, optional, default_features, features) SELECT v.id, c.id, $4, false, true, '{}' FROM v, crates c WHERE c.name = $3`,
			name, "1."+string(rune('0'+i))+".0", on, req)
	}
}

func (f *Effect) guardsOf(code string) (out []Guard) {
	for _, g := range f.Guards {
		if g.Code == code {
			out = append(out, g)
		}
	}
	return out
}

func TestGuardsOfDeleteVersion(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	v := s.victim()
	if got := s.blocked("version.delete", m{"crate": v.Crate, "version": "99.0.0"}); got != "no-such-version" {
		t.Error(got)
	}
	s.dependent("needs-it", v.Crate, "="+v.Version, "*")
	s.dependent("needs-any", v.Crate, "*", ">=0")
	s.exec(`UPDATE versions SET downloads = 100000000 WHERE num = $2 AND crate_id = (SELECT id FROM crates WHERE name = $1)`, v.Crate, v.Version)
	_, effect := s.reviewed("version.delete", v.params())
	if g := effect.guardsOf("only-match"); len(g) != 1 || !strings.Contains(g[0].Text, "1 crate has") || !strings.Contains(g[0].Text, "needs-it") {
		t.Errorf("%+v", g)
	}
	if g := effect.guardsOf("downloads"); len(g) != 1 || !strings.Contains(g[0].Text, "100,000,000") {
		t.Errorf("%+v", g)
	}
	s.exec(`UPDATE versions SET yanked = true WHERE num <> $2 AND crate_id = (SELECT id FROM crates WHERE name = $1)`, v.Crate, v.Version)
	_, effect = s.reviewed("version.delete", v.params())
	if len(effect.guardsOf("last-usable")) != 1 || !strings.Contains(effect.guardsOf("only-match")[0].Text, "2 crates") {
		t.Errorf("%+v", effect.Guards)
	}
}

func TestDeleteCrate(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	v := s.victim()
	n := s.number(`SELECT count(*) FROM versions v JOIN crates c ON c.id = v.crate_id WHERE c.name = $1`, v.Crate)
	s.exec(`INSERT INTO follows (user_id, crate_id) SELECT u.id, c.id FROM users u, crates c WHERE c.name = $1 ORDER BY u.id LIMIT 3 ON CONFLICT DO NOTHING`, v.Crate)
	before := s.counts()
	held, _ := s.applied("version.hold", v.params())
	s.work()
	s.exec(`DELETE FROM background_jobs`)
	before["version_owner_actions"] = s.number(`SELECT count(*) FROM version_owner_actions`)
	_, effect := s.destroyed("crate.delete", m{"crate": strings.ToUpper(v.Crate), "message": "it stole keys", "reserve": true})
	s.accounted(before, s.counts(), effect)
	var types []string
	for _, j := range effect.Jobs {
		types = append(types, j.Type)
		if strings.Contains(string(j.Data), strings.ToUpper(v.Crate)) {
			t.Errorf("not the stored spelling: %s %s", j.Type, j.Data)
		}
	}
	if got := strings.Join(types, " "); got != "sync_to_git_index sync_to_sparse_index delete_crate_from_storage sync_crates_feed sync_updates_feed" {
		t.Error(got)
	}
	if s.number(`SELECT count(*) FROM deleted_crates WHERE name = $1 AND deleted_by = $2 AND message = 'it stole keys' AND available_at = deleted_at + interval '24 hours'`, v.Crate, s.who.RegistryUser) != 1 {
		t.Error("no row of deleted_crates as it should be")
	}
	if s.number(`SELECT count(*) FROM reserved_crate_names WHERE name = $1`, v.Crate) != 1 {
		t.Error("the name is not reserved")
	}
	s.work()
	stones, err := s.Tombstones(t.Context(), TombstoneFilter{Crate: v.Crate})
	if err != nil || int64(len(stones)) != n {
		t.Errorf("%d tombstones of %d, %v", len(stones), n, err)
	}
	if list, _ := s.Held(t.Context(), v.Crate); len(list) != 0 {
		t.Errorf("a deleted version is still held by %s", held.ID)
	}
	s.ended()
}

func TestDeleteCrateThatOthersNeed(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	v := s.victim()
	s.dependent("needs-a", v.Crate, "*", "*")
	s.dependent("needs-b", v.Crate, "*")
	del := m{"crate": v.Crate}
	accept := m{"crate": v.Crate, "accept_dependents": true}
	p, effect := s.reviewed("crate.delete", del)
	if g := effect.guardsOf("dependents"); !p.Blocked || len(g) != 1 || !strings.Contains(g[0].Text, "2 crates depend on "+v.Crate+": needs-a, needs-b. 3 rows of dependencies in 3 of their versions") {
		t.Errorf("%+v", effect.Guards)
	}
	if len(effect.Affected) != 2 {
		t.Errorf("%+v", effect.Affected)
	}
	if got := s.blocked("crate.delete", accept); got != "dependents" {
		t.Error(got)
	}
	if got := s.blocked("version.hold", m{"crate": "needs-a", "version": "1.0.0"}, "crate.hold", m{"crate": "needs-b"}, "crate.delete", accept); got != "dependents" {
		t.Error(got)
	}
	s.dependent("other", "needs-b", "*") // so that it is not for nothing that needs-b stays
	s.applied("version.hold", m{"crate": "needs-a", "version": "1.1.0"})
	before := s.counts()
	plan, effect := s.destroyed("version.delete", m{"crate": "needs-a", "version": "1.0.0"}, "crate.hold", m{"crate": "needs-b"}, "crate.delete", accept)
	s.accounted(before, s.counts(), effect)
	if g := effect.guardsOf("dependents-lose-rows"); len(g) != 1 || !strings.Contains(g[0].Text, "2 rows") {
		t.Errorf("%+v", effect.Guards)
	}
	for _, name := range []string{v.Crate, "needs-a", "needs-b"} {
		if n := s.number(`SELECT count(*) FROM background_jobs WHERE job_type = 'sync_to_sparse_index' AND data ->> 'krate' = $1`, name); n == 0 {
			t.Errorf("no job writes the index of %s", name)
		}
	}
	if _, err := s.Undo(t.Context(), s.who, plan.ID, []int{3}, ""); cratewarden.KindOf(err) != cratewarden.Refused {
		t.Errorf("undo of a deletion: %v", err)
	}
}

// Crates that only need each other go together.
func TestDeleteCratesThatNeedEachOther(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	v := s.victim()
	s.dependent("helper", v.Crate, "*")
	before := s.counts()
	_, effect := s.destroyed("crate.delete", m{"crate": v.Crate}, "crate.delete", m{"crate": "helper"})
	s.accounted(before, s.counts(), effect)
	if len(effect.Affected) != 0 {
		t.Errorf("%+v", effect.Affected)
	}
}

func TestGuardsOfDeleteCrate(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	v := s.victim()
	if got := s.blocked("crate.delete", m{"crate": "no-such-crate-at-all"}); got != "no-such-crate" {
		t.Error(got)
	}
	if got := s.blocked("crate.delete", m{"crate": v.Crate, "available_at": "2020-01-01T00:00:00Z"}); got != "free-too-soon" {
		t.Error(got)
	}
	s.exec(`UPDATE crate_downloads SET downloads = 123456789 WHERE crate_id = (SELECT id FROM crates WHERE name = $1)`, v.Crate)
	s.exec(`UPDATE crates SET created_at = now() - interval '40 days' WHERE name = $1`, v.Crate)
	s.exec(`INSERT INTO crate_owners (crate_id, owner_id, owner_kind) SELECT c.id, u.id, 0 FROM crates c, users u WHERE c.name = $1 ORDER BY u.id LIMIT 2 ON CONFLICT DO NOTHING`, v.Crate)
	_, effect := s.reviewed("crate.delete", m{"crate": v.Crate})
	if g := effect.guardsOf("downloads"); len(g) != 1 || !strings.Contains(g[0].Text, "123,456,789 times in 40 days") || !strings.Contains(g[0].Text, "up to 2,000") {
		t.Errorf("%+v", g)
	}
	if len(effect.guardsOf("owners")) != 1 {
		t.Errorf("%+v", effect.Guards)
	}
}

func TestNothingIsDestroyedWithoutEvidence(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	v := s.victim()
	refused := func(p Plan, what string) {
		t.Helper()
		p, yes := s.consent(p)
		_, err := s.Apply(t.Context(), s.who, p.ID, yes, "")
		if cratewarden.KindOf(err) != cratewarden.Refused || !strings.Contains(cratewarden.MessageOf(err), "vidence") {
			t.Errorf("%s: %v", what, err)
		}
	}
	before := s.tables()
	p, _ := s.reviewed("version.delete", v.params())
	refused(p, "not sealed")
	other, _ := s.reviewed("version.delete", v.params())
	if _, err := s.Seal(t.Context(), s.who, other.ID); err != nil {
		t.Fatal(err)
	}
	refused(p, "the bundle is another plan's")
	p, err := s.Seal(t.Context(), s.who, p.ID)
	if err != nil || p.Evidence == "" {
		t.Fatal(err, p.Evidence)
	}
	if again, _, err := s.Review(t.Context(), s.who, p.ID); err != nil || again.Evidence != p.Evidence {
		t.Errorf("the same review dropped the evidence: %v", err)
	}
	// Somebody spoils a part of the bundle: one of each kind. The store holds the
	// other plan's bundle too, which this plan does not rest on.
	var digest ledger.Digest
	if err := digest.UnmarshalText([]byte(p.Evidence)); err != nil {
		t.Fatal(err)
	}
	bundle, err := s.Engine.cfg.Evidence.Show(t.Context(), digest)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{}
	for _, part := range bundle.Manifest.Parts {
		kind := fmt.Sprint(part.Kind, part.Encrypted)
		if kinds[kind] {
			continue
		}
		kinds[kind] = true
		whole := s.spoil(part, []byte("spoiled"))
		refused(p, "spoiled: "+part.Name)
		s.spoil(part, whole)
	}
	if len(kinds) < 3 {
		t.Errorf("only %d kinds of parts were spoiled", len(kinds))
	}
	s.same(before, s.tables())
	s.spoil(bundle.Manifest.Parts[0], []byte("spoiled"))
	if p, err = s.Seal(t.Context(), s.who, p.ID); err != nil {
		t.Fatal(err)
	}
	p, yes := s.consent(p)
	if p, err = s.Apply(t.Context(), s.who, p.ID, yes, ""); err != nil || p.State != Applied {
		t.Errorf("sealed anew: %v %s", err, p.State)
	}
}

// spoil stores other bytes where a part of a bundle is kept and gives what was
// there.
func (s *storeKit) spoil(part evidence.Part, with []byte) []byte {
	s.t.Helper()
	hex := part.SHA256.String()
	key := "evidence/sha256/" + hex[:2] + "/" + hex
	was, _, err := s.store.Get(s.t.Context(), key)
	if err != nil {
		s.t.Fatal(err)
	}
	defer was.Close()
	whole, err := io.ReadAll(was)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.store.Put(s.t.Context(), key, bytes.NewReader(with), blob.PutOptions{Overwrite: true}); err != nil {
		s.t.Fatal(err)
	}
	return whole
}

func TestSealBelongsToTheReview(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	v := s.victim()
	p, _ := s.reviewed("crate.delete", m{"crate": v.Crate})
	p, err := s.Seal(t.Context(), s.who, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	s.exec(`INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256) SELECT id, '99.0.0', '99.0.0', 1, sha256('x') FROM crates WHERE name = $1`, v.Crate)
	p, _, err = s.Review(t.Context(), s.who, p.ID)
	if err != nil || p.Evidence != "" {
		t.Errorf("%v, evidence %q", err, p.Evidence)
	}
	_, err = s.Seal(t.Context(), Actor{ID: "x", Name: "X"}, p.ID)
	wantKind(t, err, cratewarden.Refused)
	q, _ := s.reviewed("version.yank", v.params())
	_, err = s.Seal(t.Context(), s.who, q.ID)
	wantKind(t, err, cratewarden.Refused)
	s.kit.cfg.Evidence = nil
	_, err = s.Seal(t.Context(), s.who, p.ID)
	wantKind(t, err, cratewarden.Unavailable)
}

func TestTombstoneAlarm(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	v := s.victim()
	s.destroyed("version.delete", v.params())
	if n, err := s.WatchTombstones(t.Context()); err != nil || n != 0 {
		t.Fatalf("%d alarms, %v", n, err)
	}
	s.exec(`INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256) SELECT id, $2, $2, 1, sha256('x') FROM crates WHERE name = $1`, v.Crate, v.Version)
	for _, want := range []int{1, 0} { // once
		if n, err := s.WatchTombstones(t.Context()); err != nil || n != want {
			t.Fatalf("%d alarms, want %d, %v", n, want, err)
		}
	}
	list, err := s.Tombstones(t.Context(), TombstoneFilter{SeenAgain: true})
	if err != nil || len(list) != 1 || list[0].Alarm == nil || list[0].SeenAgain == 0 || time.Since(*list[0].SeenAgainAt) > time.Minute {
		t.Fatalf("%+v %v", list, err)
	}
	entry, err := s.kit.ledger.Get(t.Context(), *list[0].Alarm)
	if err != nil || entry.Entry.Action != "tombstone.seen-again" || entry.Entry.Details["content"] != "other content" {
		t.Errorf("%+v %v", entry, err)
	}
}

// A number that was published again while the work waited keeps its new files.
func TestDeleteLeavesANewPublishAlone(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	v := s.victim()
	p, _ := s.destroyed("version.delete", v.params())
	key := files.CrateKey(v.Crate, v.Version)
	publish := func() {
		s.exec(`INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256) SELECT id, $2, $2, 1, sha256('new bytes') FROM crates WHERE name = $1`, v.Crate, v.Version)
		if err := s.static.Put(t.Context(), key, strings.NewReader("new bytes"), blob.PutOptions{Overwrite: true}); err != nil {
			t.Fatal(err)
		}
	}
	once := false
	s.reached = func(place string) { // right after the look that says that nobody did
		if place == "follow-up begun" && !once {
			once = true
			publish()
		}
	}
	if err := s.Work(t.Context(), s.only(p).ID); err != nil {
		t.Fatal(err)
	}
	if got := contents(t, s.static)[key]; got != hexOf("new bytes") {
		t.Errorf("the new archive: %q", got)
	}
}

func TestDeleteGivesBackWhatWasPublishedMeanwhile(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	v := s.victim()
	p, _ := s.destroyed("version.delete", v.params())
	key := files.CrateKey(v.Crate, v.Version)
	if err := s.static.Put(t.Context(), key, strings.NewReader("new bytes"), blob.PutOptions{Overwrite: true}); err != nil {
		t.Fatal(err)
	}
	once := false
	s.reached = func(place string) { // the new archive was taken, then its row appears
		if place == "follow-up file deleted" && !once {
			once = true
			s.exec(`INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256) SELECT id, $2, $2, 1, sha256('new bytes') FROM crates WHERE name = $1`, v.Crate, v.Version)
		}
	}
	if err := s.Work(t.Context(), s.only(p).ID); err != nil {
		t.Fatal(err)
	}
	if got := contents(t, s.static)[key]; got != hexOf("new bytes") {
		t.Errorf("the new archive: %q", got)
	}
}

// Somebody publishes a dependent at the very moment of the review: the deletion
// waits for the publish and then sees it.
func TestDeletionSeesADependentPublishedMeanwhile(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	v := s.victim()
	tx, err := s.kit.registry.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if _, err := tx.Exec(t.Context(), `INSERT INTO crates (name) VALUES ('late-comer')`); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `WITH v AS (INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256) SELECT id, '1.0.0', '1.0.0', 1, sha256('x') FROM crates WHERE name = 'late-comer' RETURNING id)
		INSERT INTO dependencies (version_id, crate_id, req, optional, default_features, features) SELECT v.id, c.id, '*', false, true, '{}' FROM v, crates c WHERE c.name = $1`, v.Crate); err != nil {
		t.Fatal(err)
	}
	committed := make(chan error, 1)
	go func() {
		time.Sleep(500 * time.Millisecond)
		committed <- tx.Commit(t.Context())
	}()
	began := time.Now()
	if got := s.blocked("crate.delete", m{"crate": v.Crate}); got != "dependents" {
		t.Error(got)
	}
	if took := time.Since(began); took < 400*time.Millisecond {
		t.Errorf("the review did not wait: %s", took)
	}
	if err := <-committed; err != nil {
		t.Error(err)
	}
}
