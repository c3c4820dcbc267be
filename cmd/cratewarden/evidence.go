package main

import (
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"cratewarden"
	"cratewarden/api"
	"cratewarden/api/client"
	"cratewarden/evidence"
)

type evidenceCmd struct {
	List   evidenceListCmd   `cmd:"" help:"List sealed bundles, newest first."`
	Show   evidenceShowCmd   `cmd:"" help:"Show what is in a bundle."`
	Verify evidenceVerifyCmd `cmd:"" help:"Read a whole bundle and prove it, in the console or from an exported file."`
	Export evidenceExportCmd `cmd:"" help:"Write a bundle as one tar archive, and prove what was written."`
}

type evidenceListCmd struct {
	asking
	Plan  string `placeholder:"ID" help:"Only this plan's."`
	Limit int    `default:"20" help:"Rows at most (up to 500)."`
}

// Run lists.
func (c evidenceListCmd) Run(e env) error {
	q := url.Values{"limit": {strconv.Itoa(c.Limit)}}
	set(q, "plan", c.Plan)
	return fetch(e, c.asking, q, func(w io.Writer, l *api.EvidenceList) {
		if len(l.Rows) == 0 {
			say(w, "  none")
			return
		}
		printTable(w, "BUNDLE|SEALED|BY|PLAN|PARTS|BYTES", l.Rows, func(b api.EvidenceBundle) []string {
			return []string{b.Digest, when(b.SealedAt), b.Actor, b.Plan, num(b.Parts), num(b.Bytes)}
		})
	}, "evidence")
}

type evidenceShowCmd struct {
	asking
	Digest string `arg:"" placeholder:"BUNDLE" help:"The bundle's digest."`
}

// Run shows.
func (c evidenceShowCmd) Run(e env) error {
	return fetch(e, c.asking, nil, func(w io.Writer, b *api.EvidenceBundle) {
		say(w, "%s", b.Digest)
		fact(w, "Sealed", when(b.SealedAt)+" by "+b.Actor)
		fact(w, "Plan", b.Plan)
		fact(w, "Ledger", "entry "+num(b.Ledger))
		fact(w, "Parts", num(b.Parts)+", "+num(b.Bytes)+" bytes, "+num(b.Encrypted)+" with personal data")
		if b.Erased {
			fact(w, "Erased", "the personal data can no longer be read")
		}
		section(w, "Contents", b.Contents, len(b.Contents), func(p evidence.Part) string { return p.SHA256.String() + "  " + p.Name })
	}, "evidence", c.Digest)
}

type evidenceVerifyCmd struct {
	asking
	speaker
	Digest string `arg:"" optional:"" placeholder:"BUNDLE" help:"The bundle's digest."`
	File   string `placeholder:"FILE" help:"An exported bundle instead; needs no console."`
}

// Run verifies; what is not as it was sealed ends with 5.
func (c evidenceVerifyCmd) Run(e env) error {
	if (c.File == "") == (c.Digest == "") {
		return cratewarden.Errorf(cratewarden.Invalid, "Name either a bundle by its digest, or an exported one with --file.")
	}
	report, err := c.report(e)
	if err != nil {
		return err
	}
	if err := show(e, c.asking, report, printEvidence); err != nil {
		return err
	}
	if !report.OK {
		return cratewarden.Errorf(cratewarden.Conflict, "The bundle is not as it was sealed.")
	}
	return nil
}

func (c evidenceVerifyCmd) report(e env) (*api.EvidenceReport, error) {
	if c.File == "" {
		cl, err := c.client(c.asking)
		if err != nil {
			return nil, err
		}
		return cl.VerifyEvidence(e.ctx, c.Digest)
	}
	return verifyFile(c.File)
}

func verifyFile(path string) (*api.EvidenceReport, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, cratewarden.Wrap(err, cratewarden.NotFound, "The file %s cannot be read.", path)
	}
	defer func() { _ = file.Close() }()
	r, err := evidence.VerifyExport(file, evidence.Limits{})
	if err != nil {
		return nil, err
	}
	return &api.EvidenceReport{Digest: r.Digest.String(), OK: r.OK(), Parts: r.Parts, Bytes: r.Bytes, Findings: r.Findings}, nil
}

func printEvidence(w io.Writer, r *api.EvidenceReport) {
	say(w, "%s", r.Digest)
	say(w, "%d parts of %d bytes are as they were sealed.", r.Parts, r.Bytes)
	section(w, "What is wrong", r.Findings, 1000, func(f evidence.Finding) string { return string(f.State) + "  " + f.Part + ": " + f.Detail })
}

type evidenceExportCmd struct {
	asking
	Digest string `arg:"" placeholder:"BUNDLE" help:"The bundle's digest."`
	To     string `required:"" placeholder:"FILE" help:"Where to write it; a file that is there is not replaced."`
}

// Run writes to a file beside, proves it, and only then gives it its name.
func (c evidenceExportCmd) Run(e env) error {
	cl, err := client.New(c.Server)
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
	if e2 := part.Close(); err == nil {
		err = e2
	}
	if err != nil {
		return err
	}
	report, err := verifyFile(part.Name())
	if err != nil {
		return err
	}
	if !report.OK || report.Digest != c.Digest {
		return cratewarden.Errorf(cratewarden.Conflict, "What was written is not the bundle that was sealed, so it was thrown away. Verify the bundle in the console.")
	}
	if err := os.Link(part.Name(), c.To); err != nil {
		return cratewarden.Wrap(err, cratewarden.Conflict, "The file %s cannot be made.", c.To)
	}
	return show(e, c.asking, report, printEvidence)
}
