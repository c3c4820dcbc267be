package main

import (
	"io"
	"slices"
	"strings"

	"cratewarden"
	"cratewarden/advisory"
	"cratewarden/api"
	"cratewarden/incident"
)

type advisoryCmd struct {
	Make     advisoryMakeCmd     `cmd:"" help:"Make drafts from an incident's sheet of facts."`
	List     advisoryListCmd     `cmd:"" help:"List drafts of an incident, and what was sent."`
	Show     advisoryShowCmd     `cmd:"" help:"Show a draft with its text."`
	Edit     advisoryEditCmd     `cmd:"" help:"Give a draft another text, from a file or standard input."`
	Ask      advisoryAskCmd      `cmd:"" help:"Tell those who may approve that drafts wait."`
	Approve  advisoryApproveCmd  `cmd:"" help:"Approve drafts as they are."`
	Send     advisorySendCmd     `cmd:"" help:"Say that drafts were published, and where; or have mails sent."`
	Correct  advisoryCorrectCmd  `cmd:"" help:"Make a correction of what was sent."`
	Withdraw advisoryWithdrawCmd `cmd:"" help:"Withdraw a draft, or what was sent."`
	Lint     advisoryLintCmd     `cmd:"" help:"Say what is missing or wrong, of an incident's drafts or of files."`
	Patch    advisoryPatchCmd    `cmd:"" help:"Write the advisories as a patch, as git format-patch does."`
	Export   advisoryExportCmd   `cmd:"" help:"Write drafts as files into one zip archive."`
}

type advisoryMakeCmd struct {
	caseArg
	Format []string `help:"Only in these forms, such as rustsec,osv,csaf-2.0,blog; in all without it."`
}

// Run makes.
func (c advisoryMakeCmd) Run(e env) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	l, err := cl.MakeDrafts(e.ctx, c.ID, c.Format)
	if err != nil {
		return err
	}
	return show(e, c.asking, l, printDrafts)
}

type advisoryListCmd struct{ caseArg }

// Run lists.
func (c advisoryListCmd) Run(e env) error {
	return fetch(e, c.asking, nil, printDrafts, "incidents", c.ID, "drafts")
}

type incidentDraftsCmd struct{ caseArg }

// Run lists.
func (c incidentDraftsCmd) Run(e env) error { return advisoryListCmd(c).Run(e) }

func printDrafts(w io.Writer, l *api.DraftList) {
	if len(l.Rows) == 0 {
		say(w, "  none")
		return
	}
	printTable(w, "DRAFT|FORM|ABOUT|STATE|REVISION|NOW|WHERE", l.Rows, func(d incident.Draft) []string {
		return []string{num(d.ID), string(d.Format), strings.TrimSpace(d.Crate + " " + d.Recipient), string(d.State), num(d.Revision), draftNeeds(d), d.SentWhere}
	})
}

// draftNeeds says in a word what keeps a draft.
func draftNeeds(d incident.Draft) string {
	severe := 0
	for _, p := range d.Problems {
		if p.Severe {
			severe++
		}
	}
	switch {
	case d.State == incident.DraftSent || d.State == incident.DraftCorrected || d.State == incident.DraftWithdrawn:
		return ""
	case severe > 0:
		return num(severe) + " severe"
	case !d.Checked:
		return "not checked"
	case d.Idle:
		return "no occasion any more"
	case d.Locked != "":
		return "locked"
	case d.Made != "":
		return "facts changed"
	}
	return "fine"
}

// draftArg names a draft.
type draftArg struct {
	asking
	Draft int64 `arg:"" help:"Its number, as advisory list prints it."`
}

type advisoryShowCmd struct{ draftArg }

// Run shows.
func (c advisoryShowCmd) Run(e env) error {
	return fetch(e, c.asking, nil, printDraft, "drafts", num(c.Draft))
}

func printDraft(w io.Writer, d *incident.Draft) {
	fact(w, "Draft", num(d.ID)+" of "+d.Incident)
	fact(w, "Form", string(d.Format))
	fact(w, "Crate", d.Crate)
	fact(w, "To", d.Recipient)
	fact(w, "File", d.Path)
	fact(w, "State", string(d.State)+", revision "+num(d.Revision))
	fact(w, "Owner", d.Owner.Name)
	if d.ApprovedAt != nil {
		fact(w, "Approved", when(*d.ApprovedAt)+" UTC by "+d.ApprovedBy.Name)
	}
	fact(w, "In spite of problems", d.ApprovedWhy)
	if d.SentAt != nil {
		fact(w, "Sent", when(*d.SentAt)+" UTC by "+d.SentBy.Name+" "+d.SentWhere)
	}
	fact(w, "Locked", d.Locked)
	section(w, "What the lint finds", d.Problems, mostRows, problemLine)
	say(w, "")
	printText(w, d.Body)
}

func problemLine(p advisory.Problem) string {
	return map[bool]string{true: "SEVERE", false: "advice"}[p.Severe] + "  " + p.Where + ": " + p.Why + " (" + p.Rule + ")"
}

type advisoryEditCmd struct {
	draftArg
	File string `arg:"" default:"-" help:"The new text; standard input without it."`
	Was  int    `placeholder:"REVISION" help:"Refuse if the draft is not of this revision any more."`
}

// Run edits.
func (c advisoryEditCmd) Run(e env) error {
	text, err := textFrom(e, c.File)
	if err != nil {
		return err
	}
	return c.change(e, "edit", c.Was, func(revision int) any { return map[string]any{"revision": revision, "text": text} })
}

