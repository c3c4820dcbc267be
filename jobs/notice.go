package jobs

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"cratewarden"
	"cratewarden/pg"
)

// Notices is what sends messages to people; notify.Service is one. Each
// function may be called by several processes at once and again at any time.
type Notices interface {
	Deliver(ctx context.Context, delivery int64) error
	Sweep(ctx context.Context) error
	SendDue(ctx context.Context) error
}

const (
	// noticeQueue keeps messages from waiting behind large files, and slow mail
	// servers from keeping follow-ups waiting.
	noticeQueue = "notices"
	// senders is how many messages a process sends at a time.
	senders = 3
	// sendTimeout is above what the sender itself allows, with looking people up.
	sendTimeout = 2 * time.Minute
	// lookEvery is how often a process without a queue looks for messages.
	lookEvery = 5 * time.Second
)

// notice is the queue's word for one try at a message.
type notice struct {
	ID int64 `json:"id"`
}

// Kind implements river.JobArgs.
func (notice) Kind() string { return "notice" }

// EnqueueNoticeTx hands a message to the workers at an instant, if the
// transaction commits. It is notify.Config.Enqueue.
func (q *Queue) EnqueueNoticeTx(ctx context.Context, tx pgx.Tx, id int64, at time.Time) error {
	// One attempt, as with follow-ups: the message orders its next try itself.
	opts := &river.InsertOpts{MaxAttempts: 1, Queue: noticeQueue}
	if time.Until(at) > 0 {
		opts.ScheduledAt = at
	}
	_, err := q.client.InsertTx(ctx, tx, notice{ID: id}, opts)
	return pg.Map(err)
}

type noticeWorker struct {
	river.WorkerDefaults[notice]
	jobs *Jobs
}

// Work implements river.Worker. It never fails: what went wrong stands with the
// message and in the log, or the next sweep finds that nothing does.
func (w *noticeWorker) Work(ctx context.Context, job *river.Job[notice]) error {
	_ = w.jobs.cfg.Notices.Deliver(ctx, job.Args.ID)
	return nil
}

// Timeout implements river.Worker.
func (*noticeWorker) Timeout(*river.Job[notice]) time.Duration { return sendTimeout }

// sweepOnly is Run where there is no Engine. Such a process is no part of the
// queue: chosen to order the rounds it would order none of the engine's.
func (j *Jobs) sweepOnly(ctx context.Context) error {
	tick := time.NewTicker(min(lookEvery, j.cfg.Every))
	defer tick.Stop()
	failing := false
	for {
		err := j.cfg.Notices.SendDue(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !failing: // once is enough
			j.cfg.Logger.WarnContext(ctx, "messages could not be looked for; it is tried again and again", "kind", string(cratewarden.KindOf(err)), "error", err)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
