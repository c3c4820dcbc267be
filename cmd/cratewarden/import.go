package main

import (
	"cratewarden/console"
	"cratewarden/registry/dump"
)

type importCmd struct {
	Dump        string `required:"" help:"The dump: a tar.gz, a zip, a folder, or - for standard input."`
	RegistryURL string `required:"" help:"An empty database to load it into."`
	OwnSchema   bool   `help:"Use our schema even when the archive brings one."`
	JSON        bool   `name:"json" help:"Print what was loaded as JSON."`
}

// Help gives examples.
func (importCmd) Help() string {
	return `Examples:

  createdb registry && cratewarden import --dump db-dump.tar.gz --registry-url postgres:///registry
  curl -s https://static.example/db-dump.tar.gz | cratewarden import --dump - --registry-url postgres:///registry

The database must be empty. The import completes or leaves it as it was.`
}

// Run imports.
func (c importCmd) Run(e env) error {
	result, err := load(e.ctx, e, c.Dump, dump.Config{URL: c.RegistryURL, OwnSchema: c.OwnSchema})
	if err != nil || !c.JSON {
		return err
	}
	return printJSON(e, result)
}

type migrateCmd struct {
	ConsoleURL string `required:"" help:"The console's own database."`
}

// Help gives an example.
func (migrateCmd) Help() string {
	return `Example:

  cratewarden migrate --console-url postgres://console@db/cratewarden

serve, open and demo migrate by themselves; this is for those who prefer to do
it apart. Migrations only go forward, each in one transaction.`
}

// Run migrates.
func (c migrateCmd) Run(e env) error {
	names, err := console.Migrate(e.ctx, c.ConsoleURL)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		say(e.stdout, "The console's database is up to date.")
	}
	for _, name := range names {
		say(e.stdout, "Applied %s", name)
	}
	return nil
}
