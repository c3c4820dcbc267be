package advisory

import (
	"slices"
	"strings"
)

// csafPath is where the standard wants a document: a folder of the year, and the
// tracking ID in small letters with underscores.
func csafPath(d CSAFDocument) string {
	year, _, _ := strings.Cut(d.Document.Tracking.InitialRelease, "-")
	return "csaf-" + d.Document.Version + "/" + year + "/" + csafFile(d.Document.Tracking.ID)
}

func csafFile(id string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(id) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '+' {
			b.WriteRune(r)
		} else if !strings.HasSuffix(b.String(), "_") {
			b.WriteByte('_')
		}
	}
	// No file system takes names of any length.
	return b.String()[:min(b.Len(), 100)] + ".json"
}

// csafTracking gives one revision: the draft's later ones are made by who sends
// it again. Before everything is gone the document is a draft and its number 0,
// as the standard's rules of versions want; after it is interim while a figure is
// provisional, then final.
func csafTracking(s Sheet) CSAFTracking {
	status, number, what := "draft", "0", "Draft; the bad versions can still be downloaded."
	if !s.lastGone().IsZero() {
		status, number, what = "interim", "1", "First publication; figures are provisional."
		if s.confirmed() {
			status, what = "final", "First publication."
		}
	}
	at := zulu(s.AsOf)
	return CSAFTracking{
		ID: csafID(s), Status: status, Version: number, InitialRelease: at, CurrentRelease: at,
		History: []CSAFRevision{{Date: at, Number: number, Summary: what}},
	}
}

// csafID names a document in the world: the registry and its incident.
func csafID(s Sheet) string {
	name := s.Registry.Name
	if name == "" {
		name = "registry"
	}
	return strings.Join(strings.Fields(oneLine(name)+" "+oneLine(s.Incident)), "-")
}

// confirmed says that no figure may change any more.
func (s Sheet) confirmed() bool {
	return !slices.ContainsFunc(s.figures(), func(f placed) bool { return !f.Confirmed })
}

// placed is a figure with where it stands.
type placed struct {
	*Figure
	where string
}

// figures are all of a sheet's.
func (s Sheet) figures() (out []placed) {
	for _, c := range s.Crates {
		if c.Dependents != nil {
			out = append(out, placed{c.Dependents, c.Name + ", dependents"})
		}
		for _, v := range c.Bad {
			if v.Downloads != nil {
				out = append(out, placed{v.Downloads, c.Name + " " + v.Num + ", downloads"})
			}
		}
	}
	return out
}
