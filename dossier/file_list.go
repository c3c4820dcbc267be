package dossier

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"

	"cratewarden/archive"
)

// Files gives the list of files in a version's archive, with everything that
// is wrong with it. The filter narrows the list of files and nothing else. When
// the archive cannot be read, Absent says why. The errors are NotFound for crate
// or version, Invalid for the filter, and those of the database.
func (s *Service) Files(ctx context.Context, name, num string, f FileFilter) (*Files, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	crate, row, err := s.findVersion(ctx, name, num)
	if err != nil {
		return nil, err
	}
	stored := storedAt(crate.Name, row.Num, row.SHA256)
	out := &Files{
		Crate: crate.Name, Num: row.Num, Key: stored.key, Rows: []ArchiveFile{}, Problems: []ArchiveProblem{},
		Recorded: hex.EncodeToString(row.SHA256), Size: int64(row.Size), ManifestNotes: []string{},
	}
	if err := stored.read(ctx, s); err != nil {
		out.Absent, err = s.absentFile(ctx, err)
		return out, err
	}
	out.fill(&stored)
	out.Total = len(out.Rows)
	out.Rows = slices.DeleteFunc(out.Rows, func(x ArchiveFile) bool { return !f.Passes(x) })
	return out, nil
}

// absentFile is the sentence for an archive that cannot be read; it is an
// error only when the asker gave up.
func (s *Service) absentFile(ctx context.Context, err error) (string, error) {
	if ctx.Err() != nil {
		return "", err
	}
	return s.absentText("archive", err), nil
}

func (f *Files) fill(stored *storedArchive) {
	a := stored.archive
	f.SHA256, f.Size, f.Unpacked = a.Hash(), a.Compressed, a.Unpacked
	if !stored.matches() {
		f.Problems = append(f.Problems, ArchiveProblem{Kind: "checksum", Grave: true,
			Text: "The stored file is not the one that was published: its SHA-256 differs from the database's."})
	}
	f.Problems = append(f.Problems, problemRows(a.Problems)...)
	for i := range a.Files {
		f.Rows = append(f.Rows, fileRow(&a.Files[i]))
	}
	if scripts := a.BuildScripts(); len(scripts) > 0 {
		f.BuildScript = archive.Visible(clip(scripts[0], 200))
	}
	f.ProcMacro = a.Manifest != nil && a.Manifest.ProcMacro
	if v := a.VCS; v != nil {
		f.Commit, f.CommitDirty, f.PathInVCS = archive.Visible(clip(v.Commit, 100)), v.Dirty, archive.Visible(clip(v.PathInVCS, 200))
	}
	f.ManifestNotes = append(f.ManifestNotes, a.ManifestDifferences()...)
}

func problemRows(list []archive.Problem) []ArchiveProblem {
	out := []ArchiveProblem{}
	for _, p := range list {
		out = append(out, ArchiveProblem{Kind: string(p.Kind), Path: p.Path, Text: p.Sentence, Grave: p.Grave()})
	}
	return out
}

// fileRow shows a file; its path has invisible characters named, which File
// takes too.
func fileRow(f *archive.File) ArchiveFile {
	return ArchiveFile{
		Path: archive.Visible(f.Path), Size: f.Size, Mode: fmt.Sprintf("%04o", f.Mode), SHA256: f.Hash(), Kind: string(f.Kind),
		Magic: archive.Visible(f.Magic), Encoding: f.Encoding, Lines: f.Lines, Marks: fileMarks(f),
	}
}

// fileMarks are what a reader of the crate looks at first.
func fileMarks(f *archive.File) []Mark {
	var marks []Mark
	add := func(when bool, text, tone string) {
		if when {
			marks = append(marks, Mark{text, tone})
		}
	}
	add(f.Has(archive.RoleBuildScript), "build script", "warn")
	add(f.Has(archive.RoleProcMacro), "proc-macro", "warn")
	add(f.Bidi+f.Invisible > 0, "hidden characters", "bad")
	add(f.Control > 0, "control characters", "warn")
	add(f.Kind == archive.Binary, "binary", "warn")
	add(f.Encoding == archive.NotUTF8, "not UTF-8", "warn")
	add(f.Executable(), "executable", "warn")
	return marks
}
