// Package auth says who is behind a request. People sign in with GitHub or an
// OpenID Connect provider, prove with a passkey that it is still them before
// anything changes, and may give programs tokens of their own. Sessions,
// passkeys and tokens are rows of the console's database, so that they can be
// listed and ended; of every secret only a hash is kept. What somebody may do is
// for package access to say.
package auth

import (
	"time"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/ledger"
)

// Person is somebody who may sign in, as the list of people and the registry
// know them now.
type Person struct {
	ID   string `json:"id"` // ours; never used again for another
	Name string `json:"name"`
	// RegistryUser is users.id in the registry, linked by GitHub's number and
	// never by login; 0 for none.
	RegistryUser  int32      `json:"registry_user,omitempty"`
	RegistryLogin string     `json:"registry_login,omitempty"`
	Roles         []Grant    `json:"roles"`
	OnCall        bool       `json:"on_call,omitempty"`
	Teams         []int64    `json:"-"` // GitHub's numbers of known teams
	Identities    []Identity `json:"identities"`
	Passkeys      int        `json:"passkeys"`
	// Listed says that the list of people still has them. Who is not listed
	// cannot sign in, and open sessions end.
	Listed    bool      `json:"listed"`
	CreatedAt time.Time `json:"created_at"`
	SeenAt    time.Time `json:"seen_at,omitzero"`
}

// Grant is a role with the team or file that gives it.
type Grant struct {
	Role   cratewarden.Role `json:"role"`
	Source string           `json:"source"` // such as "team crates-io"
}

// Identity is one account of a person at a sign-in provider. Subject is the
// provider's own number or id, which is never used again; Login is only shown.
type Identity struct {
	Provider string `json:"provider"`
	Subject  string `json:"subject"`
	Login    string `json:"login,omitempty"`
}

// Has says whether the person has a role.
func (p Person) Has(role cratewarden.Role) bool {
	for _, g := range p.Roles {
		if g.Role == role {
			return true
		}
	}
	return false
}

// SessionKind is what a session lives in.
type SessionKind string

// The kinds of sessions.
const (
	BrowserSession SessionKind = "browser"
	ProgramSession SessionKind = "program" // the command line
)

// Session is one place where a person is signed in.
type Session struct {
	ID       string      `json:"id"` // public
	Person   string      `json:"person"`
	Kind     SessionKind `json:"kind"`
	Provider string      `json:"provider"`
	Address  string      `json:"address,omitempty"` // of the client when it signed in: personal data
	Agent    string      `json:"agent,omitempty"`
	Created  time.Time   `json:"created_at"`
	Seen     time.Time   `json:"seen_at"`
	IdleEnd  time.Time   `json:"idle_end"` // ends then unless used before
	End      time.Time   `json:"end"`      // ends then whatever happens
	// SteppedUp is the last passkey assertion, nil for none or when dropped.
	SteppedUp *time.Time `json:"stepped_up_at,omitempty"`
	// StepUpEnd is until when changes are allowed; zero when they are not.
	StepUpEnd time.Time `json:"step_up_end,omitzero"`
	Current   bool      `json:"current,omitempty"` // the asker's own
}

// APIToken is a right of a person given to a program. Its plaintext is shown
// once and not kept.
type APIToken struct {
	ID       string             `json:"id"`
	Person   string             `json:"person"`
	Name     string             `json:"name"`
	Roles    []cratewarden.Role `json:"roles"`
	Acts     []string           `json:"acts,omitempty"`     // all of its roles when empty
	Networks []string           `json:"networks,omitempty"` // address ranges it may come from; all when empty
	Created  time.Time          `json:"created_at"`
	Expires  time.Time          `json:"expires_at"`
	Used     *time.Time         `json:"used_at,omitempty"`
	Revoked  *time.Time         `json:"revoked_at,omitempty"`
	RevokeBy string             `json:"revoked_by,omitempty"`
}

// Passkey is a registered authenticator.
type Passkey struct {
	ID      string     `json:"id"` // base64url of the credential's id
	Name    string     `json:"name"`
	Created time.Time  `json:"created_at"`
	Used    *time.Time `json:"used_at,omitempty"`
	Synced  bool       `json:"synced"` // may be copied to other devices by its maker's cloud
	Cloned  bool       `json:"cloned"` // its counter went backwards: somebody may have copied it
	Model   string     `json:"model"`  // AAGUID
}

// Visitor is who is behind one request.
type Visitor struct {
	Person  Person
	Session Session   // zero when an API token asks
	Token   *APIToken // nil when a session asks
	Actor   action.Actor
}

// SteppedUp says whether the visitor proved with a passkey lately that it is
// still them.
func (v Visitor) SteppedUp(now time.Time) bool { return now.Before(v.Session.StepUpEnd) }

// From is where a request comes from, for people to recognise a session by.
// Nothing is decided by it but rate limits and a token's networks.
type From struct {
	Address string
	Agent   string
	// Quiet says that nobody did anything: a page that renews itself does not put
	// off the end of a session that nobody uses.
	Quiet bool `json:"-"`
}

// About is what a passkey assertion is asked for. The zero value is a step-up
// that allows changes for some minutes; with a Digest it also allows exactly one
// purpose on exactly that review.
type About struct {
	Purpose string         `json:"purpose,omitempty"` // "apply", "approve", "break-glass"
	Plan    string         `json:"plan,omitempty"`
	Digest  *ledger.Digest `json:"digest,omitempty"`
}

// Ceremony is a question to the browser's authenticator. Options is the JSON
// that PublicKeyCredential.parse…OptionsFromJSON reads; the answer comes back
// with the same ID.
type Ceremony struct {
	ID      string `json:"id"`
	Options []byte `json:"options"`
}

// SignedIn is a new or rotated session. Token is its secret: it goes into a
// cookie, or into a program's file, and nowhere else.
type SignedIn struct {
	Token   string
	Session Session
	Person  Person
	Back    string // the page to go on to, always of this console
}

// Device is the start of a program's sign-in: the program keeps Secret and
// polls with it, the person types Code into the page at URL.
type Device struct {
	Secret   string        `json:"secret"`
	Code     string        `json:"code"`
	URL      string        `json:"url"`
	Expires  time.Time     `json:"expires_at"`
	Interval time.Duration `json:"interval"`
}

// Ask is a program's wish that its person confirms something in the browser:
// a sign-in, or a step-up.
type Ask struct {
	ID      string    `json:"id"`
	Code    string    `json:"code"` // what the page and the terminal both show
	Person  string    `json:"person,omitempty"`
	Session string    `json:"session,omitempty"` // that asks; "" for a sign-in
	About   About     `json:"about"`
	From    From      `json:"from"`
	Created time.Time `json:"created_at"`
	Expires time.Time `json:"expires_at"`
	State   string    `json:"state"` // "waiting", "given", "denied", "used"
}
