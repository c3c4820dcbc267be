package action

import (
	"context"
	"slices"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/mirror"
	"cratewarden/registry/change"
)

// UndoSinceOrder asks for the inverse of everything that accounts, or one API
// token, did between two times.
type UndoSinceOrder struct {
	Account  int32     `json:"account,omitempty"`
	Accounts []int32   `json:"accounts,omitempty"`
	Token    int32     `json:"token,omitempty"`
	From     time.Time `json:"from"`
	Until    time.Time `json:"until,omitempty"` // exclusive; zero means now
	// Message is shown to everybody next to the held versions.
	Message string `json:"message,omitempty"`
}

// mirrorMost bounds what is asked of the mirror for one account.
const mirrorMost = 100_000

// mirrored gives the candidates by the mirror's word; false when it cannot
// answer, because it is not there or still loads.
func (e *Engine) mirrored(s change.Span) (ids []int32, ok bool) {
	m := e.cfg.Mirror
	if m == nil || !m.Ready(mirror.PartVersions) || !m.Ready(mirror.PartActions) {
		return nil, false
	}
	seen := map[int32]bool{}
	add := func(id int32, at time.Time) {
		if !at.Before(s.From) && at.Before(s.Until) && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	if s.Token != 0 {
		for _, a := range m.ActionsWithToken(s.Token, mirrorMost) {
			add(a.VersionID, a.Time)
		}
		return ids, true
	}
	for _, account := range s.Accounts {
		for _, a := range m.Actions(account, 0, mirrorMost) {
			add(a.VersionID, a.Time)
		}
		for _, v := range m.PublishedBy(account, 0, mirrorMost) {
			add(v.ID, v.CreatedAt)
		}
	}
	return ids, true
}

// UndoSince proposes to put back what somebody did in a window, in the safe
// order: what was published is held, the payload before what depends on it;
// then yanks are put back as they were; then owners, invitations, publishers
// and tokens go. What others did since is left alone.
func (e *Engine) UndoSince(ctx context.Context, o UndoSinceOrder) (Proposal, error) {
	s := change.Span{Accounts: people(o.Account, o.Accounts), Token: o.Token, From: o.From, Until: o.Until}
	switch {
	case (len(s.Accounts) == 0) == (s.Token == 0) || len(s.Accounts) > maxAccounts:
		return Proposal{}, cratewarden.Errorf(cratewarden.Invalid, "Name either the accounts, %d at most, or one API token.", maxAccounts)
	case s.From.IsZero():
		return Proposal{}, cratewarden.Errorf(cratewarden.Invalid, "Say from when on, such as 2026-08-20T16:00:00Z.")
	}
	p := Proposal{}
	err := e.look(ctx, func(ctx context.Context, t *change.Tx) error {
		if s.Until.IsZero() {
			s.Until = t.Now.Add(time.Minute)
		}
		if !s.From.Before(s.Until) {
			return cratewarden.Errorf(cratewarden.Invalid, "The window ends before it begins.")
		}
		title, err := e.spanTitle(ctx, t, s)
		if err != nil {
			return err
		}
		p.Title = cut(title, maxTitle)
		if err := e.undoVersions(ctx, t, &p, s, o.Message); err != nil {
			return err
		}
		return e.undoTraces(ctx, t, &p, s)
	})
	return p, err
}

func (e *Engine) spanTitle(ctx context.Context, t *change.Tx, s change.Span) (string, error) {
	since := " since " + s.From.UTC().Format("2006-01-02 15:04 UTC")
	if s.Token != 0 {
		account, _, err := t.TokenOwner(ctx, s.Token)
		if err == nil && account == 0 {
			err = cratewarden.Errorf(cratewarden.NotFound, "The registry has no API token with the number %d.", s.Token)
		}
		return "Undo what API token " + TokenSubject(s.Token).ID + " did" + since, err
	}
	known, err := t.Accounts(ctx, s.Accounts)
	if err != nil {
		return "", err
	}
	var logins []string
	for _, id := range s.Accounts {
		if known[id].ID == 0 {
			return "", cratewarden.Errorf(cratewarden.NotFound, "The registry has no account with the number %d.", id)
		}
		logins = append(logins, known[id].Login)
	}
	return "Undo what " + strings.Join(logins, ", ") + " did" + since, nil
}

// undoVersions proposes holds for what was published, and the former yank
// state for what was not.
func (e *Engine) undoVersions(ctx context.Context, t *change.Tx, p *Proposal, s change.Span, message string) error {
	all, err := e.spanVersions(ctx, t, s)
	if err != nil {
		return err
	}
	ids := make([]int32, len(all))
	for i, v := range all {
		ids[i] = v.ID
	}
	acts, err := t.VersionActs(ctx, ids)
	if err != nil {
		return err
	}
	var published, other []change.Published
	for _, v := range all {
		byToken := slices.ContainsFunc(acts[v.ID], func(a change.VersionAct) bool {
			return a.Kind == 0 && s.Token != 0 && a.Token == s.Token && inSpan(a, s)
		})
		if publishedIn(v, s) || byToken {
			published = append(published, v)
		} else {
			other = append(other, v)
		}
	}
	if err := e.addHolds(ctx, t, p, published, message); err != nil {
		return err
	}
	if err := e.undoYanks(p, s, other, acts); err != nil {
		return err
	}
	if s.Token != 0 {
		return nil
	}
	if err := e.undoUsedTokens(ctx, t, p, s, acts); err != nil {
		return err
	}
	return noteTrusted(ctx, t, p, s)
}

// undoUsedTokens offers to revoke the tokens that acted: one of them may be the
// stolen one, and only a person can tell which.
func (e *Engine) undoUsedTokens(ctx context.Context, t *change.Tx, p *Proposal, s change.Span, acts map[int32][]change.VersionAct) error {
	var used []int32
	for _, list := range acts {
		for _, a := range list {
			if a.Token != 0 && inSpan(a, s) && !slices.Contains(used, a.Token) {
				used = append(used, a.Token)
			}
		}
	}
	slices.Sort(used)
	for _, id := range used {
		_, live, err := t.TokenOwner(ctx, id)
		if err != nil {
			return err
		}
		if !live {
			continue
		}
		if err := p.add(e.catalogue, "token.revoke", TokenRevoke{id}, false, "published, yanked or unyanked in this time, and still works"); err != nil {
			return err
		}
	}
	return nil
}

func inSpan(a change.VersionAct, s change.Span) bool {
	theirs := slices.Contains(s.Accounts, a.Account)
	if s.Token != 0 {
		theirs = a.Token == s.Token
	}
	return theirs && !a.At.Before(s.From) && a.At.Before(s.Until)
}

// undoYanks proposes the opposite for each version whose yank state they
// changed. Unyanks come first: they give people good versions back.
func (e *Engine) undoYanks(p *Proposal, s change.Span, list []change.Published, acts map[int32][]change.VersionAct) error {
	for _, yanked := range []bool{true, false} {
		for _, v := range list {
			y := yankStory(acts[v.ID], s)
			if !y.theirs || v.Yanked != yanked {
				continue
			}
			ref := VersionRef{v.Crate, v.Num}
			switch {
			case y.before == v.Yanked:
				continue // as it was before them
			case yanked:
				if err := p.add(e.catalogue, "version.unyank", Unyank{ref}, !y.later, "yanked %s%s", y.at.UTC().Format("2006-01-02 15:04:05 UTC"), y.since()); err != nil {
					return err
				}
			default:
				if err := p.add(e.catalogue, "version.yank", Yank{VersionRef: ref}, !y.later, "unyanked %s%s", y.at.UTC().Format("2006-01-02 15:04:05 UTC"), y.since()); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// yanks is what the record says of one version's yank state.
type yanks struct {
	theirs bool      // they changed it in the window
	before bool      // whether it was yanked before their first act
	at     time.Time // of their last act
	later  bool      // somebody else acted on it since
}

func (y yanks) since() string {
	if y.later {
		return "; somebody else yanked or unyanked it since, so look first"
	}
	return ""
}

// yankStory reads the record. Of a version without an earlier yank or unyank
// the first act in the window tells: who unyanks finds it yanked.
func yankStory(acts []change.VersionAct, s change.Span) (y yanks) {
	known := false
	for _, a := range acts {
		if a.Kind == 0 {
			continue
		}
		switch {
		case inSpan(a, s):
			if !y.theirs && !known {
				y.before = a.Kind == 2
			}
			y.theirs, y.at, y.later = true, a.At, false
		case !y.theirs:
			y.before, known = a.Kind == 1, true
		default:
			y.later = true
		}
	}
	return y
}

// undoTraces proposes the inverse of everything beside versions.
func (e *Engine) undoTraces(ctx context.Context, t *change.Tx, p *Proposal, s change.Span) error {
	if s.Token != 0 {
		p.note("The registry records which token published, yanked and unyanked. Owners, invitations and other changes it records by account only; ask for the account too.")
		_, live, err := t.TokenOwner(ctx, s.Token)
		if err != nil || !live {
			return err
		}
		return p.add(e.catalogue, "token.revoke", TokenRevoke{s.Token}, true, "the token in question; it still works")
	}
	traces, err := t.Traces(ctx, s)
	if err != nil {
		return err
	}
	removed := 0
	for _, x := range traces {
		if x.What == "removed owner" {
			removed++
			continue
		}
		if err := e.undoTrace(p, x); err != nil {
			return err
		}
	}
	if removed > 0 {
		p.note("%d owners were removed from their crates in this time. The registry does not record by whom; add back by hand whom they removed.", removed)
	}
	p.note("The registry keeps no record of trusted publishers that were removed, of settings, mail addresses and profiles that were changed, and of tokens that were revoked by their owner.")
	return nil
}

func (e *Engine) undoTrace(p *Proposal, x change.Trace) error {
	at := x.At.UTC().Format("2006-01-02 15:04:05 UTC")
	switch x.What {
	case "owner":
		do := OwnerRemove{CrateOf: CrateOf{x.Crate}, Account: x.ID}
		if x.Team {
			do.Account, do.Team = 0, x.ID
		}
		if x.Returned {
			return p.add(e.catalogue, "owner.remove", do, false, "%s came back as an owner %s; the registry records who added first, not who added again", x.Login, at)
		}
		return p.add(e.catalogue, "owner.remove", do, true, "%s was made an owner %s", x.Login, at)
	case "invitation":
		do := OwnerCancel{OwnerRef{CrateOf{x.Crate}, AccountRef{x.ID}}}
		return p.add(e.catalogue, "owner.cancel_invitation", do, true, "%s was invited %s", x.Login, at)
	case "token":
		return p.add(e.catalogue, "token.revoke", TokenRevoke{x.ID}, true, "made %s", at)
	}
	provider := strings.TrimPrefix(x.What, "publisher ")
	return p.add(e.catalogue, "publisher.suspend", PublisherSuspend{provider, x.ID}, false,
		"added to %s on %s; the registry does not record by whom", x.Crate, at)
}
