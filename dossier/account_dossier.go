package dossier

import (
	"context"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/mirror"
	"cratewarden/registry"
)

// How much of each list an account's page shows at first, and how much a page
// of a list holds unless said. Tokens have no further page: the registry allows
// 500 to an account (contract actions.md section 8).
const (
	accountShown     = 25
	accountCrates    = 100
	accountPublishes = 50
	accountTokens    = 500
	// accountLines bounds the crates whose lines of code are looked up beside
	// those that are shown.
	accountLines = 500
)

// accountView is what an account's dossier is put together from: what the
// mirror leads to, and the rows of the registry.
type accountView struct {
	*accountPast
	now    time.Time
	tokens int
	core   registry.AccountCore
	crates map[int32]registry.OwnedCrate
	near   []mirror.Lookalike
}

// Account gives everything known about an account. Its rows are read from the
// registry by their primary keys, which the mirror knows, in one round trip of
// at most ten statements; sections whose part of the mirror is not loaded say so. The
// error is NotFound when there is no such account.
// The dossier may be shared (see Config.Share) and must not be changed.
func (s *Service) Account(ctx context.Context, id int32) (*Account, error) {
	read := func(ctx context.Context) (*Account, error) { return s.readAccount(ctx, id) }
	if s.cfg.Share <= 0 {
		return read(ctx)
	}
	return s.accounts.get(ctx, id, s.cfg.Share, read)
}

// AccountHead is Account for pages that show its head above another list: its
// crates and publishes have their number but no rows, and rate limits and like
// accounts are left out, unless somebody asked for all of it just now.
func (s *Service) AccountHead(ctx context.Context, id int32) (*Account, error) {
	read := func(ctx context.Context) (*Account, error) { return s.readHead(ctx, id) }
	if s.cfg.Share <= 0 {
		return read(ctx)
	}
	if whole, ok := s.accounts.peek(id, s.cfg.Share); ok {
		return whole, nil
	}
	return s.heads.get(ctx, id, s.cfg.Share, read)
}

func (s *Service) readAccount(ctx context.Context, id int32) (*Account, error) {
	v, err := s.viewAccount(ctx, id, false)
	if err != nil {
		return nil, err
	}
	d := s.head(v)
	s.holds(ctx, "").markRows(d.Publishes.Rows)
	d.Limits, d.Resembles = s.limits(v), s.resembles(v)
	return d, nil
}

func (s *Service) readHead(ctx context.Context, id int32) (*Account, error) {
	v, err := s.viewAccount(ctx, id, true)
	if err != nil {
		return nil, err
	}
	d := s.head(v)
	d.Limits, d.Resembles = Limits{Rows: []Limit{}}, Resembles{Rows: []NearAccount{}}
	return d, nil
}

// head puts an account together but for its limits and whom it resembles.
func (s *Service) head(v *accountView) *Account {
	row := v.core.Account
	d := &Account{
		Fresh: s.fresh(), ID: row.ID, Login: row.Login, Name: row.Name, CreatedAt: row.CreatedAt,
		Crates: s.activePage(v), Former: s.formerPage(v), Tokens: s.tokenPage(v), Invitations: s.accountInvitations(v),
		Publishers: s.accountPublishers(v), Publishes: s.publishPage(v),
	}
	if s.cfg.Dump == nil {
		d.Admin = &row.Admin
	}
	d.Others = s.others(row)
	d.Identity, d.Mail, d.Lock = s.identity(row, d.Others), s.mail(v), s.lock(v)
	d.Timeline = s.accountTimeline(v)
	s.judgeAccount(d, v)
	return d
}

// viewAccount reads what a dossier is put together from; a head needs fewer
// rows.
func (s *Service) viewAccount(ctx context.Context, id int32, head bool) (*accountView, error) {
	v := &accountView{accountPast: s.past(id), now: s.clock()}
	keys := registry.AccountKeys{Head: head, Lines: v.counts.middling[:min(len(v.counts.middling), accountLines)]}
	for _, o := range v.active {
		keys.Owned = append(keys.Owned, o.CrateID)
	}
	if !head {
		shown, _ := cut(v.publishes, accountShown)
		keys.Versions = publishIDs(shown)
		for _, part := range [][]mirror.Owner{v.active, v.former} {
			page, _ := cut(part, accountShown)
			for _, o := range page {
				keys.Crates = append(keys.Crates, o.CrateID)
			}
		}
	}
	tokens := s.cfg.Mirror.Tokens(id)
	v.tokens = len(tokens)
	for _, t := range tokens[:min(len(tokens), accountTokens)] {
		keys.Tokens = append(keys.Tokens, t.ID)
	}
	var err error
	if v.core, err = s.reader.AccountCore(ctx, id, keys); err != nil {
		return nil, err
	}
	v.crates = byCrate(v.core.Crates)
	v.near = s.cfg.Mirror.LookalikeAccounts(v.core.Account.Login, resemblesRows)
	return v, nil
}

