package main

import (
	"io"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/pg"
	"cratewarden/registry/check"
)

type checkCmd struct {
	RegistryURL string `help:"The registry's database."`
	JSON        bool   `name:"json" help:"Print the report as JSON."`
	Grants      string `placeholder:"ROLE" help:"Only print the least GRANT statements for this role; needs no database."`
	Acting      bool   `help:"With --grants: for a role that may also carry out plans."`
}

// Help gives examples.
func (checkCmd) Help() string {
	return `Examples:

  cratewarden check-registry --registry-url postgres://console@db/cargo_registry
  cratewarden check-registry --grants console_reader | psql cargo_registry

It only reads, and exits with 6 when reading is not possible.`
}

// Run checks or prints grants.
func (c checkCmd) Run(e env) error {
	if c.Grants != "" {
		mode := check.ReadOnly
		if c.Acting {
			mode = check.Acting
		}
		text := check.Grants(c.Grants, mode)
		if strings.HasPrefix(text, "--") {
			return cratewarden.Errorf(cratewarden.Invalid, "%q is not the name of one role. Choose another.", c.Grants)
		}
		_, err := io.WriteString(e.stdout, text)
		return err
	}
	if c.RegistryURL == "" {
		return cratewarden.Errorf(cratewarden.Invalid, "Name the database with --registry-url, or ask for grants with --grants ROLE.")
	}
	// Not a read-only session: it is asked too whether this role could write.
	pool, err := pg.Open(e.ctx, pg.Config{URL: c.RegistryURL, MaxConns: 2, StatementTimeout: 30 * time.Second})
	if err != nil {
		return err
	}
	defer pool.Close()
	report, err := check.Run(e.ctx, pool)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(e, report)
	} else {
		report.Write(e.stdout)
	}
	if err == nil && !report.Can(check.Read) {
		err = cratewarden.Errorf(cratewarden.Unavailable, "Reading is not possible on this database; the table says what is missing.")
	}
	return err
}
