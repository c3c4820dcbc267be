package dossier

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/mirror"
)

// What makes an account's crates look like squatting or a campaign.
const (
	youngAccount = 30 * 24 * time.Hour
	// burstCrates new crates within burstTime are more than people make.
	burstCrates = 10
	burstTime   = 24 * time.Hour
	// squatCrates crates that are empty or from one template, and half of all,
	// are what squatters have.
	squatCrates = 10
	// templateBytes is by how much archives from one template differ, since
	// they hold names of different lengths.
	templateBytes = 64
)

// judgeAccount sets the badges, the sentence and its tone from a filled
// dossier.
func (s *Service) judgeAccount(d *Account, v *accountView) {
	findings := slices.Concat(s.conductFindings(v), accountFindings(d, v), s.crateFindings(v), s.imitationFindings(v))
	d.Truth, d.Tone, d.Marks = verdict(s.accountSentence(d, v), findings)
}

// verdict puts a calm sentence and what is unusual together: the worst three
// sentences, and all the badges.
func verdict(calm string, findings []finding) (truth, tone string, marks []Mark) {
	marks = []Mark{}
	sentences := []string{calm}
	for _, f := range findings {
		marks = append(marks, Mark{f.badge, f.tone})
	}
	for _, tone := range []string{"bad", "warn"} {
		for _, f := range findings {
			if f.tone == tone && f.sentence != "" {
				sentences = append(sentences, f.sentence)
			}
		}
	}
	return strings.Join(sentences[:min(len(sentences), 4)], " "), worst(findings), marks
}

// accountSentence says who this is before anything unusual.
func (s *Service) accountSentence(d *Account, v *accountView) string {
	text := d.Login
	if d.Name != "" && !strings.EqualFold(d.Name, d.Login) {
		text += " (" + d.Name + ")"
	}
	text += ", an account"
	if !d.CreatedAt.IsZero() {
		text += " since " + day(d.CreatedAt)
	}
	if s.loading(mirror.PartOwners, mirror.PartVersions).Absent != "" {
		return text + "; its crates and publishes are still loading."
	}
	text += fmt.Sprintf(", owns %s", counted(len(v.active), "crate"))
	if v.downloads > 0 {
		text += " with " + counted64(v.downloads, "download")
	}
	if d.Publishes.Total == 0 {
		return text + " and never published."
	}
	text += " and published " + counted(d.Publishes.Total, "version")
	if len(v.publishes) > 0 {
		text += fmt.Sprintf(", the last %s ago", cratewarden.Span(v.now.Sub(v.publishes[0].CreatedAt)))
	}
	return text + "."
}

func accountFindings(d *Account, v *accountView) (out []finding) {
	add := func(when bool, badge, tone, sentence string, args ...any) {
		if when {
			out = append(out, finding{badge, tone, fmt.Sprintf(sentence, args...)})
		}
	}
	row := v.core.Account
	add(d.Lock.Locked, "locked", "bad", "%s", lockSentence(d.Lock))
	add(d.Lock.Expired, "lock ran out", "warn", "A lock ran out on %s, and the account may act again.", dayOf(d.Lock.Until))
	age := v.now.Sub(d.CreatedAt)
	add(!d.CreatedAt.IsZero() && age < youngAccount, "young account", "warn", "The account is %s old.", cratewarden.Span(age))
	add(row.GitHubID == -1, "legacy account", "info", "")
	add(row.Links == 0, "no GitHub link", "info", "")
	add(renamed(row), "renamed", "info", "")
	add(len(d.Others) > 0, "login used more than once", "warn", "%s with the same login.", were(len(d.Others), "other account"))
	add(d.Admin != nil && *d.Admin, "administrator", "info", "")
	add(d.Mail.Absent == "" && !d.Mail.Set, "no mail address", "", "")
	add(d.Mail.Set && !d.Mail.Verified, "mail not confirmed", "", "")
	open := 0
	for _, t := range v.core.Tokens {
		if t.Legacy && tokenState(t, v.now) == stateLive {
			open++
		}
	}
	add(open > 0, "token for everything", "info", "")
	return out
}

func lockSentence(l Lock) string {
	until := "for ever"
	if l.Until != nil {
		until = "until " + l.Until.UTC().Format("2006-01-02 15:04") + " UTC"
	}
	if len(l.Open) == 0 {
		return "It is locked " + until + "."
	}
	return fmt.Sprintf("It is locked %s, which leaves %s open.", until, counted(len(l.Open), "door"))
}

func dayOf(t *time.Time) string {
	if t == nil {
		return day(time.Time{})
	}
	return day(*t)
}

// crateFindings look at all crates of the account, not at one page.
func (s *Service) crateFindings(v *accountView) (out []finding) {
	if s.loading(mirror.PartCrates, mirror.PartOwners, mirror.PartVersions).Absent != "" {
		return nil
	}
	c := v.counts
	add := func(when bool, badge, tone, sentence string) {
		if when {
			out = append(out, finding{badge, tone, sentence})
		}
	}
	empty := v.emptyCrates()
	many := func(n int) bool { return n >= squatCrates && 2*n >= len(v.active) }
	all := counted(len(v.active), "crate")
	switch {
	case many(empty):
		add(true, "squatting pattern", "bad", fmt.Sprintf("%d of its %s hold nothing but a skeleton.", empty, all))
	case many(c.alike):
		add(true, "squatting pattern", "bad", fmt.Sprintf("%d of its %s have one version each, all of nearly the same size, as from one template.", c.alike, all))
	}
	add(c.most >= burstCrates, "many crates at once", "warn", fmt.Sprintf("It made %d crates within a day from %s on.", c.most, day(c.since)))
	add(c.yanked > 0, "crates fully yanked", "warn", fmt.Sprintf("Of its crates %s fully yanked.", is(c.yanked)))
	return out
}

// cluster is the largest number of sizes that lie within so many bytes.
func cluster(sizes []int32, within int32) (most int) {
	slices.Sort(sizes)
	first := 0
	for i, size := range sizes {
		for size-sizes[first] > within {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

func is(n int) string {
	if n == 1 {
		return "1 is"
	}
	return cratewarden.Thousands(n) + " are"
}

// emptyCrates takes the count of lines where that decides and is known, and the
// size alone elsewhere.
func (v *accountView) emptyCrates() int {
	empty := 0
	for _, o := range v.active {
		if row, found := v.crates[o.CrateID]; found && row.DefaultID != 0 && hollow(row.Size, row.CodeLines) {
			empty++
		}
	}
	for _, id := range v.counts.small {
		if _, found := v.crates[id]; !found {
			empty++
		}
	}
	for _, one := range v.core.Lines {
		if _, found := v.crates[one.CrateID]; !found && hollow(one.Size, one.CodeLines) {
			empty++
		}
	}
	return empty
}

// burst is the largest number of times within a window, and its first.
func burst(times []time.Time, window time.Duration) (most int, since time.Time) {
	slices.SortFunc(times, time.Time.Compare)
	first := 0
	for i, t := range times {
		for t.Sub(times[first]) > window {
			first++
		}
		if n := i - first + 1; n > most {
			most, since = n, times[first]
		}
	}
	return most, since
}

func (s *Service) imitationFindings(v *accountView) []finding {
	if s.loading(mirror.PartCrates, mirror.PartAccounts, mirror.PartOwners).Absent != "" {
		return nil
	}
	near, found := v.imitates()
	if !found {
		return nil
	}
	return []finding{{"looks like " + near.Name, "bad", fmt.Sprintf("Its login is close to %s, whose crates have %s (%s).",
		near.Name, counted64(near.Downloads, "download"), near.Reason)}}
}
