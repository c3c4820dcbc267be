package main

import (
	"io"
	"net/url"
	"runtime/debug"
	"strings"

	"cratewarden"
	"cratewarden/dossier"
)

type crateCmd struct {
	asking
	listing
	crateFilter
	Name string `arg:"" help:"Crate name, in any spelling."`
	List string `enum:",versions,dependents" default:"" help:"Print only this list, a page at a time: versions or dependents."`
}

// Help gives examples.
func (crateCmd) Help() string {
	return `Examples:

  cratewarden crate serde
  cratewarden crate serde --list versions --csv > versions.csv
  cratewarden crate serde --list versions --method token --state live
  cratewarden crate serde --list dependents --kind build --default
  cratewarden crate serde --json | jq .owners`
}

// Run shows a crate or one of its lists.
func (c crateCmd) Run(e env) error {
	q := c.query()
	if err := c.narrow(q, c.List); err != nil {
		return err
	}
	switch c.List {
	case "versions":
		return fetch(e, c.asking, q, func(w io.Writer, p *dossier.Page[dossier.VersionRow]) { printVersions(w, c.listing, *p) }, "crates", c.Name, "versions")
	case "dependents":
		return fetch(e, c.asking, q, func(w io.Writer, d *dossier.Dependents) { printDependents(w, c.listing, d) }, "crates", c.Name, "dependents")
	}
	return fetch(e, c.asking, nil, c.print, "crates", c.Name)
}

func (c crateCmd) print(w io.Writer, d *dossier.Crate) {
	if c.CSV {
		printCSV(w, d.Versions)
		return
	}
	say(w, "%s\n%s", d.Name, inert(d.Truth))
	fact(w, "Marks", marks(d.Marks))
	fact(w, "Description", d.Description)
	fact(w, "Default version", d.Default)
	fact(w, "Versions", num(d.VersionCount)+", "+num(d.YankedCount)+" yanked")
	fact(w, "Downloads", num(d.Downloads)+", "+num(d.Downloads90)+" in 90 days")
	fact(w, "Created", when(d.CreatedAt)+", "+ago(d.CreatedAt))
	fact(w, "Repository", d.Repository)
	heading(w, "Owners")
	printTable(w, "LOGIN|KIND|SINCE|HOW", d.Owners.Active, func(o dossier.Owner) []string {
		return []string{person(&o.Person), o.Kind, when(o.AddedAt), o.How}
	})
	for _, o := range d.Owners.Former {
		say(w, "  formerly %s, until %s", inert(o.Login), when(deref(o.RemovedAt)))
	}
	fact(w, "Former owners", d.Owners.FormerAbsent)
	heading(w, "Versions")
	if d.HeldAbsent != "" {
		say(w, "  %s", inert(d.HeldAbsent))
	}
	printVersions(w, c.listing, d.Versions)
	heading(w, "Dependents")
	if d.Dependents.Absent != "" {
		say(w, "  %s", d.Dependents.Absent)
	} else {
		say(w, "  %d crates with any version, %d with their default version", d.Dependents.AnyVersion, d.Dependents.Default)
		printTable(w, "CRATE|DOWNLOADS|REQUIREMENT|KIND", d.Dependents.Top, func(r dossier.DependentRow) []string {
			return []string{r.Crate, num(r.Downloads), r.Requirement, r.Kind}
		})
	}
	heading(w, "Index and storage")
	fact(w, "Index", orElse(d.Index.Absent, indexState(d.Index)))
	fact(w, "Storage", orElse(d.Files.Absent, num(len(d.Files.Rows))+" objects, "+num(d.Files.Missing)+" missing, "+heldFiles(d.Files.Held)+num(d.Files.Extra)+" unexplained"))
	printTimeline(w, d.Timeline, 12)
}

func indexState(c dossier.IndexCheck) string {
	switch {
	case !c.Present:
		return "no file at " + c.Path
	case c.Equal:
		return num(c.Lines) + " lines, all equal to the database"
	}
	return num(c.Lines) + " lines, " + num(len(c.Differences)) + " differences to the database"
}

// prefixed is a text with words before it, or nothing for nothing.
func prefixed(words, text string) string {
	if text == "" {
		return ""
	}
	return words + text
}

func orElse(first, second string) string {
	if first != "" {
		return first
	}
	return second
}

func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

func printVersions(w io.Writer, l listing, p dossier.Page[dossier.VersionRow]) {
	printRows(w, l, p, "VERSION|CRATE|PUBLISHED (UTC)|METHOD|PUBLISHER|YANKED|HELD|DOWNLOADS", func(r dossier.VersionRow) []string {
		return []string{r.Num, r.Crate, when(r.CreatedAt), r.MethodLabel, person(r.Publisher), yes(r.Yanked), heldBy(r.Held), num(r.Downloads)}
	})
}

// heldBy names the plan that holds a version.
func heldBy(h *dossier.Hold) string {
	if h == nil {
		return ""
	}
	return h.Plan
}

