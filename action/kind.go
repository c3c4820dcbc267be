package action

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/ledger"
)

// Action is one administrative act as a typed value. Its JSON fields are its
// parameters; they are part of the plan's file format and never change their
// meaning.
type Action interface {
	// Check refuses parameters that can never be right, without a database.
	Check() error
	// Sentence says the act in a few words, such as "Yank serde 1.0.200".
	Sentence() string
	// Subjects are what it is done to, as the ledger lists them.
	Subjects() []ledger.Subject
}

// Kind is one entry of the catalogue.
type Kind struct {
	Name   string // such as "version.yank"; its part before the dot is the family
	Title  string // such as "Yank a version"
	About  string // one sentence: what it does in the registry
	Params []Param
	// Rule is the row of the table of who may do what, which NewCatalogue looks
	// up. Role is the first role of it, for people; SecondPerson is the rule's.
	Rule         access.Rule
	Role         cratewarden.Role
	SecondPerson bool
	// Reversible acts are put back from the images their apply kept.
	Reversible bool
	// Final says what cannot be undone, for acts that are not Reversible.
	Final string
	// NeedsAccount says that the registry records the acting person's account.
	NeedsAccount bool
	// Aside acts touch no row of the registry, so nobody there waits for them.
	Aside bool

	decode func(params []byte) (Action, error)
	run    func(ctx context.Context, r *Run, steps []Step) error
	undone func(ctx context.Context, r *Run, steps []Step) error
}

// Param describes one parameter, for forms and for help.
type Param struct {
	Name     string // JSON field
	Label    string
	Help     string
	Type     ParamType
	Required bool
	Choices  []string
}

// ParamType says how a parameter is asked for.
type ParamType string

// The types of parameters.
const (
	TextParam   ParamType = "text"   // one line
	LongParam   ParamType = "long"   // several lines
	NumberParam ParamType = "number" // whole number
	YesNoParam  ParamType = "yesno"
	TimeParam   ParamType = "time"    // RFC 3339 in UTC
	CrateParam  ParamType = "crate"   // a crate's name
	NumParam    ParamType = "version" // a version number of the crate
	PersonParam ParamType = "account" // users.id
	ListParam   ParamType = "list"    // several texts
)

// Step is one act of a plan; N counts from 1, Kind is the name in the
// catalogue.
type Step struct {
	N    int
	Kind string
	Do   Action
}

// Item is a step of one known type.
type Item[A Action] struct {
	Step int
	Do   A
}

// define joins a kind with its parameters' type and its effect. The effect
// gets all neighbouring steps of the kind at once, so that five hundred
// versions cost a few statements and not thousands.
func define[A Action](k Kind, run func(ctx context.Context, r *Run, items []Item[A]) error) Kind {
	k.decode = func(params []byte) (Action, error) {
		var a A
		d := json.NewDecoder(bytes.NewReader(params))
		d.DisallowUnknownFields()
		if err := d.Decode(&a); err != nil {
			return nil, cratewarden.Wrap(err, cratewarden.Invalid, "The parameters of %s cannot be understood: %s. Known are: %s.", k.Name, decodeTrouble(err), k.paramNames())
		}
		return a, a.Check()
	}
	k.run = func(ctx context.Context, r *Run, steps []Step) error { return run(ctx, r, items[A](steps)) }
	return k
}

// onUndo adds what undoing an act takes besides putting its rows back, such as
// moving files.
func onUndo[A Action](k Kind, undone func(ctx context.Context, r *Run, items []Item[A]) error) Kind {
	k.undone = func(ctx context.Context, r *Run, steps []Step) error { return undone(ctx, r, items[A](steps)) }
	return k
}

func items[A Action](steps []Step) []Item[A] {
	out := make([]Item[A], 0, len(steps))
	for _, s := range steps {
		if a, ok := s.Do.(A); ok {
			out = append(out, Item[A]{s.N, a})
		}
	}
	return out
}

func (k Kind) paramNames() string {
	var b bytes.Buffer
	for i, p := range k.Params {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(p.Name)
	}
	return b.String()
}

// decodeTrouble says what is wrong without the decoder's Go words.
func decodeTrouble(err error) string {
	if t, ok := err.(*json.UnmarshalTypeError); ok {
		return fmt.Sprintf("%s may not be a %s", t.Field, t.Value)
	}
	if _, field, ok := bytes.Cut([]byte(err.Error()), []byte("unknown field ")); ok {
		return fmt.Sprintf("%s is not one of them", field)
	}
	return "they are not valid JSON"
}

// catalogue gives all kinds, families together in the order of design
// section 5.
func catalogue() []Kind {
	return slices.Concat(versionKinds(), crateKinds(), ownerKinds(), accountKinds(), tokenKinds(), publisherKinds(), nameKinds(), jobKinds(), personKinds(), undoKinds())
}

// Catalogue is every act by its name.
type Catalogue struct {
	list   []Kind
	byName map[string]Kind
}

// NewCatalogue gives the catalogue of this release. It panics if a kind has no
// row in the table of who may do what: nobody decided that yet.
func NewCatalogue() *Catalogue {
	c := &Catalogue{list: catalogue(), byName: map[string]Kind{}}
	for i := range c.list {
		k := &c.list[i]
		rule, ok := access.Of(k.Name)
		if !ok || len(rule.Roles) == 0 {
			panic("action: nobody may do " + k.Name + "; give it a row in access.Table")
		}
		k.Rule, k.Role, k.SecondPerson = rule, rule.Roles[0], rule.SecondPerson
		c.byName[k.Name] = *k
	}
	return c
}

// Kinds gives all kinds in the order in which they are shown.
func (c *Catalogue) Kinds() []Kind { return c.list }

// Kind finds a kind by name.
func (c *Catalogue) Kind(name string) (Kind, bool) {
	k, ok := c.byName[name]
	return k, ok
}
