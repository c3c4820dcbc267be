package incident

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/ledger"
	"cratewarden/notify"
	"cratewarden/pg"
)

// Limits of what people write.
const (
	maxTitle  = 200
	maxReason = 4000
	maxBody   = 64 << 10
)

var (
	campaignWord = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)
)

// line makes one line of a text: no breaks, nothing that cannot be seen.
func line(what, text string, most int) (string, error) {
	text = strings.Join(strings.FieldsFunc(text, unicode.IsSpace), " ")
	for _, r := range text {
		if unicode.IsControl(r) {
			return "", cratewarden.Errorf(cratewarden.Invalid, "The %s holds a character that cannot be seen. Leave it out.", what)
		}
	}
	return prose(what, text, most)
}

// prose bounds a text.
func prose(what, text string, most int) (string, error) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	switch {
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return "", cratewarden.Errorf(cratewarden.Invalid, "The %s is not plain text.", what)
	case len(text) > most:
		return "", cratewarden.Errorf(cratewarden.TooLarge, "The %s has %d bytes; at most %d are kept. Attach a file instead.", what, len(text), most)
	}
	return text, nil
}

// check completes an opening and refuses what cannot be one.
func (s *Service) check(o *Opening) (err error) {
	if o.Title, err = line("title", o.Title, maxTitle); err != nil {
		return err
	}
	if o.Source, err = line("source", o.Source, maxTitle); err != nil {
		return err
	}
	if o.Note, err = prose("note", o.Note, maxBody); err != nil {
		return err
	}
	if o.Subjects, err = s.subjects(o.Subjects); err != nil {
		return err
	}
	if o.Kind == "" {
		o.Kind = MaliciousUpdate
	}
	o.Severity, o.TLP = orElse(o.Severity, Medium), orElse(o.TLP, Amber)
	for f, v := range map[Field]string{KindField: string(o.Kind), SeverityField: string(o.Severity), TLPField: string(o.TLP)} {
		if _, err := s.normal(f, v); err != nil {
			return err
		}
	}
	campaigns, err := s.normal(CampaignField, strings.Join(o.Campaigns, ","))
	if err != nil {
		return err
	}
	o.Campaigns = campaignsOf(campaigns)
	if o.Title == "" && len(o.Subjects) == 0 {
		return cratewarden.Errorf(cratewarden.Invalid, "Give the incident a title, or say what it is about.")
	}
	if o.Title == "" {
		o.Title = fmt.Sprintf("%s of %s", o.Kind, nameOf(o.Subjects[0]))
	}
	if o.ReportedAt != nil {
		at := o.ReportedAt.UTC().Truncate(time.Microsecond)
		if err := notYet(at, s.clock()); err != nil {
			return err
		}
		o.ReportedAt = &at
	}
	return nil
}

// notYet refuses a first report of the future: clocks count from it. A minute is
// forgiven, since clocks of people differ.
func notYet(at, now time.Time) error {
	if at.After(now.Add(time.Minute)) {
		return cratewarden.Errorf(cratewarden.Invalid, "The first report cannot be in the future. Write its time in UTC.")
	}
	return nil
}

func orElse[T ~string](value, zero T) T {
	if value == "" {
		return zero
	}
	return value
}

// Open opens a case.
func (s *Service) Open(ctx context.Context, who action.Actor, o Opening) (Incident, error) {
	if who.ID == "" {
		return Incident{}, cratewarden.Errorf(cratewarden.Unsigned, "Sign in to open an incident.")
	}
	if err := s.check(&o); err != nil {
		return Incident{}, err
	}
	var number int64
	var made Incident
	err := pg.InTx(ctx, s.db, func(tx pgx.Tx) error {
		came, known, err := once(ctx, tx, who, o.Key, "incident.open", struct {
			Opening
			Drill string
		}{o, o.drill})
		if err != nil || known {
			number = came.incident
			return err
		}
		w, err := s.begin(ctx, tx, who, o, 0)
		if err != nil {
			return err
		}
		if err := w.finish(ctx); err != nil {
			return err
		}
		made = w.inc
		return remember(ctx, tx, who, o.Key, answer{incident: made.number()})
	})
	switch {
	case err != nil:
		return Incident{}, err
	case made.ID == "": // the same request came before
		return s.Incident(ctx, idOf(number))
	}
	return s.settled(ctx, made)
}

// begin writes a new case with its subjects, tasks and first note; finish ends
// it. Nobody sees its row yet, so nothing need be locked.
func (s *Service) begin(ctx context.Context, tx pgx.Tx, who action.Actor, o Opening, from int64) (*writing, error) {
	w := &writing{s: s, tx: tx, who: who, now: s.clock().UTC().Truncate(time.Microsecond)}
	var number int64
	err := tx.QueryRow(ctx, `INSERT INTO incident (title, kind, state, severity, tlp, campaigns, drill, source, split_from, opened_by, opened_at, reported_at, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, nullif($9, 0), $10, $11, $12, $11) RETURNING number`,
		o.Title, o.Kind, Reported, o.Severity, o.TLP, orEmpty(o.Campaigns), o.drill, o.Source, from, w.person(), w.now, o.ReportedAt).Scan(&number)
	if err != nil {
		return nil, err
	}
	if w.inc, err = readIncident(ctx, tx, number, ""); err != nil {
		return nil, err
	}
	w.inc.Revision = 0 // finish makes it 1
	if err := w.insertSubjects(ctx, o.Subjects); err != nil {
		return nil, err
	}
	w.record(w.opened(o))
	if o.Note != "" {
		w.record(record{Kind: NoteEvent, Body: o.Note})
	}
	if err := w.makeTasks(ctx); err != nil {
		return nil, err
	}
	w.notify("opened", notify.Notice{
		Title: fmt.Sprintf("%s was opened: %s, %s", w.name(), o.Kind, o.Severity),
		Text:  fmt.Sprintf("%s opened it. It names %s. Its label is TLP:%s.", w.by(), cratewarden.Amount(len(o.Subjects), "subject", "subjects"), o.TLP),
		Roles: []cratewarden.Role{cratewarden.Responder}, Urgent: o.Severity == High || o.Severity == Critical,
	})
	return w, nil
}

