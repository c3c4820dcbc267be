package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"regexp"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/ledger"
)

// purposes look like this; which there are is for those to say who ask.
var purposes = regexp.MustCompile(`^[a-z][a-z-]{0,39}$`)

// check refuses what no consent can be about: a purpose and the digest of what
// is agreed to come together or not at all.
func (a About) check() error {
	switch {
	case a == About{}:
		return nil
	case a.Digest == nil || !purposes.MatchString(a.Purpose) || len(a.Plan) > 60:
		return cratewarden.Errorf(cratewarden.Invalid, "A confirmation is either of nothing in particular, or of one purpose with the digest of a review.")
	}
	return nil
}

// challenge is what the authenticator signs: 32 random bytes, so that it is asked
// anew each time, and then the SHA-256 of what its person agrees to. Whoever
// holds the answer and the public key can show later what was agreed to.
func (a About) challenge() []byte {
	c := make([]byte, 32, 64)
	_, _ = rand.Read(c) // never fails
	return append(c, a.bound()...)
}

// bound is the hash of purpose, plan and digest, each after its length.
func (a About) bound() []byte {
	h := sha256.New()
	h.Write([]byte("cratewarden consent\n"))
	for _, part := range [][]byte{[]byte(a.Purpose), []byte(a.Plan), digestBytes(a.Digest)} {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		h.Write(part)
	}
	return h.Sum(nil)
}

// BeginStepUp asks the visitor's authenticator whether it is still them, and
// whether they want exactly this. The answer allows changes in this session for
// Config.StepUp.
func (s *Service) BeginStepUp(ctx context.Context, v Visitor, about About) (Ceremony, error) {
	if err := about.check(); err != nil {
		return Ceremony{}, err
	}
	w, err := party(s.origin)
	if err != nil {
		return Ceremony{}, err
	}
	var out Ceremony
	err = s.answering(ctx, v, steppingUp, "", func(tx pgx.Tx, x Session, _ ceremony) error {
		keys, err := keptKeys(ctx, tx, x.Person)
		if err != nil {
			return err
		}
		h := holder{v.Person, usable(keys)}
		if len(h.keys) == 0 {
			return denied("own.step-up", "You have no passkey that could confirm it.",
				"Add one; without any, that takes an enrolment code from a platform administrator.")
		}
		asked, data, err := w.BeginLogin(h, webauthn.WithChallenge(about.challenge()))
		if err != nil {
			return err
		}
		out, err = s.put(ctx, tx, x, steppingUp, about, question{SessionData: *data}, asked.Response)
		return err
	})
	return out, err
}

