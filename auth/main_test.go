package auth_test

import (
	"context"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg"
	"cratewarden/pg/pgtest"
	"cratewarden/telemetry/logtest"
)

func TestMain(m *testing.M) { os.Exit(logtest.Main(func() int { return pgtest.Main(m) })) }

// consoleTemplate is an empty console database.
func consoleTemplate() pgtest.Template {
	return pgtest.Template{Name: "console", Build: func(ctx context.Context, conn *pgx.Conn) error {
		_, err := pg.Migrate(ctx, conn, os.DirFS("../console/migrations"))
		return err
	}}
}
