package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"cratewarden"
	"cratewarden/evidence"
	"cratewarden/ledger"
)

// Evidence is the store of sealed bundles; evidence.Service is one.
type Evidence interface {
	List(ctx context.Context, f evidence.Filter) (evidence.Page, error)
	Show(ctx context.Context, digest ledger.Digest) (evidence.Bundle, error)
	Check(ctx context.Context, digest ledger.Digest, by ledger.Entry) (evidence.Report, error)
	TakeOut(ctx context.Context, digest ledger.Digest, by ledger.Entry, w io.Writer) error
}

// EvidenceBundle is what is known of one bundle.
type EvidenceBundle struct {
	Digest    ledger.Digest   `json:"digest" doc:"SHA-256 of the manifest, hexadecimal"`
	Ledger    int64           `json:"ledger" doc:"number of the entry that records the sealing"`
	SealedAt  time.Time       `json:"sealed_at"`
	Actor     ledger.Actor    `json:"actor"`
	Plan      string          `json:"plan,omitempty"`
	Incident  string          `json:"incident,omitempty"`
	Reason    string          `json:"reason,omitempty" doc:"for colleagues only"`
	Holds     []EvidenceHolds `json:"holds" doc:"what it was asked to hold"`
	Parts     int             `json:"parts"`
	Bytes     int64           `json:"bytes" doc:"of all parts"`
	Encrypted int             `json:"encrypted" doc:"parts with personal data"`
	Erased    bool            `json:"erased,omitempty" doc:"the personal data was erased"`
	Check     *EvidenceCheck  `json:"check,omitempty" doc:"the last verification; none since it was sealed and read back when left out"`
}

// EvidenceHolds is what of one kind a bundle was asked to hold.
type EvidenceHolds struct {
	Kind  string            `json:"kind" doc:"crate, version or account"`
	Total int               `json:"total"`
	First []EvidenceSubject `json:"first" doc:"the first three by id"`
}

// EvidenceSubject is one of them, as it was called then.
type EvidenceSubject struct {
	ID   int32  `json:"id"`
	Name string `json:"name"`
}

// EvidenceCheck is what a verification found.
type EvidenceCheck struct {
	At       time.Time          `json:"at"`
	Actor    ledger.Actor       `json:"actor"`
	Whole    bool               `json:"whole" doc:"everything is as it was sealed"`
	Parts    int                `json:"parts" doc:"parts read and found right"`
	Bytes    int64              `json:"bytes" doc:"bytes of these"`
	Found    int                `json:"found" doc:"things that are wrong"`
	Findings []evidence.Finding `json:"findings" doc:"the first 100 of them"`
}

// EvidenceList is a page of bundles, newest first.
type EvidenceList struct {
	Rows []EvidenceBundle `json:"rows"`
	Next int64            `json:"next,omitempty" doc:"what to set before to for the next page"`
}

// EvidenceView is a bundle with its manifest.
type EvidenceView struct {
	Bundle   EvidenceBundle     `json:"bundle"`
	Manifest *evidence.Manifest `json:"manifest,omitempty" doc:"left out when it cannot be read"`
	Trouble  string             `json:"trouble,omitempty" doc:"why the manifest cannot be read"`
	Gaps     []string           `json:"gaps" doc:"what the bundle lacks that would be destroyed; with a gap it covers nothing"`
}

// EvidenceReport is what verifying a bundle found.
type EvidenceReport struct {
	Digest   ledger.Digest      `json:"digest"`
	Whole    bool               `json:"whole" doc:"everything is as it was sealed"`
	Parts    int                `json:"parts" doc:"parts read and found right"`
	Bytes    int64              `json:"bytes" doc:"bytes of these"`
	Findings []evidence.Finding `json:"findings" doc:"what is wrong"`
}

// ReportOf writes a report as the interface does.
func ReportOf(r evidence.Report) *EvidenceReport {
	return &EvidenceReport{r.Digest, r.OK(), r.Parts, r.Bytes, append([]evidence.Finding{}, r.Findings...)}
}

// EvidenceInput names a bundle.
type EvidenceInput struct {
	Digest string `path:"digest" maxLength:"100" doc:"SHA-256 of the manifest, hexadecimal"`
}

