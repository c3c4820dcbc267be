package action

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/registry/change"
)

// TokenRevoke makes one API token be refused from the next request on.
type TokenRevoke struct {
	Token int32 `json:"token"` // api_tokens.id
}

// Check refuses ids that no token can have.
func (t TokenRevoke) Check() error {
	if t.Token < 1 {
		return cratewarden.Errorf(cratewarden.Invalid, "name the API token by its number in the registry (api_tokens.id).")
	}
	return nil
}

// Subjects is the token.
func (t TokenRevoke) Subjects() []ledger.Subject { return []ledger.Subject{TokenSubject(t.Token)} }

// Sentence says it.
func (t TokenRevoke) Sentence() string { return fmt.Sprintf("Revoke API token %d", t.Token) }

// TokenRevokeWhere revokes all API tokens that meet every condition that is
// set. Labels are personal: they can be asked for and are never shown.
type TokenRevokeWhere struct {
	Account int32  `json:"account,omitempty"`
	Scope   string `json:"scope,omitempty"`
	// Legacy tokens name no scope and may do everything.
	Legacy bool `json:"legacy,omitempty"`
	// CratePattern is one that the token is limited to, by its exact text.
	CratePattern string     `json:"crate_pattern,omitempty"`
	NamePattern  string     `json:"name_pattern,omitempty"`
	UnusedSince  *time.Time `json:"unused_since,omitempty"`
	OlderThan    *time.Time `json:"older_than,omitempty"`
	CreatedSince *time.Time `json:"created_since,omitempty"`
}

// tokenScopes are the scopes that a token can name (contract actions.md 8).
func tokenScopes() []string {
	return []string{"publish-new", "publish-update", "trusted-publishing", "yank", "change-owners"}
}

// Check wants at least one condition, and none that no token can meet.
func (t TokenRevokeWhere) Check() error {
	switch {
	case t == TokenRevokeWhere{}:
		return cratewarden.Errorf(cratewarden.Invalid, "give at least one condition.")
	case t.Account < 0:
		return cratewarden.Errorf(cratewarden.Invalid, "name the account by its number in the registry (users.id).")
	case t.Scope != "" && !slices.Contains(tokenScopes(), t.Scope):
		return cratewarden.Errorf(cratewarden.Invalid, "there is no scope %q; known are %s.", t.Scope, join(tokenScopes()))
	case t.Legacy && (t.Scope != "" || t.CratePattern != ""):
		return cratewarden.Errorf(cratewarden.Invalid, "legacy tokens name no scope and no crates; leave one of the conditions out.")
	case len(t.CratePattern) > 255 || len(t.NamePattern) > 255 || strings.ContainsRune(t.CratePattern+t.NamePattern, 0):
		return cratewarden.Errorf(cratewarden.Invalid, "a pattern has at most 255 bytes and no character zero.")
	case strings.Trim(t.NamePattern, "*") == "" && t.NamePattern != "":
		return cratewarden.Errorf(cratewarden.Invalid, "the pattern of labels fits every token; leave it out.")
	}
	return nil
}

// Subjects is the account, if one is named.
func (t TokenRevokeWhere) Subjects() []ledger.Subject {
	if t.Account != 0 {
		return []ledger.Subject{AccountSubject(t.Account, "")}
	}
	return []ledger.Subject{{Kind: "tokens", ID: "by condition"}}
}

// Sentence says the conditions, but for the pattern of labels, which may be
// personal.
func (t TokenRevokeWhere) Sentence() string {
	var words []string
	add := func(set bool, format string, args ...any) {
		if set {
			words = append(words, fmt.Sprintf(format, args...))
		}
	}
	add(t.Account != 0, "of account %d", t.Account)
	add(t.Scope != "", "with the scope %s", t.Scope)
	add(t.Legacy, "without scopes (legacy)")
	add(t.CratePattern != "", "limited to %s", t.CratePattern)
	add(t.NamePattern != "", "whose label fits a pattern")
	add(t.UnusedSince != nil, "not used since %s", orZero(t.UnusedSince))
	add(t.OlderThan != nil, "made before %s", orZero(t.OlderThan))
	add(t.CreatedSince != nil, "made since %s", orZero(t.CreatedSince))
	return "Revoke API tokens " + strings.Join(words, ", ")
}

func orZero(t *time.Time) string {
	if t == nil {
		return ""
	}
	return inUTC(*t)
}

