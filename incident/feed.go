package incident

import (
	"context"
	"crypto/ed25519"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/advisory"
	"cratewarden/pg"
)

// Feed is the public list of takedowns as it is given out. Sig is of exactly the
// bytes of JSON.
type Feed struct {
	JSON      []byte
	Sig       []byte // 64 raw bytes, Ed25519
	Atom      []byte
	KeyID     string
	PublicKey []byte // PEM
	Updated   time.Time
}

// feedMost is how many takedowns the feed tells of, the newest. Older ones are in
// the advisories.
const feedMost = 1000

// feeds says that sending a text of this form puts its crate on the feed: an
// advisory of the crate is public then.
func feeds(f advisory.Format) bool { return f == advisory.RustSec || f == advisory.OSV }

// takeDown writes what the feed is to tell of a crate: what of it was gone when
// an advisory was sent. Later advisories say it anew. No person comes near it.
func (w *writing) takeDown(ctx context.Context, d Draft, sheet advisory.Sheet) error {
	for _, c := range sheet.Crates {
		if c.Name != d.Crate {
			continue
		}
		var gone []string
		var last time.Time
		for _, v := range c.Bad {
			if at := v.Gone(); !at.IsZero() {
				gone = append(gone, v.Num)
				if at.After(last) {
					last = at
				}
			}
		}
		if len(gone) == 0 {
			return nil
		}
		number, err := w.toldUnder(ctx, c.Name)
		if err != nil {
			return err
		}
		_, err = w.tx.Exec(ctx, `INSERT INTO incident_takedown (incident, crate, versions, whole, reason, taken_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (incident, crate) DO UPDATE SET versions = EXCLUDED.versions, whole = EXCLUDED.whole, reason = EXCLUDED.reason,
				taken_at = EXCLUDED.taken_at, changed_at = EXCLUDED.changed_at`,
			number, c.Name, gone, c.Deleted, advisory.ReasonOf(string(w.inc.Kind), string(w.inc.Verdict)), last.UTC(), w.now)
		return err
	}
	return nil
}

// toldUnder gives the case under whose name the feed tells of a crate: one that
// was merged into this may have told it first, and readers know it by that.
func (w *writing) toldUnder(ctx context.Context, crate string) (number int64, err error) {
	numbers, err := family(ctx, w.tx, w.inc.number())
	if err != nil {
		return 0, err
	}
	err = w.tx.QueryRow(ctx, `SELECT coalesce(min(incident), $1) FROM incident_takedown WHERE incident = ANY ($2) AND crate = $3`, w.inc.number(), numbers, crate).Scan(&number)
	return number, err
}

// feedCache keeps the feed for a moment: everybody may ask for it, and nobody
// should be able to keep the database busy by that.
type feedCache struct {
	mu   sync.Mutex
	made time.Time
	feed Feed
}

// feedFresh is how old a feed may be when it is given out.
const feedFresh = 5 * time.Second

// Feed gives the public feed, signed, at most 5 s old. NotFound means that it is not switched on.
// A takedown is told while an advisory of its crate is out, of a case whose bad
// versions are removed; drills are not.
func (s *Service) Feed(ctx context.Context) (Feed, error) {
	if len(s.cfg.FeedKey) != ed25519.PrivateKeySize {
		return Feed{}, cratewarden.Errorf(cratewarden.NotFound, "This registry has no public feed of takedowns.")
	}
	c := &s.feed
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := s.clock(); c.made.IsZero() || now.Sub(c.made).Abs() >= feedFresh {
		feed, err := s.makeFeed(ctx)
		if err != nil {
			return Feed{}, err
		}
		c.feed, c.made = feed, now
	}
	return c.feed, nil
}

func (s *Service) makeFeed(ctx context.Context) (Feed, error) {
	public := s.cfg.FeedKey.Public().(ed25519.PublicKey) // by its definition
	out := Feed{KeyID: advisory.FeedKeyID(public)}
	feed := advisory.Feed{Registry: s.cfg.Registry.Name, ID: s.cfg.FeedURL}
	if feed.ID == "" {
		feed.ID = "urn:cratewarden:takedowns:" + out.KeyID
	}
	var err error
	if feed.Entries, feed.Updated, err = s.takedowns(ctx); err != nil {
		return Feed{}, err
	}
	if out.PublicKey, err = advisory.FeedPublicKey(public); err != nil {
		return Feed{}, err
	}
	if out.JSON, err = feed.JSON(); err != nil {
		return Feed{}, err
	}
	if out.Atom, err = feed.Atom(); err != nil {
		return Feed{}, err
	}
	out.Sig, out.Updated = advisory.SignFeed(s.cfg.FeedKey, out.JSON), feed.Updated
	return out, nil
}

