package notify

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/ledger"
)

// Config says how people are told. Its zero value but for Console keeps notices
// where the console's pages show them, and sends nothing.
type Config struct {
	Console *pgxpool.Pool
	// Ledger records who had something sent again; nil refuses to.
	Ledger *ledger.Log
	// Channels are the chats and webhooks that notices go to.
	Channels []Channel
	// Mail is how people are told one by one; without a Host nobody is.
	Mail MailConfig
	// Resolve looks people up: those with the ids, and everybody with one of the
	// roles. Whom it does not know it leaves out. nil knows nobody.
	Resolve func(ctx context.Context, people []string, roles []cratewarden.Role) ([]Recipient, error)
	// Origin is the console's own address for links, such as
	// https://console.example; "" leaves links out.
	Origin string
	// Label is the registry's name, which every message begins with.
	Label string
	// Enqueue hands a delivery to the workers at an instant, if the transaction
	// commits; nil leaves sending to Sweep.
	Enqueue func(ctx context.Context, tx pgx.Tx, delivery int64, at time.Time) error
	// Tries is how often a message is tried before it is given up; 0 means 20,
	// which takes about 14 hours.
	Tries int
	// HTTP is for tests with certificates of their own: its transport is used,
	// nothing else of it. nil means one with the system's certificates.
	HTTP   *http.Client
	Clock  cratewarden.Clock
	Logger *slog.Logger
}

// Recipient is a person as the list of people has them.
type Recipient struct {
	Person string // the id in the console
	Name   string
	Mail   string // "" when the list has none
}

// Taking says which notices a channel takes.
type Taking struct {
	// Kinds are such as "break-glass" or "passkey.*"; all when empty.
	Kinds []string
	// UrgentOnly takes only what cannot wait.
	UrgentOnly bool
}

// Type is what sort of receiver a channel has.
type Type string

// The sorts of receivers.
const (
	Mail    Type = "mail"
	Zulip   Type = "zulip"
	Slack   Type = "slack" // or what takes the same incoming webhooks
	Webhook Type = "webhook"
)

// Secrets reads what must not stand in a settings file, newest first; it is
// asked at each message, so that a secret is exchanged without a restart.
type Secrets func() ([]string, error)

// Channel is one place that is told. Its ID stands with every message, its
// address and secrets nowhere: they are read from the configuration each time.
type Channel struct {
	// ID is a short word such as "ops-zulip". "mail" is taken.
	ID   string
	Type Type
	Taking
	// URL is a Zulip server, or where a webhook's messages go. It must be https,
	// but for loopback. A Slack webhook's is its secret.
	URL string
	// Secrets are the API key of Zulip's bot; the whole address of a Slack
	// webhook; or the secrets that sign a webhook's messages, which must be
	// "whsec_" and base64 of at least 24 bytes. Of several a webhook's messages
	// carry a signature each, at most maxSigners; the others use the first.
	Secrets Secrets
	// Bot is the mail-like name of Zulip's bot.
	Bot string
	// Stream and Topic are where Zulip shows it; or People have it in a direct
	// message, by their numbers in Zulip.
	Stream, Topic string
	People        []int64
}

// MailConfig is a mail server that takes messages from us. TLS is always
// required and the certificate checked.
type MailConfig struct {
	// Host and Port of the server; port 0 means 587. Host "" sends no mail.
	Host string
	Port int
	// ImplicitTLS begins with TLS; otherwise the server must offer STARTTLS. Port
	// 465 always begins with it.
	ImplicitTLS bool
	// User and Password sign us in; "" does not.
	User     string
	Password Secrets
	// From is the sender, such as "Registry console <console@registry.example>".
	From string
	// Hello is the name that we give ourselves; "" means the host of Origin.
	Hello string
	// CertFile names a file of certificates to trust instead of the system's.
	CertFile string
	Taking
}

// String keeps addresses and secrets out of whatever prints a channel.
func (c Channel) String() string { return string(c.Type) + " channel " + c.ID }

// GoString is String.
func (c Channel) GoString() string { return c.String() }

// LogValue is String for logs.
func (c Channel) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText is String for JSON.
func (c Channel) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
