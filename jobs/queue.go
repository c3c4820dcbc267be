package jobs

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"cratewarden/pg"
)

// Queue hands follow-ups to the workers of all processes. It is all that a
// process needs that makes follow-ups, whether it runs workers or not.
type Queue struct{ client *river.Client[pgx.Tx] }

// NewQueue makes a queue on a console database that Migrate has prepared.
func NewQueue(pool *pgxpool.Pool) (*Queue, error) {
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{Schema: riverSchema, Logger: slog.Default()})
	if err != nil {
		return nil, err
	}
	return &Queue{client}, nil
}

// EnqueueTx hands a follow-up to the workers at an instant, if the transaction
// commits. It is action.Config.Enqueue.
func (q *Queue) EnqueueTx(ctx context.Context, tx pgx.Tx, id int64, at time.Time) error {
	return enqueue(ctx, q.client, tx, id, at)
}

func enqueue(ctx context.Context, client *river.Client[pgx.Tx], tx pgx.Tx, id int64, at time.Time) error {
	// One attempt: a failure is recorded with the follow-up, which orders its
	// next try itself, and recovery finds what was not recorded.
	opts := &river.InsertOpts{MaxAttempts: 1}
	if time.Until(at) > 0 {
		opts.ScheduledAt = at
	}
	_, err := client.InsertTx(ctx, tx, followUp{ID: id}, opts)
	return pg.Map(err)
}

// followUp is the queue's word for one try at a follow-up.
type followUp struct {
	ID int64 `json:"id"`
}

// Kind implements river.JobArgs.
func (followUp) Kind() string { return "follow_up" }

// round is what is done again and again.
type round struct {
	Name string `json:"name"`
}

// Kind implements river.JobArgs.
func (round) Kind() string { return "round" }
