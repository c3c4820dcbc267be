package web

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/dossier"
	"cratewarden/evidence"
	"cratewarden/ledger"
)

// Evidence is the store of sealed bundles that the pages show; evidence.Service
// is one.
type Evidence interface {
	List(ctx context.Context, f evidence.Filter) (evidence.Page, error)
	Show(ctx context.Context, digest ledger.Digest) (evidence.Bundle, error)
	Check(ctx context.Context, digest ledger.Digest, by ledger.Entry) (evidence.Report, error)
	TakeOut(ctx context.Context, digest ledger.Digest, by ledger.Entry, w io.Writer) error
	OpenPart(ctx context.Context, digest ledger.Digest, name string, by ledger.Entry) (io.ReadCloser, evidence.Part, error)
}

const (
	// checkTime bounds the verification of a bundle, which reads all of it.
	checkTime = 15 * time.Minute
	// sendTime bounds a download of evidence, of 64 GiB at most.
	sendTime = 6 * time.Hour
)

// evidenceRoutes are the pages of sealed bundles. Without a store only the page
// that says so exists.
func (s *Server) evidenceRoutes() []route {
	list := route{pattern: "GET /evidence", act: "look.evidence", handle: s.evidenceList, timeout: listTime, nav: nav{section: "Console", label: "Evidence"}}
	if s.cfg.Evidence == nil {
		list.handle = s.evidenceNone
		return []route{list}
	}
	routes := []route{list,
		{pattern: "GET /evidence/{digest}", act: "look.evidence", handle: s.evidenceShow, timeout: listTime},
		{pattern: "POST /evidence/{digest}/verify", act: "look.evidence", handle: s.evidenceVerify, timeout: checkTime},
		{pattern: "GET /evidence/{digest}/export", act: "evidence.export", handle: s.evidenceExport, timeout: sendTime},
		{pattern: "GET /evidence/{digest}/part", act: "evidence.open", handle: s.evidencePart, timeout: sendTime},
	}
	if s.cfg.Plans != nil {
		routes = append(routes, route{pattern: "POST /evidence", act: "evidence.seal", handle: s.evidenceSeal, under: "/evidence", timeout: checkTime})
	}
	return routes
}

const evidenceLead = "What was about to be destroyed, or what somebody wanted kept: rows, files and index lines as they were, each under its hash. Only a bundle that verifies lets an irreversible plan be applied."

func (s *Server) evidenceNone(w http.ResponseWriter, r *http.Request) error {
	p := dossierPage{Page: s.page(r, "Evidence"), Head: Head{Title: "Evidence", Lead: Text(evidenceLead)}}
	p.Main = []Card{{ID: "bundles", Title: "Sealed bundles", Empty: Empty{Title: "No evidence store is configured",
		Text: "So nothing can be sealed, and nothing can be destroyed for good. Start the console with a folder or a bucket for evidence: the flag --evidence."}}}
	return s.render(w, "dossier", http.StatusOK, p)
}

// evidenceMost is how many bundles a page holds at most; the service's bound.
const evidenceMost = 500

// evidenceQuery is what the address of the list asks for.
type evidenceQuery struct {
	filter  evidence.Filter
	subject string
	f       *fields
}

func readEvidence(f *fields) evidenceQuery {
	q := evidenceQuery{f: f, subject: f.text("subject", ledgerSubjectMost)}
	q.filter = evidence.Filter{Plan: f.text("plan", ledgerTextMost), Incident: f.text("incident", ledgerTextMost), Before: f.wholeNumber("before"),
		Limit: int(f.number("limit", 1, evidenceMost, listLimit))}
	if err := q.filter.About(q.subject); err != nil {
		f.refuse("%s", cratewarden.MessageOf(err))
	}
	return q
}

// here is the address of the list with its filters.
func (q evidenceQuery) here(base string, more ...any) string {
	return withPairs(address(base, "plan", q.filter.Plan, "incident", q.filter.Incident, "subject", q.subject, "limit", q.f.values.Get("limit")), more)
}

func (s *Server) evidenceList(w http.ResponseWriter, r *http.Request) error {
	f := readFields(r)
	q, csv := readEvidence(f), wantsCSV(f)
	fill := sealWords{lines: strings.ReplaceAll(f.text("seal", 100_000), ",", "\n"), accounts: f.text("account", 1000)}
	if f.err != nil {
		return f.err
	}
	why := s.mayPlan(s.who(r))
	if why == "" && fill != (sealWords{}) {
		return s.render(w, "evidence_list", http.StatusOK, s.sealPage(r, fill))
	}
	if csv {
		return s.evidenceFile(w, r, q.filter)
	}
	list, err := s.cfg.Evidence.List(r.Context(), q.filter)
	if err != nil {
		return err
	}
	p := evidenceListPage{Page: s.page(r, "Evidence"), Head: Head{Title: "Evidence", Lead: Text(evidenceLead)}, Main: []Card{s.bundlesCard(list, q)}}
	p.Head.Actions = []Action{{Label: "Seal now", URL: "#seal", Refused: why}}
	if why == "" {
		p.Seal = s.sealForm(fill)
	}
	return s.render(w, "evidence_list", http.StatusOK, p)
}

