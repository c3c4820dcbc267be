package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// Ledger is the log that the interface shows; *ledger.Log is one. Its errors
// may be the driver's.
type Ledger interface {
	State(ctx context.Context) (ledger.State, error)
	List(ctx context.Context, f ledger.Filter) (ledger.Page, error)
	Get(ctx context.Context, index int64) (ledger.Record, error)
	Answers(ctx context.Context, kind ledger.Kind, indexes ...int64) ([]ledger.Entry, error)
	ProveConsistency(ctx context.Context, old int64, head ledger.Checkpoint) (ledger.Consistency, error)
}

// LedgerState says how long the log is and how much of it is signed.
type LedgerState struct {
	Name     string     `json:"name,omitempty" doc:"the log's name, the first line of its heads"`
	Size     int64      `json:"size" doc:"entries"`
	HeadSize int64      `json:"head_size" doc:"entries under the newest signed head"`
	Root     string     `json:"root,omitempty" doc:"root hash of the newest signed head, base64"`
	SignedAt *time.Time `json:"signed_at,omitempty" doc:"when that head was stored"`
	Covered  bool       `json:"covered" doc:"a signed head holds every entry"`
	Keyed    bool       `json:"keyed" doc:"the console has a key to sign with"`
	Trouble  string     `json:"trouble,omitempty" doc:"why the newest head could not be signed"`
}

// LedgerList is a page of entries, newest first.
type LedgerList struct {
	State LedgerState    `json:"state"`
	Rows  []ledger.Entry `json:"rows"`
	Next  int64          `json:"next,omitempty" doc:"what to set before to for the next page"`
}

// LedgerEntry is one entry with what proves it and what answers it.
type LedgerEntry struct {
	Entry   ledger.Entry   `json:"entry"`
	Body    string         `json:"body" doc:"the entry as it was hashed"`
	Leaf    string         `json:"leaf" doc:"hash of the leaf, base64"`
	Signed  bool           `json:"signed" doc:"a signed head holds it, and the stored hashes prove it"`
	Erased  bool           `json:"erased,omitempty" doc:"its personal data was erased"`
	Answers []ledger.Entry `json:"answers" doc:"entries that refer to it, oldest first, 100 at most"`
}

// LedgerProof is a file that proves something with the public key alone.
type LedgerProof struct {
	Text string `json:"text" doc:"the file: a C2SP tlog-proof, a consistency proof, or a checkpoint"`
	Size int64  `json:"size" doc:"entries under the signed head in it"`
	Root string `json:"root" doc:"root hash of that head, base64"`
}

// IndexInput names an entry.
type IndexInput struct {
	Index int64 `path:"index" minimum:"0" doc:"number of the entry"`
}

type ledgerInput struct {
	Actor    string    `query:"actor" maxLength:"256" doc:"id of who acted"`
	Subject  string    `query:"subject" maxLength:"512" doc:"kind:id, such as crate:serde, or the id alone"`
	Kind     string    `query:"kind" enum:"intent,outcome,refusal,opening,erasure,note"`
	Action   string    `query:"action" maxLength:"256" doc:"name in the catalogue, such as version.yank"`
	Plan     string    `query:"plan" maxLength:"256"`
	Incident string    `query:"incident" maxLength:"256"`
	From     time.Time `query:"from" doc:"RFC 3339; this instant or later"`
	Until    time.Time `query:"until" doc:"RFC 3339; before this instant"`
	Before   int64     `query:"before" minimum:"0" doc:"only entries with a smaller number; 0 begins with the newest"`
	Limit    int       `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"rows at most"`
}

func (in *ledgerInput) filter() ledger.Filter {
	return ledger.Filter{Actor: in.Actor, Subject: ledger.ParseSubject(in.Subject), Kind: ledger.Kind(in.Kind), Action: in.Action, Plan: in.Plan, Incident: in.Incident,
		From: in.From, Until: in.Until, Before: in.Before, Limit: in.Limit}
}

type consistencyInput struct {
	From int64 `query:"from" required:"true" minimum:"1" doc:"entries of the older log"`
}

// answersMost is how many answers an entry is given with.
const answersMost = 100

// book answers the questions about the ledger.
type book struct {
	log     Ledger
	trouble func() string
}

// registerLedger is the ledger's part of the table of contents. It is there
// without a ledger too, since the document must not depend on the console.
func registerLedger(a huma.API, cfg Config) {
	b := book{cfg.Ledger, cfg.LedgerTrouble}
	get(a, "ledger", "look.ledger", "/ledger", "What was done, refused or shown, newest first", b.list)
	get(a, "ledger-checkpoint", "look.ledger", "/ledger/checkpoint", "The newest signed head", b.checkpoint)
	get(a, "ledger-consistency", "look.ledger", "/ledger/consistency", "Proof that the log begins with an older one", b.consistency)
	get(a, "ledger-entry", "look.ledger", "/ledger/{index}", "One entry with what answers it", b.entry)
	get(a, "ledger-inclusion", "look.ledger", "/ledger/{index}/inclusion", "Proof that an entry is in the signed log", b.inclusion)
}

