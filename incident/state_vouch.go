package incident

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// vouched is what people said took place although nothing showed it, since the
// case last went back over it: by state, the things that were missing then. nil
// stands for all, of cases of an earlier release.
type vouched map[State]map[string]bool

// of says that somebody vouched for all that a state lacks.
func (a vouched) of(s State, n need) bool {
	things, said := a[s]
	if !said || things == nil {
		return said
	}
	return !slices.ContainsFunc(n.lacks, func(x string) bool { return x != anything && !things[x] })
}

// lacksOf writes what is missing on a way, for answered.
func lacksOf(list []need) string {
	out := map[State][]string{}
	for _, n := range list {
		out[n.state] = append([]string{}, n.lacks...)
	}
	text, _ := json.Marshal(out) // words only
	return string(text)
}

// answered reads what people answered for. Who closes a case says that its work
// ends, not that what is missing took place.
func (w *writing) answered(ctx context.Context) (vouched, error) {
	rows, err := w.tx.Query(ctx, `SELECT details ->> 'to', coalesce(details ->> 'back', ''), coalesce(details ->> 'without', ''), coalesce(details ->> 'lacks', '')
		FROM incident_event WHERE incident = $1 AND kind = $2 ORDER BY id`, w.inc.number(), StateEvent)
	if err != nil {
		return nil, err
	}
	out := vouched{}
	var to State
	var back, without, lacks string
	_, err = pgx.ForEachRow(rows, []any{&to, &back, &without, &lacks}, func() error {
		if back == "true" {
			for _, s := range States() {
				if s.Rank() > to.Rank() {
					delete(out, s)
				}
			}
		}
		if to.Open() {
			out.take(without, lacks)
		}
		return nil
	})
	return out, err
}

func (a vouched) take(without, lacks string) {
	things := map[State][]string{}
	if json.Unmarshal([]byte(lacks), &things) != nil && without != "" {
		for _, s := range strings.Split(without, ", ") { // an earlier release did not write which
			a[State(s)] = nil
		}
	}
	for s, list := range things {
		a[s] = map[string]bool{}
		for _, x := range list {
			a[s][x] = true
		}
	}
}
