package web

import (
	"testing"

	"cratewarden/web/webtest"
)

// TestPrint shows that a printed page is the content and nothing to click.
func TestPrint(t *testing.T) {
	t.Parallel()
	p := webtest.Serve(t, galleryServer(t, sampleConfig())).Open(t, "/")
	p.Print(1000)
	for _, selector := range []string{"nav.side", ".search", ".acts", ".copy", ".tabs", ".filter", ".pager", ".foot button"} {
		if webtest.Eval[bool](p, `[...document.querySelectorAll("`+selector+`")].some(e => e.checkVisibility())`) {
			t.Errorf("%s is printed", selector)
		}
	}
	if !webtest.Eval[bool](p, `document.querySelector(".verdict").checkVisibility()`) {
		t.Error("the verdict is not printed")
	}
	p.Keep("print")
}
