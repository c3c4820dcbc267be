package incident

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/ledger"
)

// Source says where a moment of a timeline comes from.
type Source string

// The sources of moments.
const (
	FromRegistry Source = "registry" // a row of the registry
	FromLedger   Source = "ledger"
	FromPlan     Source = "plan"
	FromNotice   Source = "notice" // what people and the world were told
	FromPerson   Source = "person" // what somebody did in the case
	FromEvidence Source = "evidence"
	FromConsole  Source = "console" // what the console did in the case by itself
)

// Sources gives all sources, in the order in which they are offered.
func Sources() []Source {
	return []Source{FromRegistry, FromPlan, FromPerson, FromEvidence, FromNotice, FromLedger, FromConsole}
}

// Moment is one line of a timeline. The same facts always give the same
// moments: nothing in one depends on when or by whom the timeline is asked for.
type Moment struct {
	ID     string    `json:"id"` // stable
	At     time.Time `json:"at"` // UTC, to the microsecond
	Source Source    `json:"source"`
	// What is a short word to filter by, such as "publish" or "version.hold".
	What     string `json:"what"`
	Sentence string `json:"sentence"`
	// Who acted: a login of the registry, a person of the console, or "the
	// console". WhoID tells two of one name apart: "account:42", or a person's id.
	Who     string           `json:"who,omitempty"`
	WhoID   string           `json:"who_id,omitempty"`
	Subject ledger.Subject   `json:"subject,omitzero"`
	Also    []ledger.Subject `json:"also,omitempty"` // what else it is about
	Link    string           `json:"link,omitempty"` // a path of the console
	Ledger  *int64           `json:"ledger,omitempty"`
	// Details are exact values, such as the hash of what was published.
	Details map[string]string `json:"details,omitempty"`
}

// TimelineFilter narrows a timeline; the zero value gives all of it. All that
// is set must match.
type TimelineFilter struct {
	Sources []Source
	What    string // the word, or its part before a dot
	Who     string // WhoID, or a part of Who
	Subject ledger.Subject
	Text    string // in the sentence, who, or subject
	From    time.Time
	Until   time.Time // exclusive
}

// Timeline gives everything that happened around a case, oldest first: rows of
// the registry about its subjects, the ledger, plans, evidence, notices, and
// what people wrote. It writes down what it newly sees of the registry, so that
// nothing that was once on a timeline leaves it when a version is deleted.
func (s *Service) Timeline(ctx context.Context, id string, f TimelineFilter) ([]Moment, error) {
	i, err := s.Incident(ctx, id)
	if err != nil {
		return nil, err
	}
	all, err := s.moments(ctx, i)
	if err != nil {
		return nil, err
	}
	return f.apply(all), nil
}

// moments gives the whole timeline of a case in its order.
func (s *Service) moments(ctx context.Context, i Incident) ([]Moment, error) {
	plans, err := s.plansOf(ctx, i)
	if err != nil {
		return nil, err
	}
	var out []Moment
	for _, part := range []func(context.Context, Incident, []planDone) ([]Moment, error){
		s.factMoments, s.planMoments, s.eventMoments, s.evidenceMoments, s.noticeMoments, s.ledgerMoments,
	} {
		list, err := part(ctx, i, plans)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return inOrder(out), nil
}

// inOrder sorts moments and keeps one of each.
func inOrder(list []Moment) []Moment {
	for i := range list {
		list[i].At = list[i].At.UTC().Truncate(time.Microsecond)
	}
	slices.SortFunc(list, func(a, b Moment) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Source, b.Source), compareIDs(a.ID, b.ID))
	})
	return slices.CompactFunc(list, func(a, b Moment) bool { return a.ID == b.ID })
}

// compareIDs puts numbers in ids by their size: step 10 comes after step 9.
func compareIDs(a, b string) int {
	as, bs := strings.Split(a, "/"), strings.Split(b, "/")
	for i := range min(len(as), len(bs)) {
		x, y := strings.TrimLeft(as[i], "0"), strings.TrimLeft(bs[i], "0")
		if digits(x) && digits(y) && len(x) != len(y) {
			return cmp.Compare(len(x), len(y))
		}
		if c := cmp.Compare(as[i], bs[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(as), len(bs))
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func (f TimelineFilter) apply(list []Moment) []Moment {
	out := []Moment{}
	for _, m := range list {
		if f.matches(m) {
			out = append(out, m)
		}
	}
	return out
}

func (f TimelineFilter) matches(m Moment) bool {
	family, _, _ := strings.Cut(m.What, ".")
	who, text := strings.ToLower(f.Who), strings.ToLower(strings.TrimSpace(f.Text))
	switch {
	case len(f.Sources) > 0 && !slices.Contains(f.Sources, m.Source):
	case f.What != "" && f.What != m.What && f.What != family:
	case who != "" && f.Who != m.WhoID && !strings.Contains(strings.ToLower(m.Who), who):
	case f.Subject.ID != "" && !m.about(f.Subject):
	case !f.From.IsZero() && m.At.Before(f.From), !f.Until.IsZero() && !m.At.Before(f.Until):
	case text != "" && !strings.Contains(strings.ToLower(m.Sentence+"\x00"+m.Who+"\x00"+m.Subject.ID+"\x00"+m.Subject.Name), text):
	default:
		return true
	}
	return false
}

// about says whether a moment is about a subject; a version is also its crate's.
func (m Moment) about(want ledger.Subject) bool {
	for _, have := range append([]ledger.Subject{m.Subject}, m.Also...) {
		if want.Kind != "" && want.Kind != have.Kind && (want.Kind != "crate" || have.Kind != "version") {
			continue
		}
		name, _, _ := strings.Cut(have.ID, "@")
		if sameSubject(have.ID, want.ID) || have.Kind == "version" && want.Kind != "version" && sameSubject(name, want.ID) {
			return true
		}
	}
	return false
}

func sameSubject(a, b string) bool { return a == b || canonID(a) == canonID(b) }

// canonID is the id of a crate or version in the one spelling that the registry
// takes names in.
func canonID(id string) string {
	name, num, version := strings.Cut(id, "@")
	if version {
		return cratewarden.CanonName(name) + "@" + num
	}
	return cratewarden.CanonName(name)
}

// keyOf is a subject as facts are found by.
func keyOf(kind, id string) string {
	if kind == "crate" || kind == "version" {
		id = canonID(id)
	}
	return kind + ":" + id
}
