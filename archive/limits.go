package archive

import "time"

// Limits bounds one reading of one archive. The zero value of each field means
// its default, so Limits{} is safe. The contract (publish.md section 6) allows
// an archive 10 MiB packed and 512 MiB unpacked unless raised per crate.
type Limits struct {
	// Compressed is the most bytes taken from the stored file: 64 MiB.
	Compressed int64
	// Unpacked is the most bytes that decompressing may give, tar headers
	// included: 512 MiB. They are streamed, never held.
	Unpacked int64
	// Files is the most files listed: 20,000. Further ones are only counted,
	// except those in the root that mean something to cargo.
	Files int
	// PathBytes is the longest path below the root: 512 bytes.
	PathBytes int
	// Depth is the most components of a path below the root: 64.
	Depth int
	// KeepFile is the largest text file whose content is kept: 1 MiB.
	KeepFile int64
	// KeepTotal is the most content kept of one archive: 64 MiB. Beyond it
	// files are listed and Extract reads them again. The manifest and its
	// companions do not count, so that filler cannot push them out.
	KeepTotal int64
	// ExtractFile is the largest file that Extract returns: 16 MiB.
	ExtractFile int64
	// Time is the longest that one reading may take: 10 seconds. It is
	// checked between reads; the reader given must itself obey the context.
	Time time.Duration
}

func (l Limits) orDefault() Limits {
	return Limits{
		Compressed:  or(l.Compressed, 64<<20),
		Unpacked:    or(l.Unpacked, 512<<20),
		Files:       or(l.Files, 20_000),
		PathBytes:   or(l.PathBytes, 512),
		Depth:       or(l.Depth, 64),
		KeepFile:    or(l.KeepFile, 1<<20),
		KeepTotal:   or(l.KeepTotal, 64<<20),
		ExtractFile: or(l.ExtractFile, 16<<20),
		Time:        or(l.Time, 10*time.Second),
	}
}

// or gives v, or the default when v is zero or senseless.
func or[T int | int64 | time.Duration](v, dflt T) T {
	if v <= 0 {
		return dflt
	}
	return v
}
