package blast

import (
	"fmt"
	"html"
	"strconv"
	"strings"

	"cratewarden"
)

// Sizes of the picture in its own units; it stretches to the width it gets.
const (
	columnWidth  = 210
	boxWidth     = 170
	boxHeight    = 30
	rowHeight    = 38
	headHeight   = 44
	boxesShown   = 8 // crates of a column before the rest is folded
	columnsShown = 6 // the bad versions among them
	longestLabel = 20
)

// box is a crate in the picture, or what a column folds together.
type box struct {
	label, hint, class, link string
	share                    float64 // of the column's most downloads
	through                  string  // the crate in the column before
	x, y                     int
}

type column struct {
	title, note string
	boxes       []box
}

// Picture draws the report in SVG: a column for each distance, in it the most
// downloaded crates, with a line to what they depend on, and the rest folded. It
// has classes and no style, for a page under a strict content policy. link gives
// the address of a crate's page; with nil, or for "", there is none.
func (r *Report) Picture(id string, link func(crate string) string) string {
	if link == nil {
		link = func(string) string { return "" }
	}
	columns := r.columns(link)
	rows := 0
	for c := range columns {
		for i := range columns[c].boxes {
			columns[c].boxes[i].x, columns[c].boxes[i].y = c*columnWidth, headHeight+i*rowHeight
		}
		rows = max(rows, len(columns[c].boxes))
	}
	var out strings.Builder
	id = html.EscapeString(id)
	width, height := (len(columns)-1)*columnWidth+boxWidth, headHeight+rows*rowHeight
	fmt.Fprintf(&out, `<svg class="blast" viewBox="-2 0 %d %d" width="%d" height="%d" role="group" aria-labelledby="%s-title" aria-describedby="%s-desc"><title id="%s-title">%s</title><desc id="%s-desc">%s</desc>`,
		width+4, height, width+4, height, id, id, id, "What could be hit, by distance", id, html.EscapeString(r.describePicture()))
	for c := range columns {
		if c > 0 {
			for _, b := range columns[c].boxes {
				b.line(&out, columns[c-1])
			}
		}
	}
	for c := range columns {
		fmt.Fprintf(&out, `<text class="head" x="%d" y="14">%s</text><text class="note" x="%d" y="32">%s</text>`, c*columnWidth, html.EscapeString(columns[c].title), c*columnWidth, html.EscapeString(columns[c].note))
		for _, b := range columns[c].boxes {
			b.draw(&out)
		}
	}
	out.WriteString("</svg>")
	return out.String()
}

// pictureStyle is what a page's stylesheet is to the picture, for a file.
const pictureStyle = `<style>text{font:12.5px sans-serif;fill:#1c1f23}.head{font-weight:600}.note,.more text{fill:#5b626b}rect{fill:#f2f3f5;stroke:#c5cad1}` +
	`.bad rect{fill:#fde8e6;stroke:#b3261e}.default rect{stroke:#b3261e}.more rect{fill:none;stroke-dasharray:3 3}.share,.default .share{fill:#2f6fb3;stroke:none}.edge{fill:none;stroke:#c5cad1}</style>`

// PictureFile is the picture as a file that stands alone, with what it is of, its
// time, its method and what it is worth.
func (r *Report) PictureFile() string {
	about := "<metadata>" + html.EscapeString(seen(r.Subjects()+"; "+string(r.Query.Mode)+"; as of "+r.AsOf.UTC().Format("2006-01-02 15:04:05 UTC")+"; "+Figure{}.State()+"; "+r.method())) + "</metadata>"
	text := strings.Replace(r.Picture("blast", nil), "<svg ", `<svg xmlns="http://www.w3.org/2000/svg" `, 1)
	return strings.Replace(text, "</desc>", "</desc>"+about+pictureStyle, 1) + "\n"
}

func (r *Report) describePicture() string {
	return cratewarden.Amount(r.Crates, "crate", "crates") + " at " + cratewarden.Amount(len(r.Layers), "distance", "distances") + ". The same is in the tables of this page."
}

