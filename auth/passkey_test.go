package auth_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/auth"
	"cratewarden/auth/authtest"
)

// From the code to the second passkey, and what everybody learns of it.
func TestPasskeysFromCodeToRemoval(t *testing.T) {
	t.Parallel()
	ada := newHouse(t).ada()
	denied(t, ada.add("", "mine"), "The first passkey takes an enrolment code.")
	code, expires, err := ada.IssueEnrolment(t.Context(), auth.Server(), "ada")
	ada.must(err)
	if len(code) != 35 || expires.Sub(ada.clock()) != 24*time.Hour {
		t.Errorf("code %q until %s", code, expires)
	}
	typed := strings.ToLower(strings.ReplaceAll(code, "-", " "))
	ada.must(ada.add(typed, "blue key"))
	if v := ada.who(); !v.SteppedUp(ada.clock()) || v.Person.Passkeys != 1 {
		t.Errorf("a registration counts as step-up: %+v", v.Session)
	}
	phone := &seat{house: ada.house, token: ada.token, key: authtest.NewAuthenticator(console)}
	phone.key.Synced, phone.key.SelfAttest, phone.key.Model = true, true, [16]byte{0xab, 15: 1}
	phone.must(phone.add("", "phone"))
	ada.token = phone.token

	list, err := ada.Passkeys(t.Context(), "ada")
	ada.must(err)
	if len(list) != 2 || list[0].Name != "blue key" || list[0].Synced || !list[1].Synced || list[1].Model != "ab000000-0000-0000-0000-000000000001" || list[0].Used == nil {
		t.Fatalf("%+v", list)
	}
	v := ada.who()
	ada.must(ada.RenamePasskey(t.Context(), v, list[0].ID, " green key "))
	ada.must(ada.RemovePasskey(t.Context(), v, list[1].ID))
	if err := ada.RemovePasskey(t.Context(), v, list[1].ID); cratewarden.KindOf(err) != cratewarden.NotFound {
		t.Errorf("removed twice: %v", err)
	}
	if list, _ = ada.Passkeys(t.Context(), "ada"); len(list) != 1 || list[0].Name != "green key" {
		t.Errorf("%+v", list)
	}
	want := []string{"!own.passkey", "enrolment.issue", "passkey.add", "passkey.add", "passkey.rename", "passkey.remove"}
	if got := ada.entries(); !slices.Equal(got, want) {
		t.Errorf("ledger %v, want %v", got, want)
	}
	if got, want := ada.notices(), []string{"enrolment.issued", "passkey.added", "passkey.added", "passkey.renamed", "passkey.removed"}; !slices.Equal(got, want) {
		t.Errorf("notices %v, want %v", got, want)
	}
	if n := ada.count(`SELECT count(*) FROM ledger_entry WHERE position('green key' in body) > 0`); n != 0 {
		t.Error("a passkey's name, which is the person's own text, is in the ledger's entries for ever")
	}
}

// What a passkey said of itself at registration is kept byte for byte.
func TestAttestationIsKept(t *testing.T) {
	t.Parallel()
	ada := newHouse(t).ada()
	ada.key.SelfAttest = true
	code, _, err := ada.IssueEnrolment(t.Context(), auth.Server(), "ada")
	ada.must(err)
	c, err := ada.BeginPasskey(t.Context(), ada.who(), code)
	ada.must(err)
	var asked struct {
		Attestation            string         `json:"attestation"`
		AuthenticatorSelection map[string]any `json:"authenticatorSelection"`
		RP                     struct{ ID string }
		User                   struct{ Name, DisplayName string }
		Timeout                int
	}
	ada.must(json.Unmarshal(c.Options, &asked))
	if s := asked.AuthenticatorSelection; asked.Attestation != "direct" || s["userVerification"] != "required" || s["residentKey"] != "preferred" ||
		asked.RP.ID != "console.example" || asked.User.Name != "ada" || asked.User.DisplayName != "Ada" || asked.Timeout != 300_000 {
		t.Errorf("%s", c.Options)
	}
	answer, err := ada.key.Create(c.Options)
	ada.must(err)
	ada.must(ada.took(ada.FinishPasskey(t.Context(), ada.who(), c.ID, "key", answer)))
	var given struct {
		Response struct{ AttestationObject string }
	}
	ada.must(json.Unmarshal(answer, &given))
	var text []byte
	ada.must(ada.db.QueryRow(t.Context(), `SELECT credential FROM passkey`).Scan(&text))
	var kept struct {
		AttestationFormat, AttestationType string
		Attestation                        struct{ Object []byte }
	}
	ada.must(json.Unmarshal(text, &kept))
	if kept.AttestationFormat != "packed" || kept.AttestationType != "basic_surrogate" || !bytes.Equal(kept.Attestation.Object, decode(t, given.Response.AttestationObject)) {
		t.Errorf("%+v", kept)
	}
}

