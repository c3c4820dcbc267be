package action

import (
	"bytes"
	"context"
	"strings"

	"cratewarden"
	"cratewarden/evidence"
	"cratewarden/ledger"
	"cratewarden/pg"
	"cratewarden/registry/change"
)

// SealOrder is what to seal outside any plan. Crates are named by any
// spelling, versions by that and their exact number, accounts by users.id.
type SealOrder struct {
	Crates   []string     `json:"crates,omitempty"`
	Versions []VersionRef `json:"versions,omitempty"`
	Accounts []int32      `json:"accounts,omitempty"`
	Incident string       `json:"incident,omitempty"`
	Reason   string       `json:"reason,omitempty"` // for colleagues only
}

// maxIncident is the longest name of an incident that a bundle takes.
const maxIncident = 200

// Add reads pasted lines into the order: "name", "name@version", "name
// version", as Resolve does. The error is Invalid and names the line.
func (o *SealOrder) Add(text string) error {
	if len(text) > maxBatch {
		return cratewarden.Errorf(cratewarden.TooLarge, "That is too long; write at most %d lines.", maxLines)
	}
	for n, raw := range strings.Split(text, "\n") {
		l, any := batchLine(n+1, raw)
		switch {
		case !any:
		case l.Problem != "":
			return cratewarden.Errorf(cratewarden.Invalid, "Line %d, %q: %s", l.Line, l.Text, l.Problem)
		case l.Version == "":
			o.Crates = append(o.Crates, l.Crate)
		default:
			o.Versions = append(o.Versions, VersionRef{l.Crate, l.Version})
		}
	}
	return nil
}

func (o SealOrder) check() error {
	names := len(o.Crates) + len(o.Versions)
	switch {
	case names+len(o.Accounts) == 0:
		return cratewarden.Errorf(cratewarden.Invalid, "Say which crates, versions or accounts to seal.")
	case names > maxLines:
		return cratewarden.Errorf(cratewarden.TooLarge, "At most %d crates and versions can be sealed together; these are %d.", maxLines, names)
	case len(o.Accounts) > maxAccounts:
		return cratewarden.Errorf(cratewarden.TooLarge, "At most %d accounts can be sealed together; these are %d.", maxAccounts, len(o.Accounts))
	case len(o.Incident) > maxIncident || len(o.Reason) > maxReason:
		return cratewarden.Errorf(cratewarden.TooLarge, "The reason for sealing has at most %d bytes, the name of the incident %d.", maxReason, maxIncident)
	}
	for _, name := range o.Crates {
		if name == "" || len(name) > 255 || strings.ContainsRune(name, 0) {
			return cratewarden.Errorf(cratewarden.Invalid, "No crate can have the name %q.", cut(name, 100))
		}
	}
	for _, v := range o.Versions {
		if v.Check() != nil || strings.ContainsRune(v.Crate+v.Version, 0) {
			return cratewarden.Errorf(cratewarden.Invalid, "Each version is named by its crate and its number.")
		}
	}
	return nil
}

// SealNow seals evidence without a plan. The registry does not change. The same
// actor's same key gives the same bundle, also when its subjects are gone by
// then; with another order under it the answer is Conflict. If nothing changed
// since the same was sealed for the same incident, that bundle is the answer,
// with Again set. The error is NotFound for names that the registry does not
// have.
func (e *Engine) SealNow(ctx context.Context, who Actor, o SealOrder, key string) (evidence.Bundle, error) {
	if err := e.may(ctx, who, "evidence.seal", Plan{}); err != nil {
		return evidence.Bundle{}, err
	}
	if err := o.check(); err != nil {
		return evidence.Bundle{}, err
	}
	if e.cfg.Evidence == nil {
		return evidence.Bundle{}, noEvidence()
	}
	if key == "" {
		return e.sealOrder(ctx, who, o)
	}
	release, err := e.claim(ctx, "seal "+who.ID+" "+key)
	if cratewarden.KindOf(err) == cratewarden.Conflict {
		err = cratewarden.Wrap(err, cratewarden.Conflict, "This is being sealed at this moment. Ask again with the same key when it is done.")
	}
	if err != nil {
		return evidence.Bundle{}, err
	}
	defer release()
	known, err := e.sealKey(ctx, who, o, key)
	if err != nil {
		return evidence.Bundle{}, err
	}
	if known != nil {
		b, err := e.cfg.Evidence.Show(ctx, *known)
		if b.SealedAt.IsZero() { // else only its manifest is in trouble, and the answer is known
			return b, err
		}
		b.Again = true
		return b, nil
	}
	b, err := e.sealOrder(ctx, who, o)
	if err != nil {
		return b, err
	}
	e.cfg.Reached("after seal")
	_, err = e.console.Exec(ctx, `UPDATE request SET evidence = $3 WHERE actor = $1 AND key = $2`, who.ID, key, b.Digest[:])
	return b, pg.Map(err)
}

