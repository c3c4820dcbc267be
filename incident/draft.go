package incident

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/advisory"
	"cratewarden/pg"
)

// Draft is one text for somebody outside the case: made from the facts, perhaps
// edited, approved, sent. Sending most of them is a person's work; the console
// keeps who did it, when and where.
type Draft struct {
	ID       int64           `json:"id"`
	Incident string          `json:"incident"`
	Format   advisory.Format `json:"format"`
	Crate    string          `json:"crate,omitempty"`
	// Recipient is who a mail or report is for: a login, a host, or "owners of
	// direct dependents". It is never an address.
	Recipient string `json:"recipient,omitempty"`
	Path      string `json:"path"` // in the receiver's repository, or a file name
	Type      string `json:"type"` // media type
	Body      string `json:"body"`
	// Made is what the facts of today give; it is filled where it differs from
	// Body, because somebody edited that or because facts changed after approval.
	Made string `json:"made,omitempty"`
	// Edited says that a person changed what was made; it is never overwritten.
	Edited bool `json:"edited"`
	// Idle says that the facts give no occasion for it any more.
	Idle     bool       `json:"idle,omitempty"`
	State    DraftState `json:"state"`
	Revision int        `json:"revision"`
	Owner    Person     `json:"owner"` // who made it or edited it last

	ApprovedBy  Person     `json:"approved_by,omitzero"`
	ApprovedAt  *time.Time `json:"approved_at,omitempty"`
	ApprovedWhy string     `json:"approved_why,omitempty"` // in spite of severe problems
	SentBy      Person     `json:"sent_by,omitzero"`
	SentAt      *time.Time `json:"sent_at,omitempty"`
	SentWhere   string     `json:"sent_where,omitempty"`
	SentVia     Via        `json:"sent_via,omitempty"`

	Corrects    int64     `json:"corrects,omitempty"`     // the sent draft that it corrects
	CorrectedBy int64     `json:"corrected_by,omitempty"` // the correction of it, sent or not
	MadeAt      time.Time `json:"made_at"`
	ChangedAt   time.Time `json:"changed_at"`

	// Public says that everybody reads it.
	Public bool `json:"public"`
	// Locked says why it may not be sent yet; "" when it may, once approved.
	Locked string `json:"locked,omitempty"`
	// Vias are the ways in which it can be sent.
	Vias []Via `json:"vias"`
	// Problems are what the lint finds in it now. Checked is false when it could
	// not look, because the facts cannot be read.
	Problems []advisory.Problem `json:"problems"`
	Checked  bool               `json:"checked"`

	before string // the text that it corrects, as it went out
}

// DraftState is where a draft stands.
type DraftState string

// The states of a draft.
const (
	DraftOpen      DraftState = "draft"
	DraftApproved  DraftState = "approved"
	DraftSent      DraftState = "sent"
	DraftCorrected DraftState = "corrected" // it was sent, and a correction of it too
	DraftWithdrawn DraftState = "withdrawn"
)

// Via is how a text goes out.
type Via string

// The ways. Mails to the registry's people are never sent by the console: their
// addresses are private, and whoever sends one opens it on the record.
const (
	ByHand     Via = "hand"     // a person publishes or sends it, and says where
	ByChannels Via = "channels" // the console's own channels take it, as docs/notices.md says
)

// viasOf gives the ways of a form.
func viasOf(f advisory.Format) []Via {
	if f == advisory.Zulip {
		return []Via{ByChannels, ByHand}
	}
	return []Via{ByHand}
}

// Channel is advice on whom to tell by what.
type Channel = advisory.Advice

const draftColumns = `d.id, d.incident, d.format, d.crate, d.recipient, d.path, d.body, d.made, d.edited, d.state, d.revision, d.owner, d.owner_name,
	d.approved_by, d.approved_name, d.approved_at, d.approved_why, d.sent_by, d.sent_name, d.sent_at, d.sent_where, d.sent_via, coalesce(d.corrects, 0),
	coalesce((SELECT max(c.id) FROM incident_draft c WHERE c.corrects = d.id AND c.state <> 'withdrawn'), 0), d.made_at, d.changed_at,
	coalesce((SELECT b.body FROM incident_draft b WHERE b.id = d.corrects), '')`