func (in *EvidenceInput) digest() (d ledger.Digest, err error) {
	if err := d.UnmarshalText([]byte(in.Digest)); err != nil {
		return d, cratewarden.Wrap(err, cratewarden.Invalid, "The digest of a bundle is 64 hexadecimal digits.")
	}
	return d, nil
}

type evidenceInput struct {
	Plan     string `query:"plan" maxLength:"256"`
	Incident string `query:"incident" maxLength:"256"`
	Subject  string `query:"subject" maxLength:"512" doc:"crate:NAME, version:NAME@NUMBER, account:ID or account:LOGIN; names as the registry stored them"`
	Before   int64  `query:"before" minimum:"0" doc:"only bundles whose ledger entry has a smaller number; 0 begins with the newest"`
	Limit    int    `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"rows at most"`
}

const (
	// evidenceTime bounds the verification of a bundle, which reads all of it.
	evidenceTime = 15 * time.Minute
	// sendTime bounds an export, of 64 GiB at most.
	sendTime = 6 * time.Hour
	// stallTime is how long a program may take for one piece of an export.
	stallTime = time.Minute
)

// shelf answers the questions about evidence.
type shelf struct {
	evidence Evidence
	bench    bench // that seals
}

// registerEvidence is the part of evidence in the table of contents.
func registerEvidence(a huma.API, cfg Config) {
	s := shelf{cfg.Evidence, benchOf(cfg)}
	get(a, "evidence", "look.evidence", "/evidence", "Sealed bundles, newest first", s.list)
	get(a, "evidence-bundle", "look.evidence", "/evidence/{digest}", "A bundle with its manifest; parts are not looked at", s.show)
	seal := operation(http.MethodPost, "evidence-seal", "evidence.seal", "/evidence", "Seal evidence now, outside any plan; nothing in the registry changes")
	seal.MaxBodyBytes = maxPlan
	huma.Register(a, seal, s.seal)
	huma.Register(a, operation(http.MethodPost, "evidence-verify", "look.evidence", "/evidence/{digest}/verify", "Read a whole bundle, say what is not as it was sealed, and remember it"), s.verify)
	op := operation(http.MethodGet, "evidence-export", "evidence.export", "/evidence/{digest}/export", "A bundle as one tar archive; personal parts stay encrypted")
	op.Responses = map[string]*huma.Response{"200": {Description: "The archive. If the connection is cut it is not whole; verify it.",
		Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: "string", Format: "binary"}}}}}
	huma.Register(a, op, s.export)
}

func (s shelf) there() error {
	if s.evidence == nil {
		return cratewarden.Errorf(cratewarden.Unavailable, "No evidence store is configured. Start the console with a folder or a bucket for evidence: the flag --evidence.")
	}
	return nil
}

func (s shelf) list(ctx context.Context, in *evidenceInput) (*EvidenceList, error) {
	if err := s.there(); err != nil {
		return nil, err
	}
	f := evidence.Filter{Plan: in.Plan, Incident: in.Incident, Before: in.Before, Limit: in.Limit}
	if err := f.About(strings.TrimSpace(in.Subject)); err != nil {
		return nil, err
	}
	p, err := s.evidence.List(ctx, f)
	if err != nil {
		return nil, err
	}
	out := &EvidenceList{Rows: []EvidenceBundle{}, Next: p.Next}
	for i := range p.Bundles {
		out.Rows = append(out.Rows, bundleOf(&p.Bundles[i]))
	}
	return out, nil
}

func bundleOf(b *evidence.Bundle) EvidenceBundle {
	out := EvidenceBundle{Digest: b.Digest, Ledger: b.Ledger, SealedAt: b.SealedAt, Actor: b.Actor, Plan: b.Plan, Incident: b.Incident, Reason: b.Reason,
		Holds: []EvidenceHolds{}, Parts: b.Parts, Bytes: b.Bytes, Encrypted: b.Encrypted, Erased: b.Erased}
	for _, a := range b.Asked {
		h := EvidenceHolds{Kind: a.Kind, Total: a.Total, First: []EvidenceSubject{}}
		for _, x := range a.First {
			h.First = append(h.First, EvidenceSubject(x))
		}
		out.Holds = append(out.Holds, h)
	}
	if c := b.Check; c != nil {
		out.Check = &EvidenceCheck{c.At, c.Actor, c.OK(), c.Parts, c.Bytes, c.Found, append([]evidence.Finding{}, c.Findings...)}
	}
	return out
}

