package cratewarden

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// documents gives what people read, by path.
func documents(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, path := range append(paths, "README.md", "ARCHITECTURE.md") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[path] = string(text)
	}
	return all
}

var (
	testFunc  = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	testNamed = regexp.MustCompile(`\b(?:Test|Fuzz|Benchmark)[A-Z]\w*`)
	link      = regexp.MustCompile(`\]\(([^)]+)\)`)
)

// A measure whose test is gone is a claim.
func TestDocsNameRealTests(t *testing.T) {
	t.Parallel()
	there := map[string]bool{}
	for _, pattern := range []string{"*_test.go", "*/*_test.go", "*/*/*_test.go"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range testFunc.FindAllStringSubmatch(string(text), -1) {
				there[found[1]] = true
			}
		}
	}
	named := 0
	for path, text := range documents(t) {
		for _, name := range testNamed.FindAllString(text, -1) {
			named++
			if !there[name] {
				t.Errorf("%s names %s, which there is not", path, name)
			}
		}
	}
	if named < 100 {
		t.Errorf("only %d tests are named: the search is wrong", named)
	}
}

// Links of documents lead to files that are there.
func TestDocsLinkToWhatIsThere(t *testing.T) {
	t.Parallel()
	for path, text := range documents(t) {
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			target, _, _ := strings.Cut(found[1], "#")
			if target == "" || strings.Contains(target, "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), target)); err != nil {
				t.Errorf("%s links to %s, which is not there", path, target)
			}
		}
	}
}
