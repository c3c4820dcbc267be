package dossier

import (
	"fmt"
	"time"

	"cratewarden"
	"cratewarden/mirror"
)

// What an account did lately is judged by these.
const (
	// recentConduct is how far back conduct still says something about now.
	recentConduct = 30 * 24 * time.Hour
	// oneAct is the time within which publishes and yanks belong together.
	oneAct = time.Hour
	// longQuiet is a pause after which a publish is worth saying.
	longQuiet = 180 * 24 * time.Hour
	// fewYanks of other versions around one publish may be tidying up.
	fewYanks = 1
)

// conductFindings say what in the account's latest acts is how a stolen
// account behaves: waking after a long pause to publish several crates at
// once, and yanking good versions around a new one, which steers users to it
// (research needs.md 2.12).
func (s *Service) conductFindings(v *accountView) (out []finding) {
	if s.loading(mirror.PartVersions).Absent != "" || len(v.publishes) == 0 || v.now.Sub(v.publishes[0].CreatedAt) > recentConduct {
		return nil
	}
	if f, found := awakening(v.publishes); found {
		out = append(out, f)
	}
	if f, found := s.luring(v); found {
		out = append(out, f)
	}
	return out
}

// awakening looks at the newest publishes that belong together, and at the
// pause before them.
func awakening(publishes []mirror.Publish) (finding, bool) {
	crates, n := map[int32]bool{}, 0
	for n < len(publishes) && publishes[0].CreatedAt.Sub(publishes[n].CreatedAt) <= oneAct {
		crates[publishes[n].CrateID] = true
		n++
	}
	if n == len(publishes) {
		return finding{}, false // all there is: a new account, or a list cut short
	}
	pause := publishes[n-1].CreatedAt.Sub(publishes[n].CreatedAt)
	if pause < longQuiet {
		return finding{}, false
	}
	quiet := cratewarden.Span(pause)
	if n == 1 {
		return finding{"woke after " + quiet, "warn", fmt.Sprintf("Its last publish came after %s of silence.", quiet)}, true
	}
	return finding{"woke after " + quiet, "bad", fmt.Sprintf("After %s of silence it published %s of %s within %s.",
		quiet, counted(n, "version"), counted(len(crates), "crate"), cratewarden.Span(publishes[0].CreatedAt.Sub(publishes[n-1].CreatedAt)))}, true
}

// luring finds the publish around which most other versions of the crate were
// yanked by the same account.
func (s *Service) luring(v *accountView) (finding, bool) {
	actions := s.cfg.Mirror.Actions(v.core.Account.ID, 0, 200)
	var worst mirror.Publish
	most := fewYanks
	for _, p := range v.publishes {
		if v.now.Sub(p.CreatedAt) > recentConduct {
			break
		}
		if n := s.yankedBeside(p, actions); n > most {
			worst, most = p, n
		}
	}
	if most == fewYanks {
		return finding{}, false
	}
	return finding{"yanked around a publish", "bad", fmt.Sprintf("Within an hour of publishing %s %s it yanked %s of it, which steers users to the new one.",
		worst.Crate, worst.Num, counted(most, "other version"))}, true
}

func (s *Service) yankedBeside(p mirror.Publish, actions []mirror.Action) (n int) {
	for _, a := range actions {
		apart := a.Time.Sub(p.CreatedAt)
		if a.Kind != mirror.ActionYank || a.VersionID == p.ID || apart.Abs() > oneAct {
			continue
		}
		if version, found := s.cfg.Mirror.Version(a.VersionID); found && version.CrateID == p.CrateID && version.ID < p.ID {
			n++
		}
	}
	return n
}
