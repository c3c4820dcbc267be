package evidence

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"

	"cratewarden"
	"cratewarden/blob"
	"cratewarden/ledger"
)

// Vault takes objects out of the registry's store and puts them back. Every
// call may be repeated after a crash anywhere and then completes: at each
// moment the bytes are in at least one of the two stores. Bytes never leave
// the vault again; they are kept under their hash, once.
type Vault struct {
	// Static is the registry's store, Store the evidence store.
	Static, Store blob.Store
}

// Taken is an object in the vault. The caller keeps it to put it back.
type Taken struct {
	Key    string        `json:"key"` // in the registry's store
	SHA256 ledger.Digest `json:"sha256"`
	Bytes  int64         `json:"bytes"`
	// The headers of the object. Headers is false if the registry's store
	// keeps none (a folder); then these are empty.
	Headers      bool              `json:"headers"`
	ContentType  string            `json:"content_type,omitempty"`
	CacheControl string            `json:"cache_control,omitempty"`
	Metadata     map[string]string `json:"metadata,omitempty"`
}

func (t Taken) options() blob.PutOptions {
	return blob.PutOptions{ContentType: t.ContentType, CacheControl: t.CacheControl, Metadata: t.Metadata}
}

// noteKey is where the vault remembers what it took from a key, in case the
// caller dies before it can.
func noteKey(key string) string {
	return contentKey(heldNotePrefix, sha256.Sum256([]byte(key))) + ".json"
}

// Writable says whether files can be taken at all. The error is Refused for
// storage that can only be read; then a hold goes by yanking alone. Rights that
// are missing on a bucket show only when Take is Refused, which leaves
// everything where it was.
func (v Vault) Writable(ctx context.Context) error {
	if v.Static == nil {
		return cratewarden.Errorf(cratewarden.Refused, "No storage of the registry is configured, so files cannot be moved.")
	}
	if v.Store == nil {
		return noStore()
	}
	const nothing = "cratewarden/no-such-object"
	err := v.Static.Move(ctx, nothing, nothing)
	if cratewarden.KindOf(err) == cratewarden.NotFound {
		return nil
	}
	return err
}

// Take moves an object into the vault: copy, read back, note, delete. The error
// is NotFound if neither store has it, Conflict if it changed meanwhile, and
// Refused on storage that does not allow it; in each case the registry's object
// is where it was.
func (v Vault) Take(ctx context.Context, key string) (Taken, error) {
	if err := v.Writable(ctx); err != nil {
		return Taken{}, err
	}
	before, err := v.Static.Stat(ctx, key)
	if cratewarden.KindOf(err) == cratewarden.NotFound {
		return v.held(ctx, key, err)
	}
	if err != nil {
		return Taken{}, err
	}
	taken, err := v.copyIn(ctx, key)
	if err != nil {
		return Taken{}, err
	}
	// Between copy and deletion somebody may have published the key anew.
	after, err := v.Static.Stat(ctx, key)
	if err != nil && cratewarden.KindOf(err) != cratewarden.NotFound {
		return Taken{}, err
	}
	if err == nil && (after.ETag != before.ETag || after.Size != before.Size) {
		return Taken{}, cratewarden.Errorf(cratewarden.Conflict, "The file %q changed while it was being held. Nothing was moved; look again and repeat.", shorten(key))
	}
	return taken, v.Static.Delete(ctx, key)
}

// held answers for an object that is not in the registry's store: an earlier
// Take may have moved it.
func (v Vault) held(ctx context.Context, key string, notThere error) (Taken, error) {
	t, err := v.remembered(ctx, key, notThere)
	if err != nil {
		return t, err
	}
	return t, v.proveHeld(ctx, t)
}

// remembered gives the note of a key, notThere if there is none.
func (v Vault) remembered(ctx context.Context, key string, notThere error) (Taken, error) {
	text, err := readAll(ctx, v.Store, noteKey(key), 1<<20)
	if cratewarden.KindOf(err) == cratewarden.NotFound {
		return Taken{}, notThere
	}
	if err != nil {
		return Taken{}, err
	}
	var t Taken
	if err := json.Unmarshal(text, &t); err != nil || t.Key != key {
		return Taken{}, cratewarden.Wrap(err, cratewarden.Conflict, "What the vault remembers of %q was changed.", shorten(key))
	}
	return t, nil
}

