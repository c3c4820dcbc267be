package auth

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"cratewarden/team"
	"cratewarden/telemetry/logtest"
)

// lazyList is a list that was read a minute ago, and knows better when it is
// asked to read again.
type lazyList struct {
	old, fresh team.Snapshot
	slow       bool
	asked      time.Duration
}

func (l *lazyList) Last() team.Snapshot { return l.old }

func (l *lazyList) Fresh(ctx context.Context, age time.Duration) (team.Snapshot, error) {
	l.asked = age
	if l.slow {
		<-ctx.Done()
		return l.old, errors.Join(errors.New("the source does not answer"), ctx.Err())
	}
	if age < time.Minute {
		l.old = l.fresh
	}
	return l.old, nil
}

// Before a change the list is read again however young it is; a source that does
// not answer holds nobody up for longer than a few seconds.
func TestTheListIsReadAgainBeforeAChange(t *testing.T) {
	t.Parallel()
	list := &lazyList{old: team.Snapshot{At: time.Now().Add(-time.Minute)}, fresh: team.Snapshot{At: time.Now()}}
	s := &Service{cfg: Config{People: list, ListAge: 10 * time.Second}, log: logtest.Logger(t)}
	if got := s.anew(t.Context()); !got.At.Equal(list.fresh.At) || list.asked > 10*time.Second {
		t.Errorf("list of %s, asked for one of at most %s", got.At, list.asked)
	}
	list.slow = true
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if got := s.anew(t.Context()); !got.At.Equal(list.old.At) || time.Since(began) > listPatience {
			t.Errorf("after %s the list of %s", time.Since(began), got.At)
		}
	})
}
