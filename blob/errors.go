package blob

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"syscall"

	"cratewarden"
)

func notFound(key string, cause error) error {
	return cratewarden.Wrap(cause, cratewarden.NotFound, "There is no stored object %q.", shorten(key))
}

func exists(key string, cause error) error {
	return cratewarden.Wrap(cause, cratewarden.Conflict, "There is already a stored object %q; it was left as it is.", shorten(key))
}

func denied(key string, cause error) error {
	return cratewarden.Wrap(cause, cratewarden.Refused, "Storage does not allow this for %q. Check the rights of the account it is opened with.", shorten(key))
}

func unavailable(cause error) error {
	return cratewarden.Wrap(cause, cratewarden.Unavailable, "Storage did not do what was asked of it. Try again; if it stays, check the storage setting and its health.")
}

func contextError(cause error) error {
	if errors.Is(cause, context.Canceled) {
		return cratewarden.Wrap(cause, cratewarden.Canceled, "The storage request was given up.")
	}
	return cratewarden.Wrap(cause, cratewarden.Timeout, "Storage took too long to answer. Try again.")
}

// stopped recognises the errors that mean the same in every store.
func stopped(err error) (error, bool) {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return contextError(err), true
	}
	if wait, ok := errors.AsType[net.Error](err); ok && wait.Timeout() {
		return contextError(err), true
	}
	if e, ok := errors.AsType[*cratewarden.Error](err); ok {
		return e, true
	}
	return nil, false
}

// fileError gives an error of the file system its kind.
func fileError(key string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := stopped(err); ok {
		return e
	}
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENAMETOOLONG):
		return notFound(key, err)
	case errors.Is(err, fs.ErrExist), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EISDIR):
		return exists(key, err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return denied(key, err)
	default:
		return unavailable(err)
	}
}

// body gives errors during reading a kind, and stops when the asker does.
type body struct {
	ctx context.Context
	io.ReadCloser
}

func (b body) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, contextError(err)
	}
	n, err := b.ReadCloser.Read(p)
	if err == nil || err == io.EOF {
		return n, err
	}
	if e, ok := stopped(err); ok {
		return n, e
	}
	return n, unavailable(err)
}
