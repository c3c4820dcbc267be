package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"cratewarden/incident"
)

// registerFeed is the public list of takedowns; where it is not switched on,
// nothing is there.
func registerFeed(a huma.API, d desk) {
	part := func(id, path, summary, media string, pick func(incident.Feed) []byte) {
		registerFile(a, id, public, path, summary, func(ctx context.Context, _ *struct{}) (*file, error) {
			if err := d.there(); err != nil {
				return nil, err
			}
			f, err := d.incidents.Feed(ctx)
			if err != nil {
				return nil, err
			}
			return &file{Type: media, Disposition: "inline", Body: pick(f)}, nil
		})
	}
	part("takedowns", "/takedowns.json", "What was taken down and why, for everybody; no personal data", "application/json", func(f incident.Feed) []byte { return f.JSON })
	part("takedowns-signature", "/takedowns.json.sig", "The Ed25519 signature of exactly the bytes of takedowns.json", "application/octet-stream", func(f incident.Feed) []byte { return f.Sig })
	part("takedowns-atom", "/takedowns.atom", "The same for feed readers", "application/atom+xml; charset=utf-8", func(f incident.Feed) []byte { return f.Atom })
	part("takedowns-key", "/takedowns.pem", "The public key of the signature; get it elsewhere, too, before you trust it", "application/x-pem-file", func(f incident.Feed) []byte { return f.PublicKey })
}
