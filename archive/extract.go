package archive

import (
	"context"
	"io"
	"strings"

	"cratewarden"
)

// Extract reads one file again that Read did not keep: a binary one, a large
// one, or one beyond what is held in memory. When the path is there more than
// once the last one counts, as in Files. The errors are those of Read, NotFound
// when the readable part of the archive has no such file, and TooLarge beyond
// Limits.ExtractFile.
func Extract(ctx context.Context, r io.Reader, root, path string, limits Limits) ([]byte, error) {
	limits = limits.orDefault()
	var (
		c       = collector{root: root, limits: limits}
		content []byte
		found   bool
		large   int64
	)
	_, err := walk(ctx, r, root, limits, &c.problems, func(s *stream, t *tarReader, e *entry) error {
		if e.size > s.limit-s.unpacked {
			return errEnough
		}
		if !c.regular(e) || e.kind == typeDir || strings.HasSuffix(e.name, "/") {
			return nil
		}
		at, ok := member(e.name, root, limits, func(ProblemKind, string) {})
		if !ok || at == "" || at != path {
			return nil
		}
		if e.size > limits.ExtractFile {
			found, large, content = true, e.size, nil
			return nil
		}
		data, err := io.ReadAll(t)
		if err != nil {
			return err
		}
		found, large, content = true, 0, data
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, cratewarden.Errorf(cratewarden.NotFound, "The archive has no readable file “%s”. Choose one from its list of files.", shown(path))
	case large > 0:
		return nil, cratewarden.Errorf(cratewarden.TooLarge, "The file “%s” has %s; at most %s are shown. Download the archive in a safe place to see it.", shown(path), size(large), size(limits.ExtractFile))
	}
	return content, nil
}
