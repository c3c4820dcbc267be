package dossier

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cratewarden"
	"cratewarden/archive"
)

// Hold is a version that this console took out of use: yanked, and its files
// moved to the vault until it is released.
type Hold struct {
	ID    int32     `json:"-"` // versions.id
	Crate string    `json:"-"` // the stored spelling
	Num   string    `json:"-"`
	Plan  string    `json:"plan" doc:"the plan that holds it"`
	Since time.Time `json:"since"`
	Files string    `json:"files" doc:"moving to the vault, held there, returning, or yank only: left where they are"`
}

// FilesAway says that the files of a held version may be missing in storage
// without anything being wrong.
func (h *Hold) FilesAway() bool { return h != nil && h.Files != "yank only" }

// FilesSentence says where the files of a held version are.
func (h *Hold) FilesSentence() string {
	switch h.Files {
	case "held":
		return "Its files rest in the vault."
	case "moving":
		return "Its files are on their way to the vault."
	case "returning":
		return "Its files are on their way back from the vault."
	}
	return "Its files stayed in storage; it is held by yank alone."
}

// heldMark is the badge of a held version.
func heldMark() Mark { return Mark{"held", "hold"} }

// holds are the held versions of a crate, or of all.
type holds struct {
	byID map[int32]*Hold
	// absent says why they are not known.
	absent string
}

// holds reads what is held of a crate by its stored name, or of all for "".
func (s *Service) holds(ctx context.Context, crate string) holds {
	if s.cfg.Held == nil {
		return holds{}
	}
	ctx, cancel := context.WithTimeout(ctx, heldTime)
	defer cancel()
	list, err := s.cfg.Held(ctx, crate)
	if err != nil {
		return holds{absent: "Whether versions are held is not known. " + s.absentText("held", err)}
	}
	if len(list) == 0 {
		return holds{}
	}
	out := holds{byID: make(map[int32]*Hold, len(list))}
	for i := range list {
		out.byID[list[i].ID] = &list[i]
	}
	return out
}

// heldTime bounds the question what is held, which no page waits for longer.
const heldTime = 2 * time.Second

// mark shows on a version's line that it is held.
func (h holds) mark(v *VersionRow) {
	if v.Held = h.byID[v.ID]; v.Held == nil {
		return
	}
	at := slices.IndexFunc(v.Marks, func(m Mark) bool { return m.Text == "yanked" })
	v.Marks = slices.Insert(v.Marks, at+1, heldMark())
}

func (h holds) markRows(rows []VersionRow) {
	if len(h.byID) == 0 {
		return
	}
	for i := range rows {
		h.mark(&rows[i])
	}
}

func (h holds) markPublishes(rows []PublishRow) {
	if len(h.byID) == 0 {
		return
	}
	for i := range rows {
		h.mark(&rows[i].VersionRow)
	}
}

// finding tells of a crate's held versions.
func (h holds) finding() (out []finding) {
	if n := len(h.byID); n > 0 {
		out = append(out, finding{counted(n, "version") + " held", "hold", ""})
	}
	return out
}

// missing is the error for an archive that the storage does not have.
func (a *storedArchive) missing(ctx context.Context, s *Service, err error) error {
	held := s.holds(ctx, a.crate)
	for _, h := range held.byID {
		if h.Num == a.num && h.FilesAway() {
			return cratewarden.Wrap(err, cratewarden.Unavailable, "The version is held since %s by the plan %s. %s", day(h.Since), h.Plan, h.FilesSentence())
		}
	}
	text := fmt.Sprintf("The storage has no file %s; the registry stores one for every version.", archive.Visible(a.key))
	if held.absent != "" {
		text += " " + held.absent
	}
	return cratewarden.Wrap(err, cratewarden.NotFound, "%s", text)
}
