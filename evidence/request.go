package evidence

import (
	"crypto/sha256"
	"encoding/json"
	"slices"

	"cratewarden"
	"cratewarden/ledger"
)

// Request is what to seal and why.
type Request struct {
	// Crates, Versions and Users are ids of the registry. Of a crate
	// everything is sealed, with all its versions; of a version what deleting
	// it would change. Owners, publishers and others concerned come along.
	Crates, Versions, Users []int32
	Plan, Incident, Reason  string
	Actor                   ledger.Actor
	Session                 string
}

// maxReason bounds a reason, since it must fit into a ledger entry.
const maxReason = 4000

func (s *Service) check(r *Request) error {
	tidy := func(ids []int32) []int32 {
		ids = slices.Clone(ids)
		slices.Sort(ids)
		return slices.Compact(ids)
	}
	r.Crates, r.Versions, r.Users = tidy(r.Crates), tidy(r.Versions), tidy(r.Users)
	n := len(r.Crates) + len(r.Versions) + len(r.Users)
	switch {
	case n == 0:
		return cratewarden.Errorf(cratewarden.Invalid, "Say which crates, versions or accounts to seal.")
	case n > s.cfg.MaxSubjects:
		return cratewarden.Errorf(cratewarden.TooLarge, "At most %d crates, versions and accounts can be sealed together; these are %d.", s.cfg.MaxSubjects, n)
	case r.Actor.ID == "":
		return cratewarden.Errorf(cratewarden.Invalid, "Sealing evidence must say who does it.")
	case len(r.Reason) > maxReason || len(r.Plan) > 200 || len(r.Incident) > 200 || len(r.Session) > 200:
		return cratewarden.Errorf(cratewarden.TooLarge, "The reason for sealing may have %d characters, the names of plan and incident 200.", maxReason)
	}
	return nil
}

// fingerprint is the same for requests that ask for the same on the same
// grounds.
func (r *Request) fingerprint() ledger.Digest {
	text, _ := json.Marshal([]any{r.Crates, r.Versions, r.Users, r.Plan, r.Incident}) // numbers and strings never fail
	return sha256.Sum256(text)
}
