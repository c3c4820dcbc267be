package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"cratewarden"
)

// The settings of incidents that operators read of are those that are read.
func TestIncidentsFile(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../docs/operators-guide.md")
	if err != nil {
		t.Fatal(err)
	}
	sample := regexp.MustCompile("(?s)```yaml\n(registry:.*?)```").FindSubmatch(guide)
	if sample == nil {
		t.Fatal("the guide has no sample")
	}
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	write("feed.key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	if err := os.Mkdir(filepath.Join(dir, "playbooks"), 0o700); err != nil {
		t.Fatal(err)
	}
	write("playbooks/domain.yaml", "kind: expired-domain\ntitle: A domain of ours ran out\nitems:\n- {id: lead, phase: report, title: Say who leads, ticks: lead}\n")
	c, err := readCases(write("incidents.yaml", string(sample[1])), "a label")
	if err != nil {
		t.Fatal(err)
	}
	if c.registry.Name != "Harbor" || c.registry.URL != "https://registry.example" || c.publisher.Category != "coordinator" || c.publisher.Contact == "" || !c.feed.Equal(private) {
		t.Errorf("%+v %+v", c.registry, c.publisher)
	}
	_, next, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if der, err = x509.MarshalPKCS8PrivateKey(next); err != nil {
		t.Fatal(err)
	}
	write("next.key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	if c, err := readCases(write("two.yaml", "feed: {key: feed.key, also: next.key}"), "a label"); err != nil || !c.feed.Equal(private) || len(c.feedAlso) != 1 || !c.feedAlso[0].Equal(next) {
		t.Errorf("two keys of the feed: %v", err)
	}
	if _, found := c.playbooks.Of("expired-domain"); !found {
		t.Error("the folder's own playbook is missing")
	}
	if _, found := c.playbooks.Of("typosquat"); !found {
		t.Error("the program's own playbooks are missing")
	}

	for text, want := range map[string]string{
		"registri: {name: Harbor}":                       "registri",
		"registry: {url: \"http://registry.example\"}":   "https://",
		"publisher: {category: hero}":                    "CSAF",
		"playbooks: nowhere":                             "nowhere",
		"feed: {key: incidents.yaml}":                    "key",
		"feed: {key: feed.key, also: nowhere}":           "nowhere",
		"feed: {key: feed.key, also: feed.key}":          "the same key",
		"registry: {name: Harbor}\nfeed: {key: nowhere}": "nowhere",
	} {
		_, err := readCases(write("wrong.yaml", text), "a label")
		if said := cratewarden.MessageOf(err); err == nil || !strings.Contains(said, want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if c, err := readCases("", "a label"); err != nil || c.registry.Name != "a label" || c.feed != nil {
		t.Errorf("without a file: %+v %v", c.registry, err)
	}
}
