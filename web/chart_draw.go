package web

import (
	"fmt"
	"html"
	"strconv"
	"strings"
)

func openSVG(out *strings.Builder, class, id, title, desc string, width, height float64) {
	id = html.EscapeString(id)
	fmt.Fprintf(out, `<svg class="chart %s" viewBox="0 0 %g %g" preserveAspectRatio="none" role="img" aria-labelledby="%s-title %s-desc">`,
		class, width, height, id, id)
	fmt.Fprintf(out, `<title id="%s-title">%s</title><desc id="%s-desc">%s</desc>`,
		id, html.EscapeString(title), id, html.EscapeString(desc))
}

// grid draws the lines at the top and the middle of the scale.
func grid(out *strings.Builder) {
	for _, y := range []float64{0.5, chartHeight / 2} {
		fmt.Fprintf(out, `<line class="grid" x1="0" x2="%g" y1="%g" y2="%g"/>`, chartWidth, y, y)
	}
}

func rect(out *strings.Builder, class string, x, y, width, height float64) {
	b := append(append(make([]byte, 0, 96), `<rect class="`...), class...)
	b = addDecimal(append(b, `" x="`...), x)
	b = addDecimal(append(b, `" y="`...), y)
	b = addDecimal(append(b, `" width="`...), width)
	b = addDecimal(append(b, `" height="`...), height)
	out.Write(append(b, `"/>`...))
}

// decimal writes a coordinate to a hundredth, without needless zeros.
func decimal(v float64) string {
	return string(addDecimal(nil, v))
}

func addDecimal(b []byte, v float64) []byte {
	b = strconv.AppendFloat(b, v, 'f', 2, 64)
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	if b[len(b)-1] == '.' {
		b = b[:len(b)-1]
	}
	return b
}

// niceTop rounds the end of a scale up to a number that people read at once and
// whose half is whole.
func niceTop(top int64) int64 {
	if top <= 10 {
		return max(2, top+top%2)
	}
	power := int64(10)
	for top > 10*power {
		power *= 10
	}
	for _, step := range []int64{1, 2, 3, 4, 5, 6, 8} {
		if top <= step*power {
			return step * power
		}
	}
	return 10 * power
}
