package incident

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"cratewarden/ledger"
)

// custody is the chain of custody of a case's evidence.
type custody struct {
	Incident string         `json:"incident"`
	Title    string         `json:"title"`
	TLP      TLP            `json:"tlp"`
	Bundles  []custodyOf    `json:"bundles"`
	Exports  []custodyEntry `json:"exports"` // of the whole case
	entries  []int64        // of the ledger, all that are named
}

// custodyOf is the chain of one bundle.
type custodyOf struct {
	bundleLine
	Incident string         `json:"incident"` // it was sealed for; may be one that was merged
	Reason   string         `json:"reason,omitempty"`
	Checked  *time.Time     `json:"checked_at,omitempty"`
	Check    string         `json:"check,omitempty"` // "whole" or "damaged"
	Erased   bool           `json:"personal_data_erased,omitempty"`
	Sealed   custodyEntry   `json:"sealed"`
	Since    []custodyEntry `json:"since"` // everything the ledger has of it after that
}

// custodyEntry is one entry of the ledger.
type custodyEntry struct {
	Ledger int64             `json:"ledger"`
	At     time.Time         `json:"at"`
	Kind   string            `json:"kind"`
	What   string            `json:"what"`
	Who    string            `json:"who"`
	WhoID  string            `json:"who_id"`
	Reason string            `json:"reason,omitempty"`
	More   map[string]string `json:"details,omitempty"`
}

// custody reads who sealed each bundle and everything that the ledger has of it
// since. The ledger is asked by the bundle itself, so an opening for another case
// is there, too.
func (s *Service) custody(ctx context.Context, c caseFile) (custody, error) {
	out := custody{Incident: c.Incident.ID, Title: c.Incident.Title, TLP: c.Incident.TLP, Bundles: []custodyOf{}, Exports: []custodyEntry{}}
	bundles, err := s.bundlesOf(ctx, c.Incident)
	if err != nil {
		return out, err
	}
	for _, b := range bundles {
		one := custodyOf{Incident: b.Incident, Reason: b.Reason, Erased: b.Erased, Since: []custodyEntry{},
			bundleLine: bundleLine{b.Digest.String(), b.SealedAt.UTC(), cmp.Or(b.Actor.Name, b.Actor.ID), b.Plan, b.Parts, b.Bytes, b.Ledger}}
		if b.Check != nil {
			at := b.Check.At.UTC()
			one.Checked, one.Check = &at, b.Check.Word()
		}
		list, err := s.entries(ctx, ledger.Filter{Subject: ledger.Subject{Kind: "evidence", ID: b.Digest.String()}})
		if err != nil {
			return out, err
		}
		slices.SortFunc(list, func(a, b ledger.Entry) int { return cmp.Compare(a.Index, b.Index) })
		for _, e := range list {
			out.entries = append(out.entries, e.Index)
			if e.Index == b.Ledger {
				one.Sealed = custodyLine(e)
			} else {
				one.Since = append(one.Since, custodyLine(e))
			}
		}
		out.Bundles = append(out.Bundles, one)
	}
	for _, id := range c.Incident.ids() {
		list, err := s.entries(ctx, ledger.Filter{Incident: id, Action: "incident." + ExportEvent})
		if err != nil {
			return out, err
		}
		for _, e := range list {
			out.Exports, out.entries = append(out.Exports, custodyLine(e)), append(out.entries, e.Index)
		}
	}
	slices.SortFunc(out.Exports, func(a, b custodyEntry) int { return cmp.Compare(a.Ledger, b.Ledger) })
	slices.Sort(out.entries)
	out.entries = slices.Compact(out.entries)
	return out, nil
}

func custodyLine(e ledger.Entry) custodyEntry {
	line := custodyEntry{Ledger: e.Index, At: e.At.UTC(), Kind: string(e.Kind), What: e.Action, Who: cmp.Or(e.Actor.Name, e.Actor.ID), WhoID: e.Actor.ID, More: e.Details}
	if e.Reasons != nil {
		line.Reason = cmp.Or(e.Reasons.Internal, e.Reasons.Public)
	}
	return line
}

// words says an entry in words.
func (e custodyEntry) words() string {
	switch {
	case e.Kind == string(ledger.Opening):
		return "opened " + cmp.Or(e.More["part"], "a part with personal data")
	case e.Kind == string(ledger.Erasure):
		return "erased the personal data"
	case e.What == "incident."+ExportEvent:
		return "took the whole case out of the console"
	case e.What == "evidence.seal":
		return "sealed it"
	case e.Kind == string(ledger.Refusal):
		return "was refused: " + e.What
	}
	return e.What
}

func (c custody) markdown() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Chain of custody of %s\n\n%s. **TLP:%s**\n\n", c.Incident, cell(c.Title), cell(string(c.TLP)))
	b.WriteString("Every line below is an entry of the ledger, an append-only log in which no entry can be changed or left out without notice. " +
		"The entries are in the folder ledger, each with its proof. Parts of a bundle without personal data can be read and taken by those who may look at evidence, which is not recorded; " +
		"opening a part with personal data is, and so is every archive like this one. All times are UTC.\n")
	if len(c.Bundles) == 0 {
		b.WriteString("\nNo evidence was sealed for this case.\n")
	}
	for n, one := range c.Bundles {
		fmt.Fprintf(&b, "\n## Bundle %d of %d\n\n| | |\n| --- | --- |\n", n+1, len(c.Bundles))
		checked := "not since it was sealed and read back"
		if one.Checked != nil {
			checked = exactly(*one.Checked) + ", " + one.Check
		}
		for _, row := range [][2]string{
			{"SHA-256 of its manifest", one.SHA256}, {"Sealed", exactly(one.SealedAt)}, {"Sealed by", one.By + " " + bracketed(one.Sealed.WhoID, "")},
			{"For", strings.TrimSpace(one.Incident + " " + one.Plan)}, {"Reason", one.Reason}, {"Ledger entry", strconv.FormatInt(one.Ledger, 10)},
			{"Parts", strconv.Itoa(one.Parts)}, {"Bytes", strconv.FormatInt(one.Bytes, 10)}, {"Last verified", checked}, {"In this archive", "evidence/" + one.SHA256 + ".tar"},
		} {
			if row[1] != "" {
				fmt.Fprintf(&b, "| %s | %s |\n", row[0], cell(row[1]))
			}
		}
		if one.Erased {
			b.WriteString("| Personal data | erased; nobody can read it any more |\n")
		}
		custodyTable(&b, "Since it was sealed", "Nobody opened it or took it out.", one.Since)
	}
	custodyTable(&b, "The whole case was taken out", "Never.", c.Exports)
	return b.Bytes()
}

func custodyTable(b *bytes.Buffer, title, empty string, list []custodyEntry) {
	table(b, title, empty, []string{"Time (UTC)", "Who", "What", "Reason", "Entry"}, len(list), func(n int) []string {
		e := list[n]
		return []string{exactly(e.At), e.Who + " " + bracketed(e.WhoID, e.Who), e.words(), e.Reason, strconv.FormatInt(e.Ledger, 10)}
	})
}
