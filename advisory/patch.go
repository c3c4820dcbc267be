package advisory

import (
	"fmt"
	"mime"
	"regexp"
	"strings"
	"time"

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
// `git am` takes: each document is a new file at its path; one that corrects what
// is there already replaces it, and applies only while that is as it went out but
// for the number that its editors gave it. Documents for
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
		b.WriteString(patchFile(d))
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
