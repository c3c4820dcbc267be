package notify

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cratewarden"
	"cratewarden/ledger"
)

// postman is a mail server on loopback. Its fields change how it behaves.
type postman struct {
	listener net.Listener
	tls      *tls.Config
	certFile string

	implicit, noStartTLS, loginOnly, silent, chatty, injects bool
	refuse                                                   map[string]string // the answer to a command instead

	mu      sync.Mutex
	said    []string // commands, as they came
	secured []bool   // whether each came encrypted
	mails   []string
	busy    sync.WaitGroup
}

// certify makes a certificate for 127.0.0.1 and the file that trusts it.
func certify(t testing.TB, host string) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true}
	if ip := net.ParseIP(host); ip != nil {
		form.IPAddresses = []net.IP{ip}
	} else {
		form.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "cert.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

func openPost(t testing.TB, change func(*postman)) *postman {
	t.Helper()
	cert, file := certify(t, "127.0.0.1")
	p := &postman{tls: &tls.Config{Certificates: []tls.Certificate{cert}}, certFile: file, refuse: map[string]string{}}
	if change != nil {
		change(p)
	}
	var err error
	if p.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	p.busy.Go(func() {
		for {
			conn, err := p.listener.Accept()
			if err != nil {
				return
			}
			p.busy.Go(func() { p.serve(conn) })
		}
	})
	t.Cleanup(func() { _ = p.listener.Close(); p.busy.Wait() })
	return p
}

func (p *postman) config() MailConfig {
	return MailConfig{Host: "127.0.0.1", Port: p.listener.Addr().(*net.TCPAddr).Port, ImplicitTLS: p.implicit, User: "console", Password: secret("hunter2"),
		From: "Regístry console <console@registry.example>", Hello: "console.example", CertFile: p.certFile}
}

func (p *postman) heard(command string, secure bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.said, p.secured = append(p.said, command), append(p.secured, secure)
}

// inClear gives the commands that came unencrypted.
func (p *postman) inClear() (out []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, c := range p.said {
		if !p.secured[i] {
			out = append(out, c)
		}
	}
	return out
}

func (p *postman) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.mails...)
}

func (p *postman) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	secure := false
	if p.implicit {
		conn, secure = tls.Server(conn, p.tls), true
	}
	r := bufio.NewReader(conn)
	say := func(text string) { _, _ = io.WriteString(conn, text+"\r\n") }
	if p.silent {
		_, _ = r.ReadByte()
		return
	}
	for p.chatty {
		if _, err := io.WriteString(conn, strings.Repeat("220-blah\r\n", 1000)); err != nil {
			return
		}
	}
	say("220 post.example ESMTP")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		p.heard(line, secure)
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		if answer, ok := p.refuse[verb]; ok {
			say(answer)
			continue
		}
		switch verb {
		case "EHLO":
			say("250-post.example\r\n250-8BITMIME")
			if !secure && !p.noStartTLS {
				say("250-STARTTLS")
			}
			if p.loginOnly {
				say("250 AUTH LOGIN")
			} else {
				say("250 AUTH PLAIN LOGIN")
			}
		case "STARTTLS":
			if p.injects { // a man in the middle adds an answer in the clear
				say("220 go ahead\r\n250 injected")
			} else {
				say("220 go ahead")
			}
			conn, secure = tls.Server(conn, p.tls), true
			r = bufio.NewReader(conn)
		case "AUTH":
			p.auth(line, r, say)
		case "DATA":
			say("354 go on")
			p.data(r)
			say("250 queued")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 fine")
		}
	}
}

func (p *postman) auth(line string, r *bufio.Reader, say func(string)) {
	given := ""
	if text, ok := strings.CutPrefix(line, "AUTH PLAIN "); ok {
		plain, _ := base64.StdEncoding.DecodeString(text)
		given = strings.ReplaceAll(string(plain), "\x00", "/")
	} else {
		for _, ask := range []string{"Username:", "Password:"} {
			say("334 " + base64.StdEncoding.EncodeToString([]byte(ask)))
			text, _ := r.ReadString('\n')
			plain, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
			given += "/" + string(plain)
		}
	}
	if given != "/console/hunter2" {
		say("535 who is " + given)
		return
	}
	say("235 welcome")
}

