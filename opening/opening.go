// Package opening shows personal data that is masked everywhere else: mail
// addresses, names of API tokens, addresses of sessions, personal parts of
// evidence and of the ledger. It is the only road to them. Whoever opens
// something says why; who it was, when, of whom and why is in the ledger before
// the first letter is shown, and stays on the page of whom it was about, for
// colleagues to see. If the ledger cannot be written, nothing is shown.
package opening

import (
	"context"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/action"
	"cratewarden/evidence"
	"cratewarden/ledger"
	"cratewarden/mirror"
	"cratewarden/pg"
	"cratewarden/registry"
)

// What is what somebody wants to see.
type What string

// What there is to open, and what Order.Subject then is.
const (
	Mail        What = "mail"         // an account's number: its addresses, confirmed or not
	Tokens      What = "tokens"       // an account's number: the names of its API tokens
	PublishMail What = "publish-mail" // crate@number: the address noted when it was published
	Session     What = "session"      // a session's public id: where it was signed in from
	APIToken    What = "api-token"    // the id of a token of this console: where it was used last
	Entry       What = "entry"        // a ledger entry's number: what is sealed beside it
	Part        What = "part"         // an evidence bundle's digest, with Order.Part: see OpenPart
)

// Whats gives everything that Open knows, in the order in which it is offered.
func Whats() []What { return []What{Mail, Tokens, PublishMail, Session, APIToken, Entry} }

// Title says it for people.
func (w What) Title() string {
	switch w {
	case Mail:
		return "mail addresses of an account"
	case Tokens:
		return "names of an account's API tokens"
	case PublishMail:
		return "mail address noted with a publish"
	case Session:
		return "address that a session was signed in from"
	case APIToken:
		return "address that an API token was used from last"
	case Entry:
		return "personal data sealed with a ledger entry"
	case Part:
		return "personal part of an evidence bundle"
	}
	return string(w)
}

// Act is the row of access's table that decides who may.
func (w What) Act() string {
	if w == Part {
		return "evidence.open"
	}
	return "personal.open"
}

