package dossier_test

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/blob"
	"cratewarden/dossier"
	"cratewarden/registry/files"
	"cratewarden/telemetry/pacetest"
)

// labFixture adds a crate published in every way there is.
const labFixture = `
INSERT INTO users (id, gh_login, name, gh_id, username) VALUES (21, 'nina', 'Nina', 121, 'nina'), (22, 'olaf', NULL, 122, 'olaf');
INSERT INTO oauth_github (user_id, account_id, encrypted_token, login) VALUES (21, 9121, '\x00', 'nina');
INSERT INTO api_tokens (id, user_id, token, name, created_at, last_used_at, crate_scopes, endpoint_scopes, expired_at) VALUES
 (21, 21, decode(repeat('21', 32), 'hex'), 'ninas macbook', '2026-01-01Z', '2026-11-22T11:00Z', '{lab,lab-*}', '{publish-update,yank}', '2027-01-01Z');
INSERT INTO crates (id, name, created_at, updated_at) VALUES (21, 'lab', '2015-01-01Z', '2026-11-22Z'), (22, 'older', '2014-01-01Z', '2014-01-01Z'),
 (23, 'newborn', '2026-11-21T10:00Z', '2026-11-21Z');
INSERT INTO crate_owners (crate_id, owner_id, owner_kind, created_at, created_by, deleted, updated_at) VALUES
 (21, 21, 0, '2015-01-01Z', 21, false, '2015-01-01Z'), (21, 22, 0, '2026-11-20Z', 21, true, '2026-11-21Z');
INSERT INTO versions (id, crate_id, num, num_no_build, created_at, updated_at, crate_size, published_by, tar_sha256, yanked, trustpub_data, features,
 license, edition, rust_version, links, has_lib, lib_name, bin_names, linecounts, yank_message, keywords) VALUES
 (21, 21, '0.1.0', '0.1.0', '2015-01-01Z', '2015-01-01Z', 100, NULL, decode(repeat('21', 32), 'hex'), false, NULL, '{}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}'),
 (22, 21, '0.2.0', '0.2.0', '2018-01-01Z', '2018-01-01Z', 100, 21, decode(repeat('22', 32), 'hex'), false, NULL, '{}', 'MIT', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}'),
 (23, 21, '0.3.0+b7', '0.3.0', '2026-03-01Z', '2026-03-01Z', 100, 21, decode(repeat('23', 32), 'hex'), false, NULL, '[1]', 'MIT', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}'),
 (24, 21, '0.4.0-rc.1', '0.4.0-rc.1', '2026-04-01Z', '2026-04-02Z', 100, 21, decode(repeat('24', 32), 'hex'), true, NULL, '{"default":["std"],"std":[],"new":["dep:older"]}',
  'MIT', '2021', '1.70', 'z', true, 'lab', '{lab-cli}', '{"languages":{},"total_code_lines":12,"total_comment_lines":3}', 'broken on Windows', '{one,two}'),
 (25, 21, '0.5.0', '0.5.0', '2026-05-01Z', '2026-05-01Z', 100, NULL, decode(repeat('25', 32), 'hex'), false,
  '{"provider":"gitlab","project_path":"g/sub/lab","job_id":"77","sha":"c0ffee00c0ffee00"}', '{}', 'MIT', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}'),
 (26, 21, '0.6.0', '0.6.0', '2026-11-22T10:00Z', '2026-11-22T10:00Z', 100, 22, decode(repeat('26', 32), 'hex'), false, NULL, '{}', 'MIT', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO version_owner_actions (version_id, user_id, api_token_id, action, time) VALUES
 (23, 21, NULL, 0, '2026-03-01Z'), (24, 21, 21, 0, '2026-04-01Z'), (26, 22, NULL, 0, '2026-11-22T10:00Z'),
 (24, 21, 21, 1, '2026-04-02Z'), (24, 21, NULL, 2, '2026-04-03Z'), (24, 21, 21, 1, '2026-04-04Z'), (25, 22, NULL, 1, '2026-11-22T10:00:30Z'), (22, 22, NULL, 1, '2026-11-22T11:30Z');
INSERT INTO versions_published_by (version_id, email) VALUES (23, 'nina.secret@mail.hidden.example'), (24, 'nina.secret@mail.hidden.example');
INSERT INTO dependencies (version_id, crate_id, req, optional, default_features, features, kind, explicit_name, target) VALUES
 (24, 22, '^1', true, false, '{a}', 0, 'renamed', 'cfg(unix)'), (25, 22, '^1', false, true, '{}', 0, NULL, NULL),
 (26, 22, '^2', false, true, '{}', 0, NULL, NULL), (26, 23, '^0.1', false, true, '{}', 1, NULL, NULL);
INSERT INTO trustpub_configs_gitlab (crate_id, namespace, project, workflow_filepath, environment, created_at) VALUES (21, 'g/sub', 'lab', '.gitlab-ci.yml', 'release', '2026-04-28Z');
INSERT INTO version_downloads (version_id, downloads, date) VALUES (24, 7, '2026-11-22'), (24, 3, '2026-09-01'), (24, 100, '2026-01-01');
`

