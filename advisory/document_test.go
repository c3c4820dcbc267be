package advisory

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"cratewarden"
)

// Every form has a writer, every writer is among the forms.
func TestEveryFormIsWritten(t *testing.T) {
	t.Parallel()
	all := writers()
	for _, f := range Formats() {
		if all[f] == nil {
			t.Errorf("nobody writes %s", f)
		}
	}
	if len(all) != len(Formats()) {
		t.Errorf("%d writers for %d forms", len(all), len(Formats()))
	}
	_, err := Documents(august(), "telegram")
	var e *cratewarden.Error
	if !errors.As(err, &e) || e.Kind != cratewarden.Invalid {
		t.Errorf("an unknown form: %v", err)
	}
}

// The same sheet gives the same documents, in the order asked for, and is left
// as it was.
func TestDocumentsAreStable(t *testing.T) {
	t.Parallel()
	s := august()
	one, two := written(t, s), written(t, s)
	if !reflect.DeepEqual(one, two) {
		t.Error("two turns differ")
	}
	if !reflect.DeepEqual(s, august()) {
		t.Error("the sheet was changed")
	}
	docs := written(t, s, List, RustSec)
	if docs[0].Format != List || docs[1].Format != RustSec || len(docs) != 10 {
		t.Errorf("%d documents, %s first", len(docs), docs[0].Format)
	}
	paths := map[string]bool{}
	for _, d := range one {
		if key := string(d.Format) + " " + d.Path + " " + d.To; paths[key] || d.Path == "" || d.Text == "" || d.Type == "" {
			t.Errorf("%s is there twice or empty", key)
		} else {
			paths[key] = true
		}
	}
	var formats []Format
	for _, d := range one {
		if !slices.Contains(formats, d.Format) {
			formats = append(formats, d.Format)
		}
	}
	if !slices.IsSortedFunc(formats, func(a, b Format) int { return slices.Index(Formats(), a) - slices.Index(Formats(), b) }) {
		t.Errorf("order %v", formats)
	}
}
