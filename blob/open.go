package blob

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"cratewarden"
)

// Config is what Open needs beside the address. Its zero value takes
// credentials from nowhere and is right for folders and web addresses.
type Config struct {
	// Getenv looks up AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
	// AWS_SESSION_TOKEN, or else the registry's own AWS_ACCESS_KEY and
	// AWS_SECRET_KEY. Usually os.Getenv.
	Getenv func(string) string
	// CredentialsFile is read before the environment when it is set: lines
	// "aws_access_key_id = …" as in the usual shared credentials file, whose
	// section "default" is used.
	CredentialsFile string
	// HTTPClient is nil for one with sensible limits.
	HTTPClient *http.Client
	// Scratch does not force folder writes to disk: only for data that can be
	// made again, such as the demo's.
	Scratch bool
}

// Open opens storage by its address:
//
//	/folder or file:///folder
//	s3://bucket/prefix?region=eu-west-1&endpoint=https://host&path-style=true
//	https://static.example/        (read only)
//
// With an endpoint, path style is the default. Secrets are refused in an
// address. It does not connect; the error kind is Invalid for an address that
// cannot be understood and Unavailable for a folder that cannot be opened.
func Open(_ context.Context, spec string, cfg Config) (Store, error) {
	scheme, _, found := strings.Cut(spec, "://")
	if !found {
		if spec == "" {
			return nil, cratewarden.Errorf(cratewarden.Invalid, "No storage is set. Give a folder, s3://bucket/prefix or https://static.example/.")
		}
		return openFolder(spec, cfg)
	}
	u, err := url.Parse(spec)
	if err != nil || u.User != nil || u.Fragment != "" {
		// The cause is left out: it would quote the address with its secret.
		return nil, cratewarden.Errorf(cratewarden.Invalid, "The storage address cannot be understood. Use a folder, s3://bucket/prefix or https://static.example/, without user name and password.")
	}
	switch scheme {
	case "file":
		if u.Host != "" || u.RawQuery != "" || !strings.HasPrefix(u.Path, "/") {
			return nil, cratewarden.Errorf(cratewarden.Invalid, "A storage folder must be written file:///folder or as a plain path.")
		}
		return openFolder(u.Path, cfg)
	case "s3":
		return openBucket(u, cfg)
	case "http", "https":
		web, err := OpenWeb(spec, cfg.HTTPClient)
		if err != nil {
			return nil, err
		}
		return web, nil
	default:
		return nil, cratewarden.Errorf(cratewarden.Invalid, "Storage of the kind %q is not known. Use a folder, s3://bucket/prefix or https://static.example/.", scheme)
	}
}

func openFolder(dir string, cfg Config) (Store, error) {
	folder, err := OpenFolder(dir, cfg.Scratch)
	if err != nil {
		return nil, err
	}
	return folder, nil
}

func openBucket(u *url.URL, cfg Config) (Store, error) {
	b := Bucket{Name: u.Host, Prefix: u.Path, HTTPClient: cfg.HTTPClient, Credentials: credentials(cfg)}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, badParameter("query")
	}
	b.PathStyle = query.Has("endpoint")
	for name, values := range query {
		value := values[0]
		if len(values) != 1 {
			return nil, badParameter(name)
		}
		switch name {
		case "region":
			b.Region = value
		case "endpoint":
			b.Endpoint = value
			if e, err := url.Parse(value); err != nil || e.Host == "" || e.User != nil {
				return nil, badParameter(name)
			}
		case "path-style":
			if b.PathStyle, err = strconv.ParseBool(value); err != nil {
				return nil, badParameter(name)
			}
		default:
			return nil, badParameter(name)
		}
	}
	bucket, err := OpenS3(b)
	if err != nil {
		return nil, err
	}
	return bucket, nil
}

func badParameter(name string) error {
	return cratewarden.Errorf(cratewarden.Invalid, "The part %q of the storage address is not understood. Known are region, endpoint and path-style, each once.", shorten(name))
}
