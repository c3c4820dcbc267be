package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cratewarden"
)

func zulipAt(r *receiver) Channel {
	return Channel{ID: "zulip", Type: Zulip, URL: r.URL, Bot: "console-bot@chat.example", Secrets: secret("zulip-key"), Stream: "ops", Topic: "console"}
}

// good is Zulip's answer to a message that it took.
func good(w http.ResponseWriter, _ *http.Request) {
	_, _ = w.Write([]byte(`{"result":"success","msg":"","id":42}`))
}

func TestZulip(t *testing.T) {
	t.Parallel()
	r := receive(t, good)
	direct := zulipAt(r)
	direct.ID, direct.Stream, direct.Topic, direct.People = "direct", "", "", []int64{7, 9}
	b := start(t, Config{Channels: []Channel{zulipAt(r), direct}, Origin: "https://console.example"})
	b.tell(t, Notice{Kind: "passkey.added", Title: "Ada added a passkey", Text: "on “laptop”", Path: "/people/p1?tab=passkeys", Urgent: true})
	b.sweep(t)
	got := r.requests()
	if len(got) != 2 {
		t.Fatalf("%d requests: %+v", len(got), b.rows(t))
	}
	want := "URGENT · test registry: Ada added a passkey\non “laptop”\nhttps://console.example/people/p1?tab=passkeys"
	for i, fields := range []map[string]string{{"type": "stream", "to": "ops", "topic": "console", "content": want}, {"type": "private", "to": "[7,9]", "topic": "", "content": want}} {
		form, err := url.ParseQuery(got[i].body)
		if err != nil || got[i].path != "/api/v1/messages" {
			t.Errorf("%s %v", got[i].path, err)
		}
		for name, value := range fields {
			if form.Get(name) != value {
				t.Errorf("%s is %q, want %q", name, form.Get(name), value)
			}
		}
		if user, key, ok := (&http.Request{Header: got[i].header}).BasicAuth(); !ok || user != "console-bot@chat.example" || key != "zulip-key" {
			t.Errorf("signed in as %q", user)
		}
	}
}

// Zulip says in its own words what is wrong; its sentences, which may quote
// anything, are not kept.
func TestZulipRefuses(t *testing.T) {
	t.Parallel()
	r := receive(t, nil)
	b := start(t, Config{Channels: []Channel{zulipAt(r)}})
	for name, c := range map[string]struct {
		status        int
		text, problem string
		wait          time.Duration
	}{
		"no stream": {400, `{"result":"error","msg":"Stream 'topsecret' does not exist","code":"STREAM_DOES_NOT_EXIST"}`, "STREAM_DOES_NOT_EXIST", 30 * time.Second},
		"too many":  {429, `{"result":"error","msg":"API usage exceeded rate limit","code":"RATE_LIMIT_HIT","retry-after":90.5}`, "RATE_LIMIT_HIT", 90500 * time.Millisecond},
		"bad key":   {401, `{"result":"error","msg":"Invalid API key","code":"INVALID_API_KEY"}`, "INVALID_API_KEY", 30 * time.Second},
		"odd code":  {200, `{"result":"error","code":"<script>topsecret"}`, "Zulip refused the message.", 30 * time.Second},
		"a page":    {200, `<html>topsecret`, "not Zulip's", 30 * time.Second},
		"down":      {502, `<html>topsecret`, "status 502", 30 * time.Second},
	} {
		r.answers(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(c.status); _, _ = w.Write([]byte(c.text)) })
		b.tell(t, added)
		b.sweep(t)
		if d := b.rows(t)[0]; d.State != Failed || !strings.Contains(d.Problem, c.problem) || d.NextAt.Sub(b.clock.now()) != c.wait {
			t.Errorf("%s: %+v", name, d)
		}
	}
	if all := b.log.String() + dump(t, b); strings.Contains(all, "topsecret") || strings.Contains(all, "zulip-key") {
		t.Errorf("a secret is kept:\n%s", all)
	}
}

func slackAt(address string) Channel {
	return Channel{ID: "slack", Type: Slack, Secrets: secret(address)}
}

