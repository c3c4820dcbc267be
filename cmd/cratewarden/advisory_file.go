package main

import (
	"encoding/json"
	"io"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"cratewarden"
	"cratewarden/advisory"
	"cratewarden/api"
	"cratewarden/api/client"
)

type advisoryLintCmd struct {
	asking
	What   []string `arg:"" placeholder:"INCIDENT|FILE" help:"An incident, or with --sheet files made from it."`
	Sheet  string   `env:"-" placeholder:"FILE" help:"The sheet of facts, as incident sheet printed it. With it no console is asked: the files are held against it."`
	Whole  bool     `help:"With --sheet: the files are all that is to be said, so say what is missing, too."`
	Format string   `env:"-" help:"The files' form, such as rustsec; found by their names without it."`
}

// Help gives examples.
func (advisoryLintCmd) Help() string {
	return `Examples:

  cratewarden advisory lint INC-12
  cratewarden incident sheet INC-12 >sheet.json
  cratewarden advisory lint --sheet sheet.json crates/arraykit/RUSTSEC-0000-0000.md

What is severe must be mended before anything is published; then it ends with 5.`
}

// Run lints.
func (c advisoryLintCmd) Run(e env) error {
	report, err := c.report(e)
	if err != nil {
		return err
	}
	if err := show(e, c.asking, report, printLint); err != nil {
		return err
	}
	if !report.Publishable {
		return cratewarden.Errorf(cratewarden.Conflict, "This may not be published as it is.")
	}
	return nil
}

func (c advisoryLintCmd) report(e env) (*api.LintReport, error) {
	if c.Sheet != "" {
		return c.offline(e)
	}
	cl, err := c.client(e)
	if err != nil {
		return nil, err
	}
	var found []advisory.Problem
	for _, id := range c.What {
		l, err := client.Get[api.LintReport](e.ctx, cl, nil, "incidents", id, "lint")
		if err != nil {
			return nil, err
		}
		found = append(found, l.Problems...)
	}
	return api.LintReportOf(found), nil
}

// maxSheet bounds a sheet of facts and a document.
const maxSheet = 8 << 20

func (c advisoryLintCmd) offline(e env) (*api.LintReport, error) {
	raw, err := bytesFrom(e, c.Sheet, maxSheet)
	if err != nil {
		return nil, err
	}
	var s advisory.Sheet
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, cratewarden.Wrap(err, cratewarden.Invalid, "The file %s is no sheet of facts. Write one with: cratewarden incident sheet INC-12", inert(c.Sheet))
	}
	var docs []advisory.Document
	for _, name := range c.What {
		text, err := bytesFrom(e, name, maxSheet)
		if err != nil {
			return nil, err
		}
		d, err := documentOf(s, name, c.Format, string(text))
		if err != nil {
			return nil, err
		}
		docs = append(docs, d)
	}
	if c.Whole {
		return api.LintReportOf(advisory.Lint(s, docs)), nil
	}
	found := advisory.LintSheet(s)
	for _, d := range docs {
		found = append(found, advisory.LintDocument(s, d)...)
	}
	return api.LintReportOf(found), nil
}

// documentOf says which document a file is: the one that would be made at that
// path, or under that name.
func documentOf(s advisory.Sheet, name, format, text string) (advisory.Document, error) {
	slash := filepath.ToSlash(name)
	made, err := advisory.Documents(s)
	if err != nil {
		return advisory.Document{}, err
	}
	best := -1
	for i, d := range made {
		if format != "" && string(d.Format) != format {
			continue
		}
		if strings.HasSuffix("/"+slash, "/"+d.Path) || best < 0 && (path.Base(d.Path) == path.Base(slash)) && unlikeOthers(made, i) {
			best = i
		}
	}
	if best < 0 {
		return advisory.Document{}, cratewarden.Errorf(cratewarden.Invalid, "Nothing made from the sheet is called %s. Keep the folders that “advisory export” makes, or name the form with --format.", inert(name))
	}
	d := made[best]
	d.Text = text
	return d, nil
}

// unlikeOthers says that no other document has the same file name.
func unlikeOthers(docs []advisory.Document, at int) bool {
	for i, d := range docs {
		if i != at && path.Base(d.Path) == path.Base(docs[at].Path) {
			return false
		}
	}
	return true
}

func printLint(w io.Writer, r *api.LintReport) {
	if len(r.Problems) == 0 {
		say(w, "Nothing is missing or wrong.")
		return
	}
	for _, severe := range []bool{true, false} {
		for _, p := range r.Problems {
			if p.Severe == severe {
				say(w, "%s", inert(problemLine(p)))
			}
		}
	}
}

type advisoryPatchCmd struct {
	caseArg
	Format string `enum:"rustsec,osv" default:"rustsec" help:"rustsec or osv; each goes to a repository of its own."`
	Name   string `env:"-" help:"Who it is from; the publisher without it."`
	Mail   string `env:"-" help:"Their mail address, which everybody will read in the repository's history."`
	To     string `env:"-" placeholder:"FILE" help:"Where to write it; standard output without it. A file that is there is not replaced."`
}

// Run writes.
func (c advisoryPatchCmd) Run(e env) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	q := url.Values{"format": {c.Format}}
	set(q, "name", c.Name)
	set(q, "mail", c.Mail)
	write := func(w io.Writer) error { return cl.Patch(e.ctx, c.ID, q, w) }
	if c.To != "" {
		return newFile(c.To, write)
	}
	return written(e, write)
}

type advisoryExportCmd struct {
	caseArg
	Format []string `help:"Only in these forms; all without it."`
	To     string   `required:"" env:"-" placeholder:"FILE.zip" help:"Where to write the archive; a file that is there is not replaced."`
}

// Run writes.
func (c advisoryExportCmd) Run(e env) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	return newFile(c.To, func(w io.Writer) error { return cl.ExportDrafts(e.ctx, c.ID, c.Format, w) })
}
