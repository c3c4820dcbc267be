package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// answerMost bounds what is read of an answer, in bytes.
const answerMost = 64 << 10

// outgoing is a client that goes only where it was sent: a redirect could lead
// a secret to somebody else.
func outgoing(base *http.Client) *http.Client {
	var transport http.RoundTripper
	if base != nil {
		transport = base.Transport
	}
	if transport == nil {
		transport = &http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
			TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 20 * time.Second, MaxResponseHeaderBytes: 32 << 10,
			IdleConnTimeout: 30 * time.Second, MaxIdleConns: 8,
		}
	}
	return &http.Client{Transport: transport, Timeout: sendTime, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// post sends one request and gives the beginning of the answer. The error is a
// *trouble that never holds the address, which may be a secret.
func post(ctx context.Context, client *http.Client, address string, header http.Header, body string, prepare func(*http.Request)) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return 0, nil, final("The channel's address cannot be understood.")
	}
	req.Header = header
	req.Header.Set("User-Agent", "cratewarden")
	if prepare != nil {
		prepare(req)
	}
	answer, err := client.Do(req)
	if err != nil {
		return 0, nil, unreachable(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, answerMost))
	if t := refusal(answer); t != nil {
		return answer.StatusCode, text, t
	}
	if err != nil { // it took the message; what it wrote besides does not matter
		text = nil
	}
	return answer.StatusCode, text, nil
}

// unreachable says why there was no answer. The client's own error quotes the
// address, so only what is inside goes on.
func unreachable(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	var wrong *tls.CertificateVerificationError
	var timeout net.Error
	switch {
	case errors.As(err, &wrong):
		return passing("The receiver's certificate is not to be trusted.", err)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return passing("The receiver did not answer in time.", err)
	case errors.Is(err, context.Canceled):
		return err
	}
	return passing("The receiver could not be reached.", err)
}

// refusal reads the status of an answer; nil when the message was taken.
func refusal(answer *http.Response) error {
	code := answer.StatusCode
	t := &trouble{problem: fmt.Sprintf("The receiver answered with status %d.", code)}
	switch {
	case code >= 200 && code < 300:
		return nil
	case code >= 300 && code < 400:
		t.problem = fmt.Sprintf("The receiver answered with a redirect (status %d), which is not followed. Put the right address into the settings.", code)
	case code == http.StatusTooManyRequests, code == http.StatusServiceUnavailable:
		t.problem = fmt.Sprintf("The receiver asks for a pause (status %d).", code)
		t.after = retryAfter(answer.Header.Get("Retry-After"), time.Now())
	case code == http.StatusUnauthorized, code == http.StatusForbidden, code == http.StatusNotFound:
		t.problem = fmt.Sprintf("The receiver answered with status %d: the channel's address or secret is wrong.", code)
	case code == http.StatusBadRequest, code == http.StatusGone, code == http.StatusRequestEntityTooLarge, code == http.StatusUnsupportedMediaType, code == http.StatusUnprocessableEntity:
		t.problem, t.final = fmt.Sprintf("The receiver answered with status %d: it will never take this message.", code), true
	}
	return t
}

// retryAfter reads a pause in seconds or until a date (RFC 9110, 10.2.3).
func retryAfter(text string, now time.Time) time.Duration {
	if n, err := strconv.ParseFloat(text, 64); err == nil && n > 0 && n < 1e6 {
		return time.Duration(n * float64(time.Second))
	}
	if at, err := http.ParseTime(text); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}