// change does something to a draft of the revision that the person saw, or of
// the one that is.
func (c draftArg) change(e env, what string, was int, body func(revision int) any) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	if was == 0 {
		now, err := cl.Advisory(e.ctx, c.Draft)
		if err != nil {
			return err
		}
		was = now.Revision
	}
	d, err := cl.ChangeDraft(e.ctx, c.Draft, what, body(was))
	if err != nil {
		return explainClash(e, err)
	}
	return show(e, c.asking, d, printDraftState)
}

func printDraftState(w io.Writer, d *incident.Draft) {
	say(w, "Draft %d, %s, is %s; revision %d.", d.ID, inert(strings.TrimSpace(string(d.Format)+" "+d.Crate)), d.State, d.Revision)
}

type advisoryAskCmd struct {
	caseArg
	Drafts []int64 `arg:"" optional:"" help:"Only these; all that are open without it."`
}

// Run asks.
func (c advisoryAskCmd) Run(e env) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	l, err := cl.AskDrafts(e.ctx, c.ID, c.Drafts)
	if err != nil {
		return err
	}
	return show(e, c.asking, l, printDrafts)
}

// manyDrafts names several drafts.
type manyDrafts struct {
	asking
	Drafts []int64  `arg:"" optional:"" help:"Their numbers, as advisory list prints them."`
	Of     string   `env:"-" placeholder:"INCIDENT" help:"In place of numbers: all of this incident for which it is time."`
	Format []string `env:"-" help:"With --of: only in these forms, such as rustsec,osv."`
	Was    int      `env:"-" placeholder:"REVISION" help:"With one draft: refuse if it is not of this revision any more."`
}

// each does something to each draft, as it is; the first that is refused ends
// it. state is that of which it is time with --of.
func (c manyDrafts) each(e env, what string, state incident.DraftState, body func(revision int) any) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	if (c.Of == "") == (len(c.Drafts) == 0) {
		return cratewarden.Errorf(cratewarden.Invalid, "Name drafts by their numbers, or an incident with --of.")
	}
	if c.Was != 0 && len(c.Drafts) != 1 {
		return cratewarden.Errorf(cratewarden.Invalid, "--was goes with one draft.")
	}
	done := &api.DraftList{Rows: []incident.Draft{}}
	list := c.Drafts
	if c.Of != "" {
		all, err := cl.Drafts(e.ctx, c.Of)
		if err != nil {
			return err
		}
		for _, d := range all.Rows {
			if d.State == state && (len(c.Format) == 0 || slices.Contains(c.Format, string(d.Format))) {
				list = append(list, d.ID)
			}
		}
		if len(list) == 0 {
			return cratewarden.Errorf(cratewarden.NotFound, "No such draft of %s waits for that.", inert(c.Of))
		}
	}
	for _, n := range list {
		revision := c.Was
		if revision == 0 {
			now, err := cl.Advisory(e.ctx, n)
			if err != nil {
				return err
			}
			revision = now.Revision
		}
		d, err := cl.ChangeDraft(e.ctx, n, what, body(revision))
		if err != nil {
			say(e.stderr, "This is about draft %d; done before it: %d.", n, len(done.Rows))
			return explainClash(e, err)
		}
		done.Rows = append(done.Rows, *d)
	}
	return show(e, c.asking, done, func(w io.Writer, l *api.DraftList) {
		for i := range l.Rows {
			printDraftState(w, &l.Rows[i])
		}
	})
}

type advisoryApproveCmd struct {
	manyDrafts
	Reason string `help:"Why, although the lint found something severe."`
}

// Run approves.
func (c advisoryApproveCmd) Run(e env) error {
	return c.each(e, "approve", incident.DraftOpen, func(revision int) any { return incident.DraftOrder{Revision: revision, Reason: c.Reason} })
}

type advisorySendCmd struct {
	manyDrafts
	Where string `help:"Where it was published: an address, or words."`
	Via   string `enum:"hand,channels" default:"hand" help:"hand: a person published or sent it. channels: the console hands it to the channels of notices."`
}

// Help says what it does.
func (advisorySendCmd) Help() string {
	return `Examples:

  cratewarden advisory send 7 8 9 --where https://advisories.example/pull/17
  cratewarden advisory send --of INC-12 --format osv --where https://records.example/pull/9
  cratewarden advisory send 12 --via channels
  cratewarden advisory send 13 --where "from the help desk"

Public forms are locked until the bad is gone from the registry, or until
"incident unlock" says why not.`
}

// Run sends.
func (c advisorySendCmd) Run(e env) error {
	return c.each(e, "send", incident.DraftApproved, func(revision int) any {
		return incident.SendOrder{Revision: revision, Where: c.Where, Via: incident.Via(c.Via)}
	})
}

type advisoryCorrectCmd struct {
	draftArg
	File   string `arg:"" optional:"" help:"The corrected text, or - for standard input; without it what the facts give now."`
	Reason string `required:"" help:"What was wrong."`
}

// Run makes a correction, which is approved and sent like any draft.
func (c advisoryCorrectCmd) Run(e env) error {
	var text string
	var err error
	if c.File != "" {
		if text, err = textFrom(e, c.File); err != nil {
			return err
		}
	}
	return c.change(e, "correct", 1, func(int) any { return map[string]any{"body": text, "reason": c.Reason} })
}

type advisoryWithdrawCmd struct {
	draftArg
	Was    int    `placeholder:"REVISION" help:"Refuse if the draft is not of this revision any more."`
	Reason string `help:"Why; needed of what was approved or sent."`
}

// Run withdraws.
func (c advisoryWithdrawCmd) Run(e env) error {
	return c.change(e, "withdraw", c.Was, func(revision int) any { return map[string]any{"revision": revision, "reason": c.Reason} })
}