func (s *Server) evidenceFile(w http.ResponseWriter, r *http.Request, filter evidence.Filter) error {
	return export(s, w, "evidence", positive64(filter.Before), func(before string, limit int) (dossier.Page[evidence.Bundle], error) {
		filter.Limit, filter.Before = limit, 0
		if before != "" {
			n, err := strconv.ParseInt(before, 10, 64)
			if err != nil {
				return dossier.Page[evidence.Bundle]{}, err
			}
			filter.Before = n
		}
		p, err := s.cfg.Evidence.List(r.Context(), filter)
		return dossier.Page[evidence.Bundle]{Rows: p.Bundles, Next: positive64(p.Next)}, err
	})
}

// bundlesCard is the list with its filters.
func (s *Server) bundlesCard(list evidence.Page, q evidenceQuery) Card {
	limit := q.f.values.Get("limit")
	c := Card{ID: "bundles", Title: "Sealed bundles", Note: "newest first", Filter: &Filter{Action: "/evidence", Fields: []Field{
		{Name: "subject", Label: "Holds", Value: q.subject, Hint: "crate:serde"},
		{Name: "plan", Label: "Plan", Value: q.filter.Plan}, {Name: "incident", Label: "Incident", Value: q.filter.Incident},
		{Name: "limit", Label: "Rows on a page", Value: limit, Options: rowChoices(limit)}}},
		Table: &Table{Caption: "Sealed bundles", Columns: []Column{{Label: "Bundle"}, {Label: "Holds"}, {Label: "Sealed (UTC)"}, {Label: "By"}, {Label: "Plan"}, {Label: "Parts", Num: true}, {Label: "Size", Num: true}, {Label: "Last verified"}},
			Empty: Empty{Title: "Nothing was sealed yet", Text: "A plan that destroys something seals it first; “Seal now” seals at any time."}}}
	if q.here("") != "" {
		c.Filter.Reset = "/evidence"
		c.Table.Empty = Empty{Title: "No bundle passes the filter", Text: "Crates and versions are found by the name that the registry stored, such as crate:serde_json or version:serde@1.0.0, accounts by number or by their login then.", Action: Link{"All bundles", "/evidence"}}
	}
	for i := range list.Bundles {
		c.Table.Rows = append(c.Table.Rows, s.bundleRow(&list.Bundles[i]))
	}
	c.Pager = &Pager{Shown: shown(len(list.Bundles), -1, "bundle"), CSV: q.here("/evidence", "format", "csv", "before", positive64(q.filter.Before)),
		JSON: q.here("/api/v1/evidence", "before", positive64(q.filter.Before)), Back: "Newest"}
	if q.filter.Before > 0 {
		c.Pager.Newer = q.here("/evidence")
	}
	if list.Next > 0 {
		c.Pager.Older = q.here("/evidence", "before", digits(list.Next))
	}
	return c
}

func (s *Server) bundleRow(b *evidence.Bundle) Row {
	row := Row{Cells: []Phrase{Phrase{}.Link(Short(b.Digest.String()), evidenceURL(b.Digest)), askedPhrase(b.Asked), Phrase{}.UTC(b.SealedAt).Say(" ").Ago(b.SealedAt),
		actorPhrase(b.Actor), s.planPhrase(b.Plan), Text(Num(b.Parts)), Text(Bytes(b.Bytes)), checkPhrase(b)}}
	if b.Check != nil && !b.Check.OK() {
		row.Tone = Bad
	}
	return row
}

func evidenceURL(d ledger.Digest) string { return Path("evidence", d.String()) }

// planPhrase is a plan's id, a link where there are plans.
func (s *Server) planPhrase(id string) Phrase {
	switch {
	case id == "":
		return Phrase{}.Muted("–")
	case s.has("GET /plans/{id}"):
		return Phrase{}.Link(id, planURL(id))
	}
	return Text(id)
}

// askedPhrase says what a bundle was asked to hold. Versions that came with
// their crate are counted only.
func askedPhrase(asked []evidence.Asked) Phrase {
	var out Phrase
	crates := false
	for i, a := range asked {
		if i > 0 {
			out = out.Say(", ")
		}
		if a.Kind == "version" && crates {
			out = out.Say(Plural(a.Total, "version"))
			continue
		}
		crates = a.Kind == "crate"
		for j, x := range a.First {
			if j > 0 {
				out = out.Say(", ")
			}
			id := ledger.Subject{Kind: a.Kind, ID: x.Name}
			if a.Kind == "account" {
				id = ledger.Subject{Kind: a.Kind, ID: digits(x.ID), Name: x.Name}
			}
			out = append(out, subjectPhrase(id)...)
		}
		if more := a.Total - len(a.First); more > 0 {
			out = out.Muted(" and " + Num(more) + " more")
		}
	}
	if len(out) == 0 {
		return Phrase{}.Muted("–")
	}
	return out
}

// checkPhrase is what the last verification found.
func checkPhrase(b *evidence.Bundle) Phrase {
	switch {
	case b.Check == nil:
		return Phrase{}.Muted("when it was sealed")
	case b.Check.OK():
		return Phrase{}.Badge(Good, b.Check.Word()).Say(" ").Ago(b.Check.At)
	}
	return Phrase{}.Badge(Bad, b.Check.Word()).Say(" ").Ago(b.Check.At)
}

// bundleDigest is the digest in the path.
func bundleDigest(r *http.Request) (d ledger.Digest, err error) {
	if err := d.UnmarshalText([]byte(strings.ToLower(r.PathValue("digest")))); err != nil {
		return d, cratewarden.Wrap(err, cratewarden.Invalid, "The address of a bundle has its SHA-256, 64 hexadecimal digits. Look it up in the list of evidence.")
	}
	return d, nil
}
