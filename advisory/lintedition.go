package advisory

import (
	"slices"
	"time"
)

// follows holds a correction against what it corrects: readers and their programs
// know that by its number and first date, and take a text for new only by its
// times.
func (f *found) follows(d Document) {
	if d.Before == "" {
		return
	}
	switch d.Format {
	case Blog:
		if was := postPath.FindString(d.Before); was != "" && postPath.FindString(d.Text) != was {
			f.severe("path-wrong", d.name(), "The post is out under another path, and links to it lead there: keep that one.")
		}
	case RustSec:
		now, err := ParseRustSec(d.Text)
		was, bad := ParseRustSec(d.Before)
		if err != nil || bad != nil {
			return // said of the text itself
		}
		f.sameNumber(d, was.Advisory.ID, now.Advisory.ID, rustSecID)
		if now.Advisory.Date != was.Advisory.Date {
			f.severe("date-changed", d.name(), "It corrects a file of %s and must keep that date: the number's year is that of the date.", oneLine(was.Advisory.Date))
		}
	case OSV:
		now, err := ParseOSV(d.Text)
		was, bad := ParseOSV(d.Before)
		if err != nil || bad != nil {
			return
		}
		f.sameNumber(d, was.ID, now.ID, osvID(d.Crate))
		if now.Published != was.Published {
			f.severe("date-changed", d.name(), "The record was first published at %s and must go on saying so.", oneLine(was.Published))
		}
		if !laterThan(now.Modified, was.Modified) {
			f.severe("modified-not-later", d.name(), "The record before was modified at %s: programs take this one for old unless it says a later time.", oneLine(was.Modified))
		}
	case CSAF20, CSAF21:
		now, err := ParseCSAF(d.Text)
		was, bad := ParseCSAF(d.Before)
		if err == nil && bad == nil {
			f.csafFollows(d, was.Document.Tracking, now.Document.Tracking)
		}
	}
}

// sameNumber lets a placeholder become a number, and nothing else.
func (f *found) sameNumber(d Document, was, now, placeholder string) {
	if was != placeholder && now != was {
		f.severe("id-wrong", d.name(), "It corrects %s and must keep that number.", oneLine(was))
	}
}

func (f *found) csafFollows(d Document, was, now CSAFTracking) {
	if was.Status == "draft" {
		return
	}
	if now.ID != was.ID || now.InitialRelease != was.InitialRelease {
		f.severe("id-wrong", d.name(), "It corrects %s of %s and must keep that ID and first date.", oneLine(was.ID), oneLine(was.InitialRelease))
	}
	if now.Status == "draft" {
		f.severe("history-draft", d.name(), "What was released does not become a draft again.")
	}
	for _, r := range was.History {
		if !slices.Contains(now.History, r) {
			f.severe("history-lost", d.name(), "Revision %s of %s was published, but its history does not have it as it was.", oneLine(r.Number), oneLine(r.Date))
		}
	}
	if len(now.History) <= len(was.History) || now.Version == was.Version || !laterThan(now.CurrentRelease, was.CurrentRelease) {
		f.severe("history-same", d.name(), "It is a new revision: give it the next number, a later date and an entry that says what changed.")
	}
}

// laterThan says that a time is later than another; one that cannot be read is not.
func laterThan(a, b string) bool {
	x, err := time.Parse(time.RFC3339, a)
	y, bad := time.Parse(time.RFC3339, b)
	return err == nil && (bad != nil || x.After(y))
}
