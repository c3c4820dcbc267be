package provenance

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cratewarden"
)

// The thresholds of habit. They are wide on purpose: a mark on every second
// version is a mark nobody reads.
const (
	young       = 7 * 24 * time.Hour   // a dependency's age worth saying
	longSilence = 180 * 24 * time.Hour // a pause worth saying
	hurry       = time.Hour            // two publishes so close are one act
	hourRadius  = 3                    // hours around the clock that count as the same habit
)

// differences lists what in the subject breaks with the previous publishes,
// strongest first.
func differences(in Input) []Difference {
	var out []Difference
	add := func(d *Difference) {
		if d != nil {
			out = append(out, *d)
		}
	}
	add(yanksDiffer(in))
	if len(in.Previous) > 0 {
		for _, check := range []func(Input) *Difference{
			methodDiffers, personDiffers, originDiffers, tokenDiffers, dependenciesDiffer,
			cadenceDiffers, hourDiffers, vcsDiffers, buildDiffers, sizeDiffers, filesDiffer,
		} {
			add(check(in))
		}
	}
	slices.SortStableFunc(out, func(a, b Difference) int { return b.Weight - a.Weight })
	return out
}

func yanksDiffer(in Input) *Difference {
	n := len(in.YankedSoon)
	if n == 0 {
		return nil
	}
	return &Difference{"yanks", fmt.Sprintf("%s yanked by the same account within an hour after it, which steers users to this one: %s",
		cratewarden.Amount(n, "other version", "other versions"), list(in.YankedSoon, 8)), 2}
}

func methodDiffers(in Input) *Difference {
	s := in.Subject
	trusted := 0
	for _, p := range in.Previous {
		if p.Method == s.Method {
			return nil
		}
		if p.Method.Trusted() {
			trusted++
		}
	}
	if s.Method == cratewarden.MethodUnknown {
		return nil
	}
	last := in.Previous[0].Method
	if trusted > 0 && !s.Method.Trusted() {
		return &Difference{"method", fmt.Sprintf("the previous came by trusted publishing (%d of %d)", trusted, len(in.Previous)), 2}
	}
	weight := 1
	if s.Method.Trusted() {
		// Moving to trusted publishing is what everybody is asked to do.
		weight = 0
	}
	return &Difference{"method", "never published this way before; the last was by " + last.Label(), weight}
}

func personDiffers(in Input) *Difference {
	s := in.Subject
	if s.PersonID == 0 {
		return nil
	}
	others := map[string]bool{}
	for _, p := range in.Previous {
		if p.PersonID == s.PersonID {
			return nil
		}
		if p.Person != "" {
			others[p.Person] = true
		}
	}
	if len(others) == 0 {
		return nil
	}
	return &Difference{"person", "first publish of this crate by " + s.Person + " within the last " + cratewarden.Amount(len(in.Previous)+1, "version", "versions"), 1}
}

func originDiffers(in Input) *Difference {
	s := in.Subject
	if s.Origin == "" {
		return nil
	}
	last := ""
	for _, p := range in.Previous {
		if strings.EqualFold(p.Origin, s.Origin) {
			return nil
		}
		if last == "" {
			last = p.Origin
		}
	}
	if last == "" {
		return nil
	}
	return &Difference{"origin", "from another repository than before (" + last + ")", 2}
}

func tokenDiffers(in Input) *Difference {
	t := in.Subject.Token
	if t == nil {
		return nil
	}
	tokens := 0
	for _, p := range in.Previous {
		if p.Token == nil {
			continue
		}
		if p.Token.ID == t.ID {
			return nil
		}
		tokens++
	}
	age := in.Subject.At.Sub(t.CreatedAt)
	switch {
	case age < 24*time.Hour:
		return &Difference{"token", "the token was made only " + cratewarden.Span(age) + " before", 2}
	case tokens > 0:
		return &Difference{"token", fmt.Sprintf("another token than the previous %s", cratewarden.Amount(tokens, "publish", "publishes")), 1}
	}
	return nil
}

