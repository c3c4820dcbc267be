package change

import "context"

// RowsNow gives rows of a table as they are at this moment, by key; one that is not
// there is left out. Nothing is locked.
func (t *Tx) RowsNow(ctx context.Context, table string, keys []string) (map[string]Columns, error) {
	out := map[string]Columns{}
	if len(keys) == 0 {
		return out, nil
	}
	where, args := byKeys(table, keys)
	images, err := t.images(ctx, Watch{Table: table, Where: where, Args: args})
	for _, i := range images {
		out[i.Key] = i.Columns
	}
	return out, err
}
