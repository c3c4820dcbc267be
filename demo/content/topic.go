package content

// theme is what distinguishes the crates of one topic.
type theme struct {
	folder string
	// about are descriptions to choose from.
	about []string
	// types are names of the main type, nouns of the smaller modules.
	types, nouns []string
	// usage shows the main type in the README and in the crate's doc comment.
	usage string
}

// themeOf gives the theme of a topic; AnyTopic must be resolved before.
func themeOf(t Topic) theme {
	all := []theme{
		{"parser", []string{"A small parser without dependencies", "Fast tokens and trees for configuration languages"}, []string{"Token", "Lexeme", "Piece"},
			[]string{"span", "rule", "scope", "operator", "literal", "cursor", "position", "keyword", "comment"}, "let kinds: Vec<_> = @lib@::lexer::Lexer::new(\"a + 1\").collect();\nassert_eq!(kinds.len(), 3);"},
		{"cache", []string{"A bounded cache that forgets what was used longest ago", "In-memory caching with expiry"}, []string{"Cache", "LruCache", "Shelf"},
			[]string{"entry", "policy", "shard", "weight", "eviction", "region", "snapshot", "metric", "tier"}, "let mut cache = @lib@::@Type@::with_capacity(2);\ncache.insert(\"a\", 1);\nassert_eq!(cache.get(&\"a\"), Some(&1));"},
		{"http", []string{"Build HTTP requests without a runtime", "A plain HTTP client core: requests, retries, nothing else"}, []string{"Request", "Call", "Outgoing"},
			[]string{"header", "status", "cookie", "endpoint", "proxy", "redirect", "scheme", "session", "encoding"}, "let request = @lib@::@Type@::get(\"example.invalid\", \"/\");\nassert!(request.head().starts_with(\"GET / \"));"},
		{"math", []string{"Vectors and running statistics", "Small linear algebra for games and plots"}, []string{"Vec3", "Vector", "Point3"},
			[]string{"matrix", "axis", "angle", "bound", "sample", "curve", "interval", "weight", "basis"}, "let v = @lib@::@Type@::new(3.0, 4.0, 0.0);\nassert_eq!(v.norm_squared(), 25.0);"},
		{"collections", []string{"Ring buffers and interned strings", "Collections that the standard library leaves out"}, []string{"Ring", "RingBuffer", "Recent"},
			[]string{"slot", "bucket", "handle", "arena", "chunk", "index", "drain", "page", "segment"}, "let mut ring = @lib@::@Type@::new(2);\nring.extend([1, 2, 3]);\nassert_eq!(ring.newest(), Some(&3));"},
		{"cli", []string{"Read command line arguments and print tables", "A tiny toolkit for command line programs"}, []string{"Args", "Arguments", "CommandLine"},
			[]string{"command", "option", "prompt", "colour", "theme", "column", "signal", "pager", "shell"}, "let args = @lib@::@Type@::parse([\"--quiet\", \"file\"]).unwrap();\nassert!(args.has(\"quiet\"));"},
		{"digest", []string{"Checksums and hexadecimal", "Streaming checksums with a plain interface"}, []string{"Adler", "Rolling", "Checksum"},
			[]string{"block", "round", "lane", "digest", "nonce", "schedule", "algorithm", "padding", "key"}, "let sum = @lib@::@Type@::of(b\"abc\");\nassert_ne!(sum, @lib@::@Type@::of(b\"abd\"));"},
		{"async", []string{"Limit how many tasks run at once", "Small tools for futures, for any runtime"}, []string{"Gate", "Turnstile", "Limiter"},
			[]string{"task", "waker", "timer", "channel", "lease", "slot", "queue", "budget", "state"}, "let gate = @lib@::@Type@::new(4);\nlet waiting = gate.enter();\ndrop(waiting);"},
		{"serde", []string{"Flatten nested documents into paths", "Helpers for moving values between formats"}, []string{"Flat", "Flattened", "Leaves"},
			[]string{"field", "schema", "format", "visitor", "variant", "path", "number", "record", "encoding"}, "let flat = @lib@::@Type@::default();\nassert_eq!(flat.paths().count(), 0);"},
		{"embedded", []string{"A driver for a family of sensors", "Register access for small devices, without allocation"}, []string{"Device", "Sensor", "Driver"},
			[]string{"register", "channel", "range", "gain", "mode", "interrupt", "rate", "power", "filter"}, "use @lib@::register::Field;\nconst MODE: Field = Field::new(3, 0, 2);\nassert_eq!(MODE.width, 2);"},
		{"macro", []string{"Macros that save typing", "Declarative macros for collections and names"}, []string{"Names", "NameList", "Known"},
			[]string{"token", "pattern", "repeat", "capture", "group", "hygiene", "label", "branch", "literal"}, "let pairs = @lib@::pairs! { \"b\" => 2, \"a\" => 1 };\nassert_eq!(pairs[0], (\"a\", 1));"},
		{"text", []string{"Wrap text and make slugs", "Plain text for terminals and addresses"}, []string{"Wrapper", "Filler", "Breaker"},
			[]string{"line", "word", "margin", "script", "break", "width", "glyph", "paragraph", "quote"}, "let lines = @lib@::@Type@::default().width(10).wrap(\"some words to wrap\");\nassert!(lines.len() > 1);"},
		{"logging", []string{"Write log records that cannot be forged", "A small logger with levels"}, []string{"Logger", "Writer", "Sink"},
			[]string{"target", "filter", "format", "field", "span", "rotation", "appender", "source", "context"}, "let mut log = @lib@::@Type@::new(Vec::new(), @lib@::record::Level::Info);\nlog.log(@lib@::record::Level::Warn, \"careful\").unwrap();"},
	}
	return all[int(t-Parser)%len(all)]
}

const topics = int(Logging-Parser) + 1

// commonNouns name modules when a topic's own words run out.
func commonNouns() []string {
	return []string{"batch", "config", "event", "limit", "origin", "report", "stage", "stamp", "store", "summary", "tally", "trace", "unit", "version", "window", "zone", "layer", "marker", "order", "profile"}
}

// qualities name variants, fields and entries.
func qualities() []string {
	return []string{"Active", "Binary", "Compact", "Deferred", "Exact", "Fixed", "Greedy", "Hidden", "Inline", "Joined", "Kept", "Lazy", "Manual", "Nested", "Open", "Partial", "Quick", "Relaxed", "Strict", "Tagged", "Unique", "Verbose", "Weak"}
}
