package incident

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/advisory"
	"cratewarden/mirror"
	"cratewarden/pg"
)

// countAgain is how old a count of the console's must be before it counts anew.
const countAgain = 10 * time.Minute

// Measure counts what the registry itself knows of the case's bad versions: the
// first figures of a case, provisional, with their method. What is gone from the
// registry keeps its last count. It is cheap to call again.
func (s *Service) Measure(ctx context.Context, id string) error {
	i, err := s.Incident(ctx, id)
	if err != nil {
		return err
	}
	plans, err := s.plansOf(ctx, i)
	if err != nil {
		return err
	}
	return s.measure(ctx, i, scopeOf(i, plans))
}

func (s *Service) measure(ctx context.Context, i Incident, c scope) error {
	if err := s.keepDependents(ctx, i, c); err != nil {
		return err
	}
	m := s.cfg.Mirror
	if m == nil || !m.Ready(mirror.PartVersions) || !i.State.Open() {
		return nil
	}
	have, err := s.Figures(ctx, i.ID)
	if err != nil {
		return err
	}
	now := s.clock().UTC().Truncate(time.Microsecond)
	asOf := m.Status().FreshAt.UTC().Truncate(time.Microsecond)
	if asOf.IsZero() || asOf.After(now) {
		asOf = now
	}
	var fresh []Figure
	count := func(what, crate, version, method string, value int64) {
		if last := lastCount(have, what, crate, version); last != nil && (last.Value == value || now.Sub(last.At) < countAgain) {
			return
		}
		fresh = append(fresh, Figure{What: what, Crate: crate, Version: version, At: now, Figure: advisory.Figure{Value: value, Method: method, AsOf: asOf, By: theConsole}})
	}
	for _, name := range c.names() {
		crate, ok := m.CrateByName(name)
		if !ok {
			continue
		}
		any := false
		for _, v := range m.Versions(crate.ID) {
			if c.hasBad(name, canonID(crate.Name+"@"+v.Num)) {
				any = true
				count(Downloads, crate.Name, v.Num, countMethod, int64(v.Downloads))
			}
		}
		if any && m.Ready(mirror.PartDependencies) {
			count(Dependents, crate.Name, "", treeMethod, int64(m.Dependents(crate.ID, 1).AnyVersion))
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	return pg.InTx(ctx, s.db, func(tx pgx.Tx) error {
		for n := range fresh {
			if err := insertFigure(ctx, tx, i.number(), &fresh[n]); err != nil {
				return err
			}
		}
		return nil
	})
}

// lastCount is the console's own newest count of one thing.
func lastCount(list []Figure, what, crate, version string) (last *Figure) {
	for n := range list {
		f := &list[n]
		if f.Person.ID == "" && f.What == what && strings.EqualFold(f.Crate, crate) && f.Version == version {
			last = f
		}
	}
	return last
}
