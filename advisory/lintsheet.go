package advisory

import (
	"strings"
)

// LintSheet says what a sheet lacks before anything is made from it.
func LintSheet(s Sheet) []Problem {
	var f found
	if s.AsOf.IsZero() {
		f.severe("date-missing", "sheet", "Say of when the facts are.")
	}
	told := 0
	for _, c := range s.Crates {
		if c.told() {
			told++
		}
		f.crate(s, c)
	}
	if told == 0 {
		f.severe("crates-missing", "sheet", "Name at least one bad version or deleted crate.")
	}
	for _, fig := range s.figures() {
		f.figure(s, fig)
	}
	if s.UsedInTheWild != nil && strings.TrimSpace(s.UseNote) == "" {
		f.severe("use-unfounded", "use", "The sheet says whether the code was used, but not on what that rests: name the logs and what they show, or leave it open.")
	}
	if s.UsedInTheWild == nil {
		for _, t := range s.texts() {
			if words := saysUse(t.text); words != "" {
				f.severe("use-without-evidence", t.where, "%q says something of use, but nobody has found out: enter what is known of use with its source, or take it out.", words)
			}
		}
	}
	if len(s.Finder) == 0 && len(s.Links) == 0 {
		f.severe("source-missing", "sheet", "Name who found it or one link: records for other databases need either.")
	}
	for _, l := range s.Links {
		if !strings.HasPrefix(address(l.URL), "https://") {
			f.severe("link-unsafe", "link "+l.Title, "%q is left out: write a whole address that begins with https://.", oneLine(l.URL))
		}
	}
	if s.RemovedAt != nil {
		for _, c := range s.Crates {
			if down := c.takenDown(); down.After(*s.RemovedAt) {
				f.severe("date-before-takedown", c.Name, "The case says that all was removed at %s, this crate only at %s.", stampUTC(*s.RemovedAt), stampUTC(down))
			}
		}
	}
	return f
}

func (f *found) crate(s Sheet, c Crate) {
	if err := safe(c); err != nil {
		f.severe("name-invalid", c.Name, "%s", err.Error())
	}
	if !c.told() {
		f.advice("versions-missing", c.Name, "No version of it is named bad and it is not deleted, so nothing is told of it.")
		return
	}
	if len(c.Bad) == 0 {
		f.severe("window-missing", c.Name, "The crate is deleted, but none of its versions is named: readers cannot know when it was there.")
	}
	if strings.TrimSpace(s.behaviour(c)) == "" {
		f.severe("behaviour-missing", c.Name, "Say in a sentence what the bad code does.")
	}
	for _, v := range c.Bad {
		f.version(s, c, v)
	}
	for _, good := range c.Good {
		for _, v := range c.Bad {
			if compareVersions(good, v.Num) == 0 && !c.Deleted {
				f.severe("range-wrong", c.Name+" "+v.Num, "The version is called good and bad at once.")
			}
		}
	}
}

func (f *found) version(s Sheet, c Crate, v Version) {
	where := c.Name + " " + v.Num
	switch {
	case v.Published.IsZero():
		f.severe("published-missing", where, "Enter when it was published.")
	case v.Gone().IsZero():
	case v.Gone().Before(v.Published) || !v.Removed.IsZero() && v.Removed.Before(v.Published):
		f.severe("times-order", where, "It was taken down before it was published: correct one of the times.")
	}
	if v.Gone().IsZero() {
		f.severe("removed-missing", where, "It has neither a time of holding nor of removal: while it can be downloaded nothing is published of it.")
	}
	if v.Gone().After(s.AsOf) && !s.AsOf.IsZero() {
		f.severe("date-before-takedown", where, "The facts are of %s, before the takedown at %s.", stampUTC(s.AsOf), stampUTC(v.Gone()))
	}
	switch {
	case v.SHA256 == "":
		f.severe("hash-missing", where, "Enter the SHA-256 of its file: people look for it in caches and lock files.")
	case !sha256Hex.MatchString(v.SHA256):
		f.severe("hash-wrong", where, "%q is no SHA-256: 64 letters of hex.", oneLine(v.SHA256))
	}
	if v.Downloads == nil {
		f.advice("figure-missing", where, "How often it was downloaded is not known yet.")
	}
}

func (f *found) figure(s Sheet, fig placed) {
	if strings.TrimSpace(fig.Method) == "" {
		f.severe("figure-without-method", fig.where, "Say how the number was counted.")
	}
	if fig.AsOf.IsZero() {
		f.severe("figure-without-date", fig.where, "Say of when the number is.")
	}
	if fig.AsOf.After(s.AsOf) && !s.AsOf.IsZero() {
		f.severe("figure-date-wrong", fig.where, "The number is of %s, later than the sheet.", stampUTC(fig.AsOf))
	}
	if fig.Value < 0 {
		f.severe("figure-wrong", fig.where, "%d is no count.", fig.Value)
	}
	if fig.Confirmed && fig.Query == "" {
		f.advice("figure-without-query", fig.where, "A confirmed number should name the query that gave it.")
	}
}
