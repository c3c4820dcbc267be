package action

import (
	"fmt"
	"slices"
	"strings"

	"cratewarden"
	"cratewarden/ledger"
)

// ResyncIndex has both index files of a crate written again.
type ResyncIndex struct {
	Crate string `json:"crate"`
}

// Check wants a name.
func (j ResyncIndex) Check() error { return checkCrate(j.Crate) }

// Sentence says it.
func (j ResyncIndex) Sentence() string { return "Write the index files of " + j.Crate + " again" }

// Subjects is the crate.
func (j ResyncIndex) Subjects() []ledger.Subject { return []ledger.Subject{CrateSubject(j.Crate)} }

// ChooseDefault has a crate's default version chosen again.
type ChooseDefault struct {
	Crate string `json:"crate"`
}

// Check wants a name.
func (j ChooseDefault) Check() error { return checkCrate(j.Crate) }

// Sentence says it.
func (j ChooseDefault) Sentence() string {
	return "Choose the default version of " + j.Crate + " again"
}

// Subjects is the crate.
func (j ChooseDefault) Subjects() []ledger.Subject { return []ledger.Subject{CrateSubject(j.Crate)} }

func checkCrate(name string) error {
	if name == "" || len(name) > 255 || strings.ContainsRune(name, 0) {
		return cratewarden.Errorf(cratewarden.Invalid, "name a crate.")
	}
	return nil
}

// Invalidate makes the caches forget files of the static store.
type Invalidate struct {
	Paths []string `json:"paths,omitempty"`
	Tags  []string `json:"tags,omitempty"`
}

// maxPaths bounds one invalidation.
const maxPaths = 1000

// Check refuses what one of the two caches would refuse (contract actions.md
// section 18).
func (j Invalidate) Check() error {
	switch {
	case len(j.Paths)+len(j.Tags) == 0:
		return cratewarden.Errorf(cratewarden.Invalid, "name paths or tags.")
	case len(j.Paths)+len(j.Tags) > maxPaths:
		return cratewarden.Errorf(cratewarden.TooLarge, "an invalidation has at most %d paths and tags.", maxPaths)
	}
	for _, p := range j.Paths {
		if p == "" || len(p) > 1024 || strings.HasPrefix(p, "/") || strings.ContainsAny(p, "*\x00") {
			return cratewarden.Errorf(cratewarden.Invalid, "%q is no path of a stored file, such as crates/serde/serde-1.0.0.crate; wildcards are not taken by every cache.", p)
		}
	}
	for _, t := range j.Tags {
		if t == "" || len(t) > 256 || strings.ContainsAny(t, "*# \x00") {
			return cratewarden.Errorf(cratewarden.Invalid, "%q is no cache tag, such as crate:serde or release:serde@1.0.0.", t)
		}
	}
	return nil
}

// Sentence says it.
func (j Invalidate) Sentence() string {
	first := append(slices.Clone(j.Paths), j.Tags...)[0]
	if more := len(j.Paths) + len(j.Tags) - 1; more > 0 {
		return fmt.Sprintf("Make the caches forget %s and %d more", first, more)
	}
	return "Make the caches forget " + first
}

// Subjects are the paths and tags as one job.
func (j Invalidate) Subjects() []ledger.Subject {
	return []ledger.Subject{{Kind: "job type", ID: "invalidate_cdns"}}
}

// RetryJob lets a job of the registry's queue run now.
type RetryJob struct {
	ID int64 `json:"id"`
}

// Check wants an id.
func (j RetryJob) Check() error { return checkJob(j.ID) }

// Sentence says it.
func (j RetryJob) Sentence() string { return fmt.Sprintf("Retry job %d now", j.ID) }

// Subjects is the job.
func (j RetryJob) Subjects() []ledger.Subject { return []ledger.Subject{JobSubject(j.ID)} }

// ParkJob keeps a job of the registry's queue from running.
type ParkJob struct {
	ID int64 `json:"id"`
}

// Check wants an id.
func (j ParkJob) Check() error { return checkJob(j.ID) }

// Sentence says it.
func (j ParkJob) Sentence() string { return fmt.Sprintf("Park job %d", j.ID) }

// Subjects is the job.
func (j ParkJob) Subjects() []ledger.Subject { return []ledger.Subject{JobSubject(j.ID)} }

func checkJob(id int64) error {
	if id <= 0 {
		return cratewarden.Errorf(cratewarden.Invalid, "name a job by its number.")
	}
	return nil
}
