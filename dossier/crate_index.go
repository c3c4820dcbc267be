package dossier

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"

	"cratewarden"
	"cratewarden/registry"
	"cratewarden/registry/files"
)

// Bounds of the comparison with the index: versions whose lines are rebuilt,
// dependency rows read for them, and differences listed.
const (
	indexVersions    = 2000
	mostDependencies = 100_000
	indexDifferences = 100
)

// indexCheck compares the sparse index file with the lines that the registry
// would write from its rows. facts are the newest versions, newest first.
func (s *Service) indexCheck(ctx context.Context, crate registry.Crate, facts []registry.VersionFact,
	dependencies func() ([]registry.DependencyFact, error)) (IndexCheck, error) {
	check := IndexCheck{Path: files.IndexPath(crate.Name), Differences: []IndexDifference{}}
	if s.cfg.Index == nil {
		check.Absent = "No storage is configured for the index."
		return check, nil
	}
	text, err := s.indexText(ctx, &check)
	if err != nil {
		return check, err
	}
	deps, err := indexDependencies(dependencies)
	if err != nil {
		return check, err
	}
	whole := len(facts) >= crate.Versions
	if !whole {
		check.Note = fmt.Sprintf("Only the newest %s versions are compared.", cratewarden.Thousands(len(facts)))
	}
	// Nearly every file is byte for byte what its rows give, which is seen far
	// faster than the file is parsed.
	allTimed := bytes.Contains(text, []byte(`"pubtime"`))
	built := buildLines(crate.Name, facts, deps, func(string) bool { return allTimed })
	if whole && bytes.Equal(text, files.EncodeIndex(built)) {
		check.Lines, check.Equal = len(built), true
		return check, nil
	}
	stored := check.parse(text)
	timed := map[string]bool{}
	for _, line := range stored {
		timed[line.Vers] = line.PubTime != ""
	}
	check.compare(stored, buildLines(crate.Name, facts, deps, func(num string) bool { return timed[num] }), whole)
	return check, nil
}

// indexBytes bounds what is read of an index file.
const indexBytes = 64 << 20

// readIndex gives the stored lines, none for a file that is not there.
func (s *Service) readIndex(ctx context.Context, check *IndexCheck) ([]files.Line, error) {
	text, err := s.indexText(ctx, check)
	if err != nil {
		return nil, err
	}
	return check.parse(text), nil
}

// indexText gives no bytes for a file that is not there, which is right for a
// crate without versions only.
func (s *Service) indexText(ctx context.Context, check *IndexCheck) ([]byte, error) {
	body, info, err := s.cfg.Index.Get(ctx, check.Path)
	if cratewarden.KindOf(err) == cratewarden.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }()
	check.Present, check.ModifiedAt = true, info.ModTime
	// One byte more than allowed, so that the parser sees a file that is too
	// long as such.
	return io.ReadAll(io.LimitReader(body, indexBytes+1))
}

// parse reads the stored lines. A file that cannot be read is itself a
// finding; the lines before the trouble are still compared.
func (c *IndexCheck) parse(text []byte) []files.Line {
	lines, err := files.ParseIndex(bytes.NewReader(text), files.Limits{Bytes: indexBytes, Lines: 50_000})
	c.Lines = len(lines)
	if err != nil {
		c.differ("", "file", cratewarden.MessageOf(err), "")
	}
	return lines
}

func (s *Service) readDependencies(ctx context.Context, facts []registry.VersionFact) ([]registry.DependencyFact, error) {
	ids := make([]int32, len(facts))
	for i, f := range facts {
		ids[i] = f.ID
	}
	return s.reader.IndexDependencies(ctx, ids, mostDependencies)
}

// indexDependencies gives the dependencies of versions by version.
func indexDependencies(read func() ([]registry.DependencyFact, error)) (map[int32][]files.DependencyFacts, error) {
	rows, err := read()
	if err != nil {
		return nil, err
	}
	if len(rows) == mostDependencies {
		return nil, cratewarden.Errorf(cratewarden.TooLarge,
			"The crate has more than %s dependency rows; its index is not compared here.", cratewarden.Thousands(mostDependencies))
	}
	deps := map[int32][]files.DependencyFacts{}
	for _, d := range rows {
		deps[d.VersionID] = append(deps[d.VersionID], d.DependencyFacts)
	}
	return deps, nil
}

// buildLines makes the lines in the order of the index, oldest first. The time
// of publish is written where the stored line has one, since that depends on a
// setting of the registry that no row tells.
func buildLines(crate string, facts []registry.VersionFact, deps map[int32][]files.DependencyFacts, timed func(num string) bool) []files.Line {
	lines := make([]files.Line, 0, len(facts))
	for _, f := range slices.Backward(facts) {
		f.Line.WithPubTime = timed(f.Line.Num)
		lines = append(lines, files.BuildLine(crate, f.Line, deps[f.ID]))
	}
	return lines
}

// compare lists what differs. When not all versions were built, stored lines
// that no built one answers to say nothing.
func (c *IndexCheck) compare(stored, built []files.Line, whole bool) {
	byNum := map[string]files.Line{}
	for _, line := range stored {
		if _, twice := byNum[line.Vers]; twice {
			c.differ(line.Vers, "line", "twice", "once")
		}
		byNum[line.Vers] = line
	}
	inBoth := make(map[string]bool, len(built))
	for _, want := range built {
		line, found := byNum[want.Vers]
		if !found {
			c.differ(want.Vers, "line", "missing", "present")
			continue
		}
		inBoth[want.Vers] = true
		for _, d := range files.CompareLine(line, want) {
			c.differ(want.Vers, d.Field, d.A, d.B)
		}
	}
	if whole {
		for _, line := range stored {
			if !inBoth[line.Vers] {
				c.differ(line.Vers, "line", "present", "missing")
			}
		}
	}
	if len(c.Differences) == 0 && !sameOrder(stored, built, inBoth) {
		c.differ("", "order of lines", "another order", "by time of publish, then version")
	}
	c.Equal = len(c.Differences) == 0
	if extra := len(c.Differences) - indexDifferences; extra > 0 {
		c.Differences = c.Differences[:indexDifferences]
		c.Note += fmt.Sprintf(" %s are not listed.", counted(extra, "further difference"))
	}
}

func (c *IndexCheck) differ(num, field, index, database string) {
	c.Differences = append(c.Differences, IndexDifference{Num: num, Field: field, Index: index, Database: database})
}

func sameOrder(stored, built []files.Line, inBoth map[string]bool) bool {
	nums := func(lines []files.Line) (out []string) {
		for _, line := range lines {
			if inBoth[line.Vers] {
				out = append(out, line.Vers)
			}
		}
		return out
	}
	return slices.Equal(nums(stored), nums(built))
}