func heldFiles(n int) string {
	if n == 0 {
		return ""
	}
	return num(n) + " held in the vault, "
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

func printDependents(w io.Writer, l listing, d *dossier.Dependents) {
	rows := dossier.Page[dossier.DependentRow]{Section: d.Section, Rows: d.Top, Next: d.Next}
	printRows(w, l, rows, "CRATE|DOWNLOADS|REQUIREMENT|KIND|VERSIONS|DEFAULT", func(r dossier.DependentRow) []string {
		return []string{r.Crate, num(r.Downloads), r.Requirement, r.Kind, num(r.Versions), yes(r.Default)}
	})
}

type versionCmd struct {
	asking
	Spec string `arg:"" optional:"" placeholder:"NAME@VERSION" help:"Version to show. Without one, this program's own version is printed."`
}

// Help gives examples.
func (versionCmd) Help() string {
	return `Examples:

  cratewarden version                 the program's own version
  cratewarden version serde@1.0.200   how that version was published`
}

// Run shows a version's provenance, or the program's version.
func (c versionCmd) Run(e env) error {
	if c.Spec == "" {
		say(e.stdout, "cratewarden %s", release())
		return nil
	}
	name, number, err := splitSpec(c.Spec)
	if err != nil {
		return err
	}
	return fetch(e, c.asking, nil, printVersion, "crates", name, "versions", number)
}

func splitSpec(spec string) (name, number string, err error) {
	name, number, ok := strings.Cut(spec, "@")
	if !ok || name == "" || number == "" {
		return "", "", cratewarden.Errorf(cratewarden.Invalid, "Write the version as NAME@VERSION, like serde@1.0.200.")
	}
	return name, number, nil
}

func printVersion(w io.Writer, v *dossier.Version) {
	say(w, "%s %s\n%s", v.Crate, v.Num, inert(v.Provenance.Sentence))
	fact(w, "Marks", marks(v.Marks))
	if v.Row.Yanked {
		fact(w, "Yanked", orElse(v.YankMessage, "yes, "+orElse(prefixed("its message is ", v.YankMessageAbsent), "without a message")))
	}
	if h := v.Row.Held; h != nil {
		fact(w, "Held", "since "+when(h.Since)+" by plan "+h.Plan+". "+h.FilesSentence())
	}
	fact(w, "Held", v.HeldAbsent)
	heading(w, "What differs from the previous publishes")
	for _, d := range v.Provenance.Differences {
		say(w, "  - %s", inert(d.Text))
	}
	if len(v.Provenance.Differences) == 0 {
		say(w, "  nothing")
	}
	heading(w, "Evidence")
	for _, f := range v.Provenance.Evidence {
		say(w, "  %-22s %s  [%s]", f.Name, inert(f.Value), f.Source)
	}
	heading(w, "Checksums")
	fact(w, "", v.ChecksAbsent)
	for _, c := range v.Checks {
		fact(w, c.Fact, strings.TrimSpace(c.State+"  "+orElse(c.Database, c.File)))
	}
	heading(w, "Not kept by the registry")
	for _, g := range v.Provenance.NotKept {
		say(w, "  %s: %s", g.Fact, g.Note)
	}
	printTimeline(w, v.Timeline, 12)
}

// release is the version of this program: the module's, or the commit it was
// built from.
func release() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (version == "" || version == "(devel)") {
			version = "development " + s.Value[:min(12, len(s.Value))]
		}
	}
	return strings.TrimSpace(orElse(version, "development") + " " + info.GoVersion)
}

type filesCmd struct {
	asking
	Spec string `arg:"" placeholder:"NAME@VERSION" help:"Version whose archive to read."`
	Path string `arg:"" optional:"" help:"Print this file of it."`

	Kind   string `enum:",text,binary" default:"" help:"List only text files, or only binary ones."`
	Marked bool   `help:"List only files with marks, such as build scripts and binaries."`
}

// Help gives examples.
func (filesCmd) Help() string {
	return `Examples:

  cratewarden files serde@1.0.200
  cratewarden files serde@1.0.200 --marked
  cratewarden files serde@1.0.200 build.rs`
}

// Run lists the files or prints one.
func (c filesCmd) Run(e env) error {
	name, number, err := splitSpec(c.Spec)
	if err != nil {
		return err
	}
	q := url.Values{}
	set(q, "kind", c.Kind)
	set(q, "marked", given(c.Marked))
	if c.Path != "" && len(q) > 0 {
		return cratewarden.Errorf(cratewarden.Invalid, "--kind and --marked narrow the list of files; leave out either them or the path.")
	}
	if c.Path != "" {
		return fetch(e, c.asking, url.Values{"path": {c.Path}}, printFile, "crates", name, "versions", number, "file")
	}
	return fetch(e, c.asking, q, printFiles, "crates", name, "versions", number, "files")
}

func printFile(w io.Writer, f *dossier.File) {
	if f.Absent != "" || f.Note != "" {
		say(w, "%s", inert(orElse(f.Absent, f.Note)))
	}
	for _, line := range f.Lines {
		for _, span := range line {
			_, _ = io.WriteString(w, inertSource(span.Text))
		}
		say(w, "")
	}
}
