package advisory

import (
	"crypto/sha1" // git names its objects by it
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"cratewarden"
)

// lineFeeds writes every end of a line as git's own; a browser's form sends
// others.
func lineFeeds(text string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
}

// repositoryPath is what a path may be made of: no part of it leads up, begins
// with a dot or needs quotes in a diff.
var repositoryPath = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._+-]*(/[A-Za-z0-9_][A-Za-z0-9._+-]*)*$`)

func patchable(d Document) error {
	switch {
	case !repositoryPath.MatchString(d.Path) || len(d.Path) > 300:
		return cratewarden.Errorf(cratewarden.Invalid, "The path %q cannot stand in a patch: write folders and a file name of letters, digits, dots and dashes.", oneLine(d.Path))
	case strings.TrimSpace(d.Text) == "":
		return cratewarden.Errorf(cratewarden.Invalid, "The document %s is empty.", d.Path)
	case len(d.Text) > maxDocument:
		return cratewarden.Errorf(cratewarden.TooLarge, "The document %s is larger than 8 MiB.", d.Path)
	case !utf8.ValidString(d.Text) || strings.ContainsRune(d.Text, 0):
		return cratewarden.Errorf(cratewarden.Invalid, "The document %s holds bytes that are no text.", d.Path)
	}
	return nil
}

// linesOf are a text's lines, and whether the last one ends.
func linesOf(text string) (lines []string, ends bool) {
	text, ends = strings.CutSuffix(lineFeeds(text), "\n")
	return strings.Split(text, "\n"), ends
}

// replaces is the text that a document takes the place of in its repository: what
// went out, under the number that the editors gave it. "" is a new file.
func (d Document) replaces() string {
	if d.Before == "" || d.Format != RustSec {
		return ""
	}
	return strings.Replace(lineFeeds(d.Before), "id = "+quoted(rustSecID), "id = "+quoted(or(NumberIn(RustSec, d.Path), rustSecID)), 1)
}

func patchStat(docs []Document) string {
	var b, made strings.Builder
	in, out := 0, 0
	for _, d := range docs {
		lines, _ := linesOf(d.Text)
		n := len(lines)
		in += n
		if before := d.replaces(); before != "" {
			gone, _ := linesOf(before)
			out, n = out+len(gone), n+len(gone)
		} else {
			fmt.Fprintf(&made, " create mode 100644 %s\n", d.Path)
		}
		fmt.Fprintf(&b, " %s | %d %s\n", d.Path, n, strings.Repeat("+", min(len(lines), 20)))
	}
	insertions := "insertions"
	if in == 1 {
		insertions = "insertion"
	}
	files := "files"
	if len(docs) == 1 {
		files = "file"
	}
	fmt.Fprintf(&b, " %d %s changed, %d %s(+)", len(docs), files, in, insertions)
	switch out {
	case 0:
	case 1:
		b.WriteString(", 1 deletion(-)")
	default:
		fmt.Fprintf(&b, ", %d deletions(-)", out)
	}
	return b.String() + "\n" + made.String()
}

// patchFile writes one file whole: its old lines go and the new ones come. People
// read the texts themselves; what counts here is that it fits or is refused.
func patchFile(d Document) string {
	lines, ends := linesOf(d.Text)
	before := d.replaces()
	var b strings.Builder
	fmt.Fprintf(&b, "diff --git a/%s b/%s\n", d.Path, d.Path)
	if before == "" {
		fmt.Fprintf(&b, "new file mode 100644\nindex %040d..%s\n--- /dev/null\n+++ b/%s\n@@ -0,0 +%s @@\n", 0, blobName(d.Text), d.Path, hunk(lines))
	} else {
		gone, ended := linesOf(before)
		fmt.Fprintf(&b, "index %s..%s 100644\n--- a/%s\n+++ b/%s\n@@ -%s +%s @@\n", blobName(before), blobName(d.Text), d.Path, d.Path, hunk(gone), hunk(lines))
		writeLines(&b, "-", gone, ended)
	}
	writeLines(&b, "+", lines, ends)
	return b.String()
}

// blobName is what git calls a content.
func blobName(text string) string {
	text = lineFeeds(text)
	sum := sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(text), text))
	return hex.EncodeToString(sum[:])
}

// hunk counts lines as the head of a hunk does.
func hunk(lines []string) string {
	if len(lines) == 1 {
		return "1"
	}
	return fmt.Sprintf("1,%d", len(lines))
}

func writeLines(b *strings.Builder, mark string, lines []string, ends bool) {
	for _, l := range lines {
		b.WriteString(mark + l + "\n")
	}
	if !ends {
		b.WriteString("\\ No newline at end of file\n")
	}
}
