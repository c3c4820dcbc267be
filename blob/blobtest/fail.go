package blobtest

import (
	"context"
	"errors"
	"io"
	"sync/atomic"

	"cratewarden/blob"
)

// ErrFailed is what a failing store answers.
var ErrFailed = errors.New("the store failed on purpose")

// Failing passes calls on to a store until the chosen one. It stands for a
// process that is killed there: that call and all after it fail.
type Failing struct {
	blob.Store
	// Reads counts Get, Stat and List too; otherwise only what changes the
	// store counts.
	Reads bool
	// Late does the chosen call before it fails, as when the answer is lost.
	Late bool

	at    int64
	calls atomic.Int64
}

// FailAt makes a store whose nth call, from 1, fails; 0 for never.
func FailAt(s blob.Store, n int64) *Failing { return &Failing{Store: s, at: n} }

// Calls says how many calls there were.
func (f *Failing) Calls() int64 { return f.calls.Load() }

// call counts one and says whether to do it and whether to fail it.
func (f *Failing) call() (do bool, err error) {
	n := f.calls.Add(1)
	if f.at == 0 || n < f.at {
		return true, nil
	}
	return f.Late && n == f.at, ErrFailed
}

func (f *Failing) change(fn func() error) error {
	do, err := f.call()
	if do {
		err = errors.Join(err, fn())
	}
	return err
}

// Get implements blob.Store.
func (f *Failing) Get(ctx context.Context, key string) (io.ReadCloser, blob.Info, error) {
	if f.Reads {
		if _, err := f.call(); err != nil {
			return nil, blob.Info{}, err
		}
	}
	return f.Store.Get(ctx, key)
}

// Stat implements blob.Store.
func (f *Failing) Stat(ctx context.Context, key string) (blob.Info, error) {
	if f.Reads {
		if _, err := f.call(); err != nil {
			return blob.Info{}, err
		}
	}
	return f.Store.Stat(ctx, key)
}

// List implements blob.Store.
func (f *Failing) List(ctx context.Context, prefix, after string, limit int) ([]blob.Info, error) {
	if f.Reads {
		if _, err := f.call(); err != nil {
			return nil, err
		}
	}
	return f.Store.List(ctx, prefix, after, limit)
}

// Put implements blob.Store.
func (f *Failing) Put(ctx context.Context, key string, content io.Reader, opts blob.PutOptions) error {
	return f.change(func() error { return f.Store.Put(ctx, key, content, opts) })
}

// Move implements blob.Store.
func (f *Failing) Move(ctx context.Context, from, to string) error {
	return f.change(func() error { return f.Store.Move(ctx, from, to) })
}

// Delete implements blob.Store.
func (f *Failing) Delete(ctx context.Context, key string) error {
	return f.change(func() error { return f.Store.Delete(ctx, key) })
}
