package main

import (
	"testing"
	"time"

	"cratewarden/dossier"
	"cratewarden/mirror"
)

func TestMirrorState(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	ready := mirror.Status{Ready: true, FreshAt: at}
	for want, h := range map[string]dossier.Home{
		"loading": {},
		"behind":  {Mirror: mirror.Status{Problem: "behind"}},
		"follows the registry as of 2026-11-22 12:00:00 UTC": {Mirror: ready},
		"complete as of the dump, which is not followed":     {Mirror: ready, Dump: &dossier.DumpSource{}},
	} {
		if got := mirrorState(&h); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
