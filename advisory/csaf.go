package advisory

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
