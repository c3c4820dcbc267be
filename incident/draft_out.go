package incident

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/advisory"
	"cratewarden/ledger"
)

// PatchOrder says what a patch for an advisory repository is to hold and who it
// is from. Name and Mail stand in that repository's history for everybody; empty
// ones are those of the publisher, if it has a mail address.
type PatchOrder struct {
	Format advisory.Format `json:"format"`
	Name   string          `json:"name,omitempty"`
	Mail   string          `json:"mail,omitempty"`
	// Who asks for it, which the ledger names when it is refused.
	Who action.Actor `json:"-"`
}

// Patch writes the approved and sent drafts of one form as a patch in the form of
// git format-patch. It is a public step: Refused until the case is removed or was
// unlocked, and when the facts say something severe of a text since its approval.
// A Conflict says that none is approved.
func (s *Service) Patch(ctx context.Context, id string, o PatchOrder) ([]byte, error) {
	i, list, err := s.draftsNow(ctx, id)
	if err != nil {
		return nil, err
	}
	text, err := s.patch(ctx, i, list, o)
	return text, s.refuse(ctx, o.Who, "incident.publish", ledger.Entry{Incident: i.ID, Subjects: ledgerSubjects([]Subject{asSubject(i.ID)})}, err)
}

func (s *Service) patch(ctx context.Context, i Incident, list []Draft, o PatchOrder) ([]byte, error) {
	if !o.Format.PerCrate() {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "A patch is made of %q or of %q, which go to repositories of their own.", advisory.RustSec, advisory.OSV)
	}
	if locked := lockedFor(i, Draft{Format: o.Format}); locked != "" {
		return nil, refused(ruleLocked, locked)
	}
	sheet, err := s.facts(ctx, i.ID)
	if err != nil {
		return nil, err
	}
	chosen, err := patched(newest(list), o.Format)
	if err != nil {
		return nil, err
	}
	at := time.Time{}
	var docs []advisory.Document
	for _, d := range chosen {
		if err := current(ctx, s.db, d, sheet); err != nil {
			return nil, err
		}
		docs = append(docs, d.document())
		if d.ChangedAt.After(at) {
			at = d.ChangedAt
		}
	}
	if o.Name == "" {
		o.Name = s.cfg.Publisher.Name
	}
	if o.Mail == "" && strings.Contains(s.cfg.Publisher.Contact, "@") {
		o.Mail = strings.TrimPrefix(s.cfg.Publisher.Contact, "mailto:")
	}
	subject := "Add " + cratewarden.Amount(len(docs), "advisory", "advisories") + " on malicious crates"
	if docs[0].Before != "" {
		subject = "Correct " + cratewarden.Amount(len(docs), "advisory", "advisories") + " on malicious crates"
	}
	return advisory.Patch(docs, advisory.Commit{
		Name: o.Name, Mail: o.Mail, Date: at, Subject: subject,
		Body: "From incident " + i.ID + ".",
	})
}

// patched chooses what a patch is of: corrections that are approved, which change
// files that are there; without any, all first publications that were approved or
// sent. The two do not go together: a repository that has the one lacks the other.
func patched(list []Draft, f advisory.Format) (out []Draft, err error) {
	var firsts, corrections []Draft
	for _, d := range list {
		switch {
		case d.Format != f || d.State != DraftApproved && !d.out():
		case d.Corrects == 0:
			firsts = append(firsts, d)
		case d.State == DraftApproved:
			corrections = append(corrections, d)
		}
	}
	switch {
	case len(corrections) == 0 && len(firsts) == 0:
		return nil, cratewarden.Errorf(cratewarden.Conflict, "No draft of the form %q is approved yet.", f)
	case len(corrections) == 0:
		return firsts, nil
	case f == advisory.OSV && len(firsts) == 0:
		return nil, cratewarden.Errorf(cratewarden.Conflict, "The robot of that repository changes records when it takes them, so a patch of a correction would not fit. Edit the record there, by the text of the draft.")
	case f == advisory.OSV:
		return firsts, nil
	}
	for _, d := range corrections {
		if advisory.NumberIn(f, d.Path) == "" {
			return nil, cratewarden.Errorf(cratewarden.Conflict, "Draft %d corrects an advisory whose number nobody wrote down, and would add it a second time. Put the number into its id.", d.ID)
		}
	}
	return corrections, nil
}

// newest leaves out what was withdrawn and what a correction replaces that is
// approved or sent itself.
func newest(list []Draft) (out []Draft) {
	replaced := map[int64]bool{}
	for _, d := range list {
		if d.Corrects != 0 && (d.State == DraftApproved || d.out()) {
			replaced[d.Corrects] = true
		}
	}
	for _, d := range list {
		if d.live() && !replaced[d.ID] {
			out = append(out, d)
		}
	}
	return out
}

