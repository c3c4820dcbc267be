package demo

import (
	_ "embed"
	"strings"

	"cratewarden/demo/content"
)

//go:embed words/stems.txt
var stemText string

//go:embed words/people.txt
var forenameText string

//go:embed words/surnames.txt
var surnameText string

//go:embed words/hubs.txt
var hubText string

// hub is a crate that everybody builds on, named by hand.
type hub struct{ name, theme, description, owner string }

// vocabulary is every list of words that names and texts are put together
// from, parsed once for each registry.
type vocabulary struct {
	stems, forenames, surnames []string
	hubs                       []hub
	themes                     []theme
	byKey                      map[string]int
}

func readVocabulary() *vocabulary {
	v := &vocabulary{
		stems: strings.Fields(stemText), forenames: strings.Fields(forenameText), surnames: strings.Fields(surnameText),
		themes: themes(), byKey: map[string]int{},
	}
	for i, t := range v.themes {
		v.byKey[t.key] = i
	}
	for line := range strings.Lines(hubText) {
		f := strings.Split(strings.TrimSpace(line), "|")
		v.hubs = append(v.hubs, hub{f[0], f[1], f[2], f[3]})
	}
	return v
}

// theme is what a crate is about: it gives the nouns of its name, the words of
// its texts, its categories, and the kind of sources in its archive.
type theme struct {
	key        string
	nouns      []string
	keywords   []string
	categories []string
	verbs      []string // "for parsing", "that parses" …
	objects    []string
	topic      content.Topic
	kind       content.Kind
}

func row(s string) []string   { return strings.Fields(s) }
func parts(s string) []string { return strings.Split(s, "|") }

func themes() []theme {
	return append([]theme{
		{"serde", row("codec schema yaml csv record packer wire cbor plist toml rows fields document format packet frame"),
			row("serde serialization json format codec encoding parser no_std"), row("encoding parser-implementations data-structures"),
			parts("reading|writing|converting|checking|streaming"), parts("structured documents|configuration files|wire formats|table rows|tagged records"), content.SerdeHelper, content.Library},
		{"macro", row("derive macros builder getters visitor enumset newtype delegate attrs quote"),
			row("macro derive proc-macro codegen attribute"), row("development-tools::procedural-macro-helpers rust-patterns"),
			parts("deriving|generating|delegating|spelling out"), parts("builders|getters and setters|visitor code|newtype wrappers|trait forwarding"), content.Macro, content.ProcMacro},
		{"async", row("runtime executor channel stream task queue timer actor pool waker spawn retry"),
			row("async futures concurrency lock-free channel executor"), row("asynchronous concurrency"),
			parts("scheduling|joining|cancelling|retrying|bounding"), parts("asynchronous tasks|bounded channels|timers|worker pools|back-pressure"), content.AsyncUtil, content.Library},
		{"network", row("http client server proxy router socket dns smtp mqtt gateway webhook session cookie header"),
			row("http network client server proxy web api"), row("network-programming web-programming::http-client web-programming::http-server web-programming"),
			parts("calling|serving|routing|proxying|caching"), parts("HTTP services|web hooks|name lookups|mail servers|message brokers"), content.HTTPClient, content.Library},
		{"crypto", row("hash cipher digest keyring signer vault sealed nonce mac secret token cert"),
			row("crypto hash digest signature encryption security no_std"), row("cryptography authentication no-std"),
			parts("hashing|signing|sealing|verifying|deriving"), parts("messages|keys|tokens|certificates|password files"), content.Digest, content.Library},
		{"data", row("map set tree heap arena cache ring trie graph bitmap slab bloom deque index store"),
			row("collections data-structure cache arena tree memory performance"), row("data-structures caching memory-management no-std"),
			parts("storing|indexing|caching|sharing|packing"), parts("small keys|sorted ranges|graph nodes|short strings|sparse sets"), content.Collections, content.Library},
		{"text", row("text lexer parser diff markdown template slug unicode wrap glob tokens grammar regex"),
			row("text parser unicode string markdown template lexer"), row("text-processing parsing internationalization"),
			parts("parsing|wrapping|comparing|searching|rendering"), parts("plain text|markdown|templates|log lines|source code"), content.Text, content.Library},
	}, moreThemes()...)
}

