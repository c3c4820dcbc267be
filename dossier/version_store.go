package dossier

import (
	"context"
	"sync"

	"cratewarden"
	"cratewarden/registry"
	"cratewarden/registry/files"
)

// archiveFact is an archive as far as it was read in time; err says why not.
type archiveFact struct {
	storedArchive
	err error
}

// indexFact is the version's line in the sparse index.
type indexFact struct {
	// read says that the index was asked and answered; line is nil when it has
	// none for the version.
	read bool
	line *files.Line
	// trouble is a sentence on why it was not read, or not to its end.
	trouble string
}

// comparedArchives is the version itself and two before it: enough to tell a
// habit of files, commits and build scripts, and no more to fetch.
const comparedArchives = 3

// readStores reads archives and index at the same time, within the budget.
func (s *Service) readStores(ctx context.Context, f *versionFacts) {
	ctx, cancel := context.WithTimeout(ctx, versionBudget)
	defer cancel()
	publishes := f.core.Publishes[:min(len(f.core.Publishes), comparedArchives)]
	f.archives = make([]archiveFact, len(publishes))
	var wait sync.WaitGroup
	for i, p := range publishes {
		fact := &f.archives[i]
		fact.storedArchive = storedAt(f.crate.Name, p.Num, p.SHA256)
		wait.Go(func() { fact.err = fact.read(ctx, s) })
	}
	wait.Go(func() { f.index = s.readLine(ctx, f.crate, f.row.Num) })
	wait.Wait()
}

func (s *Service) readLine(ctx context.Context, crate registry.Crate, num string) indexFact {
	if s.cfg.Index == nil {
		return indexFact{trouble: "No storage is configured for the index."}
	}
	check := IndexCheck{Path: files.IndexPath(crate.Name)}
	lines, err := s.readIndex(ctx, &check)
	if err != nil {
		return indexFact{trouble: s.absentText("index", err)}
	}
	out := indexFact{read: true}
	for _, d := range check.Differences {
		out.trouble = d.Index
	}
	for i := range lines {
		if lines[i].Vers == num {
			out.line = &lines[i]
		}
	}
	// A file that breaks off before the line does not say that it is missing.
	out.read = out.line != nil || out.trouble == ""
	return out
}

// stateOf says in words what became of reading a stored file.
func (a archiveFact) note() string {
	switch kind := cratewarden.KindOf(a.err); {
	case kind == "":
		return ""
	case kind == cratewarden.Timeout, kind == cratewarden.Canceled:
		return "The stored file was not read in time; the list of files waits longer."
	default:
		return cratewarden.MessageOf(a.err)
	}
}