func dependenciesDiffer(in Input) *Difference {
	had := map[string]bool{}
	for _, d := range in.Previous[0].Dependencies {
		had[d.Crate] = true
	}
	var fresh, newborn []string
	for _, d := range in.Subject.Dependencies {
		if had[d.Crate] {
			continue
		}
		had[d.Crate] = true
		fresh = append(fresh, d.Crate)
		if d.Age < young {
			newborn = append(newborn, fmt.Sprintf("%s (%s old)", d.Crate, cratewarden.Span(d.Age)))
		}
	}
	switch {
	case len(newborn) > 0:
		return &Difference{"dependencies", "it gained a dependency on " + list(newborn, 4), 2}
	case len(fresh) > 0:
		return &Difference{"dependencies", "it gained a dependency on " + list(fresh, 4), 0}
	}
	return nil
}

func cadenceDiffers(in Input) *Difference {
	pause := in.Subject.At.Sub(in.Previous[0].At)
	longest, typical := gapsBetween(in.Previous)
	switch {
	case pause > longSilence && pause > longest+longest/2:
		return &Difference{"cadence", "after " + cratewarden.Span(pause) + " of silence", 1}
	case pause < hurry && typical > young && len(in.Previous) >= 3:
		return &Difference{"cadence", "only " + cratewarden.Span(pause) + " after the version before", 1}
	}
	return nil
}

// gapsBetween gives the longest and the median pause between publishes.
func gapsBetween(ps []Publish) (longest, median time.Duration) {
	var gaps []time.Duration
	for i := 1; i < len(ps); i++ {
		gaps = append(gaps, ps[i-1].At.Sub(ps[i].At))
	}
	if len(gaps) == 0 {
		return 0, 0
	}
	slices.Sort(gaps)
	return gaps[len(gaps)-1], gaps[len(gaps)/2]
}

// hourDiffers looks at the hour of day of this person's publishes only, since
// a crate's owners may live anywhere.
func hourDiffers(in Input) *Difference {
	seen := 0
	for _, p := range in.Previous {
		if p.PersonID == 0 || p.PersonID != in.Subject.PersonID {
			continue
		}
		seen++
		if around(p.At.UTC().Hour(), in.Subject.At.UTC().Hour()) <= hourRadius {
			return nil
		}
	}
	if seen < 3 {
		return nil
	}
	return &Difference{"hour", fmt.Sprintf("at an hour (%02d UTC) far from all %d earlier publishes by this account", in.Subject.At.UTC().Hour(), seen), 1}
}

func around(a, b int) int {
	d := a - b
	if d < 0 {
		d = -d
	}
	return min(d, 24-d)
}

func vcsDiffers(in Input) *Difference {
	if !in.Subject.ArchiveRead || in.Subject.VCSCommit != "" {
		return nil
	}
	had, read := 0, 0
	for _, p := range in.Previous {
		if p.ArchiveRead {
			read++
			if p.VCSCommit != "" {
				had++
			}
		}
	}
	if had == 0 {
		return nil
	}
	return &Difference{"vcs", fmt.Sprintf("no commit recorded in the archive, unlike %d of the %d before that were read", had, read), 1}
}

func buildDiffers(in Input) *Difference {
	if !in.Subject.ArchiveRead || !in.Subject.BuildScript {
		return nil
	}
	for _, p := range in.Previous {
		if !p.ArchiveRead || p.BuildScript {
			return nil
		}
	}
	return &Difference{"build", "it gained a build script, which runs when it is compiled", 2}
}

func sizeDiffers(in Input) *Difference {
	var sizes []int64
	for _, p := range in.Previous {
		sizes = append(sizes, p.Size)
	}
	slices.Sort(sizes)
	mid := sizes[len(sizes)/2]
	s := in.Subject.Size
	if mid < 1 || s < 1 || s < mid*2 && s > mid/2 {
		return nil
	}
	return &Difference{"size", fmt.Sprintf("%s where the previous were about %s", Bytes(s), Bytes(mid)), 1}
}

func filesDiffer(in Input) *Difference {
	if in.Subject.Files < 0 || in.Previous[0].Files <= 0 {
		return nil
	}
	a, b := in.Subject.Files, in.Previous[0].Files
	if a < b*2 && a*2 > b {
		return nil
	}
	return &Difference{"files", fmt.Sprintf("%s where the previous had %d", cratewarden.Amount(a, "file", "files"), b), 1}
}

func list(items []string, most int) string {
	if len(items) > most {
		return strings.Join(items[:most], ", ") + fmt.Sprintf(" and %d more", len(items)-most)
	}
	return strings.Join(items, ", ")
}
