package blob

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cratewarden"
)

// Web is a store that can only be read: the public address of a registry's
// objects. Listing and every change are Refused.
type Web struct {
	base   *url.URL
	client *http.Client
}

// OpenWeb opens the store below a base address, such as
// "https://static.example". It does not connect. A nil client stands for one
// that waits at most 30 seconds for an answer to begin.
func OpenWeb(base string, client *http.Client) (*Web, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "The web address of storage must look like https://static.example/, without user name, query and fragment.")
	}
	if client == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.ResponseHeaderTimeout = 30 * time.Second
		client = &http.Client{Transport: transport}
	}
	return &Web{base: u, client: client}, nil
}

// Get implements Store.
func (w *Web) Get(ctx context.Context, key string) (io.ReadCloser, Info, error) {
	resp, err := w.do(ctx, http.MethodGet, key)
	if err != nil {
		return nil, Info{}, err
	}
	return body{ctx, resp.Body}, webInfo(key, resp), nil
}

// Stat implements Store.
func (w *Web) Stat(ctx context.Context, key string) (Info, error) {
	resp, err := w.do(ctx, http.MethodHead, key)
	if err != nil {
		return Info{}, err
	}
	return webInfo(key, resp), resp.Body.Close()
}

func (w *Web) do(ctx context.Context, method, key string) (*http.Response, error) {
	if err := checkKeys(ctx, key); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, w.address(key), nil)
	if err != nil {
		return nil, unavailable(err)
	}
	req.Header.Set("User-Agent", "cratewarden")
	// Without this a server may compress the answer, and the length and the
	// bytes would no longer be the object's.
	req.Header.Set("Accept-Encoding", "identity")
	resp, err := w.client.Do(req)
	if err != nil {
		if e, ok := stopped(err); ok {
			return nil, e
		}
		return nil, unavailable(err)
	}
	if resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close()
		return nil, statusError(key, resp.StatusCode)
	}
	return resp, nil
}

// address writes "+" as "%2B", since storage servers take a bare "+" for a
// space (contract storage-index.md section 2).
func (w *Web) address(key string) string {
	u := *w.base
	parts := strings.Split(key, "/")
	for i, p := range parts {
		parts[i] = strings.ReplaceAll(url.PathEscape(p), "+", "%2B")
	}
	return strings.TrimSuffix(u.String(), "/") + "/" + strings.Join(parts, "/")
}

// statusError takes 403 for a missing object, because a bucket behind a cache
// answers so when the public may not list it.
func statusError(key string, status int) error {
	cause := cratewarden.Errorf(cratewarden.Internal, "status %d", status)
	switch status {
	case http.StatusNotFound, http.StatusGone, http.StatusForbidden:
		return notFound(key, cause)
	case http.StatusUnauthorized:
		return denied(key, cause)
	case http.StatusRequestTimeout, http.StatusGatewayTimeout:
		return cratewarden.Wrap(cause, cratewarden.Timeout, "Storage took too long to answer. Try again.")
	default:
		return unavailable(cause)
	}
}

func webInfo(key string, resp *http.Response) Info {
	modified, _ := http.ParseTime(resp.Header.Get("Last-Modified"))
	return Info{
		Key: key, Size: resp.ContentLength, ModTime: modified.UTC(),
		ETag: resp.Header.Get("ETag"), ContentType: resp.Header.Get("Content-Type"),
		CacheControl: resp.Header.Get("Cache-Control"), Metadata: webMetadata(resp.Header),
	}
}

// webMetadata is what a bucket's public address shows of an object's metadata;
// a cache in front may add to the headers or hide some, so Info.Headers stays
// false.
func webMetadata(header http.Header) map[string]string {
	var metadata map[string]string
	for name, values := range header {
		if key, ok := strings.CutPrefix(strings.ToLower(name), "x-amz-meta-"); ok {
			if metadata == nil {
				metadata = map[string]string{}
			}
			metadata[key] = strings.Join(values, ",")
		}
	}
	return metadata
}

func readOnly() error {
	return cratewarden.Errorf(cratewarden.Refused, "This is read-only storage: a public web address. Configure a folder or a bucket to list or change objects.")
}

// List is Refused.
func (w *Web) List(context.Context, string, string, int) ([]Info, error) { return nil, readOnly() }

// Put is Refused.
func (w *Web) Put(context.Context, string, io.Reader, PutOptions) error { return readOnly() }

// Move is Refused.
func (w *Web) Move(context.Context, string, string) error { return readOnly() }

// Delete is Refused.
func (w *Web) Delete(context.Context, string) error { return readOnly() }