func scanDraft(row pgx.CollectableRow) (d Draft, err error) {
	var number int64
	err = row.Scan(&d.ID, &number, &d.Format, &d.Crate, &d.Recipient, &d.Path, &d.Body, &d.Made, &d.Edited, &d.State, &d.Revision, &d.Owner.ID, &d.Owner.Name,
		&d.ApprovedBy.ID, &d.ApprovedBy.Name, &d.ApprovedAt, &d.ApprovedWhy, &d.SentBy.ID, &d.SentBy.Name, &d.SentAt, &d.SentWhere, &d.SentVia, &d.Corrects,
		&d.CorrectedBy, &d.MadeAt, &d.ChangedAt, &d.before)
	d.Incident, d.MadeAt, d.ChangedAt = idOf(number), d.MadeAt.UTC(), d.ChangedAt.UTC()
	for _, t := range []*time.Time{d.ApprovedAt, d.SentAt} {
		if t != nil {
			*t = t.UTC()
		}
	}
	d.Type, d.Public, d.Vias, d.Problems = mediaType(d.Format), d.Format.Public(), viasOf(d.Format), []advisory.Problem{}
	return d, err
}

// mediaType is what a text is, for whoever saves it.
func mediaType(f advisory.Format) string {
	switch f {
	case advisory.OSV, advisory.CSAF20, advisory.CSAF21, advisory.List:
		return "application/json"
	case advisory.RustSec, advisory.Blog, advisory.Zulip, advisory.PostMortem:
		return "text/markdown; charset=utf-8"
	case advisory.AmIAffected:
		return "application/x-sh"
	}
	return "text/plain; charset=utf-8"
}

// live says that it is worked on or was sent.
func (d Draft) live() bool { return d.State != DraftWithdrawn }

// out says that it was sent.
func (d Draft) out() bool { return d.State == DraftSent || d.State == DraftCorrected }

// document is the draft as the lint and exports take it.
func (d Draft) document() advisory.Document {
	return advisory.Document{Format: d.Format, Crate: d.Crate, To: d.Recipient, Path: d.Path, Type: d.Type, Text: d.Body, Before: d.before}
}

// draftKey tells drafts of one case apart.
type draftKey struct {
	format           advisory.Format
	crate, recipient string
}

func (d Draft) key() draftKey { return draftKey{d.Format, d.Crate, d.Recipient} }

func readDrafts(ctx context.Context, db querier, where string, args ...any) ([]Draft, error) {
	rows, err := db.Query(ctx, `SELECT `+draftColumns+` FROM incident_draft d WHERE `+where, args...)
	if err != nil {
		return nil, pg.Map(err)
	}
	out, err := pgx.CollectRows(rows, scanDraft)
	return out, pg.Map(err)
}

// draftsOf reads the drafts of a case and of those merged into it.
func draftsOf(ctx context.Context, db querier, number int64) ([]Draft, error) {
	numbers, err := family(ctx, db, number)
	if err != nil {
		return nil, err
	}
	return readDrafts(ctx, db, `d.incident = ANY ($1) ORDER BY d.id`, numbers)
}

// Drafts gives what the world is told of a case, in the order in which it was
// made, each with what the lint finds in it today.
func (s *Service) Drafts(ctx context.Context, id string) ([]Draft, error) {
	i, list, err := s.draftsNow(ctx, id)
	if err != nil {
		return nil, err
	}
	s.judge(ctx, i, list)
	return list, nil
}

// draftsNow reads a case and its drafts, not yet judged.
func (s *Service) draftsNow(ctx context.Context, id string) (i Incident, list []Draft, err error) {
	if i, err = s.Incident(ctx, id); err != nil {
		return i, nil, err
	}
	list, err = draftsOf(ctx, s.db, i.number())
	return i, list, err
}

// DraftByNumber gives one draft.
func (s *Service) DraftByNumber(ctx context.Context, draft int64) (Draft, error) {
	d, err := s.draft(ctx, s.db, draft, "")
	if err != nil {
		return d, err
	}
	i, err := s.Incident(ctx, d.Incident)
	if err != nil {
		return d, err
	}
	list := []Draft{d}
	s.judge(ctx, i, list)
	return list[0], nil
}

func (s *Service) draft(ctx context.Context, db querier, draft int64, lock string) (Draft, error) {
	list, err := readDrafts(ctx, db, `d.id = $1 `+lock, draft)
	if err != nil {
		return Draft{}, err
	}
	if len(list) == 0 {
		return Draft{}, cratewarden.Errorf(cratewarden.NotFound, "There is no draft %d.", draft)
	}
	return list[0], nil
}

// facts makes the sheet of a case.
func (s *Service) facts(ctx context.Context, id string) (advisory.Sheet, error) {
	if s.cfg.Facts != nil {
		return s.cfg.Facts(ctx, id)
	}
	return s.Sheet(ctx, id)
}

