package dossier

import (
	"fmt"
	"slices"
	"time"

	"cratewarden"
	"cratewarden/mirror"
)

// accountEvents bounds an account's timeline.
const accountEvents = 300

// accountHistory gathers what one account did. Its facts come from the mirror
// where the registry has no index that leads from an account to them.
type accountHistory struct {
	Timeline
	s     *Service
	v     *accountView
	id    int32
	names map[int32]string
	// passed says that events were left out because they are too old to show.
	passed bool
}

func (s *Service) accountTimeline(v *accountView) Timeline {
	h := &accountHistory{s: s, v: v, id: v.core.Account.ID, names: map[int32]string{}}
	h.Events = []Event{}
	h.Section = s.logged(mirror.PartAccounts, mirror.PartOwners, mirror.PartVersions)
	if h.Absent != "" {
		return h.Timeline
	}
	h.account()
	h.Events = append(h.Events, v.events...)
	h.invitations()
	h.tokens()
	h.deletions()
	slices.SortStableFunc(h.Events, newestEvent)
	if v.more || len(h.Events) > accountEvents {
		h.Events = h.Events[:min(len(h.Events), accountEvents)]
		h.Gaps = append(h.Gaps, fmt.Sprintf("Only the newest %d events are shown; the lists of publishes, crates and tokens have all.", accountEvents))
	}
	h.gaps()
	return h.Timeline
}

func (h *accountHistory) crate(id int32) string {
	name, known := h.names[id]
	if !known {
		c, _ := h.s.cfg.Mirror.CrateRow(id)
		name = c.Name
		h.names[id] = name
	}
	return name
}

func (h *accountHistory) account() {
	a := h.v.core.Account
	text := "Signed up."
	if a.CreatedAt.Before(signUpKept) {
		text = "Its GitHub account was made; the sign-up here is not recorded."
	}
	if !a.CreatedAt.IsZero() {
		h.add(Event{At: a.CreatedAt, Kind: "created", Text: text, Source: "users.created_at"})
	}
	if a.LockReason != nil && a.LockUntil != nil && !a.LockUntil.After(h.v.now) {
		h.add(Event{At: *a.LockUntil, Kind: "unlocked", Text: "A lock ran out.", Source: "users.account_lock_until"})
	}
	if !a.MailTokenAt.IsZero() {
		h.add(Event{At: a.MailTokenAt, Kind: "mail", Source: "emails.token_generated_at",
			Text: "A mail to confirm its address was made out: at sign-up, after a change of the address, or on demand."})
	}
}

// actions tells publishes, yanks and unyanks of the log, and publishes from
// before there was one.
func (h *accountHistory) actions() {
	m := h.s.cfg.Mirror
	logged := map[int32]bool{}
	for _, a := range m.Actions(h.id, 0, accountEvents) {
		logged[a.VersionID] = logged[a.VersionID] || a.Kind == mirror.ActionPublish
		h.s.addAction(&h.Timeline, a)
	}
	for _, v := range m.PublishedBy(h.id, 0, accountEvents) {
		if logged[v.ID] || v.Method != cratewarden.MethodAccount {
			continue
		}
		crate := h.crate(v.CrateID)
		h.add(Event{At: v.CreatedAt, Kind: "published", Crate: crate, Num: v.Num, Source: "versions.created_at, versions.published_by",
			Text: fmt.Sprintf("Published %s %s.", crate, v.Num)})
	}
}

// addAction tells one recorded action of an account or a token.
func (s *Service) addAction(t *Timeline, a mirror.Action) {
	v, found := s.cfg.Mirror.Version(a.VersionID)
	if !found {
		return
	}
	crate, _ := s.cfg.Mirror.CrateRow(v.CrateID)
	how := "in a browser session"
	if a.Token != 0 {
		how = fmt.Sprintf("with API token %d", a.Token)
	}
	e := Event{At: a.Time, Crate: crate.Name, Num: v.Num, Source: "version_owner_actions"}
	word := ""
	switch a.Kind {
	case mirror.ActionPublish:
		e.Kind, word = "published", "Published"
	case mirror.ActionYank:
		e.Kind, e.Tone, word = "yanked", "warn", "Yanked"
	case mirror.ActionUnyank:
		e.Kind, word = "unyanked", "Unyanked"
	default:
		e.Kind, e.Tone, word = "unknown", "bad", fmt.Sprintf("Did something of the unknown number %d to", a.Kind)
	}
	e.Text = fmt.Sprintf("%s %s %s %s.", word, crate.Name, v.Num, how)
	t.add(e)
}

// ownership tells how the account came to own a crate, when that ended, and
// whom it made owner there.
func (h *accountHistory) ownership(o mirror.Owner) {
	crate, _ := h.s.cfg.Mirror.CrateRow(o.CrateID)
	e := Event{At: o.CreatedAt, Kind: "owner_added", Crate: crate.Name, Source: "crate_owners.created_at, crate_owners.created_by"}
	switch by := h.s.accountCalled(o.CreatedBy); {
	case founder(o, crate):
		e.Kind, e.Text = "created", fmt.Sprintf("Created the crate %s with its first publish.", crate.Name)
	case o.CreatedBy == 0:
		e.Text = fmt.Sprintf("Became an owner of %s; who added it is not recorded.", crate.Name)
	case o.CreatedBy == h.id:
		e.Text = fmt.Sprintf("Became an owner of %s by itself.", crate.Name)
	default:
		e.Person, e.Text = &by, fmt.Sprintf("Became an owner of %s, invited by %s.", crate.Name, called(&by))
	}
	h.add(e)
	h.afterwards(o, time.Time{})
}

