package main

import (
	"io"
	"net/url"

	"cratewarden/dossier"
	"cratewarden/provenance"
)

type diffCmd struct {
	asking
	Spec    string `arg:"" placeholder:"NAME@VERSION" help:"Version to look at."`
	Against string `help:"Version to compare with (default: the one published before)."`
}

// Help gives an example.
func (diffCmd) Help() string {
	return `Example:

  cratewarden diff serde@1.0.200 --against 1.0.198`
}

// Run compares.
func (c diffCmd) Run(e env) error {
	name, number, err := splitSpec(c.Spec)
	if err != nil {
		return err
	}
	q := url.Values{}
	set(q, "against", c.Against)
	return fetch(e, c.asking, q, printDiff, "crates", name, "versions", number, "diff")
}

func printFiles(w io.Writer, f *dossier.Files) {
	if f.Absent != "" {
		say(w, "%s", inert(f.Absent))
		return
	}
	say(w, "%s, %s packed, %s unpacked, SHA-256 %s", f.Key, provenance.Bytes(f.Size), provenance.Bytes(f.Unpacked), f.SHA256)
	for _, p := range f.Problems {
		say(w, "! %s", inert(p.Text))
	}
	if len(f.Rows) < f.Total {
		say(w, "%d of %d files", len(f.Rows), f.Total)
	}
	printTable(w, "SIZE|KIND|PATH|MARKS", f.Rows, func(r dossier.ArchiveFile) []string {
		return []string{num(r.Size), string(r.Kind), r.Path, marks(r.Marks)}
	})
}

func printDiff(w io.Writer, d *dossier.Diff) {
	if d.Absent != "" {
		say(w, "%s", inert(d.Absent))
		return
	}
	say(w, "%s: %s → %s, %d files differ, %d do not", d.Crate, d.Old, d.New, len(d.Files), d.Same)
	fact(w, "Look at", marks(d.Marks))
	for _, c := range d.Dependencies {
		say(w, "  dependency %s: %s %s → %s", c.Change, inert(c.Crate), inert(c.Old), inert(c.New))
	}
	fact(w, "Incomplete", d.Incomplete)
	for _, f := range d.Files {
		say(w, "\n%s %s  +%d −%d  %s", f.Change, inert(f.Path), f.Added, f.Deleted, marks(f.Marks))
		if f.Note != "" {
			say(w, "  %s", inert(f.Note))
		}
		for _, h := range f.Hunks {
			printHunk(w, h)
		}
	}
}

func printHunk(w io.Writer, h dossier.DiffHunk) {
	say(w, "@@ -%d,%d +%d,%d @@", h.OldStart, h.OldLines, h.NewStart, h.NewLines)
	signs := map[string]string{"add": "+", "del": "-"}
	for _, line := range h.Lines {
		text := signs[line.Op]
		if text == "" {
			text = " "
		}
		for _, span := range line.Spans {
			text += inertSource(span.Text)
		}
		say(w, "%s", text)
	}
}
