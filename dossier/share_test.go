package dossier

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestShareGivesOneAnswerForAMoment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s share[int32, int64]
		var made atomic.Int64
		ask := func() int64 {
			v, err := s.get(t.Context(), 7, time.Second, func(context.Context) (int64, error) {
				time.Sleep(300 * time.Millisecond)
				return made.Add(1), nil
			})
			if err != nil {
				t.Error(err)
			}
			return v
		}
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if v := ask(); v != 1 {
					t.Errorf("answer %d", v)
				}
			})
		}
		wg.Wait()
		time.Sleep(690 * time.Millisecond) // 990 ms after it was begun
		if v := ask(); v != 1 {
			t.Errorf("within the age: answer %d", v)
		}
		time.Sleep(10 * time.Millisecond)
		if v := ask(); v != 2 {
			t.Errorf("after the age: answer %d", v)
		}
		s.drop()
		if v := ask(); v != 3 {
			t.Errorf("after it was dropped: answer %d", v)
		}
		var old sync.WaitGroup
		old.Go(func() {
			time.Sleep(time.Second)
			if v := ask(); v != 4 {
				t.Errorf("the one who began before the change: answer %d", v)
			}
		})
		time.Sleep(1100 * time.Millisecond) // while that is read
		s.drop()
		if v := ask(); v != 5 {
			t.Errorf("what was begun before the change served one who came after: answer %d", v)
		}
		old.Wait()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if len(s.kept) != 0 {
			t.Errorf("%d answers are kept for ever", len(s.kept))
		}
	})
}

func TestShareKeepsNoErrorsAndOutlivesTheFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s share[int32, string]
		broken := errors.New("broken")
		if _, err := s.get(t.Context(), 1, time.Second, func(context.Context) (string, error) { return "", broken }); !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
		// The first visitor leaves; the second still gets the answer.
		first, leave := context.WithCancel(t.Context())
		slow := func(ctx context.Context) (string, error) {
			time.Sleep(time.Second / 2)
			return "made", ctx.Err()
		}
		go func() { _, _ = s.get(first, 1, time.Second, slow) }()
		synctest.Wait()
		leave()
		v, err := s.get(t.Context(), 1, time.Second, slow)
		if v != "made" || err != nil {
			t.Errorf("got %q, %v", v, err)
		}
		// A panic of the first does not leave others waiting.
		go func() {
			defer func() { _ = recover() }()
			_, _ = s.get(t.Context(), 2, time.Second, func(context.Context) (string, error) { time.Sleep(time.Second / 2); panic("x") })
		}()
		synctest.Wait()
		if _, err := s.get(t.Context(), 2, time.Second, slow); err == nil {
			t.Error("a panic gave an answer")
		}
	})
}