// Order says what to open, and why: an incident, or a reason of at least ten
// letters. Both stay in the ledger for ever, so neither may hold what is opened.
type Order struct {
	What     What   `json:"what"`
	Subject  string `json:"subject"`
	Part     string `json:"part,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Incident string `json:"incident,omitempty"`
}

// Opened is what was opened. It is for one answer: it belongs in no address, no
// log, no cache and no file of ours.
type Opened struct {
	What    What           `json:"what"`
	Subject ledger.Subject `json:"subject"`
	Entry   int64          `json:"ledger"` // the entry that says so
	At      time.Time      `json:"opened_at"`
	Values  []Value        `json:"values"`
}

// Value is one opened thing.
type Value struct {
	Name string `json:"name"` // what it is, such as "address"
	Text string `json:"text"`
	Note string `json:"note,omitempty"` // such as "not confirmed"
}

// Config says where personal data is.
type Config struct {
	Registry *registry.Reader
	// Mirror knows which tokens an account has.
	Mirror *mirror.Mirror
	// Console is our own database, where the sessions and the ledger are.
	Console *pgxpool.Pool
	Ledger  *ledger.Log
	// Evidence is nil when no evidence store is configured.
	Evidence Evidence
	// Incidents refuses the name of an incident that is not there or is over; nil
	// takes any.
	Incidents func(ctx context.Context, id string) error
	Clock     cratewarden.Clock
}

// Evidence opens parts of bundles; *evidence.Service does.
type Evidence interface {
	OpenPart(ctx context.Context, digest ledger.Digest, name string, by ledger.Entry) (io.ReadCloser, evidence.Part, error)
}

// Service opens. It may be used by many at a time.
type Service struct {
	cfg   Config
	clock cratewarden.Clock
}

// New makes a service.
func New(cfg Config) *Service { return &Service{cfg: cfg, clock: cfg.Clock.Or()} }

// Bounds of an order's texts.
const (
	leastReason  = 10
	mostReason   = 1000
	mostIncident = 200
)

// check refuses an order that says not why, or that would put what must stay
// closed into the ledger for good.
func (o *Order) check() error {
	o.Reason, o.Incident, o.Subject = strings.TrimSpace(o.Reason), strings.TrimSpace(o.Incident), strings.TrimSpace(o.Subject)
	named := o.Incident != "" && o.Incident != "none"
	switch {
	case o.Subject == "":
		return cratewarden.Errorf(cratewarden.Invalid, "Say whose data to open.")
	case !named && utf8.RuneCountInString(strings.Join(strings.Fields(o.Reason), " ")) < leastReason:
		return cratewarden.Errorf(cratewarden.Invalid, "Say why in at least %d letters, or name the incident. Colleagues see it, and it stays in the ledger.", leastReason)
	case len(o.Reason) > mostReason || len(o.Incident) > mostIncident:
		return cratewarden.Errorf(cratewarden.TooLarge, "A reason has at most %d bytes, an incident %d.", mostReason, mostIncident)
	case strings.ContainsRune(o.Reason+o.Incident+o.Subject, 0):
		return cratewarden.Errorf(cratewarden.Invalid, "The texts may not hold the character zero.")
	}
	for _, t := range cratewarden.Traces(o.Reason + "\n" + o.Incident) {
		return cratewarden.Errorf(cratewarden.Invalid, "The reason holds a %s. It stays in the ledger for ever: leave that out.", t.Kind)
	}
	return nil
}

// Open shows what an order asks for, to who may see it. The entry of the kind
// Opening is committed by then. The error is Refused, with the rule, for who may
// not, which is an entry of the kind Refusal; NotFound when there is nothing to
// see, and then nothing is recorded as seen.
func (s *Service) Open(ctx context.Context, who action.Actor, o Order) (*Opened, error) {
	if err := s.admit(ctx, who, &o); err != nil {
		return nil, err
	}
	if o.What == Entry {
		return s.openEntry(ctx, who, o)
	}
	found, subjects, err := s.find(ctx, o)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, cratewarden.Errorf(cratewarden.NotFound, "There is nothing to open: the registry and the console know no %s.", o.What.Title())
	}
	entry := entryOf(who, o)
	entry.Subjects = subjects
	var receipt ledger.Receipt
	err = pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error {
		receipt, err = s.cfg.Ledger.Append(ctx, tx, entry)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &Opened{What: o.What, Subject: subjects[0], Entry: receipt.Index, At: receipt.At, Values: found}, nil
}

// OpenPart gives the content of a personal part of an evidence bundle, whose
// opening is in the ledger by then. The caller closes it.
func (s *Service) OpenPart(ctx context.Context, who action.Actor, o Order) (io.ReadCloser, evidence.Part, error) {
	o.What = Part
	if err := s.admit(ctx, who, &o); err != nil {
		return nil, evidence.Part{}, err
	}
	var digest ledger.Digest
	if err := digest.UnmarshalText([]byte(o.Subject)); err != nil {
		return nil, evidence.Part{}, cratewarden.Wrap(err, cratewarden.Invalid, "An evidence bundle is named by its digest, 64 digits and letters from a to f.")
	}
	if s.cfg.Evidence == nil {
		return nil, evidence.Part{}, cratewarden.Errorf(cratewarden.Unavailable, "No evidence store is configured.")
	}
	return s.cfg.Evidence.OpenPart(ctx, digest, o.Part, entryOf(who, o))
}

// admit decides, again at the last moment, whether the actor may. Whether the
// passkey's confirmation is fresh the surfaces know, who asked for the same act.
func (s *Service) admit(ctx context.Context, who action.Actor, o *Order) error {
	if err := o.check(); err != nil {
		return err
	}
	rule, _ := access.Of(o.What.Act()) // the zero rule is denied to everybody
	facts := access.Facts{StepUp: rule.StepUp, Incident: o.Incident, Note: o.Reason != ""}
	if facts.Incident == "" {
		facts.Incident = "none"
	}
	asker := access.Asker{ID: who.ID, Name: who.Name, Roles: who.Roles, OnCall: who.OnCall, Token: who.Token, Acts: who.Acts}
	denied := access.Decide(rule, asker, facts)
	if denied == nil {
		return s.known(ctx, o.Incident)
	}
	if who.ID == "" {
		return denied
	}
	entry := entryOf(who, *o)
	entry.Kind = ledger.Refusal
	entry.Details["rule"], entry.Details["why"] = denied.Rule(), denied.Error()
	if len(o.Subject) <= 200 && len(cratewarden.Traces(o.Subject)) == 0 {
		entry.Details["subject"] = o.Subject
	}
	err := pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error {
		_, err := s.cfg.Ledger.Append(ctx, tx, entry)
		return err
	})
	if err != nil {
		return err
	}
	return denied
}

// known refuses an incident that is not there: whoever reads the ledger must
// find the case for which something was opened.
func (s *Service) known(ctx context.Context, incident string) error {
	if s.cfg.Incidents == nil || incident == "" || incident == "none" {
		return nil
	}
	return s.cfg.Incidents(ctx, incident)
}

func entryOf(who action.Actor, o Order) ledger.Entry {
	e := ledger.Entry{
		Kind: ledger.Opening, Actor: ledger.Actor{ID: who.ID, Name: who.Name, RegistryUser: int64(who.RegistryUser)}, Session: who.Session,
		Action: o.What.Act(), Incident: o.Incident, Details: map[string]string{"what": string(o.What)},
	}
	if o.Reason != "" {
		e.Reasons = &ledger.Reasons{Internal: o.Reason}
	}
	return e
}

// Columns names the cells of Record.
func (Value) Columns() []string { return []string{"what", "value", "note"} }

// Record is the value as cells of a file for spreadsheets: of an export that
// opened it, and of no other.
func (v Value) Record() []string { return []string{v.Name, v.Text, v.Note} }
