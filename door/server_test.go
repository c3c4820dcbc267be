package door_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/door"
)

// serve answers on loopback until the test is over and gives the address.
func serve(t *testing.T, p door.Patience, certs *door.Certificates, h http.Handler) string {
	t.Helper()
	l, err := door.Listen("127.0.0.1:0", p, certs)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- door.Serve(ctx, l, h, p, nil) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// sink reads the whole body and says how that went.
func sink() http.Handler {
	return door.Handler(door.Config{Body: 1000}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		_, _ = fmt.Fprintf(w, "%s %s", r.Proto, r.URL.Path)
	}))
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// A client that sends a byte at a time, in its headers or in its body, is cut
// off; whoever asks meanwhile is answered.
func TestSlowClientsAreCutOff(t *testing.T) {
	t.Parallel()
	address := serve(t, door.Patience{Headers: 300 * time.Millisecond, Request: 400 * time.Millisecond}, nil, sink())
	for name, first := range map[string]string{
		"headers": "GET / HTTP/1.1\r\nHost: c\r\nX-Slow: ",
		"body":    "POST / HTTP/1.1\r\nHost: c\r\nContent-Length: 500\r\n\r\n",
		"nothing": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, refused := dial(t, address), 0
			begin := time.Now()
			_, _ = io.WriteString(conn, first)
			ended := make(chan struct{})
			go func() { _, _ = io.Copy(io.Discard, conn); close(ended) }()
			tick := time.NewTicker(50 * time.Millisecond)
			defer tick.Stop()
			for time.Since(begin) < 10*time.Second {
				select {
				case <-ended:
					return
				case <-tick.C:
					if first != "" {
						_, _ = io.WriteString(conn, "x")
					}
				}
				if answer, err := http.Get("http://" + address + "/ok"); err == nil {
					_ = answer.Body.Close()
					refused = 0
				} else if refused++; refused == 5 { // one who stood still as long as a slow client is cut off too
					t.Fatal(err)
				}
			}
			t.Error("it was never cut off")
		})
	}
}

func TestOversizedRequests(t *testing.T) {
	t.Parallel()
	address := serve(t, door.Patience{}, nil, sink())
	ask := func(text string) int {
		t.Helper()
		conn := dial(t, address)
		go func() { _, _ = io.WriteString(conn, text) }()
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		return answer.StatusCode
	}
	const head = "GET / HTTP/1.1\r\nHost: c\r\nConnection: close\r\n"
	for name, row := range map[string]struct {
		text string
		want int
	}{
		"headers within":    {head + "X: " + strings.Repeat("x", 30<<10) + "\r\n\r\n", 200},
		"headers beyond":    {head + "X: " + strings.Repeat("x", 33<<10) + "\r\n\r\n", 431},
		"many headers":      {head + strings.Repeat("A: b\r\n", 8000) + "\r\n", 431},
		"address beyond":    {"GET /" + strings.Repeat("x", 40<<10) + " HTTP/1.1\r\nHost: c\r\n\r\n", 431},
		"body within":       {"POST / HTTP/1.1\r\nHost: c\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n" + strings.Repeat("x", 1000), 200},
		"body beyond":       {"POST / HTTP/1.1\r\nHost: c\r\nContent-Length: 1001\r\nConnection: close\r\n\r\n" + strings.Repeat("x", 1001), 413},
		"body in chunks":    {"POST / HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + strings.Repeat("x", 2000) + "\r\n0\r\n\r\n", 413},
		"two lengths":       {"POST / HTTP/1.1\r\nHost: c\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 400},
		"two hosts":         {"GET / HTTP/1.1\r\nHost: c\r\nHost: d\r\n\r\n", 400},
		"a folded header":   {"GET / HTTP/1.1\r\nHost: c\r\nX-Forwarded-For : 1.2.3.4\r\n\r\n", 400},
		"a bare line break": {"GET / HTTP/1.1\r\nHost: c\r\nX: a\rSet-Cookie: b\r\n\r\n", 400},
	} {
		if got := ask(row.text); got != row.want {
			t.Errorf("%s: %d, want %d", name, got, row.want)
		}
	}
}

// A path that a proxy could read differently from us is refused, so that a rule
// of a proxy cannot be walked around.
func TestPathConfusion(t *testing.T) {
	t.Parallel()
	address := serve(t, door.Patience{}, nil, sink())
	for path, want := range map[string]int{
		"/": 200, "/crates/serde": 200, "/crates/a%20b": 200, "/files/a%5Cb%0A.rs": 200, "/search?q=a/../b//c;d": 200, "/x/...": 200, "/crates%2Fserde": 200,
		"//crates": 400, "/crates//serde": 400, "/crates/../people": 400, "/crates/..": 400, "/./x": 400, "/crates/%2e%2e/people": 400,
		"/crates/..%2fpeople": 400, "/crates/%2fpeople": 400, "/%2Fpeople": 400, `/crates/..\people`: 400, "/crates;x=1/serde": 400, "/a%00b": 400, "/crates/%2E": 400,
	} {
		conn := dial(t, address)
		_, _ = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: c\r\nConnection: close\r\n\r\n", path)
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, answer.StatusCode, want)
		}
	}
}

func TestConnectionsAreCounted(t *testing.T) {
	t.Parallel()
	address := serve(t, door.Patience{Connections: 2, Headers: 300 * time.Millisecond}, nil, sink())
	for range 5 {
		dial(t, address)
	}
	// The idle ones are dropped, so this waits for its turn and gets it.
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{}}
	answer, err := client.Get("http://" + address + "/")
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	client.CloseIdleConnections()
}

