package action

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/ledger"
)

// Actor is who asks. It is a value that the surfaces make from whoever signed
// in; nothing here looks anybody up.
type Actor struct {
	ID   string `json:"id"` // stable in the console, never used again for another
	Name string `json:"name"`
	// RegistryUser is the person's users.id in the registry, 0 for none.
	RegistryUser int32              `json:"registry_user,omitempty"`
	Roles        []cratewarden.Role `json:"roles,omitempty"`
	// Session is the public id of the session or API token.
	Session string `json:"session,omitempty"`
	// Token says that an API token asks, which may do less than its person.
	Token bool `json:"token,omitempty"`
	// Acts are the only acts that the token may do; empty means all of its roles.
	Acts []string `json:"-"`
	// OnCall says that the person is on call, by the list of people.
	OnCall bool `json:"-"`
	// Teams are the GitHub teams that the list knows the person to be in, by
	// GitHub's numbers; what they own, the person has a part in.
	Teams []int64 `json:"-"`
}

// Has says whether the actor has a role.
func (a Actor) Has(r cratewarden.Role) bool { return slices.Contains(a.Roles, r) }

func (a Actor) ledger() ledger.Actor {
	return ledger.Actor{ID: a.ID, Name: a.Name, RegistryUser: int64(a.RegistryUser)}
}

// State is where a plan stands in its life.
type State string

// The states of a plan.
const (
	Draft     State = "draft"
	Reviewed  State = "reviewed"
	Approved  State = "approved"
	Applying  State = "applying"  // the ledger has the intent, the outcome is not known yet
	Applied   State = "applied"   //
	Undone    State = "undone"    // applied, and everything in it put back
	Stale     State = "stale"     // the registry changed since the review
	Failed    State = "failed"    // the registry refused; nothing changed
	Unknown   State = "unknown"   // nobody can tell whether the registry committed
	Discarded State = "discarded" //
)

// Open says that a plan may still be edited, reviewed and applied.
func (s State) Open() bool {
	return s == Draft || s == Reviewed || s == Approved || s == Stale || s == Failed
}

// Plan is a list of acts with its reasons and its life.
type Plan struct {
	ID       string     `json:"id"`
	Revision int        `json:"revision"`
	State    State      `json:"state"`
	Title    string     `json:"title"`
	Author   Actor      `json:"author"`
	Incident string     `json:"incident,omitempty"`
	Public   string     `json:"public,omitempty"`   // reason that outsiders may read
	Internal string     `json:"internal,omitempty"` // note for colleagues only
	Steps    []StepText `json:"steps"`
	Undoes   string     `json:"undoes,omitempty"` // the plan that this one undoes

	Digest     *ledger.Digest `json:"digest,omitempty"` // of steps, reasons and review: what people agree to
	ReviewedAt *time.Time     `json:"reviewed_at,omitempty"`
	ReviewedBy *Actor         `json:"reviewed_by,omitempty"`
	Blocked    bool           `json:"blocked,omitempty"` // a guard forbids to apply it
	// Confirm is what must be typed to apply it; "" for nothing.
	Confirm       string     `json:"confirm,omitempty"`
	NeedsApproval bool       `json:"needs_approval,omitempty"`
	Irreversible  bool       `json:"irreversible,omitempty"`
	Approvals     []Approval `json:"approvals,omitempty"`
	// Demands say why the plan takes a second person, AskedAt since when it waits
	// for one. Editors wrote at its text after its author; none of them can be the
	// second person. Fallen are approvals of what the plan no longer is.
	Demands  []access.Demand `json:"demands,omitempty"`
	AskedAt  *time.Time      `json:"asked_at,omitempty"`
	Editors  []Actor         `json:"editors,omitempty"`
	Fallen   []Fallen        `json:"fallen,omitempty"`
	Evidence string          `json:"evidence,omitempty"` // digest of the sealed bundle

	Applier     *Actor       `json:"applier,omitempty"`
	RegistryTx  string       `json:"registry_tx,omitempty"`
	Intent      *int64       `json:"intent,omitempty"`  // ledger entry
	Outcome     *int64       `json:"outcome,omitempty"` // ledger entry
	AppliedAt   *time.Time   `json:"applied_at,omitempty"`
	Problem     string       `json:"problem,omitempty"`
	Differences []Difference `json:"differences,omitempty"`
	CreatedAt   time.Time    `json:"created_at"`
	ChangedAt   time.Time    `json:"changed_at"`

	review, effect, fingerprint []byte
	writers                     []writer
}

