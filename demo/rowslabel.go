package demo

import "strings"

// labels counts how often each keyword and category is used and in which
// order keywords first appear, which is their id.
func (r *Registry) labels(of func(*crate) []string) (order []string, ids map[string]int64, count map[string]int64, first map[string]instant) {
	ids, count, first = map[string]int64{}, map[string]int64{}, map[string]instant{}
	for i := range r.crates {
		c := &r.crates[i]
		if len(c.version) == 0 {
			continue
		}
		for _, k := range of(c) {
			k = strings.ToLower(k)
			if _, ok := ids[k]; !ok {
				order = append(order, k)
				ids[k] = int64(len(order))
				first[k] = c.created
			}
			count[k]++
		}
	}
	return order, ids, count, first
}

func (r *Registry) writeKeywords(w *rows) {
	order, ids, count, first := r.labels(r.keywords)
	for _, k := range order {
		w.int(ids[k])
		w.text(k)
		w.int(count[k])
		w.time(first[k])
		w.end()
	}
	w.int(int64(len(order) + 1)) // the registry keeps keywords that nobody uses any more
	w.text("forgotten")
	w.int(0)
	w.time(r.ago(7 * year))
	w.end()
}

func (r *Registry) writeCrateKeywords(w *rows) {
	_, ids, _, _ := r.labels(r.keywords)
	r.writeLinks(w, ids, r.keywords)
}

func (r *Registry) writeLinks(w *rows, ids map[string]int64, of func(*crate) []string) {
	for i := range r.crates {
		c := &r.crates[i]
		if len(c.version) == 0 {
			continue
		}
		for _, k := range of(c) {
			w.int(int64(c.id))
			w.int(ids[strings.ToLower(k)])
			if !w.end() {
				return
			}
		}
	}
}

func (r *Registry) writeCategories(w *rows) {
	_, _, count, _ := r.labels(r.categories)
	for i, c := range categories {
		w.int(int64(i + 1))
		w.text(c[1])
		w.text(c[0])
		w.text("Crates about " + strings.ToLower(strings.ReplaceAll(c[1], "::", ", ")) + ".")
		w.int(count[c[0]])
		w.time(r.ago(registrySpan))
		w.text("root." + strings.NewReplacer("-", "_", "::", ".").Replace(c[0]))
		w.end()
	}
}

func (r *Registry) writeCrateCategories(w *rows) {
	ids := map[string]int64{}
	for i, c := range categories {
		ids[c[0]] = int64(i + 1)
	}
	r.writeLinks(w, ids, r.categories)
}
