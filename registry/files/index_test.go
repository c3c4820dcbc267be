package files_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"cratewarden"
	"cratewarden/registry/files"
)

var update = flag.Bool("update", false, "write golden files anew")

func ptr[T any](v T) *T { return &v }

// sample is a crate whose three versions use every part of the format.
func sample() []files.Line {
	hash := bytes.Repeat([]byte{0xab}, 32)
	deps := []files.DependencyFacts{
		{Crate: "zeta", Req: "^1", DefaultFeatures: true},
		{Crate: "alpha", Req: "^2", Kind: 2, DefaultFeatures: true},
		{Crate: "alpha", Req: "^1", Kind: 0, Target: ptr(`cfg(target_os = "linux")`)},
		{Crate: "alpha", Req: "^1", Kind: 0},
		{Crate: "cc", Req: "^1.0", Kind: 1, Features: []string{"parallel"}, DefaultFeatures: true},
		{Crate: "serde", ExplicitName: ptr("_serde1"), Req: "^1.0.0", Optional: true, DefaultFeatures: true, Features: []string{"derive", "alloc"}},
	}
	at := time.Date(2026, 8, 20, 17, 5, 9, 987654321, time.FixedZone("", 7200))
	return []files.Line{
		files.BuildLine("Sample-crate", files.VersionFacts{Num: "0.1.0", SHA256: hash, Yanked: true, CreatedAt: at}, nil),
		files.BuildLine("Sample-crate", files.VersionFacts{
			Num: "0.2.0+build.5", SHA256: hash, Links: ptr("samp\"le<>&\u2028\x01\n"), RustVersion: ptr("1.70"), CreatedAt: at, WithPubTime: true,
			Features: map[string][]string{"std": {"alpha/std"}, "alloc": {}, "default": {"std"}},
		}, deps),
		files.BuildLine("Sample-crate", files.VersionFacts{
			Num: "0.3.0", SHA256: hash, Links: ptr(""),
			Features: map[string][]string{"full": {"one"}, "one": {"two"}, "two": {"serde"}, "serde": {"dep:_serde1"}, "weak": {"alpha?/std"}, "plain": {"alpha/std"}, "default": {"plain"}},
		}, deps),
	}
}

func TestEncodeGolden(t *testing.T) {
	t.Parallel()
	got := files.EncodeIndex(sample())
	const name = "testdata/sample.index"
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
}

// TestContractExample is the example line of contract storage-index.md.
func TestContractExample(t *testing.T) {
	t.Parallel()
	line := files.BuildLine("bar", files.VersionFacts{Num: "2.0.0", SHA256: make([]byte, 32)}, []files.DependencyFacts{{Crate: "foo", Req: ">=0"}})
	want := `{"name":"bar","vers":"2.0.0","deps":[{"name":"foo","req":">=0","features":[],"optional":false,"default_features":false,"target":null,"kind":"normal"}],"cksum":"` +
		strings.Repeat("0", 64) + `","features":{},"yanked":false}` + "\n"
	if got := string(files.EncodeIndex([]files.Line{line})); got != want {
		t.Errorf("got  %swant %s", got, want)
	}
	if got := files.EncodeIndex(nil); len(got) != 0 {
		t.Errorf("no versions give %q", got)
	}
}

func TestSplitFeatures(t *testing.T) {
	t.Parallel()
	line := sample()[2]
	if diff := cmp.Diff(map[string][]string{"plain": {"alpha/std"}, "default": {"plain"}}, line.Features); diff != "" {
		t.Error(diff)
	}
	if len(line.Features2) != 5 || line.V != 2 {
		t.Errorf("features2 = %v, v = %d", line.Features2, line.V)
	}
}