// Approval is a second person's consent to exactly one digest.
type Approval struct {
	Actor  Actor         `json:"actor"`
	Digest ledger.Digest `json:"digest"`
	At     time.Time     `json:"at"`
}

// Order is what somebody asks for: a new plan, or a new text of one.
type Order struct {
	Title    string     `json:"title" yaml:"title"`
	Incident string     `json:"incident,omitempty" yaml:"incident"`
	Public   string     `json:"public,omitempty" yaml:"public"`
	Internal string     `json:"internal,omitempty" yaml:"internal"`
	Steps    []StepText `json:"steps" yaml:"steps"`

	undoes string
}

// Limits of an order.
const (
	maxSteps  = 5000
	maxTitle  = 200
	maxReason = 4000
)

// check refuses an order that can never become a plan, and gives its steps.
func (o *Order) check(c *Catalogue) ([]Step, error) {
	o.Title = strings.TrimSpace(o.Title)
	switch {
	case len(o.Steps) == 0:
		return nil, cratewarden.Errorf(cratewarden.Invalid, "A plan needs at least one step.")
	case len(o.Steps) > maxSteps:
		return nil, cratewarden.Errorf(cratewarden.TooLarge, "A plan has at most %d steps; this one has %d. Part it.", maxSteps, len(o.Steps))
	case len(o.Title) > maxTitle:
		return nil, cratewarden.Errorf(cratewarden.TooLarge, "A title has at most %d bytes.", maxTitle)
	case len(o.Public) > maxReason || len(o.Internal) > maxReason:
		return nil, cratewarden.Errorf(cratewarden.TooLarge, "A reason has at most %d bytes.", maxReason)
	case strings.ContainsRune(o.Title+o.Public+o.Internal+o.Incident, 0):
		return nil, cratewarden.Errorf(cratewarden.Invalid, "A plan's texts may not hold the character zero.")
	}
	if err := cratewarden.CheckPublic("public reason", o.Public); err != nil {
		return nil, err
	}
	steps, err := c.Decode(o.Steps)
	if err != nil {
		return nil, err
	}
	if o.Title == "" {
		o.Title = steps[0].Do.Sentence()
		if len(steps) > 1 {
			o.Title += " and more"
		}
		o.Title = cut(o.Title, maxTitle)
	}
	for i, s := range steps { // one spelling for one act
		if o.Steps[i], err = c.Encode(s.Kind, s.Do); err != nil {
			return nil, err
		}
	}
	return steps, nil
}

// newID gives an id that sorts by time and that nobody can guess.
func newID(now time.Time) string {
	var b [10]byte
	_, _ = rand.Read(b[5:]) // never fails
	seconds := now.Unix() - 1_700_000_000
	for i := range 5 {
		b[4-i] = byte(seconds >> (8 * i))
	}
	return "p" + strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))
}

// agreed is the digest of what people agree to: the acts, the reasons and what
// the review saw.
func (p Plan) agreed(fingerprint ledger.Digest) (ledger.Digest, error) {
	steps, err := json.Marshal(p.Steps)
	if err != nil {
		return ledger.Digest{}, err
	}
	return digestOf(map[string]any{
		"plan": p.ID, "title": p.Title, "incident": p.Incident, "public": p.Public, "internal": p.Internal,
		"steps": json.RawMessage(steps), "fingerprint": fingerprint,
	})
}
