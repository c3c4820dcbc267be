package incident

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/pg"
)

const prefix = "INC-"

// idOf gives the id of a case by its number.
func idOf(number int64) string { return prefix + strconv.FormatInt(number, 10) }

// numberOf reads an id, in whatever case people typed it.
func numberOf(id string) (int64, error) {
	digits, ok := strings.CutPrefix(strings.ToUpper(strings.TrimSpace(id)), prefix)
	if ok && len(digits) < 18 && digits != "" && digits[0] != '0' && strings.Trim(digits, "0123456789") == "" {
		n, err := strconv.ParseInt(digits, 10, 64)
		return n, err
	}
	return 0, cratewarden.Errorf(cratewarden.NotFound, "%s is not the id of an incident; they look like INC-12.", shown(id))
}

// shown is what somebody typed, short enough to be repeated to them.
func shown(text string) string {
	if len(text) > 40 {
		text = strings.ToValidUTF8(text[:40], "") + "…"
	}
	return strconv.Quote(text)
}

const incidentColumns = `i.number, i.title, i.kind, i.state, i.verdict, i.severity, i.tlp, i.lead, i.lead_name, i.campaigns, i.drill, i.source,
	coalesce(i.merged_into, 0), coalesce(i.split_from, 0), i.early_reason, i.doubt, i.revision, i.opened_by, i.opened_at, i.reported_at, i.changed_at, i.closed_at`

func scanIncident(row pgx.CollectableRow) (i Incident, err error) {
	var number, merged, split int64
	err = row.Scan(&number, &i.Title, &i.Kind, &i.State, &i.Verdict, &i.Severity, &i.TLP, &i.Lead.ID, &i.Lead.Name, &i.Campaigns, &i.Drill, &i.Source,
		&merged, &split, &i.EarlyReason, &i.Doubt, &i.Revision, &i.OpenedBy, &i.OpenedAt, &i.ReportedAt, &i.ChangedAt, &i.ClosedAt)
	i.ID = idOf(number)
	if merged != 0 {
		i.MergedInto = idOf(merged)
	}
	if split != 0 {
		i.SplitFrom = idOf(split)
	}
	i.OpenedAt, i.ChangedAt = i.OpenedAt.UTC(), i.ChangedAt.UTC()
	for _, t := range []*time.Time{i.ReportedAt, i.ClosedAt} {
		if t != nil {
			*t = t.UTC()
		}
	}
	return i, err
}

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// survivor gives the number of the case in which a case goes on, which is its
// own unless it was merged.
func survivor(ctx context.Context, db querier, number int64) (int64, error) {
	var last int64
	err := db.QueryRow(ctx, `WITH RECURSIVE way AS (
			SELECT number, merged_into FROM incident WHERE number = $1
			UNION SELECT n.number, n.merged_into FROM incident n JOIN way w ON n.number = w.merged_into)
		SELECT number FROM way WHERE merged_into IS NULL`, number).Scan(&last)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, cratewarden.Errorf(cratewarden.NotFound, "There is no incident %s.", idOf(number))
	}
	return last, pg.Map(err)
}

