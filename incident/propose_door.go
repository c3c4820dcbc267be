package incident

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/incident/related"
	"cratewarden/ledger"
	"cratewarden/mirror"
	"cratewarden/registry"
)

// mostWorkflows is of how many crates trusted publishers are looked up for one
// proposal; each is a question to the registry.
const mostWorkflows = 20

// origin is from where trusted publishing brought versions of a crate.
type origin struct {
	crate, version, from string
	id                   int32
	ticked               bool
}

// publishers closes trusted publishing where bad versions came by it. No account
// published those, so no containment reaches them.
func (m *maker) publishers(ctx context.Context) error {
	list := m.origins()
	if len(list) > mostWorkflows {
		m.notes([]string{fmt.Sprintf("Trusted publishers were looked up of %d crates only; see the pages of the others.", mostWorkflows)})
		list = list[:mostWorkflows]
	}
	for _, o := range list {
		core, err := m.s.cfg.Reader.CrateCore(ctx, registry.Crate{ID: o.id, Name: o.crate}, 1)
		if err != nil {
			return err
		}
		if err := m.suspend(o, core); err != nil {
			return err
		}
	}
	return nil
}

// origins gives the crates with versions from workflows, the bad ones first. A
// crate of which an owner is contained loses its publishers with that.
func (m *maker) origins() (list []origin) {
	if m.s.cfg.Reader == nil {
		return nil
	}
	for _, x := range m.subjects(func(x related.Subject) bool { return x.VersionID != 0 && !x.Restore }) {
		v, _ := m.s.cfg.Mirror.Version(x.VersionID)
		known := slices.ContainsFunc(list, func(o origin) bool { return o.id == x.CrateID && o.from == v.Origin })
		if v.Origin == "" || known || m.closed(x.CrateID) {
			continue
		}
		list = append(list, origin{x.Crate, x.Version, v.Origin, x.CrateID, x.Strength == related.Tick})
	}
	return list
}

// closed says whether an account that owns a crate is contained.
func (m *maker) closed(crate int32) bool {
	for _, o := range m.s.cfg.Mirror.Owners(crate) {
		if !o.Team && !o.Deleted && m.ticks(o.OwnerID) {
			return true
		}
	}
	return false
}

func (m *maker) ticks(account int32) bool {
	return slices.ContainsFunc(m.found.Subjects, func(a related.Subject) bool {
		return a.Kind == accountKind && a.Account == account && a.Strength == related.Tick
	})
}

func (m *maker) suspend(o origin, core registry.CrateCore) error {
	any := false
	for _, p := range core.Publishers {
		ours := strings.EqualFold(p.Origin, o.from)
		any = any || ours
		why := fmt.Sprintf("%s %s came from %s by trusted publishing: there is no account to lock, and more may follow.", o.crate, o.version, o.from)
		switch {
		case !ours:
			why = fmt.Sprintf("%s, which published a bad version of %s, is another repository.", o.from, o.crate)
		case !o.ticked:
			why = fmt.Sprintf("%s %s came from %s, too.", o.crate, o.version, o.from)
		}
		if core.LiveTokens > 0 {
			why += fmt.Sprintf(" %s can publish it for up to 30 minutes more; revoke them on its page if that is too long.", cratewarden.Amount(core.LiveTokens, "publish token", "publish tokens"))
		}
		do := action.PublisherSuspend{Provider: p.Provider, ID: p.ID}
		text, err := m.s.cfg.Engine.Catalogue().Encode("publisher.suspend", do)
		if err != nil {
			return err
		}
		m.put(action.ProposedStep{Do: text, Sentence: fmt.Sprintf("%s (%s, of %s)", do.Sentence(), p.Origin, o.crate), Why: why, Ticked: ours && o.ticked}, do.Subjects()[0], true)
	}
	if !any && o.ticked {
		m.notes([]string{fmt.Sprintf("No trusted publisher of %s names %s any more; %s of it can still publish.", o.crate, o.from, cratewarden.Amount(core.LiveTokens, "publish token", "publish tokens"))})
	}
	return nil
}

// joined takes accounts out of the owners of crates that they joined not long
// before they published something bad. An account that was taken over is somebody's
// who may have joined in good faith, so that it is only offered.
func (m *maker) joined(context.Context) error {
	for _, x := range m.subjects(func(x related.Subject) bool {
		return x.Kind == accountKind && x.Strength == related.Tick && x.Since != nil
	}) {
		for _, o := range m.s.cfg.Mirror.Owned(x.Account, false) {
			age := x.Since.Sub(o.CreatedAt)
			c, ok := m.s.cfg.Mirror.CrateRow(o.CrateID)
			if !ok || o.Deleted || o.CreatedBy == x.Account || age < 0 || age > related.Joined || o.CreatedAt.Sub(c.CreatedAt) <= related.Joined {
				continue
			}
			left := slices.ContainsFunc(m.s.cfg.Mirror.Owners(c.ID), func(p mirror.Owner) bool { return !p.Team && !p.Deleted && p.OwnerID != x.Account })
			bad := slices.ContainsFunc(m.found.Subjects, func(v related.Subject) bool {
				return v.VersionID != 0 && v.CrateID == c.ID && v.Account == x.Account && v.Strength == related.Tick && !v.Restore
			})
			do := action.OwnerRemove{CrateOf: action.CrateOf{Crate: c.Name}, Account: x.Account}
			if err := m.takeOut(do, x, fmt.Sprintf("It became an owner %s before the first bad version.", cratewarden.Span(age)), bad && left && m.blame == related.Malicious); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *maker) takeOut(do action.OwnerRemove, x related.Subject, why string, ticked bool) error {
	text, err := m.s.cfg.Engine.Catalogue().Encode("owner.remove", do)
	if err != nil || slices.ContainsFunc(m.p.Steps, func(s ProposedStep) bool { return string(s.Do) == string(text) }) {
		return err
	}
	about := ledger.Subject{Kind: accountKind, ID: x.ID, Name: x.Name}
	m.put(action.ProposedStep{Do: text, Sentence: do.Sentence(), Why: why, Ticked: ticked}, about, true)
	return nil
}
