package advisory

import (
	"strings"
	"time"
)

// csafVersion is a version of the standard.
type csafVersion string

const (
	csaf20 csafVersion = "2.0"
	csaf21 csafVersion = "2.1"
)

// csafIncident is the profile of all our documents.
const csafIncident = "csaf_security_incident_response"

// csafSchema is what a document of 2.1 names as its schema.
const csafSchema = "https://docs.oasis-open.org/csaf/csaf/v2.1/schema/csaf.json"

// csafOf gives the writer of a version: one document for the whole case, in the
// profile "security incident response".
func csafOf(v csafVersion) writer {
	return func(s Sheet) ([]Document, error) {
		d := CSAFDocument{Document: csafHead(s, v), Tree: &CSAFTree{}}
		if v == csaf21 {
			d.Schema = csafSchema
		}
		for _, c := range s.Crates {
			if !c.told() {
				continue
			}
			if err := safe(c); err != nil {
				return nil, err
			}
			d.Tree.Names = append(d.Tree.Names, csafProducts(s, c, v)...)
			d.Vulnerabilities = append(d.Vulnerabilities, csafWeakness(s, c, v))
		}
		if len(d.Tree.Names) == 0 {
			d.Tree = nil
		}
		text, err := asJSON(d)
		if err != nil {
			return nil, err
		}
		format := CSAF20
		if v == csaf21 {
			format = CSAF21
		}
		return []Document{{Format: format, Type: "application/json", Path: csafPath(d), Text: text}}, nil
	}
}

func csafHead(s Sheet, v csafVersion) CSAFHead {
	h := CSAFHead{
		Category: csafIncident, Version: string(v), Language: "en", Title: or(oneLine(s.Title), "Security incident "+oneLine(s.Incident)),
		Publisher:    csafPublisher(s),
		Tracking:     csafTracking(s),
		Distribution: csafDistribution(s.TLP, v),
	}
	if s.Severity != "" {
		h.Severity = &CSAFSeverity{Text: oneLine(s.Severity)}
	}
	note := func(category, title, text string) {
		if text != "" {
			h.Notes = append(h.Notes, CSAFNote{Category: category, Title: title, Text: text})
		}
	}
	note("summary", "What happened", or(paragraph(s.Summary), h.Title))
	note("description", "What the code does", joined(paragraph(s.Behaviour), paragraph(s.Trigger)))
	note("details", "Analysis", paragraph(s.Analysis))
	note("general", "Evidence of use", csafUse(s))
	note("general", "What to look for", csafIndicators(s))
	note("general", "Times", csafClock(s))
	note("general", "Campaign", s.campaignPlain())
	for _, l := range s.Links {
		if to := address(l.URL); to != "" {
			h.References = append(h.References, CSAFReference{Category: "external", Summary: or(oneLine(l.Title), to), URL: to})
		}
	}
	if len(h.References) == 0 {
		// The profile wants one; the registry's own pages are always there.
		h.References = []CSAFReference{{Category: "external", Summary: s.Registry.name(), URL: s.registryURL()}}
	}
	for _, f := range s.Finder {
		ack := CSAFThanks{Summary: ackWord(f.Type)}
		if name := oneLine(f.Name); name != "" {
			ack.Names = []string{name}
		}
		if to := address(f.Contact); to != "" {
			ack.URLs = []string{to}
		}
		if len(ack.Names) > 0 {
			h.Thanks = append(h.Thanks, ack)
		}
	}
	return h
}

func csafPublisher(s Sheet) CSAFPublisher {
	p := CSAFPublisher{
		Category: "other", Name: or(oneLine(s.Publisher.Name), s.Registry.name()),
		Namespace: or(address(s.Publisher.Namespace), s.registryURL()), Contact: oneLine(s.Publisher.Contact),
	}
	switch c := strings.ToLower(s.Publisher.Category); c {
	case "coordinator", "discoverer", "translator", "user", "vendor":
		p.Category = c
	}
	return p
}

// csafDistribution gives the label of who may be told. Version 2.0 knows only the
// old labels: CLEAR was called WHITE, and what it cannot say it says stricter.
func csafDistribution(label string, v csafVersion) *CSAFDistribution {
	label = strings.ToUpper(strings.TrimSpace(label))
	d := &CSAFDistribution{TLP: CSAFTLP{URL: "https://www.first.org/tlp/"}}
	switch label {
	case "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED":
		d.TLP.Label = label
	default:
		d.TLP.Label = "RED" // unknown means nobody else
	}
	if v == csaf20 {
		switch d.TLP.Label {
		case "CLEAR":
			d.TLP.Label = "WHITE"
		case "AMBER+STRICT":
			d.TLP.Label = "RED"
			d.Text = "TLP:AMBER+STRICT. CSAF 2.0 has no such label, so the stricter one stands here."
		}
	}
	return d
}

func csafClock(s Sheet) string {
	var out []string
	for _, t := range []struct {
		what string
		at   *time.Time
	}{{"Reported", s.ReportedAt}, {"Contained", s.ContainedAt}, {"Removed", s.RemovedAt}} {
		if t.at != nil && !t.at.IsZero() {
			out = append(out, t.what+": "+stampUTC(*t.at)+".")
		}
	}
	return strings.Join(out, "\n")
}