// orNobody keeps an impossible id from standing for "every account" in a
// filter.
func orNobody(id int32) int32 {
	if id == 0 {
		return -1
	}
	return id
}

func (s *Service) crateDownloads(id int32) int64 {
	crate, _ := s.cfg.Mirror.CrateRow(id)
	return crate.Downloads
}

// AccountsByLogin gives every account that a login may mean: several may have
// it, in any spelling, as GitHub login, user name or linked login. The one that
// the registry itself would choose comes first (contract pitfalls.md 1.4).
func (s *Service) AccountsByLogin(ctx context.Context, login string) ([]Person, error) {
	login = strings.TrimPrefix(strings.TrimSpace(login), "@")
	var ids []int32
	for _, a := range s.cfg.Mirror.AccountsByLogin(login) {
		ids = append(ids, a.ID)
	}
	rows, err := s.reader.AccountsByLogin(ctx, login, ids)
	if err != nil {
		return nil, err
	}
	people := []Person{}
	for _, p := range rows {
		people = append(people, personOf(p))
	}
	return people, nil
}

// accountCalled names an account from the mirror.
func (s *Service) accountCalled(id int32) Person {
	a, ok := s.cfg.Mirror.Account(id)
	if !ok {
		return Person{ID: id, Kind: "user"}
	}
	return s.personOfAccount(a)
}

func (s *Service) personOfAccount(a mirror.Account) Person {
	locked := a.Locked && (a.LockedUntil.IsZero() || a.LockedUntil.After(s.clock()))
	return Person{ID: a.ID, Kind: "user", Login: a.Login, Name: a.Name, Locked: locked}
}

// loading is the Absent sentence of a section that reads parts of the mirror
// which are not there yet, or which a public dump leaves out.
func (s *Service) loading(parts ...mirror.Part) Section {
	var waiting []string
	for _, part := range parts {
		switch {
		case s.cfg.Dump != nil && (part == mirror.PartTokens || part == mirror.PartActions):
			return Section{Absent: cratewarden.NotInDump}
		case s.cfg.Mirror.Ready(part):
		default:
			waiting = append(waiting, string(part))
		}
	}
	if len(waiting) == 0 {
		return Section{}
	}
	return Section{Absent: "still loading: " + strings.Join(waiting, ", ")}
}

// logged is loading for sections that also need the log of actions, but make
// do without it on a public dump.
func (s *Service) logged(parts ...mirror.Part) Section {
	if s.cfg.Dump == nil {
		parts = append(parts, mirror.PartActions)
	}
	return s.loading(parts...)
}

func (s *Service) accountInvitations(v *accountView) Page[Invitation] {
	page := Page[Invitation]{Section: s.private(), Rows: []Invitation{}, Total: len(v.core.Invitations)}
	for _, i := range v.core.Invitations {
		page.Rows = append(page.Rows, Invitation{
			Crate: i.Crate, Invitee: personOf(i.Invitee), Inviter: personOf(i.Inviter),
			CreatedAt: i.CreatedAt, ExpiresAt: i.ExpiresAt, Open: i.ExpiresAt.After(v.now),
		})
	}
	return page
}

func (s *Service) accountPublishers(v *accountView) Publishers {
	out := Publishers{Section: s.private(), Configs: []Publisher{}, LiveTokens: v.core.LiveTokens.Count}
	if out.Absent == "" {
		out.Section = s.loading(mirror.PartOwners)
	}
	for _, p := range v.core.Publishers {
		crate, _ := s.cfg.Mirror.CrateRow(p.CrateID)
		out.Configs = append(out.Configs, Publisher{
			ID: p.ID, Provider: p.Provider, Crate: crate.Name, Origin: p.Origin, OwnerID: p.OwnerID,
			Workflow: p.Workflow, Environ: p.Environment, CreatedAt: p.CreatedAt,
		})
	}
	return out
}

// Login is the login of an account from the mirror, "" when it is not known:
// for a name beside a number, not for a decision.
func (s *Service) Login(id int32) string { return s.accountCalled(id).Login }
