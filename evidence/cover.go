package evidence

import (
	"context"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// Cover says which bundles count.
type Cover struct {
	// Plan takes the bundles sealed for a plan; Digest one bundle. With both,
	// the bundle must be of that plan.
	Plan   string
	Digest *ledger.Digest
}

// Coverage is the answer of Covers.
type Coverage struct {
	// OK says that every subject is in a bundle that was just verified and
	// lacks nothing but secrets, and that no version has come since.
	OK bool
	// Missing are subjects that no such bundle covers.
	Missing []ledger.Subject
	// Gaps are sentences on what some bundles could not take in. Such a
	// bundle covers nothing; when the cause is mended, seal again.
	Gaps []string
	// Reports are of the bundles looked at.
	Reports []Report
}

// Covers says whether crates and versions may be destroyed because verified
// bundles have all of them. Every part is read again. A version is covered if
// it was sealed by itself or with its crate; a crate only as a whole and only
// if it has no version now that the bundle does not have. Rows that changed in
// other ways since then are for the caller to compare.
func (s *Service) Covers(ctx context.Context, by Cover, crates, versions []int32) (Coverage, error) {
	var c Coverage
	digests, err := s.covering(ctx, by)
	if err != nil {
		return c, err
	}
	wholes, singles := map[int32]bool{}, map[int32]bool{}
	for _, digest := range digests {
		r, err := s.Verify(ctx, digest)
		if err != nil {
			return c, err
		}
		c.Reports = append(c.Reports, r)
		if !r.OK() {
			continue
		}
		if gaps := r.Manifest.Gaps(); len(gaps) > 0 {
			c.Gaps = append(c.Gaps, gaps...)
			continue
		}
		for _, row := range rowsOf(r.Manifest) {
			wholes[row.ID] = wholes[row.ID] || row.Kind == "crate" && row.Asked
			singles[row.ID] = singles[row.ID] || row.Kind == "version"
		}
	}
	for _, id := range crates {
		if !wholes[id] {
			c.Missing = append(c.Missing, ledger.Subject{Kind: "crate", ID: itoa(id)})
		}
	}
	for _, id := range versions {
		if !singles[id] {
			c.Missing = append(c.Missing, ledger.Subject{Kind: "version", ID: itoa(id)})
		}
	}
	if err := s.newVersions(ctx, &c, crates, singles); err != nil {
		return c, err
	}
	c.OK = len(c.Missing) == 0 && len(crates)+len(versions) > 0
	return c, nil
}

func (s *Service) covering(ctx context.Context, by Cover) ([]ledger.Digest, error) {
	var list []Bundle
	var err error
	switch {
	case by.Digest != nil:
		list, err = s.bundles(ctx, `WHERE b.digest = $1 AND ($2 = '' OR b.plan = $2)`, by.Digest[:], by.Plan)
	case by.Plan != "":
		list, err = s.bundles(ctx, `WHERE b.plan = $1 ORDER BY b.ledger_index DESC`, by.Plan)
	default:
		err = cratewarden.Errorf(cratewarden.Invalid, "Say which plan or bundle should have the evidence.")
	}
	digests := make([]ledger.Digest, len(list))
	for i, b := range list {
		digests[i] = b.Digest
	}
	return digests, err
}

// newVersions finds what was published since the sealing.
func (s *Service) newVersions(ctx context.Context, c *Coverage, crates []int32, sealed map[int32]bool) error {
	if len(crates) == 0 {
		return nil
	}
	rows, err := s.cfg.Registry.Query(ctx, `SELECT v.id, c.name || '@' || v.num FROM versions v JOIN crates c ON c.id = v.crate_id
		WHERE v.crate_id = ANY ($1) ORDER BY v.id`, crates)
	if err != nil {
		return pg.Map(err)
	}
	var id int32
	var name string
	_, err = pgx.ForEachRow(rows, []any{&id, &name}, func() error {
		if !sealed[id] {
			c.Missing = append(c.Missing, ledger.Subject{Kind: "version", ID: itoa(id), Name: name})
		}
		return nil
	})
	return pg.Map(err)
}
