package webtest

import (
	"context"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

var screenshots = flag.String("screenshots", "", "folder to keep pictures of pages in")

// browser is the Chromium that all tests of a binary share; it starts with the
// first page that is opened.
var browser struct {
	once  sync.Once
	ctx   context.Context
	close func()
	err   error
}

// Main runs the tests and closes the browser.
func Main(m *testing.M) int {
	flag.Parse()
	code := m.Run()
	if browser.close != nil {
		browser.close()
	}
	return code
}

func start() {
	program, err := find()
	if err != nil {
		browser.err = err
		return
	}
	profile, err := os.MkdirTemp("", "webtest-")
	if err != nil {
		browser.err = err
		return
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.UserDataDir(profile), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", true), chromedp.Flag("disable-dev-shm-usage", true))
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(alloc)
	browser.ctx = ctx
	browser.close = func() {
		stop()
		stopAlloc()
		_ = os.RemoveAll(profile)
	}
	browser.err = chromedp.Do(ctx)
}

// find gives the Chromium to use: the one that CHROMIUM names, or an installed one.
func find() (string, error) {
	if named := os.Getenv("CHROMIUM"); named != "" {
		return named, nil
	}
	var err error
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "/usr/bin/chromium"} {
		var path string
		if path, err = exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", err
}

// Site is a handler served on loopback for one test.
type Site struct{ URL string }

// Serve starts a handler for the length of a test.
func Serve(t testing.TB, h http.Handler) *Site {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return &Site{URL: server.URL}
}

// Open opens an address of the site in a new tab and waits until it is loaded.
// The tab closes with the test; a complaint of the browser fails the test.
func (s *Site) Open(t testing.TB, path string) *Page {
	t.Helper()
	return s.open(t, path)
}

func (s *Site) open(t testing.TB, path string, options ...chromedp.ContextOption) *Page {
	t.Helper()
	browser.once.Do(start)
	if browser.err != nil {
		t.Fatalf("start Chromium (install Debian's package chromium): %v", browser.err)
	}
	return s.openIn(t, browser.ctx, path, options...)
}

// openIn opens a tab beside another one, or in the browser itself.
func (s *Site) openIn(t testing.TB, in context.Context, path string, options ...chromedp.ContextOption) *Page {
	t.Helper()
	tab, cancel := chromedp.NewContext(in, options...)
	t.Cleanup(cancel)
	if err := chromedp.Do(tab); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(tab, 2*time.Minute)
	p := &Page{t: t, tab: tab, ctx: ctx, site: s}
	t.Cleanup(func() {
		p.report()
		stop()
	})
	p.listen()
	p.Go(path)
	return p
}
