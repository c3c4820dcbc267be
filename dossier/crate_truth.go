package dossier

import (
	"fmt"
	"slices"
	"strings"

	"cratewarden/registry"
)

// A look-alike is worth a warning when it is far more popular than the crate:
// this many times its downloads, and not a crate hardly anybody uses.
const (
	popularTimes = 100
	popularLeast = 10_000
	// popularUser is from how many downloads on it is odd for a crate to depend
	// on one of a few days: payloads come as small new dependencies.
	popularUser = 1_000_000
)

// finding is one unusual thing: a badge and a sentence.
type finding struct {
	badge, tone, sentence string
}

// judge sets the badges, the one sentence and its tone from a filled dossier.
func (s *Service) judge(d *Crate, row registry.Crate, held holds) {
	findings := slices.Concat(held.finding(), s.stateFindings(d, row), s.ownerFindings(d), s.nameFindings(d), s.copyFindings(d))
	d.Truth, d.Tone, d.Marks = verdict(s.calmSentence(d), findings)
}

func worst(findings []finding) string {
	tone := ""
	for _, f := range findings {
		if f.tone == "bad" {
			return "bad"
		}
		if f.tone == "warn" {
			tone = "warn"
		}
	}
	return tone
}

// calmSentence says what the crate is before anything unusual.
func (s *Service) calmSentence(d *Crate) string {
	people, teams := 0, 0
	for _, o := range d.Owners.Active {
		if o.Kind == "team" {
			teams++
		} else {
			people++
		}
	}
	owned := counted(people, "account")
	if teams > 0 {
		owned += " and " + counted(teams, "team")
	}
	if d.VersionCount == 0 {
		return fmt.Sprintf("A crate without versions, owned by %s.", owned)
	}
	text := fmt.Sprintf("%s since %s, owned by %s", counted(d.VersionCount, "version"), day(d.CreatedAt), owned)
	if len(d.Versions.Rows) == 0 {
		return text + "."
	}
	newest := d.Versions.Rows[0]
	text += fmt.Sprintf("; the newest, %s, was published %s ago", newest.Num, span(s.clock().Sub(newest.CreatedAt)))
	if newest.Publisher != nil {
		text += " by " + called(newest.Publisher)
	}
	if s.cfg.Dump == nil {
		text += " (" + newest.MethodLabel + ")"
	}
	return text + "."
}

func (s *Service) stateFindings(d *Crate, row registry.Crate) (out []finding) {
	add := func(when bool, badge, tone, sentence string, args ...any) {
		if when {
			out = append(out, finding{badge, tone, fmt.Sprintf(sentence, args...)})
		}
	}
	add(d.VersionCount == 0, "no versions", "warn", "It has no entry in the index and nothing can be downloaded.")
	add(d.VersionCount > 0 && d.YankedCount == d.VersionCount, "all versions yanked", "warn",
		"All its versions are yanked: nobody resolves to it anew.")
	add(d.VersionCount > 0 && d.Default == "", "no default version", "warn", "It has versions but no default version, so that the registry's lists leave it out.")
	add(d.Default != "" && row.Best != "" && row.Best != d.Default, "stale default version", "warn",
		"Its default version is %s, though the registry's rule gives %s: the job that chooses it is late or failed.", d.Default, row.Best)
	add(row.Recorded >= 0 && row.Recorded != row.Versions && row.DefaultID != 0, "wrong version count", "warn",
		"The registry counts %s, but there are %d.", counted(row.Recorded, "version"), row.Versions)
	age := s.clock().Sub(d.CreatedAt)
	add(age < youngCrate, "young crate", "warn", "The crate is %s old.", span(age))
	top := slices.IndexFunc(d.Dependents.Top, func(r DependentRow) bool { return r.Default && r.Downloads >= popularUser })
	if age < youngCrate && top >= 0 {
		user := d.Dependents.Top[top]
		add(true, "popular crate depends on it", "bad", "Though so young, %s with %s depends on it.", user.Crate, counted(int(user.Downloads), "download"))
	}
	add(d.TrustpubOnly, "trusted publishing only", "info", "")
	add(d.MaxUploadSize != nil && *d.MaxUploadSize == 0, "uploads blocked", "hold", "")
	add(d.MaxUploadSize != nil && *d.MaxUploadSize != 0 || d.MaxFeatures != nil, "own limits", "info", "")
	young := 0
	for _, dep := range d.Dependencies.Rows {
		if dep.Young && dep.New {
			young++
		}
	}
	add(young > 0, "young new dependency", "bad", "Its default version newly depends on %s younger than 7 days at that publish.", counted(young, "crate"))
	if len(d.Versions.Rows) > 0 {
		newest := d.Versions.Rows[0]
		add(slices.ContainsFunc(newest.Marks, func(m Mark) bool { return strings.HasPrefix(m.Text, "not by trusted") }),
			"not by trusted publishing", "warn", "The newest version was not published by trusted publishing, though the one before was.")
	}
	return out
}

