package door

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"cratewarden"
)

// Pair is a certificate chain and its private key, as PEM files.
type Pair struct{ Cert, Key string }

// CertificateConfig says where certificates are.
type CertificateConfig struct {
	// Pairs are offered at once, each to the clients that can use it, the first
	// one preferred: such as an elliptic and an RSA key, or names of two hosts.
	Pairs []Pair
	// ClientCA is a PEM file of authorities. With it only clients that show a
	// certificate from one of them are let in.
	ClientCA string
	// Every is how often the files are looked at; zero means 30 seconds.
	Every  time.Duration
	Clock  cratewarden.Clock
	Logger *slog.Logger
}

// Certificates are the server's certificates, read again when their files
// change. Files that do not fit each other, as in the middle of an exchange,
// leave those before in use.
type Certificates struct {
	cfg CertificateConfig

	mu     sync.Mutex
	looked time.Time
	files  [][]byte // as last looked at
	ready  *tls.Config
	leaves []*x509.Certificate
}

// mostFile is how large a certificate file may be.
const mostFile = 1 << 20

// Open reads certificates for the first time.
func Open(cfg CertificateConfig) (*Certificates, error) {
	if cfg.Every <= 0 {
		cfg.Every = 30 * time.Second
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	cfg.Clock = cfg.Clock.Or()
	if len(cfg.Pairs) == 0 {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "Serving by https takes a certificate and its key.")
	}
	c := &Certificates{cfg: cfg}
	if err := c.read(); err != nil {
		return nil, cratewarden.Wrap(err, cratewarden.Invalid, "The certificates for https cannot be used: %s.", err)
	}
	c.looked = cfg.Clock()
	return c, nil
}

// Expires says when the first of the certificates in use runs out.
func (c *Certificates) Expires() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	first := c.leaves[0].NotAfter
	for _, leaf := range c.leaves {
		if leaf.NotAfter.Before(first) {
			first = leaf.NotAfter
		}
	}
	return first
}

func (c *Certificates) listener(l net.Listener) net.Listener {
	return tls.NewListener(l, &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return c.current(), nil },
	})
}

// current gives the configuration in use, after a look at the files when the
// last one was some time ago.
func (c *Certificates) current() *tls.Config {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.cfg.Clock()
	if age := now.Sub(c.looked); age < 0 || age >= c.cfg.Every {
		c.looked = now
		if err := c.read(); err != nil {
			c.cfg.Logger.LogAttrs(context.Background(), slog.LevelError, "new certificates cannot be used; those before stay in use", slog.Any("error", err))
		}
	}
	return c.ready
}

// read takes up the files if they changed, and needs c.mu once c is in use.
func (c *Certificates) read() error {
	var files [][]byte
	paths := []string{}
	for _, p := range c.cfg.Pairs {
		paths = append(paths, p.Cert, p.Key)
	}
	if c.cfg.ClientCA != "" {
		paths = append(paths, c.cfg.ClientCA)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err == nil && len(data) > mostFile {
			err = errors.New("too large")
		}
		if err != nil {
			return fmt.Errorf("%s could not be read: %w", filepath.Base(path), withoutPath(err))
		}
		files = append(files, data)
	}
	if same(files, c.files) {
		return nil
	}
	ready := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
	var leaves []*x509.Certificate
	for i := range c.cfg.Pairs {
		pair, err := tls.X509KeyPair(files[2*i], files[2*i+1])
		if err != nil {
			return fmt.Errorf("pair %d: %w", i+1, err)
		}
		ready.Certificates = append(ready.Certificates, pair)
		leaves = append(leaves, pair.Leaf)
	}
	if c.cfg.ClientCA != "" {
		ready.ClientCAs = x509.NewCertPool()
		if !ready.ClientCAs.AppendCertsFromPEM(files[len(files)-1]) {
			return errors.New("the authorities of clients hold no certificate")
		}
		ready.ClientAuth = tls.RequireAndVerifyClientCert
		// A resumed session would outlive an authority that was taken away.
		ready.SessionTicketsDisabled = true
	}
	c.files, c.ready, c.leaves = files, ready, leaves
	return nil
}

// withoutPath is the reason alone: messages hold no path of the server.
func withoutPath(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

func same(a, b [][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}
