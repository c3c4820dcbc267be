package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cratewarden/advisory"
	"cratewarden/demo"
)

// speaks writes in whose name the world is told, with a feed, as
// docs/operators-guide.md has it.
func (o *office) speaks(dir string) string {
	o.t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		o.t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		o.t.Fatal(err)
	}
	o.feed = public
	for name, text := range map[string]string{
		"feed.pem": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		"incidents.yaml": `registry: {name: a registry, ecosystem: crates.io, url: "https://registry.example", appeal: "https://registry.example/appeals"}
publisher: {name: The registry's team, namespace: "https://registry.example", contact: "https://registry.example/contact", authors: The team, team: the team, team_url: "https://registry.example/team"}
feed: {key: feed.pem}
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			o.t.Fatal(err)
		}
	}
	return filepath.Join(dir, "incidents.yaml")
}

// takedowns asks the feed as a stranger does, and gives what it tells.
func (o *office) takedowns() (text string, list []advisory.Takedown) {
	o.t.Helper()
	get := func(path string) []byte {
		answer, err := http.Get(o.address + "/api/v1/takedowns." + path)
		if err != nil {
			o.t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		body, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK {
			o.t.Fatalf("takedowns.%s: %d %v %s", path, answer.StatusCode, err, body)
		}
		return body
	}
	body := get("json")
	if err := advisory.VerifyFeed(o.feed, body, get("json.sig")); err != nil {
		o.t.Error(err)
	}
	if atom := string(get("atom")); !strings.Contains(atom, "http://www.w3.org/2005/Atom") {
		o.t.Errorf("no Atom: %.200s", atom)
	}
	var feed struct{ Entries []advisory.Takedown }
	if err := json.Unmarshal(body, &feed); err != nil {
		o.t.Fatal(err)
	}
	return string(body), feed.Entries
}

// proclaimed holds the public feed against what was right: the nine crates, and
// nobody's name.
func (o *office) proclaimed(august demo.August) {
	text, list := o.takedowns()
	var crates []string
	for _, x := range list {
		crates = append(crates, x.Crate)
	}
	slices.Sort(crates)
	if want := slices.Sorted(slices.Values(august.Advisories)); !slices.Equal(slices.Compact(crates), want) {
		o.t.Errorf("the feed tells of %v, want %v", crates, want)
	}
	for _, x := range append(slices.Clone(august.Contain), august.Imitated) {
		if strings.Contains(text, x.Login) {
			o.t.Errorf("the feed names %s", x.Login)
		}
	}
}