func (p *postman) data(r *bufio.Reader) {
	var text strings.Builder
	for {
		line, err := r.ReadString('\n')
		if err != nil || line == ".\r\n" {
			break
		}
		text.WriteString(strings.TrimPrefix(line, "."))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mails = append(p.mails, text.String())
}

// Everybody who is to have it has a mail of their own, once, encrypted; who has
// no address stands in the list as not told.
func TestMail(t *testing.T) {
	t.Parallel()
	p := openPost(t, nil)
	b := start(t, Config{Mail: p.config(), Origin: "https://console.example/"})
	b.tell(t, Notice{Kind: "passkey.added", To: []string{"p2"}, Roles: []cratewarden.Role{cratewarden.Platform}, Title: "Ada added a passkey — “ключ”", Text: "Line one.\n.\nLine three: 100 %", Path: "/people/p1", Urgent: true})
	if d := b.only(t); d.Channel != "mail" || d.Person != "" {
		t.Fatalf("%+v", d)
	}
	b.sweep(t)
	rows := b.rows(t)
	if len(rows) != 3 || rows[0].Person != "p3" || rows[0].State != GivenUp || rows[1].Mail != "b••••@•••••.example" || rows[1].Name != "Bo Ünal" || rows[1].State != Sent || rows[2].State != Sent {
		t.Fatalf("%+v", rows)
	}
	mails := p.all()
	if len(mails) != 2 {
		t.Fatalf("%d mails", len(mails))
	}
	slices.Sort(mails)
	ids := map[string]bool{}
	for _, text := range mails {
		m, err := mail.ReadMessage(strings.NewReader(text))
		if err != nil {
			t.Fatalf("%v:\n%s", err, text)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if err != nil || subject != "[test registry] URGENT: Ada added a passkey — “ключ”" {
			t.Errorf("subject %q %v", subject, err)
		}
		to, err := m.Header.AddressList("To")
		if err != nil || len(to) != 1 || to[0].Name == "" {
			t.Errorf("to %v %v", to, err)
		}
		if at, err := m.Header.Date(); err != nil || !at.Equal(now()) || m.Header.Get("Auto-Submitted") != "auto-generated" || m.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("%v %v", m.Header, err)
		}
		if id := m.Header.Get("Message-Id"); !strings.HasSuffix(id, "@console.example>") || ids[id] {
			t.Errorf("message id %q", id)
		} else {
			ids[id] = true
		}
		body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
		if err != nil || !strings.Contains(string(body), "Line one.\r\n.\r\nLine three: 100 %") || !strings.Contains(string(body), "https://console.example/people/p1") {
			t.Errorf("%v %q", err, body)
		}
		for line := range strings.Lines(text) {
			if len(line) > 200 || strings.ContainsFunc(line, func(r rune) bool { return r > 126 }) {
				t.Errorf("a line that not every server takes: %q", line)
			}
		}
	}
	for _, c := range p.inClear() {
		if !strings.HasPrefix(c, "EHLO") && c != "STARTTLS" {
			t.Errorf("said in the clear: %q", c)
		}
	}
	for what, text := range map[string]string{"log": b.log.String(), "rows": dump(t, b)} {
		for _, private := range []string{"private.example", "hunter2"} {
			if strings.Contains(text, private) {
				t.Errorf("the %s holds %q", what, private)
			}
		}
	}
}

// How a session may go; none of these tells a password in the clear.
func TestMailServers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		server  func(*postman)
		config  func(*MailConfig)
		state   State
		problem string
	}{
		"implicit TLS":         {func(p *postman) { p.implicit = true }, nil, Sent, ""},
		"AUTH LOGIN":           {func(p *postman) { p.loginOnly = true }, nil, Sent, ""},
		"without signing in":   {nil, func(m *MailConfig) { m.User, m.Password = "", nil }, Sent, ""},
		"no STARTTLS":          {func(p *postman) { p.noStartTLS = true }, nil, Failed, "offers no encryption"},
		"STARTTLS refused":     {func(p *postman) { p.refuse["STARTTLS"] = "454 not now" }, nil, Failed, "does not begin encryption (status 454)"},
		"plain where TLS":      {nil, func(m *MailConfig) { m.ImplicitTLS = true }, Failed, "could not be reached"},
		"unknown certificate":  {nil, func(m *MailConfig) { m.CertFile = "" }, Failed, "certificate is not to be trusted"},
		"another's name":       {func(p *postman) { p.otherName(t) }, nil, Failed, "certificate is not to be trusted"},
		"unknown, implicit":    {func(p *postman) { p.implicit = true }, func(m *MailConfig) { m.CertFile = "" }, Failed, "certificate is not to be trusted"},
		"wrong password":       {nil, func(m *MailConfig) { m.Password = secret("wrong") }, Failed, "user and password"},
		"no such person":       {func(p *postman) { p.refuse["RCPT"] = "550 no ada@private.example here" }, nil, GivenUp, "person's address (status 550)"},
		"person later":         {func(p *postman) { p.refuse["RCPT"] = "451 ada@private.example is grey" }, nil, Failed, "status 451"},
		"not our sender":       {func(p *postman) { p.refuse["MAIL"] = "553 who are you" }, nil, GivenUp, "sender's address"},
		"not this text":        {func(p *postman) { p.refuse["DATA"] = "554 spam" }, nil, GivenUp, "did not take the message"},
		"answer injected":      {func(p *postman) { p.injects = true }, nil, Sent, ""}, // and not listened to
		"talks without an end": {func(p *postman) { p.chatty = true }, nil, Failed, "does not greet us"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := openPost(t, c.server)
			cfg := p.config()
			if c.config != nil {
				c.config(&cfg)
			}
			b := start(t, Config{Mail: cfg})
			b.tell(t, added)
			b.sweep(t)
			d := b.only(t)
			if d.State != c.state || !strings.Contains(d.Problem, c.problem) {
				t.Errorf("%s: %s", d.State, d.Problem)
			}
			if sent := len(p.all()); (sent == 1) != (c.state == Sent) {
				t.Errorf("%d mails", sent)
			}
			for _, said := range p.inClear() {
				if strings.HasPrefix(said, "AUTH") || strings.HasPrefix(said, "MAIL") || strings.HasPrefix(said, "RCPT") {
					t.Errorf("said in the clear: %q", said)
				}
			}
			for what, text := range map[string]string{"log": b.log.String(), "rows": dump(t, b)} {
				if strings.Contains(text, "private.example") || strings.Contains(text, "hunter2") {
					t.Errorf("the %s holds something private:\n%s", what, text)
				}
			}
		})
	}
}

