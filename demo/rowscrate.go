package demo

func (r *Registry) writeDependencies(w *rows) {
	id := int64(0)
	for i := range r.versions {
		v := &r.versions[i]
		for _, dep := range r.dependencies(v) {
			id++
			w.int(id)
			w.id(int32(i))
			w.int(int64(r.crates[dep.crate].id))
			w.raw(dep.req)
			w.bool(dep.optional)
			w.bool(!dep.noDefault)
			w.array(dep.features)
			w.textOrNull(dep.target)
			w.int(int64(dep.kind))
			w.textOrNull(dep.rename)
			if !w.end() {
				return
			}
		}
	}
}

// writeDownloads writes the last 90 days. Only today is still open, and of it
// the counting job has seen a part.
func (r *Registry) writeDownloads(w *rows) {
	today := r.now.midnight()
	for i := range r.versions {
		for n, x := range r.daily(int32(i), &r.crates[r.versions[i].crate]) {
			if x == 0 {
				continue
			}
			open := n == window-1
			w.id(int32(i))
			w.int(int64(x))
			if open {
				w.int(int64(x) * 4 / 5)
			} else {
				w.int(int64(x))
			}
			w.date(today - instant(window-1-n)*day)
			w.bool(!open && n < window-2)
			if !w.end() {
				return
			}
		}
	}
}

func (r *Registry) writeCrateDownloads(w *rows) {
	for i := range r.crates {
		if c := &r.crates[i]; len(c.version) > 0 {
			w.int(int64(c.id))
			w.int(c.total)
			w.end()
		}
	}
}

func (r *Registry) writePublishedBy(w *rows) {
	for i := range r.versions {
		v := &r.versions[i]
		if v.by < 0 || v.at < r.ago(auditKept) {
			continue
		}
		w.id(int32(i))
		w.text(r.people[v.by].mail)
		if !w.end() {
			return
		}
	}
}

func (r *Registry) writeActions(w *rows) {
	for i, a := range r.actions {
		w.int(int64(i + 1))
		w.id(a.version)
		r.user(w, a.user)
		if a.token < 0 {
			w.null()
		} else {
			w.int(int64(r.tokens[a.token].id))
		}
		w.int(int64(a.kind))
		w.time(a.at)
		if !w.end() {
			return
		}
	}
}

// The categories, in our own words.
var categories = [][2]string{
	{"algorithms", "Algorithms"}, {"asynchronous", "Asynchronous"}, {"authentication", "Authentication"}, {"caching", "Caching"},
	{"command-line-interface", "Command line interface"}, {"command-line-utilities", "Command line utilities"}, {"compression", "Compression"},
	{"concurrency", "Concurrency"}, {"config", "Configuration"}, {"cryptography", "Cryptography"}, {"data-structures", "Data structures"},
	{"database", "Database interfaces"}, {"database-implementations", "Database implementations"}, {"date-and-time", "Date and time"},
	{"development-tools", "Development tools"}, {"development-tools::build-utils", "Development tools::Build utilities"},
	{"development-tools::debugging", "Development tools::Debugging"}, {"development-tools::procedural-macro-helpers", "Development tools::Procedural macro helpers"},
	{"development-tools::profiling", "Development tools::Profiling"}, {"development-tools::testing", "Development tools::Testing"},
	{"embedded", "Embedded development"}, {"encoding", "Encoding"}, {"external-ffi-bindings", "External FFI bindings"}, {"filesystem", "Filesystem"},
	{"game-development", "Game development"}, {"game-engines", "Game engines"}, {"graphics", "Graphics"}, {"gui", "GUI"},
	{"hardware-support", "Hardware support"}, {"internationalization", "Internationalization"}, {"mathematics", "Mathematics"},
	{"memory-management", "Memory management"}, {"multimedia", "Multimedia"}, {"multimedia::audio", "Multimedia::Audio"},
	{"multimedia::images", "Multimedia::Images"}, {"network-programming", "Network programming"}, {"no-std", "No standard library"},
	{"os", "Operating systems"}, {"parser-implementations", "Parser implementations"}, {"parsing", "Parser tooling"},
	{"rendering", "Rendering"}, {"rendering::engine", "Rendering::Rendering engine"}, {"rust-patterns", "Rust patterns"}, {"science", "Science"},
	{"template-engine", "Template engine"}, {"text-processing", "Text processing"}, {"wasm", "WebAssembly"}, {"web-programming", "Web programming"},
	{"web-programming::http-client", "Web programming::HTTP client"}, {"web-programming::http-server", "Web programming::HTTP server"},
}
