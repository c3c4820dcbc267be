package auth

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/access"
)

// BeginPasskey asks the visitor's authenticator to make a new passkey. The first
// passkey takes an enrolment code, because until then nothing but the provider
// says who somebody is; later ones take a step-up. With a code somebody who has
// passkeys but lost them all may add one too.
func (s *Service) BeginPasskey(ctx context.Context, v Visitor, code string) (Ceremony, error) {
	w, err := party(s.origin)
	if err != nil {
		return Ceremony{}, err
	}
	var out Ceremony
	err = s.answering(ctx, v, registering, "", func(tx pgx.Tx, x Session, _ ceremony) error {
		keys, err := keptKeys(ctx, tx, v.Person.ID)
		if err != nil {
			return err
		}
		var q question
		if q.Enrolment, err = s.mayEnrol(ctx, tx, x, len(keys), code); err != nil {
			return err
		}
		h := holder{person: v.Person}
		// Whoever has a copied passkey left may register the same authenticator anew.
		made, data, err := w.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(usable(keys)).CredentialDescriptors()))
		if err != nil {
			return err
		}
		q.SessionData = *data
		out, err = s.put(ctx, tx, x, registering, About{}, q, made.Response)
		return err
	})
	return out, err
}

// mayEnrol decides whether the visitor may add a passkey, and gives the hash of
// the code that allows it.
func (s *Service) mayEnrol(ctx context.Context, tx pgx.Tx, x Session, has int, code string) ([]byte, error) {
	switch {
	case has >= maxPasskeys:
		return nil, cratewarden.Errorf(cratewarden.Refused, "You have %d passkeys, which is the most. Remove one that you do not use.", has)
	case code != "":
		return s.openEnrolment(ctx, tx, x.Person, code)
	case has == 0 && !s.cfg.Pretend:
		return nil, denied("own.passkey", "The first passkey takes an enrolment code.",
			"Ask a platform administrator for one, or whoever runs the server for what “cratewarden passkey enrol” prints.")
	}
	return nil, s.steppedUp(x, "own.passkey")
}

// FinishPasskey keeps the passkey that the authenticator made, under a name. It
// counts as a step-up, and the session gets a new secret.
func (s *Service) FinishPasskey(ctx context.Context, v Visitor, id, name string, answer []byte) (SignedIn, error) {
	w, err := party(s.origin)
	if err != nil {
		return SignedIn{}, err
	}
	if name, err = PasskeyName(name); err != nil {
		return SignedIn{}, err
	}
	if err := checkAnswer(answer); err != nil {
		return SignedIn{}, err
	}
	var in SignedIn
	err = s.answering(ctx, v, registering, id, func(tx pgx.Tx, x Session, c ceremony) error {
		if c.question.Enrolment == nil && x.SteppedUp == nil {
			// The step-up that allowed the question was taken back since, perhaps because
			// the passkey behind it was stolen: its holder must not leave another one here.
			return s.steppedUp(x, "own.passkey")
		}
		k, err := s.made(ctx, v, w, c, answer)
		if err != nil {
			return err
		}
		k.name = name
		if err := s.keep(ctx, tx, v, c, k); err != nil {
			return err
		}
		if in, err = s.stepUp(ctx, tx, v, x, c, k.id, answer); err != nil {
			return err
		}
		in.Person.Passkeys++
		if err := s.tell(ctx, tx, s.keyNotice(v.Person, "passkey.added", "A passkey was added for %s", "")); err != nil {
			return err
		}
		return s.keyNote(ctx, tx, v, "passkey.add", k, map[string]string{"name": name})
	})
	if err != nil {
		return SignedIn{}, err
	}
	return in, nil
}

// made verifies an authenticator's registration.
func (s *Service) made(ctx context.Context, v Visitor, w *webauthn.WebAuthn, c ceremony, answer []byte) (kept, error) {
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	var credential *webauthn.Credential
	if err == nil {
		credential, err = w.CreateCredential(holder{person: v.Person}, c.question.SessionData, parsed)
	}
	if err != nil {
		return kept{}, s.misfit(ctx, v, c, err)
	}
	return kept{id: credential.ID, credential: *credential}, nil
}

// misfit logs what is wrong with an answer and tells its sender only that it is.
func (s *Service) misfit(ctx context.Context, v Visitor, c ceremony, err error) *access.Denied {
	s.log.WarnContext(ctx, "a passkey's answer does not fit", "person", v.Person.ID, "session", v.Session.ID, "kind", c.kind, "why", why(err))
	return denied(actOf(c.kind), "What the passkey answered does not fit the question.",
		"Try again on this console's own page, with a passkey that asks for your finger, face or PIN.")
}

// keep stores a new passkey, within the limit and using up its code.
func (s *Service) keep(ctx context.Context, tx pgx.Tx, v Visitor, c ceremony, k kept) error {
	keys, err := keptKeys(ctx, tx, v.Person.ID)
	if err != nil {
		return err
	}
	if len(keys) >= maxPasskeys {
		return cratewarden.Errorf(cratewarden.Refused, "You have %d passkeys, which is the most. Remove one that you do not use.", len(keys))
	}
	if c.question.Enrolment != nil {
		if err := s.useEnrolment(ctx, tx, v.Person.ID, c.question.Enrolment); err != nil {
			return err
		}
	}
	text, err := json.Marshal(k.credential)
	if err != nil {
		return err
	}
	now := s.clock()
	done, err := tx.Exec(ctx, `INSERT INTO passkey (id, person, name, credential, created_at, used_at) VALUES ($1, $2, $3, $4, $5, $5)
		ON CONFLICT (id) DO NOTHING`, k.id, v.Person.ID, k.name, text, now)
	if err == nil && done.RowsAffected() == 0 {
		return denied("own.passkey", "A passkey with this id was registered before.", "Let the authenticator make a new one.")
	}
	return err
}

// checkAnswer bounds what is parsed.
func checkAnswer(answer []byte) error {
	switch {
	case len(answer) == 0:
		return cratewarden.Errorf(cratewarden.Invalid, "The passkey's answer is missing.")
	case len(answer) > maxAnswer:
		return cratewarden.Errorf(cratewarden.TooLarge, "A passkey's answer has at most %d bytes.", maxAnswer)
	}
	return nil
}

func itoa(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
