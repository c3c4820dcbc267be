package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/dossier"
	"cratewarden/registry/dump"
	"cratewarden/web"
)

type openCmd struct {
	listening
	Dump    string `arg:"" help:"The dump: db-dump.tar.gz, db-dump.zip, or the folder of either."`
	Data    string `placeholder:"DIR" help:"Folder for the imported data (default: cratewarden/dump in the user's cache folder)."`
	Storage string `help:"Where archives are, to read files too: a folder, s3://bucket/prefix, or https://static.example/."`
	PgBin   string `placeholder:"DIR" help:"Folder of PostgreSQL's programs, if they are not found."`
}

// Help gives examples.
func (openCmd) Help() string {
	return `Example:

  cratewarden open db-dump.tar.gz

The dump is imported into a private PostgreSQL the first time, and again only
when the archive changed. Facts a public dump leaves out are marked as such.`
}

// dumpMark is what a dump folder was made from.
type dumpMark struct {
	Path     string
	Size     int64
	Modified time.Time
	Source   dossier.DumpSource
}

const dumpFile = "dump.json"

// Run imports the dump unless it is there already, and opens the console.
func (c openCmd) Run(e env) error {
	listener, err := listen(c.Addr, false, nil)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	found, err := identify(c.Dump)
	if err != nil {
		return err
	}
	dir, err := dataFolder(c.Data, "dump")
	if err != nil {
		return err
	}
	p, err := startPrivate(e.ctx, dir, c.PgBin, bulkSettings())
	if err != nil {
		return err
	}
	defer p.server.Stop()
	source, err := c.prepare(e, dir, p, found)
	if err != nil {
		return p.blame(err)
	}
	static, err := openStore(e.ctx, c.Storage)
	if err != nil {
		return err
	}
	keys, err := folderKeys(dir)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("Public dump %s, taken %s, read only.", inert(source.File), source.TakenAt.UTC().Format("2006-01-02 15:04 UTC"))
	return openConsole(e.ctx, consoleConfig{
		listener: listener, registry: p.registry, console: p.console, static: static, label: "public dump " + source.TakenAt.UTC().Format("2006-01-02"),
		kind: web.Dump, dump: &source, ledgerKeys: keys, log: c.logger(e), ended: p.server.Done(), ready: announce(e.stdout, what),
	})
}

// identify gives what tells a dump from another, without reading it.
func identify(dump string) (dumpMark, error) {
	path, err := filepath.Abs(dump)
	if err != nil {
		return dumpMark{}, err
	}
	mark := dumpMark{Path: path}
	// A folder's own time says nothing of the files in it.
	err = filepath.Walk(path, func(_ string, info fs.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		mark.Size += info.Size()
		if info.ModTime().After(mark.Modified) {
			mark.Modified = info.ModTime()
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return mark, cratewarden.Wrap(err, cratewarden.NotFound, "There is no dump at %s.", dump)
	}
	if err != nil {
		return mark, cratewarden.Wrap(err, cratewarden.Invalid, "The dump at %s cannot be read. Check who may read it.", dump)
	}
	return mark, nil
}

// prepare imports when the archive is another than last time.
func (c openCmd) prepare(e env, dir string, p *private, found dumpMark) (dossier.DumpSource, error) {
	mark, whole := readMark[dumpMark](dir, dumpFile)
	if whole && mark.Path == found.Path && mark.Size == found.Size && mark.Modified.Equal(found.Modified) {
		say(e.stderr, "Using the import of %s", mark.Source.ImportedAt.UTC().Format("2006-01-02 15:04 UTC"))
		return mark.Source, nil
	}
	if err := removeMarks(dir); err != nil {
		return dossier.DumpSource{}, err
	}
	if err := freshDatabase(e.ctx, p.server, "registry"); err != nil {
		return dossier.DumpSource{}, err
	}
	result, err := load(e.ctx, e, c.Dump, dump.Config{URL: p.registry, IndexMemory: "512MB"})
	if err != nil {
		return dossier.DumpSource{}, err
	}
	found.Source = dossier.DumpSource{File: filepath.Base(c.Dump), TakenAt: result.Timestamp, Commit: result.Commit, ImportedAt: time.Now().UTC(), SHA256: result.SHA256}
	return found.Source, writeMark(dir, dumpFile, found)
}

// load runs an import with progress for the person and a closing account.
func load(ctx context.Context, e env, path string, cfg dump.Config) (dump.Result, error) {
	archive, err := dump.Open(ctx, path, e.stdin)
	if err != nil {
		return dump.Result{}, err
	}
	defer func() { _ = archive.Close() }()
	cfg.Progress = importProgress(e.stderr)
	result, err := dump.Import(ctx, cfg, archive)
	if terminal(e.stderr) {
		say(e.stderr, "")
	}
	if err != nil {
		return result, err
	}
	var rows int64
	for _, n := range result.Rows {
		rows += n
	}
	say(e.stderr, "Imported %d rows of %d tables in %s", rows, len(result.Rows), result.Duration.Round(100*time.Millisecond))
	if len(result.Absent) > 0 {
		say(e.stderr, "Not in the archive: %s", strings.Join(result.Absent, ", "))
	}
	return result, nil
}

// importProgress rewrites one line on a terminal and prints a line a phase
// elsewhere.
func importProgress(w io.Writer) func(dump.Progress) {
	live, last := terminal(w), ""
	return func(p dump.Progress) {
		step := strings.TrimSpace(string(p.Phase) + " " + p.Table)
		if !live {
			if step != last {
				say(w, "  %s", step)
			}
			last = step
			return
		}
		rate := ""
		if p.Rate > 0 {
			rate = fmt.Sprintf("%.1f MB/s", p.Rate/1e6)
		}
		left := ""
		if p.Left > 0 {
			left = cratewarden.Span(p.Left) + " left"
		}
		done := ""
		if p.TotalBytes > 0 {
			done = fmt.Sprintf("%3d %%", 100*p.Bytes/p.TotalBytes)
		}
		_, _ = fmt.Fprintf(w, "\r\x1b[K  %-48s %6s %11s  %s", step, done, rate, left)
	}
}
