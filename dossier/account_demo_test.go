package dossier_test

import (
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/dossier"
	"cratewarden/mirror"
)

// The three prepared situations must be seen on the pages of their accounts.
func TestDemoAccounts(t *testing.T) {
	t.Parallel()
	r, story := demoRig(t), demoRegistry().Situations
	squatter := r.account(t, story.Squatter.Account.UserID)
	equal(t, "squatter's crates, fully yanked ones too", squatter.Crates.Total, len(story.Squatter.Crates))
	t.Logf("squatter: %s [%s]", squatter.Truth, marks(squatter.Marks))
	if got := marks(squatter.Marks); !strings.Contains(got, "squatting pattern") || !strings.Contains(got, "many crates at once") || squatter.Tone != "bad" {
		t.Errorf("the squatter is not seen: %s", got)
	}
	owner := r.account(t, story.August.Owner.UserID)
	t.Logf("owner: %s [%s]", owner.Truth, marks(owner.Marks))
	if strings.Contains(marks(owner.Marks), "squatting") || strings.Contains(marks(owner.Marks), "looks like") {
		t.Errorf("a genuine owner is accused: %s", marks(owner.Marks))
	}
	if got := marks(owner.Marks); owner.Tone != "bad" || !strings.Contains(got, "woke after") || !strings.Contains(got, "yanked around a publish") {
		t.Errorf("the stolen account's conduct is not seen: %s", got)
	}
	yanks := 0
	for _, e := range owner.Timeline.Events {
		if e.Kind == "yanked" && crateNow.Sub(e.At).Hours() < 24 {
			yanks++
		}
	}
	equal(t, "yanks of good versions on the owner's timeline", yanks, len(story.August.Restore))
	like := r.account(t, story.August.LookAlike.UserID)
	t.Logf("look-alike: %s [%s]", like.Truth, marks(like.Marks))
	if !strings.Contains(marks(like.Marks), "looks like "+story.August.Imitated.Login) {
		t.Errorf("the look-alike is not seen: %s", marks(like.Marks))
	}
	for _, a := range story.Typosquats.Accounts {
		d := r.account(t, a.UserID)
		found := 0
		for _, n := range d.Resembles.Rows {
			if strings.Contains(n.Reason, "same mail domain") {
				found++
			}
		}
		equal(t, a.Login+" shares its domain with the others", found, len(story.Typosquats.Accounts)-1)
	}
}

// Nobody without a story may look like a squatter, or the badge means nothing.
func TestDemoAccountsOfNoStory(t *testing.T) {
	t.Parallel()
	r, story := demoRig(t), demoRegistry().Situations
	accused, limits := 0, 0
	for id := int32(1); id <= 400; id++ {
		d, err := r.Account(t.Context(), id)
		if cratewarden.KindOf(err) == cratewarden.NotFound {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if id != story.Squatter.Account.UserID && strings.Contains(marks(d.Marks), "squatting") {
			accused++
		}
		if id != story.August.Owner.UserID && strings.Contains(marks(d.Marks), "yanked around a publish") {
			t.Errorf("account %d is said to lure: %s", id, d.Truth)
		}
		limits += len(d.Limits.Rows)
		for _, l := range d.Limits.Rows {
			if l.Left > l.Burst || l.Left < -1 {
				t.Errorf("account %d: %+v", id, l)
			}
		}
		people := must(r.AccountsByLogin(t.Context(), d.Login))
		if !containsPerson(people, id) {
			t.Errorf("account %d is not found by its login %s", id, d.Login)
		}
	}
	equal(t, "accused without reason", accused, 0)
	if limits == 0 {
		t.Error("no account has limits")
	}
	if hits := must(r.Search(t.Context(), mirror.Query{Text: "user:" + story.Squatter.Account.Login})).Hits; hits[0].ID != story.Squatter.Account.UserID {
		t.Errorf("search finds %+v", hits)
	}
}

func containsPerson(people []dossier.Person, id int32) bool {
	for _, p := range people {
		if p.ID == id {
			return true
		}
	}
	return false
}
