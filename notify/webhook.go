package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cratewarden"
)

// webhook sends to any program that checks a signature, by the conventions of
// Standard Webhooks, for which there are libraries in most languages.
type webhook struct {
	Channel
	client *http.Client
	clock  cratewarden.Clock
}

// webhookBody is all that leaves.
type webhookBody struct {
	Type      string     `json:"type"` // the notice's kind
	Timestamp time.Time  `json:"timestamp"`
	Data      noticeBody `json:"data"`
}

type noticeBody struct {
	Registry string `json:"registry"`
	Title    string `json:"title"`
	Text     string `json:"text,omitempty"`
	Link     string `json:"link,omitempty"`
	Plan     string `json:"plan,omitempty"`
	Urgent   bool   `json:"urgent,omitempty"`
}

// maxSigners is how many secrets sign at once: the new one and the one before.
const maxSigners = 2

func (w *webhook) send(ctx context.Context, m message) error {
	list, err := w.secrets()
	if err != nil {
		return err
	}
	body, err := json.Marshal(webhookBody{Type: m.Kind, Timestamp: m.at.UTC(), Data: noticeBody{Registry: m.label, Title: m.Title, Text: m.Text, Link: m.link, Plan: m.Plan, Urgent: m.Urgent}})
	if err != nil {
		return err
	}
	id, now := "msg_"+m.key, strconv.FormatInt(w.clock().Unix(), 10)
	signature, err := sign(list, id, now, body)
	if err != nil {
		return err
	}
	_, _, err = post(ctx, w.client, w.URL, http.Header{
		"Content-Type": {"application/json"}, "Webhook-Id": {id}, "Webhook-Timestamp": {now}, "Webhook-Signature": {signature}, "Idempotency-Key": {id},
	}, string(body), nil)
	return err
}

// sign gives one signature for each secret, so that a receiver may hold either.
func sign(secrets []string, id, timestamp string, body []byte) (string, error) {
	var out []string
	for _, secret := range secrets[:min(len(secrets), maxSigners)] {
		key, err := signer(secret)
		if err != nil {
			return "", err
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + timestamp + "."))
		mac.Write(body)
		out = append(out, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return strings.Join(out, " "), nil
}