// Every way for a registration to be wrong is refused, registers nothing, leaves
// the enrolment code and uses the question up.
func TestWrongRegistrations(t *testing.T) {
	t.Parallel()
	other := strings.Repeat("A", 43)
	for name, trick := range map[string]authtest.Trick{
		"no user verification": authtest.Unverified(),
		"nobody there":         authtest.Absent(),
		"another origin":       authtest.OnPage("https://console.example.evil.example"),
		"http":                 authtest.OnPage("http://console.example"),
		"another port":         authtest.OnPage("https://console.example:8443"),
		"another party":        authtest.ForParty("example"),
		"another challenge":    authtest.ToChallenge(other),
		"another kind":         authtest.OfKind("webauthn.get"),
		"in a frame":           authtest.InFrame(),
		"another id":           authtest.Claiming(other),
		"signed wrongly":       authtest.Spoiled(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ada := newHouse(t).ada()
			ada.key.SelfAttest = true
			code, _, err := ada.IssueEnrolment(t.Context(), auth.Server(), "ada")
			ada.must(err)
			c, err := ada.BeginPasskey(t.Context(), ada.who(), code)
			ada.must(err)
			wrong, err := ada.key.Create(c.Options, trick)
			ada.must(err)
			_, err = ada.FinishPasskey(t.Context(), ada.who(), c.ID, "key", wrong)
			denied(t, err, "What the passkey answered does not fit the question.")
			right, err := ada.key.Create(c.Options)
			ada.must(err)
			_, err = ada.FinishPasskey(t.Context(), ada.who(), c.ID, "key", right)
			denied(t, err, "not open any more")
			if n := ada.count(`SELECT count(*) FROM passkey`); n != 0 {
				t.Errorf("%d passkeys", n)
			}
			if v := ada.who(); v.SteppedUp(ada.clock()) {
				t.Error("stepped up")
			}
			ada.must(ada.add(code, "key"))
		})
	}
}

