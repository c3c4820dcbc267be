package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"cratewarden/action"
	"cratewarden/advisory"
	"cratewarden/incident"
)

// CaseDrafts is what the world is told of a case.
type CaseDrafts interface {
	Drafts(ctx context.Context, id string) ([]incident.Draft, error)
	DraftByNumber(ctx context.Context, draft int64) (incident.Draft, error)
	Lint(ctx context.Context, id string) ([]advisory.Problem, error)
	Channels(ctx context.Context, id string) ([]incident.Channel, error)
	Patch(ctx context.Context, id string, o incident.PatchOrder) ([]byte, error)
	ExportDrafts(ctx context.Context, id string, formats []advisory.Format) ([]byte, error)
	Recipients(ctx context.Context, draft int64) ([]incident.Recipient, error)
	Feed(ctx context.Context) (incident.Feed, error)

	Make(ctx context.Context, who action.Actor, id string, formats []advisory.Format) ([]incident.Draft, error)
	Ask(ctx context.Context, who action.Actor, id string, drafts []int64) ([]incident.Draft, error)
	EditDraft(ctx context.Context, who action.Actor, draft int64, revision int, body string) (incident.Draft, error)
	Approve(ctx context.Context, who action.Actor, draft int64, o incident.DraftOrder) (incident.Draft, error)
	Send(ctx context.Context, who action.Actor, draft int64, o incident.SendOrder) (incident.Draft, error)
	Correct(ctx context.Context, who action.Actor, draft int64, o incident.CorrectOrder) (incident.Draft, error)
	Withdraw(ctx context.Context, who action.Actor, draft int64, o incident.DraftOrder) (incident.Draft, error)
}

func registerCaseDrafts(a huma.API, d desk) {
	get(a, "incident-drafts", "incident.look", "/incidents/{id}/drafts", "What the world is told of an incident: drafts, and what was sent", d.drafts)
	get(a, "draft", "incident.look", "/drafts/{draft}", "One draft with its text and what the lint finds in it", d.draft)
	get(a, "incident-lint", "incident.look", "/incidents/{id}/lint", "What is missing or wrong in the facts and in all drafts", d.lint)
	get(a, "incident-channels", "incident.look", "/incidents/{id}/channels", "Whom to tell by what, by the policy, and why", d.channels)
	registerFile(a, "incident-patch", "incident.look", "/incidents/{id}/patch", "The advisories as a patch for their repository, as git format-patch writes it", d.patch)
	registerFile(a, "incident-drafts-export", "incident.look", "/incidents/{id}/drafts/export", "All drafts as files in one zip archive, with an index", d.exportDrafts)
	get(a, "draft-recipients", "incident.look", "/drafts/{draft}/recipients", "Who a mail is for; addresses are masked", d.recipients)
	submit(a, "drafts-make", "incident.draft", "/incidents/{id}/drafts", "Make drafts from the facts of now; those that a person edited stay", d.makeDrafts)
	submit(a, "drafts-ask", "incident.draft", "/incidents/{id}/drafts/ask", "Tell those who may approve that drafts wait for them", d.askDrafts)
	submit(a, "draft-edit", "incident.draft", "/drafts/{draft}/edit", "Give a draft another text; refused when somebody else changed it since the revision that you name", d.editDraft)
	submit(a, "draft-approve", "incident.publish", "/drafts/{draft}/approve", "Say that a draft may go as it is", d.approveDraft)
	submit(a, "draft-send", "incident.publish", "/drafts/{draft}/send", "Say that an approved draft went out and where, or hand it to the console's channels", d.sendDraft)
	submit(a, "draft-correct", "incident.publish", "/drafts/{draft}/correct", "Make a correction of what was sent", d.correctDraft)
	registerFeed(a, d)
	submit(a, "draft-withdraw", "incident.publish", "/drafts/{draft}/withdraw", "Take a draft back", d.withdrawDraft)
}

// DraftList is what the world is told of an incident.
type DraftList struct {
	Rows []incident.Draft `json:"rows"`
}

func draftList(rows []incident.Draft, err error) (*DraftList, error) {
	return &DraftList{append([]incident.Draft{}, rows...)}, err
}

func (d desk) drafts(ctx context.Context, in *IncidentInput) (*DraftList, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	return draftList(d.incidents.Drafts(ctx, in.ID))
}

// DraftInput names a draft.
type DraftInput struct {
	Draft int64 `path:"draft" minimum:"1"`
}

// DraftChange names a draft in a POST.
type DraftChange struct {
	KeyInput
	DraftInput
}

func oneDraft(d incident.Draft, err error) (*incident.Draft, error) { return &d, err }

func (d desk) draft(ctx context.Context, in *DraftInput) (*incident.Draft, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	return oneDraft(d.incidents.DraftByNumber(ctx, in.Draft))
}

// LintReport is what a lint found.
type LintReport struct {
	Problems    []advisory.Problem `json:"problems"`
	Publishable bool               `json:"publishable" doc:"nothing severe is among them"`
}

// LintReportOf says what problems mean.
func LintReportOf(list []advisory.Problem) *LintReport {
	return &LintReport{append([]advisory.Problem{}, list...), advisory.Publishable(list)}
}

