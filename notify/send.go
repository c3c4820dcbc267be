package notify

import (
	"context"
	"time"
)

// message is one notice on its way to one receiver.
type message struct {
	Notice
	key   string // the same in every try
	at    time.Time
	link  string // "" without
	label string
	words *words
	to    Recipient // of a mail
}

// sender sends by one channel. It returns nil once the receiver said that it
// has the message. A message may be sent again when nobody knows whether it was.
type sender interface {
	send(ctx context.Context, m message) error
}

// sendTime bounds one try, whatever the other side does.
const sendTime = 30 * time.Second

// leaseTime is how long a message belongs to the worker that took it up; it is
// well above sendTime, so that only a dead worker's is taken by another.
const leaseTime = 3 * time.Minute

// trouble is why a message was not sent. Problem is a sentence for people
// without an address, a secret or what the other side wrote.
type trouble struct {
	problem string
	final   bool          // trying again would change nothing
	after   time.Duration // the receiver asks for so long a pause
	cause   error         // for the log
}

func (t *trouble) Error() string {
	if t.cause == nil {
		return t.problem
	}
	return t.problem + ": " + t.cause.Error()
}

func (t *trouble) Unwrap() error { return t.cause }

func final(problem string) error { return &trouble{problem: problem, final: true} }

func passing(problem string, cause error) error { return &trouble{problem: problem, cause: cause} }

// secrets reads a channel's secrets; at least one.
func (c Channel) secrets() ([]string, error) {
	list, err := c.Secrets()
	if err != nil {
		return nil, passing("The channel's secret cannot be read.", err)
	}
	if len(list) == 0 || list[0] == "" {
		return nil, passing("The channel's secret is empty.", nil)
	}
	return list, nil
}
