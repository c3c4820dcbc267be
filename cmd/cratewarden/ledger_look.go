package main

import (
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/api"
	"cratewarden/dossier"
	"cratewarden/ledger"
)

type ledgerListCmd struct {
	asking
	CSV      bool   `name:"csv" help:"Print the rows as CSV."`
	Limit    int    `default:"20" help:"Rows at most (up to 1000)."`
	Before   int64  `help:"Go on below this number, which the page before printed."`
	Actor    string `placeholder:"ID" help:"Only what this person did."`
	Subject  string `placeholder:"KIND:ID" help:"Only what was done to this: crate:serde, version:serde@1.0.0, account:42, or the id alone."`
	Kind     string `enum:",intent,outcome,refusal,opening,erasure,note" default:"" help:"Only this kind: intent, outcome, refusal, opening, erasure or note."`
	Action   string `placeholder:"NAME" help:"Only this action of the catalogue, such as version.yank."`
	Plan     string `placeholder:"ID" help:"Only this plan's."`
	Incident string `placeholder:"ID" help:"Only this incident's."`
	From     string `placeholder:"TIME" help:"Recorded at this time (UTC) or later, such as 2026-08-20 or \"2026-08-20 07:15\"."`
	Until    string `placeholder:"TIME" help:"Recorded before this time (UTC)."`
}

// Help gives examples.
func (ledgerListCmd) Help() string {
	return `Examples:

  cratewarden ledger list --subject crate:serde
  cratewarden ledger list --kind refusal --from 2026-08-20 --csv`
}

// Run lists entries, newest first.
func (c ledgerListCmd) Run(e env) error {
	q := url.Values{"limit": {strconv.Itoa(c.Limit)}}
	if c.Before != 0 {
		q.Set("before", strconv.FormatInt(c.Before, 10))
	}
	for name, value := range map[string]string{"actor": c.Actor, "subject": c.Subject, "kind": c.Kind, "action": c.Action, "plan": c.Plan, "incident": c.Incident} {
		set(q, name, value)
	}
	for name, value := range map[string]string{"from": c.From, "until": c.Until} {
		at, err := instant(name, value)
		if err != nil {
			return err
		}
		set(q, name, at)
	}
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	list, err := cl.Ledger(e.ctx, q)
	if err != nil {
		return err
	}
	return show(e, c.asking, list, c.print)
}

func (c ledgerListCmd) print(w io.Writer, list *api.LedgerList) {
	page := dossier.Page[ledger.Entry]{Rows: list.Rows}
	if !c.CSV {
		say(w, "%s", coverage(list.State))
	}
	printRows(w, listing{CSV: c.CSV}, page, "ENTRY|RECORDED (UTC)|KIND|ACTOR|ACTION|SUBJECTS|RESULT", func(x ledger.Entry) []string {
		return []string{num(x.Index), x.At.UTC().Format(time.DateTime), string(x.Kind), actorName(x.Actor), x.Action, subjectList(x.Subjects, 3), resultText(x)}
	})
	if list.Next != 0 && !c.CSV {
		say(w, "  more: --before %d", list.Next)
	}
}

// coverage says in a line how far the log is and what covers it.
func coverage(s api.LedgerState) string {
	text := fmt.Sprintf("%d entries", s.Size)
	if s.Name != "" {
		text = "Ledger " + inert(s.Name) + ": " + text
	}
	switch {
	case s.Size < s.HeadSize:
		return fmt.Sprintf("%s, FEWER than the %d of its signed head. Run: cratewarden ledger verify.", text, s.HeadSize)
	case s.Trouble != "":
		return text + ". The newest head could not be signed: " + inert(s.Trouble)
	case s.Covered:
		return text + ", all covered by a signed head."
	case !s.Keyed:
		return text + ". The console has no key, so it signs no heads."
	}
	return fmt.Sprintf("%s, %d not covered by a signed head yet.", text, s.Size-s.HeadSize)
}

// instant reads a time in UTC and writes it as the interface takes it.
func instant(name, value string) (string, error) {
	if value == "" {
		return "", nil
	}
	for _, layout := range []string{time.RFC3339, time.DateTime, "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if at, err := time.Parse(layout, value); err == nil {
			return at.UTC().Format(time.RFC3339Nano), nil
		}
	}
	return "", cratewarden.Errorf(cratewarden.Invalid, "--%s takes a time in UTC, such as 2026-08-20 or \"2026-08-20 07:15\".", name)
}

