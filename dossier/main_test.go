package dossier_test

import (
	"os"
	"testing"

	"cratewarden/pg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