func TestSlack(t *testing.T) {
	t.Parallel()
	r := receive(t, nil)
	b := start(t, Config{Channels: []Channel{slackAt(r.URL + "/services/T0/B0/topsecret")}, Origin: "https://console.example"})
	b.tell(t, Notice{Kind: "test", Title: "Hello <!everyone> & all", Path: "/plans/p12"})
	b.sweep(t)
	got := r.requests()
	if len(got) != 1 || got[0].path != "/services/T0/B0/topsecret" {
		t.Fatalf("%+v %+v", got, b.rows(t))
	}
	var body struct {
		Text, Parse string
		LinkNames   *bool `json:"link_names"`
	}
	if err := json.Unmarshal([]byte(got[0].body), &body); err != nil || body.Parse != "none" || body.LinkNames == nil || *body.LinkNames {
		t.Errorf("%s %v", got[0].body, err)
	}
	if strings.ContainsAny(body.Text, "<>") || !strings.Contains(body.Text, "Hello &lt;\u200b!\u200beveryone&gt;\u200b &amp;\u200b all") || !strings.HasSuffix(body.Text, "\nhttps://console.example/plans/p12") {
		t.Errorf("%q", body.Text)
	}
	r.Close()
	b.tell(t, added)
	b.sweep(t)
	if d := b.rows(t)[0]; d.State != Failed || !strings.Contains(d.Problem, "could not be reached") {
		t.Errorf("%+v", d)
	}
	if all := b.log.String() + dump(t, b); strings.Contains(all, "topsecret") {
		t.Errorf("the address is kept:\n%s", all)
	}
	plain := &slack{slackAt("http://chat.example/topsecret"), outgoing(nil)}
	if err := plain.send(t.Context(), message{Notice: added, words: &b.words}); err == nil || strings.Contains(err.Error(), "topsecret") || !strings.Contains(err.Error(), "https") {
		t.Errorf("http is taken: %v", err)
	}
}

// markup is what chats read in text: Zulip's, Mattermost's and Slack's mentions,
// links, code, quotations, pictures and formulas.
var markup = regexp.MustCompile("@\\w|@[*_]|#[*\\w]|\\*\\*|__|~~|```|`[^\u200b]|\\]\\(|\\[[^\u200b]|<[!@#a-z]|://|www\\.[^\u200b]|[a-z]\\.[a-z]{2}|!\\[|\\$\\$|&\\w+;")

// Nothing that a crate's name or description can hold means anything to a chat.
func TestMarkupMeansNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"@**everyone**", "@everyone", "@here", "<!channel>", "<@U123>", "@_**Ada|7**", "@*team*", "#**ops>topic**", "[click](https://evil.example)", "https://evil.example/x", "evil.example", "www.evil.example",
		"![x](https://evil.example/p.png)", "`code`", "```\nblock\n```", "$$x$$", "&lt;!everyone&gt;", "<https://evil.example|safe>", "mailto:x", "__x__ ~~y~~"} {
		if !markup.MatchString(text) && text != "mailto:x" {
			t.Errorf("the test itself does not see %q", text)
		}
		for name, out := range map[string]string{"plain": plainMarkup(text), "slack": slackMarkup(text)} {
			seen := out
			if name == "slack" {
				if strings.ContainsAny(out, "<>") {
					t.Errorf("%q", out)
				}
				seen = strings.NewReplacer("&amp;", "", "&lt;", "", "&gt;", "").Replace(out)
			}
			if found := markup.FindString(seen); found != "" {
				t.Errorf("%s: %q holds %q", name, out, found)
			}
		}
		if strings.ReplaceAll(plainMarkup(text), apart, "") != text {
			t.Errorf("%q is not to be read any more", text)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.RuneFrom([]rune("@*#_~`[]()<>!:/.$&|\\ae1 -"))).Draw(t, "text")
		if found := markup.FindString(plainMarkup(text)); found != "" {
			t.Fatalf("%q holds %q", plainMarkup(text), found)
		}
	})
}

