package demo

import (
	"os"
	"testing"
	"time"

	"cratewarden/pg/pgtest"
	"cratewarden/telemetry/logtest"
)

func TestMain(m *testing.M) { os.Exit(logtest.Main(func() int { return pgtest.Main(m) })) }

// testNow is when the tests' registries stand.
var testNow = time.Date(2026, 11, 22, 13, 7, 5, 0, time.UTC)
