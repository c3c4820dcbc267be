package action

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/evidence"
	"cratewarden/ledger"
)

// PersonErase makes the console forget what it keeps of a person, on a legal
// request: an account of the registry by its number, or somebody who worked
// with this console by our id. The registry's own rows stay as they are.
type PersonErase struct {
	Account int32  `json:"account,omitempty"`
	Person  string `json:"person,omitempty"`
	// Keep are digests of evidence bundles and of files of cases under a legal
	// hold, which stay readable, and Because says why. The second person agrees to
	// both.
	Keep    []string `json:"keep,omitempty"`
	Because string   `json:"because,omitempty"`
}

// Check refuses an order about nobody, or about two.
func (p PersonErase) Check() error {
	switch {
	case (p.Account > 0) == (p.Person != ""):
		return cratewarden.Errorf(cratewarden.Invalid, "name either an account by its number or a person of this console by their id.")
	case p.Account < 0 || len(p.Person) > 100:
		return cratewarden.Errorf(cratewarden.Invalid, "this is not the number of an account, nor a person's id.")
	case len(p.Keep) > 1000 || len(p.Because) > maxReason:
		return cratewarden.Errorf(cratewarden.TooLarge, "at most 1,000 bundles and files can be kept, for a reason of at most %d bytes.", maxReason)
	case len(p.Keep) > 0 && strings.TrimSpace(p.Because) == "":
		return cratewarden.Errorf(cratewarden.Invalid, "say why evidence must stay readable, such as the court and its file number.")
	}
	for _, k := range p.Keep {
		var d ledger.Digest
		if d.UnmarshalText([]byte(k)) != nil {
			return cratewarden.Errorf(cratewarden.Invalid, "evidence and files to keep are named by their digest, 64 digits and letters from a to f.")
		}
	}
	return nil
}

// Sentence says it.
func (p PersonErase) Sentence() string {
	if p.Person != "" {
		return "Erase what the console keeps of its person " + p.Person
	}
	return "Erase what the console keeps of account " + strconv.Itoa(int(p.Account))
}

// Subjects is the person.
func (p PersonErase) Subjects() []ledger.Subject { return []ledger.Subject{p.subject()} }

func (p PersonErase) subject() ledger.Subject {
	if p.Person != "" {
		return ledger.Subject{Kind: "person", ID: p.Person}
	}
	return AccountSubject(p.Account, "")
}

func personKinds() []Kind {
	return []Kind{define(Kind{
		Name: "person.erase", Title: "Erase a person's data from the console", Aside: true,
		About: "Deletes the keys of the personal data that the ledger and evidence hold of a person, clears our own rows, and takes their mail addresses and full name out of what others wrote. The registry is not changed. Entries and bundles stay, without it, and go on to verify.",
		Final: "Nobody can read the erased data again. Backups of the console's database hold the keys until they are deleted too.",
		Params: []Param{
			{Name: "account", Label: "Account", Help: "The account's number in the registry; or a person below.", Type: PersonParam},
			{Name: "person", Label: "Person of this console", Help: "Their id here. They must have left the list of people.", Type: TextParam},
			{Name: "keep", Label: "Evidence under a legal hold", Help: "Digests of bundles whose personal parts must stay readable, and of files of cases.", Type: ListParam},
			{Name: "because", Label: "Why it must stay", Help: "Such as the court and its file number.", Type: LongParam},
		},
	}, runErase)}
}

// found is where a person's data is in the console, and what goes: exactly what
// the review saw and the second person agreed to.
type found struct {
	Account int32           `json:"account,omitempty"`
	Person  string          `json:"person,omitempty"`
	Entries []int64         `json:"entries"`
	Bundles []ledger.Digest `json:"bundles"`
	Files   []int64         `json:"files"` // of cases
	// Words is how many words were looked for in texts.
	Words int `json:"words"`
	// Sum tells whether they are the same when the work is done.
	Sum string `json:"sum,omitempty"`

	kept []string // digests of evidence and files that stay
}

