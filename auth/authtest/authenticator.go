// Package authtest holds the other side of signing in, for tests: the passkeys
// that people have, and the providers that know them. Everything in it does the
// real thing with real signatures, on loopback or in memory, so that what it
// shows of package auth is true; and it can misbehave on request, because that
// is what package auth is there for. The program never imports it.
package authtest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"sync"
)

// Authenticator is a security key made of software, together with the browser
// that it is plugged into. It makes ES256 keys, signs with them, and verifies
// its user by always believing that it did. Many may use it at a time.
type Authenticator struct {
	// SelfAttest signs registrations with the new key itself (packed); otherwise
	// nothing is attested.
	SelfAttest bool
	// Synced makes passkeys that a cloud copies to other devices: they say so,
	// and their counter stays 0.
	Synced bool
	// Model is the AAGUID.
	Model [16]byte

	origin string
	mu     sync.Mutex
	keys   map[string]*key
}

// key is one passkey.
type key struct {
	id      []byte
	user    []byte // user handle
	rpID    string
	private *ecdsa.PrivateKey
	counter uint32
}

// NewAuthenticator makes an empty one in a browser that stands on a page of
// that origin, such as "https://console.example".
func NewAuthenticator(origin string) *Authenticator {
	return &Authenticator{origin: origin, keys: map[string]*key{}}
}

// Clone copies it with all its keys, as a thief would; both count on their own
// from here.
func (a *Authenticator) Clone() *Authenticator {
	a.mu.Lock()
	defer a.mu.Unlock()
	b := &Authenticator{SelfAttest: a.SelfAttest, Synced: a.Synced, Model: a.Model, origin: a.origin, keys: maps.Clone(a.keys)}
	for id, k := range b.keys {
		copied := *k
		b.keys[id] = &copied
	}
	return b
}

// Passkeys are the ids of its keys, in base64url, sorted.
func (a *Authenticator) Passkeys() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	ids := []string{}
	for _, k := range a.keys {
		ids = append(ids, base64.RawURLEncoding.EncodeToString(k.id))
	}
	slices.Sort(ids)
	return ids
}

// Refusals of an authenticator or its browser, before anything is signed.
var (
	ErrExcluded = errors.New("the authenticator has one of the excluded passkeys already")
	ErrNoKey    = errors.New("the authenticator has none of the allowed passkeys")
	ErrDomain   = errors.New("the page may not use passkeys of that relying party")
)

// options are the parts of creation and request options that matter here.
type options struct {
	Challenge string `json:"challenge"`
	RPID      string `json:"rpId"`
	RP        struct {
		ID string `json:"id"`
	} `json:"rp"`
	User struct {
		ID string `json:"id"`
	} `json:"user"`
	PubKeyCredParams []struct {
		Alg int `json:"alg"`
	} `json:"pubKeyCredParams"`
	ExcludeCredentials []descriptor `json:"excludeCredentials"`
	AllowCredentials   []descriptor `json:"allowCredentials"`
}

type descriptor struct {
	ID string `json:"id"`
}

// Create answers creation options, as navigator.credentials.create followed by
// toJSON would, and keeps the new key.
func (a *Authenticator) Create(opts []byte, tricks ...Trick) ([]byte, error) {
	var o options
	if err := json.Unmarshal(opts, &o); err != nil {
		return nil, fmt.Errorf("creation options: %w", err)
	}
	c, err := a.ceremony("webauthn.create", o.RP.ID, o.Challenge, tricks)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, d := range o.ExcludeCredentials {
		if a.keys[d.ID] != nil {
			return nil, ErrExcluded
		}
	}
	k, err := newKey(o, c)
	if err != nil {
		return nil, err
	}
	a.keys[base64.RawURLEncoding.EncodeToString(k.id)] = k
	return a.registration(k, c)
}

// Get answers request options, as navigator.credentials.get followed by toJSON
// would, with the first allowed passkey that it has.
func (a *Authenticator) Get(opts []byte, tricks ...Trick) ([]byte, error) {
	var o options
	if err := json.Unmarshal(opts, &o); err != nil {
		return nil, fmt.Errorf("request options: %w", err)
	}
	c, err := a.ceremony("webauthn.get", o.RPID, o.Challenge, tricks)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if c.credential != "" {
		o.AllowCredentials = []descriptor{{ID: c.credential}}
	}
	for _, d := range o.AllowCredentials {
		if k := a.keys[d.ID]; k != nil && (k.rpID == c.rpID || c.forced) {
			return a.assertion(k, c)
		}
	}
	return nil, ErrNoKey
}

// ceremony starts an answer as a browser does, which lets a page use only
// passkeys of its own domain, and then lets the tricks spoil it.
func (a *Authenticator) ceremony(kind, rpID, challenge string, tricks []Trick) (*ceremony, error) {
	page, err := url.Parse(a.origin)
	if err != nil {
		return nil, fmt.Errorf("origin: %w", err)
	}
	c := &ceremony{kind: kind, origin: a.origin, rpID: rpID, challenge: challenge, flags: flagUser | flagVerified}
	if a.Synced {
		c.flags |= flagMayBackup | flagBackedUp
	}
	for _, trick := range tricks {
		trick(c)
	}
	if page.Hostname() != rpID && !c.forced {
		return nil, fmt.Errorf("%w: %s on %s", ErrDomain, rpID, a.origin)
	}
	return c, nil
}

func newKey(o options, c *ceremony) (*key, error) {
	if !slices.ContainsFunc(o.PubKeyCredParams, func(p struct {
		Alg int `json:"alg"`
	}) bool {
		return p.Alg == es256
	}) {
		return nil, errors.New("the relying party takes no ES256 keys")
	}
	user, err := base64.RawURLEncoding.DecodeString(o.User.ID)
	if err != nil {
		return nil, fmt.Errorf("user handle: %w", err)
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	id := make([]byte, 32)
	_, _ = rand.Read(id) // never fails
	return &key{id: id, user: user, rpID: c.rpID, private: private}, nil
}

// count is the counter to sign with.
func (a *Authenticator) count(k *key, c *ceremony) uint32 {
	if c.counter != nil {
		return *c.counter
	}
	if !a.Synced {
		k.counter++
	}
	return k.counter
}

// sign signs authenticator data and client data with a passkey.
func sign(k *key, c *ceremony, data, client []byte) ([]byte, error) {
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(slices.Concat(data, hash[:]))
	if c.spoiled {
		digest = sha256.Sum256(bytes.Repeat(digest[:], 2))
	}
	return ecdsa.SignASN1(rand.Reader, k.private, digest[:])
}
