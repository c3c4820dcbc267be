package demo

import (
	"crypto/sha256"
	"encoding/json"
	"hash"
	"io"
	"strings"
)

// table is one table of the registry and how to write its rows.
type table struct {
	name    string
	columns string
	write   func(r *Registry, w *rows)
}

// tables lists all in an order in which every row comes after those it refers
// to, but for keywords, which come before crates: the search vector of a crate
// is made from them.
func tables() []table {
	return append(append([]table{
		{"categories", "id, category, slug, description, crates_cnt, created_at, path", (*Registry).writeCategories},
		{"keywords", "id, keyword, crates_cnt, created_at", (*Registry).writeKeywords},
		{"crates_keywords", "crate_id, keyword_id", (*Registry).writeCrateKeywords},
		{"crates_categories", "crate_id, category_id", (*Registry).writeCrateCategories},
	}, peopleTables()...), append([]table{
		{"crates", "id, name, updated_at, created_at, description, homepage, documentation, readme, repository, max_upload_size, max_features, trustpub_only", (*Registry).writeCrates},
		{"versions", versionColumns, (*Registry).writeVersions},
		{"default_versions", "crate_id, version_id, num_versions", (*Registry).writeDefaults},
		{"dependencies", "id, version_id, crate_id, req, optional, default_features, features, target, kind, explicit_name", (*Registry).writeDependencies},
		{"version_downloads", "version_id, downloads, counted, date, processed", (*Registry).writeDownloads},
		{"crate_downloads", "crate_id, downloads", (*Registry).writeCrateDownloads},
		{"versions_published_by", "version_id, email", (*Registry).writePublishedBy},
		{"version_owner_actions", "id, version_id, user_id, api_token_id, action, time", (*Registry).writeActions},
	}, serviceTables()...)...)
}

// Digest is a SHA-256 over every row of every table and every archive. Equal
// options give equal digests.
func (r *Registry) Digest() []byte {
	sum := sha256.New()
	for _, t := range tables() {
		io.WriteString(sum, t.name)
		r.stream(t, sum, nil)
	}
	r.digestArchives(sum)
	return sum.Sum(nil)
}

func (r *Registry) digestArchives(sum hash.Hash) {
	for i := range r.versions {
		if p := r.packages[int32(i)]; p != nil {
			sum.Write(p.Archive)
			sum.Write(p.ReadmeHTML)
		}
	}
}

// stream writes all rows of a table and gives their number.
func (r *Registry) stream(t table, w io.Writer, tick func(int64)) (int64, error) {
	out := &rows{w: w, tick: tick}
	t.write(r, out)
	out.flush()
	return out.count, out.err
}

func (r *Registry) writeCrates(w *rows) {
	for i := range r.crates {
		c := &r.crates[i]
		if len(c.version) == 0 {
			continue
		}
		d := throw(c.draws, streamCrate, 2)
		newest := r.newest(c)
		w.int(int64(c.id))
		w.text(c.name)
		w.time(newest.at)
		w.time(c.created)
		w.text(r.describe(c))
		w.textOrNull(r.homepage(c))
		w.textOrNull(r.documentation(c))
		w.textOrNull(r.readmeOf(c))
		w.textOrNull(r.repository(c))
		upload, features := int64(0), int64(0)
		if d.chance(0.006) {
			upload = int64(d.between(12, 64)) << 20
		}
		if d.chance(0.004) {
			features = int64(d.between(400, 2000))
		}
		w.intOrNull(upload)
		w.intOrNull(features)
		w.bool(c.trusted.only)
		if !w.end() {
			return
		}
	}
}

func (w *rows) intOrNull(x int64) {
	if x == 0 {
		w.null()
		return
	}
	w.int(x)
}

func (r *Registry) homepage(c *crate) string {
	d := throw(c.draws, streamText, 6)
	if c.repo == "" || !d.chance(0.25) {
		return ""
	}
	return "https://" + strings.Trim(strings.ReplaceAll(c.base, "_", "-"), "-") + ".example/"
}

func (r *Registry) documentation(c *crate) string {
	d := throw(c.draws, streamText, 7)
	if !d.chance(0.4) {
		return ""
	}
	return "https://docs.example/" + c.name
}

// readmeOf is the README of the newest publish.
func (r *Registry) readmeOf(c *crate) string {
	if p := r.packages[c.version[len(c.version)-1]]; p != nil {
		return p.Readme
	}
	return r.readme(c)
}

const versionColumns = "id, crate_id, num, updated_at, created_at, downloads, features, yanked, license, crate_size, published_by, links, " +
	"rust_version, has_lib, bin_names, yank_message, num_no_build, edition, description, homepage, documentation, repository, categories, keywords, " +
	"linecounts, trustpub_data, lib_name, semver_ord_v2, tar_sha256, zip_sha256, zip_json_sha256"

