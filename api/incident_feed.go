package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"cratewarden/incident"
)

// FeedInput is a reader of the feed, who may have it already.
type FeedInput struct {
	Match string `header:"If-None-Match" maxLength:"400" doc:"the ETag of what you have; while that is what there is, the answer is 304 without a body"`
}

type feedSignatureInput struct {
	FeedInput
	Key string `query:"key" maxLength:"16" pattern:"^[0-9a-f]*$" doc:"the name of the key, as docs/communicate.md says; the key that signs now when left out"`
}

// feedFile is a part of the feed. Everybody may keep it for as long as it is made
// to last here.
type feedFile struct {
	Status       int
	Type         string `header:"Content-Type"`
	Disposition  string `header:"Content-Disposition"`
	ETag         string `header:"ETag"`
	LastModified string `header:"Last-Modified"`
	CacheControl string `header:"Cache-Control"`
	Body         []byte
}

// registerFeed is the public list of takedowns; where it is not switched on,
// nothing is there.
func registerFeed(a huma.API, d desk) {
	part := func(id, path, summary, media string, pick func(incident.Feed) []byte) {
		registerFeedPart(a, d, id, path, summary, media, func(f incident.Feed, in *FeedInput) ([]byte, string, error) { return pick(f), in.Match, nil })
	}
	part("takedowns", "/takedowns.json", "What was taken down and why, for everybody; no personal data", "application/json", func(f incident.Feed) []byte { return f.JSON })
	registerFeedPart(a, d, "takedowns-signature", "/takedowns.json.sig", "The Ed25519 signature of exactly the bytes of takedowns.json; its ETag is that of the document that it belongs to", "application/octet-stream",
		func(f incident.Feed, in *feedSignatureInput) ([]byte, string, error) {
			sig, err := f.By(in.Key)
			return sig, in.Match, err
		})
	part("takedowns-atom", "/takedowns.atom", "The newest of the same for feed readers", "application/atom+xml; charset=utf-8", func(f incident.Feed) []byte { return f.Atom })
	part("takedowns-key", "/takedowns.pem", "The public keys of the signatures; get them elsewhere, too, before you trust them", "application/x-pem-file", func(f incident.Feed) []byte { return f.PublicKeys })
}

func registerFeedPart[I any](a huma.API, d desk, id, path, summary, media string, pick func(incident.Feed, *I) (body []byte, match string, err error)) {
	huma.Register(a, operation(http.MethodGet, id, public, path, summary), func(ctx context.Context, in *I) (*feedFile, error) {
		if err := d.there(); err != nil {
			return nil, problem(ctx, err)
		}
		f, err := d.incidents.Feed(ctx)
		if err != nil {
			return nil, problem(ctx, err)
		}
		body, match, err := pick(f, in)
		if err != nil {
			return nil, problem(ctx, err)
		}
		return feedAnswer(f, media, body, match), nil
	})
}

// feedFor is how long others may keep a part of the feed. A takedown is urgent, so
// it is short; asking again costs 304 and no body.
const feedFor = "public, max-age=30"

func feedAnswer(f incident.Feed, media string, body []byte, match string) *feedFile {
	named := body
	if media == "application/octet-stream" {
		named = f.JSON // whoever has both sees that they belong together
	}
	sum := sha256.Sum256(named)
	out := &feedFile{Status: http.StatusOK, Type: media, Disposition: "inline", ETag: `"` + hex.EncodeToString(sum[:16]) + `"`, CacheControl: feedFor, Body: body}
	if !f.Updated.IsZero() {
		out.LastModified = f.Updated.UTC().Format(http.TimeFormat)
	}
	if matches(match, out.ETag) {
		out.Status, out.Body = http.StatusNotModified, nil
	}
	return out
}

// matches reads If-None-Match.
func matches(header, tag string) bool {
	return slices.ContainsFunc(strings.Split(header, ","), func(t string) bool {
		t = strings.TrimPrefix(strings.TrimSpace(t), "W/")
		return t == tag || t == "*"
	})
}