func labRig(t testing.TB, change func(*dossier.Config)) crateRig {
	t.Helper()
	r := newCrateRig(t, change)
	must(r.pool.Exec(t.Context(), labFixture))
	return r
}

// writeIndex stores the index file of lab as the registry would write it, with
// one line changed.
func (r crateRig) writeIndex(t testing.TB, num string, change func(*files.Line)) {
	t.Helper()
	line := files.BuildLine("lab", files.VersionFacts{Num: num, SHA256: bytes.Repeat([]byte{0x24}, 32), Yanked: true,
		Features: map[string][]string{"default": {"std"}, "std": {}, "new": {"dep:older"}}, Links: ptr("z"), RustVersion: ptr("1.70")},
		[]files.DependencyFacts{{Crate: "older", ExplicitName: ptr("renamed"), Req: "^1", Features: []string{"a"}, Optional: true, Target: ptr("cfg(unix)")}})
	change(&line)
	r.put(t, r.index, "3/l/lab", string(files.EncodeIndex([]files.Line{line})))
}

func ptr[T any](v T) *T { return &v }

func TestVersionMethods(t *testing.T) {
	t.Parallel()
	r := labRig(t, nil)
	for num, want := range map[string]struct {
		method   cratewarden.Method
		sentence string
	}{
		"0.1.0": {cratewarden.MethodUnknown, "Published in a way the registry has no record of: a very old version, or trusted publishing without claims; it is the crate's first version."},
		"0.2.0": {cratewarden.MethodAccount, "Published by account nina, before the registry logged the credential"},
		"0.3.0": {cratewarden.MethodSession, "Published from a browser session by nina"},
		"0.4.0-rc.1": {cratewarden.MethodToken, "Published with API token “n••••••••••••” #21, 2 mo 29 d old, which may publish new versions, yank and unyank on lab, lab-*, " +
			"first use for this crate, by nina; never published this way before"},
		"0.5.0": {cratewarden.MethodGitLab, "Published by trusted publishing from g/sub/lab job 77 at commit c0ffee00c0"},
		"0.6.0": {cratewarden.MethodSession, "Published from a browser session by olaf, an owner then and no more; it gained a dependency on newborn (1 d old); first publish of this crate by olaf within"},
	} {
		v := r.version(t, "LAB", num)
		equal(t, num+" method", v.Row.Method, want.method)
		if !strings.HasPrefix(v.Provenance.Sentence, want.sentence) {
			t.Errorf("%s: %s", num, v.Provenance.Sentence)
		}
	}
}

