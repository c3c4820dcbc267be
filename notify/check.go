package notify

import (
	"crypto/x509"
	"encoding/base64"
	"net"
	"net/mail"
	"net/url"
	"os"
	"regexp"
	"strings"

	"cratewarden"
)

var (
	channelID = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
	kindWord  = regexp.MustCompile(`^[a-z][a-z.-]{0,63}\*?$`)
)

// mailChannel is the id of the channel that every mail goes by.
const mailChannel = "mail"

// noChannel stands with notices that no channel takes.
const noChannel = "none"

func invalid(format string, args ...any) error {
	return cratewarden.Errorf(cratewarden.Invalid, "Settings of notices: "+format, args...)
}

// check says in one sentence what cannot be.
func (c Config) check() error {
	seen := map[string]bool{mailChannel: true, noChannel: true}
	for _, ch := range c.Channels {
		switch {
		case !channelID.MatchString(ch.ID):
			return invalid("the id of a channel is of lower-case letters, digits and dashes, 32 at most.")
		case seen[ch.ID]:
			return invalid("there is more than one channel called %q, or the name is taken.", ch.ID)
		}
		seen[ch.ID] = true
		if err := ch.check(); err != nil {
			return err
		}
	}
	if c.Origin != "" {
		if u, err := url.Parse(c.Origin); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
			return invalid("origin must be the console's address, such as https://console.example.")
		}
	}
	return c.Mail.check()
}

func (c Channel) check() error {
	if err := c.Taking.check(c.ID); err != nil {
		return err
	}
	if c.Secrets == nil {
		return invalid("the channel %q takes a secret.", c.ID)
	}
	switch c.Type {
	case Zulip:
		if c.Bot == "" || strings.Contains(c.Bot, ":") {
			return invalid("the channel %q takes the name of Zulip's bot.", c.ID)
		}
		if (c.Stream == "") == (len(c.People) == 0) || c.Stream != "" && c.Topic == "" {
			return invalid("the channel %q takes either a stream and a topic or people, by their numbers in Zulip.", c.ID)
		}
		return c.checkURL(c.URL)
	case Slack:
		if c.URL != "" {
			return invalid("the address of the channel %q is itself a secret: give it as one.", c.ID)
		}
		return nil
	case Webhook:
		return c.checkURL(c.URL)
	}
	return invalid("the channel %q must be of the type zulip, slack or webhook.", c.ID)
}

// checkURL refuses what would go over a network in the clear. The sentence does
// not hold the address, which may hold a secret.
func (c Channel) checkURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.Fragment != "" {
		return invalid("the address of the channel %q must look like https://chat.example/path.", c.ID)
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return invalid("the address of the channel %q must begin with https://; only loopback may do without.", c.ID)
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (t Taking) check(id string) error {
	for _, k := range t.Kinds {
		if !kindWord.MatchString(k) {
			return invalid("the channel %q cannot take notices of the kind %q.", id, k)
		}
	}
	return nil
}

// takes says whether a channel takes a notice.
func (t Taking) takes(n Notice) bool {
	if t.UrgentOnly && !n.Urgent {
		return false
	}
	if len(t.Kinds) == 0 {
		return true
	}
	for _, k := range t.Kinds {
		if prefix, all := strings.CutSuffix(k, "*"); k == n.Kind || all && strings.HasPrefix(n.Kind, prefix) {
			return true
		}
	}
	return false
}

func (m MailConfig) check() error {
	if m.Host == "" {
		return nil
	}
	if err := m.Taking.check(mailChannel); err != nil {
		return err
	}
	from, err := mail.ParseAddress(m.From)
	switch {
	case err != nil || !oneLine(from.Name) || !oneLine(from.Address):
		return invalid("the sender of mail must look like \"Console <console@registry.example>\".")
	case strings.ContainsAny(m.Host, " /:@\r\n") && net.ParseIP(m.Host) == nil || m.Port < 0 || m.Port > 65535:
		return invalid("the mail server is a host's name and a port.")
	case (m.User == "") != (m.Password == nil):
		return invalid("the mail server takes a user and a password, or neither.")
	case !oneLine(m.Hello):
		return invalid("the name that we give to the mail server must be one word.")
	}
	_, err = m.roots()
	return err
}

// roots are the certificates to trust; nil means the system's.
func (m MailConfig) roots() (*x509.CertPool, error) {
	if m.CertFile == "" {
		return nil, nil
	}
	text, err := os.ReadFile(m.CertFile)
	if err != nil {
		return nil, cratewarden.Wrap(err, cratewarden.Invalid, "Settings of notices: the file of certificates for the mail server cannot be read.")
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, invalid("the file of certificates for the mail server holds none.")
	}
	return pool, nil
}

// signer gives the key of a webhook's secret.
func signer(secret string) ([]byte, error) {
	rest, ok := strings.CutPrefix(secret, "whsec_")
	key, err := base64.StdEncoding.DecodeString(rest)
	if !ok || err != nil || len(key) < 24 {
		return nil, final("The channel's secret must be whsec_ and base64 of at least 24 bytes.")
	}
	return key, nil
}
