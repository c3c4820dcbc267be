package webtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Page is a tab that shows one page.
type Page struct {
	t          testing.TB
	site       *Site
	tab        context.Context
	ctx        context.Context
	mu         sync.Mutex
	complaints []string
	expected   []string
}

// do runs browser actions; a failure fails the test.
func (p *Page) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, actions...); err != nil {
		p.t.Fatal(err)
	}
}

func call[P, R any](p *Page, command cdp.Command[P, R], params P) R {
	p.t.Helper()
	out, err := chromedp.Call(p.ctx, command, params)
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

// Go opens another address of the site in the same tab.
func (p *Page) Go(path string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.site.URL+path), chromedp.WaitReady(chromedp.CSS("body")))
}

// Click clicks the first element that matches a CSS selector.
func (p *Page) Click(selector string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector)))
}

// Wait waits until an element that matches a CSS selector can be seen.
func (p *Page) Wait(selector string) {
	p.t.Helper()
	p.do(chromedp.WaitVisible(chromedp.CSS(selector)))
}

// Eval gives the value of a JavaScript expression; a promise is awaited. If the
// tab goes to another page while the expression is worked out, which is what a
// key or a click before it asked for, it is asked again there.
func Eval[T any](p *Page, expression string) T {
	p.t.Helper()
	for try := 1; ; try++ {
		out, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
		if err == nil {
			return out
		}
		if try == 5 || !strings.Contains(err.Error(), "target navigated") {
			p.t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// Scripts switches the page's own scripts on or off for what is opened next, to
// show that a page works without them.
func (p *Page) Scripts(on bool) {
	p.t.Helper()
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
}

// Expect says that the browser may complain with this text, as it does about
// an answer of 404 that a test asks for.
func (p *Page) Expect(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expected = append(p.expected, text)
}

// Reported are all the browser's complaints so far, with the expected ones.
func (p *Page) Reported() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.complaints)
}

// Complaints are the errors and breaches of policy the browser has reported so
// far, without the expected ones.
func (p *Page) Complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, c := range p.complaints {
		if !containsAny(c, p.expected) {
			out = append(out, c)
		}
	}
	return out
}

func containsAny(text string, parts []string) bool {
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

func (p *Page) report() {
	for _, c := range p.Complaints() {
		p.t.Errorf("the browser complains: %s", c)
	}
}

func (p *Page) complain(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.complaints = append(p.complaints, fmt.Sprintf(format, args...))
}

func (p *Page) listen() {
	p.t.Helper()
	err := chromedp.Listen(p.ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			p.complain("exception: %s", thrown(e.ExceptionDetails))
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeAssert {
				p.complain("console: %s", words(e.Args))
			}
		case *log.EventEntryAdded:
			if e.Entry.Level == log.EntryLevelError || e.Entry.Source == log.EntrySourceSecurity {
				p.complain("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
			}
		}
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

func words(args []*runtime.RemoteObject) string {
	var out []string
	for _, a := range args {
		out = append(out, strings.TrimSpace(string(a.Value)+" "+a.Description))
	}
	return strings.Join(out, " ")
}

func thrown(d *runtime.ExceptionDetails) string {
	if d.Exception != nil && d.Exception.Description != "" {
		return d.Text + " " + d.Exception.Description
	}
	return d.Text
}
