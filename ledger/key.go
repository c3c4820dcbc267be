package ledger

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"cratewarden"
)

// Key signs heads. Its name is the log's name, the first line of each
// checkpoint; all keys of one log have the same.
type Key struct {
	signer note.Signer
	public string
}

// Name gives the log's name.
func (k Key) Name() string { return k.signer.Name() }

// Public gives the line that verifiers need.
func (k Key) Public() string { return k.public }

// GenerateKey makes a key pair for the log of that name, which should be an
// address of the console without "https://". Both halves are one line.
func GenerateKey(name string) (private, public string, err error) {
	private, public, err = note.GenerateKey(rand.Reader, name)
	if err == nil {
		_, err = note.NewVerifier(public) // which looks at the name, too
	}
	if err != nil {
		return "", "", cratewarden.Wrap(err, cratewarden.Invalid, "%q cannot be the name of a log: leave out spaces and plus signs.", name)
	}
	return private, public, nil
}

// ParseKeys reads signing keys, one in a line. During a change of keys there
// are two: heads then carry both signatures. No key at all is Invalid, and so
// are keys of different logs; the errors never quote the text.
func ParseKeys(text string) ([]Key, error) {
	var keys []Key
	for line := range lines(text) {
		signer, err := note.NewSigner(line)
		if err != nil {
			return nil, badKey("signing key")
		}
		public, err := publicOf(line)
		if err != nil {
			return nil, badKey("signing key")
		}
		keys = append(keys, Key{signer: signer, public: public})
		if keys[0].Name() != signer.Name() {
			return nil, cratewarden.Errorf(cratewarden.Invalid, "The signing keys are of different logs, %q and %q.", keys[0].Name(), signer.Name())
		}
	}
	if len(keys) == 0 {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "There is no signing key. Make one with: cratewarden ledger key.")
	}
	return keys, nil
}

// publicOf derives the public line of a private one.
func publicOf(private string) (string, error) {
	fields := strings.SplitN(private, "+", 5) // PRIVATE+KEY+name+hash+base64
	if len(fields) != 5 {
		return "", badKey("signing key")
	}
	raw, err := base64.StdEncoding.DecodeString(fields[4])
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		return "", badKey("signing key")
	}
	public, _ := ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey)
	return note.NewEd25519VerifierKey(fields[2], public)
}

// PublicKeys are the keys a verifier trusts.
type PublicKeys struct {
	name string
	list []note.Verifier
}

// ParsePublicKeys reads public keys of one log, one in a line: the present one
// and those before it, as far back as heads shall be checked.
func ParsePublicKeys(text string) (*PublicKeys, error) {
	keys := &PublicKeys{}
	for line := range lines(text) {
		v, err := note.NewVerifier(line)
		if err != nil {
			return nil, badKey("public key")
		}
		if keys.name != "" && keys.name != v.Name() {
			return nil, cratewarden.Errorf(cratewarden.Invalid, "The public keys are of different logs, %q and %q.", keys.name, v.Name())
		}
		keys.name = v.Name()
		keys.list = append(keys.list, v)
	}
	if len(keys.list) == 0 {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "There is no public key in this text.")
	}
	return keys, nil
}

func publicKeys(keys []Key) (*PublicKeys, error) {
	var text strings.Builder
	for _, k := range keys {
		text.WriteString(k.public + "\n")
	}
	return ParsePublicKeys(text.String())
}

func lines(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") && !yield(line) {
				return
			}
		}
	}
}

func badKey(what string) error {
	return cratewarden.Errorf(cratewarden.Invalid, "This is not a %s of a ledger. The command \"cratewarden ledger key\" makes a pair.", what)
}
