// Command cratewarden is the whole program: the console with its pages and
// its JSON interface, the made-up registry to try it on, the import of public
// dumps, and a command line that asks a running console. One binary, nothing
// beside it but an installed PostgreSQL for the commands that bring their own.
package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"cratewarden/telemetry"
)

func main() { os.Exit(program(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// program runs until it is done or told to end, and gives the exit code. Parts
// that were given no log, and the standard library's, warn where everything of
// the program goes, behind the same veil.
func program(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	slog.SetDefault(telemetry.NewLogger(stderr, terminal(stderr), slog.LevelWarn))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, args, stdin, stdout, stderr)
	return explain(err, stderr)
}

// run is the program as a function, so that a test can be its user.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	return execute(args, env{ctx: ctx, stdin: stdin, stdout: stdout, stderr: stderr})
}