func moreThemes() []theme {
	return []theme{
		{"math", row("math stats matrix vector geometry fft bigint rational random units interval curve"),
			row("math numeric statistics geometry linear-algebra random"), row("mathematics science algorithms"),
			parts("computing|estimating|sampling|rounding|fitting"), parts("matrices|distributions|units of measure|curves|exact fractions"), content.Math, content.Library},
		{"log", row("log trace metrics logger report audit journal probe telemetry"),
			row("logging tracing metrics telemetry diagnostics"), row("development-tools::debugging development-tools::profiling"),
			parts("recording|filtering|shipping|formatting|counting"), parts("log events|spans|metrics|audit records|crash reports"), content.Logging, content.Library},
		{"cli", row("cli prompt term table progress shell menu args console pager tui"),
			row("cli terminal command-line tui console tool"), row("command-line-interface command-line-utilities"),
			parts("drawing|reading|completing|asking for|paging"), parts("terminal tables|prompts|progress bars|command lines|long output"), content.CommandLine, content.LibraryAndBinary},
		{"tool", row("build config env version release lint bench fixture snapshot mock testkit doctor"),
			row("build testing config tool ci development"), row("development-tools::build-utils development-tools::testing config development-tools"),
			parts("building|testing|configuring|comparing|releasing"), parts("workspaces|fixtures|environments|snapshots|release notes"), content.CommandLine, content.Library},
		{"file", row("archive zip tar walk watch tempdir blob backup sync path fs chunk"),
			row("filesystem archive compression file io backup"), row("filesystem compression"),
			parts("packing|watching|walking|chunking|syncing"), parts("folders|archives|large files|backups|temporary files"), content.Collections, content.Library},
		{"time", row("clock calendar cron duration schedule date stopwatch tz"),
			row("time date calendar cron scheduling"), row("date-and-time"),
			parts("parsing|scheduling|measuring|showing"), parts("dates|cron lines|durations|calendars"), content.Text, content.Library},
		{"sys", row("sys ffi bindings driver usb gpu alsa kernel"),
			row("ffi sys bindings os native"), row("external-ffi-bindings os hardware-support"),
			parts("calling|binding|wrapping"), parts("system libraries|device drivers|kernel interfaces"), content.Embedded, content.Library},
		{"embedded", row("hal sensor display modbus uart spi can pwm adc radio"),
			row("embedded hal no_std driver sensor hardware"), row("embedded hardware-support no-std"),
			parts("driving|reading|calibrating"), parts("sensors|small displays|field buses|radio modules"), content.Embedded, content.Library},
		{"game", row("sprite scene tile ecs voxel physics mesh shader camera level"),
			row("game ecs graphics physics rendering 3d"), row("game-development game-engines graphics rendering::engine"),
			parts("drawing|simulating|loading|animating"), parts("tile maps|sprites|rigid bodies|scenes"), content.Math, content.Library},
		{"media", row("audio image video wav jpeg pixel mixer midi font svg"),
			row("image audio codec graphics multimedia"), row("multimedia multimedia::audio multimedia::images"),
			parts("decoding|encoding|mixing|resizing"), parts("images|audio samples|fonts|vector drawings"), content.Parser, content.Library},
		{"db", row("sql migrate query pool orm kv ledger replica cursor rowset"),
			row("database sql query storage orm embedded"), row("database database-implementations"),
			parts("querying|migrating|pooling|replicating"), parts("relational databases|key-value stores|append-only ledgers"), content.Cache, content.Library},
		{"wasm", row("wasm dom canvas router widget signal view"),
			row("wasm web frontend dom ui"), row("wasm web-programming gui"),
			parts("rendering|updating|mounting"), parts("web pages|widgets|views in the browser"), content.AsyncUtil, content.Library},
	}
}
