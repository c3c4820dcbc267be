package web

import (
	"fmt"
	"testing"

	"cratewarden/web/webtest"
)

func sampleConfig() Config {
	return Config{Registry: Registry{Label: "harbor registry", Kind: Production}, ReadOnly: "Acting comes later; this console only looks.",
		Freshness: func() Freshness { return Freshness{AsOf: noon.Add(-1e9)} }}
}

// TestGallery looks at every part at three widths in both colours.
func TestGallery(t *testing.T) {
	t.Parallel()
	site := webtest.Serve(t, galleryServer(t, sampleConfig()))
	page := site.Open(t, "/crates/arraykit/0.3.10")
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{1440, 1024, 390} {
			page.Screenshot("gallery", width, scheme)
			for _, v := range page.Axe() {
				t.Errorf("axe at %d %s: %s", width, scheme, v)
			}
		}
	}
}

// TestStates looks at the console while the mirror is loading and at an error.
func TestStates(t *testing.T) {
	t.Parallel()
	cfg := sampleConfig()
	cfg.Registry.Kind = Dump
	cfg.Freshness = func() Freshness {
		return Freshness{Loading: []Load{{"crates", 229_000, 229_000}, {"versions", 1_120_400, 1_800_000}, {"dependencies", 0, 0}}}
	}
	site := webtest.Serve(t, galleryServer(t, cfg))
	for _, path := range []string{"/about", "/nothing-here"} {
		page := site.Open(t, "/about")
		page.Expect("404")
		page.Go(path)
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int64{1440, 390} {
				page.Screenshot(fmt.Sprintf("state%s", path[1:]), width, scheme)
				page.CheckAxe()
			}
		}
	}
}
