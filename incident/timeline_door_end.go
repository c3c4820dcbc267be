package incident

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cratewarden/action"
	"cratewarden/ledger"
	"cratewarden/mirror"
	"cratewarden/registry"
)

// ended is the moment of the end of what a kept one began.
func ended(m Moment, what, more, sentence string, at time.Time) Moment {
	id := strings.Replace(m.ID, "registry/"+m.What+"/", "registry/"+what+"/", 1)
	return Moment{ID: id + more, At: at, What: what, Subject: m.Subject, Also: m.Also, Link: m.Link, Sentence: sentence, Details: m.Details}
}

func expired(m Moment, at time.Time) Moment {
	return ended(m, whatInviteExpired, "", fmt.Sprintf("The invitation of %s to own %s ran out.", guestOf(m), m.Subject.ID), at)
}

func guestOf(m Moment) string {
	if len(m.Also) > 0 && m.Also[0].Name != "" {
		return m.Also[0].Name
	}
	return "account " + m.Details["invitee"]
}

// gone tells how those ended that were seen before and are not there any more.
// With a crate everything of it goes, which its deletion tells.
func (l *looker) gone(ctx context.Context, here map[string]bool, owners []registry.DoorOwner, kept []fact, plans []planDone) {
	over := map[string]bool{} // whose end is known
	for _, f := range kept {
		for _, what := range []string{whatPublisherRemoved, whatInviteAccepted, whatInviteExpired, whatInviteGone} {
			if rest, is := strings.CutPrefix(f.moment.ID, "registry/"+what+"/"); is {
				over[strings.Split(rest, "#")[0]] = true
			}
		}
	}
	for _, f := range kept {
		m := f.moment
		if m.What != whatPublisherAdded && m.What != whatInvited || here[m.ID] || over[strings.TrimPrefix(m.ID, "registry/"+m.What+"/")] {
			continue
		}
		crate, ok := l.m.CrateByName(m.Subject.ID)
		if !ok {
			continue
		}
		if m.What == whatInvited {
			if l.accepted(crate, owners, m) {
				continue
			}
			if at, err := time.Parse(time.RFC3339Nano, m.Details["expires_at"]); err == nil && !at.After(l.clock()) {
				l.add(expired(m, at))
				continue
			}
		}
		if err := l.taken(ctx, m, plans); err != nil {
			l.log.WarnContext(ctx, "how a trusted publisher or an invitation ended was not read", "error", err)
		}
	}
}

// accepted tells that an invitation made an owner: an ownership that begins, or is
// taken up again, after it. The change of that row is the time.
func (l *looker) accepted(c mirror.Crate, owners []registry.DoorOwner, m Moment) bool {
	for _, o := range owners {
		if o.CrateID != c.ID || strconv.Itoa(int(o.AccountID)) != m.Details["invitee"] {
			continue
		}
		at := o.MadeAt
		if at.Before(m.At) && !o.Former { // an owner of before, whose row was taken up again
			at = o.ChangedAt
		}
		if !at.Before(m.At) {
			l.add(ended(m, whatInviteAccepted, "", fmt.Sprintf("%s accepted the invitation to own %s.", guestOf(m), m.Subject.ID), at))
			return true
		}
	}
	return false
}

// taken tells which plan took something away, or that nobody knows who did.
func (l *looker) taken(ctx context.Context, m Moment, plans []planDone) error {
	word, what := fmt.Sprintf("The trusted publisher %s of %s was removed", m.Details["origin"], m.Subject.ID), whatPublisherRemoved
	if m.What == whatInvited {
		word, what = fmt.Sprintf("The invitation of %s to own %s was taken back or declined", guestOf(m), m.Subject.ID), whatInviteGone
	}
	if l.cfg.Engine != nil {
		busy, err := l.cfg.Engine.Plans(ctx, action.PlanFilter{States: []action.State{action.Applying}, Limit: 1})
		if err != nil || len(busy) > 0 {
			return err // it may be that plan; the next round knows
		}
		by, err := l.takenBy(ctx, m, plans)
		if err != nil {
			return err
		}
		if by != nil {
			l.add(ended(m, what, "#"+by.ID, fmt.Sprintf("%s by plan %s.", word, by.ID), *by.AppliedAt))
			return nil
		}
	}
	l.add(ended(m, what, "", word+" before this; the registry records neither when nor by whom.", l.clock().UTC()))
	return nil
}

// takenBy finds the applied plan whose rows have the end of something.
func (l *looker) takenBy(ctx context.Context, m Moment, plans []planDone) (*action.Plan, error) {
	var all []action.Plan
	for _, p := range plans {
		if p.applied() && p.AppliedAt.After(m.At) {
			all = append(all, p.Plan)
		}
	}
	asked := append([]ledger.Subject{m.Subject}, m.Also...)
	if provider, is := strings.CutPrefix(m.Details["table"], "trustpub_configs_"); is {
		asked = append(asked, ledger.Subject{Kind: "publisher", ID: provider + "/" + m.Details["row"]})
	}
	for _, sub := range asked {
		list, err := l.cfg.Engine.Plans(ctx, action.PlanFilter{States: []action.State{action.Applied, action.Undone}, Subject: ledger.Subject{Kind: sub.Kind, ID: sub.ID}, Limit: 50})
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	for _, p := range all {
		effect, err := l.cfg.Engine.Effect(ctx, p)
		if err != nil {
			return nil, err
		}
		for _, r := range effect.Rows {
			if r.Table == m.Details["table"] && r.Before != nil && r.After == nil && l.isRow(m, r.Before) && p.AppliedAt != nil {
				return &p, nil
			}
		}
	}
	return nil, nil
}

// isRow says that a row of a plan's images is the one that a moment is about.
func (l *looker) isRow(m Moment, row interface{ Int(string) int64 }) bool {
	if m.What == whatPublisherAdded {
		return strconv.FormatInt(row.Int("id"), 10) == m.Details["row"]
	}
	crate, ok := l.m.CrateByName(m.Subject.ID)
	return ok && int32(row.Int("crate_id")) == crate.ID && strconv.FormatInt(row.Int("invited_user_id"), 10) == m.Details["invitee"]
}