func (r *Registry) writeVersions(w *rows) {
	for i := range r.versions {
		index := int32(i)
		v := &r.versions[i]
		c := &r.crates[v.crate]
		f := r.facts(index)
		w.id(index)
		w.int(int64(c.id))
		w.text(v.num.String())
		w.time(max(v.at, v.touched))
		w.time(v.at)
		w.int(v.downloads)
		w.text(string(f.features))
		w.bool(v.yanked)
		w.text(f.license)
		w.int(f.size)
		r.user(w, v.by)
		w.textOrNull(linksKey(c))
		w.textOrNull(r.rustVersionOf(c, v))
		if f.analysed {
			w.bool(f.lib != "")
			w.array(f.bins)
		} else {
			w.null()
			w.null()
		}
		if v.yanked {
			w.textOrNull(r.yankMessage(index))
		} else {
			w.null()
		}
		w.text(v.num.withoutBuild())
		w.textOrNull(f.edition)
		w.text(r.describe(c))
		w.textOrNull(r.homepage(c))
		w.textOrNull(r.documentation(c))
		w.textOrNull(r.repository(c))
		w.array(r.categories(c))
		w.array(r.keywords(c))
		w.textOrNull(string(f.lines))
		w.textOrNull(string(r.claims(index)))
		w.textOrNull(f.lib)
		w.bytes(v.num.order())
		w.bytes(f.sum[:])
		if f.zip != nil {
			w.bytes(f.zip[:32])
			w.bytes(f.zip[32:])
		} else {
			w.null()
			w.null()
		}
		if !w.end() {
			return
		}
	}
}

// facts are those of a version's archive, real or made up.
type facts struct {
	features []byte
	license  string
	edition  string
	size     int64
	analysed bool
	lib      string
	bins     []string
	lines    []byte
	sum      [32]byte
	zip      []byte // two hashes, nil if no zip was built
}

func (r *Registry) facts(index int32) facts {
	v := &r.versions[index]
	c := &r.crates[v.crate]
	features := r.features(v, r.dependencies(v))
	f := facts{features: []byte("{}")}
	if len(features) > 0 {
		f.features, _ = json.Marshal(features) // a map of string lists always can be written
	}
	d := r.throw(streamVersion, uint64(index))
	if p := r.packages[index]; p != nil {
		f.license, f.edition, f.size, f.sum = p.License, p.Edition, p.Size, p.SHA256
		f.analysed, f.lib, f.bins, f.lines = true, p.LibName, p.BinNames, p.LineCounts
		return f
	}
	f.license, f.edition = r.license(c), r.edition(v)
	f.size = int64(throwSkewed(c.draws, 9000, 1.1)) + int64(v.ord)*int64(40+d.below(200))
	copy(f.sum[:], d.bytes(32))
	if f.analysed = v.at > r.ago(2*year); f.analysed {
		f.lib = underscored(c.name)
		if strings.HasSuffix(c.name, "-cli") || strings.HasPrefix(c.name, "cargo-") {
			f.bins = []string{c.name}
		}
		f.lines = lineCounts(int(f.size)/90+1, int(f.size)/600)
	}
	return f
}

func throwSkewed(draws uint64, median, spread float64) float64 {
	d := throw(draws, streamArchive, 1)
	return min(max(d.skewed(median, spread), 600), 4<<20)
}

func lineCounts(code, comments int) []byte {
	type lang struct {
		Code     int `json:"code_lines"`
		Comments int `json:"comment_lines"`
		Files    int `json:"files"`
	}
	out, _ := json.Marshal(struct {
		Languages map[string]lang `json:"languages"`
		Code      int             `json:"total_code_lines"`
		Comments  int             `json:"total_comment_lines"`
	}{map[string]lang{"Rust": {code, comments, 1 + code/120}}, code, comments})
	return out
}

// rustVersionOf is what the manifest says; scripts say nothing.
func (r *Registry) rustVersionOf(c *crate, v *version) string {
	if c.script != nil {
		return ""
	}
	return r.rustVersion(v)
}

// user writes the id of an account by its index.
func (r *Registry) user(w *rows, person int32) {
	if person < 0 {
		w.null()
		return
	}
	w.int(int64(r.people[person].id))
}

func (r *Registry) writeDefaults(w *rows) {
	for i := range r.crates {
		if c := &r.crates[i]; len(c.version) > 0 {
			w.int(int64(c.id))
			w.id(r.best(c))
			w.int(int64(len(c.version)))
			w.end()
		}
	}
}
