package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed static
var staticFiles embed.FS

// bundles says which files make up each thing that a page loads. A pattern
// stands for its matches in order of name. htmx and its gate are one script on
// purpose: loaded apart, htmx could start before the gate that keeps injected
// markup inert.
func bundles() map[string][]string {
	return map[string][]string{
		"console.css": {"static/css/*.css"},
		"console.js":  {"static/console.js", "static/plan.js", "static/incident.js", "static/passkey.js"},
		"theme.js":    {"static/theme.js"},
		"htmx.js":     {"static/vendor/htmx-4.0.1/htmx.min.js", "static/vendor/htmx-4.0.1/hx-csp.min.js"},
		"icon.svg":    {"static/icon.svg"},
	}
}

// assets are the static files, each under a URL that holds its checksum, so
// that browsers may keep it for ever and never show an old one.
type assets struct {
	urls  map[string]string
	files map[string]asset
}

type asset struct {
	kind  string
	plain []byte
	small []byte // gzip
}

func newAssets(files fs.FS) (*assets, error) {
	a := &assets{urls: map[string]string{}, files: map[string]asset{}}
	for name, patterns := range bundles() {
		text, err := join(files, patterns)
		if err != nil {
			return nil, fmt.Errorf("static file %s: %w", name, err)
		}
		sum := sha256.Sum256(text)
		ext := path.Ext(name)
		hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:])[:16] + ext
		a.urls[name] = "/static/" + hashed
		a.files[hashed] = asset{kind: mime.TypeByExtension(ext), plain: text, small: squeeze(text)}
	}
	return a, nil
}

func join(files fs.FS, patterns []string) ([]byte, error) {
	var out bytes.Buffer
	for _, pattern := range patterns {
		names, err := fs.Glob(files, pattern)
		if err != nil || len(names) == 0 {
			return nil, fmt.Errorf("no file matches %s: %w", pattern, fs.ErrNotExist)
		}
		for _, name := range names {
			text, err := fs.ReadFile(files, name)
			if err != nil {
				return nil, err
			}
			out.Write(text)
			out.WriteByte('\n')
		}
	}
	return out.Bytes(), nil
}

func squeeze(text []byte) []byte {
	var out bytes.Buffer
	// Neither call can fail: the level is valid and the writer is memory.
	zip, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
	_, _ = zip.Write(text)
	_ = zip.Close()
	return out.Bytes()
}

// url gives the address of a static file; an unknown name is an error, which
// stops the rendering of the page that asked.
func (a *assets) url(name string) (string, error) {
	u, ok := a.urls[name]
	if !ok {
		return "", fmt.Errorf("there is no static file %q", name)
	}
	return u, nil
}

// ServeHTTP answers with a static file, compressed when the browser can read it.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	file, ok := a.files[r.PathValue("file")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", file.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	body := file.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = file.small
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}