// family gives the number of a case and of all that were merged into it, its
// own first.
func family(ctx context.Context, db querier, number int64) ([]int64, error) {
	rows, err := db.Query(ctx, `WITH RECURSIVE kin AS (
			SELECT number, 0 AS depth FROM incident WHERE number = $1
			UNION SELECT n.number, k.depth + 1 FROM incident n JOIN kin k ON n.merged_into = k.number)
		SELECT number FROM kin ORDER BY depth, number`, number)
	if err != nil {
		return nil, pg.Map(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	return out, pg.Map(err)
}

// ids names a case and all that were merged into it: plans, evidence and ledger
// entries are under any of them.
func (i Incident) ids() []string { return append([]string{i.ID}, i.Also...) }

// number of the case.
func (i Incident) number() int64 {
	n, _ := numberOf(i.ID) // made by idOf
	return n
}

func readIncident(ctx context.Context, db querier, number int64, lock string) (Incident, error) {
	rows, err := db.Query(ctx, `SELECT `+incidentColumns+` FROM incident i WHERE i.number = $1 `+lock, number)
	if err != nil {
		return Incident{}, pg.Map(err)
	}
	i, err := pgx.CollectExactlyOneRow(rows, scanIncident)
	if errors.Is(err, pgx.ErrNoRows) {
		return i, cratewarden.Errorf(cratewarden.NotFound, "There is no incident %s.", idOf(number))
	}
	return i, pg.Map(err)
}

// complete adds subjects, texts and the cases that were merged into it.
func complete(ctx context.Context, db querier, i *Incident) error {
	numbers, err := family(ctx, db, i.number())
	if err != nil {
		return err
	}
	i.Also = nil
	for _, n := range numbers[1:] {
		i.Also = append(i.Also, idOf(n))
	}
	rows, err := db.Query(ctx, `SELECT kind, id, label, role, why, by_id, by_name, at FROM incident_subject
		WHERE incident = $1 ORDER BY kind COLLATE "C", id COLLATE "C"`, numbers[0])
	if err != nil {
		return pg.Map(err)
	}
	if i.Subjects, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (s Subject, err error) {
		err = row.Scan(&s.Kind, &s.ID, &s.Label, &s.Role, &s.Why, &s.By.ID, &s.By.Name, &s.At)
		s.At = s.At.UTC()
		return s, err
	}); err != nil {
		return pg.Map(err)
	}
	rows, err = db.Query(ctx, `SELECT field, body, revision, by_id, by_name, at FROM incident_text WHERE incident = $1 ORDER BY field COLLATE "C"`, numbers[0])
	if err != nil {
		return pg.Map(err)
	}
	i.Texts, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (t Text, err error) {
		err = row.Scan(&t.Field, &t.Body, &t.Revision, &t.By.ID, &t.By.Name, &t.At)
		t.At = t.At.UTC()
		return t, err
	})
	return pg.Map(err)
}

// Incident gives a case with its subjects and texts. The id of one that was
// merged leads to the one in which it goes on, so the answer's ID may be another.
func (s *Service) Incident(ctx context.Context, id string) (Incident, error) {
	number, err := numberOf(id)
	if err != nil {
		return Incident{}, err
	}
	var out Incident
	err = pg.Snapshot(ctx, s.db, func(tx pgx.Tx) error {
		if number, err = survivor(ctx, tx, number); err != nil {
			return err
		}
		if out, err = readIncident(ctx, tx, number, ""); err != nil {
			return err
		}
		return complete(ctx, tx, &out)
	})
	return out, err
}

// Known refuses, for plans, an id that is not of an open case.
func (s *Service) Known(ctx context.Context, id string) error {
	number, err := numberOf(id)
	if err != nil {
		return cratewarden.Wrap(err, cratewarden.Invalid, "%s is not the id of an incident. Name one that is open, such as INC-12, or open one.", shown(id))
	}
	if id != idOf(number) {
		return cratewarden.Errorf(cratewarden.Invalid, "Write the incident as %s.", idOf(number))
	}
	i, err := readIncident(ctx, s.db, number, "")
	switch {
	case cratewarden.KindOf(err) == cratewarden.NotFound:
		return cratewarden.Wrap(err, cratewarden.Invalid, "There is no incident %s. Name one that is open, or open one.", id)
	case err != nil:
		return err
	case i.State == Merged:
		last, err := survivor(ctx, s.db, number)
		if err != nil {
			return err
		}
		return cratewarden.Errorf(cratewarden.Conflict, "Incident %s was merged into %s: name that one.", id, idOf(last))
	case !i.State.Open():
		return cratewarden.Errorf(cratewarden.Conflict, "Incident %s is %s. Reopen it, or name another.", id, i.State)
	}
	return nil
}

// Value gives a field as a Change names it.
func (i Incident) Value(f Field) string {
	switch f {
	case TitleField:
		return i.Title
	case KindField:
		return string(i.Kind)
	case SeverityField:
		return string(i.Severity)
	case TLPField:
		return string(i.TLP)
	case VerdictField:
		return string(i.Verdict)
	case LeadField:
		return i.Lead.ID
	case CampaignField:
		return strings.Join(i.Campaigns, ",")
	case ReportedField:
		if i.ReportedAt != nil {
			return stamp(*i.ReportedAt)
		}
	}
	return ""
}

// stamp writes a time to the microsecond, as the database keeps it.
func stamp(t time.Time) string {
	return t.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano)
}

// places numbers the arguments of a statement that is put together.
type places struct {
	where []string
	args  []any
}

func (p *places) add(condition string, args ...any) {
	for _, a := range args {
		p.args = append(p.args, a)
		condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(p.args)), 1)
	}
	p.where = append(p.where, condition)
}

func (p *places) sql() string {
	if len(p.where) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(p.where, " AND ")
}
