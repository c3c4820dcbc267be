package incident

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/advisory"
	"cratewarden/ledger"
	"cratewarden/notify"
)

// DraftOrder is what somebody says with an approval or a withdrawal: the
// revision that they saw, and why.
type DraftOrder struct {
	Revision int    `json:"revision"`
	Reason   string `json:"reason,omitempty"`
}

// SendOrder says that a text goes out, or that a person has sent it.
type SendOrder struct {
	Revision int `json:"revision"`
	// Where is the address of the page, or where else it went, in words; never an
	// address of a person. By channels it may be empty.
	Where string `json:"where"`
	Via   Via    `json:"via,omitempty"` // "" is by hand
}

func hashOf(text string) ledger.Digest { return sha256.Sum256([]byte(text)) }

// seen refuses a draft that is not any more what somebody looked at. The answer
// has its text and theirs, so nothing typed is lost.
func (d Draft) seen(revision int, wanted string) error {
	if d.Revision == revision {
		return nil
	}
	by, at := d.Owner, d.ChangedAt
	if d.State == DraftApproved {
		by = d.ApprovedBy
	}
	if d.out() {
		by = d.SentBy
	}
	return clash(FieldClash{Field: "draft", Now: d.Body, Wanted: wanted, By: by, At: at, Revision: d.Revision})
}

// said checks a text in which people say why or where. It goes into rows that
// others read, so nobody's address may stand in it.
func said(what, text string, most int, needed bool) (string, error) {
	text = strings.TrimSpace(text)
	switch {
	case needed && len(strings.Join(strings.Fields(text), " ")) < 3:
		return "", cratewarden.Errorf(cratewarden.Invalid, "Give the %s.", what)
	case len(text) > most:
		return "", cratewarden.Errorf(cratewarden.TooLarge, "The %s has at most %d bytes.", what, most)
	case strings.ContainsRune(text, 0):
		return "", cratewarden.Errorf(cratewarden.Invalid, "The %s may not hold the character zero.", what)
	}
	for _, t := range cratewarden.Traces(text) {
		return "", cratewarden.Errorf(cratewarden.Invalid, "The %s holds a %s, which leads to a person. Leave it out.", what, t.Kind)
	}
	return text, nil
}

