package advisory

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Edition says what is known of the next publication of a document beyond the
// facts.
type Edition struct {
	// At is when it is made. It is told where a form tells when it changed; the
	// facts' own time is told where it is later.
	At time.Time
	// What changed, for readers, in a sentence; "" says what the two texts show.
	What string
	// Number is what the receiver's database called the first publication, such as
	// "RUSTSEC-2026-0260"; "" while nobody knows.
	Number string
}

// Next makes what the facts give now into the publication that follows one which
// is out already: under the same number, with the same date of first publication
// and with everything that was published before in its history. before is the text
// that went out last, as it went out. Forms that keep no account of themselves,
// and texts that cannot be read, stay as they are; the lint says what they lack.
func Next(d Document, before string, e Edition) Document {
	switch d.Format {
	case RustSec:
		return nextRustSec(d, before, e)
	case OSV:
		return nextOSV(d, before, e)
	case CSAF20, CSAF21:
		return nextCSAF(d, before, e)
	case Blog:
		return nextBlog(d, before)
	}
	return d
}

// Same says that two texts of a form tell the same: they differ in nothing but
// numbers and the times at which they were made or counted.
func Same(f Format, a, b string) bool {
	return a == b || timeless(f, a) == timeless(f, b)
}

var (
	// madeAt are the fields by which a form of JSON says when it was made and as
	// what it is published.
	madeAt = map[Format]*regexp.Regexp{
		OSV:  regexp.MustCompile(`"(?:modified|published|id)": "[^"]*"`),
		List: regexp.MustCompile(`"as_of": "[^"]*"`),
		// No string of JSON holds a bare end of a line.
		CSAF20: tracked, CSAF21: tracked,
	}
	tracked = regexp.MustCompile(`(?s)"revision_history": \[.*?\n\s*\]|"(?:current_release_date|initial_release_date|version|status|id)": "[^"]*"`)
	// countedAt says of when a number or a text is.
	countedAt = regexp.MustCompile(`\b([Aa]s\s+of)\s+\d{4}-\d\d-\d\d\s+\d\d:\d\d:\d\d\s+UTC`)
	// tomlAt are the lines of a RustSec file that a number or the first date change.
	tomlAt   = regexp.MustCompile(`(?m)^(?:id|date) = "[^"\n]*"$`)
	tomlDate = regexp.MustCompile(`(?m)^date = "[^"\n]*"$`)
	tomlID   = regexp.MustCompile(`(?m)^id = "[^"\n]*"$`)
)

// timeless leaves out of a text what changes without a fact having changed.
func timeless(f Format, text string) string {
	if f == RustSec {
		text = tomlAt.ReplaceAllString(text, "")
	} else if f == Blog {
		text = postPath.ReplaceAllString(text, "")
	} else if fields := madeAt[f]; fields != nil {
		text = fields.ReplaceAllString(text, "")
	}
	// A line is broken where it is full, and that moves with what was left out.
	return strings.Join(strings.Fields(countedAt.ReplaceAllString(text, "$1")), " ")
}

// numbers of the two databases, once their editors or robots gave one.
var (
	rustSecNumber = regexp.MustCompile(`RUSTSEC-[0-9]{4}-[0-9]{4}`)
	osvNumber     = regexp.MustCompile(`MAL-[0-9]{4}-[0-9]+`)
)

// NumberIn finds the number that a database gave a document, in the address of
// its page or in its text; "" when none is there.
func NumberIn(f Format, text string) string {
	find := map[Format]*regexp.Regexp{RustSec: rustSecNumber, OSV: osvNumber}[f]
	if find == nil {
		return ""
	}
	for _, number := range find.FindAllString(text, -1) {
		if !strings.HasPrefix(number, "RUSTSEC-0000-") && !strings.HasPrefix(number, "MAL-0000-") {
			return number
		}
	}
	return ""
}

// PathOf is where a document belongs by what its text calls itself: editors give
// numbers, and the file's name follows.
func PathOf(d Document) string {
	folder, _, _ := cutLast(d.Path)
	switch d.Format {
	case RustSec:
		if r, err := ParseRustSec(d.Text); err == nil {
			if number := r.Advisory.ID; number == rustSecID || rustSecNumber.FindString(number) == number && number != "" {
				return folder + number + ".md"
			}
		}
	case OSV:
		if r, err := ParseOSV(d.Text); err == nil {
			if number := r.ID; number == osvID(d.Crate) || osvNumber.FindString(number) == number && number != "" {
				return folder + number + ".json"
			}
		}
	}
	return d.Path
}

// cutLast parts a path before its last name.
func cutLast(path string) (folder, name string, found bool) {
	at := strings.LastIndexByte(path, '/')
	return path[:at+1], path[at+1:], at >= 0
}

// nextRustSec keeps number and date: the database knows the day of a file's last
// change from its own history, and the year of a number is that of the date.
func nextRustSec(d Document, before string, e Edition) Document {
	was, err := ParseRustSec(before)
	if err != nil {
		return d
	}
	number := was.Advisory.ID
	if number == rustSecID {
		number = or(NumberIn(RustSec, e.Number), rustSecID)
	}
	head, body, ok := strings.Cut(d.Text, "\n```\n")
	if !ok || rustSecNumber.FindString(number) != number || number == "" {
		return d
	}
	if _, ok := dated(was.Advisory.Date); ok {
		head = tomlDate.ReplaceAllLiteralString(head, "date = "+quoted(was.Advisory.Date))
	}
	head = tomlID.ReplaceAllLiteralString(head, "id = "+quoted(number))
	d.Text = head + "\n```\n" + body
	d.Path = PathOf(d)
	return d
}