// bundles is what an evidence service can that erases.
type bundles interface {
	List(ctx context.Context, f evidence.Filter) (evidence.Page, error)
	EraseIn(ctx context.Context, tx pgx.Tx, digest ledger.Digest, by ledger.Entry) error
}

func runErase(ctx context.Context, r *Run, items []Item[PersonErase]) error {
	for _, it := range items {
		f := found{Account: it.Do.Account, Person: it.Do.Person, Entries: []int64{}, Bundles: []ledger.Digest{}, Files: []int64{}}
		for _, look := range []func(context.Context, Item[PersonErase], *found) error{r.eraseRows, r.eraseEntries, r.eraseEvidence, r.eraseTexts, r.eraseMentions, r.eraseCases} {
			if err := look(ctx, it, &f); err != nil {
				return err
			}
		}
		r.keptAll(it, &f)
		if err := r.Later(it.Step, "person.erase", f); err != nil {
			return err
		}
	}
	return nil
}

// eraseEntries finds ledger entries with personal data about the person, or, of
// somebody who worked here, made by them: those hold their addresses.
func (r *Run) eraseEntries(ctx context.Context, it Item[PersonErase], f *found) error {
	list, err := r.engine.ledger.Holdings(ctx, it.Do.subject(), it.Do.Person)
	if err != nil {
		return err
	}
	byAction := map[string]int{}
	for _, h := range list {
		f.Entries = append(f.Entries, h.Index)
		byAction[h.Action]++
	}
	r.Fact(it.Step, "ledger entries to erase", fingerprintOf(f.Entries))
	if len(list) > 0 {
		r.Info(it.Step, "in-ledger", "Personal data sealed with %s of the ledger is erased: %s. The entries themselves stay.", cratewarden.Amount(len(list), "entry", "entries"), countedActions(byAction))
	}
	return nil
}

func (r *Run) eraseEvidence(ctx context.Context, it Item[PersonErase], f *found) error {
	if it.Do.Person != "" {
		return nil // bundles speak of the registry's people only
	}
	store, ok := r.engine.cfg.Evidence.(bundles)
	if !ok {
		r.Block(it.Step, "no-evidence", "No evidence store is configured, so it is not known which bundles hold data of this account.")
		return nil
	}
	for before := int64(0); ; {
		page, err := store.List(ctx, evidence.Filter{Kind: "account", ID: it.Do.Account, Before: before, Limit: 500})
		if err != nil {
			return err
		}
		for _, b := range page.Bundles {
			switch {
			case b.Encrypted == 0 || b.Erased:
			case slices.Contains(it.Do.Keep, b.Digest.String()):
				f.kept = append(f.kept, b.Digest.String())
				r.Info(it.Step, "legal-hold", "Evidence %s stays readable: %s", b.Digest.String()[:12], it.Do.Because)
			default:
				f.Bundles = append(f.Bundles, b.Digest)
				r.Warn(it.Step, "in-evidence", "The personal parts of evidence %s are erased for everybody of whom it speaks, not for this account alone. It was sealed on %s%s.",
					b.Digest.String()[:12], b.SealedAt.Format("2006-01-02"), sealedFor(b))
			}
		}
		if before = page.Next; before == 0 {
			break
		}
	}
	r.Fact(it.Step, "evidence to erase", fingerprintOf(f.Bundles))
	return nil
}

func sealedFor(b evidence.Bundle) string {
	out := ""
	if b.Plan != "" {
		out += " for plan " + b.Plan
	}
	if b.Incident != "" {
		out += " in incident " + b.Incident
	}
	return out
}

// fingerprintOf is short for a list: the review is stale when it differs.
func fingerprintOf[T any](list []T) string {
	sum := sha256.Sum256(fmt.Append(nil, list))
	return fmt.Sprintf("%d (%s)", len(list), hex.EncodeToString(sum[:6]))
}

func countedActions(by map[string]int) string {
	var out []string
	for action, n := range by {
		if action == "" {
			action = "others"
		}
		out = append(out, fmt.Sprintf("%d of %s", n, action))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}