// Ask tells those who may approve that drafts wait for them. Drafts that are not
// open are passed over; it is a Conflict when none is left.
func (s *Service) Ask(ctx context.Context, who action.Actor, id string, drafts []int64) ([]Draft, error) {
	_, err := s.write(ctx, who, id, func(ctx context.Context, w *writing) error {
		list, err := draftsOf(ctx, w.tx, w.inc.number())
		if err != nil {
			return err
		}
		wanted := map[int64]bool{}
		for _, n := range drafts {
			wanted[n] = true
		}
		var forms []string
		for _, d := range list {
			if d.State == DraftOpen && (len(drafts) == 0 || wanted[d.ID]) {
				w.drafted(DraftWantedEvent, d, "", nil)
				forms = append(forms, string(d.Format))
			}
		}
		if len(forms) == 0 {
			return cratewarden.Errorf(cratewarden.Conflict, "No draft of these is open.")
		}
		w.notices = append(w.notices, notify.Notice{
			Kind: "draft.wanted", Roles: []cratewarden.Role{cratewarden.Editor, cratewarden.Responder, cratewarden.Remover},
			Title: fmt.Sprintf("%s: %s to approve", w.name(), cratewarden.Amount(len(forms), "draft", "drafts")),
			Text:  w.who.Name + " asks for approval of what is told of the incident: " + tally(forms) + ".",
			Path:  "/incidents/" + w.inc.ID,
		})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.Drafts(ctx, id)
}

// tally counts words: "9 rustsec, 1 blog".
func tally(words []string) string {
	var order []string
	n := map[string]int{}
	for _, w := range words {
		if n[w] == 0 {
			order = append(order, w)
		}
		n[w]++
	}
	for i, w := range order {
		order[i] = strconv.Itoa(n[w]) + " " + w
	}
	return strings.Join(order, ", ")
}

// Approve says that a text may go as it is. A severe problem stops it unless
// there is a reason, which stays with it; what leads to a person or gives a secret
// away stops it whatever the reason. It is not approved blindly either: while the
// facts cannot be read it takes a reason, and what everybody reads must wait.
func (s *Service) Approve(ctx context.Context, who action.Actor, draft int64, o DraftOrder) (Draft, error) {
	judged, err := s.draft(ctx, s.db, draft, "")
	if err != nil {
		return judged, err
	}
	label := ""
	problems := []advisory.Problem{{Rule: "unchecked", Severe: true, Why: "The facts cannot be read now, so nobody checked it."}}
	switch sheet, err := s.facts(ctx, judged.Incident); {
	case err == nil:
		problems, label = lintDraft(sheet, wrongWith(sheet), judged), sheet.TLP
	case judged.Public:
		return judged, cratewarden.Wrap(err, cratewarden.Unavailable, "The facts cannot be read now, so nobody can check what everybody will read. Try again in a moment.")
	}
	why, err := said("reason", o.Reason, reasonMost, false)
	if err != nil {
		return judged, err
	}
	return s.onDraft(ctx, who, draft, func(ctx context.Context, w *writing, d Draft) error {
		if d.State == DraftApproved && d.Revision == o.Revision && why == "" {
			return nil
		}
		if err := d.seen(o.Revision, ""); err != nil {
			return err
		}
		if d.Body != judged.Body { // somebody wrote between the lint and here
			return d.seen(0, "")
		}
		if d.State != DraftOpen && d.State != DraftApproved { // what came up since an approval may be approved, too
			return cratewarden.Errorf(cratewarden.Conflict, "The draft is %s and cannot be approved.", d.State)
		}
		for _, p := range problems {
			if p.Private() {
				return refusedByLint(problems, "%s No reason makes up for that.", p.Why)
			}
		}
		rules := severeRules(problems)
		if len(rules) > 0 && why == "" {
			return refusedByLint(problems, "%s Mend it, or say why it may go all the same.", firstSevere(problems))
		}
		if err := w.labelled(d, label); err != nil {
			return err
		}
		if len(rules) == 0 {
			why = ""
		}
		if _, err := w.tx.Exec(ctx, `UPDATE incident_draft SET state = 'approved', revision = revision + 1, approved_by = $2, approved_name = $3, approved_at = $4,
				approved_why = $5, changed_at = $4 WHERE id = $1`, d.ID, w.who.ID, w.who.Name, w.now, why); err != nil {
			return err
		}
		more := map[string]string{}
		if len(rules) > 0 {
			more["problems"] = strings.Join(rules, " ")
		}
		w.drafted(DraftApprovedEvent, d, why, more)
		return nil
	})
}

// severeRules names each rule once.
func severeRules(problems []advisory.Problem) (out []string) {
	seen := map[string]bool{}
	for _, p := range problems {
		if p.Severe && !seen[p.Rule] {
			seen[p.Rule] = true
			out = append(out, p.Rule)
		}
	}
	return out
}

func firstSevere(problems []advisory.Problem) string {
	n, first := 0, ""
	for _, p := range problems {
		if p.Severe {
			if n++; n == 1 {
				first = p.Why
				if p.Where != "" {
					first = p.Where + ": " + first
				}
			}
		}
	}
	if n == 1 {
		return first
	}
	return fmt.Sprintf("The lint found %d severe problems, the first: %s", n, first)
}

// Send takes down that a text went out, or hands it to the console's channels.
// It must be approved; what everybody reads waits for the removal.
func (s *Service) Send(ctx context.Context, who action.Actor, draft int64, o SendOrder) (Draft, error) {
	d, err := s.draft(ctx, s.db, draft, "")
	if err != nil {
		return d, err
	}
	if o.Via == "" {
		o.Via = ByHand
	}
	if o.Where, err = said("place where it went", o.Where, whereMost, o.Via == ByHand); err != nil {
		return d, err
	}
	var sheet advisory.Sheet
	if d.Public { // outside of the transaction: it reads the registry
		if sheet, err = s.facts(ctx, d.Incident); err != nil {
			return d, err
		}
	}
	return s.onDraft(ctx, who, draft, func(ctx context.Context, w *writing, d Draft) error {
		if d.out() && d.SentWhere == o.Where && d.SentVia == o.Via {
			return nil
		}
		if err := d.seen(o.Revision, ""); err != nil {
			return err
		}
		if !d.Public { // its mark is all that is asked of the facts
			sheet.TLP = string(w.inc.TLP)
		}
		if err := current(ctx, w.tx, d, sheet); err != nil {
			return err
		}
		if err := w.labelled(d, sheet.TLP); err != nil {
			return err
		}
		return w.send(ctx, d, o, sheet)
	})
}

func (w *writing) send(ctx context.Context, d Draft, o SendOrder, sheet advisory.Sheet) error {
	switch locked := lockedFor(w.inc, d); {
	case d.State != DraftApproved:
		return cratewarden.Errorf(cratewarden.Conflict, "The draft is %s. It is approved before it goes out.", d.State)
	case locked != "":
		return refused(ruleLocked, locked)
	case o.Via == ByChannels && !hasVia(d.Format, ByChannels):
		return cratewarden.Errorf(cratewarden.Invalid, "A %s is sent by a person: the console has no channel and no address for it.", d.Format)
	case o.Via != ByHand && o.Via != ByChannels:
		return cratewarden.Errorf(cratewarden.Invalid, "A text goes out by %q or by %q.", ByHand, ByChannels)
	case o.Via == ByChannels && w.s.cfg.Tell == nil:
		return cratewarden.Errorf(cratewarden.Unavailable, "This console has no channels. Send it by hand.")
	case o.Via == ByHand && d.Public && !shared(d.Format) && w.inc.Drill == "" && pageOf(o.Where) == "":
		return cratewarden.Errorf(cratewarden.Invalid, "Give the address of the page where everybody reads it, beginning with https://.")
	}
	if _, err := w.tx.Exec(ctx, `UPDATE incident_draft SET state = 'sent', revision = revision + 1, sent_by = $2, sent_name = $3, sent_at = $4,
			sent_where = $5, sent_via = $6, changed_at = $4 WHERE id = $1`, d.ID, w.who.ID, w.who.Name, w.now, o.Where, o.Via); err != nil {
		return err
	}
	if d.Corrects != 0 {
		if _, err := w.tx.Exec(ctx, `UPDATE incident_draft SET state = 'corrected', revision = revision + 1, changed_at = $2 WHERE id = $1 AND state = 'sent'`, d.Corrects, w.now); err != nil {
			return err
		}
	}
	if feeds(d.Format) && w.inc.Drill == "" {
		if err := w.takeDown(ctx, d.Crate, sheet); err != nil {
			return err
		}
	}
	if o.Via == ByChannels { // the title of the case was approved by nobody
		w.notices = append(w.notices, notify.Notice{Kind: "incident.post", Title: w.name(), Text: d.Body, Path: "/incidents/" + w.inc.ID})
	}
	w.notices = append(w.notices, notify.Notice{
		Kind: "draft.sent", Title: fmt.Sprintf("%s: %s went out", w.name(), nameOfDraft(d)), Text: w.who.Name + " sent it" + whereTo(o) + ".", Path: "/incidents/" + w.inc.ID,
	})
	w.drafted(DraftSentEvent, d, "", map[string]string{"where": o.Where, "via": string(o.Via)})
	return nil
}

// shared says that a form goes to chosen receivers as often as to a page, with
// its own mark of who may read it.
func shared(f advisory.Format) bool { return f == advisory.CSAF20 || f == advisory.CSAF21 }

func hasVia(f advisory.Format, via Via) bool {
	for _, v := range viasOf(f) {
		if v == via {
			return true
		}
	}
	return false
}

// pageOf gives an address that a page can be opened by, "" for anything else.
func pageOf(where string) string {
	u, err := url.Parse(where)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || strings.ContainsAny(where, " \t\n\r<>\"'`\\") {
		return ""
	}
	return where
}

// Withdraw takes a draft back. Of one that was approved or sent it says why; that
// it was sent, when and where, stays on record, and taking it off the page is
// work of whoever put it there.
func (s *Service) Withdraw(ctx context.Context, who action.Actor, draft int64, o DraftOrder) (Draft, error) {
	why, err := said("reason", o.Reason, reasonMost, false)
	if err != nil {
		return Draft{}, err
	}
	return s.onDraft(ctx, who, draft, func(ctx context.Context, w *writing, d Draft) error {
		if d.State == DraftWithdrawn {
			return nil
		}
		if err := d.seen(o.Revision, ""); err != nil {
			return err
		}
		if d.State != DraftOpen && why == "" {
			return cratewarden.Errorf(cratewarden.Invalid, "Say why: it was %s.", d.State)
		}
		if _, err := w.tx.Exec(ctx, `UPDATE incident_draft SET state = 'withdrawn', revision = revision + 1, changed_at = $2 WHERE id = $1`, d.ID, w.now); err != nil {
			return err
		}
		w.drafted(DraftWithdrawnEvent, d, why, map[string]string{"was": string(d.State)})
		return nil
	})
}
