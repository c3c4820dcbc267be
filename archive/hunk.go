package archive

import (
	"sort"
	"strings"
	"time"

	"github.com/aymanbagabas/go-udiff"
)

// DiffLimits bounds one comparison. The zero value of each field means its
// default.
type DiffLimits struct {
	// FileBytes and FileLines are the largest text compared line by line:
	// 512 KiB and 20,000 lines on either side.
	FileBytes int64
	FileLines int64
	// LineBytes is the longest line: 2,000 bytes. Beyond it a file counts as
	// minified or generated.
	LineBytes int64
	// Lines is the most lines of all hunks together: 20,000.
	Lines int
	// Context is the unchanged lines around a change: 3.
	Context int
	// Time is the longest the whole comparison takes: 3 s, checked between
	// files; one file within the other limits takes well under a second.
	Time time.Duration
}

func (l DiffLimits) orDefault() DiffLimits {
	return DiffLimits{
		FileBytes: or(l.FileBytes, 512<<10),
		FileLines: or(l.FileLines, 20_000),
		LineBytes: or(l.LineBytes, 2_000),
		Lines:     or(l.Lines, 20_000),
		Context:   or(l.Context, 3),
		Time:      or(l.Time, 3*time.Second),
	}
}

// LineOp says what happened to a line.
type LineOp string

// The three things that can happen to a line.
const (
	Context LineOp = "context"
	Added   LineOp = "add"
	Deleted LineOp = "del"
)

// DiffLine is one line of a hunk. Old and New are its numbers from 1, zero on
// the side where it does not exist. Text is without the newline and may hold
// anything; show it through Spans.
type DiffLine struct {
	Op       LineOp
	Old, New int
	Text     string
	// NoEOL says that the file ends here without a newline.
	NoEOL bool
}

// Hunk is a run of changes with the lines around it. The numbers are those of
// a unified diff's "@@ -OldStart,OldLines +NewStart,NewLines @@".
type Hunk struct {
	OldStart, OldLines, NewStart, NewLines int
	Lines                                  []DiffLine
}

// CompareText gives the hunks between two texts, or a sentence that says why
// they are not shown. The web uses it for files that were not kept.
func CompareText(before, after string, limits DiffLimits) ([]Hunk, string) {
	limits = limits.orDefault()
	for _, text := range []string{before, after} {
		if why := tooMuch(int64(len(text)), lineCount(text), longest(text), limits); why != "" {
			return nil, why
		}
	}
	return hunks(before, after, limits.Context), ""
}

// tooMuch says why a text is not compared, or nothing.
func tooMuch(bytes, lines, longest int64, limits DiffLimits) string {
	switch {
	case bytes > limits.FileBytes:
		return "Too large to compare line by line (" + size(bytes) + ")."
	case lines > limits.FileLines:
		return "Too many lines to compare (" + count(lines) + ")."
	case longest > limits.LineBytes:
		return "Minified or generated: a line has " + count(longest) + " bytes."
	default:
		return ""
	}
}

func lineCount(text string) int64 {
	n := int64(strings.Count(text, "\n"))
	if text != "" && !strings.HasSuffix(text, "\n") {
		n++
	}
	return n
}

func longest(text string) int64 {
	most := 0
	for line := range strings.Lines(text) {
		most = max(most, len(line)-1)
	}
	return int64(most)
}

// hunks groups the edits between two texts.
func hunks(before, after string, context int) []Hunk {
	if before == after {
		return nil
	}
	b := hunkBuilder{context: context, old: splitLines(before)}
	offsets := make([]int, 1, len(b.old)+1)
	for _, line := range b.old {
		offsets = append(offsets, offsets[len(offsets)-1]+len(line))
	}
	for _, edit := range udiff.Lines(before, after) {
		start := sort.SearchInts(offsets, edit.Start)
		end := sort.SearchInts(offsets, edit.End)
		b.change(start, end, splitLines(edit.New))
	}
	b.close()
	return b.out
}

// splitLines keeps the newlines.
func splitLines(text string) []string {
	lines := make([]string, 0, strings.Count(text, "\n")+1)
	for line := range strings.Lines(text) {
		lines = append(lines, line)
	}
	return lines
}

// hunkBuilder walks the old lines once; at is the next old line, shift what
// must be added to an old index to get the new one.
type hunkBuilder struct {
	context   int
	old       []string
	out       []Hunk
	open      bool
	at, shift int
}

func (b *hunkBuilder) change(start, end int, added []string) {
	if b.open && start-b.at > 2*b.context {
		b.close()
	}
	if !b.open {
		b.at = max(start-b.context, b.at)
		b.out = append(b.out, Hunk{OldStart: b.at + 1, NewStart: b.at + b.shift + 1})
		b.open = true
	}
	b.same(start)
	for ; b.at < end; b.at++ {
		b.add(DiffLine{Op: Deleted, Old: b.at + 1}, b.old[b.at])
		b.shift--
	}
	for _, line := range added {
		b.shift++
		b.add(DiffLine{Op: Added, New: b.at + b.shift}, line)
	}
}

func (b *hunkBuilder) same(until int) {
	for ; b.at < min(until, len(b.old)); b.at++ {
		b.add(DiffLine{Op: Context, Old: b.at + 1, New: b.at + b.shift + 1}, b.old[b.at])
	}
}

func (b *hunkBuilder) add(line DiffLine, text string) {
	h := &b.out[len(b.out)-1]
	var hasEOL bool
	line.Text, hasEOL = strings.CutSuffix(text, "\n")
	line.NoEOL = !hasEOL
	if line.Op != Added {
		h.OldLines++
	}
	if line.Op != Deleted {
		h.NewLines++
	}
	h.Lines = append(h.Lines, line)
}

// close ends the open hunk with its trailing context.
func (b *hunkBuilder) close() {
	if !b.open {
		return
	}
	b.same(b.at + b.context)
	b.open = false
	h := &b.out[len(b.out)-1]
	if h.OldLines == 0 { // as unified diffs count, where nothing stands
		h.OldStart--
	}
	if h.NewLines == 0 {
		h.NewStart--
	}
}
