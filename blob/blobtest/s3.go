// Package blobtest gives tests a bucket: a small server that speaks as much of
// the S3 protocol as the stores of package blob use, over real HTTP, and a way
// to make any store fail at a chosen call. It knows nothing of how the stores
// are made, so that both cannot share a mistake.
package blobtest

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// S3 is a bucket named "shelf" in memory.
type S3 struct {
	mu      sync.Mutex
	Objects map[string]Object
	// Fail answers the next requests with these statuses, in order.
	Fail []int
	// Requests are method and path of everything asked.
	Requests []string
}

// Object is one stored object with the headers it was stored with.
type Object struct {
	Content []byte
	Header  http.Header
	Time    time.Time
}

func (o Object) etag() string {
	sum := md5.Sum(o.Content)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

// The only credentials that the bucket accepts.
const (
	KeyID  = "AKIDFAKE"
	Secret = "not-a-secret"
)

// NewS3 starts an empty bucket that ends with the test, and gives the address
// of its service. Open it with "s3://shelf?endpoint=" and that address.
func NewS3(t testing.TB) (*S3, string) {
	t.Helper()
	f := &S3{Objects: map[string]Object{}}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return f, server.URL
}

// ServeHTTP answers one request.
func (f *S3) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	content, _ := io.ReadAll(r.Body)
	f.Requests = append(f.Requests, r.Method+" "+r.RequestURI)
	if len(f.Fail) > 0 {
		status := f.Fail[0]
		f.Fail = f.Fail[1:]
		fakeError(w, r, status, "InternalError")
		return
	}
	if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential="+KeyID+"/") {
		fakeError(w, r, http.StatusForbidden, "InvalidAccessKeyId")
		return
	}
	sum := sha256.Sum256(content)
	if said := r.Header.Get("X-Amz-Content-Sha256"); said != hex.EncodeToString(sum[:]) && said != "UNSIGNED-PAYLOAD" {
		fakeError(w, r, http.StatusBadRequest, "XAmzContentSHA256Mismatch")
		return
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if bucket != "shelf" {
		fakeError(w, r, http.StatusNotFound, "NoSuchBucket")
		return
	}
	switch {
	case r.Method == http.MethodGet && key == "" && r.URL.Query().Get("list-type") == "2":
		f.list(w, r.URL.Query())
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		f.get(w, r, key)
	case r.Method == http.MethodPut && r.Header.Get("X-Amz-Copy-Source") != "":
		f.copy(w, r, key)
	case r.Method == http.MethodPut:
		f.put(w, r, key, content)
	case r.Method == http.MethodDelete:
		delete(f.Objects, key)
		w.WriteHeader(http.StatusNoContent)
	default:
		fakeError(w, r, http.StatusNotImplemented, "NotImplemented")
	}
}

func (f *S3) get(w http.ResponseWriter, r *http.Request, key string) {
	o, ok := f.Objects[key]
	if !ok {
		fakeError(w, r, http.StatusNotFound, "NoSuchKey")
		return
	}
	maps.Copy(w.Header(), o.Header)
	w.Header().Set("ETag", o.etag())
	w.Header().Set("Last-Modified", o.Time.Format(http.TimeFormat))
	w.Header().Set("Content-Length", strconv.Itoa(len(o.Content)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(o.Content)
	}
}

func (f *S3) put(w http.ResponseWriter, r *http.Request, key string, content []byte) {
	if _, ok := f.Objects[key]; ok && r.Header.Get("If-None-Match") == "*" {
		fakeError(w, r, http.StatusPreconditionFailed, "PreconditionFailed")
		return
	}
	header := http.Header{}
	for name, values := range r.Header {
		if name == "Content-Type" || name == "Cache-Control" || strings.HasPrefix(name, "X-Amz-Meta-") {
			header[name] = values
		}
	}
	o := Object{Content: content, Header: header, Time: time.Now().UTC()}
	f.Objects[key] = o
	w.Header().Set("ETag", o.etag())
}

func (f *S3) copy(w http.ResponseWriter, r *http.Request, key string) {
	// As the real service does: a bare "+" here is a space.
	source, err := url.QueryUnescape(r.Header.Get("X-Amz-Copy-Source"))
	_, from, _ := strings.Cut(strings.TrimPrefix(source, "/"), "/")
	o, ok := f.Objects[from]
	_, taken := f.Objects[key]
	switch {
	case err != nil || !ok:
		fakeError(w, r, http.StatusNotFound, "NoSuchKey")
	case r.Header.Get("X-Amz-Copy-Source-If-Match") != o.etag(), taken && r.Header.Get("If-None-Match") == "*":
		fakeError(w, r, http.StatusPreconditionFailed, "PreconditionFailed")
	default:
		f.Objects[key] = o
		_, _ = fmt.Fprintf(w, "<CopyObjectResult><ETag>%s</ETag></CopyObjectResult>", o.etag())
	}
}

func (f *S3) list(w http.ResponseWriter, q url.Values) {
	type entry struct {
		Key, LastModified, ETag string
		Size                    int
	}
	var result struct {
		XMLName     xml.Name `xml:"ListBucketResult"`
		IsTruncated bool
		Contents    []entry
	}
	most, _ := strconv.Atoi(q.Get("max-keys"))
	for _, key := range slices.Sorted(maps.Keys(f.Objects)) {
		if !strings.HasPrefix(key, q.Get("prefix")) || key <= q.Get("start-after") {
			continue
		}
		if len(result.Contents) == most {
			result.IsTruncated = true
			break
		}
		o := f.Objects[key]
		result.Contents = append(result.Contents, entry{key, o.Time.Format(time.RFC3339), o.etag(), len(o.Content)})
	}
	_ = xml.NewEncoder(w).Encode(result)
}

func fakeError(w http.ResponseWriter, r *http.Request, status int, code string) {
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>fake</Message></Error>", code)
	}
}
