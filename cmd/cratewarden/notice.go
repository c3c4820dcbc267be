package main

import (
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cratewarden/api"
	"cratewarden/api/client"
	"cratewarden/dossier"
	"cratewarden/notify"
)

type noticesCmd struct {
	List     noticeListCmd    `cmd:"" default:"withargs" help:"List messages, newest first."`
	Show     noticeShowCmd    `cmd:"" help:"Show one."`
	Channels noticeChannelCmd `cmd:"" help:"List the channels that notices go by."`
	Resend   noticeResendCmd  `cmd:"" help:"Try a message at once, or send it again."`
	Test     noticeTestCmd    `cmd:"" help:"Send a test by a channel, and say whether it arrived."`
}

type noticeListCmd struct {
	asking
	CSV     bool   `name:"csv" help:"Print the rows as CSV."`
	Kind    string `help:"Only of this kind, such as passkey.added."`
	Channel string `placeholder:"ID" help:"Only by this channel; none for what no channel took."`
	State   string `enum:",waiting,sending,sent,failed,given up" default:"" help:"Only in this state: waiting, sending, sent, failed, \"given up\"."`
	Person  string `placeholder:"ID" help:"Only mails to this person."`
	Plan    string `placeholder:"ID" help:"Only about this plan."`
	Limit   int    `default:"20" help:"Rows at most (up to 500)."`
	Before  int64  `help:"Go on below this message, which the page before printed."`
}

// Run lists.
func (c noticeListCmd) Run(e env) error {
	q := url.Values{"limit": {strconv.Itoa(c.Limit)}}
	for name, value := range map[string]string{"kind": c.Kind, "channel": c.Channel, "state": c.State, "person": c.Person, "plan": c.Plan} {
		set(q, name, value)
	}
	if c.Before != 0 {
		q.Set("before", num(c.Before))
	}
	if c.CSV {
		cl, err := c.client(e)
		if err != nil {
			return err
		}
		l, err := cl.Notices(e.ctx, q)
		if err != nil {
			return err
		}
		return dossier.WriteCSV(e.stdout, l.Rows)
	}
	return fetch(e, c.asking, q, func(w io.Writer, l *api.NoticeList) {
		if len(l.Rows) == 0 {
			say(w, "  none")
			return
		}
		printTable(w, "ID|KIND|NOTICE|TO|STATE|TRIES|ORDERED (UTC)|LAST PROBLEM", l.Rows, func(d notify.Delivery) []string {
			return []string{num(d.ID), d.Kind, d.Title, receiver(d), string(d.State), num(d.Tries), when(d.At), d.Problem}
		})
		if l.Next != 0 {
			say(w, "  more: --before %d", l.Next)
		}
	}, "notices")
}

// receiver is who or what a message is for.
func receiver(d notify.Delivery) string {
	switch {
	case d.Channel == "none":
		return "nobody"
	case d.Channel != "mail":
		return d.Channel
	case d.Person == "":
		return "by mail"
	}
	return strings.TrimSpace(orElse(d.Name, d.Person) + " " + d.Mail)
}

func printNotice(w io.Writer, d *notify.Delivery) {
	say(w, "%s", inert(d.Title))
	for line := range strings.Lines(d.Text) {
		say(w, "  %s", inert(strings.TrimSpace(line)))
	}
	fact(w, "Message", num(d.ID)+", "+d.Kind+map[bool]string{true: ", urgent"}[d.Urgent])
	fact(w, "To", receiver(*d))
	fact(w, "State", string(d.State)+" after "+num(d.Tries)+" tries")
	fact(w, "Last problem", d.Problem)
	fact(w, "Ordered", when(d.At)+" UTC")
	if d.SentAt != nil {
		fact(w, "Sent", when(*d.SentAt)+" UTC")
	}
	if d.NextAt != nil {
		fact(w, "Next try", when(*d.NextAt)+" UTC")
	}
	fact(w, "Plan", d.Plan)
	if d.AgainOf != 0 {
		fact(w, "Repeats", "message "+num(d.AgainOf))
	}
	fact(w, "Wanted by", d.AskedBy)
}

type noticeShowCmd struct {
	asking
	ID int64 `arg:"" help:"The message's number."`
}

// Run shows.
func (c noticeShowCmd) Run(e env) error {
	return fetch(e, c.asking, nil, printNotice, "notices", num(c.ID))
}

type noticeChannelCmd struct{ asking }

// Run lists.
func (c noticeChannelCmd) Run(e env) error {
	return fetch(e, c.asking, nil, func(w io.Writer, l *api.ChannelList) {
		if len(l.Rows) == 0 {
			say(w, "  none: notices stand only in the console. Whoever runs it can add some to its settings.")
			return
		}
		printTable(w, "ID|TYPE|TAKES", l.Rows, func(c notify.ChannelInfo) []string {
			takes := orElse(strings.Join(c.Kinds, ", "), "every kind")
			return []string{c.ID, string(c.Type), takes + map[bool]string{true: ", urgent only"}[c.UrgentOnly]}
		})
	}, "notice-channels")
}

// sending are the flags of what sends a message and waits for it.
type sending struct {
	asking
	Wait time.Duration `default:"15s" help:"How long to wait for the message to be sent."`
}

type noticeResendCmd struct {
	sending
	ID int64 `arg:"" help:"The message's number."`
}

// Run sends again.
func (c noticeResendCmd) Run(e env) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	d, err := cl.ResendNotice(e.ctx, c.ID)
	return c.follow(e, cl, d, err)
}

type noticeTestCmd struct {
	sending
	Channel string `arg:"" help:"The channel's id; mail sends to yourself."`
}

// Run tries a channel.
func (c noticeTestCmd) Run(e env) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	d, err := cl.TestChannel(e.ctx, c.Channel)
	return c.follow(e, cl, d, err)
}

// follow looks at a message until it was tried, and prints it. A mail gets
// another number when it is addressed, by which the newest one is found.
func (s sending) follow(e env, cl *client.Client, d *notify.Delivery, err error) error {
	tries := 0
	if d != nil {
		tries = d.Tries
	}
	for end := time.Now().Add(s.Wait); err == nil && waiting(d, tries) && time.Now().Before(end); {
		select {
		case <-e.ctx.Done():
			return e.ctx.Err()
		case <-time.After(300 * time.Millisecond):
		}
		d, err = again(e, cl, d)
	}
	if err != nil {
		return err
	}
	return show(e, s.asking, d, printNotice)
}

// waiting says that nothing has become of a message since so many tries.
func waiting(d *notify.Delivery, tries int) bool {
	return d.State == notify.Sending || d.Open() && d.Tries <= tries
}

func again(e env, cl *client.Client, d *notify.Delivery) (*notify.Delivery, error) {
	if d.Channel != "mail" || d.Person != "" {
		return cl.Notice(e.ctx, d.ID)
	}
	l, err := cl.Notices(e.ctx, url.Values{"channel": {"mail"}, "kind": {d.Kind}, "limit": {"20"}})
	if err != nil {
		return nil, err
	}
	for i := range l.Rows {
		if l.Rows[i].Notice == d.Notice {
			return &l.Rows[i], nil
		}
	}
	return d, nil
}