const sealOperation = "evidence.seal"

// sealKey claims a key for an order, and gives the bundle that came of it
// before. Whoever calls has the claim, so that a key without a bundle is one
// whose sealing failed or was killed; it may be tried again.
func (e *Engine) sealKey(ctx context.Context, who Actor, o SealOrder, key string) (*ledger.Digest, error) {
	if len(key) > maxKey {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "An idempotency key has at most %d bytes.", maxKey)
	}
	digest, err := digestOf(map[string]any{"do": "seal", "order": o})
	if err != nil {
		return nil, err
	}
	if _, err := e.console.Exec(ctx, `INSERT INTO request (actor, key, operation, digest) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, who.ID, key, sealOperation, digest[:]); err != nil {
		return nil, pg.Map(err)
	}
	var was string
	var wasDigest, bundle []byte
	err = e.console.QueryRow(ctx, `SELECT operation, digest, evidence FROM request WHERE actor = $1 AND key = $2`, who.ID, key).Scan(&was, &wasDigest, &bundle)
	switch {
	case err != nil:
		return nil, pg.Map(err)
	case was != sealOperation || !bytes.Equal(wasDigest, digest[:]):
		return nil, cratewarden.Errorf(cratewarden.Conflict, "This idempotency key was used for another request. Use a new one.")
	case bundle == nil:
		return nil, nil
	}
	known := ledger.Digest(bundle)
	return &known, nil
}

func (e *Engine) sealOrder(ctx context.Context, who Actor, o SealOrder) (evidence.Bundle, error) {
	if err := e.incident(ctx, o.Incident, Plan{}); err != nil {
		return evidence.Bundle{}, err
	}
	crates, versions, err := e.named(ctx, o)
	if err != nil {
		return evidence.Bundle{}, err
	}
	return e.cfg.Evidence.Seal(ctx, evidence.Request{
		Crates: crates, Versions: versions, Users: o.Accounts, Incident: o.Incident, Reason: o.Reason, Actor: who.ledger(), Session: who.Session,
	})
}

// named finds everything that an order names, or says what is not there.
// Versions whose whole crate is sealed go with it.
func (e *Engine) named(ctx context.Context, o SealOrder) (crates, versions []int32, err error) {
	var lines []BatchLine
	for _, name := range o.Crates {
		lines = append(lines, BatchLine{Text: name, Crate: name})
	}
	for _, v := range o.Versions {
		lines = append(lines, BatchLine{Text: v.Crate + "@" + v.Version, Crate: v.Crate, Version: v.Version})
	}
	var known map[int32]change.Account
	err = e.look(ctx, func(ctx context.Context, t *change.Tx) error {
		if err := resolveLines(ctx, t, lines); err != nil {
			return err
		}
		known, err = t.Accounts(ctx, o.Accounts)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	if err := e.unknown(lines); err != nil {
		return nil, nil, err
	}
	for _, id := range o.Accounts {
		if _, there := known[id]; !there {
			return nil, nil, cratewarden.Errorf(cratewarden.NotFound, "The registry has no account with the number %d. Nothing was sealed.", id)
		}
	}
	whole := map[int32]bool{}
	for _, l := range lines {
		if l.Version == "" {
			whole[l.CrateID] = true
			crates = append(crates, l.CrateID)
		}
	}
	for _, l := range lines {
		if l.Version != "" && !whole[l.CrateID] {
			versions = append(versions, l.VersionID)
		}
	}
	return crates, versions, nil
}

// unknown says which lines name nothing, and what may have been meant by the
// first.
func (e *Engine) unknown(lines []BatchLine) error {
	var bad []BatchLine
	for _, l := range lines {
		if l.Problem != "" {
			bad = append(bad, l)
		}
	}
	if len(bad) == 0 {
		return nil
	}
	e.nearNames(bad[:1])
	text := bad[0].Text + ": " + bad[0].Problem
	if near := bad[0].Near; len(near) > 0 {
		text += " There is " + strings.Join(near, ", ") + "."
	}
	if more := len(bad) - 1; more > 0 {
		return cratewarden.Errorf(cratewarden.NotFound, "%s Further names that name nothing: %d. Nothing was sealed.", text, more)
	}
	return cratewarden.Errorf(cratewarden.NotFound, "%s Nothing was sealed.", text)
}
