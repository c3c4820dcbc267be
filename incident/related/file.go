package related

import (
	"context"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"cratewarden/mirror"
)

func hexOf(b []byte) string { return hex.EncodeToString(b) }

// compareFiles compares the code of what is ticked with that of crates that are
// only offered. Equal source files, byte for byte, are conduct: two strangers
// seldom write the same file. It reads a bounded number of archives, and when
// they make a tick, what follows from it is found too.
func (h *hunt) compareFiles(ctx context.Context, files Files) {
	var bad, offered []mirror.Version
	for _, n := range h.order {
		if n.kind != crateKind || len(bad)+len(offered) >= mostArchives {
			continue
		}
		versions := h.versions(n.id)
		if len(versions) == 0 {
			continue
		}
		if n.ticked && len(bad) < mostArchives/2 {
			bad = append(bad, versions[0])
		} else if !n.ticked && h.wholly(versions[0]) {
			offered = append(offered, versions[0])
		}
	}
	if len(offered) == 0 || len(bad) == 0 {
		return
	}
	ctx, stop := context.WithTimeout(ctx, archivesWithin)
	defer stop()
	code := h.code(ctx, files, append(slices.Clone(bad), offered...))
	for _, o := range offered {
		for _, b := range bad {
			same := equal(code[b.ID], code[o.ID])
			n := h.nodes[key{crateKind, o.CrateID}]
			if len(same) == 0 || n.ticked || h.together(b.CrateID, o.CrateID) && !h.judgedBad(o) {
				continue
			}
			r := conduct("equal-files", strong, fmt.Sprintf("%s is the same, byte for byte, in %s %s.", strings.Join(same, ", "), h.crateName(b.CrateID), b.Num), fact("equal files", len(same)))
			n.conduct, n.weight = append(n.conduct, r), n.weight+r.Weight
			h.tick(n)
		}
	}
	h.run()
}

// judgedBad says whether a crate of the same account has another mark; without
// one, equal files are what one author's crates have anyway.
func (h *hunt) judgedBad(v mirror.Version) bool {
	return h.nodes[key{crateKind, v.CrateID}].weight > 0
}

// code reads the source files of versions, four at a time.
func (h *hunt) code(ctx context.Context, files Files, list []mirror.Version) map[int32]map[string]string {
	var lock sync.Mutex
	var all sync.WaitGroup
	slots := make(chan struct{}, 4)
	out := map[int32]map[string]string{}
	for _, v := range list {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			found := files(ctx, h.crateName(v.CrateID), v.Num)
			lock.Lock()
			defer lock.Unlock()
			out[v.ID] = found
		})
	}
	all.Wait()
	return out
}

// equal gives the paths in b of source files that a has too.
func equal(a, b map[string]string) (same []string) {
	has := map[string]bool{}
	for name, sum := range a {
		if path.Ext(name) == ".rs" {
			has[sum] = true
		}
	}
	for name, sum := range b {
		if path.Ext(name) == ".rs" && has[sum] {
			same = append(same, name)
		}
	}
	slices.Sort(same)
	return same[:min(len(same), 5)]
}
