package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"
)

// mailer hands mails to the configured server, each in a session of its own.
type mailer struct {
	MailConfig
	from mail.Address
	host string // that message ids end with
	tls  *tls.Config
}

func newMailer(cfg MailConfig, host string) (*mailer, error) {
	from, err := mail.ParseAddress(cfg.From)
	if err != nil {
		return nil, err
	}
	roots, err := cfg.roots()
	if err != nil {
		return nil, err
	}
	if cfg.Port == 0 {
		cfg.Port = 587
	}
	cfg.ImplicitTLS = cfg.ImplicitTLS || cfg.Port == 465
	if cfg.Hello == "" {
		cfg.Hello = host
	}
	return &mailer{cfg, *from, host, &tls.Config{ServerName: cfg.Host, RootCAs: roots, MinVersion: tls.VersionTLS12}}, nil
}

func (s *mailer) send(ctx context.Context, m message) error {
	text, err := m.words.mail(m)
	if err != nil {
		return err
	}
	subject := "[" + m.label + "] " + m.Title
	if m.Urgent {
		subject = "[" + m.label + "] URGENT: " + m.Title
	}
	l := letter{from: s.from, to: mail.Address{Name: m.to.Name, Address: m.to.Mail}, subject: subject, messageID: m.key + "@" + s.host, at: m.at, urgent: m.Urgent, text: text}
	body, err := l.bytes()
	if err != nil {
		return err
	}
	return s.deliver(ctx, m.to.Mail, body)
}

// deliver is one session. Until the connection is encrypted and the server's
// certificate found right, nothing is said but a greeting.
func (s *mailer) deliver(ctx context.Context, to string, body []byte) error {
	c, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if err := s.signIn(c); err != nil {
		return err
	}
	if err := c.Mail(s.from.Address); err != nil {
		return spoken("The mail server does not take our sender's address", err)
	}
	if err := c.Rcpt(to); err != nil {
		return spoken("The mail server does not take the person's address", err)
	}
	w, err := c.Data()
	if err == nil {
		if _, err = w.Write(body); err == nil {
			err = w.Close()
		}
	}
	if err != nil {
		return spoken("The mail server did not take the message", err)
	}
	_ = c.Quit() // it has the message; how it says good-bye does not matter
	return nil
}

func (s *mailer) connect(ctx context.Context) (*smtp.Client, error) {
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", net.JoinHostPort(s.Host, strconv.Itoa(s.Port)))
	if err != nil {
		return nil, unreachable(err)
	}
	end := time.Now().Add(sendTime)
	if t, ok := ctx.Deadline(); ok && t.Before(end) {
		end = t
	}
	_ = conn.SetDeadline(end)
	conn = &bounded{Conn: conn, left: talkMost}
	if s.ImplicitTLS {
		secure := tls.Client(conn, s.tls)
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return nil, unreachable(err)
		}
		conn = secure
	}
	c, err := smtp.NewClient(conn, s.Host)
	if err == nil {
		err = c.Hello(s.Hello)
	}
	if err != nil {
		_ = conn.Close()
		return nil, spoken("The mail server does not greet us", err)
	}
	if err := s.encrypt(c); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// encrypt begins TLS, unless the connection began with it.
func (s *mailer) encrypt(c *smtp.Client) error {
	if s.ImplicitTLS {
		return nil
	}
	if ok, _ := c.Extension("STARTTLS"); !ok {
		return passing("The mail server offers no encryption (STARTTLS), so nothing is sent by it.", nil)
	}
	if err := c.StartTLS(s.tls); err != nil {
		if _, said := errors.AsType[*textproto.Error](err); said {
			return spoken("The mail server does not begin encryption", err)
		}
		return unreachable(err)
	}
	return nil
}

// signIn gives user and password, by PLAIN or the older LOGIN. It comes after
// encrypt, and each way looks once more whether the connection is encrypted.
func (s *mailer) signIn(c *smtp.Client) error {
	if s.User == "" {
		return nil
	}
	list, err := Channel{Secrets: s.Password}.secrets()
	if err != nil {
		return err
	}
	_, offered := c.Extension("AUTH")
	ways := strings.Fields(strings.ToUpper(offered))
	var way smtp.Auth
	switch {
	case slices.Contains(ways, "PLAIN"):
		way = smtp.PlainAuth("", s.User, list[0], s.Host)
	case slices.Contains(ways, "LOGIN"):
		way = &loginAuth{user: s.User, password: list[0]}
	default:
		return passing("The mail server offers no way to sign in that we know (PLAIN, LOGIN).", nil)
	}
	if _, ok := c.TLSConnectionState(); !ok {
		return passing("The connection to the mail server is not encrypted.", nil)
	}
	if err := c.Auth(way); err != nil {
		t := &trouble{problem: "The mail server does not take our user and password."}
		if said, ok := errors.AsType[*textproto.Error](err); ok { // its text may quote them
			t.cause = fmt.Errorf("status %d", said.Code)
		}
		return t
	}
	return nil
}

// loginAuth is AUTH LOGIN, which asks for user and password one by one.
type loginAuth struct {
	user, password string
	asked          int
}

// Start implements smtp.Auth.
func (a *loginAuth) Start(server *smtp.ServerInfo) (string, []byte, error) {
	if !server.TLS {
		return "", nil, errors.New("not encrypted")
	}
	return "LOGIN", nil, nil
}

// Next implements smtp.Auth. Servers word their questions as they like, so only
// their order counts.
func (a *loginAuth) Next(_ []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	a.asked++
	switch a.asked {
	case 1:
		return []byte(a.user), nil
	case 2:
		return []byte(a.password), nil
	}
	return nil, errors.New("asked too often")
}

// spoken is what the server said, by its number only: its text may quote the
// address. A number of 500 and above means that it will say the same again.
func spoken(what string, err error) error {
	said, ok := errors.AsType[*textproto.Error](err)
	if !ok {
		if _, timeout := errors.AsType[net.Error](err); timeout || errors.Is(err, errTooMuch) || errors.Is(err, io.EOF) {
			return passing(what+": the connection broke off or took too long.", err)
		}
		return passing(what+".", err)
	}
	return &trouble{problem: fmt.Sprintf("%s (status %d).", what, said.Code), final: said.Code >= 500}
}

// talkMost bounds what a mail server may say in one session, in bytes.
const talkMost = 1 << 20

var errTooMuch = errors.New("the server talks too much")

// bounded is a connection that ends when too much was read from it.
type bounded struct {
	net.Conn
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooMuch
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
