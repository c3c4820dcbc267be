package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"cratewarden/web/webtest"
)

const focused = `document.activeElement.id || document.activeElement.textContent.trim()`

// eventually waits for a JavaScript expression to have a value.
func eventually(t *testing.T, p *webtest.Page, expression, want string) {
	t.Helper()
	var got string
	for range 60 {
		if got = webtest.Eval[string](p, "String("+expression+")"); got == want {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("%s is %q, not %q", expression, got, want)
}

func TestKeys(t *testing.T) {
	t.Parallel()
	p := webtest.Serve(t, galleryServer(t, sampleConfig())).Open(t, "/")
	p.Press("/")
	eventually(t, p, focused, "q")
	p.Press("j") // goes into the box and nowhere else
	eventually(t, p, `document.querySelector("#q").value`, "j")
	webtest.Eval[bool](p, `(document.activeElement.blur(), true)`)
	p.Press("?")
	eventually(t, p, `document.querySelector("#keys").open`, "true")
	p.CheckAxe()
	p.Press(kb.Escape)
	eventually(t, p, `document.querySelector("#keys").open`, "false")
	p.Press("j")
	eventually(t, p, focused, "genuine-owner")
	p.Press("j")
	eventually(t, p, focused, "0.3.10")
	p.Press("k")
	eventually(t, p, focused, "genuine-owner")
	p.Press("j")
	p.Press(kb.Enter)
	eventually(t, p, "location.pathname", "/crates/arraykit/0.3.10")
}

func TestPalette(t *testing.T) {
	t.Parallel()
	p := webtest.Serve(t, galleryServer(t, sampleConfig())).Open(t, "/")
	p.Ctrl("k")
	eventually(t, p, focused, "palette-input")
	p.Press("array")
	p.Wait("#palette-found a")
	p.Screenshot("palette", 1440, "light")
	p.Screenshot("palette", 390, "dark")
	p.CheckAxe()
	p.Press(kb.ArrowDown)
	p.Press(kb.ArrowDown)
	eventually(t, p, `document.activeElement.getAttribute("href")`, "/crates/arraykit-macros/0.1.0")
	p.Press("k") // typing goes on in the field
	eventually(t, p, `document.querySelector("#palette-input").value`, "arrayk")
	eventually(t, p, `document.querySelector("#palette").dataset.found`, "arrayk")
	p.Press(kb.Enter)
	eventually(t, p, "location.pathname", "/crates/arraykit/0.3.10")
}

func TestThemeCopyAndTimes(t *testing.T) {
	t.Parallel()
	site := webtest.Serve(t, galleryServer(t, sampleConfig()))
	p := site.Open(t, "/")
	p.Look(1440, "light")
	paper := `getComputedStyle(document.body).backgroundColor`
	light := webtest.Eval[string](p, paper)
	p.Click("#theme")
	p.Click("#theme")
	eventually(t, p, `document.documentElement.dataset.theme`, "dark")
	dark := webtest.Eval[string](p, paper)
	p.Go("/about")
	if kept := webtest.Eval[string](p, paper); dark == light || kept != dark {
		t.Errorf("light %s, dark %s, after opening another page %s", light, dark, kept)
	}
	p.Click("#theme")
	eventually(t, p, paper, light)
	p.Go("/")
	webtest.Eval[bool](p, `(navigator.clipboard.writeText = async (text) => { window.copied = text }, true)`)
	p.Click("td button.copy")
	eventually(t, p, "window.copied", "9b1f03aa77c1e07a9b1f03aa77c1e07a")
	// The script says what the server said, for the same clock.
	said := webtest.Eval[[]string](p, `[...document.querySelectorAll("time[data-ago]")].map(t => t.textContent)`)
	if len(said) < 3 || said[0] != "1 s ago" || said[1] != "50 min ago" {
		t.Errorf("times: %q", said)
	}
}

// TestWithoutScripts shows that the frame works when no script runs.
func TestWithoutScripts(t *testing.T) {
	t.Parallel()
	site := webtest.Serve(t, galleryServer(t, sampleConfig()))
	p := site.Open(t, "/about")
	p.Scripts(false)
	p.Look(390, "light")
	p.Go("/")
	for _, hidden := range []string{"#theme", "#help", "button.copy", "dialog"} {
		if webtest.Eval[bool](p, `[...document.querySelectorAll("`+hidden+`")].some(e => e.checkVisibility())`) {
			t.Errorf("%s can be seen although it needs scripts", hidden)
		}
	}
	p.Click(".menu summary")
	p.Wait(".menu nav a")
	p.Screenshot("menu", 390, "light")
	p.Click(`.menu a[href="/names"]`)
	eventually(t, p, "location.pathname", "/names")
	p.Click("#q")
	p.Press("arraykit" + kb.Enter)
	eventually(t, p, "location.pathname + location.search", "/search?q=arraykit")
}

// TestPolicyHolds injects what an attacker would, and shows that the browser
// refuses it and that webtest tells.
func TestPolicyHolds(t *testing.T) {
	t.Parallel()
	s := galleryServer(t, sampleConfig())
	site := webtest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.ServeHTTP(&injector{w}, r)
	}))
	p := site.Open(t, "/about")
	p.Expect("")
	eventually(t, p, "window.injected", "undefined")
	eventually(t, p, `document.querySelector("#evil").hasAttribute("hx-get")`, "false")
	all := strings.Join(p.Reported(), "\n")
	for _, want := range []string{"Content Security Policy", "hx-csp"} {
		if !strings.Contains(all, want) {
			t.Errorf("nothing about %q was reported:\n%s", want, all)
		}
	}
	if got := webtest.Eval[string](p, `(() => { try { document.body.innerHTML = "<p>x"; return "set" } catch (e) { return e.name } })()`); got != "TypeError" {
		t.Errorf("text became markup: %s", got)
	}
}

// injector adds an attacker's markup to pages.
type injector struct{ http.ResponseWriter }

func (w *injector) WriteHeader(status int) {
	w.Header().Del("Content-Length")
	w.ResponseWriter.WriteHeader(status)
}

func (w *injector) Write(b []byte) (int, error) {
	evil := `<main><script>window.injected = 1</script><b onclick="x()" style="color:red">x</b><a id="evil" hx-get="/palette?q=a" hx-trigger="load">x</a>`
	text := string(b)
	if strings.HasPrefix(text, "<!doctype") {
		text = strings.Replace(text, "<main", evil+"</main><main", 1)
	}
	_, err := w.ResponseWriter.Write([]byte(text))
	return len(b), err
}

// TestScriptKeepsTheWords compares the script's words for lengths of time with
// Go's, since each writes them on its own.
func TestScriptKeepsTheWords(t *testing.T) {
	t.Parallel()
	p := webtest.Serve(t, galleryServer(t, sampleConfig())).Open(t, "/about")
	for hours := time.Duration(1); hours < 60_000; hours = hours*3/2 + 1 {
		// Twenty seconds past the hour, so that the test's own time does not show.
		at := noon.Add(-hours*time.Hour - 20*time.Second)
		got := webtest.Eval[string](p, `(() => { const e = document.createElement("time"); e.dateTime = "`+stamp(at)+`"; e.dataset.ago = "";
			document.body.append(e); document.dispatchEvent(new Event("htmx:after:swap")); const text = e.textContent; e.remove(); return text })()`)
		if want := Ago(noon, at); got != want {
			t.Errorf("%d h: the script says %q, Go says %q", hours, got, want)
		}
	}
}
