package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"

	"cratewarden"
	"cratewarden/dossier"
)

// hostile has every sort of character that a terminal acts on, and bytes that
// are no UTF-8.
const hostile = "a\x1b[31mb\x07c\rd\u009b2Je\u202ef\u061cg\u200bh\u00adi\U000e0041j\u2028k\x7fl\xffm"

func TestNothingActsOnATerminal(t *testing.T) {
	t.Parallel()
	check := func(what, text string) {
		t.Helper()
		for _, r := range text {
			if acts(r) && r != '\n' && r != '\t' {
				t.Errorf("%s: %U in %q", what, r, text)
			}
		}
		if !strings.Contains(text, "m") {
			t.Errorf("%s: text is missing: %q", what, text)
		}
	}
	check("inert", inert(hostile))

	// A printing function that forgot, and the JSON that programs read.
	for _, asJSON := range []bool{false, true} {
		var out bytes.Buffer
		value := hostile
		err := show(env{stdout: &out}, asking{JSON: asJSON}, &value, func(w io.Writer, s *string) { say(w, "%s", *s) })
		if err != nil {
			t.Fatal(err)
		}
		check("output", out.String())
		var back string
		if asJSON && (json.Unmarshal(out.Bytes(), &back) != nil || back != strings.ToValidUTF8(hostile, "\ufffd")) {
			t.Errorf("JSON means something else now: %q", back)
		}
	}

	var complaint bytes.Buffer
	explain(errors.New(hostile), &complaint)
	explain(cratewarden.Errorf(cratewarden.Invalid, "%s", hostile), &complaint)
	check("error", complaint.String())
}

// Rows for another program go out as they are.
func TestCSVIsExact(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	rows := []dossier.VersionRow{{Crate: "zero\u200bwidth"}}
	if err := show(env{stdout: &out}, asking{}, &rows, func(w io.Writer, r *[]dossier.VersionRow) { printCSV(w, dossier.Page[dossier.VersionRow]{Rows: *r}) }); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "zero\u200bwidth") {
		t.Errorf("%q", out.String())
	}
}

// A full disk is a reason of its own, wherever it is met.
func TestFullDiskIsExplained(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if code := explain(cratewarden.Wrap(syscall.ENOSPC, cratewarden.Internal, "x"), &out); code != 6 || !strings.Contains(out.String(), "disk is full") {
		t.Errorf("code %d, %q", code, out.String())
	}
}
