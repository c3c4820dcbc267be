package incident

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/advisory"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// FigureEvent is the kind of event when a person entered a number: what, crate,
// version, value, method, confirmed.
const FigureEvent = "figure"

// What figures count.
const (
	Downloads  = "downloads"
	Dependents = "dependents"
)

// Figure is a number of a case with where it comes from.
type Figure struct {
	ID      int64  `json:"id"`
	What    string `json:"what"` // Downloads or Dependents
	Crate   string `json:"crate"`
	Version string `json:"version,omitempty"` // "" is the whole crate
	advisory.Figure
	// Person is who entered it; the zero one is the console, which counted.
	Person Person    `json:"person,omitzero"`
	At     time.Time `json:"at"`
}

// FigureOrder is a number that a person found, such as from server logs.
type FigureOrder struct {
	What    string    `json:"what"`
	Crate   string    `json:"crate"`
	Version string    `json:"version,omitempty"`
	Value   int64     `json:"value"`
	Method  string    `json:"method"`          // how it was found, for readers
	Query   string    `json:"query,omitempty"` // exactly how, so that it can be found again
	AsOf    time.Time `json:"as_of,omitzero"`  // until when it counts; zero is now
	Provis  bool      `json:"provisional,omitempty"`
}

// Limits of what a person enters.
const (
	maxMethod = 300
	maxQuery  = 20_000
)

// Methods of the console's own figures.
const (
	countMethod = "the registry's counters, mirrors and robots not excluded"
	treeMethod  = "crates of which a version, yanked or not, names it as a dependency"
)

func (o *FigureOrder) check() (err error) {
	switch {
	case o.What != Downloads && o.What != Dependents:
		return cratewarden.Errorf(cratewarden.Invalid, "A figure counts downloads or dependents.")
	case !crateName.MatchString(o.Crate) || o.Version != "" && !versionName.MatchString(o.Crate+"@"+o.Version):
		return cratewarden.Errorf(cratewarden.Invalid, "Say of which crate the figure is, and of which version if of one.")
	case o.Value < 0:
		return cratewarden.Errorf(cratewarden.Invalid, "A figure is 0 or more.")
	case o.AsOf.Year() > 9999 || !o.AsOf.IsZero() && o.AsOf.Year() < 2014:
		return cratewarden.Errorf(cratewarden.Invalid, "Say until when the figure counts, such as 2026-08-21T06:00:00Z.")
	}
	if o.Method, err = line("method", o.Method, maxMethod); err != nil {
		return err
	}
	if o.Query, err = prose("query", o.Query, maxQuery); err != nil {
		return err
	}
	if o.Method == "" {
		return cratewarden.Errorf(cratewarden.Invalid, "Say how the figure was found; it is published with it.")
	}
	if !o.Provis && strings.TrimSpace(o.Query) == "" {
		return cratewarden.Errorf(cratewarden.Invalid, "A confirmed figure needs the query that gave it, so that others can repeat it. Enter it as provisional, or add the query.")
	}
	return cratewarden.CheckPublic("method", o.Method)
}

// Figure takes down a number that a person found. It is what the world is told
// from then on; earlier ones stay in the record.
func (s *Service) Figure(ctx context.Context, who action.Actor, id string, o FigureOrder) (Figure, error) {
	if err := o.check(); err != nil {
		return Figure{}, err
	}
	out := Figure{What: o.What, Crate: o.Crate, Version: o.Version, Figure: advisory.Figure{Value: o.Value, Method: o.Method, AsOf: o.AsOf.UTC().Truncate(time.Microsecond), Confirmed: !o.Provis, Query: o.Query, By: who.Name}}
	_, err := s.write(ctx, who, id, func(ctx context.Context, w *writing) error {
		out.At, out.Person = w.now, w.person()
		if o.AsOf.IsZero() {
			out.AsOf = w.now
		}
		if out.AsOf.After(w.now.Add(time.Minute)) {
			return cratewarden.Errorf(cratewarden.Invalid, "A figure cannot count downloads of the future.")
		}
		subject := ledger.Subject{Kind: "crate", ID: o.Crate}
		if o.Version != "" {
			subject = versionSubject(o.Crate, o.Version)
		}
		w.record(record{Kind: FigureEvent, Body: o.Query, Subjects: []ledger.Subject{subject}, Details: map[string]string{
			"what": o.What, "crate": o.Crate, "version": o.Version, "value": strconv.FormatInt(o.Value, 10), "confirmed": strconv.FormatBool(!o.Provis),
			"as_of": stamp(out.AsOf)}, Local: map[string]string{"method": o.Method}})
		return insertFigure(ctx, w.tx, w.inc.number(), &out)
	})
	return out, err
}

func insertFigure(ctx context.Context, db querier, number int64, f *Figure) error {
	return db.QueryRow(ctx, `INSERT INTO incident_figure (incident, what, crate, version, value, method, query, confirmed, as_of, by_id, by_name, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id`,
		number, f.What, f.Crate, f.Version, f.Value, f.Method, f.Query, f.Confirmed, f.AsOf, f.Person.ID, f.By, f.At).Scan(&f.ID)
}

// Figures gives the figures of a case, all that were ever entered or counted,
// oldest first.
func (s *Service) Figures(ctx context.Context, id string) ([]Figure, error) {
	i, err := s.Incident(ctx, id)
	if err != nil {
		return nil, err
	}
	var numbers []int64
	for _, id := range i.ids() {
		n, _ := numberOf(id) // made by idOf
		numbers = append(numbers, n)
	}
	rows, err := s.db.Query(ctx, `SELECT id, what, crate, version, value, method, query, confirmed, as_of, by_id, by_name, at
		FROM incident_figure WHERE incident = ANY ($1) ORDER BY id`, numbers)
	if err != nil {
		return nil, pg.Map(err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (f Figure, err error) {
		err = row.Scan(&f.ID, &f.What, &f.Crate, &f.Version, &f.Value, &f.Method, &f.Query, &f.Confirmed, &f.AsOf, &f.Person.ID, &f.By, &f.At)
		f.Person.Name, f.AsOf, f.At = f.By, f.AsOf.UTC(), f.At.UTC()
		return f, err
	})
	return out, pg.Map(err)
}

// Best gives the figure to use of all that there are of one thing, nil for none:
// a confirmed one before a provisional one, then a person's before the console's,
// then the newest.
func Best(list []Figure, what, crate, version string) *Figure {
	var best *Figure
	rank := func(f *Figure) int {
		switch {
		case f.Confirmed:
			return 2
		case f.Person.ID != "":
			return 1
		}
		return 0
	}
	for n := range list {
		f := &list[n]
		if f.What == what && canonID(f.Crate) == canonID(crate) && f.Version == version && (best == nil || rank(f) >= rank(best)) {
			best = f
		}
	}
	return best
}
