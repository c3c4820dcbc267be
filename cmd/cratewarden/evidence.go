package main

import (
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/api"
	"cratewarden/evidence"
)

type evidenceCmd struct {
	Seal   evidenceSealCmd   `cmd:"" help:"Seal crates, versions and accounts as they are now; nothing in the registry changes."`
	List   evidenceListCmd   `cmd:"" help:"List sealed bundles, newest first; asks a running console."`
	Show   evidenceShowCmd   `cmd:"" help:"Show what is in a bundle; asks a running console."`
	Open   evidenceOpenCmd   `cmd:"" help:"Write one personal part of a bundle, on the record; asks a running console."`
	Verify evidenceVerifyCmd `cmd:"" help:"Read a whole bundle and prove it, in a running console or from an exported file."`
	Export evidenceExportCmd `cmd:"" help:"Write a bundle as one tar archive, and prove what was written."`
}

type evidenceListCmd struct {
	asking
	Plan     string `placeholder:"ID" help:"Only this plan's."`
	Incident string `placeholder:"ID" help:"Only this incident's."`
	Subject  string `placeholder:"KIND:NAME" help:"Only what holds this: crate:serde, version:serde@1.0.0, account:42."`
	Limit    int    `default:"20" help:"Rows at most (up to 500)."`
	Before   int64  `help:"Go on below this ledger entry, which the page before printed."`
}

// Run lists.
func (c evidenceListCmd) Run(e env) error {
	q := url.Values{"limit": {strconv.Itoa(c.Limit)}}
	set(q, "plan", c.Plan)
	set(q, "incident", c.Incident)
	set(q, "subject", c.Subject)
	if c.Before != 0 {
		q.Set("before", num(c.Before))
	}
	return fetch(e, c.asking, q, func(w io.Writer, l *api.EvidenceList) {
		if len(l.Rows) == 0 {
			say(w, "  none")
			return
		}
		printTable(w, "BUNDLE|HOLDS|SEALED (UTC)|BY|PLAN|PARTS|BYTES|VERIFIED", l.Rows, func(b api.EvidenceBundle) []string {
			return []string{b.Digest.String(), holds(b.Holds), when(b.SealedAt), actorName(b.Actor), b.Plan, num(b.Parts), num(b.Bytes), checked(b.Check)}
		})
		if l.Next != 0 {
			say(w, "  more: --before %d", l.Next)
		}
	}, "evidence")
}

// holds says what a bundle was asked to hold.
func holds(list []api.EvidenceHolds) string {
	var words []string
	for _, h := range list {
		for _, x := range h.First {
			words = append(words, h.Kind+":"+x.Name)
		}
		if more := h.Total - len(h.First); more > 0 {
			words = append(words, "and "+num(more)+" more")
		}
	}
	return strings.Join(words, ", ")
}

// checked is the last verification in a word.
func checked(c *api.EvidenceCheck) string {
	switch {
	case c == nil:
		return "when sealed"
	case c.Whole:
		return "whole " + when(c.At)
	}
	return "DAMAGED " + when(c.At)
}

type evidenceShowCmd struct {
	asking
	Digest string `arg:"" placeholder:"BUNDLE" help:"The bundle's digest."`
}

// Run shows.
func (c evidenceShowCmd) Run(e env) error {
	return fetch(e, c.asking, nil, printBundle, "evidence", c.Digest)
}

func printBundle(w io.Writer, v *api.EvidenceView) {
	b := v.Bundle
	say(w, "Evidence bundle %s", b.Digest)
	fact(w, "Holds", holds(b.Holds))
	fact(w, "Sealed", b.SealedAt.UTC().Format(time.DateTime)+" UTC by "+actorName(b.Actor))
	fact(w, "Plan", b.Plan)
	fact(w, "Incident", b.Incident)
	fact(w, "Why", b.Reason)
	fact(w, "Ledger", "entry "+num(b.Ledger))
	fact(w, "Verified", checked(b.Check))
	personal := num(b.Encrypted) + " with personal data, locked"
	if b.Erased {
		personal = num(b.Encrypted) + " with personal data, erased"
	}
	fact(w, "Parts", num(b.Parts)+", "+num(b.Bytes)+" bytes, "+personal)
	fact(w, "Manifest", v.Trouble)
	if b.Check != nil {
		section(w, "What is wrong", b.Check.Findings, 100, finding)
	}
	section(w, "What it lacks; it covers nothing", v.Gaps, len(v.Gaps), func(s string) string { return s })
	if m := v.Manifest; m != nil {
		heading(w, "Parts")
		printTable(w, "SHA-256|KIND|ROWS|BYTES|PERSONAL|PART", m.Parts, func(p evidence.Part) []string {
			return []string{p.SHA256.String(), p.Kind, num(p.Rows), num(p.Bytes), map[bool]string{true: "locked", false: "no"}[p.Encrypted], p.Name}
		})
		section(w, "Files that were not there", m.Missing, 200, func(x evidence.Missing) string { return x.Name })
	}
}

