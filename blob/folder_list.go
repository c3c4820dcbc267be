package blob

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"syscall"
)

// List implements Store. It reads only folders that can hold a wanted key.
func (f *Folder) List(ctx context.Context, prefix, after string, limit int) ([]Info, error) {
	if err := checkPrefix(ctx, prefix); err != nil {
		return nil, err
	}
	start := prefix[:strings.LastIndexByte(prefix, '/')+1]
	w := &folderWalk{ctx: ctx, folder: f, prefix: prefix, after: after, limit: pageSize(limit)}
	err := w.walk(start)
	if err != nil && !errors.Is(err, errFull) {
		return nil, fileError(prefix, err)
	}
	return w.found, nil
}

var errFull = errors.New("page is full")

type folderWalk struct {
	ctx           context.Context
	folder        *Folder
	prefix, after string
	limit         int
	found         []Info
}

// walk visits a folder, given with its slash. A sub-folder sorts as if its
// name ended in a slash, which makes the walk follow the byte order of keys.
func (w *folderWalk) walk(dir string) error {
	entries, err := w.entries(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		key := dir + e.sortName
		switch {
		case e.IsDir() && w.mayHold(key):
			err = w.walk(key)
		case !e.IsDir() && e.Type().IsRegular() && w.wanted(key):
			err = w.add(key, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

type sortedEntry struct {
	fs.DirEntry
	sortName string
}

func (w *folderWalk) entries(dir string) ([]sortedEntry, error) {
	name := strings.TrimSuffix(dir, "/")
	if name == "" {
		name = "."
	}
	file, err := w.folder.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	list, err := file.ReadDir(-1)
	if errors.Is(err, syscall.ENOTDIR) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	sorted := make([]sortedEntry, 0, len(list))
	for _, e := range list {
		if e.IsDir() {
			sorted = append(sorted, sortedEntry{e, e.Name() + "/"})
		} else if ValidKey(e.Name()) {
			sorted = append(sorted, sortedEntry{e, e.Name()})
		}
	}
	slices.SortFunc(sorted, func(a, b sortedEntry) int { return cmp.Compare(a.sortName, b.sortName) })
	return sorted, nil
}

// mayHold says whether a folder can hold a wanted key: it and the prefix agree
// as far as both go, and not all of its keys come before after.
func (w *folderWalk) mayHold(dir string) bool {
	agrees := strings.HasPrefix(dir, w.prefix) || strings.HasPrefix(w.prefix, dir)
	return agrees && (dir > w.after || strings.HasPrefix(w.after, dir))
}

func (w *folderWalk) wanted(key string) bool {
	return key > w.after && strings.HasPrefix(key, w.prefix)
}

func (w *folderWalk) add(key string, e fs.DirEntry) error {
	stat, err := e.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return nil // deleted since the folder was read
	}
	if err != nil {
		return err
	}
	info := fileInfo(key, stat)
	info.ContentType = ""
	w.found = append(w.found, info)
	if len(w.found) == w.limit {
		return errFull
	}
	return nil
}
