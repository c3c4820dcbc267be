package authtest

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
)

// es256 is ECDSA on P-256 with SHA-256, by its COSE number.
const es256 = -7

// Flags of authenticator data (WebAuthn, 6.1).
const (
	flagUser      = 1 << 0 // somebody was there
	flagVerified  = 1 << 2 // and was verified to be the user
	flagMayBackup = 1 << 3
	flagBackedUp  = 1 << 4
	flagAttested  = 1 << 6 // a new key follows
)

// ceremony is an answer in the making.
type ceremony struct {
	kind, origin, rpID, challenge string
	credential                    string // answer with this passkey
	claim                         []byte // say that it was this one
	user                          []byte // say that it is of this user
	flags                         byte
	counter                       *uint32
	crossOrigin                   bool
	forced                        bool // the browser does not look at domains
	spoiled                       bool // the signature is of something else
}

// client is the client data, which browsers write and keys sign.
func (c *ceremony) client() []byte {
	text, _ := json.Marshal(struct { // strings and a truth always encode
		Type        string `json:"type"`
		Challenge   string `json:"challenge"`
		Origin      string `json:"origin"`
		CrossOrigin bool   `json:"crossOrigin"`
	}{c.kind, c.challenge, c.origin, c.crossOrigin})
	return text
}

// data is the authenticator data without a new key.
func (c *ceremony) data(counter uint32, flags byte) []byte {
	hash := sha256.Sum256([]byte(c.rpID))
	return binary.BigEndian.AppendUint32(append(hash[:], flags), counter)
}

// answer is the JSON of PublicKeyCredential.toJSON.
type answer struct {
	ID         string         `json:"id"`
	RawID      string         `json:"rawId"`
	Type       string         `json:"type"`
	Attachment string         `json:"authenticatorAttachment"`
	Extensions map[string]any `json:"clientExtensionResults"`
	Response   map[string]any `json:"response"`
}

func (k *key) answer(c *ceremony, response map[string]any) ([]byte, error) {
	id := k.id
	if c.claim != nil {
		id = c.claim
	}
	text := encode(id)
	return json.Marshal(answer{text, text, "public-key", "cross-platform", map[string]any{}, response})
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (a *Authenticator) registration(k *key, c *ceremony) ([]byte, error) {
	public, err := k.cose()
	if err != nil {
		return nil, err
	}
	plain, err := x509.MarshalPKIXPublicKey(k.private.Public())
	if err != nil {
		return nil, err
	}
	data := slices.Concat(c.data(a.count(k, c), c.flags|flagAttested), a.Model[:],
		binary.BigEndian.AppendUint16(nil, uint16(len(k.id))), k.id, public)
	client := c.client()
	statement := []byte{0xa0} // an empty map
	format := "none"
	if a.SelfAttest {
		signature, err := sign(k, c, data, client)
		if err != nil {
			return nil, err
		}
		format = "packed"
		statement = slices.Concat([]byte{0xa2}, cborText("alg"), []byte{0x26}, cborText("sig"), cborBytes(signature))
	}
	object := slices.Concat([]byte{0xa3}, cborText("fmt"), cborText(format),
		cborText("attStmt"), statement, cborText("authData"), cborBytes(data))
	return k.answer(c, map[string]any{
		"clientDataJSON": encode(client), "attestationObject": encode(object), "authenticatorData": encode(data),
		"publicKey": encode(plain), "publicKeyAlgorithm": es256, "transports": []string{"usb"},
	})
}

func (a *Authenticator) assertion(k *key, c *ceremony) ([]byte, error) {
	data, client := c.data(a.count(k, c), c.flags), c.client()
	signature, err := sign(k, c, data, client)
	if err != nil {
		return nil, err
	}
	user := k.user
	if c.user != nil {
		user = c.user
	}
	return k.answer(c, map[string]any{
		"clientDataJSON": encode(client), "authenticatorData": encode(data),
		"signature": encode(signature), "userHandle": encode(user),
	})
}

// cose is the public key as authenticators write it: a CBOR map of its kind,
// algorithm, curve and two coordinates.
func (k *key) cose() ([]byte, error) {
	point, err := k.private.PublicKey.Bytes() // 4, x, y
	if err != nil {
		return nil, err
	}
	return slices.Concat([]byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21}, cborBytes(point[1:33]),
		[]byte{0x22}, cborBytes(point[33:65])), nil
}

// cborText and cborBytes write a string of up to 65,535 bytes in CBOR.
func cborText(s string) []byte  { return append(cborHead(3, len(s)), s...) }
func cborBytes(b []byte) []byte { return append(cborHead(2, len(b)), bytes.Clone(b)...) }

func cborHead(major byte, n int) []byte {
	major <<= 5
	switch {
	case n < 24:
		return []byte{major | byte(n)}
	case n < 1<<8:
		return []byte{major | 24, byte(n)}
	}
	return []byte{major | 25, byte(n >> 8), byte(n)}
}
