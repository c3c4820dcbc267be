package registry_test

import (
	"os"
	"testing"

	"cratewarden/pg/pgtest"
	"cratewarden/telemetry/logtest"
)

func TestMain(m *testing.M) { os.Exit(logtest.Main(func() int { return pgtest.Main(m) })) }
