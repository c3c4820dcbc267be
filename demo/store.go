package demo

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"cratewarden/blob"
	"cratewarden/registry/files"
)

// IndexAllUpTo is the largest registry for which Store writes an index file
// for every crate; beyond it only crates with archives get one.
const IndexAllUpTo = 20_000

// storeWorkers write at the same time.
const storeWorkers = 8

// Store writes the objects of the registry under the contract's keys: archives
// and rendered READMEs into static, index files into index (without pubtime,
// as a registry without INDEX_INCLUDE_PUBTIME does). Objects that are there
// are replaced. Previews and feeds are not made.
func (r *Registry) Store(ctx context.Context, static, index blob.Store) error {
	if r.trouble != nil {
		return r.trouble
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(storeWorkers)
	put := func(store blob.Store, o files.Object, body []byte) {
		group.Go(func() error {
			opts := o.PutOptions(true)
			opts.Overwrite = true
			return store.Put(ctx, o.Key, bytes.NewReader(body), opts)
		})
	}
	for i := range r.crates {
		c := &r.crates[i]
		if ctx.Err() != nil {
			break
		}
		for _, v := range c.version {
			if p := r.packages[v]; p != nil {
				num := r.versions[v].num.String()
				put(static, files.CrateObject(c.name, num), p.Archive)
				if len(p.ReadmeHTML) > 0 {
					put(static, files.ReadmeObject(c.name, num), p.ReadmeHTML)
				}
			}
		}
		if c.packed || len(r.crates) <= IndexAllUpTo {
			put(index, files.IndexObject(c.name), r.IndexFile(c.name))
		}
		if i%200 == 199 {
			r.opts.Progress(Event{Step: "files", Done: int64(i + 1), Total: int64(len(r.crates))})
		}
	}
	return group.Wait()
}

// IndexFile is the sparse index file of a crate, nil for a name nobody has.
func (r *Registry) IndexFile(name string) []byte {
	i := r.index(name)
	if i < 0 || len(r.crates[i].version) == 0 {
		return nil
	}
	c := &r.crates[i]
	order := slices.Clone(c.version)
	slices.SortStableFunc(order, func(a, b int32) int {
		x, y := &r.versions[a], &r.versions[b]
		if x.at != y.at {
			return int(max(min(x.at-y.at, 1), -1))
		}
		return strings.Compare(string(x.num.order()), string(y.num.order()))
	})
	lines := make([]files.Line, len(order))
	for n, v := range order {
		lines[n] = r.line(c, v)
	}
	return files.EncodeIndex(lines)
}

func (r *Registry) line(c *crate, index int32) files.Line {
	v := &r.versions[index]
	deps := r.dependencies(v)
	sum := r.facts(index).sum
	facts := files.VersionFacts{
		Num: v.num.String(), SHA256: sum[:], Features: r.features(v, deps), Yanked: v.yanked,
		Links: absent(linksKey(c)), RustVersion: absent(r.rustVersionOf(c, v)), CreatedAt: v.at.time(),
	}
	out := make([]files.DependencyFacts, len(deps))
	for i := range deps {
		dep := &deps[i]
		out[i] = files.DependencyFacts{
			Crate: r.crates[dep.crate].name, ExplicitName: absent(dep.rename), Req: dep.req, Features: dep.features,
			Optional: dep.optional, DefaultFeatures: !dep.noDefault, Target: absent(dep.target), Kind: dep.kind,
		}
	}
	return files.BuildLine(c.name, facts, out)
}

func absent(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// PackedCrates lists the names of the crates that have real archives, in the
// order of their creation.
func (r *Registry) PackedCrates() []string {
	var out []string
	for i := range r.crates {
		if r.crates[i].packed {
			out = append(out, r.crates[i].name)
		}
	}
	return out
}
