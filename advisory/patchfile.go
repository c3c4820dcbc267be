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

// patchLines are a document's lines, and whether the last one ends.
func patchLines(d Document) (lines []string, ends bool) {
	text := lineFeeds(d.Text)
	text, ends = strings.CutSuffix(text, "\n")
	return strings.Split(text, "\n"), ends
}

func patchStat(docs []Document) string {
	var b, made strings.Builder
	sum := 0
	for _, d := range docs {
		lines, _ := patchLines(d)
		sum += len(lines)
		fmt.Fprintf(&b, " %s | %d %s\n", d.Path, len(lines), strings.Repeat("+", min(len(lines), 20)))
		fmt.Fprintf(&made, " create mode 100644 %s\n", d.Path)
	}
	files, insertions := "files", "insertions"
	if len(docs) == 1 {
		files = "file"
	}
	if sum == 1 {
		insertions = "insertion"
	}
	fmt.Fprintf(&b, " %d %s changed, %d %s(+)\n", len(docs), files, sum, insertions)
	return b.String() + made.String()
}

func newFile(d Document) string {
	lines, ends := patchLines(d)
	text := lineFeeds(d.Text)
	blob := sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(text), text))
	var b strings.Builder
	fmt.Fprintf(&b, "diff --git a/%s b/%s\nnew file mode 100644\n", d.Path, d.Path)
	fmt.Fprintf(&b, "index %040d..%s\n--- /dev/null\n+++ b/%s\n", 0, hex.EncodeToString(blob[:]), d.Path)
	if len(lines) == 1 {
		b.WriteString("@@ -0,0 +1 @@\n")
	} else {
		fmt.Fprintf(&b, "@@ -0,0 +1,%d @@\n", len(lines))
	}
	for _, l := range lines {
		b.WriteString("+" + l + "\n")
	}
	if !ends {
		b.WriteString("\\ No newline at end of file\n")
	}
	return b.String()
}
