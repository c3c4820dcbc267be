package action

import (
	"context"
	"math/rand/v2"
	"time"

	"cratewarden/pg"
)

// retry repeats work that PostgreSQL ended because two transactions waited for
// each other, which is nobody's fault and passes; anything else is given as it
// is.
func (e *Engine) retry(ctx context.Context, work func() error) error {
	for try := 1; ; try++ {
		err := work()
		if err == nil || try == 4 || !pg.IsCode(err, "40P01") && !pg.IsCode(err, "40001") {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Duration(try) * (5 + time.Duration(rand.IntN(20))) * time.Millisecond):
		}
	}
}
