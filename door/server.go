package door

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"

	"cratewarden"
)

// Patience says how long and how much the server takes from one client. Zero
// values are the defaults in brackets.
type Patience struct {
	Headers time.Duration // to send the headers (5 s)
	Request time.Duration // to send all of a request (30 s); a handler may extend it
	Answer  time.Duration // to take the answer (60 s); a handler may extend it
	Idle    time.Duration // between requests (2 min)
	// HeaderBytes is the most that headers may hold (32 KiB); Connections is how
	// many there may be at a time (2000), and Streams how many in one of HTTP/2
	// (100).
	HeaderBytes, Connections, Streams int
}

func (p Patience) withDefaults() Patience {
	or := func(d *time.Duration, zero time.Duration) {
		if *d <= 0 {
			*d = zero
		}
	}
	or(&p.Headers, 5*time.Second)
	or(&p.Request, 30*time.Second)
	or(&p.Answer, time.Minute)
	or(&p.Idle, 2*time.Minute)
	atLeast := func(n *int, zero int) {
		if *n <= 0 {
			*n = zero
		}
	}
	atLeast(&p.HeaderBytes, 32<<10)
	atLeast(&p.Connections, 2000)
	atLeast(&p.Streams, 100)
	return p
}

// Serve answers requests on l until ctx is over, gives those under way five
// seconds, and closes l. l may speak TLS (see Certificates); then HTTP/2 is
// spoken too.
func Serve(ctx context.Context, l net.Listener, h http.Handler, p Patience, log *slog.Logger) error {
	p = p.withDefaults()
	if log == nil {
		log = slog.Default()
	}
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: p.Headers, ReadTimeout: p.Request, WriteTimeout: p.Answer, IdleTimeout: p.Idle,
		// net/http reads 4 KiB more than it is told.
		MaxHeaderBytes: max(p.HeaderBytes-4<<10, 1),
		HTTP2:          &http.HTTP2Config{MaxConcurrentStreams: p.Streams, SendPingTimeout: p.Idle / 2, WriteByteTimeout: p.Answer},
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		_ = server.Close()
	}
	return nil
}

// Listen opens an address for at most p.Connections clients at a time, with TLS
// when there are certificates.
func Listen(addr string, p Patience, certificates *Certificates) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, cratewarden.Wrap(err, cratewarden.Invalid, "This machine does not let cratewarden listen on %s. Choose another address.", addr)
	}
	return Wrap(l, p, certificates), nil
}

// Wrap is Listen for a listener that is open already.
func Wrap(l net.Listener, p Patience, certificates *Certificates) net.Listener {
	l = netutil.LimitListener(l, p.withDefaults().Connections)
	if certificates != nil {
		l = certificates.listener(l)
	}
	return l
}
