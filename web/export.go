package web

import (
	"net/http"
	"net/url"
	"strings"

	"cratewarden"
	"cratewarden/dossier"
)

// exportMost is how many rows a CSV file holds at most. Of a list that goes on,
// the file's name says that it is the first part, and the header
// Cratewarden-Next has the key of the rest, escaped for an address.
const exportMost = 20_000

// exportStep is how many rows are asked for at a time.
const exportStep = 500

// wantsCSV says whether the list is asked for as a file.
func wantsCSV(f *fields) bool { return f.choice("format", "csv") == "csv" }

// gather walks a list by key until it ends or is as long as a file may be. It
// gives the key of the rest, empty when nothing is left.
func gather[T any](after string, ask func(after string, limit int) (dossier.Page[T], error)) ([]T, string, error) {
	var rows []T
	for {
		page, err := ask(after, min(exportStep, exportMost-len(rows)))
		if err != nil {
			return nil, "", err
		}
		if page.Absent != "" {
			return nil, "", cratewarden.Errorf(cratewarden.Unavailable, "The list cannot be exported: %s.", page.Absent)
		}
		rows = append(rows, page.Rows...)
		// A key that does not move would never end. A page without rows may have
		// a next one: its rows changed since the list was drawn up.
		if page.Next == "" || page.Next == after {
			return rows, "", nil
		}
		if after = page.Next; len(rows) >= exportMost {
			return rows, after, nil
		}
	}
}

// sendCSV answers with a file.
func sendCSV[T dossier.Recorder](s *Server, w http.ResponseWriter, name string, rows []T, next string) error {
	if next != "" {
		name += "-first-" + digits(len(rows))
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+fileName(name)+"-"+s.cfg.Clock().UTC().Format("20060102T150405Z")+`.csv"`)
	if next != "" {
		h.Set("Cratewarden-Next", url.QueryEscape(next))
	}
	w.WriteHeader(http.StatusOK)
	// The visitor may be gone; the answer has begun, so there is nobody to tell.
	_ = dossier.WriteCSV(w, rows)
	return nil
}

// fileName keeps of a text what is harmless in a header and in a file's name.
func fileName(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.', r == '+', r == '=', r == ':':
			return r
		}
		return '_'
	}, text)
}

// export gathers a list and answers with it as a file.
func export[T dossier.Recorder](s *Server, w http.ResponseWriter, name, after string, ask func(after string, limit int) (dossier.Page[T], error)) error {
	rows, next, err := gather(after, ask)
	if err != nil {
		return err
	}
	return sendCSV(s, w, name, rows, next)
}

// shown says how much of a list stands on the page, in exact numbers.
func shown(rows, total int, noun string) string {
	switch {
	case total >= 0 && rows < total:
		return Num(rows) + " of " + Plural(total, noun)
	case total >= 0:
		return Plural(total, noun)
	default:
		return Plural(rows, noun) + " on this page"
	}
}
