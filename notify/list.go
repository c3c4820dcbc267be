package notify

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/pg"
)

// Delivery is one message as the console shows it.
type Delivery struct {
	ID      int64      `json:"id"`
	Notice  int64      `json:"notice" doc:"messages of the same notice have the same number"`
	Kind    string     `json:"kind"`
	Title   string     `json:"title"`
	Text    string     `json:"text,omitempty"`
	Path    string     `json:"path,omitempty" doc:"page of the console that shows more"`
	Plan    string     `json:"plan,omitempty"`
	Urgent  bool       `json:"urgent,omitempty"`
	Channel string     `json:"channel" doc:"id of the channel; \"mail\"; \"none\" when no channel takes notices of this kind"`
	Person  string     `json:"person,omitempty" doc:"who has the mail; left out until people are looked up"`
	Name    string     `json:"name,omitempty"`
	Mail    string     `json:"mail,omitempty" doc:"masked"`
	State   State      `json:"state" enum:"waiting,sending,sent,failed,given up"`
	Tries   int        `json:"tries"`
	Problem string     `json:"problem,omitempty" doc:"of the last try"`
	NextAt  *time.Time `json:"next_at,omitempty" doc:"when it is tried next"`
	At      time.Time  `json:"at" doc:"when it was ordered"`
	SentAt  *time.Time `json:"sent_at,omitempty"`
	AgainOf int64      `json:"again_of,omitempty" doc:"the message that this one repeats"`
	AskedBy string     `json:"asked_by,omitempty" doc:"who wanted it sent again, or a test"`
}

// Open says that the message is still to be sent.
func (d *Delivery) Open() bool { return d.State == Waiting || d.State == Sending || d.State == Failed }

// Filter chooses messages; zero fields choose all.
type Filter struct {
	Kind, Channel, Person, Plan string
	State                       State
	Before                      int64 // only numbers below
	Limit                       int   // 0 means 50, 500 at most
}

// Page is a part of a list, newest first.
type Page struct {
	Rows []Delivery `json:"rows"`
	Next int64      `json:"next,omitempty" doc:"before of the next page; left out at the end"`
}

const deliveryColumns = `d.id, d.notice, n.kind, n.title, n.body, n.path, n.plan, n.urgent, d.channel, d.person, d.name, d.masked, d.state, d.tries, d.problem,
	CASE WHEN d.state IN ('waiting', 'failed') THEN d.next_at END, d.created_at, d.sent_at, coalesce(d.again_of, 0), d.asked_by`

func scanDelivery(row pgx.CollectableRow) (d Delivery, err error) {
	err = row.Scan(&d.ID, &d.Notice, &d.Kind, &d.Title, &d.Text, &d.Path, &d.Plan, &d.Urgent, &d.Channel, &d.Person, &d.Name, &d.Mail, &d.State, &d.Tries, &d.Problem, &d.NextAt, &d.At, &d.SentAt, &d.AgainOf, &d.AskedBy)
	d.At = d.At.UTC()
	for _, t := range []*time.Time{d.NextAt, d.SentAt} {
		if t != nil {
			*t = t.UTC()
		}
	}
	return d, err
}

// List gives messages, newest first.
func (s *Service) List(ctx context.Context, f Filter) (p Page, err error) {
	if f.Limit == 0 {
		f.Limit = 50
	}
	if f.Limit < 1 || f.Limit > 500 || f.Before < 0 {
		return p, cratewarden.Errorf(cratewarden.Invalid, "A page of notices has 1 to 500 rows, below a positive number.")
	}
	rows, err := s.cfg.Console.Query(ctx, `SELECT `+deliveryColumns+` FROM delivery d JOIN notice n ON n.id = d.notice
		WHERE ($1 = '' OR n.kind = $1) AND ($2 = '' OR d.channel = $2) AND ($3 = '' OR d.person = $3) AND ($4 = '' OR n.plan = $4) AND ($5 = '' OR d.state = $5) AND ($6 = 0 OR d.id < $6)
		ORDER BY d.id DESC LIMIT $7`, f.Kind, f.Channel, f.Person, f.Plan, string(f.State), f.Before, f.Limit+1)
	if err != nil {
		return p, pg.Map(err)
	}
	p.Rows, err = pgx.CollectRows(rows, scanDelivery)
	if len(p.Rows) > f.Limit {
		p.Rows = p.Rows[:f.Limit]
		p.Next = p.Rows[f.Limit-1].ID
	}
	return p, pg.Map(err)
}

// Get gives one message.
func (s *Service) Get(ctx context.Context, id int64) (Delivery, error) {
	return get(ctx, s.cfg.Console, id, "")
}

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func get(ctx context.Context, db querier, id int64, lock string) (d Delivery, err error) {
	rows, err := db.Query(ctx, `SELECT `+deliveryColumns+` FROM delivery d JOIN notice n ON n.id = d.notice WHERE d.id = $1 `+lock, id)
	if err != nil {
		return d, pg.Map(err)
	}
	d, err = pgx.CollectExactlyOneRow(rows, scanDelivery)
	if cratewarden.KindOf(pg.Map(err)) == cratewarden.NotFound {
		return d, cratewarden.Wrap(err, cratewarden.NotFound, "There is no message %d.", id)
	}
	return d, pg.Map(err)
}
