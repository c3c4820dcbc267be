package client_test

import (
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/api"
	"cratewarden/api/client"
)

// TestSealEvidence seals over the wire: once under a key, refused to those who
// may not, and where nothing can be changed.
func TestSealEvidence(t *testing.T) {
	t.Parallel()
	v := startVault(t)
	engine := action.New(action.Config{Registry: v.registry, Console: v.db, Ledger: v.log, Evidence: v.service})
	asking := func(cfg api.Config, roles ...cratewarden.Role) *client.Client {
		cfg.Auth = lets(action.Actor{ID: "p3", Name: "Cy", Session: "s3", Roles: roles})
		return signedClient(t, cfg)
	}
	full := api.Config{Evidence: v.service, Plans: engine}
	c := asking(full, cratewarden.Responder)
	o := api.EvidenceOrder{Versions: []action.VersionRef{{Crate: "VICTIM", Version: "1.0.0"}}, Accounts: []int32{1}, Incident: "I-2", Reason: "stolen account"}
	made, err := c.SealEvidence(t.Context(), o, "k")
	if err != nil || made.Again || made.Bundle.Incident != "I-2" || made.Bundle.Reason != "stolen account" || made.Bundle.Actor.ID != "p3" || len(made.Bundle.Holds) != 2 || made.Bundle.Holds[0].First[0].Name != "victim@1.0.0" {
		t.Fatalf("%+v %v", made, err)
	}
	if report, err := c.VerifyEvidence(t.Context(), made.Bundle.Digest.String()); err != nil || !report.Whole {
		t.Errorf("%+v %v", report, err)
	}
	again, err := c.SealEvidence(t.Context(), o, "k")
	if err != nil || !again.Again || again.Bundle.Digest != made.Bundle.Digest {
		t.Errorf("the same key: %+v %v", again, err)
	}
	if list, err := c.EvidenceList(t.Context(), nil); err != nil || len(list.Rows) != 2 {
		t.Errorf("%d bundles, %v", len(list.Rows), err)
	}
	for what, x := range map[string]struct {
		c    *client.Client
		o    api.EvidenceOrder
		key  string
		want cratewarden.Kind
		says string
	}{
		"another order":   {c, api.EvidenceOrder{Crates: []string{"victim"}}, "k", cratewarden.Conflict, "another request"},
		"no key":          {c, o, "", cratewarden.Invalid, "Idempotency-Key"},
		"nothing":         {c, api.EvidenceOrder{}, "k2", cratewarden.Invalid, "Say which"},
		"unknown":         {c, api.EvidenceOrder{Crates: []string{"nobody"}}, "k2", cratewarden.NotFound, "nobody"},
		"a viewer":        {asking(full, cratewarden.Viewer), o, "k2", cratewarden.Refused, "roles"},
		"a copy":          {asking(api.Config{Evidence: v.service, ReadOnly: "This is a copy."}), o, "k2", cratewarden.Refused, "This is a copy."},
		"without a store": {asking(api.Config{Plans: action.New(action.Config{Registry: v.registry, Console: v.db, Ledger: v.log})}, cratewarden.Responder), o, "k2", cratewarden.Unavailable, "No evidence store"},
	} {
		_, err := x.c.SealEvidence(t.Context(), x.o, x.key)
		if cratewarden.KindOf(err) != x.want || !strings.Contains(cratewarden.MessageOf(err), x.says) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
