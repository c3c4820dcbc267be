package cratewarden

import (
	"bufio"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// layers is the layout of ARCHITECTURE.md: a package imports only packages of
// lower layers, and never a sibling of its own. A family, a folder with its
// sub-folders, shares a layer and may import within itself.
func layers() map[string]int {
	return map[string]int{
		"":           0,
		"pg":         1,
		"blob":       1,
		"ledger":     1,
		"telemetry":  1,
		"archive":    1,
		"provenance": 1,
		"access":     1,
		"team":       1,
		"door":       1,
		"blast":      1,
		"advisory":   1,
		"registry":   2,
		"console":    2,
		"notify":     2,
		"mirror":     3,
		"demo":       3,
		"evidence":   3,
		"dossier":    4,
		"action":     4,
		"opening":    5,
		"incident":   5,
		"auth":       6,
		"jobs":       6,
		"web":        7,
		"api":        7,
		"cmd":        8,
	}
}

// family is the first folder of a package of ours, and whether it is ours.
func family(path string) (string, bool) {
	if path == "cratewarden" {
		return "", true
	}
	rest, ours := strings.CutPrefix(path, "cratewarden/")
	first, _, _ := strings.Cut(rest, "/")
	return first, ours
}

func TestImportsPointOneWay(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	table := layers()
	lines := bufio.NewScanner(strings.NewReader(string(out)))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		from, _ := family(fields[0])
		layer, known := table[from]
		if !known {
			t.Errorf("package %s has no layer: give it one here and in ARCHITECTURE.md", fields[0])
			continue
		}
		for _, imported := range fields[1:] {
			to, ours := family(imported)
			if !ours || to == from {
				continue
			}
			if table[to] >= layer {
				t.Errorf("%s (layer %d) imports %s (layer %d)", fields[0], layer, imported, table[to])
			}
		}
	}
}

// goFiles gives the program's own source files, tests left out.
func goFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != ".") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Small files and small functions are what lets a tired person find the line
// that matters; the bounds are those of the house style.
func TestFilesAndFunctionsStaySmall(t *testing.T) {
	t.Parallel()
	var fileLines, funcLines []int
	set := token.NewFileSet()
	for _, path := range goFiles(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		n := strings.Count(string(text), "\n")
		fileLines = append(fileLines, n)
		if n > 400 {
			t.Errorf("%s has %d lines, above 400", path, n)
		}
		file, err := parser.ParseFile(set, path, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			n := set.Position(fn.End()).Line - set.Position(fn.Pos()).Line + 1
			funcLines = append(funcLines, n)
			if n > 80 {
				t.Errorf("%s: function %s has %d lines, above 80", path, fn.Name.Name, n)
			}
		}
	}
	if m := median(fileLines); m > 130 {
		t.Errorf("median file has %d lines, above 130", m)
	}
	if m := median(funcLines); m > 15 {
		t.Errorf("median function has %d lines, above 15", m)
	}
}

func median(ns []int) int {
	slices.Sort(ns)
	return ns[len(ns)/2]
}

// Every package says in its first sentence what it is.
func TestEveryPackageIntroducesItself(t *testing.T) {
	t.Parallel()
	documented := map[string]bool{}
	set := token.NewFileSet()
	for _, path := range goFiles(t) {
		dir := filepath.Dir(path)
		file, err := parser.ParseFile(set, path, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		documented[dir] = documented[dir] || file.Doc != nil && len(file.Doc.Text()) > 120
	}
	for dir, ok := range documented {
		if !ok {
			t.Errorf("package %s has no opening paragraph", dir)
		}
	}
}

// Nothing throws a log away, and every package that can log has its tests run
// by logtest.Main: what runs under test writes to a log that fails the test, or
// the package, when a line leads to a person or holds a secret.
func TestTestsReadTheirLogs(t *testing.T) {
	t.Parallel()
	tested, watched := map[string]bool{}, map[string]bool{"cratewarden/telemetry/logtest": true}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || path == "layout_test.go" {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(text), "DiscardHandler") {
			t.Errorf("%s discards a log; take slog.Default, or in tests telemetry/logtest's", path)
		}
		if strings.HasSuffix(path, "_test.go") {
			pkg := filepath.ToSlash(filepath.Join("cratewarden", filepath.Dir(path)))
			tested[pkg] = true
			watched[pkg] = watched[pkg] || strings.Contains(string(text), "logtest.Main(")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg, logs := range packagesThatLog(t) {
		if logs && tested[pkg] && !watched[pkg] {
			t.Errorf("the tests of %s are not run by logtest.Main, so nobody reads what they log", pkg)
		}
	}
}

// packagesThatLog says which packages of ours use a log, directly or through
// others.
func packagesThatLog(t *testing.T) map[string]bool {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Deps " "}}`, "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	logs := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		logs[fields[0]] = slices.Contains(fields[1:], "log/slog")
	}
	return logs
}