// postPath is the line of a post that its address is made of. Only the first one of
// a text is in the lines between +++.
var postPath = regexp.MustCompile(`(?m)\A\+\+\+\npath = "[^"\n]*"$`)

// nextBlog keeps the post's address, which has the day of its first publication.
func nextBlog(d Document, before string) Document {
	if was := postPath.FindString(before); was != "" {
		d.Text = postPath.ReplaceAllLiteralString(d.Text, was)
	}
	return d
}

// nextOSV keeps the number and when the record was first published; it was
// modified later than before.
func nextOSV(d Document, before string, e Edition) Document {
	was, err := ParseOSV(before)
	if err != nil {
		return d
	}
	r, ok := rewritable[OSVRecord](d.Text)
	if !ok {
		return d
	}
	if r.ID = was.ID; r.ID == osvID(d.Crate) {
		r.ID = or(NumberIn(OSV, e.Number), osvID(d.Crate))
	}
	r.Aliases = was.Aliases
	r.Published = or(was.Published, r.Published)
	r.Modified = later(r.Modified, was.Modified, e.At)
	if d.Text, err = asJSON(r); err == nil {
		d.Path = PathOf(d)
	}
	return d
}

// rewritable reads a text of ours; ok says that writing it anew gives the same
// bytes, so that nothing which a person added would be lost.
func rewritable[T any](text string) (out T, ok bool) {
	if json.Unmarshal([]byte(text), &out) != nil {
		return out, false
	}
	again, err := asJSON(out)
	return out, err == nil && again == text
}

// later is the time of a publication: that of the facts or that of its making,
// whichever was last, and in any case after the one before.
func later(facts, before string, made time.Time) string {
	at := made
	if t, err := time.Parse(time.RFC3339, facts); err == nil && t.After(at) {
		at = t
	}
	if t, err := time.Parse(time.RFC3339, before); err == nil && !at.Truncate(time.Second).After(t) {
		at = t.Add(time.Second)
	}
	return zulu(at)
}

// nextCSAF puts what was published before into the history. A draft that went out
// early leaves no trace there: the standard wants a released document to begin
// with its first release.
func nextCSAF(d Document, before string, e Edition) Document {
	was, err := ParseCSAF(before)
	if err != nil || len(was.Document.Tracking.History) == 0 {
		return d
	}
	c, ok := rewritable[CSAFDocument](d.Text)
	if !ok {
		return d
	}
	t, old := &c.Document.Tracking, was.Document.Tracking
	if old.Status == "draft" {
		return d
	}
	number, ok := nextNumber(old.Version)
	if !ok {
		return d
	}
	what := or(oneLine(e.What), csafChanges(was, c))
	if t.Status == "draft" {
		// What was released does not become a draft again.
		t.Status = "interim"
		what = strings.TrimSpace(what + " Some bad versions can still be downloaded.")
	}
	at := later(t.CurrentRelease, old.CurrentRelease, e.At)
	t.ID, t.InitialRelease, t.CurrentRelease, t.Version = old.ID, old.InitialRelease, at, number
	t.History = append(slices.Clone(old.History), CSAFRevision{Date: at, Number: number, Summary: what})
	if d.Text, err = asJSON(c); err == nil {
		d.Path = csafPath(c)
	}
	return d
}

// nextNumber is the version after one: the next whole number, or the next minor
// one where somebody numbers as Semantic Versioning does.
func nextNumber(version string) (string, bool) {
	parts := strings.Split(version, ".")
	at := 0
	switch len(parts) {
	case 1:
	case 3:
		at, parts[2] = 1, "0"
	default:
		return "", false
	}
	n, err := strconv.ParseInt(parts[at], 10, 32)
	if err != nil || n < 0 {
		return "", false
	}
	parts[at] = strconv.FormatInt(n+1, 10)
	return strings.Join(parts, "."), true
}

// csafChanges says in a sentence or two what a document tells that the one before
// did not.
func csafChanges(was, now CSAFDocument) string {
	had, has := was.affected(), now.affected()
	var out []string
	if list := missing(has, had); len(list) > 0 {
		out = append(out, "Bad versions added: "+few(list)+".")
	}
	if list := missing(had, has); len(list) > 0 {
		out = append(out, "No longer called bad: "+few(list)+".")
	}
	if was.Document.Tracking.Status != "final" && now.Document.Tracking.Status == "final" {
		out = append(out, "All figures are confirmed.")
	}
	if len(out) == 0 {
		return "Texts or figures corrected."
	}
	return strings.Join(out, " ")
}

// affected are the products that a document calls bad, in its order.
func (d CSAFDocument) affected() (out []string) {
	for _, w := range d.Vulnerabilities {
		for _, id := range w.Status.Affected {
			out = append(out, oneLine(id))
		}
	}
	return out
}

// missing gives what is in one list and not in the other.
func missing(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(other, s) })
}

// few names some of a list, and how many more there are.
func few(list []string) string {
	const most = 5
	if len(list) <= most {
		return and(list)
	}
	return strings.Join(list[:most], ", ") + " and " + count(int64(len(list)-most), "more", "more")
}
