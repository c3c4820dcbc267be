package notify

import (
	"bytes"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"
	"unicode"
)

// letter is one mail before it has its bytes.
type letter struct {
	from, to  mail.Address
	subject   string
	messageID string // without brackets
	at        time.Time
	urgent    bool
	text      string
}

// oneLine says that text may stand in a header: a line break in it would begin
// another header, or the text.
func oneLine(text string) bool { return !strings.ContainsFunc(text, unicode.IsControl) }

// bytes gives the mail as RFC 5322 has it, of ASCII only. It refuses whatever
// would break out of its header; nothing of that is repaired, since somebody
// meant harm.
func (l letter) bytes() ([]byte, error) {
	for _, v := range []string{l.from.Name, l.from.Address, l.to.Name, l.to.Address, l.subject, l.messageID} {
		if !oneLine(v) {
			return nil, final("The message cannot be made: a name, an address or the title holds a line break or another control character.")
		}
	}
	if _, err := mail.ParseAddress("<" + l.to.Address + ">"); err != nil || strings.ContainsAny(l.to.Address, "<>,; ") || strings.ContainsFunc(l.to.Address, notASCII) {
		return nil, final("The person's mail address is not one that can be written to.")
	}
	var b bytes.Buffer
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	header("From", mailbox(l.from))
	header("To", mailbox(l.to))
	header("Subject", fold(mime.QEncoding.Encode("utf-8", l.subject)))
	header("Date", l.at.UTC().Format(time.RFC1123Z))
	header("Message-ID", "<"+l.messageID+">")
	header("Auto-Submitted", "auto-generated") // so that nobody's holiday answers it (RFC 3834)
	if l.urgent {
		header("Importance", "high")
	}
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=utf-8")
	header("Content-Transfer-Encoding", "quoted-printable")
	b.WriteString("\r\n")
	w := quotedprintable.NewWriter(&b)
	if _, err := w.Write([]byte(l.text + "\n")); err != nil {
		return nil, err
	}
	return b.Bytes(), w.Close()
}

// fold breaks a header between encoded words, which RFC 2047 wants on lines of
// 76 letters at most.
func fold(value string) string { return strings.ReplaceAll(value, "?= =?", "?=\r\n =?") }

// mailbox is a name with an address. The standard library's own form of it puts
// backslashes where readers do not take them.
func mailbox(a mail.Address) string {
	bare := (&mail.Address{Address: a.Address}).String()
	switch {
	case a.Name == "":
		return bare
	case strings.ContainsFunc(a.Name, notASCII):
		return fold(mime.BEncoding.Encode("utf-8", a.Name)) + " " + bare
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(a.Name) + `" ` + bare
}

func notASCII(r rune) bool { return r > unicode.MaxASCII }
