package dump

import (
	"regexp"
	"strings"

	"cratewarden"
)

// Limits of an archive. The registry's own has 23 files.
const (
	maxEntries  = 1000
	maxMetadata = 64 << 10
	maxSchema   = 8 << 20
	maxHeader   = 64 << 10
	maxColumns  = 1600 // PostgreSQL's own limit
)

// kind says what a file of the archive is for.
type kind int

const (
	kindOther kind = iota // README, export.sql and import.sql: not needed
	kindMetadata
	kindSchema
	kindTable
)

// place is a file name of the archive, understood.
type place struct {
	kind kind
	// table is the name before ".csv", for kindTable.
	table string
	// prefix is the dated folder that tar archives have and zips have not.
	prefix string
}

var tableName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// locate understands a file name by contract db-dump.md section 2. It refuses
// names that point outside the archive and files under data/ that are no
// tables, so that nothing of an unknown layout is passed over in silence.
func locate(name string) (place, error) {
	clean := strings.TrimPrefix(name, "./")
	parts := strings.Split(clean, "/")
	for _, part := range parts {
		if part == "" || part == "." || part == ".." || strings.ContainsAny(part, "\\\x00") {
			return place{}, cratewarden.Errorf(cratewarden.Refused, "The archive holds a file with the unsafe name %q. It is not a registry dump.", clip(name))
		}
	}
	var p place
	if len(parts) > 1 && parts[0] != "data" {
		p.prefix, parts = parts[0], parts[1:]
	}
	switch {
	case len(parts) == 1 && parts[0] == "metadata.json":
		p.kind = kindMetadata
	case len(parts) == 1 && parts[0] == "schema.sql":
		p.kind = kindSchema
	case parts[0] == "data":
		table, csv := strings.CutSuffix(parts[len(parts)-1], ".csv")
		if len(parts) != 2 || !csv || !tableName.MatchString(table) {
			return place{}, cratewarden.Errorf(cratewarden.Invalid, "The archive has %q where only tables are expected. This layout is not known.", clip(name))
		}
		p.kind, p.table = kindTable, table
	}
	return p, nil
}

// clip keeps a foreign name short enough for a sentence.
func clip(name string) string {
	if len(name) > 100 {
		return name[:100] + "…"
	}
	return name
}

// census counts what an archive holds and refuses what no dump has: too many
// files, two dated folders, the same file twice.
type census struct {
	entries int
	prefix  *string
	seen    map[string]bool
}

func (c *census) count() error {
	if c.entries++; c.entries > maxEntries {
		return cratewarden.Errorf(cratewarden.TooLarge, "The archive holds more than %d files. It is not a registry dump.", maxEntries)
	}
	return nil
}

func (c *census) admit(name string) (place, error) {
	if err := c.count(); err != nil {
		return place{}, err
	}
	p, err := locate(name)
	if err != nil || p.kind == kindOther {
		return p, err
	}
	if c.prefix == nil {
		c.prefix, c.seen = &p.prefix, map[string]bool{}
	}
	if *c.prefix != p.prefix {
		return place{}, cratewarden.Errorf(cratewarden.Invalid, "The archive mixes two dumps: %q and %q.", clip(*c.prefix), clip(p.prefix))
	}
	key := strings.TrimPrefix(name, "./")
	if c.seen[key] {
		return place{}, cratewarden.Errorf(cratewarden.Invalid, "The archive holds %q twice.", clip(key))
	}
	c.seen[key] = true
	return p, nil
}

func linkRefused(name string) error {
	return cratewarden.Errorf(cratewarden.Refused, "The archive holds %q, which is a link or a device and not a file. It is not a registry dump.", clip(name))
}