func (d desk) lint(ctx context.Context, in *IncidentInput) (*LintReport, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	list, err := d.incidents.Lint(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return LintReportOf(list), nil
}

// CaseChannelList is advice on whom to tell by what.
type CaseChannelList struct {
	Rows []incident.Channel `json:"rows"`
}

func (d desk) channels(ctx context.Context, in *IncidentInput) (*CaseChannelList, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	rows, err := d.incidents.Channels(ctx, in.ID)
	return &CaseChannelList{append([]incident.Channel{}, rows...)}, err
}

type patchInput struct {
	IncidentInput
	Format advisory.Format `query:"format" enum:"rustsec,osv" default:"rustsec" doc:"each goes to a repository of its own"`
	Name   string          `query:"name" maxLength:"200" doc:"who it is from; the publisher when left out"`
	Mail   string          `query:"mail" maxLength:"200" doc:"their mail address, which everybody will read in the repository's history"`
}

func (d desk) patch(ctx context.Context, in *patchInput) (*file, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	text, err := d.incidents.Patch(ctx, in.ID, incident.PatchOrder{Format: in.Format, Name: in.Name, Mail: in.Mail, Who: actor(ctx)})
	if err != nil {
		return nil, err
	}
	return fileOf(plainName(in.ID+"-"+string(in.Format))+".patch", "text/x-patch; charset=utf-8", text), nil
}

type exportDraftsInput struct {
	IncidentInput
	Format string `query:"format" maxLength:"400" doc:"forms with commas between; all when left out"`
}

func (d desk) exportDrafts(ctx context.Context, in *exportDraftsInput) (*file, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	var formats []advisory.Format
	for _, word := range words(in.Format) {
		formats = append(formats, advisory.Format(word))
	}
	packed, err := d.incidents.ExportDrafts(ctx, in.ID, formats)
	if err != nil {
		return nil, err
	}
	return fileOf(plainName(in.ID)+"-drafts.zip", "application/zip", packed), nil
}

// RecipientList is who a mail is for.
type RecipientList struct {
	Rows []incident.Recipient `json:"rows"`
}

func (d desk) recipients(ctx context.Context, in *DraftInput) (*RecipientList, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	rows, err := d.incidents.Recipients(ctx, in.Draft)
	return &RecipientList{append([]incident.Recipient{}, rows...)}, err
}

type makeDraftsInput struct {
	IncidentChange
	Body struct {
		Formats []advisory.Format `json:"formats,omitempty" maxItems:"50" doc:"such as rustsec, osv, csaf-2.0; every form that the facts give occasion for when left out"`
	}
}

func (d desk) makeDrafts(ctx context.Context, in *makeDraftsInput) (*DraftList, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	return draftList(d.incidents.Make(ctx, actor(ctx), in.ID, in.Body.Formats))
}

type askDraftsInput struct {
	IncidentChange
	Body struct {
		Drafts []int64 `json:"drafts,omitempty" maxItems:"5000" doc:"which; all that are open when left out"`
	}
}

func (d desk) askDrafts(ctx context.Context, in *askDraftsInput) (*DraftList, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	return draftList(d.incidents.Ask(ctx, actor(ctx), in.ID, in.Body.Drafts))
}

type editDraftInput struct {
	DraftChange
	Body struct {
		Revision int    `json:"revision" doc:"the one that you saw"`
		Text     string `json:"text"`
	}
}

func (d desk) editDraft(ctx context.Context, in *editDraftInput) (*incident.Draft, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	return oneDraft(d.incidents.EditDraft(ctx, actor(ctx), in.Draft, in.Body.Revision, in.Body.Text))
}

// DraftReason says which revision somebody saw, and why.
type DraftReason struct {
	DraftChange
	Body incident.DraftOrder
}

func (d desk) approveDraft(ctx context.Context, in *DraftReason) (*incident.Draft, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	return oneDraft(d.incidents.Approve(ctx, actor(ctx), in.Draft, in.Body))
}

func (d desk) withdrawDraft(ctx context.Context, in *DraftReason) (*incident.Draft, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	return oneDraft(d.incidents.Withdraw(ctx, actor(ctx), in.Draft, in.Body))
}

type sendDraftInput struct {
	DraftChange
	Body struct {
		Revision int          `json:"revision" doc:"the one that you saw"`
		Where    string       `json:"where,omitempty" doc:"the address of the page where everybody reads it, or words"`
		Via      incident.Via `json:"via,omitempty" enum:"hand,channels" doc:"hand: a person sent it; channels: the console's own take it"`
	}
}

func (d desk) sendDraft(ctx context.Context, in *sendDraftInput) (*incident.Draft, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	return oneDraft(d.incidents.Send(ctx, actor(ctx), in.Draft, incident.SendOrder{Revision: in.Body.Revision, Where: in.Body.Where, Via: in.Body.Via}))
}

type correctDraftInput struct {
	DraftChange
	Body incident.CorrectOrder
}

func (d desk) correctDraft(ctx context.Context, in *correctDraftInput) (*incident.Draft, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	return oneDraft(d.incidents.Correct(ctx, actor(ctx), in.Draft, in.Body))
}
