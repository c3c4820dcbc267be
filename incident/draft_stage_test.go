package incident_test

import (
	"bytes"
	"crypto/ed25519"
	"slices"
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/advisory"
	"cratewarden/blast"
	"cratewarden/incident"
)

func withWords(c *incident.Config) {
	c.Registry = advisory.Registry{Name: "Harbor", Ecosystem: "crates.io", URL: "https://harbor.example", Appeal: "https://harbor.example/appeal"}
	c.Publisher = advisory.Publisher{Name: "Harbor security", Namespace: "https://harbor.example", Category: "vendor", Contact: "https://harbor.example/security", Authors: "Robin Responder", Team: "the Harbor team", TeamURL: "https://harbor.example/team"}
	c.FeedKey = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, 32))
}

// The attack of August, from the plan to the feed: every public text comes out
// sound at the first try, none needs an edit or a reason, and no address of
// anybody is in any of them.
func TestAugustIsToldWithoutEdits(t *testing.T) {
	t.Parallel()
	k := newStage(t, withWords)
	k.store()
	a := k.story.August
	i := k.open(incident.CompromisedOwner, incident.Compromised, action.VersionSubject(a.Republished[0].Crate, a.Republished[0].Version))
	_, err := k.Decide(t.Context(), k.ada, i.ID, incident.Change{Set: map[incident.Field]string{incident.TLPField: "CLEAR"}, Was: map[incident.Field]string{incident.TLPField: string(i.TLP)}})
	k.must(err)
	for field, text := range map[string]string{
		"summary": "Bad versions were published with a stolen token.", "behaviour": "A build script sends environment variables away.", "trigger": "It runs when the crate is built.",
		"finder": "Ada of Example Research", "links": "https://reports.example/1 Report",
	} {
		_, err := k.WriteText(t.Context(), k.ada, i.ID, field, 0, text)
		k.must(err)
	}
	p := k.propose(i)
	plan, err := k.Draft(t.Context(), k.ada, i.ID, p.Ticks(), incident.DraftTexts{Seen: p.Seen}, "")
	k.must(err)
	k.apply(plan)
	k.digestsOfAugust(i)
	k.removed(i)
	k.must(k.Sync(t.Context(), i.ID))

	list, err := k.Make(t.Context(), k.ada, i.ID, nil)
	k.must(err)
	advised := map[advisory.Format][]string{}
	for _, d := range list {
		if d.Public && !shared(d.Format) && d.Locked != "" {
			t.Errorf("%s %s: %s", d.Format, d.Crate, d.Locked)
		}
		for _, p := range d.Problems {
			if p.Severe {
				t.Errorf("%s %s: %+v", d.Format, d.Crate, p)
			}
		}
		if d.Crate != "" {
			advised[d.Format] = append(advised[d.Format], d.Crate)
		}
	}
	k.equalSets("RustSec", advised[advisory.RustSec], a.Advisories)
	k.equalSets("OSV", advised[advisory.OSV], a.Advisories)
	for n, d := range list {
		d, err := k.Approve(t.Context(), k.bo, d.ID, incident.DraftOrder{Revision: d.Revision})
		k.must(err)
		if d.Format == advisory.RustSec {
			_, err = k.Send(t.Context(), k.bo, d.ID, incident.SendOrder{Revision: d.Revision, Where: "https://advisories.example/" + d.Crate})
			k.must(err)
		}
		list[n] = d
	}
	blog := list[slices.IndexFunc(list, func(d incident.Draft) bool { return d.Format == advisory.Blog })]
	for _, r := range a.Hold {
		if !strings.Contains(blog.Body, "| `"+r.Crate+"` | `"+r.Version+"` | "+r.At.UTC().Format("2006-01-02 15:04:05")+" |") || !strings.Contains(blog.Body, "'"+r.Crate+"-"+r.Version+".crate'") {
			t.Errorf("the post leaves out %s %s", r.Crate, r.Version)
		}
	}
	f, err := k.Feed(t.Context())
	k.must(err)
	if n := strings.Count(string(f.JSON), `"compromised-account"`); n != len(a.Advisories) {
		t.Errorf("the feed has %d of %d crates", n, len(a.Advisories))
	}
	again, err := k.Make(t.Context(), k.ada, i.ID, nil)
	k.must(err)
	for n, d := range again {
		if d.Revision != list[n].Revision && d.Format != advisory.RustSec {
			t.Errorf("made again, %s is another", d.Format)
		}
	}
	zip, err := k.ExportDrafts(t.Context(), i.ID, nil)
	k.must(err)
	if len(zip) == 0 {
		t.Error("nothing exported")
	}
	texts := []string{string(f.JSON), string(f.Atom)}
	for _, d := range again {
		texts = append(texts, d.Body, d.Made, d.Recipient)
	}
	k.noAddressIn(texts)
}

