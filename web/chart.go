package web

import (
	"fmt"
	"html"
	"html/template"
	"strings"
	"time"
)

// Charts are SVG made here, with classes for colour, since the content policy
// allows neither scripts from elsewhere nor style attributes. They stretch to
// the width they get; words and numbers stand outside, where they stay sharp.

const (
	chartWidth  = 900.0
	chartHeight = 180.0
)

// Stacked is a stacked bar per day, such as downloads per day by version.
type Stacked struct {
	ID     string // unique on the page
	Title  string
	Unit   string // what is counted: downloads
	Days   []time.Time
	Series []Series // at most 6; the last is drawn quiet when its name begins with "other"
}

// Series is one colour of a chart: a name and a value per day.
type Series struct {
	Name   string
	URL    string // may be empty
	Values []int64
}

// Total is the sum of a series.
func (s Series) Total() int64 {
	var sum int64
	for _, v := range s.Values {
		sum += v
	}
	return sum
}

// At is the value of a day, 0 where the series has none.
func (s Series) At(day int) int64 {
	if day < 0 || day >= len(s.Values) {
		return 0
	}
	return s.Values[day]
}

// Class is the CSS class of the series with this number.
func (c Stacked) Class(i int) string {
	if i == len(c.Series)-1 && strings.HasPrefix(c.Series[i].Name, "other") {
		return "rest"
	}
	return fmt.Sprintf("c%d", i+1)
}

// Day is the sum of one day over all series.
func (c Stacked) Day(day int) int64 {
	var sum int64
	for _, s := range c.Series {
		sum += s.At(day)
	}
	return sum
}

// Total is the sum of everything shown.
func (c Stacked) Total() int64 {
	var sum int64
	for _, s := range c.Series {
		sum += s.Total()
	}
	return sum
}

// Top is the value at the upper end of the scale: the highest day, rounded up.
func (c Stacked) Top() int64 {
	var top int64
	for day := range c.Days {
		top = max(top, c.Day(day))
	}
	return niceTop(top)
}

// Half is the value in the middle of the scale.
func (c Stacked) Half() int64 { return c.Top() / 2 }

// First, Middle and Last are the days named under the chart.
func (c Stacked) First() time.Time { return c.Days[0] }

// Middle is the day in the middle.
func (c Stacked) Middle() time.Time { return c.Days[len(c.Days)/2] }

// Last is the newest day.
func (c Stacked) Last() time.Time { return c.Days[len(c.Days)-1] }

// SVG draws the bars.
func (c Stacked) SVG() template.HTML {
	var out strings.Builder
	out.Grow(512 + len(c.Days)*(200+90*len(c.Series)))
	openSVG(&out, "stacked", c.ID, c.Title, c.describe(), chartWidth, chartHeight)
	grid(&out)
	slot := chartWidth / float64(max(1, len(c.Days)))
	scale := chartHeight / float64(c.Top())
	classes := make([]string, len(c.Series))
	for i := range c.Series {
		classes[i] = c.Class(i)
	}
	for day, at := range c.Days {
		out.WriteString("<g><title>")
		out.WriteString(html.EscapeString(c.hint(day, at)))
		out.WriteString("</title>")
		y := chartHeight
		for i, s := range c.Series {
			height := float64(s.At(day)) * scale
			if height <= 0 {
				continue
			}
			y -= height
			rect(&out, classes[i], float64(day)*slot, y, slot*0.82, height)
		}
		out.WriteString("</g>")
	}
	out.WriteString("</svg>")
	return template.HTML(out.String())
}

func (c Stacked) describe() string {
	if len(c.Days) == 0 {
		return "No days."
	}
	return fmt.Sprintf("%s %s from %s to %s. The figures are in the table below.",
		Num(c.Total()), c.Unit, date(c.First()), date(c.Last()))
}

func (c Stacked) hint(day int, at time.Time) string {
	text := make([]byte, 0, 256)
	text = append(append(append(text, date(at)...), ": "...), Num(c.Day(day))...)
	text = append(append(text, ' '), c.Unit...)
	for _, s := range c.Series {
		if v := s.At(day); v > 0 && len(c.Series) > 1 {
			text = append(append(text, '\n'), s.Name...)
			text = append(append(text, ": "...), Num(v)...)
		}
	}
	return string(text)
}

// Bars is a small bar per value, the odd ones marked.
type Bars struct {
	ID     string // unique on the page
	Title  string
	Unit   string
	Values []Bar
}

// Bar is one bar. A Hot one is drawn in the colour of trouble.
type Bar struct {
	Label string
	Value int64
	Hot   bool
}

// SVG draws the bars.
func (c Bars) SVG() template.HTML {
	var top int64 = 1
	for _, b := range c.Values {
		top = max(top, b.Value)
	}
	const width, height = 300.0, 64.0
	var out strings.Builder
	openSVG(&out, "small", c.ID, c.Title, "The figures are in the table below.", width, height)
	slot := width / float64(max(1, len(c.Values)))
	for i, b := range c.Values {
		class := "quiet"
		if b.Hot {
			class = "hot"
		}
		// The smallest bar is one unit high, so that "a little" is not "none".
		tall := float64(b.Value) / float64(top) * height
		if b.Value > 0 {
			tall = max(1, tall)
		}
		fmt.Fprintf(&out, "<g><title>%s: %s %s</title>", html.EscapeString(b.Label), Num(b.Value), html.EscapeString(c.Unit))
		rect(&out, class, float64(i)*slot, height-tall, slot*0.86, tall)
		out.WriteString("</g>")
	}
	out.WriteString("</svg>")
	return template.HTML(out.String())
}

// Spark is a line of values without axes, to stand in a table or beside a fact.
type Spark struct {
	Title  string // says the figures in words; it is all a screen reader gets
	Values []int64
}

// SVG draws the line and the area under it.
func (c Spark) SVG() template.HTML {
	const width, height = 120.0, 24.0
	var top int64 = 1
	for _, v := range c.Values {
		top = max(top, v)
	}
	step := width / float64(max(1, len(c.Values)-1))
	var points strings.Builder
	for i, v := range c.Values {
		fmt.Fprintf(&points, "%s,%s ", decimal(float64(i)*step), decimal(height-1-float64(v)/float64(top)*(height-2)))
	}
	line := strings.TrimSpace(points.String())
	return template.HTML(fmt.Sprintf(`<svg class="chart spark" viewBox="0 0 %g %g" preserveAspectRatio="none" role="img" aria-label="%s">`+
		`<polygon class="area" points="0,%[2]g %[4]s %[1]g,%[2]g"/><polyline class="line" points="%[4]s"/></svg>`,
		width, height, html.EscapeString(c.Title), line))
}
