package web

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/dossier"
)

// TestDumpSaysWhatItLeavesOut shows that a page never blames the registry for
// what the public dump leaves out, and does blame it elsewhere.
func TestDumpSaysWhatItLeavesOut(t *testing.T) {
	t.Parallel()
	for _, kind := range []RegistryKind{Dump, Production} {
		d := sampleDesk(t)
		for _, rows := range [][]dossier.OwnedCrate{d.account.Crates.Rows, d.team.Crates.Rows, d.team.Former.Rows} {
			for i := range rows {
				rows[i].CodeLines = -1
			}
		}
		away := "–"
		if kind == Dump {
			away = cratewarden.NotInDump
			d.team.Former = dossier.Page[dossier.OwnedCrate]{Section: dossier.Section{Absent: away}}
		}
		shelf := sampleShelf(t)
		v := shelf.versions["arraykit 0.3.10"]
		v.Manifest.CodeLines = -1
		shelf.versions["arraykit 0.3.10"] = v
		d.Dossiers = shelf
		s := deskServer(t, d, func(c *Config) { c.Registry.Kind = kind })
		for path, want := range map[string]string{
			"/accounts/184": `<span class="muted">`, "/accounts/184/crates": `<span class="muted">`, "/teams/1": `<span class="muted">`,
			"/crates/arraykit/0.3.10": "lines ", "/crates/arraykit/0.3.10/manifest": "",
		} {
			said, other := want+"not counted", want+cratewarden.NotInDump
			if kind == Dump {
				said, other = other, said
			}
			text := html.UnescapeString(body(t, ask(s, "GET", path, nil)))
			if !strings.Contains(text, said) || strings.Contains(text, other) {
				t.Errorf("%s on %s: want %q and not %q", path, kind, said, other)
			}
		}
		text := body(t, ask(s, "GET", "/teams/1", nil))
		_, fact, _ := strings.Cut(text, "Crates owned before</dt>")
		fact, _, _ = strings.Cut(fact, "</dd>")
		if kind == Dump && !strings.Contains(fact, away) {
			t.Errorf("the team's card says %q", fact)
		}
	}
}

// TestOversizedForm shows that too much in the form is refused as such, and not
// as a form that could not be read.
func TestOversizedForm(t *testing.T) {
	t.Parallel()
	d := sampleDesk(t)
	s := deskServer(t, d)
	answer := ask(s, "POST", "/tokens", post(url.Values{"token": {strings.Repeat("x", 1<<20+1)}}))
	if text := body(t, answer); answer.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(text, "Paste the credential alone, 200 characters at most.") {
		t.Errorf("%d %s", answer.StatusCode, text)
	}
	if d.pasted != "" {
		t.Error("it was looked up")
	}
}
