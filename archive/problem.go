package archive

import (
	"fmt"
	"strconv"
	"strings"

	"cratewarden"
)

// ProblemKind names one thing that can be wrong with an archive.
type ProblemKind string

// The kinds. Those that concern the whole archive have no path.
const (
	ProblemNotGzip     ProblemKind = "not_gzip"
	ProblemDamaged     ProblemKind = "damaged"
	ProblemTruncated   ProblemKind = "truncated"
	ProblemTooLarge    ProblemKind = "too_large"
	ProblemTooMany     ProblemKind = "too_many_files"
	ProblemRatio       ProblemKind = "ratio"
	ProblemTrailing    ProblemKind = "trailing_data"
	ProblemNoEnd       ProblemKind = "no_end_mark"
	ProblemHeader      ProblemKind = "bad_header"
	ProblemHugeHeader  ProblemKind = "huge_header"
	ProblemAmbiguous   ProblemKind = "ambiguous"
	ProblemSize        ProblemKind = "size_mismatch"
	ProblemAbsolute    ProblemKind = "absolute_path"
	ProblemTraversal   ProblemKind = "traversal"
	ProblemOutside     ProblemKind = "outside_root"
	ProblemNotUTF8     ProblemKind = "name_not_utf8"
	ProblemPathLong    ProblemKind = "path_too_long"
	ProblemPathDeep    ProblemKind = "path_too_deep"
	ProblemUnclean     ProblemKind = "path_not_clean"
	ProblemOddName     ProblemKind = "odd_name"
	ProblemWindowsName ProblemKind = "windows_name"
	ProblemLink        ProblemKind = "link"
	ProblemDevice      ProblemKind = "device"
	ProblemSpecial     ProblemKind = "special_entry"
	ProblemSparse      ProblemKind = "sparse"
	ProblemMode        ProblemKind = "mode"
	ProblemDuplicate   ProblemKind = "duplicate"
	ProblemCase        ProblemKind = "case_clash"
	ProblemFolder      ProblemKind = "file_and_folder"
	ProblemManifests   ProblemKind = "many_manifests"
	ProblemNoManifest  ProblemKind = "no_manifest"
	ProblemManifest    ProblemKind = "bad_manifest"
	ProblemIdentity    ProblemKind = "other_package"
	ProblemVCS         ProblemKind = "bad_vcs_info"
)

// Grave says whether the registry refuses such an archive at publish, or
// programs may read it differently, or part of it could not be read. The
// others are merely unusual.
func (k ProblemKind) Grave() bool {
	switch k {
	case ProblemRatio, ProblemNoEnd, ProblemUnclean, ProblemOddName, ProblemWindowsName,
		ProblemMode, ProblemVCS:
		return false
	default:
		return true
	}
}

// Problem is one thing that is wrong with an archive.
type Problem struct {
	Kind ProblemKind
	// Path is the entry's name made safe to print (see Visible) and cut to a
	// readable length; empty when the whole archive is meant.
	Path string
	// Sentence says what is wrong, for people. It holds nothing unprintable.
	Sentence string
}

// Grave is the gravity of its kind.
func (p Problem) Grave() bool { return p.Kind.Grave() }

// problemsPerKind is how many problems of one kind are spelled out. An archive
// of 100,000 bad entries would otherwise fill the page that reports it.
const problemsPerKind = 20

// problems collects within that bound.
type problems struct {
	list   []Problem
	counts map[ProblemKind]int
}

func (p *problems) add(kind ProblemKind, name, format string, args ...any) {
	if p.counts == nil {
		p.counts = map[ProblemKind]int{}
	}
	p.counts[kind]++
	if p.counts[kind] > problemsPerKind {
		return
	}
	p.list = append(p.list, Problem{kind, shown(name), fmt.Sprintf(format, args...)})
}

// done gives the list, with one closing line per kind that had more.
func (p *problems) done() []Problem {
	list := p.list
	for _, one := range p.list {
		if n := p.counts[one.Kind] - problemsPerKind; n > 0 {
			p.counts[one.Kind] = 0
			list = append(list, Problem{Kind: one.Kind, Sentence: "The same problem stands in " + plural(int64(n), "more place") + "."})
		}
	}
	return list
}

// shown makes a name from an archive fit for a sentence.
func shown(name string) string {
	const most = 200
	if len(name) > most {
		return Visible(name[:most]) + "…"
	}
	return Visible(name)
}

// count writes a number with commas between thousands.
func count(n int64) string { return cratewarden.Thousands(n) }

// size writes a number of bytes with its unit.
func size(n int64) string {
	switch {
	case n >= 1<<30:
		return unit(n, 1<<30, "GiB")
	case n >= 1<<20:
		return unit(n, 1<<20, "MiB")
	case n >= 1<<10:
		return unit(n, 1<<10, "KiB")
	default:
		return plural(n, "byte")
	}
}

func unit(n, of int64, name string) string {
	return strings.TrimSuffix(strconv.FormatFloat(float64(n)/float64(of), 'f', 1, 64), ".0") + " " + name
}

// plural writes a number with the word for it.
func plural(n int64, one string) string { return cratewarden.Amount(n, one, one+"s") }