func finding(f evidence.Finding) string { return string(f.State) + "  " + f.Part + ": " + f.Detail }

type evidenceVerifyCmd struct {
	asking
	Digest string `arg:"" optional:"" placeholder:"BUNDLE" help:"The bundle's digest. With --export, the one that the file must have."`
	Export string `aliases:"file" env:"-" placeholder:"FILE" help:"An exported bundle instead; needs no console and no network. \"-\" is standard input."`
}

// Help gives examples.
func (evidenceVerifyCmd) Help() string {
	return `Examples:

  cratewarden evidence verify 3f0c…
  cratewarden evidence verify --export bundle.tar
  cratewarden evidence verify --export bundle.tar 3f0c…

A file alone proves that it is whole in itself. That it is the bundle that was
sealed, its digest proves: compare it with the ledger's entry, or give it. What
is not as it was sealed ends with 5.`
}

// Run verifies.
func (c evidenceVerifyCmd) Run(e env) error {
	if c.Export == "" && c.Digest == "" {
		return cratewarden.Errorf(cratewarden.Invalid, "Name a bundle by its digest, or an exported one with --export.")
	}
	report, err := c.report(e)
	if err != nil {
		return err
	}
	if err := show(e, c.asking, report, printEvidence); err != nil {
		return err
	}
	switch {
	case !report.Whole:
		return cratewarden.Errorf(cratewarden.Conflict, "The bundle is not as it was sealed.")
	case c.Digest != "" && report.Digest.String() != c.Digest:
		return cratewarden.Errorf(cratewarden.Conflict, "The file is whole, but it is another bundle than the one you named.")
	}
	return nil
}

func (c evidenceVerifyCmd) report(e env) (*api.EvidenceReport, error) {
	switch c.Export {
	case "":
		cl, err := c.client(e)
		if err != nil {
			return nil, err
		}
		return cl.VerifyEvidence(e.ctx, c.Digest)
	case "-":
		return verifyExport(e.stdin)
	}
	return verifyFile(c.Export)
}

func verifyFile(path string) (*api.EvidenceReport, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, cratewarden.Wrap(err, cratewarden.NotFound, "The file %s cannot be read.", path)
	}
	defer func() { _ = file.Close() }()
	return verifyExport(file)
}

func verifyExport(r io.Reader) (*api.EvidenceReport, error) {
	report, err := evidence.VerifyExport(r, evidence.Limits{})
	if err != nil {
		return nil, err
	}
	return api.ReportOf(report), nil
}

func printEvidence(w io.Writer, r *api.EvidenceReport) {
	say(w, "Evidence bundle %s", r.Digest)
	say(w, "%d parts of %d bytes are as they were sealed.", r.Parts, r.Bytes)
	section(w, "What is wrong", r.Findings, 1000, finding)
}

type evidenceExportCmd struct {
	asking
	Digest string `arg:"" placeholder:"BUNDLE" help:"The bundle's digest."`
	To     string `required:"" env:"-" placeholder:"FILE" help:"Where to write it; a file that is there is not replaced."`
}

// Run writes to a file beside, proves it, and only then gives it its name.
func (c evidenceExportCmd) Run(e env) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(c.To); err == nil {
		return cratewarden.Errorf(cratewarden.Conflict, "The file %s is there already.", c.To)
	}
	part, err := os.CreateTemp(filepath.Dir(c.To), ".evidence-*")
	if err != nil {
		return cratewarden.Wrap(err, cratewarden.Invalid, "The file %s cannot be written.", c.To)
	}
	defer func() { _ = os.Remove(part.Name()) }()
	err = cl.ExportEvidence(e.ctx, c.Digest, part)
	if err := errors.Join(err, part.Sync(), part.Close()); err != nil {
		return err
	}
	report, err := verifyFile(part.Name())
	if err != nil {
		return err
	}
	if !report.Whole || report.Digest.String() != c.Digest {
		return cratewarden.Errorf(cratewarden.Conflict, "What was written is not the bundle that was sealed, so it was thrown away. Verify the bundle in the console.")
	}
	if err := os.Link(part.Name(), c.To); err != nil { // unlike renaming, it replaces nothing
		return cratewarden.Wrap(err, cratewarden.Conflict, "The file %s cannot be made.", c.To)
	}
	return show(e, c.asking, report, printEvidence)
}
