package jobs

import (
	"context"
	"log/slog"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/pg"
)

// Engine is what the workers call; action.Engine is one. Each function may be
// called by several processes at once and again at any time.
type Engine interface {
	Work(ctx context.Context, followUp int64) error
	Recover(ctx context.Context) (action.Recovery, error)
	WatchTombstones(ctx context.Context) (int, error)
	RemindReviews(ctx context.Context) (int, error)
}

// Config says what the workers work on.
type Config struct {
	// Pool is on the console's database, prepared by Migrate.
	Pool *pgxpool.Pool
	// Engine does follow-ups and recovery; nil where nothing is applied.
	Engine Engine
	// Notices sends messages; nil where nobody is told. A process without an
	// Engine is no part of the queue and looks for them every few seconds.
	Notices Notices
	// Rounds are further work to do every minute, by name, once for all
	// processes; a process without an Engine does none.
	Rounds map[string]func(ctx context.Context) error
	// Workers is how many follow-ups this process does at a time; 0 means 4. A
	// third of the pool is the most, since each keeps a connection.
	Workers int
	// Every is the time between rounds of recovery and watch; 0 means a minute.
	Every time.Duration
	// Patience is how long running work may go on after Run was told to end; 0
	// means 10 s. What is cut short is done again.
	Patience time.Duration
	Logger   *slog.Logger
}

// Jobs are the workers of one process.
type Jobs struct {
	cfg    Config
	client *river.Client[pgx.Tx]
	rounds map[string]func(context.Context) error
}

// longest is how long one try at a follow-up may take: large files over slow
// lines.
const longest = time.Hour

// New makes the workers. Nothing runs before Run.
func New(cfg Config) (*Jobs, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.Workers <= 0 {
		cfg.Workers = 4
	}
	cfg.Workers = max(1, min(cfg.Workers, int(cfg.Pool.Config().MaxConns)/3))
	if cfg.Every <= 0 {
		cfg.Every = time.Minute
	}
	if cfg.Patience <= 0 {
		cfg.Patience = 10 * time.Second
	}
	j := &Jobs{cfg: cfg, rounds: map[string]func(context.Context) error{}}
	if cfg.Engine == nil {
		return j, nil
	}
	return j, j.join()
}

// join makes the process a part of the queue.
func (j *Jobs) join() (err error) {
	cfg := j.cfg
	j.rounds["recover"] = j.recover
	j.rounds["tombstones"] = j.tombstones
	j.rounds["reviews"] = j.reviews
	maps.Copy(j.rounds, cfg.Rounds)
	workers := river.NewWorkers()
	river.AddWorker(workers, &followUpWorker{jobs: j})
	river.AddWorker(workers, &roundWorker{jobs: j})
	queues := map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: cfg.Workers}, roundQueue: {MaxWorkers: 1}}
	if cfg.Notices != nil {
		j.rounds["notices"] = cfg.Notices.Sweep
		river.AddWorker(workers, &noticeWorker{jobs: j})
		queues[noticeQueue] = river.QueueConfig{MaxWorkers: senders}
	}
	j.client, err = river.NewClient(riverpgxv5.New(cfg.Pool), &river.Config{
		Schema: riverSchema, Workers: workers, Logger: slog.New(quiet{cfg.Logger.Handler()}).With("part", "queue"), SoftStopTimeout: cfg.Patience,
		Queues:       queues,
		PeriodicJobs: j.periodic(),
		// Nobody looks at them: what was done stands with the follow-ups.
		CompletedJobRetentionPeriod: time.Hour, DiscardedJobRetentionPeriod: 24 * time.Hour,
	})
	return err
}

// roundQueue keeps rounds from waiting behind large files.
const roundQueue = "rounds"

func (j *Jobs) periodic() (list []*river.PeriodicJob) {
	for name := range j.rounds {
		list = append(list, river.NewPeriodicJob(river.PeriodicInterval(j.cfg.Every), func() (river.JobArgs, *river.InsertOpts) {
			return round{name}, &river.InsertOpts{Queue: roundQueue, MaxAttempts: 1}
		}, &river.PeriodicJobOpts{RunOnStart: true}))
	}
	return list
}

// EnqueueTx is Queue.EnqueueTx, for those who have the workers at hand.
func (j *Jobs) EnqueueTx(ctx context.Context, tx pgx.Tx, id int64, at time.Time) error {
	if j.client == nil {
		return cratewarden.Errorf(cratewarden.Internal, "there is no queue without an engine")
	}
	return enqueue(ctx, j.client, tx, id, at)
}

// Run works until ctx is over; running work may then end within
// Config.Patience. It begins with a recovery of its own, so that what a crash
// has cut short does not wait for a round. When it returns, nothing of it runs
// any more.
func (j *Jobs) Run(ctx context.Context) error {
	switch {
	case j.cfg.Engine == nil && j.cfg.Notices == nil:
		<-ctx.Done()
		return nil
	case j.cfg.Engine == nil:
		return j.sweepOnly(ctx)
	}
	if err := j.recover(ctx); err != nil && ctx.Err() == nil {
		j.cfg.Logger.WarnContext(ctx, "recovery at start failed; it is tried again in a minute", "error", err)
	}
	if err := j.client.Start(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return cratewarden.Wrap(err, cratewarden.Unavailable, "The work queue could not be started on the console's database.")
	}
	<-j.client.Stopped()
	return nil
}

func (j *Jobs) recover(ctx context.Context) error {
	found, err := j.cfg.Engine.Recover(ctx)
	if found.Plans+found.Unknown+found.FollowUps > 0 {
		j.cfg.Logger.InfoContext(ctx, "recovered", "plans", found.Plans, "unknown", found.Unknown, "follow_ups", found.FollowUps)
	}
	return err
}

func (j *Jobs) tombstones(ctx context.Context) error {
	_, err := j.cfg.Engine.WatchTombstones(ctx)
	return err
}

func (j *Jobs) reviews(ctx context.Context) error {
	_, err := j.cfg.Engine.RemindReviews(ctx)
	return err
}

type followUpWorker struct {
	river.WorkerDefaults[followUp]
	jobs *Jobs
}

// Work implements river.Worker. It never fails: the engine has recorded what
// went wrong, or recovery will find that nothing is recorded.
func (w *followUpWorker) Work(ctx context.Context, job *river.Job[followUp]) error {
	err := w.jobs.cfg.Engine.Work(ctx, job.Args.ID)
	if err != nil && cratewarden.KindOf(err) != cratewarden.Conflict {
		w.jobs.cfg.Logger.WarnContext(ctx, "a follow-up was not done", "follow_up", job.Args.ID, "error", err)
	}
	return nil
}

// Timeout implements river.Worker.
func (*followUpWorker) Timeout(*river.Job[followUp]) time.Duration { return longest }

type roundWorker struct {
	river.WorkerDefaults[round]
	jobs *Jobs
}

// Work implements river.Worker.
func (w *roundWorker) Work(ctx context.Context, job *river.Job[round]) error {
	do, ok := w.jobs.rounds[job.Args.Name]
	if !ok {
		return nil // of another release, or another configuration
	}
	if err := do(ctx); err != nil && ctx.Err() == nil {
		w.jobs.cfg.Logger.WarnContext(ctx, "a round of work failed; it is done again in a minute", "round", job.Args.Name, "error", pg.Map(err))
	}
	return nil
}

// Timeout implements river.Worker.
func (*roundWorker) Timeout(*river.Job[round]) time.Duration { return 5 * time.Minute }
