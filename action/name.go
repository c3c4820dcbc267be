package action

import (
	"context"
	"regexp"
	"slices"
	"time"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/registry/change"
)

// NameRef is a crate name that may have no crate.
type NameRef struct {
	Name string `json:"name"`
}

// Check refuses what no crate can be called.
func (n NameRef) Check() error {
	if !cratewarden.ValidName(n.Name) {
		return cratewarden.Errorf(cratewarden.Invalid, "name a crate name: letters, digits, - and _, beginning with a letter, 64 at most.")
	}
	return nil
}

// Subjects is the name, in its canonical spelling so that lists find it by any.
func (n NameRef) Subjects() []ledger.Subject {
	return []ledger.Subject{NameSubject(cratewarden.CanonName(n.Name))}
}

// ReserveName keeps everybody from publishing a crate of a name.
type ReserveName struct{ NameRef }

// Sentence says it.
func (n ReserveName) Sentence() string { return "Reserve the name " + n.Name }

// UnreserveName takes a name off the reserved ones.
type UnreserveName struct{ NameRef }

// Sentence says it.
func (n UnreserveName) Sentence() string { return "Free the reserved name " + n.Name }

// BlockName keeps everybody from publishing a deleted crate's name for a while.
type BlockName struct {
	NameRef
	Until time.Time `json:"until"`
}

// Sentence says it.
func (n BlockName) Sentence() string {
	return "Block the deleted name " + n.Name + " until " + n.Until.UTC().Format("2006-01-02 15:04 UTC")
}

// Check wants a time that the registry can keep.
func (n BlockName) Check() error {
	if n.Until.IsZero() || n.Until.Year() > 9999 {
		return cratewarden.Errorf(cratewarden.Invalid, "say until when, such as 2027-01-31T00:00:00Z.")
	}
	return n.NameRef.Check()
}

// ReserveUsername keeps everybody from signing in with a user name.
type ReserveUsername struct {
	Username string `json:"username"`
}

// validUsername is what GitHub takes for a login, and what the registry makes
// of one.
var validUsername = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)

// Check refuses what no user can be called.
func (n ReserveUsername) Check() error {
	if !validUsername.MatchString(n.Username) {
		return cratewarden.Errorf(cratewarden.Invalid, "name a user name: letters, digits, - and _, 100 at most.")
	}
	return nil
}

// Sentence says it.
func (n ReserveUsername) Sentence() string { return "Reserve the user name " + n.Username }

// Subjects is the user name, in its canonical spelling.
func (n ReserveUsername) Subjects() []ledger.Subject {
	return []ledger.Subject{{Kind: "username", ID: cratewarden.CanonName(n.Username)}}
}

func nameKinds() []Kind {
	name := Param{Name: "name", Label: "Crate name", Type: TextParam, Required: true}
	until := Param{Name: "until", Label: "Until", Help: "In UTC; from then on anybody may publish it.", Type: TimeParam, Required: true}
	return []Kind{
		define(Kind{
			Name: "name.reserve", Title: "Reserve a crate name", Reversible: true,
			About: "Nobody can publish a crate of this name, in any spelling.", Params: []Param{name},
		}, runReserve),
		define(Kind{
			Name: "name.unreserve", Title: "Free a reserved name", Reversible: true,
			About: "Anybody can publish a crate of this name again.", Params: []Param{name},
		}, runUnreserve),
		define(Kind{
			Name: "name.block", Title: "Block a deleted name until a date", Reversible: true,
			About: "Nobody can publish a crate of this deleted name before the date. The date is public.", Params: []Param{name, until},
		}, runBlock),
		define(Kind{
			Name: "name.reserve_username", Title: "Reserve a user name", Reversible: true,
			About:  "Nobody can sign in with this user name, in any spelling; who has it cannot sign in again.",
			Params: []Param{{Name: "username", Label: "User name", Type: TextParam, Required: true}},
		}, runReserveUsername),
	}
}

// namesOf looks up what the registry has under the names of the steps.
func namesOf[A Action](ctx context.Context, r *Run, items []Item[A], text func(A) string) ([]change.Name, error) {
	list := make([]change.Name, len(items))
	for i, it := range items {
		list[i] = change.Name{Step: it.Step, Name: text(it.Do)}
	}
	return list, r.Names(ctx, list)
}

