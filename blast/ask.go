package blast

import (
	"strings"

	"cratewarden"
)

// Ask is a question in the words of an address: what pages, the interface for
// programs and the command line read alike.
type Ask struct {
	Crate   string
	Version string // numbers, divided by commas or blanks
	Range   string
	// Also are more bad versions, each as name@number, divided likewise.
	Also     string
	Mode     string
	Kind     string // "" for normal and build, else one kind, or "all"
	Required bool
	Locked   bool
	Distance int
}

// Query reads the words.
func (a Ask) Query() (Query, error) {
	q := Query{Mode: Mode(a.Mode), Required: a.Required, Locked: a.Locked, Depth: a.Distance,
		Bad: []Bad{{Crate: a.Crate, Versions: words(a.Version), Range: strings.TrimSpace(a.Range)}}}
	switch a.Kind {
	case "":
	case "normal":
		q.Kinds = []Kind{Normal}
	case "build":
		q.Kinds = []Kind{Build}
	case "dev":
		q.Kinds = []Kind{Dev}
	case "all":
		q.Kinds = []Kind{Normal, Build, Dev}
	default:
		return q, cratewarden.Errorf(cratewarden.Invalid, "The kind is normal, build, dev or all.")
	}
	for _, word := range words(a.Also) {
		name, num, ok := strings.Cut(word, "@")
		if !ok || name == "" || num == "" {
			return q, cratewarden.Errorf(cratewarden.Invalid, "Write further bad versions as name@number, such as helper@1.0.107, divided by commas.")
		}
		q.Bad = append(q.Bad, Bad{Crate: name, Versions: []string{num}})
	}
	return q.normal()
}

func words(text string) []string {
	return strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == ' ' || c == '\t' || c == '\n' || c == '\r' })
}
