package incident

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"cratewarden/advisory"
	"cratewarden/evidence"
	"cratewarden/mirror"
)

// Sheet gives everything that may be told about a case. Names, times and hashes
// come from the facts that were seen, from tombstones and from sealed evidence,
// so they stay the same after the bad versions are deleted; only people's texts
// and figures change it. Nothing in it depends on when it is asked for.
func (s *Service) Sheet(ctx context.Context, id string) (advisory.Sheet, error) {
	i, err := s.Incident(ctx, id)
	if err != nil {
		return advisory.Sheet{}, err
	}
	d, err := s.desk(ctx, i)
	if err != nil {
		return advisory.Sheet{}, err
	}
	sheet := advisory.Sheet{
		Incident: i.ID, Title: i.Title, Kind: string(i.Kind), Verdict: string(i.Verdict), TLP: string(i.TLP), Severity: string(i.Severity), Campaign: i.Campaigns,
		Registry: s.cfg.Registry, Publisher: s.cfg.Publisher, ReportedAt: i.ReportedAt, Lead: i.Lead.Name,
	}
	if sheet.Crates, err = d.crates(ctx); err != nil {
		return sheet, err
	}
	sheet.Accounts = d.accounts()
	sheet.ContainedAt, sheet.RemovedAt = moment(d.times.contained), moment(d.times.removed)
	writeTexts(&sheet, i.Texts)
	sheet.AsOf = d.newest(i, &sheet)
	return sheet, nil
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// desk is what a sheet is made from.
type desk struct {
	s       *Service
	scope   scope
	texts   map[string]string
	roles   map[string]string // of linked versions
	names   map[string]string // stored spelling, by canonical name
	facts   []fact            // publishes of all crates of the case
	plans   []planDone
	figures []Figure
	hashes  map[string]string    // from evidence, by canonical "name@num"
	gone    map[string]buried    // by canonical "name@num"
	held    map[string]time.Time // likewise
	times   milestones
}

// buried is what a tombstone says.
type buried struct {
	at     time.Time
	sha256 string
}

func (s *Service) desk(ctx context.Context, i Incident) (*desk, error) {
	d := &desk{s: s, texts: map[string]string{}, roles: map[string]string{}, names: map[string]string{}, gone: map[string]buried{}, held: map[string]time.Time{}}
	var err error
	if d.plans, err = s.plansOf(ctx, i); err != nil {
		return nil, err
	}
	d.scope = scopeOf(i, d.plans)
	if _, err = s.registryFacts(ctx, i, d.plans); err != nil { // which are kept by that
		return nil, err
	}
	if err := s.measure(ctx, i, d.scope); err != nil {
		return nil, err
	}
	if keys := d.scope.keys(); len(keys) > 0 {
		if d.facts, err = s.keptFacts(ctx, d.scope); err != nil {
			return nil, err
		}
	}
	if d.figures, err = s.Figures(ctx, i.ID); err != nil {
		return nil, err
	}
	list, err := s.milestones(ctx, `i.number = $1`, i.number())
	if err != nil {
		return nil, err
	}
	if len(list) == 1 {
		d.times = list[0]
	}
	for _, t := range i.Texts {
		d.texts[t.Field] = t.Body
	}
	d.spell(i)
	if d.hashes, err = s.sealedHashes(ctx, i); err != nil {
		return nil, err
	}
	return d, d.removals(ctx)
}

// spell finds how each crate's name is written.
func (d *desk) spell(i Incident) {
	put := func(name string) {
		if _, known := d.names[canonID(name)]; !known && name != "" {
			d.names[canonID(name)] = name
		}
	}
	for _, f := range d.facts {
		put(f.moment.Details["crate"])
	}
	for _, sub := range i.Subjects {
		name, _, version := strings.Cut(sub.ID, "@")
		if sub.Kind == "crate" || sub.Kind == "version" {
			put(name)
		}
		if version && sub.Kind == "version" {
			d.roles[canonID(sub.ID)] = sub.Role
		}
	}
	for _, p := range d.plans {
		for _, step := range p.steps {
			for _, sub := range step.Do.Subjects() {
				if name, _, _ := strings.Cut(sub.ID, "@"); sub.Kind == "crate" || sub.Kind == "version" {
					put(name)
				}
			}
		}
	}
}

// issue is one version of a crate with what is known of it.
type issue struct {
	num, id string // id is canonical "name@num"
	at      time.Time
	who     string
	account string // number of who published it
	sha256  string
}

// versions gives all versions of a crate that were ever seen, the oldest first,
// and after them linked ones that nobody ever saw.
func (d *desk) versions(crate string) []issue {
	var out []issue
	seen := map[string]bool{}
	for _, f := range d.facts {
		if f.moment.What != whatPublish || f.crate != crate {
			continue
		}
		seen[f.version] = true
		out = append(out, issue{num: f.moment.Details["version"], id: f.version, at: f.moment.At, who: f.moment.Who, account: f.moment.Details["publisher"], sha256: f.moment.Details["sha256"]})
	}
	slices.SortFunc(out, func(a, b issue) int { return cmp.Or(a.at.Compare(b.at), strings.Compare(a.id, b.id)) })
	var unseen []issue
	for id := range d.scope.versions {
		if name, num, _ := strings.Cut(id, "@"); name == crate && !seen[id] {
			unseen = append(unseen, issue{num: num, id: id})
		}
	}
	slices.SortFunc(unseen, func(a, b issue) int { return strings.Compare(a.id, b.id) })
	return append(out, unseen...)
}

// crates gives the crates with bad versions, by name.
func (d *desk) crates(_ context.Context) ([]advisory.Crate, error) {
	out := []advisory.Crate{}
	for _, name := range d.scope.names() {
		if c, any := d.crate(name); any {
			out = append(out, c)
		}
	}
	return out, nil
}

func (d *desk) crate(name string) (advisory.Crate, bool) {
	c := advisory.Crate{Name: cmp.Or(d.names[name], name), Bad: []advisory.Version{}, Imitates: d.texts["imitates:"+name], Behaviour: d.texts["behaviour:"+name]}
	list := d.versions(name)
	c.Deleted = d.scope.deleted[name] || len(list) > 0 && !d.there(name)
	linked := ""
	publishers := map[string]bool{}
	for _, v := range list {
		switch {
		case d.scope.hasBad(name, v.id):
			if c.PublishedBy == "" {
				c.PublishedBy = v.who
			}
			linked = cmp.Or(linked, d.roles[v.id])
			publishers[v.account] = true
			c.Bad = append(c.Bad, d.bad(c.Name, v))
		case c.Deleted || d.gone[v.id].at.After(v.at):
		default:
			c.Good = append(c.Good, v.num)
			if d.restored(v.id) {
				c.Restored = append(c.Restored, v.num)
			}
		}
	}
	c.Role = d.role(name, linked, len(c.Good) > 0)
	c.Dependents = figure(Best(d.figures, Dependents, name, ""))
	c.Owners = d.owners(name, publishers)
	return c, len(c.Bad) > 0
}

// role is what part a crate played, as far as somebody said so; else a crate with
// good versions is a victim, and one without them is what brings the harm.
func (d *desk) role(name, linked string, good bool) string {
	said := d.scope.crates[name]
	for _, role := range []string{said, linked} {
		if role == rolePayload || role == roleCarrier || role == roleVictim && (good || role == linked) {
			return role
		}
	}
	if good {
		return roleVictim
	}
	return rolePayload
}

func (d *desk) bad(crate string, v issue) advisory.Version {
	return advisory.Version{
		Num: v.num, Published: v.at, Removed: d.gone[v.id].at, Held: d.held[v.id],
		SHA256: cmp.Or(v.sha256, d.gone[v.id].sha256, d.hashes[v.id]), Downloads: figure(Best(d.figures, Downloads, crate, v.num)),
	}
}

func (d *desk) restored(id string) bool {
	isBad, linked := d.scope.versions[id]
	return linked && !isBad && d.roles[id] != roleRelated
}

func figure(f *Figure) *advisory.Figure {
	if f == nil {
		return nil
	}
	return &f.Figure
}

// there says that a crate is still in the registry. While nobody can tell it is.
func (d *desk) there(name string) bool {
	m := d.s.cfg.Mirror
	return m == nil || !m.Ready(mirror.PartCrates) || !m.Ready(mirror.PartVersions) || d.s.inMirror(name)
}

// owners are the owners of a crate who published nothing bad, by login.
func (d *desk) owners(name string, publishers map[string]bool) []string {
	m := d.s.cfg.Mirror
	if m == nil {
		return nil
	}
	crate, ok := m.CrateByName(name)
	if !ok {
		return nil
	}
	var out []string
	for _, o := range m.Owners(crate.ID) {
		if o.Deleted || o.Team || publishers[strconv.Itoa(int(o.OwnerID))] {
			continue
		}
		if a, ok := m.Account(o.OwnerID); ok {
			out = append(out, a.Login)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// sealedHashes gives the hashes of archives that are in sealed evidence.
func (s *Service) sealedHashes(ctx context.Context, i Incident) (map[string]string, error) {
	out := map[string]string{}
	bundles, err := s.bundlesOf(ctx, i)
	if err != nil {
		return nil, err
	}
	for _, b := range bundles {
		full, err := s.cfg.Evidence.Show(ctx, b.Digest)
		if err != nil || full.Manifest == nil {
			// The sheet goes on without what only this bundle knew; what is wrong
			// with the bundle is told where it is verified.
			s.log.WarnContext(ctx, "a manifest of sealed evidence cannot be read", "incident", i.ID, "bundle", b.Digest.String(), "error", err)
			continue
		}
		for _, v := range full.Manifest.Subjects.Versions {
			for _, p := range full.Manifest.Parts {
				if p.Kind == evidence.KindFile && strings.HasSuffix(p.Name, "/"+v.Crate+"-"+v.Num+".crate") {
					out[canonID(v.Crate+"@"+v.Num)] = p.SHA256.String()
				}
			}
		}
	}
	return out, nil
}
