package notify

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cratewarden"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestSettings(t *testing.T) {
	t.Parallel()
	key := secret("x")
	web := func(change func(*Channel)) Config {
		c := Channel{ID: "hook", Type: Webhook, URL: "https://hook.example/topsecret", Secrets: key}
		change(&c)
		return Config{Channels: []Channel{c}}
	}
	mail := func(change func(*MailConfig)) Config {
		m := MailConfig{Host: "post.example", From: "Console <c@registry.example>"}
		change(&m)
		return Config{Mail: m}
	}
	for name, c := range map[string]struct {
		cfg  Config
		want string // "" for good ones
	}{
		"nothing":           {Config{}, ""},
		"webhook":           {web(func(*Channel) {}), ""},
		"loopback":          {web(func(c *Channel) { c.URL = "http://127.0.0.1:9/x" }), ""},
		"plain http":        {web(func(c *Channel) { c.URL = "http://hook.example/topsecret" }), "must begin with https"},
		"almost loopback":   {web(func(c *Channel) { c.URL = "http://127.0.0.1.hook.example/topsecret" }), "must begin with https"},
		"ftp":               {web(func(c *Channel) { c.URL = "ftp://hook.example/topsecret" }), "must look like"},
		"user in address":   {web(func(c *Channel) { c.URL = "https://u:topsecret@hook.example/" }), "must look like"},
		"no address":        {web(func(c *Channel) { c.URL = "" }), "must look like"},
		"no secret":         {web(func(c *Channel) { c.Secrets = nil }), "takes a secret"},
		"odd id":            {web(func(c *Channel) { c.ID = "Hook 1" }), "lower-case"},
		"taken id":          {web(func(c *Channel) { c.ID = "mail" }), "taken"},
		"odd type":          {web(func(c *Channel) { c.Type = "fax" }), "zulip, slack or webhook"},
		"odd kind":          {web(func(c *Channel) { c.Kinds = []string{"a b"} }), "of the kind"},
		"kinds":             {web(func(c *Channel) { c.Kinds = []string{"break-glass*", "passkey.added"} }), ""},
		"twice":             {Config{Channels: append(web(func(*Channel) {}).Channels, web(func(*Channel) {}).Channels...)}, "more than one"},
		"zulip":             {web(func(c *Channel) { c.Type, c.Bot, c.Stream, c.Topic = Zulip, "b@x", "s", "t" }), ""},
		"zulip, people":     {web(func(c *Channel) { c.Type, c.Bot, c.People = Zulip, "b@x", []int64{1} }), ""},
		"zulip, no topic":   {web(func(c *Channel) { c.Type, c.Bot, c.Stream = Zulip, "b@x", "s" }), "stream and a topic"},
		"zulip, no bot":     {web(func(c *Channel) { c.Type, c.Stream, c.Topic = Zulip, "s", "t" }), "name of Zulip's bot"},
		"slack":             {web(func(c *Channel) { c.Type, c.URL = Slack, "" }), ""},
		"slack, in clear":   {web(func(c *Channel) { c.Type = Slack }), "itself a secret"},
		"mail":              {mail(func(*MailConfig) {}), ""},
		"mail, no sender":   {mail(func(m *MailConfig) { m.From = "" }), "sender"},
		"mail, odd sender":  {mail(func(m *MailConfig) { m.From = "Console\r\nBcc: <x@y.example>" }), "sender"},
		"mail, no password": {mail(func(m *MailConfig) { m.User = "u" }), "user and a password"},
		"mail, port":        {mail(func(m *MailConfig) { m.Port = 70000 }), "a port"},
		"mail, odd host":    {mail(func(m *MailConfig) { m.Host = "post.example:25" }), "host's name"},
		"mail, no file":     {mail(func(m *MailConfig) { m.CertFile = "/nowhere/x" }), "cannot be read"},
		"origin":            {Config{Origin: "https://console.example/"}, ""},
		"odd origin":        {Config{Origin: "console.example"}, "origin"},
	} {
		_, err := New(c.cfg)
		if c.want == "" && err != nil || c.want != "" && (cratewarden.KindOf(err) != cratewarden.Invalid || !strings.Contains(cratewarden.MessageOf(err), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "topsecret") {
			t.Errorf("%s: the sentence holds the address: %v", name, err)
		}
	}
}

// A channel that is printed by accident shows neither address nor secret.
func TestChannelsArePrintedWithoutSecrets(t *testing.T) {
	t.Parallel()
	c := Channel{ID: "hook", Type: Webhook, URL: "https://hook.example/topsecret", Secrets: secret("x")}
	text, err := json.Marshal([]any{c, &c, map[string]Channel{"a": c}})
	if err != nil {
		t.Fatal(err)
	}
	all := string(text) + fmt.Sprintf("%v %+v %#v %s", c, c, c, &c)
	if strings.Contains(all, "topsecret") || !strings.Contains(all, "webhook channel hook") {
		t.Error(all)
	}
	s, err := New(Config{Channels: []Channel{c}, Mail: MailConfig{Host: "post.example", From: "c@registry.example"}})
	if err != nil {
		t.Fatal(err)
	}
	if text, err = json.Marshal(s.Channels()); err != nil || strings.Contains(string(text), "example") || len(s.Channels()) != 2 {
		t.Errorf("%s %v", text, err)
	}
}

// An error of the HTTP client quotes the address; ours does not.
func TestErrorsHoldNoAddress(t *testing.T) {
	t.Parallel()
	err := unreachable(&url.Error{Op: "Post", URL: "https://hook.example/topsecret", Err: errors.New("refused")})
	if strings.Contains(err.Error(), "topsecret") || !strings.Contains(err.Error(), "refused") {
		t.Error(err)
	}
}

// Every kind has its words, and a kind without is told all the same.
func TestWords(t *testing.T) {
	t.Parallel()
	w, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	kinds := Kinds()
	for _, k := range []string{"person.roles", "passkey.added", "passkey.removed", "passkey.cloned", "enrolment.issued", "approval.wanted", "break-glass", "break-glass.review", "break-glass.closed", "approval.fell", "passkey.renamed", "api-token.made", "list.unreadable", "test"} {
		if !strings.Contains(" "+strings.Join(kinds, " ")+" ", " "+k+" ") {
			t.Errorf("no words for %s", k)
		}
	}
	var out strings.Builder
	for _, k := range append(kinds, "something.new") {
		m := message{Notice: Notice{Kind: k, Title: "The title", Text: "The text.", Plan: "p12"}, at: now(), label: "test registry", link: "https://console.example/plans/p12", to: Recipient{Name: "Ada"}}
		if k == "something.new" {
			m = message{Notice: Notice{Kind: k, Title: "Only a title"}, at: now(), label: "test registry"}
		}
		mail, err := w.mail(m)
		if err != nil {
			t.Fatal(err)
		}
		chat, err := w.chat(m, plainMarkup)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "=== %s\n%s\n--- chat\n%s\n", k, mail, strings.ReplaceAll(chat, apart, "·"))
	}
	golden(t, "words.txt", out.String())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != got {
		t.Errorf("%s is not as it was (%v); look, and run with -update:\n%s", path, err, got)
	}
}
