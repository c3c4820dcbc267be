package web

import (
	"errors"
	"io"
	"net/http"
	"path"
	"strconv"
	"time"

	"cratewarden"
	"cratewarden/evidence"
	"cratewarden/ledger"
)

// evidenceVerify reads a whole bundle, remembers what was found and leads back
// to the page, which shows it.
func (s *Server) evidenceVerify(w http.ResponseWriter, r *http.Request) error {
	digest, err := bundleDigest(r)
	if err != nil {
		return err
	}
	patient(w, checkTime)
	if _, err := s.cfg.Evidence.Check(r.Context(), digest, s.asker(r)); err != nil {
		return err
	}
	http.Redirect(w, r, evidenceURL(digest), http.StatusSeeOther)
	return nil
}

// asker begins an entry of the ledger with who asks.
func (s *Server) asker(r *http.Request) ledger.Entry {
	who := s.who(r)
	if who.ID == "" { // where nobody signs in
		return ledger.Entry{Actor: ledger.Actor{ID: "nobody", Name: "nobody"}}
	}
	return ledger.Entry{Actor: ledger.Actor{ID: who.ID, Name: who.Name, RegistryUser: int64(who.RegistryUser)}, Session: who.Session}
}

// patient lets one answer take longer than the server's bounds, which are meant
// for pages. A server that cannot do so keeps its own.
func patient(w http.ResponseWriter, d time.Duration) {
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Now().Add(d))
	_ = c.SetWriteDeadline(time.Now().Add(d + time.Minute))
}

// download is an answer that is a file to keep and nothing to look at: what is
// in evidence was made by attackers. It begins with the first byte, so that an
// error before it still becomes a page.
type download struct {
	w     http.ResponseWriter
	name  string
	size  int64 // -1 when not known
	begun bool
}

// stallTime is how long a visitor may take for one piece.
const stallTime = time.Minute

// Write sends a piece.
func (d *download) Write(p []byte) (int, error) {
	if !d.begun {
		d.begin()
	}
	_ = http.NewResponseController(d.w).SetWriteDeadline(time.Now().Add(stallTime))
	return d.w.Write(p)
}

func (d *download) begin() {
	d.begun = true
	h := d.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", `attachment; filename="`+fileName(d.name)+`"`)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	if d.size >= 0 {
		h.Set("Content-Length", strconv.FormatInt(d.size, 10))
	}
	d.w.WriteHeader(http.StatusOK)
}

// end gives the error if there is still a page to show it on; else it cuts the
// connection, so that half a file is not taken for a whole one.
func (d *download) end(s *Server, r *http.Request, err error) error {
	if err == nil {
		if !d.begun {
			d.begin() // an empty file
		}
		return nil
	}
	if !d.begun {
		return err
	}
	s.cfg.Log.WarnContext(r.Context(), "a download of evidence was cut off", "file", d.name, "err", err)
	panic(http.ErrAbortHandler)
}

// evidenceExport sends a bundle as one tar archive.
func (s *Server) evidenceExport(w http.ResponseWriter, r *http.Request) error {
	digest, err := bundleDigest(r)
	if err != nil {
		return err
	}
	patient(w, sendTime)
	d := &download{w: w, name: "evidence-" + digest.String() + ".tar", size: -1}
	return d.end(s, r, s.cfg.Evidence.TakeOut(r.Context(), digest, s.asker(r), d))
}

// evidencePart sends one part that is not personal, proven before its first
// byte.
func (s *Server) evidencePart(w http.ResponseWriter, r *http.Request) error {
	digest, err := bundleDigest(r)
	if err != nil {
		return err
	}
	f := readFields(r)
	name := f.values.Get("name") // as it is: a name may end with a space
	if f.err != nil {
		return f.err
	}
	b, err := s.cfg.Evidence.Show(r.Context(), digest)
	if err != nil {
		return err
	}
	part, ok := b.Manifest.Part(name)
	switch {
	case !ok:
		return cratewarden.Errorf(cratewarden.NotFound, "The evidence bundle has no part of that name. Go back to the bundle and use its links.")
	case part.Encrypted:
		return cratewarden.Errorf(cratewarden.Refused, "This part holds personal data. %s", lockedWhy)
	}
	patient(w, sendTime)
	return s.sendPart(w, r, digest, part)
}

func (s *Server) sendPart(w http.ResponseWriter, r *http.Request, digest ledger.Digest, part evidence.Part) error {
	body, _, err := s.cfg.Evidence.OpenPart(r.Context(), digest, part.Name, ledger.Entry{})
	if err != nil {
		return err
	}
	d := &download{w: w, name: digest.String()[:12] + "-" + path.Base(part.Name), size: part.Bytes}
	_, err = io.Copy(d, body)
	return d.end(s, r, errors.Join(err, body.Close()))
}
