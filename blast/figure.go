package blast

import (
	"strconv"
	"time"
)

// Figure is a number with where it comes from. Nobody may take it for confirmed:
// that is for people to say, with the logs they counted in.
type Figure struct {
	Name      string    `json:"name"`
	Label     string    `json:"label"`
	Value     int64     `json:"value"`
	Method    string    `json:"method"`
	AsOf      time.Time `json:"as_of"`
	Confirmed bool      `json:"confirmed"`
}

// State is provisional until somebody confirmed it.
func (f Figure) State() string {
	if f.Confirmed {
		return "confirmed"
	}
	return "provisional"
}

// The names of figures.
const (
	FigureCrates    = "crates"
	FigureVersions  = "versions"
	FigureDirect    = "direct"
	FigureDefaults  = "defaults"
	FigureDownloads = "downloads"
	FigureWindow    = "window-downloads"
)

const (
	methodCould = "requirements in the registry, by Cargo's rules; whatever they could take counts"
	methodWould = "requirements in the registry, by Cargo's rules; what a build without a lock file gets now counts"
	// The registry counts each download of the file, whoever makes it.
	methodTotal  = "the registry's counters since publishing; mirrors, bots and repeated downloads not excluded"
	methodWindow = "the registry's counters by day (UTC), first and last day of the window counted whole; mirrors, bots and repeated downloads not excluded"
)

// method says how it was worked out who is hit.
func (r *Report) method() string {
	if r.Query.Mode == Would {
		return methodWould
	}
	return methodCould
}

func (r *Report) figure(g Graph) {
	method := r.method()
	add := func(name, label string, value int64, method string) {
		r.Figures = append(r.Figures, Figure{Name: name, Label: label, Value: value, Method: method, AsOf: g.AsOf()})
	}
	add(FigureCrates, "Crates hit", int64(r.Crates), method)
	add(FigureVersions, "Versions hit", int64(r.Versions), method)
	add(FigureDirect, "Crates that depend directly", int64(r.Direct), method)
	add(FigureDefaults, "Crates whose default version is hit", int64(r.Defaults), method)
	var downloads int64
	for _, c := range r.Bad {
		for _, v := range c.Versions {
			downloads += v.Downloads
		}
	}
	add(FigureDownloads, "Downloads of the bad versions", downloads, methodTotal)
}

// number writes a count with commas between thousands.
func number(n int64) string {
	text := strconv.FormatInt(n, 10)
	for at := len(text) - 3; at > 0 && text[at-1] != '-'; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