func shared(f advisory.Format) bool { return f == advisory.CSAF20 || f == advisory.CSAF21 }

// noAddressIn fails the test if a text holds the mail address of anybody of the
// registry.
func (k *stage) noAddressIn(texts []string) {
	k.t.Helper()
	rows, err := k.registry.Query(k.t.Context(), `SELECT DISTINCT email FROM emails WHERE email LIKE '%@%'`)
	k.must(err)
	all := strings.ToLower(strings.Join(texts, "\n"))
	n := 0
	for rows.Next() {
		var address string
		k.must(rows.Scan(&address))
		if n++; strings.Contains(all, strings.ToLower(address)) {
			k.t.Error("a text holds somebody's address")
		}
	}
	k.must(rows.Err())
	if n < 100 {
		k.t.Errorf("only %d addresses were looked for", n)
	}
}

// digestsOfAugust holds the digests for owners of dependents against the rows of
// the registry: everybody with a crate that takes a bad version has one, and
// nobody else.
func (k *stage) digestsOfAugust(i incident.Incident) {
	t := k.t
	t.Helper()
	list, err := k.Make(t.Context(), k.ada, i.ID, []advisory.Format{advisory.MailDependents, advisory.MailLocked})
	k.must(err)
	common := list[slices.IndexFunc(list, func(d incident.Draft) bool { return d.Format == advisory.MailDependents })]
	docs, err := k.Digests(t.Context(), common.ID)
	k.must(err)
	var got, texts []string
	for _, d := range docs {
		got, texts = append(got, d.To), append(texts, d.Text)
	}
	bad := map[string][]string{}
	for _, r := range k.story.August.Hold {
		bad[r.Crate] = append(bad[r.Crate], r.Version)
	}
	rows, err := k.registry.Query(t.Context(), `SELECT DISTINCT u.gh_login, c.name, target.name, d.req FROM dependencies d
		JOIN crates target ON target.id = d.crate_id JOIN versions v ON v.id = d.version_id JOIN crates c ON c.id = v.crate_id
		JOIN crate_owners o ON o.crate_id = c.id AND o.owner_kind = 0 AND NOT o.deleted JOIN users u ON u.id = o.owner_id
		WHERE NOT v.yanked`)
	k.must(err)
	want := map[string]bool{}
	for rows.Next() {
		var login, crate, on, req string
		k.must(rows.Scan(&login, &crate, &on, &req))
		r, ok := blast.ParseRequirement(req)
		if bad[crate] != nil {
			continue
		}
		for _, num := range bad[on] {
			if v, _ := blast.ParseVersion(num); !ok || r.Takes(v) {
				want[login] = true
			}
		}
	}
	k.must(rows.Err())
	var expected []string
	for login := range want {
		expected = append(expected, login)
	}
	k.equalSets("digests", got, expected)
	if len(got) < 3 {
		t.Errorf("only %d digests", len(got))
	}
	all, err := k.Recipients(t.Context(), common.ID)
	k.must(err)
	if len(all) != len(got) || all[0].Masked != "" {
		t.Errorf("%d recipients of %d digests", len(all), len(got))
	}
	locked := list[slices.IndexFunc(list, func(d incident.Draft) bool { return d.Format == advisory.MailLocked })]
	one, err := k.Recipients(t.Context(), locked.ID)
	k.must(err)
	if len(one) != 1 || one[0].Account == 0 || !strings.Contains(one[0].Masked, "•") {
		t.Errorf("%+v", one)
	}
	texts = append(texts, one[0].Masked)
	k.noAddressIn(texts)
	if _, err := k.Digests(t.Context(), locked.ID); cratewarden.KindOf(err) != cratewarden.Invalid {
		t.Error(err)
	}
}