// by names who writes, in notices.
func (w *writing) by() string {
	if isConsole(w.who) {
		return "The console"
	}
	return w.who.Name
}

func (w *writing) opened(o Opening) record {
	r := record{Kind: OpenedEvent, Body: o.Title, Subjects: ledgerSubjects(o.Subjects), Details: map[string]string{
		"kind": string(o.Kind), "severity": string(o.Severity), "tlp": string(o.TLP), "count": strconv.Itoa(len(o.Subjects)),
	}, Local: map[string]string{"subjects": casting(o.Subjects)}}
	for name, value := range map[string]string{"campaigns": strings.Join(o.Campaigns, ","), "drill": o.drill, "split_from": w.inc.SplitFrom} {
		if value != "" {
			r.Details[name] = value
		}
	}
	if o.Source != "" {
		r.Local["source"] = o.Source
	}
	if o.ReportedAt != nil {
		r.Details["reported_at"] = stamp(*o.ReportedAt)
	}
	return r
}

func ledgerSubjects(list []Subject) (out []ledger.Subject) {
	for _, s := range list {
		out = append(out, ledger.Subject{Kind: s.Kind, ID: s.ID}) // labels are what people wrote
	}
	return out
}

// cast is a subject with its part, as events list them.
type cast struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
	Role string `json:"role,omitempty"`
}

// casting lists subjects for an event.
func casting(list []Subject) string {
	out := make([]cast, len(list))
	for n, s := range list {
		out[n] = cast{s.Kind, s.ID, s.Role}
	}
	text, _ := json.Marshal(out) // strings never fail
	return string(text)
}

func campaignsOf(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

// normal gives the one spelling of a field's value, or says what it may be.
func (s *Service) normal(f Field, value string) (string, error) {
	value = strings.TrimSpace(value)
	choose := func(what string, of ...string) (string, error) {
		if slices.Contains(of, value) {
			return value, nil
		}
		return "", cratewarden.Errorf(cratewarden.Invalid, "%s is not a %s. It is one of: %s.", shown(value), what, strings.Join(of, ", "))
	}
	switch f {
	case TitleField:
		title, err := line("title", value, maxTitle)
		if err == nil && title == "" {
			err = cratewarden.Errorf(cratewarden.Invalid, "An incident has a title.")
		}
		return title, err
	case KindField:
		return choose("kind of incident", s.Kinds()...)
	case SeverityField:
		return choose("severity", string(Low), string(Medium), string(High), string(Critical))
	case TLPField:
		value = strings.TrimPrefix(strings.ToUpper(value), "TLP:")
		return choose("TLP label", string(Clear), string(Green), string(Amber), string(AmberStrict), string(Red))
	case VerdictField:
		return choose("verdict", string(Benign), string(PolicyCase), string(Malicious), string(Compromised), string(ServiceCase))
	case LeadField:
		if len(value) > 100 {
			return "", cratewarden.Errorf(cratewarden.Invalid, "This is not a person's id.")
		}
		return value, nil
	case CampaignField:
		return normalCampaigns(value)
	case ReportedField:
		return normalTime(value)
	}
	return "", cratewarden.Errorf(cratewarden.Invalid, "An incident has no field %s.", shown(string(f)))
}

// Kinds gives the kinds of cases: those of the playbooks, or without any those
// of the program.
func (s *Service) Kinds() []string {
	if list := s.cfg.Playbooks.Kinds(); len(list) > 0 {
		return list
	}
	return []string{string(Typosquat), string(CompromisedOwner), string(MaliciousUpdate), string(LeakedToken), string(Flood), string(Squatting), string(PersonalData), string(ServiceIncident)}
}

// AboutKind says in a sentence when a kind is the right one; "" without a playbook.
func (s *Service) AboutKind(kind string) string {
	p, ok := s.cfg.Playbooks.Of(kind)
	if !ok {
		return ""
	}
	first, _, more := strings.Cut(p.About, ". ")
	if more {
		first += "."
	}
	return first
}

func normalCampaigns(value string) (string, error) {
	var out []string
	for _, c := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		c = strings.ToLower(strings.TrimPrefix(c, "#"))
		if !campaignWord.MatchString(c) {
			return "", cratewarden.Errorf(cratewarden.Invalid, "%s cannot be the tag of a campaign: small letters, digits, dots and dashes, 64 at most.", shown(c))
		}
		out = append(out, c)
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) > 20 {
		return "", cratewarden.Errorf(cratewarden.TooLarge, "An incident belongs to at most 20 campaigns.")
	}
	return strings.Join(out, ","), nil
}

func normalTime(value string) (string, error) {
	if value == "" {
		return "", nil
	}
	at, err := time.Parse(time.RFC3339Nano, value)
	if err != nil || at.Year() < 2000 || at.Year() > 9999 {
		return "", cratewarden.Errorf(cratewarden.Invalid, "%s is not a time. Write it as 2026-08-20T07:15:00Z.", shown(value))
	}
	return stamp(at), nil
}