func TestVersionFacts(t *testing.T) {
	t.Parallel()
	r := labRig(t, nil)
	v := r.version(t, "lab", "0.4.0-rc.1")
	equal(t, "statements while the mirror loads", r.count.n.Load(), 12)
	equal(t, "neighbours", v.Previous+" "+v.Following, "0.3.0+b7 0.5.0")
	m := v.Manifest
	equal(t, "manifest", spaced(m.License, m.Edition, m.RustVersion, m.Links, *m.HasLib, m.LibName, m.BinNames, m.CodeLines, m.CommentLines, m.Keywords),
		"MIT 2021 1.70 z true lab [lab-cli] 12 3 [one two]")
	equal(t, "features", spaced(len(v.Features), v.Features["new"][0]), "3 dep:older")
	equal(t, "chart", spaced(v.Chart.Series[0].Name, v.Chart.Series[0].Sum, len(v.Chart.Days)), "0.4.0-rc.1 10 90")
	equal(t, "message", v.YankMessage, "broken on Windows")
	equal(t, "marks", marks(v.Marks), "yanked, pre-release, new dependency, stored file missing, not in the index")
	d := v.Dependencies.Rows[0]
	equal(t, "dependency", spaced(d.Crate, d.Rename, d.Target, d.New, d.Young), "older renamed cfg(unix) true false")
	var yanks []string
	for _, y := range v.Yanks {
		yanks = append(yanks, y.Action+" "+y.By.Login+" "+y.With)
	}
	equal(t, "yanks", strings.Join(yanks, ", "), "yanked nina API token 21, unyanked nina browser session, yanked nina API token 21")
	odd := r.version(t, "lab", "0.3.0")
	equal(t, "build metadata may be left out", odd.Num, "0.3.0+b7")
	equal(t, "features of a foreign shape", len(odd.Features), 0)
	equal(t, "lines not counted", odd.Manifest.CodeLines, -1)
}

func TestVersionTimelineAndSuspicion(t *testing.T) {
	t.Parallel()
	r := labRig(t, nil)
	v := r.version(t, "lab", "0.6.0")
	var got []string
	for _, e := range v.Timeline.Events {
		got = append(got, e.At.Format("2006-01-02 15:04:05")+" "+e.Kind+" "+e.Crate+e.Num)
	}
	want := "2026-11-22 10:00:30 yanked lab0.5.0\n2026-11-22 10:00:00 published lab0.6.0\n2026-11-21 10:00:00 created newborn\n" +
		"2026-11-21 00:00:00 owner_removed \n2026-11-20 00:00:00 owner_added "
	equal(t, "events; the yank after 90 minutes is not of this story", strings.Join(got, "\n"), want)
	equal(t, "tone", v.Provenance.Tone, "bad")
	equal(t, "mark", strings.Contains(marks(v.Marks), "new dependency on a young crate"), true)
	near := r.version(t, "lab", "0.5.0")
	equal(t, "publisher of these days", near.Timeline.Events[2].Kind, "publisher_added")
	equal(t, "publisher in words", strings.Contains(spaced(near.Provenance.Evidence), "GitLab g/sub/lab, workflow .gitlab-ci.yml, environment release, since 2026-04-28"), true)
}

