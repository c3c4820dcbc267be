package main

import (
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// usualWidth is how wide a terminal is that does not say it, in characters.
const usualWidth = 80

// widthOf is how wide lines may be for who reads w: 0, as long as they are, for
// a file or another program, which takes each fact as one line.
func widthOf(w io.Writer) int {
	if !terminal(w) {
		return 0
	}
	width, _, err := term.GetSize(int(w.(*os.File).Fd()))
	if err != nil || width < 20 {
		return usualWidth
	}
	return width
}

// fitted prints what write writes in lines that fit the terminal.
func fitted(w io.Writer, write func(io.Writer)) {
	width := widthOf(w)
	if width == 0 {
		write(w)
		return
	}
	var b strings.Builder
	write(&b)
	_, _ = io.WriteString(w, fit(b.String(), width))
}

// fit breaks long lines at spaces. What goes on stands under where the last column
// of its line begins, after two spaces or more, so that numbers and marks stay by
// themselves. A line whose last column begins in the right half is a row of a
// table, and stays. No word is broken, so that what is to be copied stays whole.
func fit(text string, width int) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		body := strings.TrimSuffix(line, "\n")
		hang := hangOf(body)
		if utf8.RuneCountInString(body) <= width || hang > width/2 {
			out.WriteString(line)
			continue
		}
		at := hang // so many characters stand in the line already
		out.WriteString(string([]rune(body)[:hang]))
		for n, word := range strings.Fields(string([]rune(body)[hang:])) {
			long := utf8.RuneCountInString(word)
			switch {
			case n == 0:
			case at+1+long > width:
				out.WriteString("\n" + strings.Repeat(" ", hang))
				at = hang
			default:
				out.WriteByte(' ')
				at++
			}
			out.WriteString(word)
			at += long
		}
		if len(body) < len(line) {
			out.WriteByte('\n')
		}
	}
	return out.String()
}

// hangOf is how many characters stand before the last column of a line.
func hangOf(line string) int {
	at := strings.LastIndex(line, "  ")
	if at < 0 {
		return 0
	}
	return utf8.RuneCountInString(line[:at]) + 2
}
