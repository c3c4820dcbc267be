package webtest

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

func serve(t *testing.T, policy, html string) *Page {
	t.Helper()
	return Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Security-Policy", policy)
		fmt.Fprint(w, html)
	})).Open(t, "/")
}

const strict = "default-src 'none'; require-trusted-types-for 'script'; trusted-types none"

// TestAxeSees shows that axe finds what is wrong, and only that, under a policy
// that lets no script of the page run.
func TestAxeSees(t *testing.T) {
	t.Parallel()
	page := serve(t, strict, `<!doctype html><html lang="en"><title>x</title><main><h1>x</h1><img src="/x.png"><p>fine</p></main></html>`)
	page.Expect("x.png")
	found := page.Axe()
	if len(found) != 1 || found[0].ID != "image-alt" || !strings.Contains(found[0].String(), "<img") {
		t.Errorf("axe found %v", found)
	}
	good := serve(t, strict, `<!doctype html><html lang="en"><title>x</title><main><h1>x</h1></main></html>`)
	if found := good.Axe(); len(found) != 0 {
		t.Errorf("axe found %v on a page without faults", found)
	}
}

// TestComplaintsAreHeard shows that each kind of trouble is reported.
func TestComplaintsAreHeard(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ policy, html, want string }{
		"policy":    {strict, `<script>1</script>`, "Content Security Policy"},
		"style":     {strict, `<p style="color:red">x</p>`, "Content Security Policy"},
		"exception": {"", `<script>throw new Error("oh")</script>`, "oh"},
		"console":   {"", `<script>console.error("oh no")</script>`, "oh no"},
	} {
		page := serve(t, c.policy, c.html)
		Eval[int](page, "new Promise(done => setTimeout(() => done(1), 100))")
		if all := strings.Join(page.Complaints(), "\n"); !strings.Contains(all, c.want) {
			t.Errorf("%s: reported %q", name, all)
		}
		page.Expect("")
	}
}
