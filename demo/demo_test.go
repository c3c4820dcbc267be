package demo

import (
	"os"
	"testing"
	"time"

	"cratewarden/pg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// testNow is when the tests' registries stand.
var testNow = time.Date(2026, 11, 22, 13, 7, 5, 0, time.UTC)
