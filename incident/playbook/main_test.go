package playbook

import (
	"os"
	"testing"

	"cratewarden/telemetry/logtest"
)

func TestMain(m *testing.M) { os.Exit(logtest.Main(m.Run)) }
