package notify

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// zulip speaks to a Zulip server as a bot.
type zulip struct {
	Channel
	client *http.Client
}

// zulipAnswer is what Zulip answers to everything.
type zulipAnswer struct {
	Result     string  `json:"result"`
	Code       string  `json:"code"`
	RetryAfter float64 `json:"retry-after"`
}

var codeWord = regexp.MustCompile(`^[A-Z][A-Z_]{0,39}$`)

func (z *zulip) send(ctx context.Context, m message) error {
	list, err := z.secrets()
	if err != nil {
		return err
	}
	content, err := m.words.chat(m, plainMarkup)
	if err != nil {
		return err
	}
	form := url.Values{"type": {"stream"}, "to": {z.Stream}, "topic": {z.Topic}, "content": {content}}
	if z.Stream == "" {
		people, err := json.Marshal(z.People)
		if err != nil {
			return err
		}
		// "private" is the older word for a direct message; every server takes it.
		form = url.Values{"type": {"private"}, "to": {string(people)}, "content": {content}}
	}
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	status, text, err := post(ctx, z.client, strings.TrimRight(z.URL, "/")+"/api/v1/messages", header, form.Encode(), func(r *http.Request) { r.SetBasicAuth(z.Bot, list[0]) })
	if status == 0 {
		return err
	}
	return zulipTrouble(text, err)
}

// zulipTrouble reads Zulip's own word for what went wrong. Its sentence is left
// out: it may quote anything.
func zulipTrouble(text []byte, err error) error {
	var a zulipAnswer
	if json.Unmarshal(text, &a) != nil {
		if err == nil {
			err = passing("The receiver's answer is not Zulip's. Check the channel's address.", nil)
		}
		return err
	}
	if err == nil && a.Result == "success" {
		return nil
	}
	t, ok := err.(*trouble)
	if !ok {
		t = &trouble{problem: "Zulip refused the message."}
	}
	if codeWord.MatchString(a.Code) {
		t.problem += " Zulip says " + a.Code + "."
	}
	if a.RetryAfter > 0 && a.RetryAfter < 1e6 {
		t.after = max(t.after, time.Duration(a.RetryAfter*float64(time.Second)))
	}
	// A stream that is not there can be made, a bot be let in.
	t.final = false
	return t
}

// slack speaks to an incoming webhook of Slack or of what takes the same.
type slack struct {
	Channel
	client *http.Client
}

func (s *slack) send(ctx context.Context, m message) error {
	list, err := s.secrets()
	if err != nil {
		return err
	}
	if s.checkURL(list[0]) != nil {
		return passing("The channel's secret must be the webhook's https address.", nil)
	}
	content, err := m.words.chat(m, slackMarkup)
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any{"text": content, "parse": "none", "link_names": false, "unfurl_links": false, "unfurl_media": false})
	if err != nil {
		return err
	}
	_, _, err = post(ctx, s.client, list[0], http.Header{"Content-Type": {"application/json"}}, string(body), nil)
	return err
}

// apart is a space without width. Put behind a letter that means something to a
// chat it takes the meaning away and leaves the text to be read. A backslash
// would not: chats differ in what they let it escape.
const apart = "\u200b"

// plainMarkup makes text mean nothing to a chat: nobody is mentioned, nothing
// becomes a link, code, a quotation or a picture.
func plainMarkup(text string) string {
	var out strings.Builder
	letters := []rune(text)
	for i, r := range letters {
		out.WriteRune(r)
		switch {
		case strings.ContainsRune("@#*`~[](){}<>|!$/\\:&_", r):
			out.WriteString(apart)
		case r == '.' && i+1 < len(letters) && unicode.IsLetter(letters[i+1]): // else "name.rs" is an address
			out.WriteString(apart)
		}
	}
	return out.String()
}

// slackMarkup also hides the three letters that Slack itself reads.
func slackMarkup(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(plainMarkup(text))
}
