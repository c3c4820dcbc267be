package advisory

import (
	"strings"
	"time"
)

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