func runReserve(ctx context.Context, r *Run, items []Item[ReserveName]) error {
	list, err := namesOf(ctx, r, items, func(n ReserveName) string { return n.Name })
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(n change.Name) bool {
		switch {
		case n.Crate.ID != 0:
			r.Block(n.Step, "name-in-use", "The crate %s has this name; the registry reserves only names that no crate has.", n.Crate.Name)
		case len(n.Reserved) > 0:
			r.nothing(n.Step, "The name is reserved already, as %s.", n.Reserved[0])
		default:
			return false
		}
		return true
	})
	if len(list) == 0 {
		return nil
	}
	return r.ReserveNames(ctx, list)
}

func runUnreserve(ctx context.Context, r *Run, items []Item[UnreserveName]) error {
	list, err := namesOf(ctx, r, items, func(n UnreserveName) string { return n.Name })
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(n change.Name) bool {
		if len(n.Reserved) == 0 {
			r.nothing(n.Step, "The name %s is not reserved.", n.Name)
			return true
		}
		if n.Available.After(r.Now) {
			r.Info(n.Step, "blocked-still", "A crate of this name was deleted, and it stays blocked until %s.", n.Available.Format("2006-01-02 15:04 UTC"))
		}
		return false
	})
	if len(list) == 0 {
		return nil
	}
	return r.UnreserveNames(ctx, list)
}

func runBlock(ctx context.Context, r *Run, items []Item[BlockName]) error {
	list, err := namesOf(ctx, r, items, func(n BlockName) string { return n.Name })
	if err != nil {
		return err
	}
	wanted := map[int]time.Time{}
	for _, it := range items {
		wanted[it.Step] = it.Do.Until.UTC().Truncate(time.Microsecond) // what the registry keeps
	}
	until := map[int32]time.Time{}
	list = slices.DeleteFunc(list, func(n change.Name) bool {
		switch {
		case n.Crate.ID != 0:
			r.Block(n.Step, "name-in-use", "The crate %s has this name now; a date for the deleted one has no effect.", n.Crate.Name)
			return true
		case n.Deleted == 0:
			r.Block(n.Step, "never-deleted", "No crate of the name %s was ever deleted, so there is no date to set. Reserve the name instead: name.reserve.", n.Name)
			return true
		}
		until[n.Deleted] = wanted[n.Step]
		switch {
		case n.Other.After(wanted[n.Step]):
			r.Warn(n.Step, "older-deletion", "An older deletion of the same name blocks it until %s, whatever date is set here.", n.Other.Format("2006-01-02 15:04 UTC"))
		case wanted[n.Step].Equal(n.Available):
			r.nothing(n.Step, "The name is blocked until then already.")
			return true
		case wanted[n.Step].Before(r.Now):
			r.Warn(n.Step, "past-date", "This date is over, so anybody can publish the name at once.")
		case wanted[n.Step].Before(n.Available):
			r.Warn(n.Step, "shorter", "The name is blocked until %s now; this frees it earlier.", n.Available.Format("2006-01-02 15:04 UTC"))
		}
		r.Public(n.Step, "list of deleted crates in the public dump", n.Name+" available from "+wanted[n.Step].Format(time.RFC3339))
		return false
	})
	if len(list) == 0 {
		return nil
	}
	return r.BlockNames(ctx, list, until)
}

func runReserveUsername(ctx context.Context, r *Run, items []Item[ReserveUsername]) error {
	names := make([]string, len(items))
	for i, it := range items {
		names[i] = it.Do.Username
	}
	reserved, users, err := r.UsernameState(ctx, names)
	if err != nil {
		return err
	}
	var list []change.Name
	for i, it := range items {
		if reserved[i] != "" {
			r.nothing(it.Step, "The user name is reserved already, as %s.", reserved[i])
			continue
		}
		for _, u := range users[i] {
			r.Warn(it.Step, "name-in-use", "The account %s has this user name. It stays signed in, but its next sign-in fails.", u.Login)
			r.Affects(it.Step, AccountSubject(u.ID, u.Login), "cannot sign in again until the name is freed")
		}
		list = append(list, change.Name{Step: it.Step, Name: it.Do.Username})
	}
	if len(list) == 0 {
		return nil
	}
	return r.ReserveUsernames(ctx, list)
}