func TestVersionChecks(t *testing.T) {
	t.Parallel()
	r := labRig(t, nil)
	states := func() string {
		var out []string
		for _, c := range r.version(t, "lab", "0.4.0-rc.1").Checks {
			if c.Note == "" {
				t.Errorf("check without a sentence: %+v", c)
			}
			out = append(out, c.Fact+" "+c.State)
		}
		return strings.Join(out, ", ")
	}
	equal(t, "neither", states(), "SHA-256 missing, size missing, index line missing, yanked missing, dependencies missing, features missing, other index fields missing")
	r.writeIndex(t, "0.4.0-rc.1", func(*files.Line) {})
	equal(t, "index", states(), "SHA-256 missing, size missing, index line equal, yanked equal, dependencies equal, features equal, other index fields equal")
	r.put(t, r.static, "crates/lab/lab-0.4.0-rc.1.crate", "something else")
	equal(t, "another file", states(), "SHA-256 different, size different, index line equal, yanked equal, dependencies equal, features equal, other index fields equal")
	r.store(t, "lab", "0.4.0-rc.1", map[string]string{"Cargo.toml": "[package]\nname = \"lab\"\nversion = \"0.4.0-rc.1\"\n"})
	r.writeIndex(t, "0.4.0-rc.1", func(l *files.Line) {
		l.Yanked, l.Deps, l.Links, l.Cksum = false, l.Deps[:0], nil, strings.Repeat("0", 64)
		delete(l.Features2, "new")
	})
	equal(t, "another line", states(), "SHA-256 different, size equal, index line equal, yanked different, dependencies different, features different, other index fields different")
	v := r.version(t, "lab", "0.4.0-rc.1")
	equal(t, "what it means", v.Checks[0].Note, "The index tells cargo another checksum than the database has; every download fails, or another file is accepted.")
	equal(t, "yanked", v.Checks[3].Note, `Index and database disagree; writing the index again settles it. yanked: the index has false, the database has true.`)
	r.put(t, r.index, "3/l/lab", "{broken\n")
	broken := r.version(t, "lab", "0.4.0-rc.1").Checks[2]
	equal(t, "a broken index file says nothing of the line", broken.State, "unchecked")
	equal(t, "and why", strings.HasPrefix(broken.Note, "Line 1 of the index file is not an index line"), true)
}

func TestVersionWithoutStorage(t *testing.T) {
	t.Parallel()
	r := labRig(t, func(c *dossier.Config) { c.Static, c.Index = nil, nil })
	v := r.version(t, "lab", "0.6.0")
	equal(t, "absent", v.ChecksAbsent, "No storage is configured, so nothing can be compared with the database.")
	for _, c := range v.Checks {
		equal(t, c.Fact, c.State, "unchecked")
	}
	equal(t, "marks", marks(v.Marks), "first by this account, new dependency on a young crate")
}

func TestVersionInDump(t *testing.T) {
	t.Parallel()
	r := labRig(t, func(c *dossier.Config) { c.Dump = &dossier.DumpSource{} })
	must(r.pool.Exec(t.Context(), `DELETE FROM version_owner_actions; DELETE FROM versions_published_by;
		UPDATE versions SET trustpub_data = NULL, yank_message = NULL, lib_name = NULL, linecounts = NULL`))
	v := r.version(t, "lab", "0.4.0-rc.1")
	equal(t, "absent", strings.Join([]string{v.YanksAbsent, v.YankMessageAbsent, v.Row.MethodLabel}, "|"), strings.Repeat("|"+cratewarden.NotInDump, 3)[1:])
	equal(t, "manifest", strings.Join(v.Manifest.Absent, ", "), "name of the library: not in the public dump, lines of code: not in the public dump")
	equal(t, "provenance", v.Provenance.Absent, "Token, session, e-mail and trusted-publishing claims: not in the public dump.")
	equal(t, "sentence", strings.HasPrefix(v.Provenance.Sentence, "Published by account nina (the credential is not in the public dump)"), true)
	for _, e := range v.Timeline.Events {
		if e.Kind != "created" && !strings.Contains(e.Text, cratewarden.NotInDump) {
			t.Errorf("event: %s", e.Text)
		}
	}
}

func TestVersionKeepsSecrets(t *testing.T) {
	t.Parallel()
	for _, dump := range []*dossier.DumpSource{nil, {}} {
		r := labRig(t, func(c *dossier.Config) { c.Dump = dump })
		for _, num := range []string{"0.3.0", "0.4.0-rc.1", "0.6.0"} {
			text := must(json.Marshal(r.version(t, "lab", num)))
			for _, secret := range []string{"macbook", "secret", "hidden"} {
				if bytes.Contains(text, []byte(secret)) {
					t.Errorf("the dossier of %s gives away %q", num, secret)
				}
			}
		}
	}
	masked := labRig(t, nil)
	v := masked.version(t, "lab", "0.4.0-rc.1")
	equal(t, "mail is masked and there", strings.Contains(spaced(v.Provenance.Evidence), "n••••@•••••.example (masked)"), true)
}

