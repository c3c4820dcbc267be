package action

import (
	"strings"
	"testing"

	"cratewarden"
)

func TestCrateSettings(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	effect := k.identity("crate.trustpub_only", m{"crate": "ARRAYKIT", "on": true}, "crate.limits", m{"crate": "arraykit", "max_upload_size": 0, "max_features": 500})
	if len(effect.Jobs) != 0 || len(effect.Rows) != 2 {
		t.Errorf("%+v", effect)
	}
	if len(effect.guardsOf("freezes")) != 1 {
		t.Errorf("%+v", effect.Guards)
	}
	k.applied("crate.limits", m{"crate": "arraykit", "max_upload_size": 20971520})
	k.applied("crate.limits", m{"crate": "arraykit", "max_features": 7})
	if k.number(`SELECT count(*) FROM crates WHERE name = 'arraykit' AND max_upload_size = 20971520 AND max_features = 7 AND NOT trustpub_only`) != 1 {
		t.Error("a limit that was left out did not stay")
	}
	k.identity("crate.limits", m{"crate": "arraykit", "max_upload_size": nil, "max_features": nil})
	k.applied("crate.limits", m{"crate": "arraykit", "max_upload_size": nil})
	if k.number(`SELECT count(*) FROM crates WHERE name = 'arraykit' AND max_upload_size IS NULL AND max_features = 7`) != 1 {
		t.Error("null is not the default")
	}
	_, effect = k.reviewed("crate.limits", m{"crate": "arraykit", "max_features": 7}, "crate.trustpub_only", m{"crate": "arraykit", "on": false})
	if len(effect.guardsOf("nothing-to-do")) != 2 || len(effect.Rows) != 0 {
		t.Errorf("%+v", effect.Guards)
	}
	if got := k.blocked("crate.limits", m{"crate": "no-such-crate-at-all", "max_features": 1}, "crate.trustpub_only", m{"crate": "no-such-crate-at-all", "on": true}); got != "no-such-crate no-such-crate" {
		t.Error(got)
	}
}

func TestTrustpubOnlyWithoutPublisherIsWarnedOf(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.exec(`DELETE FROM trustpub_configs_github; DELETE FROM trustpub_configs_gitlab`)
	_, effect := k.reviewed("crate.trustpub_only", m{"crate": "arraykit", "on": true})
	if len(effect.guardsOf("nobody-can-publish")) != 1 {
		t.Errorf("%+v", effect.Guards)
	}
}

func TestLimitsTakeThePlatformRole(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p, _ := k.reviewed("crate.limits", m{"crate": "arraykit", "max_features": 1})
	k.who.Roles = []cratewarden.Role{cratewarden.Responder}
	_, err := k.Apply(t.Context(), k.who, p.ID, Consent{Digest: *p.Digest}, "")
	wantKind(t, err, cratewarden.Refused)
}

// Parameters that can never be right are refused before any database is asked.
func TestBadParametersOfVersionsAndCrates(t *testing.T) {
	t.Parallel()
	c := NewCatalogue()
	long := strings.Repeat("x", 1001)
	for _, row := range []struct {
		kind   string
		params m
	}{
		{"version.hold", m{}},
		{"version.hold", m{"crate": "a"}},
		{"version.hold", m{"crate": "a", "version": "1.0.0", "message": long}},
		{"version.hold", m{"crate": "a", "version": "1.0.0", "reason": "x"}},
		{"version.hold", m{"crate": 7, "version": "1.0.0"}},
		{"version.release", m{"version": "1.0.0"}},
		{"version.release", m{"crate": "a", "version": strings.Repeat("1", 300)}},
		{"version.delete", m{"crate": "", "version": "1.0.0"}},
		{"crate.hold", m{}},
		{"crate.hold", m{"crate": "a", "message": long}},
		{"crate.release", m{"crate": strings.Repeat("a", 300)}},
		{"crate.delete", m{"message": "x"}},
		{"crate.delete", m{"crate": "a", "message": long}},
		{"crate.delete", m{"crate": "a", "delay_hours": -1}},
		{"crate.delete", m{"crate": "a", "delay_hours": maxDelay + 1}},
		{"crate.delete", m{"crate": "a", "delay_hours": 1.5}},
		{"crate.delete", m{"crate": "a", "delay_hours": 1, "available_at": "2030-01-01T00:00:00Z"}},
		{"crate.delete", m{"crate": "a", "available_at": "tomorrow"}},
		{"crate.trustpub_only", m{"crate": "a", "on": "yes"}},
		{"crate.limits", m{"crate": "a"}},
		{"crate.limits", m{"crate": "a", "max_features": -1}},
		{"crate.limits", m{"crate": "a", "max_features": 32768}},
		{"crate.limits", m{"crate": "a", "max_upload_size": 2147483648}},
		{"crate.limits", m{"crate": "a", "max_upload_size": "big"}},
	} {
		_, err := c.Decode(steps(t, row.kind, row.params))
		if cratewarden.KindOf(err) != cratewarden.Invalid && cratewarden.KindOf(err) != cratewarden.TooLarge {
			t.Errorf("%s %v: %v", row.kind, row.params, err)
		}
	}
	for _, row := range []struct{ kind, json, want string }{
		{"crate.limits", `{"do":"crate.limits","crate":"a","max_upload_size":null}`, `{"crate":"a","do":"crate.limits","max_upload_size":null}`},
		{"crate.limits", `{"do":"crate.limits","max_features":3,"crate":"a"}`, `{"crate":"a","do":"crate.limits","max_features":3}`},
		{"crate.delete", `{"do":"crate.delete","crate":"a","reserve":false}`, `{"crate":"a","do":"crate.delete"}`},
	} {
		list, err := c.Decode([]StepText{StepText(row.json)})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.Encode(row.kind, list[0].Do); err != nil || string(got) != row.want {
			t.Errorf("%s, want %s, %v", got, row.want, err)
		}
	}
}
