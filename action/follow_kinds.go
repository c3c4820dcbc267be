package action

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"
)

// marks are by the kind of Later.
func marks() map[string]mark {
	return map[string]mark{"held": markHeld, "released": markReleased, "tombstone": markTombstones}
}

// workers are by the kind of follow-up.
func workers() map[string]worker {
	return map[string]worker{
		"files.hold": workHold, "files.release": workRelease, "files.delete": workDelete,
		"cdn.invalidate": workInvalidate, "index.check": workIndex,
		"person.erase": workErase, "ledger.verify": workProof,
	}
}

// worker does one kind of follow-up. It must be repeatable: it may have died at
// any point before. It writes to the console only through its shift and through
// what it gives.
type worker func(ctx context.Context, s *shift, f FollowUp) (work, error)

// work is what a follow-up did.
type work struct {
	result any     // kept as JSON, for people
	then   []Later // what comes after it
	// keep writes to the console in the transaction of the outcome; nil for
	// nothing.
	keep func(ctx context.Context, tx pgx.Tx) error
}

// later makes an order for work after this follow-up.
func later(step int, kind string, args any) (Later, error) {
	text, err := json.Marshal(args)
	return Later{Step: step, Kind: kind, Args: text}, err
}