func (r *Report) columns(link func(string) string) []column {
	columns := []column{r.badColumn(link)}
	for i, l := range r.Layers {
		if len(columns) == columnsShown {
			columns = append(columns, r.farther(i))
			break
		}
		c := column{title: "distance " + strconv.Itoa(l.Distance), note: cratewarden.Amount(l.Crates, "crate", "crates")}
		var most int64
		for _, a := range r.Affected { // most downloaded first
			if a.Distance != l.Distance {
				continue
			}
			if len(c.boxes) == boxesShown {
				break
			}
			most = max(most, a.Downloads, 1)
			class := "hit"
			if a.Default {
				class = "hit default"
			}
			hint := fmt.Sprintf("%s: %s hit, newest %s; %s downloads; through %s %s", a.Crate, cratewarden.Amount(a.Versions, "version", "versions"), a.Newest, number(a.Downloads), a.Through, a.Requirement)
			c.boxes = append(c.boxes, box{label: a.Crate, hint: hint, class: class, link: link(a.Crate), share: float64(a.Downloads) / float64(most), through: a.Through})
		}
		if rest := l.Crates - len(c.boxes); rest > 0 {
			c.boxes = append(c.boxes, box{label: "and " + number(int64(rest)) + " more", hint: cratewarden.Amount(rest, "crate", "crates") + " with fewer downloads at this distance", class: "more"})
		}
		columns = append(columns, c)
	}
	return columns
}

func (r *Report) badColumn(link func(string) string) column {
	c := column{title: "bad"}
	versions := 0
	for i, bad := range r.Bad {
		versions += len(bad.Versions)
		switch {
		case i < boxesShown:
			nums := make([]string, len(bad.Versions))
			for n, v := range bad.Versions {
				nums[n] = v.Num
			}
			c.boxes = append(c.boxes, box{label: bad.Name, hint: bad.Name + " " + strings.Join(nums, ", "), class: "bad", link: link(bad.Name)})
		case i == boxesShown:
			c.boxes = append(c.boxes, box{label: "and " + number(int64(len(r.Bad)-i)) + " more", hint: "more bad crates", class: "more"})
		}
	}
	c.note = cratewarden.Amount(versions, "version", "versions")
	return c
}

// farther folds every distance from a layer on.
func (r *Report) farther(from int) column {
	crates := 0
	for _, l := range r.Layers[from:] {
		crates += l.Crates
	}
	return column{title: "distance " + strconv.Itoa(from+1) + " and more", note: cratewarden.Amount(crates, "crate", "crates"),
		boxes: []box{{label: "and " + number(int64(crates)) + " more", hint: cratewarden.Amount(crates, "crate", "crates") + " farther away", class: "more"}}}
}

// line leads to the crate that a box depends on, or to what is folded.
func (b *box) line(out *strings.Builder, before column) {
	for i, to := range before.boxes {
		if to.label == b.through || i == len(before.boxes)-1 && to.class == "more" {
			x1, y1, x2, y2 := to.x+boxWidth, to.y+boxHeight/2, b.x, b.y+boxHeight/2
			fmt.Fprintf(out, `<path class="edge" d="M%d %dC%d %d %d %d %d %d"/>`, x1, y1, (x1+x2)/2, y1, (x1+x2)/2, y2, x2, y2)
			return
		}
	}
}

func (b *box) draw(out *strings.Builder) {
	open, shut := "<g", "</g>"
	if b.link != "" {
		open, shut = `<a href="`+html.EscapeString(b.link)+`"`, "</a>"
	}
	fmt.Fprintf(out, `%s class="%s"><title>%s</title><rect x="%d" y="%d" width="%d" height="%d" rx="4"/>`, open, b.class, html.EscapeString(seen(b.hint)), b.x, b.y, boxWidth, boxHeight)
	if b.share > 0 {
		fmt.Fprintf(out, `<rect class="share" x="%d" y="%d" width="%d" height="3"/>`, b.x, b.y+boxHeight-3, max(1, int(b.share*boxWidth)))
	}
	label := []rune(seen(b.label))
	if len(label) > longestLabel {
		label = append(label[:longestLabel-1], '…')
	}
	fmt.Fprintf(out, `<text x="%d" y="%d">%s</text>%s`, b.x+8, b.y+19, html.EscapeString(string(label)), shut)
}

// seen makes every character one that can be seen, since names come from
// whoever published them.
func seen(text string) string {
	return strings.Map(func(c rune) rune {
		if !strconv.IsPrint(c) {
			return '\uFFFD'
		}
		return c
	}, text)
}
