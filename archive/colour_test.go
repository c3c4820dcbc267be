package archive_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"cratewarden/archive"
	"cratewarden/telemetry/pacetest"
)

func printSpans(line archive.Line) string {
	var b strings.Builder
	for _, s := range line {
		if s.Class == "" {
			b.WriteString(s.Text)
		} else {
			fmt.Fprintf(&b, "‹%s %s›", s.Class, s.Text)
		}
	}
	return b.String()
}

func printColoured(c archive.Coloured) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s|%s\n", c.Language, c.Note)
	for _, line := range c.Lines {
		b.WriteString(printSpans(line) + "\n")
	}
	return b.String()
}

func TestColourGolden(t *testing.T) {
	t.Parallel()
	c := archive.Colourer{Time: time.Minute} // the first use compiles patterns
	for name, text := range map[string]string{
		"build.rs":   "//! Doc\nuse std::env;\r\n\n/* two\n   lines */\nfn main() {\n\tlet x = \"s\\n\"; // \u202e hidden\u200b\u200b\n    println!(\"{}\", 0x1f);\n}",
		"Cargo.toml": "[package]\nname = \"a\" # <b>not markup</b>\nversion = '1'\n",
		"run":        "#!/bin/sh\nexec echo \x1b[31m caf\xe9\n",
		"notes.txt":  "plain <script>\n\n\rlast",
	} {
		golden(t, "colour-"+name+".txt", printColoured(c.Colour(t.Context(), name, text)))
	}
}

// textOf gives back the text that spans were made from, as far as line ends
// allow.
func textOf(lines []archive.Line) string {
	var b strings.Builder
	for i, line := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		for _, s := range line {
			if s.Class != archive.OddClass {
				b.WriteString(s.Text)
				continue
			}
			for code := range strings.SplitSeq(s.Text, " ") {
				n, _ := strconv.ParseUint(code[2:], 16, 32)
				if strings.HasPrefix(code, "0x") {
					b.WriteByte(byte(n))
				} else {
					b.WriteRune(rune(n))
				}
			}
		}
	}
	return b.String()
}

func sameText(text string, lines []archive.Line) error {
	want := strings.TrimSuffix(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	if got := textOf(lines); got != want {
		return fmt.Errorf("the lines say %q, the file %q", got, want)
	}
	for _, line := range lines {
		for _, s := range line {
			if s.Text == "" || strings.Contains(s.Text, "\n") || archive.Visible(strings.ReplaceAll(s.Text, "\t", "")) != strings.ReplaceAll(s.Text, "\t", "") && !emoji(s.Text) {
				return fmt.Errorf("span %q is not fit to print", s.Text)
			}
		}
	}
	return nil
}

// emoji says whether a span holds characters that are judged by the one
// before them, which may stand in another span.
func emoji(text string) bool { return strings.ContainsAny(text, "\u200d\ufe0f") }

func TestColourBounds(t *testing.T) {
	t.Parallel()
	rust := strings.Repeat("fn f(x: &'static str) -> u8 { x.len() as u8 } // c\n", 10_000)
	c := archive.Colourer{MaxText: 1 << 18, MaxColour: 1 << 16}
	var out archive.Coloured
	pacetest.Within(t, "a file that is too large", 2*time.Second, func() {
		out = c.Colour(t.Context(), "a.rs", rust)
		if out.Language != "" || out.Note != "Only the first 256 KiB are shown. Not coloured: the file is too large." {
			t.Errorf("%q %q", out.Language, out.Note)
		}
	})
	slow := archive.Colourer{MaxColour: 1 << 20, Time: time.Nanosecond}
	out = slow.Colour(t.Context(), "a.rs", rust)
	if out.Note != "Not coloured to the end: it took too long." {
		t.Errorf("%q", out.Note)
	}
	if err := sameText(rust, out.Lines); err != nil {
		t.Error(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if got := archive.Spans("a\tb\u202e\u202ec\r"); printSpans(got) != "a\tb‹odd U+202E U+202E›c‹odd U+000D›" {
		t.Errorf("%s", printSpans(got))
	}
	var wide archive.Colourer
	if out := wide.Colour(gone, "a.rs", rust[:1000]); len(out.Lines) != 20 {
		t.Errorf("%d lines", len(out.Lines))
	}
}

func TestColourConcurrently(t *testing.T) {
	t.Parallel()
	var c archive.Colourer
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			text := "fn main() { let a = 1; }\n"
			if err := sameText(text, c.Colour(t.Context(), "a.rs", text).Lines); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestClasses(t *testing.T) {
	t.Parallel()
	list := archive.Classes()
	for _, class := range []string{"k", "s", "c1", "odd", "nf", "mi"} {
		if !slices.Contains(list, class) {
			t.Errorf("class %q is missing", class)
		}
	}
	t.Logf("%d classes: %s", len(list), strings.Join(list, " "))
}