func (s shelf) show(ctx context.Context, in *EvidenceInput) (*EvidenceView, error) {
	digest, err := in.digest()
	if err == nil {
		err = s.there()
	}
	if err != nil {
		return nil, err
	}
	b, err := s.evidence.Show(ctx, digest)
	if b.SealedAt.IsZero() { // not known; else only its manifest is in trouble
		return nil, err
	}
	out := &EvidenceView{Bundle: bundleOf(&b), Manifest: b.Manifest, Gaps: []string{}}
	if err != nil {
		out.Manifest, out.Trouble = nil, cratewarden.MessageOf(err)
	} else {
		out.Gaps = append(out.Gaps, b.Manifest.Gaps()...)
	}
	return out, nil
}

// EvidenceChange names a bundle in a POST.
type EvidenceChange struct {
	KeyInput
	EvidenceInput
}

func (s shelf) verify(ctx context.Context, in *EvidenceChange) (*output[EvidenceReport], error) {
	ctx, cancel := context.WithTimeout(ctx, evidenceTime)
	defer cancel()
	digest, err := in.digest()
	if err == nil {
		err = s.there()
	}
	if in.key() == "" {
		err = noKey()
	}
	if err != nil {
		return nil, problem(ctx, err)
	}
	patient(ctx, evidenceTime)
	r, err := s.evidence.Check(ctx, digest, entryBy(ctx))
	if err != nil {
		return nil, problem(ctx, err)
	}
	return &output[EvidenceReport]{ReportOf(r)}, nil
}

// entryBy begins an entry of the ledger with who asks.
func entryBy(ctx context.Context) ledger.Entry {
	who := actor(ctx)
	return ledger.Entry{Actor: ledger.Actor{ID: who.ID, Name: who.Name, RegistryUser: int64(who.RegistryUser)}, Session: who.Session}
}

// export streams. A bundle that is not known, or has no manifest, is refused
// before; what goes wrong later cuts the connection.
func (s shelf) export(ctx context.Context, in *EvidenceInput) (*huma.StreamResponse, error) {
	digest, err := in.digest()
	if err == nil {
		err = s.there()
	}
	if err == nil {
		_, err = s.evidence.Show(ctx, digest)
	}
	if err != nil {
		return nil, problem(ctx, err)
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		patient(c.Context(), sendTime)
		ctx, cancel := context.WithTimeout(c.Context(), sendTime)
		defer cancel()
		c.SetHeader("Content-Type", "application/octet-stream")
		c.SetHeader("Content-Disposition", `attachment; filename="evidence-`+digest.String()+`.tar"`)
		c.SetStatus(http.StatusOK)
		if err := s.evidence.TakeOut(ctx, digest, entryBy(ctx), pieces{c.BodyWriter(), ctx}); err != nil {
			_ = problem(ctx, err) // for the log
			panic(http.ErrAbortHandler)
		}
	}}, nil
}

// pieces gives each piece of a long answer its time.
type pieces struct {
	w   io.Writer
	ctx context.Context
}

// Write sends a piece.
func (p pieces) Write(b []byte) (int, error) {
	deadline(p.ctx, func(c *http.ResponseController) error { return c.SetWriteDeadline(time.Now().Add(stallTime)) })
	return p.w.Write(b)
}

// answerKey is where a request carries the writer of its answer.
type answerKey struct{}

// reachable lets an operation reach the writer, to take longer than the
// server's bounds, which are meant for short answers.
func reachable(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), answerKey{}, w)))
	})
}

func deadline(ctx context.Context, set func(*http.ResponseController) error) {
	if w, ok := ctx.Value(answerKey{}).(http.ResponseWriter); ok {
		if err := set(http.NewResponseController(w)); errors.Is(err, http.ErrNotSupported) {
			return // a server without deadlines has none to lift
		}
	}
}

// patient lets one answer take so long.
func patient(ctx context.Context, d time.Duration) {
	deadline(ctx, func(c *http.ResponseController) error { return c.SetReadDeadline(time.Now().Add(d)) })
	deadline(ctx, func(c *http.ResponseController) error { return c.SetWriteDeadline(time.Now().Add(d + time.Minute)) })
}
