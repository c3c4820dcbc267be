package registry

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
)

// kept is an answer that serves everybody for a moment. Those who come while it
// is read wait for it.
type kept[T any] struct {
	mu    sync.Mutex
	value *T
	at    time.Time
	busy  chan struct{} // closed when the reading is over; nil when nobody reads
	least time.Time     // what was read earlier serves nobody
}

// drop has everybody who asks from now on get a new answer.
func (k *kept[T]) drop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.least = time.Now()
}

// get gives the answer read at most age ago. Failures are not kept.
func (k *kept[T]) get(ctx context.Context, age time.Duration, read func(context.Context) (*T, error)) (*T, error) {
	for {
		k.mu.Lock()
		if k.value != nil && time.Since(k.at) < age && k.at.After(k.least) {
			defer k.mu.Unlock()
			return k.value, nil
		}
		busy := k.busy
		if busy == nil {
			k.busy = make(chan struct{})
			k.mu.Unlock()
			return k.read(ctx, read)
		}
		k.mu.Unlock()
		select {
		case <-busy: // and look again: it may have failed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (k *kept[T]) read(ctx context.Context, read func(context.Context) (*T, error)) (value *T, err error) {
	begun := time.Now()
	err = errors.New("the reading ended early")
	defer func() { // also after a panic, or the others would wait for ever
		k.mu.Lock()
		defer k.mu.Unlock()
		close(k.busy)
		k.busy = nil
		if err == nil {
			k.value, k.at = value, begun
		}
	}()
	value, err = read(ctx)
	return value, err
}

// The tables of invitations and of jobs have no index by crate and are small.
// Walking through them for every page costs as much as half the page, so what
// says which crates they speak of is read once for all pages of a moment.

// invitedPeople are the keys of all invitations, by crate and by the accounts
// that gave or got them; nil maps when there are too many to keep.
type invitedPeople struct{ byCrate, byAccount map[int32][]invitation }

type invitation struct{ Crate, Invitee, Inviter int32 }

// invitationKeys are some of them; known is false when nobody has looked.
type invitationKeys struct {
	known            bool
	crates, invitees []int32
}

func keysOf(list []invitation) invitationKeys {
	k := invitationKeys{known: true}
	for _, i := range list {
		k.crates, k.invitees = append(k.crates, i.Crate), append(k.invitees, i.Invitee)
	}
	return k
}

// none says that there is surely no invitation.
func (k invitationKeys) none() bool { return k.known && len(k.crates) == 0 }

// mostInvited is beyond how many invitations they are not kept.
const mostInvited = 50_000

// invitedTo gives the invitations to own a crate.
func (r *Reader) invitedTo(ctx context.Context, crate int32) (invitationKeys, error) {
	all, err := r.invitations(ctx)
	if err != nil || all == nil {
		return invitationKeys{}, err
	}
	return keysOf(all.byCrate[crate]), nil
}

// invitedBy gives the invitations that an account gave or got.
func (r *Reader) invitedBy(ctx context.Context, account int32) (invitationKeys, error) {
	all, err := r.invitations(ctx)
	if err != nil || all == nil {
		return invitationKeys{}, err
	}
	return keysOf(all.byAccount[account]), nil
}

// invitations gives nil when they are not kept.
func (r *Reader) invitations(ctx context.Context) (*invitedPeople, error) {
	if r.keep <= 0 || r.Dump {
		return nil, nil
	}
	all, err := r.invited.get(ctx, r.keep, func(ctx context.Context) (*invitedPeople, error) {
		rows, err := collect(ctx, r, pgx.RowToStructByPos[invitation],
			`SELECT crate_id, invited_user_id, invited_by_user_id FROM crate_owner_invitations LIMIT $1`, mostInvited)
		if err != nil || len(rows) == mostInvited {
			return &invitedPeople{}, err
		}
		all := &invitedPeople{byCrate: map[int32][]invitation{}, byAccount: map[int32][]invitation{}}
		for _, i := range rows {
			all.byCrate[i.Crate] = append(all.byCrate[i.Crate], i)
			all.byAccount[i.Invitee] = append(all.byAccount[i.Invitee], i)
			if i.Inviter != i.Invitee {
				all.byAccount[i.Inviter] = append(all.byAccount[i.Inviter], i)
			}
		}
		return all, nil
	})
	if err != nil || all.byCrate == nil {
		return nil, err
	}
	return all, nil
}

// mostQueued is beyond how many jobs that speak of crates they are not kept.
const mostQueued = 500

// queuedJob is a job with what it says of crates.
type queuedJob struct {
	Job
	name    string // canonical
	crate   int32
	names   []string
	ofCrate int32 // the crate of the version it speaks of
}

type jobQueue struct{ jobs []queuedJob }

const queuedSQL = `
SELECT q.*, canon_crate_name(` + jobName + `), ` + jobCrate + `,
       CASE WHEN jsonb_typeof(j.data -> 'crate_names') = 'array' THEN ARRAY(SELECT jsonb_array_elements_text(j.data -> 'crate_names')) END,
       (SELECT v.crate_id FROM versions v WHERE v.id = ` + jobVersion + `)
FROM (` + jobsSelect + ` WHERE jsonb_typeof(j.data) = 'object') q
JOIN background_jobs j ON j.id = q.id
ORDER BY j.priority DESC, j.id
LIMIT $1`

func scanQueuedJob(row pgx.CollectableRow) (q queuedJob, err error) {
	var lastRetry, created moment
	var name, canonical *string
	var crate, ofCrate *int32
	j := &q.Job
	err = row.Scan(&j.ID, &j.Type, &j.Data, &j.Retries, &lastRetry, &created, &j.Priority, &j.Locked, &name, &canonical, &crate, &q.names, &ofCrate)
	j.LastRetry, j.CreatedAt, j.Crate = lastRetry.time(), created.time(), word(name)
	q.name, q.crate, q.ofCrate = word(canonical), number(crate), number(ofCrate)
	return q, err
}

// jobQueue gives the jobs that speak of crates, nil when they are not kept.
func (r *Reader) jobQueue(ctx context.Context) (*jobQueue, error) {
	if r.keep <= 0 || r.Dump {
		return nil, nil
	}
	all, err := r.queued.get(ctx, r.keep, func(ctx context.Context) (*jobQueue, error) {
		rows, err := collect(ctx, r, scanQueuedJob, queuedSQL, mostQueued+1)
		return &jobQueue{rows}, err
	})
	if err != nil || len(all.jobs) > mostQueued {
		return nil, err
	}
	return all, nil
}

// of gives the jobs that speak of a crate.
func (q *jobQueue) of(c crateKey) []Job {
	own, canon := []Job{}, cratewarden.CanonName(c.Name)
	for _, j := range q.jobs {
		if j.name == canon || j.crate == c.ID || j.ofCrate == c.ID || slices.Contains(j.names, c.Name) {
			own = append(own, j.Job)
		}
	}
	return own
}
