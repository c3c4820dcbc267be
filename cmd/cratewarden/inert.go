package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"

	"cratewarden"
	"cratewarden/dossier"
)

// paper is what an answer is printed on before it reaches the terminal, so
// that one place makes all of it harmless, whatever a printing function forgot.
type paper struct {
	bytes.Buffer
	// exact says that the text is data for another program and goes out as it
	// is, unless a person reads it.
	exact bool
	// refused is why a list cannot be given as data: an empty table in its
	// place would say that there is nothing.
	refused error
}

// printCSV prints a list for another program, or says that it is absent.
func printCSV[T dossier.Recorder](w io.Writer, list dossier.Page[T]) {
	if p, ok := w.(*paper); ok {
		p.exact = true
		if list.Absent != "" {
			p.refused = cratewarden.Errorf(cratewarden.Unavailable, "This list cannot be given: %s.", strings.TrimSuffix(list.Absent, "."))
			return
		}
	}
	_ = dossier.WriteCSV(w, list.Rows)
}

// inert makes text from attackers harmless on a terminal: control, escape and
// direction-changing characters are shown as their code.
func inert(s string) string { return escape(s, "") }

// inertSource is inert, but for the tabs that source code is indented with.
func inertSource(s string) string { return escape(s, "\t") }

// inertLines is inert, but for the characters that lay out our own text.
func inertLines(s string) string { return escape(s, "\t\n") }

func escape(s, allowed string) string {
	var b strings.Builder
	for _, r := range s { // bytes that are no UTF-8 come as U+FFFD
		if acts(r) && !strings.ContainsRune(allowed, r) {
			fmt.Fprintf(&b, "<U+%04X>", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// acts says whether a terminal does something at a character instead of
// showing it: controls, and what reorders or hides text.
func acts(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }

// printJSON prints a value for programs. What encoding/json leaves in strings
// although terminals act on it is escaped too, which means the same in JSON.
func printJSON(e env, v any) error {
	var text bytes.Buffer
	out := json.NewEncoder(&text)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	if err := out.Encode(v); err != nil {
		return err
	}
	var b strings.Builder
	for _, r := range text.String() {
		switch {
		case r == '\n' || !acts(r):
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	_, err := io.WriteString(e.stdout, b.String())
	return err
}