// afterwards tells when an ownership ended and whom the account made owner of
// the crate, unless that was too long ago.
func (h *accountHistory) afterwards(o mirror.Owner, since time.Time) {
	crate, _ := h.s.cfg.Mirror.CrateRow(o.CrateID)
	if o.Deleted && !o.UpdatedAt.Before(since) {
		h.add(Event{At: o.UpdatedAt, Kind: "owner_removed", Tone: "warn", Crate: crate.Name, Source: "crate_owners.updated_at",
			Text: fmt.Sprintf("Stopped being an owner of %s; who did that is not recorded.", crate.Name)})
	}
	for _, other := range h.s.cfg.Mirror.Owners(o.CrateID) {
		if other.CreatedBy != h.id || other.OwnerID == h.id && !other.Team || other.CreatedAt.Before(since) {
			continue
		}
		person := h.owner(other)
		h.add(Event{At: other.CreatedAt, Kind: "owner_added", Crate: crate.Name, Person: &person, Source: "crate_owners.created_by",
			Text: fmt.Sprintf("Made %s an owner of %s.", called(&person), crate.Name)})
	}
}

// founder says whether an ownership came with the crate's first publish: one
// transaction writes both rows with its one time.
func founder(o mirror.Owner, c mirror.Crate) bool {
	return !o.Team && o.CreatedAt.Equal(c.CreatedAt) && (o.CreatedBy == 0 || o.CreatedBy == o.OwnerID)
}

func (h *accountHistory) owner(o mirror.Owner) Person {
	if !o.Team {
		return h.s.accountCalled(o.OwnerID)
	}
	team, _ := h.s.cfg.Mirror.Team(o.OwnerID)
	return Person{ID: o.OwnerID, Kind: "team", Login: team.Login, Name: team.Name}
}

func (h *accountHistory) invitations() {
	for _, i := range h.v.core.Invitations {
		invitee, inviter := personOf(i.Invitee), personOf(i.Inviter)
		e := Event{At: i.CreatedAt, Kind: "invited", Crate: i.Crate, Source: "crate_owner_invitations.created_at"}
		if inviter.ID == h.id {
			e.Person, e.Text = &invitee, fmt.Sprintf("Invited %s to own %s.", called(&invitee), i.Crate)
		} else {
			e.Person, e.Text = &inviter, fmt.Sprintf("Was invited by %s to own %s.", called(&inviter), i.Crate)
		}
		h.add(e)
	}
}

func (h *accountHistory) tokens() {
	for _, t := range h.v.core.Tokens {
		may, on := scopeWords(t.Legacy, t.Endpoints, t.Crates)
		h.add(Event{At: t.CreatedAt, Kind: "token_created", Source: "api_tokens.created_at",
			Text: fmt.Sprintf("Made API token %d %s, which may %s on %s.", t.ID, maskName(t.Name), may, on)})
		if !t.LastUsedAt.IsZero() {
			h.add(Event{At: t.LastUsedAt, Kind: "token_used", Source: "api_tokens.last_used_at",
				Text: fmt.Sprintf("Used API token %d for the last time.", t.ID)})
		}
		if !t.ExpiresAt.IsZero() && !t.ExpiresAt.After(h.v.now) {
			h.add(Event{At: t.ExpiresAt, Kind: "token_expired", Source: "api_tokens.expired_at", Text: fmt.Sprintf("API token %d ran out.", t.ID)})
		}
	}
}

func (h *accountHistory) deletions() {
	for _, d := range h.v.core.Deleted {
		h.add(Event{At: d.DeletedAt, Kind: "deleted", Tone: "warn", Source: "deleted_crates.deleted_at, deleted_crates.deleted_by",
			Text: fmt.Sprintf("Deleted the crate %s, made on %s.", d.Name, day(d.CreatedAt))})
	}
}

// gaps are what no row tells (contract publish.md section 7, actions.md
// sections 3 to 9).
func (h *accountHistory) gaps() {
	say := func(text string) { h.Gaps = append(h.Gaps, text) }
	if h.s.cfg.Dump != nil {
		say("Yanks and unyanks, tokens, invitations, former ownerships and locks are not in the public dump.")
	} else {
		say("When a token was revoked, and when and by whom an account was locked, is not recorded.")
		say("Yanks by the registry's own command line, and what was done to versions or crates deleted since, leave no row.")
		say("Of an owner who was removed and added again only the first and the last time remain.")
	}
	say("What was published by trusted publishing belongs to no account.")
	say("Crates that it may publish as a member of a team are not known: the registry does not keep who is in a team.")
}
