package dossier_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"cratewarden/dossier"
	"cratewarden/registry/files"
)

// heldBy answers as a console that holds these, and counts the questions.
func heldBy(asked *int, list ...dossier.Hold) func(*dossier.Config) {
	return func(c *dossier.Config) {
		c.Held = func(_ context.Context, crate string) (out []dossier.Hold, err error) {
			*asked++
			for _, h := range list {
				if crate == "" || crate == h.Crate {
					out = append(out, h)
				}
			}
			return out, nil
		}
	}
}

func TestHeldVersionsAreNotDamage(t *testing.T) {
	t.Parallel()
	asked := 0
	since := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	var id int32
	r := newCrateRig(t, nil)
	for _, v := range r.crate(t, "foo-bar").Versions.Rows {
		if v.Num == "1.10.0" {
			id = v.ID
		}
	}
	hold := dossier.Hold{ID: id, Crate: "Foo-Bar", Num: "1.10.0", Plan: "plan-7", Since: since, Files: "held"}
	r = newCrateRig(t, heldBy(&asked, hold))
	r.put(t, r.static, files.CrateKey("Foo-Bar", "1.0.0"), strings.Repeat("x", 100))
	d := r.crate(t, "foo_bar")
	equal(t, "questions for a crate", asked, 1)
	equal(t, "files", spaced(d.Files.Missing, d.Files.Held, d.Files.Extra), "2 1 0")
	for _, f := range d.Files.Rows {
		if f.Num == "1.10.0" && strings.HasSuffix(f.Key, ".crate") {
			equal(t, "state", f.State, "held")
		}
	}
	for _, v := range d.Versions.Rows {
		equal(t, v.Num+" is held", v.Held != nil && strings.Contains(marks(v.Marks), "held"), v.Num == "1.10.0")
	}
	if !strings.Contains(marks(d.Marks), "1 version held") || !strings.Contains(d.Truth, "2 archives are missing") {
		t.Errorf("%s; %s", marks(d.Marks), d.Truth)
	}
	page := must(r.CrateVersions(t.Context(), "foo-bar", dossier.VersionFilter{}))
	equal(t, "in the list", page.Rows[1].Held != nil || page.Rows[0].Held != nil || page.Rows[2].Held != nil || page.Rows[3].Held != nil, true)

	v := must(r.Version(t.Context(), "foo-bar", "1.10.0"))
	if got := marks(v.Marks); !strings.Contains(got, "held") || strings.Contains(got, "stored file missing") {
		t.Errorf("marks: %s", got)
	}
	equal(t, "plan", spaced(v.Row.Held.Plan, v.Row.Held.Since, v.Row.Held.FilesSentence()), spaced("plan-7", since, "Its files rest in the vault."))
	equal(t, "checksum", v.Checks[0].State, "unchecked")
	f := must(r.Files(t.Context(), "foo-bar", "1.10.0", dossier.FileFilter{}))
	equal(t, "no files", f.Absent, "The version is held since 2026-11-22 by the plan plan-7. Its files rest in the vault.")
	if got := marks(must(r.Version(t.Context(), "foo-bar", "1.9.0")).Marks); !strings.Contains(got, "stored file missing") || strings.Contains(got, "held") {
		t.Errorf("marks of another: %s", got)
	}
}

func TestVersionsHeldByYankAloneMissTheirFiles(t *testing.T) {
	t.Parallel()
	asked := 0
	r := newCrateRig(t, heldBy(&asked, dossier.Hold{ID: 1, Crate: "Foo-Bar", Num: "1.0.0", Plan: "p", Files: "yank only"}))
	d := r.crate(t, "foo-bar")
	equal(t, "files", spaced(d.Files.Missing, d.Files.Held), "4 0")
}

func TestUnknownHoldsFailNoPage(t *testing.T) {
	t.Parallel()
	r := newCrateRig(t, func(c *dossier.Config) {
		c.Held = func(context.Context, string) ([]dossier.Hold, error) { return nil, errors.New("away") }
	})
	d := r.crate(t, "foo-bar")
	if !strings.HasPrefix(d.HeldAbsent, "Whether versions are held is not known.") || strings.Contains(d.HeldAbsent, "away") || d.Files.Missing != 4 {
		t.Errorf("%q, %d missing", d.HeldAbsent, d.Files.Missing)
	}
	v := must(r.Version(t.Context(), "foo-bar", "1.9.0"))
	if v.HeldAbsent == "" || !strings.Contains(v.Checks[0].Note, "Whether versions are held is not known") {
		t.Errorf("%q %q", v.HeldAbsent, v.Checks[0].Note)
	}
	must(r.CrateVersions(t.Context(), "foo-bar", dossier.VersionFilter{}))
}