func (p *postman) otherName(t *testing.T) {
	cert, file := certify(t, "post.example")
	p.tls, p.certFile = &tls.Config{Certificates: []tls.Certificate{cert}}, file
}

// A server that takes the connection and says nothing is left after a while.
func TestSilentMailServer(t *testing.T) {
	t.Parallel()
	p := openPost(t, func(p *postman) { p.silent = true })
	m, err := newMailer(p.config(), "console.example")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := timeout(t, 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := m.deliver(ctx, "ada@private.example", []byte("x")); err == nil || time.Since(began) > 10*time.Second {
		t.Errorf("%v after %s", err, time.Since(began))
	}
}

// Nothing that a name, an address or a title holds begins another header or
// another recipient.
func TestHeaderInjection(t *testing.T) {
	t.Parallel()
	good := letter{from: mail.Address{Name: "Console", Address: "c@registry.example"}, to: mail.Address{Name: "Ada", Address: "ada@private.example"}, subject: "Title", messageID: "k@console.example", at: now(), text: "Text"}
	if _, err := good.bytes(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*letter){
		"subject":           func(l *letter) { l.subject = "Title\r\nBcc: all@victim.example" },
		"subject, lone LF":  func(l *letter) { l.subject = "Title\nBcc: all@victim.example" },
		"subject, lone CR":  func(l *letter) { l.subject = "Title\rBcc: all@victim.example" },
		"name":              func(l *letter) { l.to.Name = "Ada\r\nBcc: all@victim.example" },
		"address":           func(l *letter) { l.to.Address = "ada@private.example>\r\nRCPT TO:<all@victim.example" },
		"two addresses":     func(l *letter) { l.to.Address = "ada@private.example,all@victim.example" },
		"address and words": func(l *letter) { l.to.Address = "ada@private.example SIZE=1" },
		"no ASCII":          func(l *letter) { l.to.Address = "ünal@private.example" },
		"no address":        func(l *letter) { l.to.Address = "ada" },
		"message id":        func(l *letter) { l.messageID = "x>\r\nBcc: all@victim.example\r\nX: <y" },
		"NUL":               func(l *letter) { l.to.Name = "Ada\x00" },
	} {
		l := good
		change(&l)
		if text, err := l.bytes(); err == nil {
			t.Errorf("%s: taken:\n%s", name, text)
		}
	}
	p := openPost(t, nil)
	b := start(t, Config{Mail: p.config()})
	b.tell(t, Notice{Kind: "test", To: []string{"p1"}, Title: "Crate x\r\nBcc: all@victim.example\n\nBody", Text: "a\r\n.\r\nMAIL FROM:<x@victim.example>\r\n"})
	b.sweep(t)
	mails := p.all()
	if len(mails) != 1 {
		t.Fatalf("%d mails: %+v", len(mails), b.rows(t))
	}
	m, err := mail.ReadMessage(strings.NewReader(mails[0]))
	if err != nil || m.Header.Get("Bcc") != "" || len(m.Header) != 9 {
		t.Errorf("%v %v", m.Header, err)
	}
}

// Whatever names and titles hold, a mail has exactly its own headers, and a
// receiver reads from it what was meant.
func TestAnyLetter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := letter{from: mail.Address{Address: "c@registry.example"}, to: mail.Address{Name: rapid.String().Draw(t, "name"), Address: "ada@private.example"},
			subject: rapid.String().Draw(t, "subject"), messageID: "k@console.example", at: now(), text: rapid.String().Draw(t, "text")}
		text, err := l.bytes()
		if err != nil {
			return
		}
		m, err := mail.ReadMessage(strings.NewReader(string(text)))
		if err != nil || len(m.Header) != 9 {
			t.Fatalf("%v %v\n%s", err, m, text)
		}
		to, err := m.Header.AddressList("To")
		if err != nil || len(to) != 1 || to[0].Address != l.to.Address {
			t.Fatalf("%v %v\n%s", to, err, text)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if want := strings.TrimSpace(l.subject); err != nil || !strings.HasPrefix(l.subject, "=?") && strings.TrimSpace(subject) != want {
			t.Fatalf("subject %q, want %q %v", subject, want, err)
		}
	})
}