func TestSortDeps(t *testing.T) {
	t.Parallel()
	// In index order; each differs from the one before in the next part of
	// the key.
	want := []files.Dep{
		{Name: "a", Kind: "normal", Req: "^1"},
		{Name: "b", Kind: "normal", Req: "^1"},
		{Name: "b", Kind: "build", Req: "^1"},
		{Name: "b", Kind: "dev", Req: "^1"},
		{Name: "b", Kind: "dev", Req: "^2"},
		{Name: "b", Kind: "dev", Req: "^2", Optional: true},
		{Name: "b", Kind: "dev", Req: "^2", Optional: true, DefaultFeatures: true},
		{Name: "b", Kind: "dev", Req: "^2", Optional: true, DefaultFeatures: true, Target: ptr("t")},
		{Name: "b", Kind: "dev", Req: "^2", Optional: true, DefaultFeatures: true, Target: ptr("t"), Package: ptr("p")},
		{Name: "b", Kind: "dev", Req: "^2", Optional: true, DefaultFeatures: true, Target: ptr("t"), Package: ptr("p"), Features: []string{"x"}},
	}
	for range 20 {
		got := slices.Clone(want)
		rand.Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
		files.SortDeps(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	good := string(files.EncodeIndex(sample()[:1]))
	for _, c := range []struct {
		text   string
		limits files.Limits
		kind   cratewarden.Kind
		says   string
		lines  int
	}{
		{"", files.Limits{}, "", "", 0},
		{"\n  \r\n" + good + "\n", files.Limits{}, "", "", 1},
		{good + good + "null\n", files.Limits{}, cratewarden.Invalid, "Line 3", 2},
		{good + "{}", files.Limits{}, cratewarden.Invalid, "Line 2 of the index file is not an index line: the key name is missing", 1},
		{strings.Replace(good, `"name"`, `"NAME"`, 1), files.Limits{}, cratewarden.Invalid, "Line 1", 0},
		{strings.Replace(good, `"Sample-crate"`, `null`, 1), files.Limits{}, cratewarden.Invalid, "null", 0},
		{strings.Replace(good, `true`, `"yes"`, 1), files.Limits{}, cratewarden.Invalid, "yanked", 0},
		{strings.Replace(good, `[]`, `[3]`, 1), files.Limits{}, cratewarden.Invalid, "Line 1", 0},
		{good[:40], files.Limits{}, cratewarden.Invalid, "Line 1", 0},
		{strings.Repeat("[", 100000), files.Limits{}, cratewarden.Invalid, "Line 1", 0},
		{good + good, files.Limits{Lines: 1}, cratewarden.TooLarge, "1 versions", 1},
		{good + strings.Repeat(" ", 500), files.Limits{LineBytes: 400}, cratewarden.TooLarge, "Line 2", 1},
		{good + good, files.Limits{Bytes: int64(len(good)) + 5}, cratewarden.TooLarge, "longer than", 0},
		{good + good, files.Limits{Bytes: 2 * int64(len(good))}, "", "", 2},
	} {
		lines, err := files.ParseIndex(strings.NewReader(c.text), c.limits)
		if cratewarden.KindOf(err) != c.kind || len(lines) != c.lines || (err != nil && !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%.60q: %d lines, error %v; want %d, %s %q", c.text, len(lines), err, c.lines, c.kind, c.says)
		}
	}
}

func TestParseForeign(t *testing.T) {
	t.Parallel()
	text := `{"x":1,"vers":"1.0.0","name":"a","cksum":"00","features":null,"v":1,"deps":[{"name":"b","req":"*","kind":null,"registry":"r"}]}`
	lines, err := files.ParseIndex(strings.NewReader(text), files.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := []files.Line{{Name: "a", Vers: "1.0.0", Cksum: "00", V: 1, Unknown: []string{"x", "deps.registry"}, Deps: []files.Dep{{Name: "b", Req: "*", DefaultFeatures: true}}}}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
}

func TestCompareLine(t *testing.T) {
	t.Parallel()
	base := sample()[1]
	for field, change := range map[string]func(*files.Line){
		"name":          func(l *files.Line) { l.Name = "sample-crate" },
		"vers":          func(l *files.Line) { l.Vers = "0.2.0" },
		"deps.zeta":     func(l *files.Line) { l.Deps = l.Deps[:len(l.Deps)-1] },
		"deps._serde1":  func(l *files.Line) { l.Deps[0].Package = nil },
		"deps.cc":       func(l *files.Line) { l.Deps[4].Features = nil },
		"deps":          func(l *files.Line) { l.Deps[0], l.Deps[1] = l.Deps[1], l.Deps[0] },
		"cksum":         func(l *files.Line) { l.Cksum = strings.ToUpper(l.Cksum) },
		"features.std":  func(l *files.Line) { l.Features = map[string][]string{"alloc": {}, "default": {"std"}} },
		"features2.new": func(l *files.Line) { l.Features2 = map[string][]string{"new": nil} },
		"yanked":        func(l *files.Line) { l.Yanked = true },
		"links":         func(l *files.Line) { l.Links = nil },
		"rust_version":  func(l *files.Line) { l.RustVersion = ptr("1.71") },
		"pubtime":       func(l *files.Line) { l.PubTime = "" },
		"v":             func(l *files.Line) { l.V = 2 },
		"unknown keys":  func(l *files.Line) { l.Unknown = []string{"x"} },
	} {
		other := base
		other.Deps = slices.Clone(base.Deps)
		change(&other)
		got := files.CompareLine(base, other)
		if len(got) != 1 || got[0].Field != field {
			t.Errorf("a change of %s gives %v", field, got)
		}
		if back := files.CompareLine(other, base); len(back) != 1 || back[0].A != got[0].B || back[0].B != got[0].A {
			t.Errorf("%s the other way round gives %v", field, back)
		}
	}
	yanked := base
	yanked.Yanked = true
	got := files.CompareLine(base, yanked)[0].Sentence("the index", "the database")
	if got != "yanked: the index has false, the database has true" {
		t.Errorf("sentence %q", got)
	}
	if same := files.CompareLine(base, base); len(same) != 0 {
		t.Errorf("a line differs from itself: %v", same)
	}
}

func anyLine() *rapid.Generator[files.Line] {
	word := rapid.StringMatching(`[a-z_][a-z0-9_-]{0,8}`)
	text := rapid.String()
	return rapid.Custom(func(t *rapid.T) files.Line {
		dep := rapid.Custom(func(t *rapid.T) files.DependencyFacts {
			return files.DependencyFacts{
				Crate: word.Draw(t, "crate"), ExplicitName: rapid.Ptr(word, true).Draw(t, "rename"), Req: text.Draw(t, "req"),
				Features: rapid.SliceOfN(word, 0, 3).Draw(t, "dep features"), Optional: rapid.Bool().Draw(t, "optional"),
				DefaultFeatures: rapid.Bool().Draw(t, "default"), Target: rapid.Ptr(text, true).Draw(t, "target"), Kind: rapid.Int16Range(0, 2).Draw(t, "kind"),
			}
		})
		value := rapid.OneOf(word, rapid.Map(word, func(s string) string { return "dep:" + s }), rapid.Map(word, func(s string) string { return s + "?/x" }))
		return files.BuildLine(word.Draw(t, "name"), files.VersionFacts{
			Num: text.Draw(t, "num"), SHA256: rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "sum"), Yanked: rapid.Bool().Draw(t, "yanked"),
			Features: rapid.MapOfN(word, rapid.SliceOfN(value, 0, 3), 0, 6).Draw(t, "features"),
			Links:    rapid.Ptr(text, true).Draw(t, "links"), RustVersion: rapid.Ptr(text, true).Draw(t, "rust"),
			WithPubTime: rapid.Bool().Draw(t, "pubtime"), CreatedAt: time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "at"), 0),
		}, rapid.SliceOfN(dep, 0, 5).Draw(t, "deps"))
	})
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(anyLine(), 0, 4).Draw(t, "lines")
		encoded := files.EncodeIndex(lines)
		for text := range bytes.Lines(encoded) {
			if !json.Valid(text) || text[len(text)-1] != '\n' {
				t.Fatalf("not a JSON line: %q", text)
			}
		}
		parsed, err := files.ParseIndex(bytes.NewReader(encoded), files.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(lines, parsed, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
		if again := files.EncodeIndex(parsed); !bytes.Equal(encoded, again) {
			t.Fatalf("second encoding differs:\n%s\n%s", encoded, again)
		}
		for i := range lines {
			if d := files.CompareLine(lines[i], parsed[i]); len(d) != 0 {
				t.Fatal(d)
			}
		}
		for _, l := range lines {
			for _, values := range l.Features {
				for _, v := range values {
					if _, moved := l.Features2[v]; moved || strings.HasPrefix(v, "dep:") || strings.Contains(v, "?/") {
						t.Fatalf("%q is not closed: %v | %v", v, l.Features, l.Features2)
					}
				}
			}
		}
	})
}

func FuzzParseIndex(f *testing.F) {
	f.Add(files.EncodeIndex(sample()))
	f.Add([]byte(`{"name":"a","vers":"1","cksum":"","deps":[{"name":"b","req":""}],"features":{"x":null},"links":"` + "\xff" + `"}`))
	f.Add([]byte("\n{\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		lines, err := files.ParseIndex(bytes.NewReader(text), files.Limits{LineBytes: 4096, Bytes: 1 << 16, Lines: 100})
		if kind := cratewarden.KindOf(err); kind != "" && kind != cratewarden.Invalid && kind != cratewarden.TooLarge {
			t.Fatalf("kind %q: %v", kind, err)
		}
		encoded := files.EncodeIndex(lines)
		again, err := files.ParseIndex(bytes.NewReader(encoded), files.Limits{})
		if err != nil {
			t.Fatalf("own output is refused: %v\n%s", err, encoded)
		}
		if !bytes.Equal(files.EncodeIndex(again), encoded) {
			t.Fatalf("encoding is not stable:\n%s", encoded)
		}
	})
}
