package webtest

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
)

// Look sets the width of the window in pixels and the colours, "light" or "dark".
func (p *Page) Look(width int64, scheme string) {
	p.t.Helper()
	call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: 900, DeviceScaleFactor: 1, Mobile: width < 600})
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
}

// Print shows the page as it would be printed, at a width in pixels.
func (p *Page) Print(width int64) {
	p.t.Helper()
	p.Look(width, "light")
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
}

// Screenshot keeps a picture of the whole page as name-width-scheme.png, and
// fails the test when the page is wider than the window.
func (p *Page) Screenshot(name string, width int64, scheme string) {
	p.t.Helper()
	p.Fits(name, width, scheme)
	p.Keep(fmt.Sprintf("%s-%d-%s", name, width, scheme))
}

// Fits sets width and colours, and fails the test when the page is wider than
// the window.
func (p *Page) Fits(name string, width int64, scheme string) {
	p.t.Helper()
	p.Look(width, scheme)
	if over := Eval[int64](p, "document.documentElement.scrollWidth"); over > width {
		p.t.Errorf("%s at %d pixels is %d wide: it scrolls sideways", name, width, over)
	}
}

// Keep writes a picture of the page as it looks now, at most 2,400 pixels of its
// height so that the pictures stay small enough for the repository, when the flag
// -screenshots names a folder.
func (p *Page) Keep(name string) {
	p.t.Helper()
	if *screenshots == "" {
		return
	}
	width := Eval[float64](p, "innerWidth")
	height := Eval[float64](p, "Math.min(Math.max(document.documentElement.scrollHeight, 900), 2400)")
	beyond := true
	shot := call(p, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: &beyond,
		Clip: &page.Viewport{Width: width, Height: height, Scale: 1}}).Data
	if err := os.MkdirAll(*screenshots, 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*screenshots, name+".png"), shot, 0o644); err != nil {
		p.t.Fatal(err)
	}
}
