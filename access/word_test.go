package access_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"cratewarden/access"
)

// Every action that the program writes into the ledger has words for people: those
// of literal entries, and of the functions that make entries with the action that
// they are given.
func TestEveryActionHasWords(t *testing.T) {
	t.Parallel()
	found := map[string]string{}
	takes := map[string]bool{"note": true, "keyNote": true, "refuse": true, "decide": true}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2) {
			return skipped(d, err)
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(text), "ledger.") && !strings.Contains(string(text), "refuse(") && !strings.Contains(string(text), "keyNote(") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, text, 0)
		if err != nil {
			return nil // somebody writes it just now
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CompositeLit:
				if sel, ok := n.Type.(*ast.SelectorExpr); ok && sel.Sel.Name == "Entry" {
					for _, x := range n.Elts {
						if kv, ok := x.(*ast.KeyValueExpr); ok && kv.Key.(*ast.Ident).Name == "Action" {
							gather(found, kv.Value, path)
						}
					}
				}
			case *ast.CallExpr:
				if sel, ok := n.Fun.(*ast.SelectorExpr); ok && takes[sel.Sel.Name] {
					for _, x := range n.Args {
						gather(found, x, path)
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 15 || found["session.step-up"] == "" || found["passkey.add"] == "" || found["plan.apply"] == "" {
		t.Fatalf("the search finds too little: %v", found)
	}
	for action, path := range found {
		if !access.Told(action) {
			t.Errorf("%s: the action %q has no words", path, action)
		}
	}
	for action, want := range map[string]string{"session.step-up": "Confirm with a passkey", "version.yank": "Yank a version", "incident.draft.made": "Incident: draft made", "follow.new_kind": "Work after a plan: new kind", "of.a-later_release": "of a later release"} {
		if got := access.Words(action); got != want {
			t.Errorf("%q is said %q, not %q", action, got, want)
		}
	}
}

func skipped(d fs.DirEntry, err error) error {
	if err == nil && d.IsDir() {
		return fs.SkipDir
	}
	return err
}

// gather keeps a literal that looks like an action.
func gather(found map[string]string, x ast.Expr, path string) {
	lit, ok := x.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return
	}
	text, err := strconv.Unquote(lit.Value)
	kind, rest, two := strings.Cut(text, ".")
	if err != nil || !two || kind == "" || rest == "" || strings.ContainsAny(text, " /:%\n") || strings.HasSuffix(text, ".") {
		return
	}
	if text != "follow." {
		found[text] = path
	}
}
