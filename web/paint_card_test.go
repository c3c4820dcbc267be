package web

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestPainterWritesCardsAsTheTemplateDoes: a card that the painter takes is the
// same, byte for byte, as the template's.
func TestPainterWritesCardsAsTheTemplateDoes(t *testing.T) {
	t.Parallel()
	s := galleryServer(t, Config{})
	p := painter{now: s.cfg.Clock}
	painted := 0
	rapid.Check(t, func(r *rapid.T) {
		c := anyCard(r)
		want, err := s.engine.part("card", c)
		if err != nil {
			r.Fatal(err)
		}
		got, err := p.card(c)
		if err != nil {
			r.Fatal(err)
		}
		if got != "" {
			painted++
			same(r, "card", string(inert([]byte(got))), string(want))
		}
	})
	if painted == 0 {
		t.Error("no card was painted")
	}
}

func anyCard(r *rapid.T) Card {
	some := func(what string) bool { return rapid.Bool().Draw(r, what) }
	c := Card{ID: anyText(r), Title: anyText(r), Code: anyText(r), Note: anyText(r)}
	if some("more") {
		c.More = Link{anyText(r), rapid.SampledFrom([]string{"/a?b=c&d=é", "/crates/x y", "javascript:alert(1)", "https://a.example/"}).Draw(r, "url")}
	}
	if some("list") {
		c.List = []Fact{{Label: anyText(r), Value: anyPhrase(r), Note: anyText(r)}}
	}
	if some("guards") {
		c.Guards = []Guard{{Tone: Bad, Word: anyText(r), Text: anyPhrase(r), Note: anyPhrase(r)}}
	}
	if some("table") {
		c.Table = &Table{Caption: anyText(r), Columns: []Column{{Label: anyText(r)}, {Label: anyText(r), Num: true}},
			Rows: []Row{{Tone: Warn, Cells: []Phrase{anyPhrase(r), anyPhrase(r)}}}}
	}
	if some("events") {
		c.Events = []Event{{At: time.Unix(1.7e9, 0), Word: anyText(r), Text: anyPhrase(r), Source: anyText(r)}}
	}
	if some("gaps") {
		c.Gaps = []string{anyText(r), anyText(r)}
	}
	if rapid.IntRange(0, 9).Draw(r, "rare") == 0 {
		c.Empty, c.Notices = Empty{Title: anyText(r)}, []Notice{{Title: anyText(r)}}
	}
	return c
}
