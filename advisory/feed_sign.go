package advisory

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"

	"cratewarden"
)

// ParseFeedKey reads the private key that signs the feed: Ed25519 in PKCS #8,
// as PEM ("openssl genpkey -algorithm ed25519").
func ParseFeedKey(text []byte) (ed25519.PrivateKey, error) {
	const want = "The key of the takedown feed is an Ed25519 key in PEM (PKCS #8). Make one with: openssl genpkey -algorithm ed25519"
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, cratewarden.Errorf(cratewarden.Invalid, want)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, cratewarden.Wrap(err, cratewarden.Invalid, want)
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, cratewarden.Errorf(cratewarden.Invalid, want)
	}
	return key, nil
}

// FeedPublicKey gives the public half as PEM, for whoever checks the feed.
func FeedPublicKey(key ed25519.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil, cratewarden.Wrap(err, cratewarden.Internal, "the public key of the takedown feed")
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}

// FeedKeyID names a public key: the first 16 hex digits of the SHA-256 of its
// DER form. It says which key to take, never that a key is the right one.
func FeedKeyID(key ed25519.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:8])
}

// SignFeed signs the bytes of a feed's JSON: 64 raw bytes, detached, pure
// Ed25519 (RFC 8032), as openssl checks them.
func SignFeed(key ed25519.PrivateKey, body []byte) []byte { return ed25519.Sign(key, body) }

// VerifyFeed checks the signature of a feed's JSON, as it came and before
// anything parses it. Refused is one that is not of that key or of these bytes.
func VerifyFeed(key ed25519.PublicKey, body, signature []byte) error {
	if len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, body, signature) {
		return cratewarden.Errorf(cratewarden.Refused, "The signature of the feed is not of this key, or the feed was changed. Do not use it.")
	}
	return nil
}
