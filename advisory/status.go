package advisory

import "strings"

// statusText is for the status page: what people notice, since when, until when.
func statusText(s Sheet) ([]Document, error) {
	effect := paragraph(s.EffectOnUsers)
	if effect == "" {
		effect = "Some versions of crates were taken off after a security incident. A build that names one of them fails until it names another."
	}
	var lines []string
	title := s.Registry.name() + ": "
	if s.Kind == "service" {
		title += "service incident"
	} else {
		title += "security incident"
	}
	lines = append(lines, title, "", effect, "")
	begin := s.firstPublished()
	if begin.IsZero() && s.ReportedAt != nil {
		begin = *s.ReportedAt
	}
	start, stop := "Start: ", "End: "
	if s.Kind != "service" { // what people notice begins with the removal; what they must know is when the bad was there
		start, stop = "Bad versions from: ", "Bad versions until: "
	}
	if !begin.IsZero() {
		lines = append(lines, start+stampUTC(begin))
	}
	end := s.lastGone()
	if end.IsZero() && s.RemovedAt != nil {
		end = *s.RemovedAt
	}
	if end.IsZero() {
		lines = append(lines, stop+"now; it goes on")
	} else {
		lines = append(lines, stop+stampUTC(end))
	}
	if s.NextUpdate != nil && end.IsZero() {
		lines = append(lines, "Next update: "+stampUTC(*s.NextUpdate))
	}
	lines = append(lines, "", "As of "+stampUTC(s.AsOf)+".", "")
	return []Document{{Format: Status, Path: "status.txt", Type: "text/plain; charset=utf-8", Text: strings.Join(lines, "\n")}}, nil
}