func TestVersionNotFoundSaysWhatThereIs(t *testing.T) {
	t.Parallel()
	r := labRig(t, nil)
	for spec, want := range map[string]string{
		"lab 0.3.9":    "The crate lab has no version 0.3.9. It has 0.3.0+b7, 0.6.0, 0.5.0, 0.4.0-rc.1, 0.2.0 and 1 other version. A version that was deleted",
		"lab \x00":     "The crate lab has no version ⟨U+0000⟩. It has 0.6.0, ",
		"lab 0.3.0+b8": "The crate lab has no version 0.3.0+b8. It has ",
		"older 1.0.0":  "The crate older has no version 1.0.0; it has no versions at all.",
		"lost 1.0.0":   "There is no crate lost any more: it was deleted on 2026-11-22",
		"nope 1":       "There is no crate nope.",
	} {
		name, num, _ := strings.Cut(spec, " ")
		_, err := r.Version(t.Context(), name, num)
		if cratewarden.KindOf(err) != cratewarden.NotFound || !strings.HasPrefix(cratewarden.MessageOf(err), want) {
			t.Errorf("%q: %v", spec, err)
		}
	}
}

// TestVersionOfAThousand holds that a long history stays within the statements
// and counts whole.
func TestVersionOfAThousand(t *testing.T) {
	t.Parallel()
	r := labRig(t, nil)
	must(r.pool.Exec(t.Context(), `INSERT INTO versions (id, crate_id, num, num_no_build, created_at, crate_size, published_by, tar_sha256, trustpub_data)
		SELECT 1000 + n, 22, '1.0.' || n, '1.0.' || n, '2020-01-01Z'::timestamptz + n * interval '1 hour', 100, NULL, decode(repeat('aa', 32), 'hex'),
		'{"provider":"github","repository":"a/older","run_id":"1","sha":"c0ffee"}' FROM generate_series(1, 1500) n`))
	began := time.Now()
	v := r.version(t, "older", "1.0.1500")
	t.Logf("took %s", time.Since(began))
	equal(t, "run", strings.HasSuffix(v.Provenance.Sentence, ", as were the previous 1499."), true)
	equal(t, "columns", len(v.Provenance.Columns), 11)
	equal(t, "in order", slices.IsSortedFunc(v.Timeline.Events, func(a, b dossier.Event) int { return b.At.Compare(a.At) }), true)
}

// slowStore never answers before the asker gives up.
type slowStore struct{ blob.Store }

func (slowStore) Stat(ctx context.Context, key string) (blob.Info, error) {
	<-ctx.Done()
	return blob.Info{}, cratewarden.Wrap(ctx.Err(), cratewarden.Timeout, "Storage took too long to answer. Try again.")
}

func TestVersionDoesNotWaitForStorage(t *testing.T) {
	t.Parallel()
	r := labRig(t, func(c *dossier.Config) { c.Static = slowStore{c.Static} })
	var v *dossier.Version
	pacetest.Within(t, "a version", 5*time.Second, func() { v = r.version(t, "lab", "0.6.0") })
	equal(t, "check", v.Checks[1].State+" "+v.Checks[1].Note, "unchecked The stored file was not read in time; the list of files waits longer.")
	equal(t, "nothing is said of its files", strings.Contains(spaced(v.Provenance.Matrix), "Files"), false)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Files(gone, "lab", "0.6.0", dossier.FileFilter{}); err == nil {
		t.Error("an asker who gave up got an answer")
	}
}