func (s *Service) ownerFindings(d *Crate) (out []finding) {
	people, locked := 0, []string{}
	for _, o := range d.Owners.Active {
		if o.Kind == "user" && o.Login != "" {
			people++
		}
		if o.Locked {
			locked = append(locked, o.Login)
		}
	}
	if people == 0 {
		out = append(out, finding{"nobody owns it", "warn", "No account owns it, although the registry always leaves one."})
	}
	if len(locked) > 0 {
		out = append(out, finding{"owner locked", "bad", fmt.Sprintf("The account of an owner is locked: %s.", strings.Join(locked, ", "))})
	}
	if n := d.Publishers.LiveTokens; n > 0 {
		out = append(out, finding{"live publishing token", "info", ""})
	}
	return out
}

func (s *Service) nameFindings(d *Crate) (out []finding) {
	if n := len(d.History.Deleted); n > 0 {
		out = append(out, finding{"name was deleted before", "warn",
			fmt.Sprintf("An earlier crate of this name was deleted on %s.", day(d.History.Deleted[0].DeletedAt))})
	}
	if d.History.Reserved {
		out = append(out, finding{"name reserved", "warn", "The name is reserved although the crate exists: every change of its row fails."})
	}
	for _, near := range slices.Concat(d.Lookalikes, d.History.Twins) {
		if near.Downloads >= popularLeast && near.Downloads >= popularTimes*max(d.Downloads, 1) {
			return append(out, finding{"looks like " + near.Name, "bad",
				fmt.Sprintf("Its name is close to %s, which has %s (%s).", near.Name, counted(int(near.Downloads), "download"), near.Reason)})
		}
	}
	return out
}

// copyFindings compare the copies of the facts outside the database.
func (s *Service) copyFindings(d *Crate) (out []finding) {
	syncing := slices.ContainsFunc(d.Jobs.Rows, func(j Job) bool { return j.Type == "sync_to_sparse_index" })
	if d.Index.Absent == "" && !d.Index.Equal {
		f := finding{"index differs", "bad", "The index disagrees with the database."}
		if syncing {
			f.tone, f.sentence = "warn", "The index disagrees with the database; a job to write it is waiting."
		}
		out = append(out, f)
	}
	if d.Files.Missing > 0 {
		out = append(out, finding{"archives missing", "bad", fmt.Sprintf("%s missing from the storage.", are(d.Files.Missing, "archive"))})
	}
	if d.Files.Extra > 0 {
		out = append(out, finding{"unexplained files", "warn", fmt.Sprintf("%s stored that no version explains.", are(d.Files.Extra, "file"))})
	}
	if slices.ContainsFunc(d.Files.Rows, func(f StoredFile) bool { return f.State == "size differs" }) {
		out = append(out, finding{"archive of another size", "bad", "A stored archive has another size than was published."})
	}
	return out
}

func are(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " is"
	}
	return counted(n, noun) + " are"
}
