package dossier

import (
	"bytes"
	"encoding/csv"
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

func TestRecordsMatchColumns(t *testing.T) {
	t.Parallel()
	for _, r := range []Recorder{VersionRow{}, PublishRow{}, DependentRow{}, OwnedCrate{}, Job{}, DeletedName{}, ReservedName{}, Token{}} {
		if len(r.Columns()) != len(r.Record()) {
			t.Errorf("%T: %d columns, %d cells", r, len(r.Columns()), len(r.Record()))
		}
	}
}
