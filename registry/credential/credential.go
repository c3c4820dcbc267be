// Package credential reads the two kinds of secret the registry hands out, API
// tokens and trusted-publishing tokens, and turns each into the hash by which
// the registry finds its row (contract actions.md sections 8 and 9). The plain
// text goes in and never comes out: not in an error, not in a log, not in JSON.
package credential

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"cratewarden"
)

// Kind says which table a credential's hash is looked up in.
type Kind string

const (
	// APIToken is a person's token; its hash stands in api_tokens.token.
	APIToken Kind = "api_token"
	// PublisherToken is a short-lived token of trusted publishing; its hash
	// stands in trustpub_tokens.hashed_token.
	PublisherToken Kind = "publisher_token"
)

// Label is the kind in words for people.
func (k Kind) Label() string {
	switch k {
	case APIToken:
		return "API token"
	case PublisherToken:
		return "trusted publishing token"
	default:
		return "no credential"
	}
}

// Credential is a secret reduced to what is needed to find its row. It never
// holds the plain text, and prints, logs and marshals without its hash.
type Credential struct {
	Kind Kind
	// Hash is the value the registry stores. Whoever has it cannot log in
	// with it, but can recognise the token in request logs.
	Hash [sha256.Size]byte
}

const (
	apiPrefix       = "cio"
	apiBody         = 32
	publisherPrefix = "cio_tp_"
	publisherBody   = 31
	alphabet        = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

// Parse recognises a credential, ignoring white space around it. An API token
// is hashed whole; of a trusted-publishing token only the 31 characters
// between prefix and checksum are. The error is of kind Invalid and holds
// nothing of the input.
func Parse(plaintext string) (Credential, error) {
	text := strings.TrimSpace(plaintext)
	if body, ok := strings.CutPrefix(text, publisherPrefix); ok {
		return parsePublisher(body)
	}
	body, ok := strings.CutPrefix(text, apiPrefix)
	if !ok {
		return Credential{}, cratewarden.Errorf(cratewarden.Invalid, "This is not a registry token: those start with %q. Paste the token alone, without quotes or \"Bearer\".", apiPrefix)
	}
	if len(body) != apiBody || !alphanumeric(body) {
		return Credential{}, cratewarden.Errorf(cratewarden.Invalid, "This is not a whole API token: %q must be followed by exactly %d letters and digits.", apiPrefix, apiBody)
	}
	return Credential{Kind: APIToken, Hash: sha256.Sum256([]byte(text))}, nil
}

func parsePublisher(body string) (Credential, error) {
	if len(body) != publisherBody+1 || !alphanumeric(body) {
		return Credential{}, cratewarden.Errorf(cratewarden.Invalid, "This is not a whole trusted publishing token: %q must be followed by exactly %d letters and digits.", publisherPrefix, publisherBody+1)
	}
	secret, check := body[:publisherBody], body[publisherBody]
	if subtle.ConstantTimeByteEq(checksum(secret), check) != 1 {
		return Credential{}, cratewarden.Errorf(cratewarden.Invalid, "The last character of this trusted publishing token does not fit the rest; it was mistyped or cut.")
	}
	return Credential{Kind: PublisherToken, Hash: sha256.Sum256([]byte(secret))}, nil
}

// checksum is the XOR of all bytes, modulo 62, as a letter or digit.
func checksum(secret string) byte {
	var x byte
	for i := range len(secret) {
		x ^= secret[i]
	}
	return alphabet[int(x)%len(alphabet)]
}

// alphanumeric looks at every byte before it answers, so that the time taken
// does not tell where a guess went wrong.
func alphanumeric(s string) bool {
	bad := 0
	for i := range len(s) {
		c := s[i]
		digit := within(c, '0', '9')
		letter := within(c|0x20, 'a', 'z')
		bad |= 1 ^ (digit | letter)
	}
	return bad == 0
}

func within(c, low, high byte) int {
	return subtle.ConstantTimeLessOrEq(int(low), int(c)) & subtle.ConstantTimeLessOrEq(int(c), int(high))
}

// Matches says whether a stored hash is this credential's, in constant time.
func (c Credential) Matches(stored []byte) bool {
	return c.Kind != "" && subtle.ConstantTimeCompare(c.Hash[:], stored) == 1
}

// String names the kind and nothing else.
func (c Credential) String() string { return c.Kind.Label() + " [redacted]" }

// GoString is String, so that %#v shows no hash.
func (c Credential) GoString() string { return c.String() }

// Format writes String for every verb, so that %x and %d show no hash.
func (c Credential) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, c.String()) }

// LogValue keeps the hash out of structured logs.
func (c Credential) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText keeps the hash out of JSON and its like.
func (c Credential) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
