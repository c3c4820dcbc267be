package dossier

import (
	"encoding/hex"
	"strconv"
	"strings"

	"cratewarden"
	"cratewarden/archive"
	"cratewarden/registry/files"
)

// The states of a check, and the facts that other parts look for.
const (
	stateEqual     = "equal"
	stateDifferent = "different"
	stateMissing   = "missing"
	stateUnchecked = "unchecked"

	factSHA256    = "SHA-256"
	factIndexLine = "index line"
)

func (s *Service) checksAbsent() string {
	if s.cfg.Index == nil && s.cfg.Static == nil {
		return "No storage is configured, so nothing can be compared with the database."
	}
	return ""
}

// checks compares what database, index and stored file say of the version.
func (f *versionFacts) checks() []Check {
	return append([]Check{f.checkHash(), f.checkSize()}, f.checkLine()...)
}

// checkHash compares the checksum that cargo verifies downloads by.
func (f *versionFacts) checkHash() Check {
	c := Check{Fact: factSHA256, Database: hex.EncodeToString(f.row.SHA256), File: f.archives[0].hash()}
	if f.index.line != nil {
		c.Index = archive.Visible(clip(f.index.line.Cksum, 100))
	}
	var notes []string
	differs := c.File != "" && c.File != c.Database
	switch {
	case differs:
		notes = append(notes, "The stored file is not the one that was published; cargo refuses it if the index has the published checksum.")
	case c.File == "" && f.archives[0].archive != nil:
		notes = append(notes, "The stored file is larger than what is read, so its checksum is not known.")
	case c.File == "":
		notes = append(notes, f.archives[0].note())
	}
	if c.Index != "" && c.Index != c.Database {
		differs = true
		notes = append(notes, "The index tells cargo another checksum than the database has; every download fails, or another file is accepted.")
	} else if c.Index == "" {
		notes = append(notes, f.indexNote())
	}
	c.State = state(differs, cratewarden.KindOf(f.archives[0].err) == cratewarden.NotFound, c.Index == "" && c.File == "")
	if len(notes) == 0 {
		notes = append(notes, "Database, index and stored file agree.")
	}
	c.Note = joined(notes)
	return c
}

func (f *versionFacts) checkSize() Check {
	stored := f.archives[0]
	c := Check{Fact: "size", Database: bytesWord(int64(f.row.Size))}
	size := stored.info.Size
	if stored.archive != nil && stored.archive.Whole {
		size = stored.archive.Compressed
	}
	// Before Stat has answered, the size is 0; a web server may not say it.
	known := stored.info.Key != "" && size >= 0
	if known {
		c.File = bytesWord(size)
	}
	c.State = state(known && size != int64(f.row.Size), cratewarden.KindOf(stored.err) == cratewarden.NotFound, !known)
	switch c.State {
	case stateDifferent:
		c.Note = "The stored file has another length than the one that was published."
	case stateEqual:
		c.Note = "The stored file is as long as the one that was published."
	default:
		c.Note = stored.note()
	}
	return c
}

func bytesWord(n int64) string { return strconv.FormatInt(n, 10) + " bytes" }

func state(different, missing, unchecked bool) string {
	switch {
	case different:
		return stateDifferent
	case missing:
		return stateMissing
	case unchecked:
		return stateUnchecked
	}
	return stateEqual
}

func joined(notes []string) string {
	return strings.TrimSpace(strings.Join(notes, " "))
}

func (f *versionFacts) indexNote() string {
	switch {
	case f.index.line != nil:
		return ""
	case f.index.read:
		return "The index has no line for this version, so cargo does not know it."
	}
	return f.index.trouble
}

// checkLine compares the index line with the one the registry would write now.
// A time of publish is expected only where the stored line has one, since that
// is a setting of the registry.
func (f *versionFacts) checkLine() []Check {
	line := Check{Fact: factIndexLine, Database: "present"}
	groups := []Check{
		{Fact: "yanked", Database: strconv.FormatBool(f.row.Yanked)}, {Fact: "dependencies", Database: counted(len(f.core.Dependencies), "dependency row")},
		{Fact: "features", Database: counted(len(f.row.Features), "feature")}, {Fact: "other index fields"},
	}
	if f.index.line == nil {
		line.State, line.Note = state(false, f.index.read, true), f.indexNote()
		for i := range groups {
			groups[i].State, groups[i].Note = line.State, line.Note
		}
		return append([]Check{line}, groups...)
	}
	line.Index, line.State, line.Note = "present", stateEqual, strings.TrimSpace("The index has the version. "+f.index.trouble)
	stored := *f.index.line
	groups[0].Index = strconv.FormatBool(stored.Yanked)
	groups[1].Index = counted(len(stored.Deps), "dependency line")
	groups[2].Index = counted(len(stored.Features)+len(stored.Features2), "feature")
	for i := range groups {
		groups[i].State = stateEqual
	}
	for _, d := range files.CompareLine(stored, f.builtLine(stored.PubTime != "")) {
		if d.Field == "cksum" {
			continue // has a check of its own
		}
		c := &groups[lineGroup(d.Field)]
		c.State = stateDifferent
		if c.Note == "" {
			c.Note = "Index and database disagree; writing the index again settles it. "
		}
		c.Note = clip(c.Note+archive.Visible(d.Sentence("the index", "the database"))+". ", 1500)
	}
	for i := range groups {
		groups[i].Note = strings.TrimSpace(groups[i].Note)
		if groups[i].State == stateEqual {
			groups[i].Note = "Index and database agree."
		}
	}
	return append([]Check{line}, groups...)
}

func lineGroup(field string) int {
	switch {
	case field == "yanked":
		return 0
	case field == "deps", strings.HasPrefix(field, "deps."):
		return 1
	case strings.HasPrefix(field, "features"):
		return 2
	}
	return 3
}

func (f *versionFacts) builtLine(withTime bool) files.Line {
	deps := make([]files.DependencyFacts, len(f.core.Dependencies))
	for i, d := range f.core.Dependencies {
		deps[i] = d.IndexFacts()
	}
	return files.BuildLine(f.crate.Name, f.row.IndexFacts(withTime), deps)
}

// checksumWords says in one phrase how index and file compare with the
// database.
func (f *versionFacts) checksumWords(hash Check) string {
	equal, other := []string{"database"}, []string{}
	for _, place := range []struct{ name, value string }{{"index", hash.Index}, {"file", hash.File}} {
		switch place.value {
		case "":
			other = append(other, place.name+" not read")
		case hash.Database:
			equal = append(equal, place.name)
		default:
			other = append(other, place.name+" DIFFERS")
		}
	}
	if hash.Index == "" && f.index.read {
		other[0] = "not in the index"
	}
	if hash.State == stateMissing {
		other[len(other)-1] = "no stored file"
	}
	if len(equal) > 1 {
		other = append([]string{strings.Join(equal, " = ")}, other...)
	}
	return strings.Join(other, "; ")
}
