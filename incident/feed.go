package incident

import (
	"context"
	"crypto/ed25519"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/advisory"
	"cratewarden/pg"
)

// Feed is the public list of takedowns as it is given out.
type Feed struct {
	JSON []byte
	Atom []byte
	// Sigs are of exactly the bytes of JSON, one for each key. The first is of the
	// key that readers are to know.
	Sigs []FeedSig
	// PublicKeys are those of all keys as PEM, in the same order.
	PublicKeys []byte
	Updated    time.Time
}

// FeedSig is a signature of the feed: 64 raw bytes, Ed25519.
type FeedSig struct {
	KeyID string
	Sig   []byte
}

// By gives the signature of a key by its name; "" is the first. NotFound is a key
// that does not sign.
func (f Feed) By(key string) ([]byte, error) {
	for _, s := range f.Sigs {
		if key == "" || s.KeyID == key {
			return s.Sig, nil
		}
	}
	return nil, cratewarden.Errorf(cratewarden.NotFound, "The feed is not signed with that key. takedowns.pem has the keys that sign it.")
}

// feedMost is how many takedowns the feed tells of, the newest. Older ones are in
// the advisories. feedNews is how many of them Atom tells: its readers want news.
const (
	feedMost = 10000
	feedNews = 1000
)

// feeds says that sending a text of this form puts its crate on the feed: an
// advisory of the crate is public then.
func feeds(f advisory.Format) bool { return f == advisory.RustSec || f == advisory.OSV }

func feedForms() []string { return []string{string(advisory.RustSec), string(advisory.OSV)} }

// feedCache keeps the feed for a moment: everybody may ask for it, and nobody
// should be able to keep the database busy by that.
type feedCache struct {
	mu   sync.Mutex
	made time.Time // when it was last held against the record
	feed Feed
	// changed is when anything of it last changed, and whole when it was last made.
	changed, whole time.Time
	// looked is, by number of a case, the state of it that the feed was last held
	// against.
	looked map[int64]time.Time
}

func (c *feedCache) seen(number int64, at time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	was, ok := c.looked[number]
	return ok && was.Equal(at)
}

func (c *feedCache) saw(number int64, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.looked == nil {
		c.looked = map[int64]time.Time{}
	}
	c.looked[number] = at
}

// feedFresh is how old a feed may be when it is given out.
const feedFresh = 5 * time.Second

// feedWhole is how long it may stand without being made anew where nothing says
// that it changed.
const feedWhole = time.Minute

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
		updated, err := s.feedChanged(ctx)
		if err != nil {
			return Feed{}, err
		}
		if c.made.IsZero() || !updated.Equal(c.changed) || now.Sub(c.whole).Abs() >= feedWhole {
			feed, err := s.makeFeed(ctx, updated)
			if err != nil {
				return Feed{}, err
			}
			c.feed, c.changed, c.whole = feed, updated, now
		}
		c.made = now
	}
	return c.feed, nil
}

func (s *Service) makeFeed(ctx context.Context, updated time.Time) (Feed, error) {
	keys := append([]ed25519.PrivateKey{s.cfg.FeedKey}, s.cfg.FeedKeys...)
	public := func(key ed25519.PrivateKey) ed25519.PublicKey { return key.Public().(ed25519.PublicKey) } // by its definition
	var out Feed
	feed := advisory.Feed{Registry: s.cfg.Registry.Name, ID: s.cfg.FeedURL, Updated: updated}
	if feed.ID == "" {
		feed.ID = "urn:cratewarden:takedowns:" + advisory.FeedKeyID(public(keys[0]))
	}
	var err error
	if feed.Entries, err = s.takedowns(ctx); err != nil {
		return Feed{}, err
	}
	feed = feed.Sound()
	if out.JSON, err = feed.JSON(); err != nil {
		return Feed{}, err
	}
	if out.Atom, err = feed.Newest(feedNews).Atom(); err != nil {
		return Feed{}, err
	}
	for _, key := range keys {
		text, err := advisory.FeedPublicKey(public(key))
		if err != nil {
			return Feed{}, err
		}
		out.PublicKeys = append(out.PublicKeys, text...)
		out.Sigs = append(out.Sigs, FeedSig{advisory.FeedKeyID(public(key)), advisory.SignFeed(key, out.JSON)})
	}
	out.Updated = feed.Updated
	return out, nil
}

