package notify

import (
	"log/slog"
	"net/url"
	"slices"
	"strings"

	"cratewarden"
)

// Service tells people. It may be used by many at a time, and by many processes
// on one console database.
type Service struct {
	cfg     Config
	origin  string // without a slash at the end
	host    string // of the origin, for names that must be ours alone
	clock   cratewarden.Clock
	log     *slog.Logger
	senders map[string]sender
	words   words
	// reached is called between steps; tests end there what a crash would.
	reached func(step string)
}

// New checks the configuration; nothing is sent and nothing connected to.
func New(cfg Config) (*Service, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if cfg.Tries <= 0 {
		cfg.Tries = 20
	}
	if cfg.Label == "" {
		cfg.Label = "cratewarden"
	}
	s := &Service{cfg: cfg, clock: cfg.Clock.Or(), log: cfg.Logger, senders: map[string]sender{}, reached: func(string) {}}
	if s.log == nil {
		s.log = slog.Default()
	}
	s.origin, s.host = strings.TrimRight(cfg.Origin, "/"), "cratewarden.invalid"
	if u, err := url.Parse(s.origin); err == nil && u.Hostname() != "" {
		s.host = u.Hostname()
	}
	var err error
	if s.words, err = readWords(); err != nil {
		return nil, err
	}
	return s, s.connect()
}

// connect makes what sends by each channel.
func (s *Service) connect() error {
	client := outgoing(s.cfg.HTTP)
	for _, c := range s.cfg.Channels {
		switch c.Type {
		case Zulip:
			s.senders[c.ID] = &zulip{c, client}
		case Slack:
			s.senders[c.ID] = &slack{c, client}
		default:
			s.senders[c.ID] = &webhook{c, client, s.clock}
		}
	}
	if s.cfg.Mail.Host == "" {
		return nil
	}
	m, err := newMailer(s.cfg.Mail, s.host)
	if err == nil {
		s.senders[mailChannel] = m
	}
	return err
}

// ChannelInfo is what may be known of a channel.
type ChannelInfo struct {
	ID         string   `json:"id"`
	Type       Type     `json:"type"`
	Kinds      []string `json:"kinds,omitempty" doc:"that it takes; all when left out"`
	UrgentOnly bool     `json:"urgent_only,omitempty"`
}

// Channels gives the configured channels, without addresses and secrets.
func (s *Service) Channels() []ChannelInfo {
	out := []ChannelInfo{}
	if s.cfg.Mail.Host != "" {
		out = append(out, ChannelInfo{ID: mailChannel, Type: Mail, Kinds: slices.Clone(s.cfg.Mail.Kinds), UrgentOnly: s.cfg.Mail.UrgentOnly})
	}
	for _, c := range s.cfg.Channels {
		out = append(out, ChannelInfo{ID: c.ID, Type: c.Type, Kinds: slices.Clone(c.Kinds), UrgentOnly: c.UrgentOnly})
	}
	return out
}

// takers are the channels that take a notice. Mail goes only to somebody.
func (s *Service) takers(n Notice) (ids []string) {
	if s.cfg.Mail.Host != "" && len(n.To)+len(n.Roles) > 0 && s.cfg.Mail.takes(n) {
		ids = append(ids, mailChannel)
	}
	for _, c := range s.cfg.Channels {
		if c.takes(n) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}
