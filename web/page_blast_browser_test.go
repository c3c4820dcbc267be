package web

import (
	"fmt"
	"testing"

	"cratewarden"
	"cratewarden/blast"
	"cratewarden/web/webtest"
)

// wideRadius reaches over more distances than the picture has columns, from more
// bad crates than one, with long names.
func wideRadius() blast.Report {
	r := sampleRadius(120)
	r.Layers = nil
	for i := range r.Affected {
		a := &r.Affected[i]
		a.Distance = 1 + i/15
		if i >= 15 {
			a.Through = r.Affected[i-15].Crate
		}
		if i%11 == 3 {
			a.Crate = fmt.Sprintf("a_crate_with_a_name_as_long_as_they_are_allowed_to_be_on_it__%03d", i)
			a.Requirement = ">=0.3.10-alpha.20260820, <0.4.0"
		}
		if a.Distance > len(r.Layers) {
			r.Layers = append(r.Layers, blast.Layer{Distance: a.Distance, Crates: 15, Versions: 45, Downloads: 1234567})
		}
	}
	r.Direct, r.Defaults = 15, 8
	r.Bad = append(r.Bad, blast.BadCrate{Name: "arraykit-helper", Versions: []blast.BadVersion{{Num: "1.0.107-alpha.20260820101112+build.7", Published: sampleTime, Downloads: 17}}})
	return r
}

// TestBlastInTheBrowser looks at the page with much, with nothing, and while the
// mirror loads; wide and narrow, in both colours.
func TestBlastInTheBrowser(t *testing.T) {
	t.Parallel()
	r := &radar{report: wideRadius()}
	p := webtest.Serve(t, blastServer(t, r)).Open(t, "/crates/arraykit")
	look := func(name, path string) {
		t.Helper()
		p.Go(path)
		for _, scheme := range []string{"light", "dark"} {
			p.Screenshot("blast-"+name, 1440, scheme)
			p.CheckAxe()
			p.Screenshot("blast-"+name, 390, scheme)
			p.CheckAxe()
		}
	}
	look("much", "/crates/arraykit/blast?version=0.3.10,+0.3.11&also=arraykit-helper@1.0.107")
	if links := webtest.Eval[int](p, `document.querySelectorAll("svg.blast a[href^='/crates/']").length`); links < 20 {
		t.Errorf("the picture has %d links", links)
	}
	look("rest", "/crates/arraykit/blast?after=110")
	r.mu.Lock()
	r.report = blast.Report{AsOf: sampleTime, Bad: r.report.Bad, Figures: r.report.Figures}
	r.mu.Unlock()
	look("nobody", "/crates/arraykit/blast?version=0.3.10&mode=would")
	r.mu.Lock()
	r.err = cratewarden.Errorf(cratewarden.Unavailable, "The mirror is still loading the dependencies: 12,345,678 rows so far. Ask again in a minute.")
	r.mu.Unlock()
	p.Expect("503 (Service Unavailable)")
	look("loading", "/crates/arraykit/blast")
}

// TestHostileBlastInTheBrowser shows evil names and requirements: nothing runs.
func TestHostileBlastInTheBrowser(t *testing.T) {
	t.Parallel()
	report := hostile[blast.Report]()
	report.Days = nil
	p := webtest.Serve(t, blastServer(t, &radar{report: report})).Open(t, "/crates/arraykit/blast")
	p.Screenshot("hostile-blast", 390, "light")
	if n := webtest.Eval[int](p, `document.querySelectorAll("main script, main img").length`); n > 0 {
		t.Errorf("%d elements came out of a text", n)
	}
}
