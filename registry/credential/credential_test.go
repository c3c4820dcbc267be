package credential_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cratewarden"
	"cratewarden/registry/credential"
)

const (
	apiToken       = "cioAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	publisherToken = "cio_tp_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAD"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		kind credential.Kind
		hash string
	}{
		// The two vectors of contract actions.md sections 8 and 9.
		{apiToken, credential.APIToken, "f6e24f3c4a435fc10e87191a8b9ea393e873504f66ae7f00024ca294aefa01ef"},
		{publisherToken, credential.PublisherToken, "55ee740f58335c97d42c32125218eb7c325fbe34206912f1aa7af7fd6580c9a1"},
		{" \t" + apiToken + "\r\n", credential.APIToken, "f6e24f3c4a435fc10e87191a8b9ea393e873504f66ae7f00024ca294aefa01ef"},
	} {
		got, err := credential.Parse(c.text)
		if err != nil || got.Kind != c.kind || hex.EncodeToString(got.Hash[:]) != c.hash {
			t.Errorf("Parse = kind %q, hash %s, error %v", got.Kind, hex.EncodeToString(got.Hash[:]), err)
		}
		stored, _ := hex.DecodeString(c.hash)
		if !got.Matches(stored) || got.Matches(stored[:31]) || got.Matches(make([]byte, 32)) {
			t.Error("Matches does not tell the hash from others")
		}
	}
	if (credential.Credential{}).Matches(make([]byte, 32)) {
		t.Error("the zero credential matches a hash of zeros")
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "cio", "cio_tp_", apiToken + "A", apiToken[:34], strings.ToUpper(apiToken), "Bearer " + apiToken,
		"cio" + strings.Repeat("-", 32), "cio" + strings.Repeat("é", 16), "cio" + strings.Repeat("@", 32), "cio" + strings.Repeat("[", 32),
		publisherToken[:38], publisherToken + "A", publisherToken[:38] + "E", strings.Replace(publisherToken, "AAD", "BAD", 1),
	} {
		_, err := credential.Parse(text)
		if cratewarden.KindOf(err) != cratewarden.Invalid {
			t.Errorf("Parse(%q) = %v", text, err)
		}
		if len(text) > 10 && strings.Contains(err.Error(), text[7:]) {
			t.Errorf("the error repeats the token: %v", err)
		}
	}
}

func TestNothingPrints(t *testing.T) {
	t.Parallel()
	c, err := credential.Parse(apiToken)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		_, _ = fmt.Fprintf(&out, verb+" ", c)
		_, _ = fmt.Fprintf(&out, verb+" ", &c)
		_, _ = fmt.Fprintf(&out, verb+" ", struct{ C credential.Credential }{c})
	}
	text, err := json.Marshal(map[string]any{"c": c, "p": &c})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(text)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "c", c, "group", slog.GroupValue(slog.Any("c", &c)))
	slog.New(slog.NewTextHandler(&out, nil)).Info("m", "c", c)
	for _, leak := range []string{"f6e24f", "F6E24F", "246 226", "246,226", apiToken[3:]} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("output holds %q:\n%s", leak, out.String())
		}
	}
	if !strings.Contains(out.String(), "API token [redacted]") {
		t.Error("the kind is not shown either")
	}
}

func TestPublisherChecksum(t *testing.T) {
	t.Parallel()
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringMatching(`[A-Za-z0-9]{31}`).Draw(t, "secret")
		accepted := 0
		for _, check := range alphabet {
			c, err := credential.Parse("cio_tp_" + secret + string(check))
			if err != nil {
				continue
			}
			accepted++
			if c.Hash != sha256.Sum256([]byte(secret)) {
				t.Fatal("the hash is not of the 31 characters")
			}
		}
		if accepted != 1 {
			t.Fatalf("%d of 62 last characters are accepted", accepted)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", apiToken, publisherToken, "cio_tp_", "cio\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := credential.Parse(text)
		trimmed := strings.TrimSpace(text)
		switch {
		case err != nil:
			if c != (credential.Credential{}) || cratewarden.KindOf(err) != cratewarden.Invalid {
				t.Errorf("refused with %v and %v", c, err)
			}
		case c.Kind == credential.APIToken:
			if len(trimmed) != 35 || c.Hash != sha256.Sum256([]byte(trimmed)) {
				t.Errorf("accepted %q", text)
			}
		case c.Kind == credential.PublisherToken:
			if len(trimmed) != 39 || c.Hash != sha256.Sum256([]byte(trimmed[7:38])) {
				t.Errorf("accepted %q", text)
			}
		default:
			t.Errorf("kind %q", c.Kind)
		}
	})
}
