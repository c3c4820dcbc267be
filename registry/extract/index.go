package extract

import (
	"context"
	"encoding/json"
	"io"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/registry/files"
)

// indexChunk is how many versions of a crate are in memory at a time.
const indexChunk = 500

// Index writes a crate's index file as the registry would build it from the
// rows (contract storage-index.md section 5) and counts its lines. pubTime
// says that the registry writes the time of publishing.
func Index(ctx context.Context, tx pgx.Tx, crate Crate, pubTime bool, w io.Writer) (lines int64, err error) {
	rows, err := tx.Query(ctx, `SELECT v.id FROM versions v WHERE v.crate_id = $1 ORDER BY v.created_at, v.semver_ord_v2, v.id`, crate.ID)
	if err != nil {
		return 0, err
	}
	order, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	if err != nil {
		return 0, err
	}
	for chunk := range slices.Chunk(order, indexChunk) {
		facts, err := indexFacts(ctx, tx, chunk, pubTime)
		if err != nil {
			return lines, err
		}
		deps, err := indexDependencies(ctx, tx, chunk)
		if err != nil {
			return lines, err
		}
		out := make([]files.Line, len(chunk))
		for i, id := range chunk {
			out[i] = files.BuildLine(crate.Name, facts[id], deps[id])
		}
		if _, err := w.Write(files.EncodeIndex(out)); err != nil {
			return lines, err
		}
		lines += int64(len(out))
	}
	return lines, nil
}

func indexFacts(ctx context.Context, tx pgx.Tx, versions []int32, pubTime bool) (map[int32]files.VersionFacts, error) {
	rows, err := tx.Query(ctx, `SELECT v.id, v.num, v.tar_sha256, v.features, v.yanked, v.links, v.rust_version, v.created_at
		FROM versions v WHERE v.id = ANY ($1)`, versions)
	if err != nil {
		return nil, err
	}
	out := make(map[int32]files.VersionFacts, len(versions))
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var id int32
		var features []byte
		var created time.Time
		f := files.VersionFacts{WithPubTime: pubTime}
		err := row.Scan(&id, &f.Num, &f.SHA256, &features, &f.Yanked, &f.Links, &f.RustVersion, &created)
		f.CreatedAt = created.UTC()
		// The registry treats another shape as no features (contract
		// pitfalls.md section 4).
		if json.Unmarshal(features, &f.Features) != nil {
			f.Features = nil
		}
		out[id] = f
		return struct{}{}, err
	})
	return out, err
}

func indexDependencies(ctx context.Context, tx pgx.Tx, versions []int32) (map[int32][]files.DependencyFacts, error) {
	rows, err := tx.Query(ctx, `SELECT d.version_id, c.name, d.explicit_name, d.req, d.features, d.optional, d.default_features, d.target, d.kind
		FROM dependencies d JOIN crates c ON c.id = d.crate_id WHERE d.version_id = ANY ($1) ORDER BY d.id`, versions)
	if err != nil {
		return nil, err
	}
	out := map[int32][]files.DependencyFacts{}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var id, kind int32
		var d files.DependencyFacts
		err := row.Scan(&id, &d.Crate, &d.ExplicitName, &d.Req, &d.Features, &d.Optional, &d.DefaultFeatures, &d.Target, &kind)
		// A number beyond int16 is as unknown as -1 and must not wrap into a
		// known one.
		d.Kind = -1
		if kind >= 0 && kind <= 2 {
			d.Kind = int16(kind)
		}
		out[id] = append(out[id], d)
		return struct{}{}, err
	})
	return out, err
}
