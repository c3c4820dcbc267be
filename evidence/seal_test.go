package evidence

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/ledger"
)

// tableRows is a table's rows as JSON objects of text, all columns.
func tableRows(t *testing.T, db *pgxpool.Pool) map[string][]string {
	t.Helper()
	rows, err := db.Query(t.Context(), `SELECT c.oid::regclass::text FROM pg_class c
		WHERE c.relkind IN ('r', 'm') AND c.relnamespace = 'public'::regnamespace ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for _, name := range names {
		rows, err := db.Query(t.Context(), `SELECT row_to_json(t)::text FROM `+name+` t`)
		if err != nil {
			t.Fatal(err)
		}
		if out[name], err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func decodeRow(t *testing.T, line string) map[string]json.RawMessage {
	t.Helper()
	var row map[string]json.RawMessage
	if err := json.Unmarshal([]byte(line), &row); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return row
}

// sealedRows reads all rows out of a bundle; the personal columns are put back
// to the rows with the same key.
func (b *bench) sealedRows(t *testing.T, bundle Bundle) map[string][]map[string]json.RawMessage {
	t.Helper()
	out := map[string][]map[string]json.RawMessage{}
	for _, p := range bundle.Manifest.Parts {
		if p.Kind != KindRows {
			continue
		}
		for line := range strings.Lines(b.open(t, bundle.Digest, p.Name)) {
			row, merged := decodeRow(t, line), false
			if strings.HasSuffix(p.Name, ".personal.jsonl") {
				for _, plain := range out[p.Source] {
					if string(plain["id"]) == string(row["id"]) {
						maps.Copy(plain, row)
						merged = true
					}
				}
			}
			if !merged {
				out[p.Source] = append(out[p.Source], row)
			}
		}
	}
	return out
}

// has says whether some sealed row has every column of want, the left out ones
// aside.
func hasRow(rows []map[string]json.RawMessage, want map[string]json.RawMessage, left []string) bool {
	return slices.ContainsFunc(rows, func(row map[string]json.RawMessage) bool {
		for column, value := range want {
			if !slices.Contains(left, column) && string(row[column]) != string(value) {
				return false
			}
		}
		return true
	})
}

// Contract pitfalls.md section 3, proven by doing it: seal, delete, and look
// for every row that changed or went away.
func TestSealHasEverythingThatVanishes(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		request Request
		sql     string
		least   []string // tables that must be among those that lose rows
	}{
		"crate": {Request{Crates: []int32{1}}, `DELETE FROM crates WHERE id = 1`,
			strings.Fields(`crate_downloads crate_owner_invitations crate_owners crates crates_categories crates_keywords default_versions dependencies
				follows readme_renderings reverse_dependencies trustpub_configs_github trustpub_configs_gitlab version_downloads
				version_owner_actions versions versions_published_by version_sboms sbom_parts keywords categories`)},
		"both crates":     {Request{Crates: []int32{2, 1, 1}}, `DELETE FROM crates WHERE id IN (1, 2)`, nil},
		"version":         {Request{Versions: []int32{1}}, `DELETE FROM versions WHERE id = 1; UPDATE default_versions SET version_id = 2 WHERE crate_id = 1`, []string{"versions", "version_sboms", "version_downloads"}},
		"default version": {Request{Versions: []int32{4}}, `DELETE FROM versions WHERE id = 4; UPDATE default_versions SET version_id = 3 WHERE crate_id = 2`, nil},
		"account": {Request{Users: []int32{1}}, `UPDATE users SET account_lock_reason = 'x' WHERE id = 1; UPDATE api_tokens SET revoked = true WHERE user_id = 1;
			UPDATE emails SET verified = true WHERE user_id = 1; DELETE FROM crate_owner_invitations WHERE 1 IN (invited_user_id, invited_by_user_id);
			DELETE FROM trustpub_configs_github WHERE crate_id IN (1, 2); DELETE FROM trustpub_tokens WHERE 1 = ANY (crate_ids); UPDATE crate_owners SET deleted = true WHERE owner_id = 1 AND owner_kind = 0;
			DELETE FROM publish_limit_buckets; UPDATE publish_rate_overrides SET burst = 0`, []string{"users", "trustpub_tokens"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			row.request.Actor = someone()
			bundle := b.seal(t, row.request)
			if r := b.verify(t, bundle.Digest); !r.OK() || r.Parts != bundle.Parts {
				t.Fatal(r.String())
			}
			before := tableRows(t, b.registry)
			if _, err := b.registry.Exec(t.Context(), `BEGIN; SET timezone = 'UTC';`+row.sql+`; REFRESH MATERIALIZED VIEW recent_crate_downloads; COMMIT`); err != nil {
				t.Fatal(err)
			}
			after := tableRows(t, b.registry)
			sealed := b.sealedRows(t, bundle)
			var touched []string
			for table, rows := range before {
				var left []string
				for _, l := range bundle.Manifest.LeftOut {
					if l.Table == table {
						left = append(left, l.Column)
					}
				}
				for _, line := range rows {
					if slices.Contains(after[table], line) {
						continue
					}
					touched = append(touched, table)
					if !hasRow(sealed[table], decodeRow(t, line), left) {
						t.Errorf("%s: this row changed or vanished and is not in the bundle: %s", table, line)
					}
				}
			}
			for _, table := range row.least {
				if !slices.Contains(touched, table) {
					t.Errorf("the test does not touch %s any more", table)
				}
			}
		})
	}
}

// Who and what is not concerned stays out, and no secret is anywhere.
func TestSealTakesNeitherSecretsNorOthers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	bundle := b.seal(t, request())
	var all strings.Builder
	for _, p := range bundle.Manifest.Parts {
		text := b.open(t, bundle.Digest, p.Name)
		all.WriteString(text)
		if n := int64(strings.Count(text, "\n")); p.Kind != KindFile && p.Kind != KindIndex && n != p.Rows {
			t.Errorf("%s: %d lines, the manifest says %d", p.Name, n, p.Rows)
		}
	}
	for _, secret := range []string{"mailsecret", "oauthsecret", "apisecret", "invitesecret", "trustsecret", "newsecret", "columnsecret"} {
		if strings.Contains(all.String(), secret) || strings.Contains(all.String(), fmt.Sprintf("%x", secret)) {
			t.Errorf("the bundle holds %q", secret)
		}
	}
	for _, other := range []string{"six@example.com", "Far Away", "apisecret3", "bill five", "nobody asked", `"krate": "apart"`, "crate:apart"} {
		if strings.Contains(all.String(), other) {
			t.Errorf("the bundle holds %q of somebody not concerned", other)
		}
	}
	for _, must := range []string{"one@example.com", "Ona Realname", "published@example.com", "bill one", "part of bill one", "machine-x", `"VICTIM"`,
		`"krate": "Victim"`, `"version_id": 1`, `"crate_id": 1`, `"victim"]`, "victim-1.0.0.crate", "/og-images/victim.png", "release:victim@9.9.9", `"name": "VICTIM"`, `"crate_name": "victim"`, "archive 11.0.0", "of a version deleted long ago", "picture", "feed", "stored index line"} {
		if !strings.Contains(all.String(), must) {
			t.Errorf("the bundle lacks %q", must)
		}
	}
	// Personal data is nowhere in the store as it is.
	for key, content := range contents(t, b.storage) {
		for _, personal := range []string{"@example.com", "Realname", "bill one", "machine-x"} {
			if strings.Contains(content, personal) {
				t.Errorf("%s shows %q to everybody", key, personal)
			}
		}
	}
}

func TestSealFilesAndIndex(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	bundle := b.seal(t, request())
	for key, content := range staticFiles() {
		part, ok := bundle.Manifest.Part("static/" + key)
		if ok == strings.Contains(key, "apart") {
			t.Errorf("%s in the bundle: %v", key, ok)
		}
		if ok && (b.open(t, bundle.Digest, part.Name) != content || part.Bytes != int64(len(content)) || part.SHA256.String() != hexSum(content)) {
			t.Errorf("%s: %+v", key, part)
		}
		if ok && (part.Claimed != nil) != strings.Contains(key, "2.0.0") {
			t.Errorf("%s: claimed %v", key, part.Claimed)
		}
	}
	want := `{"name":"victim","vers":"1.0.0","deps":[],"cksum":"` + hexSum("archive 11.0.0") + `","features":{"std":[]},"yanked":false}
{"name":"victim","vers":"2.0.0+b1","deps":[{"name":"user","req":"*","features":[],"optional":false,"default_features":true,"target":null,"kind":"normal"}],"cksum":"` +
		hexSum("archive 12.0.0+b1") + `","features":{"std":[]},"yanked":false}
`
	if got := b.open(t, bundle.Digest, "index-built/vi/ct/victim"); got != want {
		t.Errorf("index from rows:\n%s\nwant\n%s", got, want)
	}
	var missing []string
	for _, m := range bundle.Manifest.Missing {
		missing = append(missing, m.Source)
	}
	if got := strings.Join(missing, " "); got != "crates/victim/victim-1.0.0.zip.json crates/victim/victim-2.0.0+b1.zip crates/victim/victim-2.0.0+b1.zip.json readmes/victim/victim-2.0.0+b1.html" {
		t.Errorf("missing: %s", got)
	}
}

func TestSealIsRecordedOnceAndFoundAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.seal(t, request())
	stored := keys(t, b.storage, "")
	again := b.seal(t, request())
	if again.Digest != first.Digest || !again.Again || first.Again || again.Ledger != first.Ledger {
		t.Errorf("sealed again: %+v", again)
	}
	if now := keys(t, b.storage, ""); len(now) != len(stored) {
		t.Errorf("sealing again stored %d objects", len(now)-len(stored))
	}
	other := request()
	other.Plan = "P2"
	second := b.seal(t, other)
	if second.Digest == first.Digest || second.Again {
		t.Error("another plan got the same bundle")
	}
	if now := keys(t, b.storage, partPrefix); len(now)-len(keys(t, b.storage, partPrefix)) != 0 || len(keys(t, b.storage, ""))-len(stored) != second.Encrypted+1 {
		t.Errorf("the second bundle stored %d objects, want a manifest and %d personal parts", len(keys(t, b.storage, ""))-len(stored), second.Encrypted)
	}
	exec(t, b.registry, `UPDATE users SET name = 'Changed' WHERE id = 1`)
	third := b.seal(t, request())
	if third.Digest == first.Digest || third.Again {
		t.Error("a change was not noticed")
	}
	entries := b.entries(t)
	if len(entries) != 3 {
		t.Fatalf("%d entries", len(entries))
	}
	e := entries[2]
	if e.Kind != ledger.Note || e.Action != "evidence.seal" || e.Documents[0].SHA256 != first.Digest || e.Plan != "P1" || e.Actor.ID != "p1" ||
		e.Subjects[1] != (ledger.Subject{Kind: "crate", ID: "victim"}) || e.Reasons.Internal != "deletion" {
		t.Errorf("entry %+v", e)
	}
	page, err := b.List(t.Context(), Filter{Limit: 2})
	if err != nil || len(page.Bundles) != 2 || page.Bundles[0].Digest != third.Digest || page.Next != second.Ledger {
		t.Fatalf("list: %+v %v", page, err)
	}
	if page, err = b.List(t.Context(), Filter{Before: page.Next}); err != nil || len(page.Bundles) != 1 || page.Bundles[0].Digest != first.Digest || page.Next != 0 {
		t.Errorf("second page: %+v %v", page, err)
	}
	for f, n := range map[Filter]int{
		{Plan: "P1"}: 2, {Plan: "P3"}: 0, {Incident: "I1", Plan: "P2"}: 1, {Kind: "crate", ID: 1}: 3, {Kind: "crate", ID: 2}: 0,
		{Kind: "version", Name: "victim@2.0.0+b1"}: 3, {Kind: "account", Name: "two"}: 3, {Kind: "account", ID: 3}: 0,
	} {
		if page, err := b.List(t.Context(), f); err != nil || len(page.Bundles) != n {
			t.Errorf("%+v: %d bundles, want %d (%v)", f, len(page.Bundles), n, err)
		}
	}
	shown, err := b.Show(t.Context(), second.Digest)
	if err != nil || shown.Plan != "P2" || len(shown.Manifest.Parts) != second.Parts || shown.Bytes != second.Bytes {
		t.Errorf("show: %+v %v", shown, err)
	}
}

