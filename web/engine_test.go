package web

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/jba/templatecheck"
)

// TestTemplatesFitTheirStructs checks every page and part against what it shows,
// also on branches that no other test takes.
func TestTemplatesFitTheirStructs(t *testing.T) {
	t.Parallel()
	s := galleryServer(t, Config{})
	pages := pageInventory()
	pages["gallery"] = galleryPage{}
	for name, data := range pages {
		if err := templatecheck.CheckHTML(s.engine.pages[name].Lookup("layout"), data); err != nil {
			t.Errorf("page %s: %v", name, err)
		}
	}
	for name, data := range partInventory() {
		if err := templatecheck.CheckHTML(s.engine.parts.Lookup(name), data); err != nil {
			t.Errorf("part %s: %v", name, err)
		}
	}
}

func TestInventoryIsComplete(t *testing.T) {
	t.Parallel()
	files := galleryFiles(t).(fstest.MapFS)
	s := &Server{cfg: Config{}.withDefaults()}
	err := s.build(pageInventory(), files)
	if err == nil || !strings.Contains(err.Error(), "gallery") {
		t.Errorf("a page that is not listed is taken: %v", err)
	}
	pages := pageInventory()
	pages["gallery"], pages["ghost"] = galleryPage{}, Page{}
	if err := s.build(pages, files); err == nil || !strings.Contains(err.Error(), "ghost") {
		t.Errorf("a listed page without a file is taken: %v", err)
	}
	delete(pages, "ghost")
	delete(files, "part/tabs.html")
	if err := s.build(pages, files); err == nil || !strings.Contains(err.Error(), "tabs") {
		t.Errorf("a missing part is taken: %v", err)
	}
	files["part/tabs.html"] = &fstest.MapFile{Data: []byte("{{if}}")}
	if err := s.build(pages, files); err == nil {
		t.Error("a part that does not parse is taken")
	}
	if _, err := newAssets(fstest.MapFS{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing static files: %v", err)
	}
}

// TestHostileTextIsInert puts an attacker's text into every field of text that
// parts show.
func TestHostileTextIsInert(t *testing.T) {
	t.Parallel()
	s := galleryServer(t, Config{})
	evil := `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	for name, data := range map[string]any{
		"phrase":  Text(evil).Strong(evil).Code(evil).Link(evil, "javascript:alert(1)").Link("x", "//evil.example").Masked(evil).Copy(evil, evil).External("https://evil.example/" + evil),
		"table":   Table{Caption: evil, Columns: []Column{{Label: evil}}, Rows: []Row{{Cells: []Phrase{Text(evil)}}}},
		"palette": Palette{Query: evil, Groups: []PaletteGroup{{evil, []PaletteItem{{Title: evil, Detail: evil, Why: evil, URL: "javascript:alert(1)"}}}}},
		"diff":    Diff{Files: []DiffFile{{Path: evil, State: evil, Note: evil, Hunks: []Hunk{{evil, []DiffLine{{Old: 1, Text: evil}}}}}}},
		"tree":    Tree{Caption: evil, Files: []TreeFile{{Name: evil, URL: "javascript:alert(1)", Badges: []Badge{{Tone: Tone(evil), Text: evil, Title: evil}}}}},
		"matrix":  Matrix{Caption: evil, Columns: []Link{{evil, "javascript:alert(1)"}}, Rows: []MatrixRow{{evil, []MatrixCell{{evil, true, evil}}}}},
		"bars":    Bars{ID: evil, Title: evil, Unit: evil, Values: []Bar{{evil, 1, true}}},
		"spark":   Spark{Title: evil, Values: []int64{1}},
		"stacked": Stacked{ID: evil, Title: evil, Unit: evil, Days: sampleChart().Days[:1], Series: []Series{{Name: evil, URL: "javascript:alert(1)", Values: []int64{1}}}},
	} {
		html, err := s.engine.part(name, data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, bad := range []string{"<script", "<img", `href="javascript`, `href="//`, `href="https:`} {
			if strings.Contains(string(html), bad) {
				t.Errorf("%s lets %s through:\n%s", name, bad, html)
			}
		}
	}
}