// FinishStepUp takes the authenticator's answer. The session gets a new secret,
// and the answer is kept as consent to what the question was about.
func (s *Service) FinishStepUp(ctx context.Context, v Visitor, id string, answer []byte) (SignedIn, error) {
	w, err := party(s.origin)
	if err != nil {
		return SignedIn{}, err
	}
	if err := checkAnswer(answer); err != nil {
		return SignedIn{}, err
	}
	var in SignedIn
	err = s.answering(ctx, v, steppingUp, id, func(tx pgx.Tx, x Session, c ceremony) error {
		credential, err := s.asserted(ctx, tx, v, w, c, answer)
		if err != nil {
			return err
		}
		if credential.Authenticator.CloneWarning {
			return &spoiled{
				denied("own.step-up", "This passkey's counter went backwards: somebody may have copied it. It cannot be used any more.",
					"Confirm with another passkey, remove this one, and tell your colleagues."),
				func(tx pgx.Tx) error { return s.copied(ctx, tx, v, credential) },
			}
		}
		text, err := json.Marshal(credential)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE passkey SET credential = $2, used_at = $3 WHERE id = $1`, credential.ID, text, s.clock()); err != nil {
			return err
		}
		if in, err = s.stepUp(ctx, tx, v, x, c, credential.ID, answer); err != nil {
			return err
		}
		return s.stepNote(ctx, tx, v, c.about, keyID(credential.ID), answer)
	})
	if err != nil {
		return SignedIn{}, err
	}
	return in, nil
}

// asserted verifies an assertion by one of the person's usable passkeys.
func (s *Service) asserted(ctx context.Context, tx pgx.Tx, v Visitor, w *webauthn.WebAuthn, c ceremony, answer []byte) (*webauthn.Credential, error) {
	keys, err := keptKeys(ctx, tx, v.Person.ID)
	if err != nil {
		return nil, err
	}
	h := holder{v.Person, usable(keys)}
	data := c.question.SessionData
	data.AllowedCredentialIDs = still(data.AllowedCredentialIDs, h.keys)
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	var credential *webauthn.Credential
	if err == nil {
		credential, err = w.ValidateLogin(h, data, parsed)
	}
	if err != nil {
		return nil, s.misfit(ctx, v, c, err)
	}
	return credential, nil
}

// copied puts a passkey out of use whose counter went backwards, everywhere: one
// of its two holders is not the person.
func (s *Service) copied(ctx context.Context, tx pgx.Tx, v Visitor, credential *webauthn.Credential) error {
	if _, err := tx.Exec(ctx, `UPDATE passkey SET cloned = true WHERE id = $1`, credential.ID); err != nil {
		return err
	}
	if err := s.unstep(ctx, tx, v.Person.ID, credential.ID, ""); err != nil {
		return err
	}
	n := s.keyNotice(v.Person, "passkey.cloned", "A passkey of %s may have been copied",
		" Its counter went backwards, so it is out of use until it is removed.")
	n.Urgent = true
	if err := s.tell(ctx, tx, n); err != nil {
		return err
	}
	return s.keyNote(ctx, tx, v, "passkey.cloned", kept{id: credential.ID, credential: *credential}, map[string]string{})
}

// stepNote records a step-up with what it agreed to. The assertion itself is kept
// in the console's database and named by its hash.
func (s *Service) stepNote(ctx context.Context, tx pgx.Tx, v Visitor, about About, passkey string, answer []byte) error {
	e := ledger.Entry{Kind: ledger.Note, Action: "session.step-up", Actor: actorOf(v.Person), Session: v.Session.ID, Plan: about.Plan,
		Subjects: []ledger.Subject{{Kind: "session", ID: v.Session.ID}}, Details: map[string]string{}}
	if passkey != "" {
		e.Subjects = append(e.Subjects, ledger.Subject{Kind: "passkey", ID: passkey})
		e.Documents = []ledger.Document{{Name: "assertion", SHA256: sha256.Sum256(answer), Bytes: int64(len(answer))}}
	} else {
		e.Details["pretended"] = "yes"
	}
	if about.Digest != nil {
		e.Details["purpose"], e.Details["digest"] = about.Purpose, hex.EncodeToString(about.Digest[:])
	}
	return s.note(ctx, tx, e)
}

// PretendStepUp confirms by a click. Only a made-up registry has it.
func (s *Service) PretendStepUp(ctx context.Context, v Visitor, about About) (SignedIn, error) {
	if !s.cfg.Pretend {
		return SignedIn{}, cratewarden.Errorf(cratewarden.Refused, "Here only a passkey confirms anything.")
	}
	if err := about.check(); err != nil {
		return SignedIn{}, err
	}
	var in SignedIn
	err := s.answering(ctx, v, steppingUp, "", func(tx pgx.Tx, x Session, _ ceremony) error {
		asked, err := s.put(ctx, tx, x, steppingUp, about, question{}, nil)
		if err != nil {
			return err
		}
		c, err := s.take(ctx, tx, x, steppingUp, asked.ID)
		if err != nil {
			return err
		}
		if in, err = s.stepUp(ctx, tx, v, x, c, nil, nil); err != nil {
			return err
		}
		return s.stepNote(ctx, tx, v, about, "", nil)
	})
	if err != nil {
		return SignedIn{}, err
	}
	return in, nil
}
