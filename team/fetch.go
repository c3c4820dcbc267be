package team

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"
)

// read reads everything once. An error means that nothing of it is taken.
func (r *Reader) read(ctx context.Context) (Snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	defer cancel()
	var got reading
	if r.cfg.File != "" {
		data, err := readLimited(r.cfg.File)
		if err == nil {
			got.file, got.own, got.onCall, err = parseFile(data, r.cfg.File)
		}
		if err != nil {
			return Snapshot{}, fmt.Errorf("file %s: %w", filepath.Base(r.cfg.File), withoutPath(err))
		}
	}
	got.sources = r.cfg.Sources
	got.docs = make([]document, len(got.sources))
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for i, source := range got.sources {
		group.Go(func() (err error) {
			got.docs[i], err = r.document(inner, source)
			return err
		})
	}
	if r.cfg.URL != "" && !r.cfg.RolesOnly {
		group.Go(func() error {
			data, err := r.get(inner, "teams.json", mostAllBytes)
			if err == nil {
				got.all, err = parseTeams(data)
			}
			return wrap("teams.json", err)
		})
	}
	if err := group.Wait(); err != nil {
		return Snapshot{}, err
	}
	return r.cfg.build(ctx, got)
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, withoutPath(err))
}

func (r *Reader) document(ctx context.Context, s Source) (doc document, err error) {
	path, parse := "teams/"+s.Team+".json", parseTeam
	if s.Permission != "" {
		path, parse = "permissions/"+s.Permission+".json", parsePermission
	}
	data, err := r.get(ctx, path, mostBytes)
	if err == nil {
		doc, err = parse(data, s.Team+s.Permission)
	}
	return doc, wrap(s.String(), err)
}

// get reads a document of the API from its address or folder.
func (r *Reader) get(ctx context.Context, path string, most int64) ([]byte, error) {
	if !r.cfg.remote() {
		return fromFolder(r.cfg.URL, path, most)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.cfg.URL+"/"+path, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Cache-Control", "no-cache") // an old copy of a cache would give rights back that were taken
	request.Header.Set("User-Agent", "cratewarden")
	answer, err := r.client.Do(request)
	if e, ok := errors.AsType[*url.Error](err); ok && !e.Timeout() {
		return nil, e.Err // without the address, which is told already
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the answer was %d", answer.StatusCode)
	}
	if kind := answer.Header.Get("Content-Type"); strings.HasPrefix(kind, "text/html") {
		return nil, errors.New("the answer was a web page")
	}
	return limited(answer.Body, most)
}

// newClient follows redirects only to the same place: a list from another host
// is another list.
func newClient(c Config) *http.Client {
	client := &http.Client{Timeout: c.Timeout, CheckRedirect: sameHost}
	if c.Client != nil {
		client.Transport = c.Client.Transport
	}
	return client
}

func sameHost(to *http.Request, via []*http.Request) error {
	from := via[0].URL
	if len(via) > 3 || to.URL.Scheme != from.Scheme || to.URL.Host != from.Host {
		return errors.New("it led somewhere else")
	}
	return nil
}

func limited(from io.Reader, most int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(from, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("more than %d bytes", most)
	}
	return data, err
}

func fromFolder(folder, path string, most int64) ([]byte, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	file, err := root.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return limited(file, most)
}

func readLimited(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return limited(file, mostBytes)
}

// withoutPath is the reason alone where the path is told already.
func withoutPath(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
