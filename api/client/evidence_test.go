package client_test

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/api"
	"cratewarden/blob"
	"cratewarden/evidence"
	"cratewarden/ledger"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
)

// vault is a console with one sealed bundle.
type vault struct {
	bench
	bundle evidence.Bundle
	store  blob.Store
	served string

	registry *pgxpool.Pool
	service  *evidence.Service
}

func startVault(t *testing.T) vault {
	t.Helper()
	folder := func() blob.Store {
		f, err := blob.OpenFolder(t.TempDir(), true)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return f
	}
	b, static, store := start(t), folder(), folder()
	if err := static.Put(t.Context(), "crates/victim/victim-1.0.0.crate", strings.NewReader("archive"), blob.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	registry := pgtest.Database(t, pgtest.Template{Name: "registry", Build: func(ctx context.Context, conn *pgx.Conn) error {
		if err := schema.Create(ctx, conn); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, `INSERT INTO users (gh_login, gh_id, username) VALUES ('one', 1, 'one');
			INSERT INTO emails (user_id, email, token) VALUES (1, 'one@private.example', 'mailsecret');
			INSERT INTO crates (name) VALUES ('victim'); INSERT INTO crate_owners (crate_id, owner_id, owner_kind) VALUES (1, 1, 0);
			INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256, published_by) VALUES (1, '1.0.0', '1.0.0', 7, sha256('archive'), 1);`)
		return err
	}})
	service := evidence.New(evidence.Config{Registry: registry, Console: b.db, Ledger: b.log, Static: static, Store: store})
	bundle, err := service.Seal(t.Context(), evidence.Request{Crates: []int32{1}, Plan: "P-1", Incident: "I-1", Reason: "typosquatting", Actor: ledger.Actor{ID: "p1", Name: "Ada"}})
	if err != nil {
		t.Fatal(err)
	}
	c := signedClient(t, api.Config{Evidence: service, Auth: lets(action.Actor{ID: "p2", Name: "Bo", Session: "s2"})})
	b.Client = c
	return vault{b, bundle, store, c.Origin(), registry, service}
}

// TestEvidence lists, shows, verifies and exports a bundle, whole and damaged.
func TestEvidence(t *testing.T) {
	t.Parallel()
	v := startVault(t)
	digest := v.bundle.Digest.String()
	for query, want := range map[string]int{"": 1, "plan=P-1": 1, "plan=x": 0, "incident=I-1&subject=crate:victim": 1, "subject=account:1": 1, "subject=account:one": 1, "subject=version:victim@2.0.0": 0, "before=5": 0} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		list, err := v.EvidenceList(t.Context(), q)
		if err != nil || len(list.Rows) != want {
			t.Errorf("%s: %+v %v", query, list, err)
		}
	}
	for query, want := range map[string]string{"subject=serde": "kind and a name", "limit=501": "limit", "before=-1": "before"} {
		q, _ := url.ParseQuery(query)
		if _, err := v.EvidenceList(t.Context(), q); cratewarden.KindOf(err) != cratewarden.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", query, err)
		}
	}
	view, err := v.Evidence(t.Context(), digest)
	if err != nil || len(view.Manifest.Parts) != v.bundle.Parts || view.Bundle.Check != nil || view.Bundle.Holds[0].First[0].Name != "victim" || len(view.Gaps) != 1 {
		t.Errorf("%+v %v", view, err)
	}
	report, err := v.VerifyEvidence(t.Context(), digest)
	if err != nil || !report.Whole || report.Parts != v.bundle.Parts {
		t.Errorf("%+v %v", report, err)
	}
	var tarred bytes.Buffer
	if err := v.ExportEvidence(t.Context(), digest, &tarred); err != nil {
		t.Fatal(err)
	}
	offline, err := evidence.VerifyExport(&tarred, evidence.Limits{})
	if err != nil || !offline.OK() || offline.Digest != v.bundle.Digest {
		t.Errorf("%s %v", offline.String(), err)
	}
	var crate string
	for info, err := range blob.All(t.Context(), v.store, "") {
		p, _ := v.bundle.Manifest.Part("static/crates/victim/victim-1.0.0.crate")
		if err == nil && strings.HasSuffix(info.Key, p.SHA256.String()) {
			crate = info.Key
		}
	}
	if err := v.store.Put(t.Context(), crate, strings.NewReader("ARCHIVE"), blob.PutOptions{Overwrite: true}); err != nil {
		t.Fatal(err)
	}
	if report, err = v.VerifyEvidence(t.Context(), digest); err != nil || report.Whole || len(report.Findings) != 1 || report.Findings[0].State != evidence.Changed {
		t.Errorf("%+v %v", report, err)
	}
	if view, err = v.Evidence(t.Context(), digest); err != nil || view.Bundle.Check.Whole || view.Bundle.Check.Actor.ID != "p2" || view.Bundle.Check.Found != 1 {
		t.Errorf("%+v %v", view.Bundle.Check, err)
	}
	if err := v.ExportEvidence(t.Context(), digest, &tarred); err == nil {
		t.Error("a damaged bundle is exported as if it were whole")
	}
	if err := v.store.Delete(t.Context(), "evidence/manifests/"+digest+".json"); err != nil {
		t.Fatal(err)
	}
	if view, err = v.Evidence(t.Context(), digest); err != nil || view.Manifest != nil || view.Trouble == "" {
		t.Errorf("without a manifest: %+v %v", view, err)
	}
	if err := v.ExportEvidence(t.Context(), digest, &tarred); cratewarden.KindOf(err) != cratewarden.NotFound {
		t.Errorf("export without a manifest: %v", err)
	}
}

// TestEvidenceRefuses: what is not there, and a console without a store.
func TestEvidenceRefuses(t *testing.T) {
	t.Parallel()
	v := startVault(t)
	none := signedClient(t, api.Config{Auth: lets(action.Actor{ID: "p2"})})
	unknown := strings.Repeat("0", 64)
	for digest, want := range map[string]cratewarden.Kind{unknown: cratewarden.NotFound, "x": cratewarden.Invalid, strings.ToUpper(v.bundle.Digest.String()): cratewarden.Invalid} {
		_, err := v.Evidence(t.Context(), digest)
		_, err2 := v.VerifyEvidence(t.Context(), digest)
		err3 := v.ExportEvidence(t.Context(), digest, &bytes.Buffer{})
		for _, err := range []error{err, err2, err3} {
			if cratewarden.KindOf(err) != want {
				t.Errorf("%s: %v", digest, err)
			}
		}
	}
	_, err := none.EvidenceList(t.Context(), nil)
	_, err2 := none.Evidence(t.Context(), unknown)
	_, err3 := none.VerifyEvidence(t.Context(), unknown)
	for _, err := range []error{err, err2, err3, none.ExportEvidence(t.Context(), unknown, &bytes.Buffer{})} {
		if cratewarden.KindOf(err) != cratewarden.Unavailable || !strings.Contains(err.Error(), "--evidence") {
			t.Errorf("without a store: %v", err)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, v.served+api.Prefix+"/evidence/"+v.bundle.Digest.String()+"/export", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer good")
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	h := answer.Header
	if h.Get("Content-Type") != "application/octet-stream" || h.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment; ") {
		t.Errorf("headers: %v", h)
	}
}
