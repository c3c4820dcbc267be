// Package blob reads and writes objects by key: the registry's archives,
// READMEs, feeds and index files, wherever it keeps them. There are three
// stores behind one interface: a folder, a bucket that speaks the S3 protocol,
// and a public web address that can only be read. Nothing is overwritten
// unless the caller asks for it.
package blob

import (
	"context"
	"io"
	"io/fs"
	"iter"
	"strings"
	"time"
	"unicode/utf8"

	"cratewarden"
)

// Store holds objects under keys such as "crates/foo/foo-1.0.0.crate". All
// implementations keep these promises, and one suite of tests checks them:
//
//   - A key that could leave the store or mean two things is Invalid
//     (ValidKey), and nothing was touched.
//   - A missing object is NotFound; a clash is Conflict; a store that does not
//     allow the operation is Refused; one that does not answer is Unavailable
//     or Timeout; a caller who gave up gets Canceled.
//   - A Put that fails leaves what was there before, never part of an object.
//   - Calls may run at the same time. Of several Puts of one key without
//     Overwrite exactly one succeeds.
type Store interface {
	// Get opens an object. The caller closes it. An error while reading has
	// a kind too, and the bytes read until then must not be used.
	Get(ctx context.Context, key string) (io.ReadCloser, Info, error)

	// Stat tells about an object without its content.
	Stat(ctx context.Context, key string) (Info, error)

	// List gives objects whose key starts with prefix and is greater than
	// after, in byte order of keys, at most limit of them and never more than
	// MaxList; a limit of 0 or less stands for MaxList. prefix is text, not a
	// folder: "crates/a" matches "crates/ab/x". An empty answer is the end.
	// ContentType is not filled in.
	List(ctx context.Context, prefix, after string, limit int) ([]Info, error)

	// Put stores an object durably: when it returns nil, the bytes survive a
	// crash. Without Overwrite an object that is there stays, and the answer
	// is Conflict; since a store may repeat a request whose answer was lost,
	// that object can be the caller's own, so compare before giving up.
	Put(ctx context.Context, key string, content io.Reader, opts PutOptions) error

	// Move gives an object another key, with its headers. If to holds other
	// bytes, the answer is Conflict and both stay. A crash can leave the
	// object under both keys, never under neither; the same Move again
	// completes it, because to holding the same bytes is no conflict.
	Move(ctx context.Context, from, to string) error

	// Delete removes an object for good. One that is not there is no error,
	// so that a Delete may be repeated.
	Delete(ctx context.Context, key string) error
}

// MaxList is the most objects that one List gives.
const MaxList = 1000

// Info tells about an object. Fields that a store does not know are zero;
// Size is -1 when a web server does not say it.
type Info struct {
	Key     string
	Size    int64 // bytes
	ModTime time.Time
	// ETag changes with the content. It means nothing across stores.
	ETag        string
	ContentType string
	// CacheControl and Metadata are what the object was stored with. Names in
	// Metadata are in lower case. List gives neither.
	CacheControl string
	Metadata     map[string]string
	// Headers says that the store keeps these three, so that an empty one means
	// that the object has none. A folder keeps none and guesses ContentType.
	Headers bool
}

// PutOptions are the headers of a new object. A folder keeps none of them and
// guesses ContentType from the key when asked.
type PutOptions struct {
	ContentType  string
	CacheControl string
	// Overwrite replaces an object that is there.
	Overwrite bool
	Metadata  map[string]string
}

// tempPrefix begins the names of unfinished files of a folder, so no part of a
// key may begin with it.
const tempPrefix = ".cratewarden-"

// ValidKey says whether a key may be used: at most 1024 bytes of UTF-8 without
// control characters and backslashes, parts divided by single slashes, none of
// them empty, "." or "..".
func ValidKey(key string) bool {
	if key == "." || len(key) > 1024 || !utf8.ValidString(key) || !fs.ValidPath(key) {
		return false
	}
	if strings.ContainsFunc(key, func(r rune) bool { return r < 0x20 || r == 0x7f || r == '\\' }) {
		return false
	}
	return !strings.HasPrefix(key, tempPrefix) && !strings.Contains(key, "/"+tempPrefix)
}

func checkKeys(ctx context.Context, keys ...string) error {
	if err := ctx.Err(); err != nil {
		return contextError(err)
	}
	for _, key := range keys {
		if !ValidKey(key) {
			return cratewarden.Errorf(cratewarden.Invalid, "%q cannot be the key of a stored object.", shorten(key))
		}
	}
	return nil
}

// checkPrefix allows every text that a valid key can start with up to its last
// slash.
func checkPrefix(ctx context.Context, prefix string) error {
	if err := ctx.Err(); err != nil {
		return contextError(err)
	}
	if i := strings.LastIndexByte(prefix, '/'); i >= 0 && !ValidKey(prefix[:i]) {
		return cratewarden.Errorf(cratewarden.Invalid, "%q cannot be the start of a key.", shorten(prefix))
	}
	return nil
}

func shorten(key string) string {
	if len(key) > 100 {
		return key[:100] + "…"
	}
	return key
}

// All walks every object whose key starts with prefix, in byte order, one List
// at a time. It ends at the first error.
func All(ctx context.Context, s Store, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		after := ""
		for {
			page, err := s.List(ctx, prefix, after, MaxList)
			if err != nil {
				yield(Info{}, err)
				return
			}
			for _, info := range page {
				if !yield(info, nil) {
					return
				}
				after = info.Key
			}
			if len(page) == 0 {
				return
			}
		}
	}
}

func pageSize(limit int) int {
	if limit <= 0 || limit > MaxList {
		return MaxList
	}
	return limit
}
