package change

import (
	"context"

	"cratewarden/pg"
)

// CrateSetting sets what the registry keeps per crate.
type CrateSetting struct {
	Step  int
	Crate int32 // crates.id
	// TrustpubOnly refuses publishes with API tokens and cookies; nil leaves it.
	TrustpubOnly *bool
	// Upload and Features say whether the limits are set at all; the values are
	// bytes and a count, nil for the registry's defaults.
	Upload, Features       bool
	MaxUpload, MaxFeatures *int64
}

// SetCrates sets settings of crates (contract actions.md 9 and 11). The
// registry writes no job and no history for these. It gives the crates as they
// were; one that is gone is missing.
func (t *Tx) SetCrates(ctx context.Context, list []CrateSetting) (map[int32]Image, error) {
	n := len(list)
	ids, steps := make([]int32, n), make(map[int64]int, n)
	only, upload, features := make([]*bool, n), make([]bool, n), make([]bool, n)
	maxUpload, maxFeatures := make([]*int64, n), make([]*int64, n)
	for i, s := range list {
		ids[i], steps[int64(s.Crate)] = s.Crate, s.Step
		only[i], upload[i], features[i], maxUpload[i], maxFeatures[i] = s.TrustpubOnly, s.Upload, s.Features, s.MaxUpload, s.MaxFeatures
	}
	if _, err := t.LockCrates(ctx, ids); err != nil {
		return nil, err
	}
	images, err := t.Watch(ctx, Watch{Table: "crates", Where: "t.id = ANY ($1)", Args: []any{ids}, By: "id", Steps: steps, Lock: true})
	if err != nil {
		return nil, err
	}
	out := make(map[int32]Image, len(images))
	for _, i := range images {
		out[int32(i.Columns.Int("id"))] = i
	}
	_, err = t.Exec(ctx, `
		WITH wanted AS (
			SELECT w.id, coalesce(w.trustpub, c.trustpub_only) AS trustpub,
				CASE WHEN w.set_upload THEN w.upload::int ELSE c.max_upload_size END AS upload,
				CASE WHEN w.set_features THEN w.features::smallint ELSE c.max_features END AS features
			FROM unnest($1::int[], $2::boolean[], $3::boolean[], $4::bigint[], $5::boolean[], $6::bigint[])
				AS w (id, trustpub, set_upload, upload, set_features, features)
			JOIN crates c ON c.id = w.id)
		UPDATE crates c SET trustpub_only = w.trustpub, max_upload_size = w.upload, max_features = w.features FROM wanted w
		WHERE c.id = w.id AND (c.trustpub_only, c.max_upload_size, c.max_features) IS DISTINCT FROM (w.trustpub, w.upload, w.features)`,
		ids, only, upload, maxUpload, features, maxFeatures)
	return out, pg.Map(err)
}
