package dossier

import (
	"bytes"
	"encoding/csv"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A crate named or described like a formula must open as text.
func TestCSVCellsAreInert(t *testing.T) {
	t.Parallel()
	rows := []DeletedName{{Name: "=HYPERLINK(0)", Message: "@sum\n\"quoted\", and more"}, {Name: "-2", Message: "\tx"}}
	var out bytes.Buffer
	if err := WriteCSV(&out, rows); err != nil {
		t.Fatal(err)
	}
	got, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got[1][0] != "'=HYPERLINK(0)" || got[1][4] != "'@sum\n\"quoted\", and more" || got[2][0] != "-2" || got[2][4] != "'\tx" {
		t.Errorf("cells = %q", got)
	}
}

// hostileCells are cells that some program would run, and how they must leave.
func hostileCells() map[string]string {
	return map[string]string{
		"": "", "serde": "serde", "1.0.0-beta": "1.0.0-beta", "-2": "-2", "-2.50": "-2.50", "a=b": "a=b", "a;b": "a;b", "'quoted": "'quoted",
		"=1+1": "'=1+1", "+1": "'+1", "-1+1": "'-1+1", "-Inf": "'-Inf", "-0x1p-2": "'-0x1p-2", "-": "'-", "-.5": "'-.5", "@SUM(A1)": "'@SUM(A1)",
		"\t=1": "'\t'=1", "\r=1": "'\r=1", "\n=1": "'\n=1", " =1": "' =1", "\u00a0=1": "'\u00a0=1", "\u200b=1": "'\u200b=1", "\ufeff=1": "'\ufeff=1",
		"＝1": "'＝1", "＠x": "'＠x", "=cmd|' /C calc'!A0": "'=cmd|' /C calc'!A0", "x;=1": "x;'=1", "x\t@y": "x\t'@y", "a;-b": "a;'-b",
	}
}

// Whatever a cell begins with, in every kind of row.
func TestHostileCells(t *testing.T) {
	t.Parallel()
	for cell, want := range hostileCells() {
		var out bytes.Buffer
		if err := WriteCSV(&out, []ReservedName{{Name: cell, Twin: "x"}}); err != nil {
			t.Fatal(err)
		}
		got, err := csv.NewReader(&out).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if want = strings.ReplaceAll(want, "\r\n", "\n"); got[1][0] != want {
			t.Errorf("%q left as %q, want %q", cell, got[1][0], want)
		}
	}
}

// No other file writes CSV: what WriteCSV makes harmless would not be there.
func TestOneWriterOfCSV(t *testing.T) {
	t.Parallel()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || path == filepath.Join("..", "dossier", "export.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), "csv.NewWriter") {
			t.Errorf("%s writes CSV past WriteCSV", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRecordsMatchColumns(t *testing.T) {
	t.Parallel()
	for _, r := range []Recorder{VersionRow{}, PublishRow{}, DependentRow{}, OwnedCrate{}, Job{}, DeletedName{}, ReservedName{}, Token{}} {
		if len(r.Columns()) != len(r.Record()) {
			t.Errorf("%T: %d columns, %d cells", r, len(r.Columns()), len(r.Record()))
		}
	}
}