// exported is one line of the index of an export.
type exported struct {
	File     string          `json:"file"`
	Draft    int64           `json:"draft"`
	Format   advisory.Format `json:"format"`
	Crate    string          `json:"crate,omitempty"`
	For      string          `json:"for,omitempty"`
	State    DraftState      `json:"state"`
	Revision int             `json:"revision"`
	Public   bool            `json:"public"`
	Locked   string          `json:"locked,omitempty"`
	SHA256   string          `json:"sha256"`
}

// ExportDrafts writes the drafts of a case as files in a zip, each under its
// state, with an index and the digests for owners of dependents; of the forms
// asked for, else of all. The same drafts give the same bytes. Names and numbers
// that it holds are for colleagues until the drafts went out.
func (s *Service) ExportDrafts(ctx context.Context, id string, formats []advisory.Format) ([]byte, error) {
	i, list, err := s.draftsNow(ctx, id)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	index := []exported{}
	names := map[string]bool{}
	put := func(d Draft, folder string, doc advisory.Document) error {
		name := fileIn(names, path.Join(folder, doc.Path), d.ID)
		index = append(index, exported{name, d.ID, d.Format, d.Crate, doc.To, d.State, d.Revision, d.Public, lockedFor(i, d), hashOf(doc.Text).String()})
		return pack(z, name, d.ChangedAt, []byte(doc.Text))
	}
	for _, d := range newest(list) {
		if len(formats) > 0 && !slices.Contains(formats, d.Format) {
			continue
		}
		if err := put(d, string(d.State), d.document()); err != nil {
			return nil, err
		}
		if d.Format == advisory.MailDependents {
			digests, err := s.digests(ctx, i, d)
			if err != nil && cratewarden.KindOf(err) != cratewarden.Unavailable {
				return nil, err
			}
			for _, doc := range digests {
				if err := put(d, string(d.State), doc); err != nil {
					return nil, err
				}
			}
		}
	}
	text, err := json.MarshalIndent(map[string]any{"incident": i.ID, "files": index}, "", "  ")
	if err != nil {
		return nil, cratewarden.Wrap(err, cratewarden.Internal, "the index of exported drafts")
	}
	if err := pack(z, "index.json", i.OpenedAt, append(text, '\n')); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, cratewarden.Wrap(err, cratewarden.Internal, "an export of drafts")
	}
	return b.Bytes(), nil
}

// fileIn makes a name that is not there yet and stays inside the folder it is
// unpacked to, whatever the path of a draft is.
func fileIn(names map[string]bool, wanted string, id int64) string {
	name := strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(wanted, "\\", "-")), "/")
	if names[strings.ToLower(name)] {
		ext := path.Ext(name)
		name = fmt.Sprintf("%s-%d-%d%s", strings.TrimSuffix(name, ext), id, len(names), ext)
	}
	names[strings.ToLower(name)] = true
	return name
}

func pack(z *zip.Writer, name string, at time.Time, content []byte) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at.UTC().Truncate(2 * time.Second)})
	if err == nil {
		_, err = w.Write(content)
	}
	if err != nil {
		return cratewarden.Wrap(err, cratewarden.Internal, "an export of drafts")
	}
	return nil
}

// Digests gives the mails to owners of direct dependents, one for each person,
// made of the draft that they share. Their addresses are not in them.
func (s *Service) Digests(ctx context.Context, draft int64) ([]advisory.Document, error) {
	d, err := s.draft(ctx, s.db, draft, "")
	if err != nil {
		return nil, err
	}
	if d.Format != advisory.MailDependents {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "Only the mail to owners of direct dependents has a digest for each.")
	}
	i, err := s.Incident(ctx, d.Incident)
	if err != nil {
		return nil, err
	}
	return s.digests(ctx, i, d)
}

func (s *Service) digests(ctx context.Context, i Incident, d Draft) ([]advisory.Document, error) {
	sheet, err := s.facts(ctx, i.ID)
	if err != nil {
		return nil, err
	}
	owners, err := s.dependentOwners(ctx, i, sheet)
	if err != nil {
		return nil, err
	}
	return advisory.Digests(d.document(), owners), nil
}

// sortedOwners orders people by login and their crates by name.
func sortedOwners(by map[string][]advisory.Dependent) []advisory.DependentOwner {
	out := make([]advisory.DependentOwner, 0, len(by))
	for login, crates := range by {
		slices.SortFunc(crates, func(a, b advisory.Dependent) int {
			return cmp.Or(strings.Compare(a.Crate, b.Crate), strings.Compare(a.On, b.On), strings.Compare(a.Requirement, b.Requirement))
		})
		out = append(out, advisory.DependentOwner{Login: login, Crates: slices.Compact(crates)})
	}
	slices.SortFunc(out, func(a, b advisory.DependentOwner) int { return strings.Compare(a.Login, b.Login) })
	return out
}