// Whatever a notice holds by mistake, no mail address of the people in the list
// and no network address leaves by chat or webhook, nor is it kept.
func TestNothingPrivateLeaves(t *testing.T) {
	t.Parallel()
	r := receive(t, good)
	b := start(t, Config{Channels: []Channel{hook(r), zulipAt(r), slackAt(r.URL + "/x")}})
	private := []string{"2001:db8::77", "192.0.2.77"}
	for _, p := range people() {
		if p.Mail != "" {
			private = append(private, p.Mail)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(name string) string {
			between, words := rapid.SampledFrom([]string{"", " "}).Draw(rt, "between"), private[1:]
			if between != "" {
				words = private
			}
			word := rapid.SampledFrom(append([]string{"serde@1.0.0", "a", " ", "<", ">", "mailto:", ",", ".", "\n", "(", "\"", "Ada "}, words...))
			return strings.Join(rapid.SliceOfN(word, 1, 6).Draw(rt, name), between)
		}
		n := clean(Notice{Kind: "test", Title: draw("title"), Text: draw("text")})
		for _, p := range private {
			if strings.Contains(n.Title, p) || strings.Contains(n.Text, p) {
				rt.Fatalf("%q, %q hold %s", n.Title, n.Text, p)
			}
		}
	})
	for _, text := range []string{"serde@1.0.0-rc.1", "serde::de and std::fs", "1.2.3", "at 12:30:05 UTC", "https://docs.example/a"} {
		if mask(text) != text {
			t.Errorf("%q is masked: %q", text, mask(text))
		}
	}
	b.tell(t, Notice{Kind: "test", To: []string{"p1", "p2"}, Title: "ada@private.example signed in from 192.0.2.77", Text: "and bo@private.example from 2001:db8::77 to serde@1.0.0"})
	b.sweep(t)
	got := r.requests()
	if len(got) != 3 {
		t.Fatalf("%d requests", len(got))
	}
	for _, q := range got {
		body, err := url.QueryUnescape(q.body)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range append([]string{"private.example", "Bo Ünal"}, private...) {
			if strings.Contains(strings.ReplaceAll(body, apart, ""), p) || strings.Contains(dump(t, b), p) || strings.Contains(fmt.Sprint(q.header), p) {
				t.Errorf("%s leaves or is kept: %s", p, body)
			}
		}
		if !strings.Contains(strings.ReplaceAll(body, apart, ""), "serde@1.0.0") {
			t.Errorf("a version is masked like a mail address: %s", body)
		}
	}
}

