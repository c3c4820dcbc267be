package webtest

import (
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp/kb"
)

// Press types keys wherever the focus is; package kb of chromedp names the
// special ones, such as kb.Enter.
func (p *Page) Press(keys string) {
	p.t.Helper()
	p.press(keys, 0)
}

// Ctrl types keys with Ctrl held down.
func (p *Page) Ctrl(keys string) {
	p.t.Helper()
	p.press(keys, int64(kb.ModifierCtrl))
}

// press sends the text together with the key going down, as keyboards do. kb
// sends it as an event of its own, which would type the character even where the
// page has taken the key for itself.
func (p *Page) press(keys string, modifiers int64) {
	p.t.Helper()
	for _, r := range keys {
		events := kb.Encode(r)
		down, up := events[0], events[len(events)-1]
		if len(events) == 3 && modifiers == 0 {
			down.Type = input.DispatchKeyEventTypeKeyDown
			down.Text, down.UnmodifiedText = events[1].Text, events[1].UnmodifiedText
		}
		for _, event := range []*input.DispatchKeyEventParams{down, up} {
			event.Modifiers |= modifiers
			call(p, input.DispatchKeyEvent, *event)
		}
	}
}
