package web

import (
	"strings"
	"testing"

	"cratewarden/dossier"
	"cratewarden/web/webtest"
)

// heldShelf has a held version and its crate.
func heldShelf(t testing.TB) *shelf {
	s := sampleShelf(t)
	hold := &dossier.Hold{Plan: "p07applied", Since: sampleTime, Files: "held"}
	mark := dossier.Mark{Text: "held", Tone: "hold"}
	row := &s.crate.Versions.Rows[0]
	row.Held, row.Marks = hold, append([]dossier.Mark{mark}, row.Marks...)
	v := s.versions["arraykit 0.3.10"]
	v.Row.Held, v.Marks = hold, append([]dossier.Mark{mark}, v.Marks...)
	s.versions["arraykit 0.3.10"] = v
	s.crate.Files = dossier.StorageCheck{Held: 1, Rows: []dossier.StoredFile{{Key: "crates/arraykit/arraykit-0.3.10.crate", Num: "0.3.10", State: "held", Expected: 1200}}}
	return s
}

func TestHeldIsShown(t *testing.T) {
	t.Parallel()
	held := heldShelf(t)
	s := planServer(t, samplePlans(t), responder, func(c *Config) { c.Dossiers = held })
	for path, wanted := range map[string][]string{
		"/crates/arraykit":         {`<a class="badge hold" href="/plans/p07applied">held</a>`, "1 archive held in the vault; every other version has its archive in storage"},
		"/crates/arraykit/storage": {"in the vault", `<span class="badge hold">held</span>`},
		"/crates/arraykit/0.3.10":  {"Held by this console", "Held since", `by plan <a href="/plans/p07applied">p07applied</a>. Its files rest in the vault.`},
	} {
		text := body(t, ask(s, "GET", path, nil))
		for _, want := range wanted {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %s", path, want)
			}
		}
		if strings.Contains(text, "missing in storage") {
			t.Errorf("%s shows a held file as damage", path)
		}
	}
	held.crate.HeldAbsent, held.crate.Files.Missing = "Whether versions are held is not known.", 2
	text := body(t, ask(s, "GET", "/crates/arraykit", nil))
	if !strings.Contains(text, "2 archives are missing in storage; 1 held in the vault") || !strings.Contains(text, "Whether versions are held is not known.") {
		t.Error("missing beside held, or what is not known, is not said")
	}
}

func TestHeldInABrowser(t *testing.T) {
	t.Parallel()
	held := heldShelf(t)
	p := webtest.Serve(t, planServer(t, samplePlans(t), responder, func(c *Config) { c.Dossiers = held })).Open(t, "/crates/arraykit")
	for name, path := range map[string]string{"held-crate": "/crates/arraykit", "held-version": "/crates/arraykit/0.3.10", "held-list": "/crates/arraykit/versions"} {
		p.Go(path)
		p.CheckAxe()
		p.Screenshot(name, 390, "light")
		p.Screenshot(name, 1440, "dark")
		p.Screenshot(name, 1440, "light")
	}
}
