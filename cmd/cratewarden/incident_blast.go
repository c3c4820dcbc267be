package main

import (
	"io"
	"net/url"
	"strconv"
	"strings"

	"cratewarden"
	"cratewarden/api"
	"cratewarden/blast"
)

type blastCmd struct {
	asking
	Crate    string   `arg:"" placeholder:"NAME[@VERSION]" help:"The bad crate, or one bad version of it."`
	Version  []string `env:"-" help:"More bad versions of it, with commas between."`
	Range    string   `env:"-" help:"A range of bad versions, as in Cargo.toml."`
	Also     []string `env:"-" placeholder:"NAME@VERSION" help:"Bad versions of other crates."`
	Would    bool     `help:"What would be chosen now, in place of what could be."`
	Locked   bool     `help:"Count yanked versions too, which lock files may keep."`
	Distance int      `env:"-" help:"End the search there."`
	Limit    int      `default:"20" help:"Crates and owners printed."`
	After    string   `help:"Go on after this key, which the page before printed."`
}

// Help gives examples.
func (blastCmd) Help() string {
	return `Examples:

  cratewarden blast arraykit@0.3.10
  cratewarden blast arraykit --range ">=0.3.10, <0.3.11" --would --json

Who could resolve to bad versions, directly or through others. The versions need
not be in the registry any more.`
}

// Run asks.
func (c blastCmd) Run(e env) error {
	name, version, _ := strings.Cut(c.Crate, "@")
	if name == "" {
		return cratewarden.Errorf(cratewarden.Invalid, "Name a crate, or a version as NAME@VERSION.")
	}
	versions := c.Version
	if version != "" {
		versions = append([]string{version}, versions...)
	}
	q := url.Values{"limit": {strconv.Itoa(c.Limit)}}
	for field, value := range map[string]string{"version": strings.Join(versions, ","), "range": c.Range, "also": strings.Join(c.Also, ","), "after": c.After} {
		set(q, field, value)
	}
	if c.Would {
		q.Set("mode", "would")
	}
	if c.Locked {
		q.Set("locked", "true")
	}
	if c.Distance != 0 {
		q.Set("distance", strconv.Itoa(c.Distance))
	}
	return fetch(e, c.asking, q, printBlast, "crates", name, "blast")
}

func printBlast(w io.Writer, r *api.BlastRadius) {
	asOf := ""
	if !r.AsOf.IsZero() {
		asOf = " As of " + when(r.AsOf) + " UTC."
	}
	say(w, "%s with %s are hit, %s directly; of %s the default version.%s", cratewarden.Amount(r.Crates, "crate", "crates"), cratewarden.Amount(r.Versions, "version", "versions"), cratewarden.Amount(r.Direct, "crate", "crates"), cratewarden.Thousands(r.Defaults), asOf)
	for _, b := range r.Bad {
		for _, v := range b.Versions {
			state := "published " + when(v.Published)
			if v.Missing {
				state = "not in the registry"
			}
			say(w, "  bad: %s %s, %s", inert(b.Name), inert(v.Num), state)
		}
	}
	section(w, "By distance", r.Layers, mostRows, func(l blast.Layer) string {
		return num(l.Distance) + ": " + num(l.Crates) + " crates, " + num(l.Versions) + " versions"
	})
	if len(r.Affected) > 0 {
		heading(w, "Crates")
		printTable(w, "CRATE|DISTANCE|VERSIONS|NEWEST|DOWNLOADS|THROUGH|REQUIREMENT", r.Affected, func(a blast.Affected) []string {
			return []string{a.Crate, num(a.Distance), num(a.Versions), a.Newest, num(a.Downloads), a.Through, a.Requirement}
		})
	}
	if r.Next != "" {
		say(w, "  more: --after %s", r.Next)
	}
	section(w, "Owners of crates that depend directly: "+num(r.OwnerCount), r.Owners, mostRows, func(o blast.Notified) string {
		return o.Login + ": " + few(o.Crates)
	})
	section(w, "Figures", r.Figures, mostRows, func(f blast.Figure) string {
		return f.Label + ": " + num(f.Value) + ", " + f.State() + "; " + f.Method
	})
	for _, gap := range r.Gaps {
		say(w, "Note: %s", inert(gap))
	}
}

// few names the first of many: somebody may own hundreds of crates, and --json
// has all.
func few(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + " and " + num(len(names)-most) + " more"
}
