package evidence

import (
	"context"
	"errors"
	"io"
	"maps"

	"cratewarden"
)

// PutBack restores an object with the identical bytes and headers. If it is
// there already, only that is proven. The error is Conflict when something else
// has the key, or when the vault's copy is not what was taken; both stay as
// they are.
func (v Vault) PutBack(ctx context.Context, t Taken) error {
	if err := v.Writable(ctx); err != nil {
		return err
	}
	state, err := v.look(ctx, t)
	if err != nil {
		return err
	}
	if state != restored {
		if err := v.copyOut(ctx, t, state == otherHeaders); err != nil {
			return err
		}
		if state, err = v.look(ctx, t); err != nil {
			return err
		}
		if state != restored {
			return cratewarden.Errorf(cratewarden.Unavailable, "Storage does not give %q back as it was put. Check its health and repeat.", shorten(t.Key))
		}
	}
	// From here on the key is the registry's again: should it be deleted one
	// day, Take must not claim to hold it.
	return v.Store.Delete(ctx, noteKey(t.Key))
}

// whereabouts is what the registry's store has under the key of a Taken.
type whereabouts int

const (
	absent       whereabouts = iota
	otherHeaders             // the right bytes, labelled otherwise
	restored                 // the object as it was
)

// look says what the registry's store has. Other bytes under the key are a
// Conflict.
func (v Vault) look(ctx context.Context, t Taken) (whereabouts, error) {
	info, err := v.Static.Stat(ctx, t.Key)
	if cratewarden.KindOf(err) == cratewarden.NotFound {
		return absent, nil
	}
	if err != nil {
		return absent, err
	}
	got, size, err := measure(ctx, v.Static, t.Key, t.Bytes)
	if err != nil {
		return absent, err
	}
	if got != t.SHA256 || size != t.Bytes {
		return absent, cratewarden.Errorf(cratewarden.Conflict,
			"There is another file %q in the registry's storage now; it was left as it is. Look at it before you decide which one stays.", shorten(t.Key))
	}
	if t.Headers && info.Headers && (info.ContentType != t.ContentType || info.CacheControl != t.CacheControl || !maps.Equal(info.Metadata, t.Metadata)) {
		return otherHeaders, nil
	}
	return restored, nil
}

// copyOut writes the object, over one with the same bytes and other headers if
// asked to.
func (v Vault) copyOut(ctx context.Context, t Taken, overwrite bool) error {
	sp, err := newSpool()
	if err != nil {
		return err
	}
	defer sp.Close()
	body, _, err := v.Store.Get(ctx, contentKey(heldPrefix, t.SHA256))
	if err != nil {
		return lostCopy(err, t)
	}
	content, err := sp.write(ctx, t.Bytes+1, func(w io.Writer) error { _, err := io.Copy(w, io.LimitReader(body, t.Bytes+1)); return err })
	if err := errors.Join(err, body.Close()); err != nil {
		return err
	}
	if content.digest != t.SHA256 {
		return cratewarden.Errorf(cratewarden.Conflict, "The vault's copy of %q was changed. It is not put back.", shorten(t.Key))
	}
	opts := t.options()
	opts.Overwrite = overwrite
	err = v.Static.Put(ctx, t.Key, content.reader(), opts)
	if cratewarden.KindOf(err) == cratewarden.Conflict {
		return nil // what has the key now is looked at next
	}
	return err
}

func lostCopy(err error, t Taken) error {
	if cratewarden.KindOf(err) == cratewarden.NotFound {
		return cratewarden.Wrap(err, cratewarden.NotFound, "The vault has no copy of %q.", shorten(t.Key))
	}
	return err
}

// Forget ends the vault's memory of a key, so that it does not answer Take for
// it any more: whatever has the key next is something else. The bytes stay.
func (v Vault) Forget(ctx context.Context, key string) error {
	if v.Store == nil {
		return noStore()
	}
	return v.Store.Delete(ctx, noteKey(key))
}
