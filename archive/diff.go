package archive

import (
	"cmp"
	"slices"
	"time"
)

// ChangeKind is what happened to a file between two versions.
type ChangeKind string

// The kinds of change.
const (
	FileAdded   ChangeKind = "added"
	FileRemoved ChangeKind = "removed"
	FileChanged ChangeKind = "changed"
	FileRenamed ChangeKind = "renamed"
)

// Change is one file that differs. Old is nil for an added file, New for a
// removed one; a renamed file has the same content under another path.
type Change struct {
	Kind     ChangeKind
	Path     string
	Old, New *File
	// Hunks is the difference line by line. When it is empty, NotShown says
	// why in a sentence, unless only the mode or the path changed.
	Hunks    []Hunk
	NotShown string
	// AddedLines and DeletedLines count within the hunks.
	AddedLines, DeletedLines int
}

// Diff is the difference between two archives of one crate.
type Diff struct {
	OldRoot, NewRoot string
	// Changes is sorted by path.
	Changes []Change
	// Same counts the files that did not change.
	Same int
	// Dependencies and Marks are what a reviewer looks at first.
	Dependencies []DependencyChange
	Marks        []Mark
	// Incomplete says in a sentence what was left out, if anything was.
	Incomplete string
}

// Compare gives the difference from an older archive to a newer one. It never
// fails: what is too large or too slow to compare says so in its place.
func Compare(before, after *Archive, limits DiffLimits) *Diff {
	d := &Diff{OldRoot: before.Root, NewRoot: after.Root}
	c := comparison{before: before, after: after, limits: limits.orDefault()}
	c.until = time.Now().Add(c.limits.Time)
	d.Changes, d.Same = changes(before, after)
	for i := range d.Changes {
		c.lines(&d.Changes[i])
	}
	d.Dependencies = dependencyChanges(before.Manifest, after.Manifest)
	d.Marks = marks(before, after, d)
	if !before.Finished || !after.Finished {
		d.Incomplete = "One of the archives could not be read to its end, so that files may look added or removed that are not."
	}
	return d
}

// changes pairs the files of both sides: first by path, then what is left by
// content. Empty files are never taken for renamed ones.
func changes(before, after *Archive) ([]Change, int) {
	var out []Change
	same := 0
	gone := map[[32]byte][]*File{}
	for i := range before.Files {
		old := &before.Files[i]
		now := after.File(old.Path)
		switch {
		case now == nil:
			gone[old.SHA256] = append(gone[old.SHA256], old)
		case now.SHA256 != old.SHA256 || now.Mode != old.Mode:
			out = append(out, Change{Kind: FileChanged, Path: old.Path, Old: old, New: now})
		default:
			same++
		}
	}
	for i := range after.Files {
		now := &after.Files[i]
		if before.File(now.Path) != nil {
			continue
		}
		if olds := gone[now.SHA256]; len(olds) > 0 && now.Size > 0 {
			gone[now.SHA256] = olds[1:]
			out = append(out, Change{Kind: FileRenamed, Path: now.Path, Old: olds[0], New: now})
			continue
		}
		out = append(out, Change{Kind: FileAdded, Path: now.Path, New: now})
	}
	for _, olds := range gone {
		for _, old := range olds {
			out = append(out, Change{Kind: FileRemoved, Path: old.Path, Old: old})
		}
	}
	slices.SortFunc(out, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Kind, b.Kind))
	})
	return out, same
}

// comparison spends the limits on one file after another.
type comparison struct {
	before, after *Archive
	limits        DiffLimits
	until         time.Time
	lineTotal     int
}

// lines fills in the hunks of a change, or why there are none.
func (c *comparison) lines(ch *Change) {
	if ch.Old != nil && ch.New != nil && ch.Old.SHA256 == ch.New.SHA256 {
		return
	}
	old, why := c.text(c.before, ch.Old)
	if why == "" {
		var now string
		if now, why = c.text(c.after, ch.New); why == "" {
			why = c.spend(ch, old, now)
		}
	}
	ch.NotShown = why
}

func (c *comparison) spend(ch *Change, old, now string) string {
	switch {
	case c.lineTotal >= c.limits.Lines:
		return "Not shown: this comparison already has " + count(int64(c.lineTotal)) + " lines. Open the file to compare it alone."
	case time.Now().After(c.until):
		return "Not shown: comparing took too long. Open the file to compare it alone."
	}
	list := hunks(old, now, c.limits.Context)
	if len(list) == 0 {
		if ch.Old == nil || ch.New == nil {
			return "The file is empty."
		}
		return "The text is the same; only the encoding or the byte order mark changed."
	}
	lines := 0
	for _, h := range list {
		lines += len(h.Lines)
	}
	if c.lineTotal+lines > c.limits.Lines {
		return "Not shown: the change has " + count(int64(lines)) + " lines, more than are left for this comparison. Open the file to compare it alone."
	}
	c.lineTotal += lines
	ch.Hunks = list
	for _, h := range list {
		for _, line := range h.Lines {
			switch line.Op {
			case Added:
				ch.AddedLines++
			case Deleted:
				ch.DeletedLines++
			}
		}
	}
	return ""
}

// text gives one side of a change; a side that does not exist is empty.
func (c *comparison) text(a *Archive, f *File) (string, string) {
	if f == nil {
		return "", ""
	}
	if f.Kind == Binary {
		return "", "Binary (" + f.Magic + ", " + size(f.Size) + ")."
	}
	if why := tooMuch(f.Size, f.Lines, f.LongestLine, c.limits); why != "" {
		return "", why
	}
	content, ok := a.Open(f.Path)
	if !ok {
		return "", "Not kept in memory (" + size(f.Size) + "). Open the file to compare it alone."
	}
	return Decode(content, f.Encoding), ""
}
