package authtest

import "encoding/base64"

// Trick makes an answer wrong in one way, after the options were read and
// before anything is signed, so that the signature is right unless the trick
// says otherwise.
type Trick func(*ceremony)

// Unverified answers though nobody gave a PIN or a finger.
func Unverified() Trick { return func(c *ceremony) { c.flags &^= flagVerified } }

// Absent answers though nobody touched the key.
func Absent() Trick { return func(c *ceremony) { c.flags &^= flagUser | flagVerified } }

// OnPage answers on a page of another origin, in a browser that lets it.
func OnPage(origin string) Trick {
	return func(c *ceremony) { c.origin, c.forced = origin, true }
}

// InFrame answers in a frame of somebody else's page.
func InFrame() Trick { return func(c *ceremony) { c.crossOrigin = true } }

// ForParty answers for another relying party.
func ForParty(rpID string) Trick {
	return func(c *ceremony) { c.rpID, c.forced = rpID, true }
}

// ToChallenge answers another challenge, given in base64url.
func ToChallenge(challenge string) Trick {
	return func(c *ceremony) { c.challenge = challenge }
}

// Counting answers with that counter, and leaves the key's own alone.
func Counting(n uint32) Trick { return func(c *ceremony) { c.counter = &n } }

// With answers with that passkey, allowed or not.
func With(id string) Trick { return func(c *ceremony) { c.credential = id } }

// Claiming says that the answer is of another passkey than the one that signs.
func Claiming(id string) Trick {
	return func(c *ceremony) { c.claim, _ = base64.RawURLEncoding.DecodeString(id) }
}

// OfUser says that the passkey belongs to another user handle.
func OfUser(handle []byte) Trick { return func(c *ceremony) { c.user = handle } }

// Spoiled signs something else.
func Spoiled() Trick { return func(c *ceremony) { c.spoiled = true } }

// Copyable says that the passkey may be copied to other devices, which a key
// says at its registration and must say ever after.
func Copyable() Trick { return func(c *ceremony) { c.flags |= flagMayBackup } }

// OfKind answers with another kind of ceremony, such as "webauthn.create" where
// "webauthn.get" was asked.
func OfKind(kind string) Trick { return func(c *ceremony) { c.kind = kind } }