// ways are, of each case of which a takedown was told, the cases in which it goes
// on, itself first.
const ways = `WITH RECURSIVE way AS (
	SELECT DISTINCT t.incident AS told, i.number, i.merged_into FROM incident_takedown t JOIN incident i ON i.number = t.incident WHERE i.drill = ''
	UNION SELECT w.told, i.number, i.merged_into FROM way w JOIN incident i ON i.number = w.merged_into) `

// takedowns reads the entries. A case that was merged, opened again or found to
// have more to remove has what it had removed: what of that is still gone, the rows
// say. What was corrected is out only while its correction is.
func (s *Service) takedowns(ctx context.Context) (list []advisory.Takedown, err error) {
	formats, gone := feedForms(), []string{string(Removed), string(Communicated), string(Closed), string(Reviewed)}
	rows, err := s.db.Query(ctx, ways+`
		SELECT t.incident, t.crate, t.versions, t.whole, t.reason, t.taken_at,
			array_agg(DISTINCT d.sent_where) FILTER (WHERE d.sent_where LIKE 'https://%')
		FROM incident_takedown t
		JOIN way w ON w.told = t.incident
		JOIN incident_draft d ON d.incident = w.number AND d.crate = t.crate AND d.format = ANY ($1) AND (d.state = 'sent'
			OR d.state = 'corrected' AND EXISTS (SELECT FROM incident_draft c WHERE c.corrects = d.id AND c.state IN ('sent', 'corrected')))
		WHERE cardinality(t.versions) > 0 AND EXISTS (SELECT FROM way x JOIN incident n ON n.number = x.number WHERE x.told = t.incident AND (n.state = ANY ($2)
			OR EXISTS (SELECT FROM incident_event e WHERE e.incident = x.number AND e.kind IN ('state', 'merged-in') AND e.details ->> 'from' = ANY ($2))))
		GROUP BY t.incident, t.crate ORDER BY t.taken_at DESC, t.incident DESC, t.crate COLLATE "C" LIMIT $3`, formats, gone, feedMost)
	if err != nil {
		return nil, pg.Map(err)
	}
	list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (t advisory.Takedown, err error) {
		var number int64
		err = row.Scan(&number, &t.Crate, &t.Versions, &t.Whole, &t.Reason, &t.At, &t.Advisories)
		t.ID = idOf(number) + "/" + t.Crate
		return t, err
	})
	return list, pg.Map(err)
}

// feedChanged is when anything last came to the feed or left it. It never goes
// back: readers refuse a document that is older than the one they have, and would
// go on with what was withdrawn.
func (s *Service) feedChanged(ctx context.Context) (time.Time, error) {
	var at *time.Time
	err := s.db.QueryRow(ctx, ways+`
		SELECT greatest((SELECT max(t.changed_at) FROM incident_takedown t JOIN way w ON w.told = t.incident),
			(SELECT max(d.changed_at) FROM incident_draft d JOIN way w ON w.number = d.incident JOIN incident_takedown t ON t.incident = w.told AND t.crate = d.crate
				WHERE d.format = ANY ($1) AND d.sent_at IS NOT NULL),
			(SELECT max(e.at) FROM incident_event e JOIN way w ON w.number = e.incident WHERE e.kind IN ('state', 'merged-in')))`, feedForms()).Scan(&at)
	if err != nil || at == nil {
		return time.Time{}, pg.Map(err)
	}
	return at.UTC(), nil
}
