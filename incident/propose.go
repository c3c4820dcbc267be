package incident

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/dossier"
	"cratewarden/incident/related"
	"cratewarden/ledger"
	"cratewarden/registry"
)

// Proposal is what the console proposes to do about a case: one plan, step by
// step in a safe order, and everything that was found to be related. It changes
// nothing.
type Proposal struct {
	Incident string         `json:"incident"`
	Title    string         `json:"title"`
	Steps    []ProposedStep `json:"steps"`
	// Subjects are all that were found, with their reasons: those of the case
	// first, then what is ticked, then what is offered.
	Subjects []related.Subject `json:"subjects"`
	// Advisories are the crates of which an advisory each is due.
	Advisories []string `json:"advisories,omitempty"`
	Notes      []string `json:"notes,omitempty"`
	// Seen names exactly these steps; a draft that gives it back is refused if
	// the proposal is another by then.
	Seen string `json:"seen"`
	// FreshAt is up to when the picture of the registry had read.
	FreshAt time.Time `json:"fresh_at,omitzero"`
}

// ProposedStep is one step with its tick box.
type ProposedStep struct {
	Do       action.StepText `json:"do"`
	Sentence string          `json:"sentence"`
	Why      string          `json:"why"`
	Ticked   bool            `json:"ticked"`
	Subject  ledger.Subject  `json:"subject"`
	// Related says that the case does not name the subject: it was found.
	Related bool `json:"related,omitempty"`
}

// Ticks are the numbers of the steps that the console ticked, from 0.
func (p Proposal) Ticks() (list []int) {
	for i, s := range p.Steps {
		if s.Ticked {
			list = append(list, i)
		}
	}
	return list
}

// What others read unless a person writes something else.
const (
	lockedOwner    = "Versions were published with your account that may not be yours. It is locked while we look into that. Nobody accuses you: please write to us."
	lockedAttacker = "This account is locked because of what it published. If you think that this is a mistake, write to us."
	lockedSquatter = "This account made many crates that it does not use. Please write to us before you make more."
	heldMessage    = "Held by the registry's team while it is looked into. Do not use it."
)

// Propose proposes a plan. It reads the mirror for what is related and the
// registry for the facts. NotFound is a case that is not there, Unavailable a
// console that has no engine or is still reading the registry.
func (s *Service) Propose(ctx context.Context, id string) (Proposal, error) {
	i, err := s.Incident(ctx, id)
	if err != nil {
		return Proposal{}, err
	}
	if s.cfg.Engine == nil || s.cfg.Mirror == nil {
		return Proposal{}, cratewarden.Errorf(cratewarden.Unavailable, "This console makes no plans.")
	}
	p := Proposal{Incident: i.ID, Steps: []ProposedStep{}, Subjects: []related.Subject{}}
	blame, why := blameOf(i)
	if why != "" {
		p.Notes = append(p.Notes, why)
	}
	if blame == "" {
		if i.Verdict == Benign || i.Verdict == ServiceCase {
			err = s.proposeBack(ctx, i, &p)
		}
		return p.sealed(), err
	}
	update := slices.Contains([]Kind{MaliciousUpdate, CompromisedOwner, LeakedToken}, i.Kind)
	found, err := s.finder(s.cfg.Reader).Find(ctx, related.Question{Blame: blame, Update: update, Subjects: startOf(i)})
	if err != nil {
		return p, err
	}
	p.Subjects, p.Notes, p.FreshAt = append(p.Subjects, found.Subjects...), append(p.Notes, found.Notes...), found.FreshAt
	m := &maker{s: s, blame: blame, found: found, p: &p, now: s.clock().UTC()}
	if err := m.make(ctx); err != nil {
		return p, err
	}
	p.Title = titleOf(p)
	return p.sealed(), nil
}

func (p Proposal) sealed() Proposal {
	h := sha256.New()
	for _, s := range p.Steps {
		fmt.Fprintln(h, s.Ticked, string(s.Do))
	}
	sum := h.Sum(nil)
	p.Seen = hex.EncodeToString(sum[:8])
	return p
}

