package action

import (
	"context"
	"slices"
	"strings"

	"cratewarden"
	"cratewarden/registry/change"
)

// Batch is a pasted list of crates and versions as the registry knows them:
// first what it does not, with reasons, then a table to tick.
type Batch struct {
	Lines      int         `json:"lines"` // that named something
	Unresolved []BatchLine `json:"unresolved"`
	Resolved   []BatchLine `json:"resolved"`
}

// BatchLine is one line of it.
type BatchLine struct {
	Line    int    `json:"line"` // counts from 1
	Text    string `json:"text"`
	Crate   string `json:"crate,omitempty"` // stored spelling
	CrateID int32  `json:"crate_id,omitempty"`
	// Version and VersionID are those of a line that names a version; a line
	// without means the whole crate, of which Versions counts the versions.
	Version   string `json:"version,omitempty"`
	VersionID int32  `json:"version_id,omitempty"`
	Versions  int    `json:"versions,omitempty"`
	Yanked    bool   `json:"yanked,omitempty"` // the version, or every version
	// Problem says why the line is unresolved, Near what may have been meant.
	Problem string   `json:"problem,omitempty"`
	Near    []string `json:"near,omitempty"`
	// Again counts later lines that mean the same.
	Again int `json:"again,omitempty"`
}

// Limits of a batch.
const (
	maxLines    = 5000
	maxBatch    = 2 << 20
	nearLines   = 200 // unresolved lines for which near names are looked up
	nearest     = 5
	nearNumbers = 5
)

// Resolve reads pasted lines: "name", "name@version", "name version". Empty
// lines and what follows "#" do not count.
func (e *Engine) Resolve(ctx context.Context, text string) (Batch, error) {
	if len(text) > maxBatch {
		return Batch{}, cratewarden.Errorf(cratewarden.TooLarge, "That is too long; paste at most %d lines.", maxLines)
	}
	var lines []BatchLine
	for n, raw := range strings.Split(text, "\n") {
		if l, any := batchLine(n+1, raw); any {
			lines = append(lines, l)
		}
	}
	switch {
	case len(lines) == 0:
		return Batch{}, cratewarden.Errorf(cratewarden.Invalid, "There is nothing in the list. Write one crate, or one name@version, in a line.")
	case len(lines) > maxLines:
		return Batch{}, cratewarden.Errorf(cratewarden.TooLarge, "A list has at most %d lines; this one has %d. Part it.", maxLines, len(lines))
	}
	if err := e.look(ctx, func(ctx context.Context, t *change.Tx) error { return resolveLines(ctx, t, lines) }); err != nil {
		return Batch{}, err
	}
	b := Batch{Lines: len(lines), Unresolved: []BatchLine{}, Resolved: []BatchLine{}}
	first := map[[2]int32]int{}
	for _, l := range lines {
		if l.Problem != "" {
			b.Unresolved = append(b.Unresolved, l)
			continue
		}
		if at, again := first[[2]int32{l.CrateID, l.VersionID}]; again {
			b.Resolved[at].Again++
			continue
		}
		first[[2]int32{l.CrateID, l.VersionID}] = len(b.Resolved)
		b.Resolved = append(b.Resolved, l)
	}
	e.nearNames(b.Unresolved)
	return b, nil
}

// batchLine reads one line; any is false when there is nothing in it.
func batchLine(n int, raw string) (l BatchLine, any bool) {
	text, _, _ := strings.Cut(raw, "#")
	text = strings.Trim(strings.TrimSpace(text), "\"'`,;")
	text = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(text, "- "), "* "))
	if text == "" {
		return l, false
	}
	l = BatchLine{Line: n, Text: cut(text, 200)}
	if strings.Contains(text, "://") {
		l.Problem = "This is an address. Write the crate's name."
		return l, true
	}
	words := strings.FieldsFunc(text, func(r rune) bool { return r == '@' || r == ' ' || r == '\t' || r == ',' })
	switch {
	case len(words) == 0 || len(words) > 2:
		l.Problem = "This is neither a name nor name@version."
		return l, true
	case len(words) == 2:
		l.Version = strings.TrimPrefix(words[1], "v")
	}
	l.Crate = words[0]
	if len(l.Crate) > 255 || len(l.Version) > 255 || strings.ContainsRune(text, 0) {
		l.Problem = "No crate or version has such a name."
	}
	return l, true
}