// ways are, of each case of which a takedown was told, the cases in which it goes
// on, itself first.
const ways = `WITH RECURSIVE way AS (
	SELECT DISTINCT t.incident AS told, i.number, i.merged_into FROM incident_takedown t JOIN incident i ON i.number = t.incident WHERE i.drill = ''
	UNION SELECT w.told, i.number, i.merged_into FROM way w JOIN incident i ON i.number = w.merged_into) `

// takedowns reads the entries, and when the feed last changed. A case that was
// merged or opened again has what it had removed. What was corrected is out only
// while its correction is.
func (s *Service) takedowns(ctx context.Context) (list []advisory.Takedown, updated time.Time, err error) {
	formats, gone := []string{string(advisory.RustSec), string(advisory.OSV)}, []string{string(Removed), string(Communicated), string(Closed), string(Reviewed)}
	rows, err := s.db.Query(ctx, ways+`
		SELECT t.incident, t.crate, t.versions, t.whole, t.reason, t.taken_at,
			array_agg(DISTINCT d.sent_where) FILTER (WHERE d.sent_where LIKE 'https://%')
		FROM incident_takedown t
		JOIN way w ON w.told = t.incident
		JOIN incident_draft d ON d.incident = w.number AND d.crate = t.crate AND d.format = ANY ($1) AND (d.state = 'sent'
			OR d.state = 'corrected' AND EXISTS (SELECT FROM incident_draft c WHERE c.corrects = d.id AND c.state IN ('sent', 'corrected')))
		WHERE EXISTS (SELECT FROM way x JOIN incident n ON n.number = x.number WHERE x.told = t.incident AND (n.state = ANY ($2)
			OR EXISTS (SELECT FROM incident_event e WHERE e.incident = x.number AND e.details ->> 'from' = ANY ($2)
				AND (e.kind = 'merged-in' OR e.kind = 'state' AND e.details ->> 'from' IN ('closed', 'reviewed')))))
		GROUP BY t.incident, t.crate ORDER BY t.taken_at DESC, t.incident DESC, t.crate COLLATE "C" LIMIT $3`, formats, gone, feedMost)
	if err != nil {
		return nil, updated, pg.Map(err)
	}
	list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (t advisory.Takedown, err error) {
		var number int64
		err = row.Scan(&number, &t.Crate, &t.Versions, &t.Whole, &t.Reason, &t.At, &t.Advisories)
		t.ID = idOf(number) + "/" + t.Crate
		return t, err
	})
	if err != nil {
		return nil, updated, pg.Map(err)
	}
	// Rows that no feed may tell are left out rather than that nobody gets any.
	list = slices.DeleteFunc(list, func(t advisory.Takedown) bool {
		_, err := advisory.Feed{Entries: []advisory.Takedown{t}}.JSON()
		return err != nil
	})
	updated, err = s.feedChanged(ctx, formats)
	return list, updated, err
}

// feedChanged is when anything last came to the feed or left it. It never goes
// back: readers refuse a document that is older than the one they have, and would
// go on with what was withdrawn.
func (s *Service) feedChanged(ctx context.Context, formats []string) (time.Time, error) {
	var at *time.Time
	err := s.db.QueryRow(ctx, ways+`
		SELECT greatest((SELECT max(t.changed_at) FROM incident_takedown t JOIN way w ON w.told = t.incident),
			(SELECT max(d.changed_at) FROM incident_draft d JOIN way w ON w.number = d.incident JOIN incident_takedown t ON t.incident = w.told AND t.crate = d.crate
				WHERE d.format = ANY ($1) AND d.sent_at IS NOT NULL),
			(SELECT max(e.at) FROM incident_event e JOIN way w ON w.number = e.incident WHERE e.kind IN ('state', 'merged-in')))`, formats).Scan(&at)
	if err != nil || at == nil {
		return time.Time{}, pg.Map(err)
	}
	return at.UTC(), nil
}
