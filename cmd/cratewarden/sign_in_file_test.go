package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cratewarden"
)

const goodSignIn = `
origin: https://console.example
providers:
  - {id: github, kind: github, name: GitHub, client_id: abc, client_secret: {file: secret}}
  - {id: foundation, kind: oidc, issuer: "https://id.example", client_id: def, client_secret: {env: CRATEWARDEN_TEST_NO_SUCH}}
people: {file: people.yaml}
sessions: {step_up: 3m}
proxies: [10.0.0.0/8]
`

func TestSignInFile(t *testing.T) {
	t.Parallel()
	f, err := parseSignIn([]byte(goodSignIn), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Providers) != 2 || f.Sessions.StepUp.Minutes() != 3 || f.Proxies[0].Bits() != 8 {
		t.Errorf("%+v", f)
	}
	for want, change := range map[string][2]string{
		"origin must be":              {"https://console.example", "http://console.example"},
		"without a path":              {"https://console.example", "https://console.example/x"},
		"name at least one of":        {goodSignIn[strings.Index(goodSignIn, "providers"):strings.Index(goodSignIn, "people")], ""},
		"two providers have the id":   {"id: foundation", "id: github"},
		"lower-case letters":          {"id: foundation", "id: ../x"},
		"kind must be github or oidc": {"kind: oidc", "kind: saml"},
		"takes the issuer's address":  {`issuer: "https://id.example"`, `issuer: ""`},
		"takes a client_id":           {"client_id: abc", "client_id: ''"},
		"either a file or an env":     {"{file: secret}", "{}"},
		"either a file or the url":    {"{file: people.yaml}", "{}"},
		"people.sources must say":     {"{file: people.yaml}", "{url: https://teams.example/v1}"},
		`gives the role "king"`:       {"{file: people.yaml}", "{url: https://teams.example/v1, sources: [{team: a, roles: [king]}]}"},
		"may not be negative":         {"step_up: 3m", "step_up: -3m"},
		"field step_down not found":   {"step_up: 3m", "step_down: 3m"},
		"cannot be understood":        {"step_up: 3m", "step_up: soon"},
		"cannot be understood: netip": {"10.0.0.0/8", "anybody"},
	} {
		text := strings.Replace(goodSignIn, change[0], change[1], 1)
		if text == goodSignIn {
			t.Fatalf("%s: nothing was changed", want)
		}
		_, err := parseSignIn([]byte(text), ".")
		if cratewarden.KindOf(err) != cratewarden.Invalid || !strings.Contains(cratewarden.MessageOf(err), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
}

// A secret is read again at each use, several at once, and its absence is said
// without saying anything of it.
func TestSecretsAreReadAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, err := parseSignIn([]byte(goodSignIn), dir)
	if err != nil {
		t.Fatal(err)
	}
	providers := f.providers()
	if _, err := providers[0].Secrets(); cratewarden.KindOf(err) == "" {
		t.Error("a secret without a file")
	}
	for _, text := range []string{"one\n", "two\none\n"} {
		if err := os.WriteFile(filepath.Join(dir, "secret"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := providers[0].Secrets(); err != nil || strings.Join(got, "\n")+"\n" != text {
			t.Errorf("%v %v", got, err)
		}
	}
	if _, err := providers[1].Secrets(); cratewarden.KindOf(err) != cratewarden.Unavailable || !strings.Contains(err.Error(), "CRATEWARDEN_TEST_NO_SUCH") {
		t.Errorf("%v", err)
	}
}

func FuzzSignInFile(f *testing.F) {
	f.Add([]byte(goodSignIn))
	f.Add([]byte("origin: [\n"))
	f.Add([]byte("people: {sources: [{team: a, roles: [viewer]}]}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if file, err := parseSignIn(text, "."); err == nil && len(file.providers()) == 0 {
			t.Error("settings without a provider were taken")
		}
	})
}