// open gives a held object as the registry's store would. held is true if the
// vault remembers it, even when it does not have it any more.
func (v Vault) open(ctx context.Context, key string, notThere error) (body io.ReadCloser, info blob.Info, held bool, err error) {
	t, err := v.remembered(ctx, key, notThere)
	if err != nil {
		return nil, info, false, err
	}
	if err := v.proveHeld(ctx, t); err != nil {
		return nil, info, true, err
	}
	body, _, err = v.Store.Get(ctx, contentKey(heldPrefix, t.SHA256))
	info = blob.Info{Key: key, Size: t.Bytes, ContentType: t.ContentType, CacheControl: t.CacheControl, Metadata: t.Metadata, Headers: t.Headers}
	return body, info, true, err
}

func (v Vault) proveHeld(ctx context.Context, t Taken) error {
	got, size, err := measure(ctx, v.Store, contentKey(heldPrefix, t.SHA256), t.Bytes)
	if err == nil && (got != t.SHA256 || size != t.Bytes) {
		err = cratewarden.Errorf(cratewarden.Conflict, "The vault's copy of %q was changed. It is not put back.", shorten(t.Key))
	}
	return err
}

// copyIn copies an object into the vault, proven, and notes where it is from.
func (v Vault) copyIn(ctx context.Context, key string) (Taken, error) {
	sp, err := newSpool()
	if err != nil {
		return Taken{}, err
	}
	defer sp.Close()
	body, info, err := v.Static.Get(ctx, key)
	if err != nil {
		return Taken{}, err
	}
	content, err := sp.write(ctx, 1<<62, func(w io.Writer) error { _, err := io.Copy(w, body); return err })
	if err := errors.Join(err, body.Close()); err != nil {
		return Taken{}, err
	}
	t := Taken{Key: key, SHA256: content.digest, Bytes: content.size, Headers: info.Headers}
	if info.Headers {
		t.ContentType, t.CacheControl, t.Metadata = info.ContentType, info.CacheControl, info.Metadata
	}
	if err := keep(ctx, v.Store, contentKey(heldPrefix, t.SHA256), content, opaque()); err != nil {
		return Taken{}, lostMeanwhile(err)
	}
	return t, lostMeanwhile(v.note(ctx, sp, t))
}

// lostMeanwhile keeps a missing object of the vault from being taken for a
// missing one of the registry.
func lostMeanwhile(err error) error {
	if cratewarden.KindOf(err) == cratewarden.NotFound {
		return cratewarden.Wrap(err, cratewarden.Unavailable, "The evidence store lost what was just written. Check its health and repeat.")
	}
	return err
}

// note remembers a key's object. An older note of the same key is about an
// object whose own Taken is with whoever took it.
func (v Vault) note(ctx context.Context, sp *spool, t Taken) error {
	text, err := json.Marshal(t)
	if err != nil {
		return err
	}
	content, err := sp.write(ctx, 1<<20, func(w io.Writer) error { _, err := w.Write(text); return err })
	if err != nil {
		return err
	}
	there, err := readAll(ctx, v.Store, noteKey(t.Key), 1<<20)
	if err == nil && bytes.Equal(there, text) {
		return nil
	}
	if err != nil && cratewarden.KindOf(err) != cratewarden.NotFound && cratewarden.KindOf(err) != cratewarden.TooLarge {
		return err
	}
	opts := blob.PutOptions{ContentType: "application/json", Overwrite: true}
	if err := v.Store.Put(ctx, noteKey(t.Key), content.reader(), opts); err != nil {
		return err
	}
	right, err := holds(ctx, v.Store, noteKey(t.Key), content)
	if err == nil && !right {
		err = cratewarden.Errorf(cratewarden.Unavailable, "The evidence store gives back other bytes than it was given. Check its health before you go on.")
	}
	return err
}
