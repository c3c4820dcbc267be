package client

import (
	"context"
	"net/url"
	"strconv"

	"cratewarden/api"
)

// Ledger lists entries; the fields of the query are those of the interface.
func (c *Client) Ledger(ctx context.Context, q url.Values) (*api.LedgerList, error) {
	return Get[api.LedgerList](ctx, c, q, "ledger")
}

// LedgerEntry gives one entry.
func (c *Client) LedgerEntry(ctx context.Context, index int64) (*api.LedgerEntry, error) {
	return Get[api.LedgerEntry](ctx, c, nil, "ledger", strconv.FormatInt(index, 10))
}

// LedgerInclusion gives the proof that an entry is in the signed log.
func (c *Client) LedgerInclusion(ctx context.Context, index int64) (*api.LedgerProof, error) {
	return Get[api.LedgerProof](ctx, c, nil, "ledger", strconv.FormatInt(index, 10), "inclusion")
}

// LedgerConsistency gives the proof that the log begins with an older one of so
// many entries.
func (c *Client) LedgerConsistency(ctx context.Context, from int64) (*api.LedgerProof, error) {
	return Get[api.LedgerProof](ctx, c, url.Values{"from": {strconv.FormatInt(from, 10)}}, "ledger", "consistency")
}

// LedgerCheckpoint gives the newest signed head.
func (c *Client) LedgerCheckpoint(ctx context.Context) (*api.LedgerProof, error) {
	return Get[api.LedgerProof](ctx, c, nil, "ledger", "checkpoint")
}
