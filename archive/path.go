package archive

import (
	"strings"
	"unicode/utf8"
)

// member judges an entry's name. It gives the clean path below the root and
// whether the entry may be listed at all; everything odd goes to note. The
// root itself gives an empty path.
func member(name, root string, limits Limits, note func(ProblemKind, string)) (string, bool) {
	switch {
	case !utf8.ValidString(name):
		note(ProblemNotUTF8, "The name is not UTF-8. The registry refuses it; the entry is not listed.")
	case strings.ContainsRune(name, 0):
		note(ProblemOddName, "The name holds a NUL character, where programs cut it off differently. The entry is not listed.")
	case strings.HasPrefix(name, "/"), strings.HasPrefix(name, `\`), drive(name):
		note(ProblemAbsolute, "The path is absolute: it would be written outside the crate's folder. The entry is not listed.")
	case climbs(name):
		note(ProblemTraversal, "The path climbs out with “..”. The registry refuses it; the entry is not listed.")
	default:
		return below(name, root, limits, note)
	}
	return "", false
}

func below(name, root string, limits Limits, note func(ProblemKind, string)) (string, bool) {
	first, rest, _ := strings.Cut(name, "/")
	if first != root {
		note(ProblemOutside, "The path does not begin with “"+shown(root)+"/”. The registry refuses it; the entry is not listed.")
		return "", false
	}
	if len(rest) > limits.PathBytes {
		note(ProblemPathLong, "The path has "+count(int64(len(rest)))+" bytes; at most "+count(int64(limits.PathBytes))+" are shown. The entry is not listed.")
		return "", false
	}
	parts := strings.Split(strings.TrimSuffix(rest, "/"), "/")
	kept := parts[:0:0]
	for _, part := range parts {
		if part != "" && part != "." {
			kept = append(kept, part)
		}
	}
	if len(kept) > limits.Depth {
		note(ProblemPathDeep, "The path is "+count(int64(len(kept)))+" folders deep; at most "+count(int64(limits.Depth))+" are shown. The entry is not listed.")
		return "", false
	}
	path := strings.Join(kept, "/")
	if len(kept) != len(parts) && rest != "" {
		note(ProblemUnclean, "The path has empty or “.” components; it is listed as “"+shown(path)+"”.")
	}
	if Visible(path) != path {
		note(ProblemOddName, "The name has control, bidirectional or invisible characters; they are shown by their codes.")
	}
	for _, part := range kept {
		if windows(part) {
			note(ProblemWindowsName, "The name means something else on Windows.")
			break
		}
	}
	return path, true
}

// climbs says whether a component is "..", with either slash.
func climbs(name string) bool {
	for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '/' || r == '\\' }) {
		if part == ".." {
			return true
		}
	}
	return false
}

func drive(name string) bool {
	return len(name) >= 2 && name[1] == ':' && (name[0]|0x20) >= 'a' && (name[0]|0x20) <= 'z'
}

// windows says whether a component is a device, a stream or another name there.
func windows(part string) bool {
	if strings.ContainsAny(part, `\:`) || strings.HasSuffix(part, ".") || strings.HasSuffix(part, " ") {
		return true
	}
	stem, _, _ := strings.Cut(strings.ToLower(part), ".")
	switch stem {
	case "con", "prn", "aux", "nul":
		return true
	}
	return len(stem) == 4 && (strings.HasPrefix(stem, "com") || strings.HasPrefix(stem, "lpt")) && stem[3] >= '1' && stem[3] <= '9'
}
