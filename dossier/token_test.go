package dossier_test

import (
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/dossier"
	"cratewarden/mirror"
)

var (
	alicesToken = "cio" + strings.Repeat("A", 32)
	evesToken   = "cio" + strings.Repeat("B", 32)
	runsToken   = "cio_tp_" + strings.Repeat("A", 31) + "D"
)

func TestTokenLookup(t *testing.T) {
	t.Parallel()
	r := peopleRig(t, nil)
	d := must(r.Token(t.Context(), " "+alicesToken+"\n"))
	hides(t, "token", d)
	equal(t, "statements", r.count.n.Load(), 2)
	equal(t, "truth", d.Truth, "Live: API token 1 of alice may do everything on every crate now.")
	equal(t, "published", spaced(d.Publishes.Total, d.Publishes.Rows[0].Crate, d.Publishes.Rows[0].Num, d.Token.Publishes), "1 foo 1.1.0 1")
	equal(t, "yanked", spaced(len(d.Yanks), d.Yanks[0].Crate, d.Yanks[0].Num, d.Yanks[0].Kind), "1 gone-bad 0.1.0 yanked")
	eve := must(r.Token(t.Context(), evesToken))
	equal(t, "locked owner", eve.Truth, "API token 4 of eve may publish new crates on every crate; it is refused only as long as its owner is locked.")
	unknown := must(r.Token(t.Context(), "cio"+strings.Repeat("C", 32)))
	equal(t, "unknown", spaced(unknown.Found, unknown.Kind, unknown.Token == nil, unknown.Truth != ""), "false API token true true")
	var used time.Time
	if err := r.pool.QueryRow(t.Context(), `SELECT last_used_at FROM api_tokens WHERE id = 1`).Scan(&used); err != nil {
		t.Fatal(err)
	}
	equal(t, "last use", used.UTC().Format(time.DateOnly), "2026-11-01")
}

func TestPublisherTokenLookup(t *testing.T) {
	t.Parallel()
	r := peopleRig(t, nil)
	d := must(r.Token(t.Context(), runsToken))
	hides(t, "token", d)
	equal(t, "statements", r.count.n.Load(), 3)
	equal(t, "truth", d.Truth, "Live until 12:20 UTC: it can publish new versions of evil and teamwork from acme/teamwork, whatever is locked. To stop it, its row must be deleted.")
	equal(t, "row", spaced(d.Kind, d.Live.Crates, d.Live.Origin, d.Live.Run, d.Live.Commit, d.Live.Expired), "trusted publishing token [evil teamwork] acme/teamwork 77 c0ffee false")
	equal(t, "published in the same run", spaced(len(d.Publishes.Rows), d.Publishes.Rows[0].Crate, d.Publishes.Rows[0].Credential), "1 teamwork acme/teamwork run 77")
	if _, err := r.pool.Exec(t.Context(), `UPDATE trustpub_tokens SET expires_at = '2026-11-22T11:55Z'`); err != nil {
		t.Fatal(err)
	}
	d = must(r.Token(t.Context(), runsToken))
	equal(t, "expired", spaced(d.Live.Expired, strings.HasPrefix(d.Truth, "Run out on 2026-11-22 11:55 UTC")), "true true")
	if _, err := r.pool.Exec(t.Context(), `DELETE FROM trustpub_tokens`); err != nil {
		t.Fatal(err)
	}
	equal(t, "gone", must(r.Token(t.Context(), runsToken)).Found, false)
}

func TestMalformedTokens(t *testing.T) {
	t.Parallel()
	r := peopleRig(t, nil)
	for _, text := range []string{"", "x", alicesToken[:34], alicesToken + "x", runsToken[:38] + "E", "Bearer " + alicesToken, "cio_tp_", "\x00"} {
		d, err := r.Token(t.Context(), text)
		if d != nil || cratewarden.KindOf(err) != cratewarden.Invalid {
			t.Errorf("%d characters give %v, %v", len(text), d, err)
		}
		if err != nil && len(text) > 8 && (strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "AAAA")) {
			t.Errorf("the error repeats the token")
		}
	}
	equal(t, "statements", r.count.n.Load(), 0)
}

func TestTokenInDump(t *testing.T) {
	t.Parallel()
	r := peopleRig(t, func(c *dossier.Config) { c.Dump = &dossier.DumpSource{} })
	d := must(r.Token(t.Context(), alicesToken))
	hides(t, "token", d)
	equal(t, "dump", spaced(d.Found, d.Publishes.Absent, r.count.n.Load(), strings.Contains(d.Truth, cratewarden.NotInDump)), "false not in the public dump 0 true")
}

func TestTokenWhileLoading(t *testing.T) {
	t.Parallel()
	r := peopleRig(t, func(c *dossier.Config) { c.Mirror = mirror.New(mirror.Config{Registry: c.Registry}) })
	d := must(r.Token(t.Context(), alicesToken))
	equal(t, "found, though what it did is not known yet", spaced(d.Found, d.Token.Publishes, d.Publishes.Absent), "true -1 still loading: versions, actions")
}