// blameOf says what the subjects are taken for, by the verdict, or before there
// is one by the kind; nothing where a plan is no answer.
func blameOf(i Incident) (related.Blame, string) {
	squat := i.Kind == Squatting || i.Kind == Flood || i.Kind == Typosquat
	switch i.Verdict {
	case Malicious:
		if i.Kind == LeakedToken {
			return related.Leaked, leakedNote
		}
		return related.Malicious, ""
	case Compromised:
		return related.TakenOver, ""
	case PolicyCase:
		if squat {
			return related.Squat, ""
		}
		return "", "A policy case of this kind is for a person to weigh; nothing is proposed."
	case Benign:
		return "", nothingToDo
	case ServiceCase:
		return "", "A service incident is not put right by a plan on the registry."
	}
	const none = "There is no verdict yet. This is what would be proposed for "
	switch i.Kind {
	case Typosquat, MaliciousUpdate:
		return related.Malicious, none + "something malicious."
	case LeakedToken:
		return related.Leaked, none + "a token in other hands. " + leakedNote
	case CompromisedOwner:
		return related.TakenOver, none + "an account that is not in its owner's hands."
	case Squatting, Flood:
		return related.Squat, none + "names that were taken and are not used."
	}
	return "", "For this kind of incident no plan is proposed; make one by hand."
}

// nothingToDo is what a benign case without a plan has.
const nothingToDo = "The verdict is benign: there is nothing to do."

// leakedNote says how far the plan for a leaked token goes.
const leakedNote = "The token is revoked and its account left open. If the account itself may be in other hands, give the verdict “compromised owner”: it is contained then."

// startOf are the subjects to start from: not what is good or only beside it.
func startOf(i Incident) (list []ledger.Subject) {
	for _, sub := range i.Subjects {
		if !slices.Contains([]string{roleRestore, roleImitated, roleRelated}, sub.Role) {
			list = append(list, sub.Subject)
		}
	}
	return list
}

// filer is a dossier service that can list archives.
type filer interface {
	Files(ctx context.Context, name, num string, f dossier.FileFilter) (*dossier.Files, error)
}

// Source files shorter than this are the same for many: what cargo makes, or
// one line.
const leastFile = 400

func (s *Service) finder(r *registry.Reader) *related.Finder {
	cfg := related.Config{Mirror: s.cfg.Mirror, Reader: r, Clock: s.cfg.Clock}
	if d, ok := s.cfg.Dossiers.(filer); ok {
		cfg.Files = func(ctx context.Context, crate, num string) map[string]string {
			list, err := d.Files(ctx, crate, num, dossier.FileFilter{})
			if err != nil {
				return nil
			}
			out := map[string]string{}
			for _, f := range list.Rows {
				if path.Ext(f.Path) == ".rs" && f.Size >= leastFile {
					out[f.Path] = f.SHA256
				}
			}
			return out
		}
	}
	return related.New(cfg)
}

// titleOf says what the ticked steps are.
func titleOf(p Proposal) string {
	counts := map[string]int{}
	for _, s := range p.Steps {
		if kind, _ := stepKind(s.Do); s.Ticked {
			counts[kind]++
		}
	}
	var parts []string
	for _, w := range []struct{ kind, one, many string }{
		{"publisher.suspend", "suspend 1 trusted publisher", "suspend %d trusted publishers"}, {"token.revoke", "revoke 1 token", "revoke %d tokens"},
		{"account.contain", "contain 1 account", "contain %d accounts"}, {"account.lock", "lock 1 account", "lock %d accounts"},
		{"version.hold", "hold 1 version", "hold %d versions"}, {"crate.hold", "hold 1 crate", "hold %d crates"},
		{"version.unyank", "put 1 yanked version back", "put %d yanked versions back"}, {"owner.remove", "take 1 owner out", "take %d owners out"},
		{"version.release", "release 1 held version", "release %d held versions"}, {"account.release", "release 1 account", "release %d accounts"}, {"account.unlock", "unlock 1 account", "unlock %d accounts"},
		{"crate.delete", "delete 1 crate", "delete %d crates"}, {"version.delete", "delete 1 version", "delete %d versions"},
	} {
		switch n := counts[w.kind]; {
		case n == 1:
			parts = append(parts, w.one)
		case n > 1:
			parts = append(parts, fmt.Sprintf(w.many, n))
		}
	}
	if len(parts) == 0 {
		return "Answer to " + p.Incident
	}
	text := strings.Join(parts, ", ")
	return strings.ToUpper(text[:1]) + text[1:]
}

func stepKind(text action.StepText) (kind string, err error) {
	var head struct{ Do string }
	err = json.Unmarshal(text, &head)
	return head.Do, err
}
