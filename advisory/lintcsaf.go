package advisory

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// csaf holds a document against the rules of the profile "security incident
// response" and of tracking that the JSON schema does not express, and against
// the sheet.
func (f *found) csaf(s Sheet, d Document) {
	c, err := ParseCSAF(d.Text)
	if err != nil {
		f.severe("unreadable", d.name(), "%s.", sentenceCase(err.Error()))
		return
	}
	h := c.Document
	if h.Category != csafIncident {
		f.severe("category-missing", d.name(), "The category is %q; it must be %s.", oneLine(h.Category), csafIncident)
	}
	if want := strings.TrimPrefix(string(d.Format), "csaf-"); h.Version != want {
		f.severe("version-wrong", d.name(), "It says that it is CSAF %q; it must be %s.", oneLine(h.Version), want)
	}
	if !slices.ContainsFunc(h.Notes, func(n CSAFNote) bool {
		return slices.Contains([]string{"description", "details", "general", "summary"}, n.Category) && strings.TrimSpace(n.Text) != ""
	}) {
		f.severe("note-missing", d.name(), "The profile wants a note that is a description, details, general or a summary.")
	}
	if !slices.ContainsFunc(h.References, func(r CSAFReference) bool { return r.Category == "external" }) {
		f.severe("reference-missing", d.name(), "The profile wants an external reference.")
	}
	f.csafLabel(s, d, c)
	f.csafHistory(d, h.Tracking)
	f.csafProducts(s, d, c)
	if d.Path != csafPath(c) {
		f.severe("path-wrong", d.name(), "It belongs to %s.", csafPath(c))
	}
	if down := s.lastTakedown(); !down.IsZero() {
		if t, err := time.Parse(time.RFC3339, h.Tracking.CurrentRelease); err == nil && t.Before(down) {
			f.severe("date-before-takedown", d.name(), "It is dated %s, but the takedown was at %s.", h.Tracking.CurrentRelease, stampUTC(down))
		}
	}
}

func (f *found) csafLabel(s Sheet, d Document, c CSAFDocument) {
	v := csaf20
	if d.Format == CSAF21 {
		v = csaf21
		if c.Schema != csafSchema {
			f.severe("schema-missing", d.name(), "Version 2.1 wants $schema to be %s.", csafSchema)
		}
	}
	want := csafDistribution(s.TLP, v).TLP.Label
	if c.Document.Distribution == nil || c.Document.Distribution.TLP.Label != want {
		f.severe("tlp-wrong", d.name(), "The case is TLP:%s, so the label must be %s.", or(oneLine(s.TLP), "(none)"), want)
	}
}

// csafHistory are the standard's own tests of versions: the history is in order,
// its last number is the document's, a draft's is 0 and no other's is.
func (f *found) csafHistory(d Document, t CSAFTracking) {
	if len(t.History) == 0 {
		f.severe("history-missing", d.name(), "The history of revisions is empty.")
		return
	}
	f.zuluTime(d, t.InitialRelease, true)
	f.zuluTime(d, t.CurrentRelease, true)
	for i, r := range t.History {
		f.zuluTime(d, r.Date, true)
		if i > 0 && r.Date < t.History[i-1].Date {
			f.severe("history-order", d.name(), "The revisions are not in order of time.")
		}
		if slices.ContainsFunc(t.History[:i], func(o CSAFRevision) bool { return o.Number == r.Number }) {
			f.severe("history-order", d.name(), "The number %s is there twice.", oneLine(r.Number))
		}
		if n, err := strconv.Atoi(r.Number); err == nil && (i == 0 && n > 1 || i > 0 && t.History[i-1].Number != strconv.Itoa(n-1)) {
			f.severe("history-order", d.name(), "Whole numbers begin with 1 and leave none out, but revision %s stands at place %d.", oneLine(r.Number), i+1)
		}
		if strings.TrimSpace(r.Summary) == "" {
			f.severe("history-missing", d.name(), "Revision %s does not say what changed.", oneLine(r.Number))
		}
		if t.Status != "draft" && (r.Number == "0" || strings.HasPrefix(r.Number, "0.")) {
			f.severe("history-draft", d.name(), "A document that is out has no revision 0.")
		}
	}
	last := t.History[len(t.History)-1]
	if last.Number != t.Version || last.Date != t.CurrentRelease || t.History[0].Date != t.InitialRelease {
		f.severe("history-order", d.name(), "The document's number and dates are not those of its history.")
	}
	if t.Status == "draft" && t.Version != "0" && !strings.HasPrefix(t.Version, "0.") && !strings.Contains(t.Version, "-") {
		f.severe("history-draft", d.name(), "A draft has the number 0.")
	}
}
