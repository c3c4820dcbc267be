package dossier

import (
	"context"
	"strings"

	"cratewarden"
	"cratewarden/archive"
	"cratewarden/registry"
)

// findVersion finds a version by its number, with or without build metadata.
// The error for one that is not there names versions that are, or says what
// became of the crate.
func (s *Service) findVersion(ctx context.Context, name, num string) (registry.Crate, registry.Version, error) {
	crate, err := s.findCrate(ctx, name)
	if err != nil {
		return crate, registry.Version{}, err
	}
	row, err := s.reader.Version(ctx, crate.ID, num)
	if cratewarden.KindOf(err) != cratewarden.NotFound {
		return crate, row, err
	}
	near, nearErr := s.reader.Numbers(ctx, crate.ID, sameLine(num), 5)
	if nearErr != nil {
		return crate, row, nearErr
	}
	wanted := archive.Visible(clip(num, 150))
	if len(near) == 0 {
		return crate, row, cratewarden.Errorf(cratewarden.NotFound, "The crate %s has no version %s; it has no versions at all.", crate.Name, wanted)
	}
	return crate, row, cratewarden.Errorf(cratewarden.NotFound,
		"The crate %s has no version %s. It has %s. A version that was deleted leaves no trace in the registry.",
		crate.Name, wanted, nearWords(near, crate.Versions))
}

// sameLine is a number without its last figure.
func sameLine(num string) string { return num[:strings.LastIndexByte(num, '.')+1] }

func nearWords(near []string, all int) string {
	text := strings.Join(near, ", ")
	if more := all - len(near); more > 0 {
		text += " and " + counted(more, "other version")
	}
	return text
}

// clip cuts foreign text to a readable length without breaking a character.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
