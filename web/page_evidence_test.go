package web

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"cratewarden/evidence"
	"cratewarden/ledger"
)

// TestEvidenceList asks for every filter.
func TestEvidenceList(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	s := evidenceServer(t, v)
	if text := body(t, ask(s, "GET", "/evidence", nil)); !strings.Contains(text, "Nothing was sealed yet") {
		t.Error("an empty list does not say so")
	}
	whole := v.seal(t, evidence.Request{Crates: []int32{1}, Plan: "P-1", Incident: "I-1", Reason: "typosquatting"})
	person := v.seal(t, evidence.Request{Users: []int32{2}, Versions: []int32{3}, Plan: "P-2"})
	for query, want := range map[string][2]bool{
		"": {true, true}, "plan=P-1": {true, false}, "plan=P-2": {false, true}, "incident=I-1": {true, false}, "incident=I-9": {}, "subject=crate:victim": {true, false}, "subject=version:victim@2.0.0%2Bb1": {true, false},
		"subject=version:apart@1.0.0": {false, true}, "subject=account:2": {false, true}, "subject=account:six": {false, true}, "subject=account:1": {true, false}, "subject=crate:apart&plan=P-1": {}, "limit=1": {false, true},
	} {
		answer := ask(s, "GET", "/evidence?"+query, nil)
		text := body(t, answer)
		got := [2]bool{strings.Contains(text, evidenceURL(whole.Digest)+`"`), strings.Contains(text, evidenceURL(person.Digest)+`"`)}
		if answer.StatusCode != http.StatusOK || got != want {
			t.Errorf("%s: %d, lists %v, want %v", query, answer.StatusCode, got, want)
		}
		if want == ([2]bool{}) && !strings.Contains(text, "No bundle passes the filter") {
			t.Errorf("%s: an empty list does not say why", query)
		}
	}
	text := body(t, ask(s, "GET", "/evidence", nil))
	for _, want := range []string{`<a href="/crates/victim">victim</a>`, "2 versions", `<a href="/accounts/2">six</a>`, `<a href="/crates/apart/1.0.0">apart@1.0.0</a>`, "when it was sealed", ">Ada</a>", `href="/evidence" aria-current`} {
		if !strings.Contains(text, want) {
			t.Errorf("the list lacks %s", want)
		}
	}
	for path, want := range map[string]string{"/evidence?subject=serde": "kind and a name", "/evidence?subject=team:1": "kind and a name", "/evidence?subject=account:0": "from 1", "/evidence?subject=account:9999999999": "from 1",
		"/evidence?limit=501": "from 1 to 500", "/evidence?before=x": "whole number", "/evidence/abc": "64 hexadecimal"} {
		if answer := ask(s, "GET", path, nil); answer.StatusCode != http.StatusBadRequest || !strings.Contains(body(t, answer), want) {
			t.Errorf("%s: %d without %q", path, answer.StatusCode, want)
		}
	}
	csv := body(t, ask(s, "GET", "/evidence?format=csv&plan=P-1", nil))
	if !strings.HasPrefix(csv, "digest,sealed_at,") || strings.Count(csv, "\n") != 2 || !strings.Contains(csv, whole.Digest.String()) {
		t.Errorf("file:\n%s", csv)
	}
}