// A person who lost the address between the notice and the mail is not told by
// mail; the list says so.
func TestAddressGone(t *testing.T) {
	t.Parallel()
	p := openPost(t, nil)
	b := start(t, Config{Mail: p.config(), Tries: 3})
	b.tell(t, added)
	if err := b.Deliver(t.Context(), b.only(t).ID); err != nil { // addressed
		t.Fatal(err)
	}
	b.cfg.Resolve = nil
	b.sweep(t)
	if d := b.only(t); d.State != GivenUp || !strings.Contains(d.Problem, "no mail address") || len(p.all()) != 0 {
		t.Errorf("%+v", d)
	}
	d, err := b.Resend(t.Context(), b.only(t).ID, ledger.Entry{Actor: ledger.Actor{ID: "p2"}})
	if err != nil || d.Person != "p1" {
		t.Errorf("%+v %v", d, err)
	}
	b.cfg.Resolve = resolve
	b.sweep(t)
	if len(p.all()) != 1 {
		t.Error("not sent")
	}
	b.tell(t, Notice{Kind: "test", To: []string{"nobody"}, Title: "x"})
	b.sweep(t)
	if d := b.rows(t)[0]; d.State != GivenUp || !strings.Contains(d.Problem, "Nobody") {
		t.Errorf("%+v", d)
	}
}

// While the list of people cannot be read, mail waits for it.
func TestListOfPeopleDown(t *testing.T) {
	t.Parallel()
	p := openPost(t, nil)
	b := start(t, Config{Mail: p.config()})
	b.cfg.Resolve = func(contextT, []string, []cratewarden.Role) ([]Recipient, error) { return nil, fmt.Errorf("down") }
	b.tell(t, added)
	b.sweep(t)
	if d := b.only(t); d.State != Failed || !strings.Contains(d.Problem, "list of people could not be read") {
		t.Errorf("%+v", d)
	}
	b.cfg.Resolve = resolve
	b.clock.pass(time.Minute)
	b.sweep(t)
	if d := b.only(t); d.State != Sent || len(p.all()) != 1 {
		t.Errorf("%+v", d)
	}
}