func TestNamesOfPasskeys(t *testing.T) {
	t.Parallel()
	ada := newHouse(t).ada().enrol()
	list, err := ada.Passkeys(t.Context(), "ada")
	ada.must(err)
	for name, want := range map[string]cratewarden.Kind{
		"": cratewarden.Invalid, "  ": cratewarden.Invalid, "a\x00b": cratewarden.Invalid, "a\nb": cratewarden.Invalid, "a\x1b[31m": cratewarden.Invalid,
		"a\u202eb": cratewarden.Invalid, "a\u200bb": cratewarden.Invalid, "a\u2028b": cratewarden.Invalid, "\xff": cratewarden.Invalid,
		strings.Repeat("é", 61): cratewarden.TooLarge, strings.Repeat("é", 60): "", "Schlüssel <b>1</b> 🔑": "",
	} {
		if err := ada.RenamePasskey(t.Context(), ada.who(), list[0].ID, name); cratewarden.KindOf(err) != want {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
}

func TestAtMostTwentyPasskeys(t *testing.T) {
	t.Parallel()
	ada := newHouse(t).ada().enrol()
	for i := range 19 {
		ada.key = authtest.NewAuthenticator(console)
		ada.must(ada.add("", fmt.Sprint(i)))
	}
	ada.key = authtest.NewAuthenticator(console)
	if err := ada.add("", "one more"); cratewarden.KindOf(err) != cratewarden.Refused || !strings.Contains(err.Error(), "20 passkeys") {
		t.Errorf("%v", err)
	}
}

// The same authenticator is not registered twice: its answer would say nothing
// that the first does not.
func TestAuthenticatorsThatAreThereAreExcluded(t *testing.T) {
	t.Parallel()
	ada := newHouse(t).ada().enrol()
	if err := ada.add("", "again"); err != authtest.ErrExcluded {
		t.Errorf("%v", err)
	}
}

// Changing passkeys takes a recent step-up, whoever holds the session's secret.
func TestPasskeysChangeOnlyWithinAStepUp(t *testing.T) {
	t.Parallel()
	ada := newHouse(t).ada().enrol()
	list, err := ada.Passkeys(t.Context(), "ada")
	ada.must(err)
	ada.pass(5 * time.Minute)
	v := ada.who()
	denied(t, ada.RenamePasskey(t.Context(), v, list[0].ID, "new"), "within the last minutes")
	denied(t, ada.RemovePasskey(t.Context(), v, list[0].ID), "within the last minutes")
	_, err = ada.BeginPasskey(t.Context(), v, "")
	denied(t, err, "within the last minutes")
	// A visitor read before the step-up was dropped does not help either.
	ada.must(ada.confirm(auth.About{}))
	v = ada.who()
	ada.must(ada.DropStepUp(t.Context(), v))
	denied(t, ada.RemovePasskey(t.Context(), v, list[0].ID), "within the last minutes")
}

func TestNobodyElsesPasskey(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ada, bo := h.ada().enrol(), h.bo().enrol()
	list, err := h.Passkeys(t.Context(), "ada")
	ada.must(err)
	for _, err := range []error{
		bo.RenamePasskey(t.Context(), bo.who(), list[0].ID, "mine"), bo.RemovePasskey(t.Context(), bo.who(), list[0].ID),
		bo.RemovePasskey(t.Context(), bo.who(), "no base64!"),
	} {
		if cratewarden.KindOf(err) != cratewarden.NotFound {
			t.Errorf("%v", err)
		}
	}
}

// A question of one session, person or kind is not answered from another.
func TestQuestionsBelongToOneSession(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ada, bo := h.ada().enrol(), h.bo().enrol()
	c, err := ada.BeginStepUp(t.Context(), ada.who(), auth.About{})
	ada.must(err)
	answer, err := ada.key.Get(c.Options)
	ada.must(err)
	elsewhere := h.ada()
	for name, v := range map[string]auth.Visitor{"another person": bo.who(), "another session": elsewhere.who()} {
		_, err := h.FinishStepUp(t.Context(), v, c.ID, answer)
		denied(t, err, "put in another session")
		_, err = h.FinishPasskey(t.Context(), v, c.ID, "key", answer)
		denied(t, err, "put in another session")
		if t.Failed() {
			t.Fatal(name)
		}
	}
	_, err = h.FinishPasskey(t.Context(), ada.who(), c.ID, "key", answer)
	denied(t, err, "not open any more")
	ada.must(ada.took(h.FinishStepUp(t.Context(), ada.who(), c.ID, answer)))
}

func TestAPITokensHaveNoPasskeys(t *testing.T) {
	t.Parallel()
	ada := newHouse(t).ada().enrol()
	v := ada.who()
	v.Token = &auth.APIToken{ID: "t1"}
	_, err := ada.BeginStepUp(t.Context(), v, auth.About{})
	if err == nil || !strings.Contains(err.Error(), "An API token has no passkeys.") {
		t.Errorf("%v", err)
	}
	if _, err = ada.BeginPasskey(t.Context(), v, ""); err == nil {
		t.Error("a token registers passkeys")
	}
}

func TestWhereNoPasskeysAre(t *testing.T) {
	t.Parallel()
	for origin, words := range map[string]string{
		"http://127.0.0.1:8080": "open it as localhost", "https://[::1]": "Passkeys belong to a host name", "https://192.0.2.7": "Give it a name",
	} {
		h := newHouse(t, func(c *auth.Config) { c.Origin = origin })
		_, err := h.BeginStepUp(t.Context(), h.ada().who(), auth.About{})
		if cratewarden.KindOf(err) != cratewarden.Refused || !strings.Contains(cratewarden.MessageOf(err), words) {
			t.Errorf("%s: %v", origin, err)
		}
	}
	for _, origin := range []string{"http://localhost:8080", "https://localhost", "https://console.example:8443"} {
		h := newHouse(t, func(c *auth.Config) { c.Origin = origin })
		ada := h.ada()
		ada.key = authtest.NewAuthenticator(origin)
		ada.enrol().must(ada.confirm(auth.About{}))
	}
}

// Whoever removes the last passkey may, and then needs a code again.
func TestLastPasskeyMayGo(t *testing.T) {
	t.Parallel()
	ada := newHouse(t).ada().enrol()
	list, err := ada.Passkeys(t.Context(), "ada")
	ada.must(err)
	ada.must(ada.RemovePasskey(t.Context(), ada.who(), list[0].ID))
	if last := ada.told[len(ada.told)-1]; !strings.Contains(last.Text, "It was the last one") {
		t.Errorf("%+v", last)
	}
	denied(t, ada.confirm(auth.About{}), "You have no passkey")
	denied(t, ada.add("", "new"), "The first passkey takes an enrolment code.")
	ada.key = authtest.NewAuthenticator(console)
	ada.enrol()
}
