package evidence

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"

	"cratewarden"
	"cratewarden/blob"
	"cratewarden/ledger"
)

// Keys in the evidence store. Parts and held files lie under their own hash.
const (
	partPrefix     = "evidence/sha256/"
	manifestPrefix = "evidence/manifests/"
	heldPrefix     = "held/sha256/"
	heldNotePrefix = "held/keys/"
)

func contentKey(prefix string, d ledger.Digest) string {
	hex := d.String()
	return prefix + hex[:2] + "/" + hex
}

func manifestKey(d ledger.Digest) string { return manifestPrefix + d.String() + ".json" }

// measure reads an object to its end and gives its hash and size. It stops
// after more than most bytes.
func measure(ctx context.Context, store blob.Store, key string, most int64) (ledger.Digest, int64, error) {
	content, _, err := store.Get(ctx, key)
	if err != nil {
		return ledger.Digest{}, 0, err
	}
	hash := sha256.New()
	size, err := io.Copy(hash, io.LimitReader(content, most+1))
	if err := errors.Join(err, content.Close()); err != nil {
		return ledger.Digest{}, size, err
	}
	return ledger.Digest(hash.Sum(nil)), size, nil
}

// keep stores content under a key that is made of its hash and proves it by
// reading it back. What is there already is not written again; if it is not
// what its key says, the right content, which we have, takes its place.
func keep(ctx context.Context, store blob.Store, key string, content section, opts blob.PutOptions) error {
	written := false
	_, err := store.Stat(ctx, key)
	if cratewarden.KindOf(err) == cratewarden.NotFound {
		err = store.Put(ctx, key, content.reader(), opts)
		written = err == nil
		if cratewarden.KindOf(err) == cratewarden.Conflict { // somebody was faster, or our own answer was lost
			err = nil
		}
	}
	if err != nil {
		return err
	}
	right, err := holds(ctx, store, key, content)
	if err != nil || right {
		return err
	}
	if !written {
		opts.Overwrite = true
		if err := store.Put(ctx, key, content.reader(), opts); err != nil {
			return err
		}
		if right, err = holds(ctx, store, key, content); err != nil || right {
			return err
		}
	}
	return cratewarden.Errorf(cratewarden.Unavailable, "The evidence store gives back other bytes than it was given. Check its health before you go on.")
}

func holds(ctx context.Context, store blob.Store, key string, content section) (bool, error) {
	digest, size, err := measure(ctx, store, key, content.size)
	return err == nil && digest == content.digest && size == content.size, err
}

// opaque is how parts are labelled: nobody's browser shall do anything with
// them.
func opaque() blob.PutOptions { return blob.PutOptions{ContentType: "application/octet-stream"} }

// readAll reads an object that must be small.
func readAll(ctx context.Context, store blob.Store, key string, most int64) ([]byte, error) {
	content, _, err := store.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(content, most+1))
	if err := errors.Join(err, content.Close()); err != nil {
		return nil, err
	}
	if int64(len(text)) > most {
		return nil, errTooLarge
	}
	return text, nil
}