func (b book) there() error {
	if b.log == nil {
		return cratewarden.Errorf(cratewarden.Unavailable, "This console keeps no ledger.")
	}
	return nil
}

func (b book) state(ctx context.Context) (LedgerState, ledger.Checkpoint, error) {
	s, err := b.log.State(ctx)
	if err != nil {
		return LedgerState{}, s.Head, pg.Map(err)
	}
	out := LedgerState{Name: s.Head.Origin, Size: s.Size, HeadSize: s.Head.Size, Covered: s.Covered(), Keyed: s.Keyed}
	if s.Head.Note != nil {
		out.Root = s.Head.Root.String()
	}
	if !s.SignedAt.IsZero() {
		out.SignedAt = &s.SignedAt
	}
	if b.trouble != nil {
		out.Trouble = b.trouble()
	}
	return out, s.Head, nil
}

func (b book) list(ctx context.Context, in *ledgerInput) (*LedgerList, error) {
	if err := b.there(); err != nil {
		return nil, err
	}
	if !in.From.IsZero() && !in.Until.IsZero() && in.Until.Before(in.From) {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "The end of the time to look at is before its start. Swap “from” and “until”.")
	}
	page, err := b.log.List(ctx, in.filter())
	if err != nil {
		return nil, pg.Map(err)
	}
	state, _, err := b.state(ctx)
	return &LedgerList{State: state, Rows: append([]ledger.Entry{}, page.Entries...), Next: page.Next}, err
}

func (b book) entry(ctx context.Context, in *IndexInput) (*LedgerEntry, error) {
	if err := b.there(); err != nil {
		return nil, err
	}
	record, err := b.log.Get(ctx, in.Index)
	if err != nil {
		return nil, pg.Map(err)
	}
	answers, err := b.log.Answers(ctx, "", in.Index)
	if err != nil {
		return nil, pg.Map(err)
	}
	return &LedgerEntry{Entry: record.Entry, Body: string(record.Body), Leaf: record.Hash().String(), Erased: record.Erased,
		Signed: record.Proof != nil && record.Proof.Check(record.Body) == nil, Answers: append([]ledger.Entry{}, answers[:min(len(answers), answersMost)]...)}, nil
}

func (b book) inclusion(ctx context.Context, in *IndexInput) (*LedgerProof, error) {
	if err := b.there(); err != nil {
		return nil, err
	}
	record, err := b.log.Get(ctx, in.Index)
	if err != nil {
		return nil, pg.Map(err)
	}
	if record.Proof == nil {
		return nil, cratewarden.Errorf(cratewarden.Unavailable, "Entry %d is not covered by a signed head yet. A running console with a key signs within 15 seconds; then there is a proof.", in.Index)
	}
	if err := record.Proof.Check(record.Body); err != nil {
		return nil, cratewarden.Wrap(err, cratewarden.Conflict, "The proof of entry %d does not hold. Keep the database as it is and run: cratewarden ledger verify.", in.Index)
	}
	return proofOf(record.Proof.Text(), record.Proof.Signed), nil
}

// head is the newest signed head; Unavailable while there is none.
func (b book) head(ctx context.Context) (ledger.Checkpoint, error) {
	if err := b.there(); err != nil {
		return ledger.Checkpoint{}, err
	}
	_, head, err := b.state(ctx)
	if err == nil && head.Note == nil {
		err = cratewarden.Errorf(cratewarden.Unavailable, "No head was signed yet. A running console with a key signs one within 15 seconds.")
	}
	return head, err
}

func (b book) checkpoint(ctx context.Context, _ *struct{}) (*LedgerProof, error) {
	head, err := b.head(ctx)
	if err != nil {
		return nil, err
	}
	return proofOf(head.Note, head), nil
}

func (b book) consistency(ctx context.Context, in *consistencyInput) (*LedgerProof, error) {
	head, err := b.head(ctx)
	if err != nil {
		return nil, err
	}
	proof, err := b.log.ProveConsistency(ctx, in.From, head)
	if err != nil {
		return nil, pg.Map(err)
	}
	return proofOf(proof.Text(), head), nil
}

func proofOf(text []byte, head ledger.Checkpoint) *LedgerProof {
	return &LedgerProof{Text: string(text), Size: head.Size, Root: head.Root.String()}
}