// resolveLines finds all lines' crates and versions with a few statements.
func resolveLines(ctx context.Context, t *change.Tx, lines []BatchLine) error {
	names, nums := make([]string, len(lines)), make([]string, len(lines))
	for i, l := range lines {
		if l.Problem == "" {
			names[i], nums[i] = l.Crate, l.Version
		}
	}
	found, err := t.Batch(ctx, names, nums)
	if err != nil {
		return err
	}
	var unknown []int32
	for i := range lines {
		l, f := &lines[i], found[i]
		switch {
		case l.Problem != "":
		case f.CrateID == 0:
			l.Problem = "The registry has no crate of this name."
		case l.Version != "" && f.VersionID == 0:
			l.Problem = "The crate " + f.Crate + " has no version " + l.Version + "."
			l.Crate, l.CrateID = f.Crate, f.CrateID
			unknown = append(unknown, f.CrateID)
		default:
			l.Crate, l.CrateID, l.VersionID, l.Versions, l.Yanked = f.Crate, f.CrateID, f.VersionID, f.Versions, f.Yanked
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	numbers, err := t.NewestNumbers(ctx, unknown, nearNumbers)
	for i := range lines {
		if l := &lines[i]; l.Problem != "" && l.CrateID != 0 {
			l.Near = numbers[l.CrateID]
		}
	}
	return err
}

// nearNames says for unknown names what may have been meant.
func (e *Engine) nearNames(lines []BatchLine) {
	if e.cfg.Mirror == nil {
		return
	}
	asked := 0
	for i := range lines {
		l := &lines[i]
		if l.Crate == "" || l.CrateID != 0 || asked == nearLines {
			continue
		}
		asked++
		for _, x := range e.cfg.Mirror.LookalikeCrates(l.Crate, nearest) {
			l.Near = append(l.Near, x.Name)
		}
	}
}

// BatchOrder makes the text of one plan that does the same to many: kind is one
// whose parameters are a crate, or a crate and a version. Lines that name a
// whole crate are parted into its versions when the kind wants versions.
func (e *Engine) BatchOrder(ctx context.Context, kind string, lines []BatchLine, more map[string]string) (Order, error) {
	k, known := e.catalogue.Kind(kind)
	takes := func(name string) bool {
		return slices.ContainsFunc(k.Params, func(p Param) bool { return p.Name == name })
	}
	if !known || !takes("crate") {
		return Order{}, cratewarden.Errorf(cratewarden.Invalid, "%q is no act on crates or versions.", kind)
	}
	if len(lines) == 0 {
		return Order{}, cratewarden.Errorf(cratewarden.Invalid, "Choose at least one line.")
	}
	var err error
	if takes("version") {
		err = e.look(ctx, func(ctx context.Context, t *change.Tx) (err error) {
			lines, err = wholeCrates(ctx, t, lines)
			return err
		})
	} else if slices.ContainsFunc(lines, func(l BatchLine) bool { return l.Version != "" }) {
		err = cratewarden.Errorf(cratewarden.Invalid, "%s is done to whole crates; some lines name a version.", kind)
	}
	if err != nil {
		return Order{}, err
	}
	o := Order{Title: cut(k.Title+": "+lines[0].Crate, maxTitle)}
	if len(lines) > 1 {
		o.Title += " and more"
	}
	for _, l := range lines {
		fields := map[string]string{"do": kind, "crate": l.Crate}
		for name, value := range more {
			fields[name] = value
		}
		if takes("version") {
			fields["version"] = l.Version
		}
		text, err := canonical(fields)
		if err != nil {
			return o, err
		}
		o.Steps = append(o.Steps, text)
	}
	_, err = o.check(e.catalogue)
	return o, err
}

// wholeCrates puts all versions of a crate in the place of a line that names
// the crate alone.
func wholeCrates(ctx context.Context, t *change.Tx, lines []BatchLine) ([]BatchLine, error) {
	var crates []int32
	for _, l := range lines {
		if l.Version == "" {
			crates = append(crates, l.CrateID)
		}
	}
	if len(crates) == 0 {
		return lines, nil
	}
	ids, err := t.VersionIDs(ctx, crates)
	if err != nil {
		return nil, err
	}
	var all []int32
	for _, list := range ids {
		all = append(all, list...)
	}
	versions, err := t.VersionsNow(ctx, all)
	if err != nil {
		return nil, err
	}
	byCrate := map[int32][]BatchLine{}
	for _, v := range versions {
		byCrate[v.CrateID] = append(byCrate[v.CrateID], BatchLine{Crate: v.Crate, CrateID: v.CrateID, Version: v.Num, VersionID: v.ID, Yanked: v.Yanked})
	}
	var out []BatchLine
	seen := map[int32]bool{} // a version may stand in the list beside its crate
	for _, l := range lines {
		mine := []BatchLine{l}
		if l.Version == "" {
			mine = byCrate[l.CrateID]
		}
		for _, v := range mine {
			if !seen[v.VersionID] {
				seen[v.VersionID] = true
				out = append(out, v)
			}
		}
	}
	return out, nil
}
