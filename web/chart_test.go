package web

import (
	"encoding/xml"
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestChartsGolden(t *testing.T) {
	t.Parallel()
	year := sampleChart()
	week := Stacked{ID: "week", Title: "A <week> & more", Unit: "downloads", Days: year.Days[83:]}
	for _, s := range year.Series[1:3] {
		week.Series = append(week.Series, Series{Name: s.Name, Values: s.Values[83:]})
	}
	for name, svg := range map[string]string{
		"stacked": string(week.SVG()),
		"bars":    string(Bars{ID: "b", Title: "By hour", Unit: "downloads", Values: []Bar{{"6 h", 0, false}, {"7 h", 1, false}, {"8 h", 2000, true}}}.SVG()),
		"spark":   string(Spark{Title: "From 1 to 9", Values: []int64{1, 4, 0, 9}}.SVG()),
	} {
		svg = strings.ReplaceAll(svg, "><", ">\n<") + "\n"
		file := "testdata/" + name + ".svg"
		if *update {
			if err := os.WriteFile(file, []byte(svg), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if svg != string(want) {
			t.Errorf("%s differs from %s; look, then run with -update:\n%s", name, file, svg)
		}
		if err := xml.Unmarshal([]byte(svg), new(struct{})); err != nil {
			t.Errorf("%s is not well formed: %v", name, err)
		}
		if strings.Contains(svg, "style") || strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
			t.Errorf("%s has a style or a number that is none", name)
		}
	}
}

// TestChartsOfNothing draws charts without days, bars or values.
func TestChartsOfNothing(t *testing.T) {
	t.Parallel()
	for _, svg := range []string{string(Stacked{}.SVG()), string(Bars{}.SVG()), string(Spark{}.SVG())} {
		if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") || !strings.HasSuffix(svg, "</svg>") {
			t.Error(svg)
		}
	}
}

func TestScale(t *testing.T) {
	t.Parallel()
	for top, want := range map[int64]int64{0: 2, 1: 2, 3: 4, 10: 10, 11: 20, 24_000: 30_000, 91: 100, 100: 100, 101: 200} {
		if got := niceTop(top); got != want || got%2 != 0 {
			t.Errorf("the scale of %d ends at %d, not %d", top, got, want)
		}
	}
}
