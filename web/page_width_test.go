package web

import (
	"testing"

	"cratewarden/web/webtest"
)

// TestWidths shows that no column is cut off beside another card, that the bar
// at the top is one line, and that on a narrow screen what is unlike before
// follows its verdict.
func TestWidths(t *testing.T) {
	t.Parallel()
	d := sampleDesk(t)
	d.Dossiers = sampleShelf(t)
	for i := range d.account.Crates.Rows {
		d.account.Crates.Rows[i].CodeLines = -1
	}
	site := webtest.Serve(t, deskServer(t, d, func(c *Config) {
		c.Registry, c.ReadOnly = Registry{Label: "public dump 2026-11-22", Kind: Dump}, "A public dump is a copy: nothing here can be changed."
		c.Freshness = func() Freshness { return Freshness{AsOf: deskTime, Fixed: true} }
	}))
	p := site.Open(t, "/accounts/184")
	for _, width := range []int64{1440, 1400, 1280, 1024} {
		p.Screenshot("width-account", width, "light")
		if over := webtest.Eval[int](p, `(e => e.scrollWidth - e.clientWidth)(document.querySelector("#crates .wide"))`); over > 0 {
			t.Errorf("at %d the table of crates is %d px too wide", width, over)
		}
		if high := webtest.Eval[float64](p, `document.querySelector(".top .who").getBoundingClientRect().height`); high > 32 {
			t.Errorf("at %d the bar at the top is %.0f px high", width, high)
		}
		if over := webtest.Eval[int](p, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
			t.Errorf("at %d the page is %d px too wide", width, over)
		}
	}
	p.Go("/crates/arraykit/0.3.10")
	for _, width := range []int64{390, 1024} {
		p.Screenshot("width-version", width, "light")
		const between = `(top => top("#differences") > top(".verdict") && top("#differences") < top("#matrix") && top("#matrix") < top("#glance"))(s => document.querySelector(s).getBoundingClientRect().top)`
		if !webtest.Eval[bool](p, between) {
			t.Errorf("at %d the differences do not follow the verdict", width)
		}
	}
}
