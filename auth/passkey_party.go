package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/jackc/pgx/v5"

	"cratewarden"
)

// questionTime is how long a question to an authenticator may be answered.
const questionTime = 5 * time.Minute

// party is the console as authenticators know it. Passkeys are bound to a host
// name for ever, so an address of digits, which nobody owns, has none.
func party(origin *url.URL) (*webauthn.WebAuthn, error) {
	host := origin.Hostname()
	if _, err := netip.ParseAddr(host); err == nil {
		return nil, cratewarden.Errorf(cratewarden.Refused,
			"Passkeys belong to a host name, and this console's address is the number %s. Give it a name; on this machine open it as localhost.", host)
	}
	if origin.Scheme != "https" && !loopback(host) {
		return nil, cratewarden.Errorf(cratewarden.Refused, "Browsers use passkeys over https only, and this console's address is %s.", origin)
	}
	limit := webauthn.TimeoutConfig{Timeout: questionTime, TimeoutUVD: questionTime}
	w, err := webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: "cratewarden", RPOrigins: []string{origin.String()},
		AttestationPreference: protocol.PreferDirectAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementPreferred, RequireResidentKey: protocol.ResidentKeyNotRequired(),
			UserVerification: protocol.VerificationRequired,
		},
		// Nothing is decided by what extensions say, and some password managers say
		// things that nobody asked for.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
		Timeouts:                          webauthn.TimeoutsConfig{Login: limit, Registration: limit},
	})
	if err != nil {
		return nil, cratewarden.Wrap(err, cratewarden.Refused, "The console's address %s cannot have passkeys.", origin)
	}
	return w, nil
}

// holder is a person as authenticators know them.
type holder struct {
	person Person
	keys   []webauthn.Credential
}

// WebAuthnID is the user handle: it tells whoever finds the authenticator
// nothing about the person.
func (h holder) WebAuthnID() []byte {
	sum := sha256.Sum256([]byte("cratewarden person " + h.person.ID))
	return sum[:]
}

func (h holder) WebAuthnName() string {
	for _, i := range h.person.Identities {
		if i.Login != "" {
			return i.Login
		}
	}
	return h.person.Name
}

func (h holder) WebAuthnDisplayName() string { return h.person.Name }

func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.keys }

// kept is a passkey as it is stored.
type kept struct {
	id         []byte
	name       string
	cloned     bool
	credential webauthn.Credential
}

// keptKeys gives a person's passkeys that were not removed, oldest first. Whoever
// changes them holds the person's row, so they stay as read.
func keptKeys(ctx context.Context, tx pgx.Tx, person string) ([]kept, error) {
	rows, err := tx.Query(ctx, `SELECT id, name, cloned, credential FROM passkey
		WHERE person = $1 AND removed_at IS NULL ORDER BY created_at, id`, person)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (k kept, err error) {
		var text []byte
		if err = row.Scan(&k.id, &k.name, &k.cloned, &text); err == nil {
			err = json.Unmarshal(text, &k.credential)
		}
		if err != nil {
			err = fmt.Errorf("passkey: %w", err)
		}
		return k, err
	})
}

// usable gives the credentials that may still be used: a passkey that somebody
// may have copied proves nothing.
func usable(keys []kept) []webauthn.Credential {
	var out []webauthn.Credential
	for _, k := range keys {
		if !k.cloned {
			out = append(out, k.credential)
		}
	}
	return out
}

// keyID is a passkey's id as people and interfaces see it.
func keyID(id []byte) string { return base64.RawURLEncoding.EncodeToString(id) }

// keyModel writes an authenticator's AAGUID as makers do.
func keyModel(aaguid []byte) string {
	if len(aaguid) != 16 {
		return ""
	}
	return fmt.Sprintf("%x-%x-%x-%x-%x", aaguid[:4], aaguid[4:6], aaguid[6:8], aaguid[8:10], aaguid[10:])
}

// still keeps of a question's passkeys those that are left, so that one removed
// in between does not spoil the answer of another.
func still(asked [][]byte, left []webauthn.Credential) [][]byte {
	return slices.DeleteFunc(asked, func(id []byte) bool {
		return !slices.ContainsFunc(left, func(c webauthn.Credential) bool { return string(c.ID) == string(id) })
	})
}

// why gives what the library says of an answer, for the log.
func why(err error) string {
	var b strings.Builder
	b.WriteString(err.Error())
	if e, ok := err.(*protocol.Error); ok && e.DevInfo != "" {
		b.WriteString(": " + e.DevInfo)
	}
	return b.String()
}
