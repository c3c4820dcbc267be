package main

import (
	"cratewarden/notify"
)

// noticesEntry says where notices go besides the console's own pages.
type noticesEntry struct {
	Mail     mailEntry      `yaml:"mail"`
	Channels []channelEntry `yaml:"channels"`
}

// takingEntry says which notices a channel takes.
type takingEntry struct {
	Kinds      []string `yaml:"kinds"`
	UrgentOnly bool     `yaml:"urgent_only"`
}

type mailEntry struct {
	Host        string    `yaml:"host"`
	Port        int       `yaml:"port"`
	ImplicitTLS bool      `yaml:"implicit_tls"`
	User        string    `yaml:"user"`
	Password    secretRef `yaml:"password"`
	From        string    `yaml:"from"`
	Hello       string    `yaml:"hello"`
	CertFile    string    `yaml:"certificates"`
	takingEntry `yaml:",inline"`
}

type channelEntry struct {
	ID          string      `yaml:"id"`
	Type        notify.Type `yaml:"type"`
	URL         string      `yaml:"url"`
	Secret      secretRef   `yaml:"secret"`
	Bot         string      `yaml:"bot"`
	Stream      string      `yaml:"stream"`
	Topic       string      `yaml:"topic"`
	People      []int64     `yaml:"people"`
	takingEntry `yaml:",inline"`
}

// notices gives the channels and the mail server in notify's words; notify
// checks them.
func (f *signInFile) notices() ([]notify.Channel, notify.MailConfig) {
	var channels []notify.Channel
	for _, c := range f.Notices.Channels {
		channels = append(channels, notify.Channel{
			ID: c.ID, Type: c.Type, Taking: notify.Taking(c.takingEntry), URL: c.URL, Secrets: f.secretsOrNone(c.Secret),
			Bot: c.Bot, Stream: c.Stream, Topic: c.Topic, People: c.People,
		})
	}
	m := f.Notices.Mail
	mail := notify.MailConfig{
		Host: m.Host, Port: m.Port, ImplicitTLS: m.ImplicitTLS, User: m.User, Password: f.secretsOrNone(m.Password),
		From: m.From, Hello: m.Hello, Taking: notify.Taking(m.takingEntry),
	}
	if m.CertFile != "" {
		mail.CertFile = f.path(m.CertFile)
	}
	return channels, mail
}

// secretsOrNone is secrets, nil for a reference that names nothing.
func (f *signInFile) secretsOrNone(ref secretRef) notify.Secrets {
	if ref == (secretRef{}) {
		return nil
	}
	return f.secrets(ref)
}