func TestSealRefuses(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, row := range map[string]struct {
		change func(*Request)
		want   cratewarden.Kind
	}{
		"nothing":      {func(r *Request) { r.Crates = nil }, cratewarden.Invalid},
		"nobody":       {func(r *Request) { r.Actor.ID = "" }, cratewarden.Invalid},
		"gone crate":   {func(r *Request) { r.Crates = []int32{1, 99} }, cratewarden.NotFound},
		"gone version": {func(r *Request) { r.Versions = []int32{99} }, cratewarden.NotFound},
		"gone account": {func(r *Request) { r.Users = []int32{99} }, cratewarden.NotFound},
		"long reason":  {func(r *Request) { r.Reason = strings.Repeat("x", 5000) }, cratewarden.TooLarge},
		"too many":     {func(r *Request) { r.Versions = []int32{1, 2, 3} }, cratewarden.TooLarge},
	} {
		r := request()
		row.change(&r)
		s := *b.Service
		s.cfg.MaxSubjects = 3
		_, err := s.Seal(t.Context(), r)
		if cratewarden.KindOf(err) != row.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, limit := range map[string]func(*Config){
		"file":   func(c *Config) { c.MaxFile = 5 },
		"bundle": func(c *Config) { c.MaxBundle = 500 },
	} {
		s := *b.Service
		limit(&s.cfg)
		if _, err := s.Seal(t.Context(), request()); cratewarden.KindOf(err) != cratewarden.TooLarge {
			t.Errorf("%s beyond the limit: %v", name, err)
		}
	}
	if n := len(b.entries(t)); n > 0 {
		t.Errorf("%d entries", n)
	}
}