// TestEvidenceBundle reads the page of a bundle as people do.
func TestEvidenceBundle(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	s := evidenceServer(t, v, func(c *Config) { c.Ledger = v.book })
	b := v.seal(t, evidence.Request{Crates: []int32{1}, Plan: "P-1", Incident: "I-1", Reason: "typosquatting"})
	text := body(t, ask(s, "GET", evidenceURL(b.Digest), nil))
	for _, want := range []string{b.Digest.String(), "Read back when it was sealed", "rows/crates.jsonl", "rows/emails.jsonl", "locked", "a reason, and is recorded", `<a href="/ledger/0">#0</a>`, "typosquatting", "Not copied", "api_tokens.token", "Files that were not there",
		"static/crates/victim/victim-1.0.0.crate", "not what the rows say", "No index store is configured", "It covers nothing", `action="` + evidenceURL(b.Digest) + `/verify"`, `href="` + evidenceURL(b.Digest) + `/export"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, secret := range []string{"private.example", "mailsecret", "Realname", "alert(1)"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q stands on the page", secret)
		}
	}
	if strings.Contains(text, "part?name=rows%2Femails") {
		t.Error("a personal part can be downloaded")
	}
	unknown := ask(s, "GET", evidenceURL(ledger.Digest{}), nil)
	if unknown.StatusCode != http.StatusNotFound || !strings.Contains(body(t, unknown), "There is no evidence bundle") {
		t.Errorf("an unknown bundle: %d", unknown.StatusCode)
	}
	if entry := body(t, ask(s, "GET", "/ledger/0", nil)); !strings.Contains(entry, `href="`+evidenceURL(b.Digest)+`"`) {
		t.Error("the ledger's entry does not lead to the bundle")
	}
}

// TestEvidenceVerify presses the button with the store whole, damaged and whole
// again, and with no manifest.
func TestEvidenceVerify(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	s := evidenceServer(t, v, func(c *Config) { c.Auth = as(responder) })
	b := v.seal(t, evidence.Request{Crates: []int32{1}})
	verify := func(wants ...string) {
		t.Helper()
		answer := ask(s, "POST", evidenceURL(b.Digest)+"/verify", post(url.Values{}))
		if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != evidenceURL(b.Digest) {
			t.Fatalf("verify: %d to %s: %s", answer.StatusCode, answer.Header.Get("Location"), body(t, answer))
		}
		text := body(t, ask(s, "GET", evidenceURL(b.Digest), nil)) + body(t, ask(s, "GET", "/evidence", nil))
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("after verifying the pages lack %q", want)
			}
		}
	}
	verify("Whole", "by "+responder.Name, `<span class="badge good">whole</span>`)
	crate, key := v.part(t, b, "static/crates/victim/victim-1.0.0.crate")
	v.put(t, v.store, key, "ARCHIVE")
	verify("Damaged", crate.Name, "its SHA-256 should be", `<span class="badge bad">damaged</span>`, "covers nothing any more")
	v.put(t, v.store, key, "archive")
	verify("Whole")
	foreign := ask(s, "POST", evidenceURL(b.Digest)+"/verify", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") })
	if foreign.StatusCode != http.StatusForbidden {
		t.Errorf("a form of another site: %d", foreign.StatusCode)
	}
	if err := v.store.Delete(t.Context(), "evidence/manifests/"+b.Digest.String()+".json"); err != nil {
		t.Fatal(err)
	}
	verify("Damaged", "Its manifest cannot be read", "nothing is known of the parts")
	if answer := ask(s, "GET", evidenceURL(b.Digest)+"/export", nil); answer.StatusCode != http.StatusNotFound || answer.Header.Get("Content-Disposition") != "" {
		t.Errorf("export without a manifest: %d", answer.StatusCode)
	}
}

// safeFile checks that an answer is a file to keep and nothing to look at.
func safeFile(t *testing.T, answer *http.Response, name string) {
	t.Helper()
	h := answer.Header
	if answer.StatusCode != http.StatusOK || h.Get("Content-Type") != "application/octet-stream" || h.Get("X-Content-Type-Options") != "nosniff" ||
		h.Get("Content-Disposition") != `attachment; filename="`+name+`"` || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || h.Get("Cache-Control") != "no-store" {
		t.Errorf("%s: %d %v", name, answer.StatusCode, h)
	}
}

// TestEvidenceDownloads verifies an export with nothing else, and takes parts
// one by one.
func TestEvidenceDownloads(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	s := evidenceServer(t, v)
	b := v.seal(t, evidence.Request{Crates: []int32{1}})
	tarred := ask(s, "GET", evidenceURL(b.Digest)+"/export", nil)
	safeFile(t, tarred, "evidence-"+b.Digest.String()+".tar")
	text := body(t, tarred)
	report, err := evidence.VerifyExport(strings.NewReader(text), evidence.Limits{})
	if err != nil || !report.OK() || report.Digest != b.Digest || report.Parts != b.Parts {
		t.Errorf("the export: %v %s", err, report.String())
	}
	short := b.Digest.String()[:12]
	for name, want := range map[string][2]string{"static/crates/victim/victim-1.0.0.crate": {"victim-1.0.0.crate", "archive"}, "static/readmes/victim/victim-1.0.0.html": {"victim-1.0.0.html", "<script>alert(1)</script>"},
		"static/crates/victim/left \"over\".html": {"left__over_.html", "<b>html</b>"}, "static/crates/victim/empty": {"empty", ""}} {
		answer := ask(s, "GET", address(evidenceURL(b.Digest)+"/part", "name", name), nil)
		safeFile(t, answer, short+"-"+want[0])
		if got := body(t, answer); got != want[1] {
			t.Errorf("%s: %q", name, got)
		}
	}
	entries := body(t, ask(evidenceServer(t, v, func(c *Config) { c.Ledger = v.book }), "GET", "/ledger", nil))
	if listed(entries) != "1 0" || !strings.Contains(entries, "evidence.export") || strings.Contains(entries, "evidence.open") {
		t.Errorf("taking the bundle out should be recorded, and parts that are not personal should not: %s", listed(entries))
	}
	locked := ask(s, "GET", evidenceURL(b.Digest)+"/part?name=rows%2Femails.jsonl", nil)
	if locked.StatusCode != http.StatusForbidden || !strings.Contains(body(t, locked), "takes a role and a reason") {
		t.Errorf("a personal part: %d", locked.StatusCode)
	}
	if none := ask(s, "GET", evidenceURL(b.Digest)+"/part?name=x", nil); none.StatusCode != http.StatusNotFound {
		t.Errorf("no part: %d", none.StatusCode)
	}
	_, key := v.part(t, b, "static/crates/victim/victim-1.0.0.crate")
	v.put(t, v.store, key, "ARCHIVE")
	changed := ask(s, "GET", evidenceURL(b.Digest)+"/part?name=static%2Fcrates%2Fvictim%2Fvictim-1.0.0.crate", nil)
	if changed.StatusCode != http.StatusConflict || strings.Contains(body(t, changed), "ARCHIVE") {
		t.Errorf("a changed part: %d", changed.StatusCode)
	}
}

// TestBrokenExportIsCutOff: half an archive must not look like a whole one to
// whoever fetched it, and a long one outlives the server's bound for pages.
func TestBrokenExportIsCutOff(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	b := v.seal(t, evidence.Request{Crates: []int32{1}})
	_, key := v.part(t, b, "static/crates/victim/victim-1.0.0.crate")
	v.put(t, v.store, key, "ARCHIVE")
	for name, e := range map[string]Evidence{"changed": v, "fails": evilVault{}} {
		server := httptest.NewServer(evidenceServer(t, e))
		answer, err := http.Get(server.URL + evidenceURL(b.Digest) + "/export")
		if err == nil {
			var got bytes.Buffer
			if _, err := got.ReadFrom(answer.Body); err == nil {
				t.Errorf("%s: the half archive of %d bytes ends as if it were whole", name, got.Len())
			}
			_ = answer.Body.Close()
		}
		server.Close()
	}
	slow := httptest.NewUnstartedServer(evidenceServer(t, slowVault{v}))
	slow.Config.ReadTimeout, slow.Config.WriteTimeout = 300*time.Millisecond, 300*time.Millisecond
	slow.Start()
	defer slow.Close()
	whole := v.seal(t, evidence.Request{Crates: []int32{2}})
	answer, err := http.Get(slow.URL + evidenceURL(whole.Digest) + "/export")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if report, err := evidence.VerifyExport(answer.Body, evidence.Limits{}); err != nil || !report.OK() {
		t.Errorf("a slow export: %v %s", err, report.String())
	}
}

// TestEvidenceNotConfigured says what to do.
func TestEvidenceNotConfigured(t *testing.T) {
	t.Parallel()
	s := deskServer(t, sampleDesk(t))
	answer := ask(s, "GET", "/evidence", nil)
	if text := body(t, answer); answer.StatusCode != http.StatusOK || !strings.Contains(text, "No evidence store is configured") || !strings.Contains(text, "--evidence") {
		t.Errorf("not configured: %d", answer.StatusCode)
	}
	if got := ask(s, "GET", evidenceURL(ledger.Digest{1}), nil).StatusCode; got != http.StatusNotFound {
		t.Errorf("a bundle without a store: %d", got)
	}
}

// TestHostileEvidenceIsInert shows an attacker's text in every field.
func TestHostileEvidenceIsInert(t *testing.T) {
	t.Parallel()
	s := evidenceServer(t, evilVault{})
	digest := evilBundle().Digest
	for _, path := range []string{"/evidence", "/evidence?plan=" + url.QueryEscape(evil) + "&incident=" + url.QueryEscape(evil), "/evidence?subject=crate:" + url.QueryEscape(evil), evidenceURL(digest)} {
		answer := ask(s, "GET", path, nil)
		text := body(t, answer)
		if answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", path, answer.StatusCode)
		}
		shown := fieldValues.ReplaceAllString(text, "")
		for _, bad := range []string{"<script>", "<img", "\x00", "\x07", "\x1b", "\u202E", "\u2066", "\u200B", "ZgotmplZ"} {
			if at := strings.Index(shown, bad); at >= 0 {
				t.Errorf("%s lets %q through: …%s…", path, bad, shown[max(0, at-200):min(len(shown), at+60)])
			}
		}
		if found := reaches.FindString(text); found != "" {
			t.Errorf("%s has %s", path, found)
		}
	}
}
