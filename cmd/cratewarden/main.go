// Command cratewarden is the whole program: the console with its pages and
// its JSON interface, the made-up registry to try it on, the import of public
// dumps, and a command line that asks a running console. One binary, nothing
// beside it but an installed PostgreSQL for the commands that bring their own.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(explain(err, os.Stderr))
}

// run is the program as a function, so that a test can be its user.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	return execute(args, env{ctx: ctx, stdin: stdin, stdout: stdout, stderr: stderr})
}
