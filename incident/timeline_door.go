package incident

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"

	"cratewarden/ledger"
	"cratewarden/mirror"
	"cratewarden/registry"
)

// The words of facts about trusted publishers and invitations. Of neither the
// registry keeps a history: what is there now has the time at which it was made,
// and what is gone has the plan that took it, or else nothing.
const (
	whatPublisherAdded   = "publisher-added"
	whatPublisherRemoved = "publisher-removed"
	whatInvited          = "owner-invited"
	whatInviteAccepted   = "invitation-accepted"
	whatInviteExpired    = "invitation-expired"
	whatInviteGone       = "invitation-gone"
)

// doors tells by what somebody could come to publish the case's crates. Where the
// tables may not be read, that part is left out as it was before.
func (l *looker) doors(ctx context.Context, crates []mirror.Crate, kept []fact, plans []planDone) {
	if l.cfg.Reader == nil {
		return
	}
	var ids []int32
	names := map[int32]string{}
	for _, c := range crates {
		ids = append(ids, c.ID)
		names[c.ID] = c.Name
	}
	for _, f := range kept { // accounts of the case may have been invited elsewhere
		if c, ok := l.m.CrateByName(f.moment.Subject.ID); ok && f.moment.What == whatInvited && names[c.ID] == "" {
			ids = append(ids, c.ID)
		}
	}
	d, err := l.cfg.Reader.Doors(ctx, ids, slices.Sorted(maps.Keys(l.scope.accounts)))
	if err != nil {
		l.log.WarnContext(ctx, "trusted publishers and invitations of a case were not read", "error", err)
		return
	}
	here := map[string]bool{}
	for _, p := range d.Publishers {
		if names[p.CrateID] == "" {
			continue
		}
		m := publisherMoment(names[p.CrateID], p)
		here[m.ID] = true
		l.late(m)
	}
	for _, i := range d.Invitations {
		m := l.invited(i)
		here[m.ID] = true
		l.late(m)
		if now := l.clock(); !i.ExpiresAt.After(now) {
			l.late(expired(m, i.ExpiresAt))
		}
	}
	if d.Whole() { // else one that is not among them may be there
		l.gone(ctx, here, d.Owners, kept, plans)
	}
}

func publisherMoment(crate string, p registry.DoorPublisher) Moment {
	m := Moment{ID: fmt.Sprintf("registry/%s/%s/%d", whatPublisherAdded, p.Provider, p.ID), At: p.CreatedAt, What: whatPublisherAdded,
		Subject: ledger.Subject{Kind: "crate", ID: crate}, Link: "/crates/" + url.PathEscape(crate),
		Details: map[string]string{"table": "trustpub_configs_" + p.Provider, "row": strconv.Itoa(int(p.ID)), "origin": p.Origin, "workflow": p.Workflow}}
	if p.Environment != "" {
		m.Details["environment"] = p.Environment
	}
	m.Sentence = fmt.Sprintf("%s (%s, %s) became a trusted publisher of %s; the registry does not record who added it.", p.Origin, providerName(p.Provider), p.Workflow, crate)
	return m
}

func providerName(provider string) string {
	if provider == "gitlab" {
		return "GitLab"
	}
	return "GitHub"
}

func (l *looker) invited(i registry.AccountInvitation) Moment {
	who, whoID := l.called(i.Inviter.ID)
	guest, _ := l.called(i.Invitee.ID)
	return Moment{ID: fmt.Sprintf("registry/%s/%d/%d/%d", whatInvited, i.CrateID, i.Invitee.ID, i.CreatedAt.UnixMicro()), At: i.CreatedAt, What: whatInvited, Who: who, WhoID: whoID,
		Sentence: fmt.Sprintf("%s invited %s to own %s, until %s.", who, guest, i.Crate, i.ExpiresAt.Format("2006-01-02 15:04 UTC")),
		Subject:  ledger.Subject{Kind: "crate", ID: i.Crate}, Also: []ledger.Subject{accountSubject(i.Invitee.ID, guest), accountSubject(i.Inviter.ID, who)},
		Link: "/crates/" + url.PathEscape(i.Crate), Details: map[string]string{"table": "crate_owner_invitations", "invitee": strconv.Itoa(int(i.Invitee.ID)), "expires_at": stamp(i.ExpiresAt)}}
}
