package cratewarden

import (
	"math"
	"testing"
)

func TestThousands(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 362914376: "362,914,376", -1: "-1", -999: "-999", -1000: "-1,000",
		math.MinInt64: "-9,223,372,036,854,775,808"} {
		if got := Thousands(n); got != want {
			t.Errorf("%d: %q, not %q", n, got, want)
		}
	}
}

func TestAmount(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0 tasks", 1: "1 task", 2: "2 tasks", 2000: "2,000 tasks"} {
		if got := Amount(n, "task", "tasks"); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
