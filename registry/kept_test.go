package registry

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestKeptIsDropped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var k kept[int]
		made := 0
		ask := func() int {
			v, err := k.get(t.Context(), time.Minute, func(context.Context) (*int, error) {
				made++
				n := made
				time.Sleep(10 * time.Millisecond)
				return &n, nil
			})
			if err != nil {
				t.Error(err)
				return 0
			}
			return *v
		}
		if first, again := ask(), ask(); first != 1 || again != 1 {
			t.Errorf("answers %d and %d", first, again)
		}
		k.drop()
		if v := ask(); v != 2 {
			t.Errorf("after it was dropped: answer %d", v)
		}
		time.Sleep(time.Minute)
		go ask()
		time.Sleep(5 * time.Millisecond) // while that is read
		k.drop()
		if v := ask(); v != 4 {
			t.Errorf("what was begun before the change served one who came after: answer %d", v)
		}
	})
}