// judge fills what a draft says about itself: whether it may go, what is wrong
// with it, what the facts give today. The facts may be out of reach; then it
// says that nothing was checked, and the drafts can be read all the same.
func (s *Service) judge(ctx context.Context, i Incident, list []Draft) {
	sheet, err := s.facts(ctx, i.ID)
	var whole []advisory.Problem
	var fresh map[draftKey]string
	if err == nil {
		whole, fresh = wrongWith(sheet), freshTexts(sheet, list)
	}
	for n := range list {
		stored := list[n].Made
		list[n].Locked = lockedFor(i, list[n])
		list[n].Idle = list[n].Made == "" && list[n].Corrects == 0
		if list[n].Made == list[n].Body {
			list[n].Made = ""
		}
		if err == nil && list[n].live() {
			list[n].Problems, list[n].Checked = lintDraft(sheet, whole, list[n]), true
			if now := fresh[list[n].key()]; now != "" && stored != "" && list[n].CorrectedBy == 0 && !advisory.Same(list[n].Format, now, stored) {
				list[n].Problems = append(list[n].Problems, advisory.Problem{Rule: "facts-newer", Where: nameOfDraft(list[n]), Why: "The facts changed since it was made: make the notices anew, and compare."})
			}
		}
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		s.log.WarnContext(ctx, "drafts were not checked: the facts of the case cannot be read", "incident", i.ID, "error", err)
	}
}

// freshTexts are what the facts give now for the drafts of a list. A review is made
// of more than the sheet, and is left out.
func freshTexts(sheet advisory.Sheet, list []Draft) map[draftKey]string {
	out := map[draftKey]string{}
	done := map[advisory.Format]bool{advisory.PostMortem: true}
	for _, d := range list {
		if done[d.Format] {
			continue
		}
		done[d.Format] = true
		docs, err := advisory.Documents(sheet, d.Format)
		if err != nil {
			continue // the lint says what is wrong with the sheet
		}
		for _, doc := range docs {
			out[draftKey{doc.Format, doc.Crate, doc.To}] = clean(doc.Text)
		}
	}
	return out
}

// lockedFor says why a text may not go yet.
func lockedFor(i Incident, d Draft) string {
	if d.Format.Public() && !i.MayPublish() {
		return "Everybody reads it: it waits until the case is removed, or until somebody unlocks it with a reason."
	}
	return ""
}

// lintDraft is what is wrong with one text. A sheet with severe problems stops
// what everybody reads, whatever became of the text; whole are those, of wrongWith.
func lintDraft(sheet advisory.Sheet, whole []advisory.Problem, d Draft) []advisory.Problem {
	out := append([]advisory.Problem{}, advisory.LintDocument(sheet, d.document())...)
	if d.Public {
		out = append(out, whole...)
	}
	return out
}

// alike is how many problems of a sheet by one rule are said with each text; a
// flood has one of thousands of crates.
const alike = 3

// wrongWith gives the severe problems of a sheet: of each rule the first few, and
// how many more there are.
func wrongWith(sheet advisory.Sheet) (out []advisory.Problem) {
	count, last := map[string]int{}, map[string]int{}
	for _, p := range advisory.LintSheet(sheet) {
		if !p.Severe {
			continue
		}
		if count[p.Rule]++; count[p.Rule] <= alike {
			last[p.Rule] = len(out)
			out = append(out, p)
		}
	}
	for rule, n := range count {
		if n > alike {
			out[last[rule]].Why += fmt.Sprintf(" So it is with %d more.", n-alike)
		}
	}
	return out
}

// Lint says what is wrong with the facts of a case and with all that is drafted
// of it, among that crates of which an advisory is missing.
func (s *Service) Lint(ctx context.Context, id string) ([]advisory.Problem, error) {
	i, list, err := s.draftsNow(ctx, id)
	if err != nil {
		return nil, err
	}
	sheet, err := s.facts(ctx, i.ID)
	if err != nil {
		return nil, err
	}
	var docs []advisory.Document
	for _, d := range list {
		if d.live() && d.CorrectedBy == 0 {
			docs = append(docs, d.document())
		}
	}
	return advisory.Lint(sheet, docs), nil
}

// Channels says by the policy whom to tell by what, and why.
func (s *Service) Channels(ctx context.Context, id string) ([]Channel, error) {
	sheet, err := s.facts(ctx, id)
	if err != nil {
		return nil, err
	}
	return advisory.Channels(sheet), nil
}