// Of an incident that only named people may know of, chats and webhooks hear that
// there is something to look at, whether a plan or the case itself is told of;
// mail to each of those people says what. A post for the chat is approved as such.
func TestRedLeavesByMailOnly(t *testing.T) {
	t.Parallel()
	r := receive(t, good)
	b := start(t, Config{Channels: []Channel{hook(r), zulipAt(r), slackAt(r.URL + "/x")}})
	for _, sql := range []string{
		`INSERT INTO incident (title, kind, state, severity, tlp, opened_by, opened_at, changed_at) SELECT 'x', 'other', 'reported', 'low', label, '{}', now(), now() FROM unnest(ARRAY['RED', 'AMBER']) label`,
		`INSERT INTO plan (id, state, title, author, incident, steps) VALUES ('p1', 'draft', 't', '{}', 'INC-1', '[]'), ('p2', 'draft', 't', '{}', 'INC-2', '[]')`,
	} {
		if _, err := b.db.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range []Notice{{Path: "/incidents/INC-1"}, {Path: "/incidents/INC-1/drafts"}, {Plan: "p1", Path: "/plans/p1"}, {Path: "/incidents/INC-2"}, {Plan: "p2"}, {Path: "/incidents/INC-11"}, {Kind: "incident.post", Path: "/incidents/INC-1"}, {}} {
		red := n.Kind == "" && (strings.HasPrefix(n.Path, "/incidents/INC-1") && n.Path != "/incidents/INC-11" || n.Plan == "p1")
		if n.Kind == "" {
			n.Kind = "draft.sent"
		}
		n.Title, n.Text = "The crate evilcrate", "Something about evilcrate"
		before := len(r.requests())
		b.tell(t, n)
		b.sweep(t)
		got := r.requests()[before:]
		if len(got) != 3 {
			t.Fatalf("%+v: %d requests", n, len(got))
		}
		for _, q := range got {
			body, err := url.QueryUnescape(q.body)
			if body = strings.ReplaceAll(body, apart, ""); err != nil || strings.Contains(body, "evilcrate") == red || strings.Contains(body, "TLP:RED") != red {
				t.Errorf("%+v: %s %v", n, body, err)
			}
		}
	}
}

// verify is the sample of docs/notices.md; TestSampleOfTheDocs holds them
// together.
//
// docs:begin
func verify(secret string, r *http.Request, body []byte, now time.Time) bool {
	id, at := r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp")
	var seconds int64
	if _, err := fmt.Sscan(at, &seconds); err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > 5*time.Minute {
		return false // old, or from a clock that is wrong
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + at + "."))
	mac.Write(body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, given := range strings.Fields(r.Header.Get("webhook-signature")) {
		if hmac.Equal([]byte(given), []byte(want)) {
			return true
		}
	}
	return false
}

// docs:end

// A receiver that does what the docs say takes our messages by either secret,
// and nothing else.
func TestWebhookSignature(t *testing.T) {
	t.Parallel()
	at := time.Now()
	r := receive(t, nil)
	w := &webhook{hook(r), outgoing(nil), func() time.Time { return at }}
	m := message{Notice: added, key: "KEY", at: now(), label: "test registry", link: "https://console.example/me"}
	if err := w.send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got := r.requests()[0]
	request := httptest.NewRequest(http.MethodPost, "/", nil)
	request.Header = got.header
	body := []byte(got.body)
	if !verify(signing, request, body, at) || !verify(oldSigning, request, body, at) {
		t.Error("a good message is refused")
	}
	if verify("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", request, body, at) || verify(signing, request, append(body, ' '), at) || verify(signing, request, body, at.Add(6*time.Minute)) {
		t.Error("a bad message is taken")
	}
	want := `{"type":"passkey.added","timestamp":"2026-11-22T18:00:00Z","data":{"registry":"test registry","title":"Ada added a passkey","text":"It is called “laptop”.","link":"https://console.example/me","plan":"p12"}}`
	if got.body != want || got.header.Get("Content-Type") != "application/json" || got.header.Get("Webhook-Id") != "msg_KEY" {
		t.Errorf("%s\n%v", got.body, got.header)
	}
	for _, bad := range []string{"", "whsec_", "whsec_dG9vIHNob3J0", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!!"} {
		w.Secrets = secret(bad)
		if err := w.send(t.Context(), m); err == nil || bad != "" && strings.Contains(err.Error(), strings.TrimPrefix(bad, "whsec_")) && len(bad) > 6 {
			t.Errorf("the secret %q: %v", bad, err)
		}
	}
	w.Secrets = func() ([]string, error) { return nil, cratewarden.Errorf(cratewarden.Unavailable, "no file") }
	if err := w.send(t.Context(), m); err == nil || !strings.Contains(err.Error(), "secret cannot be read") {
		t.Errorf("%v", err)
	}
}

// The published example of the convention that we follow.
func TestStandardWebhooksVector(t *testing.T) {
	t.Parallel()
	got, err := sign([]string{signing}, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; err != nil || got != want {
		t.Errorf("%s %v", got, err)
	}
}

func TestSampleOfTheDocs(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("chat_test.go")
	if err != nil {
		t.Fatal(err)
	}
	docs, err := os.ReadFile("../docs/notices.md")
	if err != nil {
		t.Fatal(err)
	}
	_, sample, _ := strings.Cut(string(source), "// docs:begin\n")
	sample, _, _ = strings.Cut(sample, "\n// docs:end")
	if len(sample) < 500 || !strings.Contains(string(docs), strings.TrimSpace(sample)) {
		t.Error("the docs show another way to check a signature than the one that is tested")
	}
}