// authority makes certificates for loopback.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t}
	certificate, keyPEM := a.sign("authority", true, time.Hour)
	block, _ := pem.Decode(keyPEM)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	a.pem, a.key = certificate, key.(*ecdsa.PrivateKey)
	block, _ = pem.Decode(certificate)
	if a.cert, err = x509.ParseCertificate(block.Bytes); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *authority) sign(name string, ca bool, life time.Duration) (certificate, key []byte) {
	a.t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	template := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(life),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: ca, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	parent, signer := template, private
	if a.cert != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, private.Public(), signer)
	if err != nil {
		a.t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		a.t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
}

func (a *authority) client(certs ...tls.Certificate) *http.Client {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(a.pem)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: certs}, ForceAttemptHTTP2: true, DisableKeepAlives: true}
	return &http.Client{Transport: transport, Timeout: 10 * time.Second}
}

func put(t *testing.T, path string, data []byte) string {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Certificates are exchanged while the server runs, and an exchange that is
// only half done changes nothing.
func TestCertificatesAreExchanged(t *testing.T) {
	t.Parallel()
	a, dir := newAuthority(t), t.TempDir()
	certPath, keyPath := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	cert, key := a.sign("first", false, 2*time.Hour)
	put(t, certPath, cert)
	put(t, keyPath, key)
	var log bytes.Buffer
	now := newClock()
	certs, err := door.Open(door.CertificateConfig{Pairs: []door.Pair{{certPath, keyPath}}, Clock: now.now, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	address := serve(t, door.Patience{}, certs, sink())
	name := func() string {
		t.Helper()
		now.move(31 * time.Second)
		answer, err := a.client().Get("https://" + address + "/x")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if string(body) != "HTTP/2.0 /x" || answer.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("%s %v", body, answer.Header)
		}
		return answer.TLS.PeerCertificates[0].Subject.CommonName
	}
	if got := name(); got != "first" {
		t.Error(got)
	}
	cert, key = a.sign("second", false, 3*time.Hour)
	put(t, certPath, cert)
	if got := name(); got != "first" || !strings.Contains(log.String(), "stay in use") {
		t.Errorf("between the two files: %s, %s", got, log.String())
	}
	put(t, keyPath, key)
	if got := name(); got != "second" {
		t.Error(got)
	}
	if err := os.Remove(keyPath); err != nil {
		t.Fatal(err)
	}
	if got := name(); got != "second" {
		t.Error(got)
	}
	if left := time.Until(certs.Expires()); left < 2*time.Hour || left > 3*time.Hour {
		t.Errorf("expires in %s", left)
	}
	if bytes.Contains(log.Bytes(), []byte("PRIVATE")) {
		t.Error("the log holds the key")
	}
}

func TestOldVersionsOfTLSAreRefused(t *testing.T) {
	t.Parallel()
	a, dir := newAuthority(t), t.TempDir()
	cert, key := a.sign("server", false, time.Hour)
	certs, err := door.Open(door.CertificateConfig{Pairs: []door.Pair{{put(t, filepath.Join(dir, "c"), cert), put(t, filepath.Join(dir, "k"), key)}}})
	if err != nil {
		t.Fatal(err)
	}
	address := serve(t, door.Patience{}, certs, sink())
	for version, want := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version})
		if (err == nil) != want {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
		if err == nil {
			_ = conn.Close()
		}
	}
}

func TestClientCertificates(t *testing.T) {
	t.Parallel()
	a, other, dir := newAuthority(t), newAuthority(t), t.TempDir()
	cert, key := a.sign("server", false, time.Hour)
	certs, err := door.Open(door.CertificateConfig{ClientCA: put(t, filepath.Join(dir, "ca"), a.pem),
		Pairs: []door.Pair{{put(t, filepath.Join(dir, "c"), cert), put(t, filepath.Join(dir, "k"), key)}}})
	if err != nil {
		t.Fatal(err)
	}
	address := serve(t, door.Patience{}, certs, sink())
	for name, row := range map[string]struct {
		by   *authority
		life time.Duration
		want bool
	}{"ours": {a, time.Hour, true}, "of another authority": {other, time.Hour, false}, "over": {a, -time.Minute, false}, "none": {nil, 0, false}} {
		client := a.client()
		if row.by != nil {
			cert, key := row.by.sign("client", false, row.life)
			pair, err := tls.X509KeyPair(cert, key)
			if err != nil {
				t.Fatal(err)
			}
			client = a.client(pair)
		}
		answer, err := client.Get("https://" + address + "/")
		if (err == nil) != row.want {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			_ = answer.Body.Close()
		}
	}
}

func TestCertificatesThatAreRefused(t *testing.T) {
	t.Parallel()
	a, dir := newAuthority(t), t.TempDir()
	cert, key := a.sign("server", false, time.Hour)
	_, otherKey := a.sign("other", false, time.Hour)
	c, k := put(t, filepath.Join(dir, "c"), cert), put(t, filepath.Join(dir, "k"), key)
	for name, cfg := range map[string]door.CertificateConfig{
		"none":         {},
		"missing":      {Pairs: []door.Pair{{filepath.Join(dir, "x"), k}}},
		"exchanged":    {Pairs: []door.Pair{{k, c}}},
		"another key":  {Pairs: []door.Pair{{c, put(t, filepath.Join(dir, "o"), otherKey)}}},
		"no authority": {Pairs: []door.Pair{{c, k}}, ClientCA: k},
	} {
		if _, err := door.Open(cfg); cratewarden.KindOf(err) != cratewarden.Invalid || strings.Contains(err.Error(), "PRIVATE KEY-") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
