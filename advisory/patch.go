package advisory

import (
	"crypto/sha1" // git names its objects by it
	"encoding/hex"
	"fmt"
	"mime"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"cratewarden"
)

// Commit is who a patch is from and what it says.
type Commit struct {
	Name string // of the author
	// Mail is the author's address. It stands in the patch and so in the history
	// of the receiving repository for everybody to read.
	Mail    string
	Date    time.Time
	Subject string
	Body    string
}

// Patch writes documents as one mail in the form of `git format-patch`, which
// `git am` takes: each document is a new file at its path. Documents for
// different repositories belong into different patches. Invalid is a path that
// leads out of the repository or is there twice, and a commit without an author.
func Patch(docs []Document, c Commit) ([]byte, error) {
	if len(docs) == 0 {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "There is no document to write a patch of.")
	}
	name, mail := author(c.Name), oneLine(c.Mail)
	if name == "" || !authorMail.MatchString(mail) {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "A patch needs its author's name and one mail address.")
	}
	seen := map[string]bool{}
	for _, d := range docs {
		if err := patchable(d); err != nil {
			return nil, err
		}
		if key := strings.ToLower(d.Path); seen[key] {
			return nil, cratewarden.Errorf(cratewarden.Invalid, "Two documents have the path %q.", d.Path)
		}
		seen[strings.ToLower(d.Path)] = true
	}
	var b strings.Builder
	// The first line is git's mark of a mail; its date means nothing.
	b.WriteString("From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001\n")
	fmt.Fprintf(&b, "From: %s <%s>\n", headerWord(name), mail)
	fmt.Fprintf(&b, "Date: %s\n", c.Date.UTC().Format("Mon, 2 Jan 2006 15:04:05 -0700"))
	fmt.Fprintf(&b, "Subject: [PATCH] %s\n", mime.QEncoding.Encode("utf-8", or(oneLine(c.Subject), "Add advisories")))
	b.WriteString("MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n")
	if body := commitBody(c.Body); body != "" {
		b.WriteString(body + "\n")
	}
	b.WriteString("---\n")
	b.WriteString(patchStat(docs))
	b.WriteString("\n")
	for _, d := range docs {
		b.WriteString(newFile(d))
	}
	b.WriteString("-- \ncratewarden\n\n")
	return []byte(b.String()), nil
}

// authorMail is an address as a patch may carry it.
var authorMail = regexp.MustCompile(`^[^\s<>"(),:;@\\]+@[^\s<>"(),:;@\\]+$`)

// author leaves out of a name what git takes for a comment or an address.
func author(name string) string {
	return oneLine(strings.Map(func(r rune) rune {
		if strings.ContainsRune("()<>[]@\"\\", r) {
			return ' '
		}
		return r
	}, name))
}

// headerWord writes a name for the From line: quoted where it holds what
// addresses use, encoded where it is not ASCII.
func headerWord(name string) string {
	if encoded := mime.BEncoding.Encode("utf-8", name); encoded != name {
		return encoded
	}
	if strings.ContainsAny(name, ":;,.") {
		return `"` + name + `"`
	}
	return name
}

// endsMail is what git takes for the end of a commit message or the beginning of
// the next mail.
var endsMail = regexp.MustCompile(`^(---|diff -|Index: |From |From: |Subject: |Date: |>From |-- $)`)

// commitBody keeps the lines of a message, but none that git reads as something
// else: those are set in by a space.
func commitBody(text string) string {
	var out []string
	for l := range strings.Lines(lineFeeds(text)) {
		l = strings.TrimRight(oneLineKeepingSpaces(l), " ")
		if endsMail.MatchString(l) {
			l = " " + l
		}
		out = append(out, l)
	}
	return strings.Trim(strings.Join(out, "\n"), "\n")
}

func oneLineKeepingSpaces(l string) string {
	return strings.Map(func(r rune) rune {
		if steers(r) {
			return -1
		}
		return r
	}, l)
}

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