func tokenKinds() []Kind {
	return []Kind{
		onUndo(define(Kind{
			Name: "token.revoke", Title: "Revoke an API token", Reversible: true,
			About:  "The registry refuses the token from the next request on. The person gets no mail.",
			Params: []Param{{Name: "token", Label: "API token", Help: "The token's number in the registry.", Type: NumberParam, Required: true}},
		}, runTokenRevoke), func(_ context.Context, r *Run, items []Item[TokenRevoke]) error {
			for _, it := range items {
				r.Warn(it.Step, "tokens-work-again", "API token %d works again for whoever has it.", it.Do.Token)
			}
			return nil
		}),
		onUndo(define(Kind{
			Name: "token.revoke_where", Title: "Revoke API tokens by condition", Reversible: true,
			About: "Revokes every API token that works and meets all conditions given, at most 5,000.",
			Params: []Param{
				{Name: "account", Label: "Account", Type: PersonParam},
				{Name: "scope", Label: "Scope", Help: "Tokens that name this scope. Legacy tokens name none and may do everything.", Type: TextParam, Choices: tokenScopes()},
				{Name: "legacy", Label: "Legacy tokens only", Type: YesNoParam},
				{Name: "crate_pattern", Label: "Limited to", Help: "The exact text of one of the token's crate patterns, such as serde or serde_*.", Type: TextParam},
				{Name: "name_pattern", Label: "Label fits", Help: "The label that the person chose; * stands for any text.", Type: TextParam},
				{Name: "unused_since", Label: "Not used since", Type: TimeParam},
				{Name: "older_than", Label: "Made before", Type: TimeParam},
				{Name: "created_since", Label: "Made since", Type: TimeParam},
			},
		}, runTokenRevokeWhere), func(_ context.Context, r *Run, items []Item[TokenRevokeWhere]) error {
			for _, it := range items {
				r.Warn(it.Step, "tokens-work-again", "The API tokens work again for whoever has them.")
			}
			return nil
		}),
	}
}

func runTokenRevoke(ctx context.Context, r *Run, items []Item[TokenRevoke]) error {
	steps := map[int32]int{}
	for _, it := range items {
		steps[it.Do.Token] = it.Step
	}
	images, err := r.RevokeTokens(ctx, steps)
	if err != nil {
		return err
	}
	owners := map[int32]int32{}
	for _, i := range images {
		id := int32(i.Columns.Int("id"))
		delete(steps, id)
		switch {
		case i.Columns.Bool("revoked"):
			r.nothing(i.Step, "API token %d is revoked already; nothing is written.", id)
		case !r.TokenLive(i):
			r.nothing(i.Step, "API token %d has expired; nothing is written.", id)
		default:
			owners[id] = int32(i.Columns.Int("user_id"))
			tellScope(r, i)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(steps)) {
		r.Block(steps[id], "no-such-token", "The registry has no API token %d.", id)
	}
	for _, it := range items {
		if account, ok := owners[it.Do.Token]; ok {
			if err := r.tellTokens(ctx, it.Step, map[int32]int32{it.Do.Token: account}); err != nil {
				return err
			}
		}
	}
	return nil
}

// tellScope says what stops working, without the token's label.
func tellScope(r *Run, i change.Image) {
	if i.Columns.Null("endpoint_scopes") {
		r.Info(i.Step, "legacy-token", "It is a legacy token, which may do everything that its account may.")
	}
}

// maxTokens bounds what one condition may revoke.
const maxTokens = 5000

func runTokenRevokeWhere(ctx context.Context, r *Run, items []Item[TokenRevokeWhere]) error {
	for _, it := range items { // two conditions cannot share a statement; a plan has few
		d := it.Do
		found, err := r.FindTokens(ctx, change.TokenFilter{
			Account: d.Account, Scope: d.Scope, Legacy: d.Legacy, CratePattern: d.CratePattern, NamePattern: d.NamePattern,
			UnusedSince: d.UnusedSince, CreatedBefore: d.OlderThan, CreatedSince: d.CreatedSince,
		}, maxTokens+1)
		if err != nil {
			return err
		}
		if len(found) > maxTokens {
			r.Block(it.Step, "too-many-tokens", "More than %d API tokens meet the conditions. Narrow them, for example by time.", maxTokens)
			continue
		}
		r.Fact(it.Step, "API tokens that meet the conditions", len(found))
		if len(found) == 0 {
			r.nothing(it.Step, "No API token that works meets the conditions; nothing is written.")
			continue
		}
		steps := make(map[int32]int, len(found))
		for id := range found {
			steps[id] = it.Step
		}
		if _, err := r.RevokeTokens(ctx, steps); err != nil {
			return err
		}
		if err := r.tellTokens(ctx, it.Step, found); err != nil {
			return err
		}
	}
	return nil
}

// tellTokens says how many tokens of whom stop working.
func (r *Run) tellTokens(ctx context.Context, step int, owners map[int32]int32) error {
	n := map[int32]int{}
	for _, account := range owners {
		n[account]++
	}
	ids := slices.Sorted(maps.Keys(n))
	list := make([]onAccount, len(ids))
	for i, id := range ids {
		list[i] = onAccount{step, id}
	}
	known, err := r.people(ctx, list)
	if err != nil {
		return err
	}
	for _, id := range ids {
		r.Affects(step, AccountSubject(id, known[id].Login), "%s of %s %s working.", cratewarden.Amount(n[id], "API token", "API tokens"), known[id].Login, stops(n[id]))
	}
	return nil
}

func stops(n int) string {
	if n == 1 {
		return "stops"
	}
	return "stop"
}