func actorName(a ledger.Actor) string {
	if a.Name == "" || a.Name == a.ID {
		return a.ID
	}
	return a.Name + " (" + a.ID + ")"
}

func subjectList(subjects []ledger.Subject, most int) string {
	var words []string
	for i, s := range subjects {
		if i == most {
			words = append(words, fmt.Sprintf("and %d more", len(subjects)-most))
			break
		}
		word := s.Kind + ":" + s.ID
		if s.Name != "" {
			word += " (" + s.Name + ")"
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

func resultText(x ledger.Entry) string {
	var words []string
	if x.Result != nil {
		words = append(words, x.Result.State)
		if x.Result.Recovered {
			words = append(words, "(recovered)")
		}
	}
	if x.Refers != nil {
		words = append(words, "of "+num(*x.Refers))
	}
	return strings.Join(words, " ")
}

type ledgerShowCmd struct {
	asking
	Index int64 `arg:"" help:"The entry's number."`
	Raw   bool  `help:"Print the entry as it was hashed, and nothing else."`
	Proof bool  `help:"Print the proof that it is in the signed log, and nothing else."`
}

// Help gives examples.
func (ledgerShowCmd) Help() string {
	return `Examples:

  cratewarden ledger show 12
  cratewarden ledger show 12 --proof > 12.tlog-proof`
}

// Run shows one entry, or prints a file of it.
func (c ledgerShowCmd) Run(e env) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	if c.Proof {
		proof, err := cl.LedgerInclusion(e.ctx, c.Index)
		if err != nil {
			return err
		}
		return show(e, c.asking, proof, func(w io.Writer, p *api.LedgerProof) { exactly(w, p.Text) })
	}
	entry, err := cl.LedgerEntry(e.ctx, c.Index)
	if err != nil {
		return err
	}
	if c.Raw {
		return show(e, c.asking, entry, func(w io.Writer, x *api.LedgerEntry) { exactly(w, x.Body) })
	}
	return show(e, c.asking, entry, printEntry)
}

// exactly prints a file for another program; a terminal gets it harmless.
func exactly(w io.Writer, text string) {
	if p, ok := w.(*paper); ok {
		p.exact = true
	}
	_, _ = io.WriteString(w, text)
}

func printEntry(w io.Writer, x *api.LedgerEntry) {
	e := &x.Entry
	say(w, "Entry %d: %s by %s, %s UTC", e.Index, e.Kind, inert(actorName(e.Actor)), e.At.UTC().Format(time.DateTime))
	fact(w, "Action", e.Action)
	fact(w, "Subjects", subjectList(e.Subjects, len(e.Subjects)))
	fact(w, "Plan", e.Plan)
	fact(w, "Incident", e.Incident)
	if e.Reasons != nil {
		fact(w, "Public reason", e.Reasons.Public)
		fact(w, "Internal note", e.Reasons.Internal)
	}
	for _, a := range e.Approvals {
		fact(w, "Approved by", actorName(a.Actor)+" "+a.At.UTC().Format(time.DateTime))
	}
	fact(w, "Session", e.Session)
	fact(w, "Registry transaction", e.RegistryTx)
	fact(w, "Result", resultText(*e))
	if e.Result != nil {
		fact(w, "", e.Result.Detail)
	}
	for _, name := range slices.Sorted(maps.Keys(e.Details)) {
		fact(w, inert(name), e.Details[name])
	}
	if len(e.Images) > 0 {
		fact(w, "Rows", fmt.Sprintf("%d, by hash", len(e.Images)))
	}
	for _, d := range e.Documents {
		fact(w, "Document", d.Name+" "+d.SHA256.String())
	}
	switch {
	case x.Erased:
		fact(w, "Personal data", "erased")
	case e.Sealed != nil:
		fact(w, "Personal data", "sealed")
	}
	fact(w, "Leaf", x.Leaf)
	fact(w, "In a signed head", map[bool]string{true: "yes, and the stored hashes prove it", false: "not proven: not signed yet, or changed; run cratewarden ledger verify"}[x.Signed])
	for _, a := range x.Answers {
		fact(w, "Answered by", fmt.Sprintf("%d %s by %s, %s %s", a.Index, a.Kind, actorName(a.Actor), a.At.UTC().Format(time.DateTime), resultText(a)))
	}
}
