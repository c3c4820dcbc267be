package incident

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/ledger"
)

// ExportEvent is the kind of event when somebody took the whole case along.
const ExportEvent = "export"

// Exporter is what the custody export needs of the evidence service.
type Exporter interface {
	Export(ctx context.Context, digest ledger.Digest, w io.Writer) error
}

// ExportCase writes the case for a court or an authority as one zip archive: the
// chain of custody, the case, every sealed bundle with its personal parts still
// encrypted, attached files, and the entries of the ledger with what proves
// them. That it was taken out, by whom and with which bundles, is recorded first
// and part of it. If something in it is not what was sealed, the archive has no
// end, so that nobody takes it for whole.
func (s *Service) ExportCase(ctx context.Context, who action.Actor, id string, w io.Writer) error {
	c, err := s.caseFile(ctx, id)
	if err != nil {
		return err
	}
	exporter, ok := s.cfg.Evidence.(Exporter)
	if len(c.Evidence) > 0 && !ok {
		return cratewarden.Errorf(cratewarden.Unavailable, "The store of evidence is not configured, so the case cannot be taken out.")
	}
	_, err = s.write(ctx, who, c.Incident.ID, func(_ context.Context, w *writing) error {
		w.record(record{Kind: ExportEvent, Subjects: exportSubjects(c), Details: map[string]string{"bundles": strconv.Itoa(len(c.Evidence)), "files": strconv.Itoa(len(c.Files))}})
		return nil
	})
	if err != nil {
		return err
	}
	if c, err = s.caseFile(ctx, c.Incident.ID); err != nil { // with the export in it
		return err
	}
	chain, err := s.custody(ctx, c)
	if err != nil {
		return err
	}
	out := &parcel{zip: zip.NewWriter(w), at: s.clock().UTC().Truncate(time.Second)}
	if err := s.pack(ctx, out, c, chain, exporter); err != nil {
		return err
	}
	return out.zip.Close()
}

// pack writes the members, the readable ones first and their hashes last.
func (s *Service) pack(ctx context.Context, out *parcel, c caseFile, chain custody, exporter Exporter) error {
	whole, err := c.json()
	if err != nil {
		return err
	}
	rows, err := c.csv()
	if err != nil {
		return err
	}
	links, err := json.MarshalIndent(chain, "", "  ")
	if err != nil {
		return err
	}
	for _, m := range []struct {
		name string
		text []byte
	}{
		{"README.txt", []byte(readme(c.Incident))}, {"custody.md", chain.markdown()}, {"custody.json", append(links, '\n')},
		{"case.md", c.markdown()}, {"case.json", whole}, {"timeline.csv", rows},
	} {
		if err := out.add(m.name, bytes.NewReader(m.text)); err != nil {
			return err
		}
	}
	if err := s.packEntries(ctx, out, chain); err != nil {
		return err
	}
	for _, e := range c.Evidence {
		var digest ledger.Digest
		if err := digest.UnmarshalText([]byte(e.SHA256)); err != nil {
			return err
		}
		if err := out.write("evidence/"+e.SHA256+".tar", func(w io.Writer) error { return exporter.Export(ctx, digest, w) }); err != nil {
			return err
		}
	}
	for _, f := range c.Files {
		_, content, err := s.OpenFile(ctx, c.Incident.ID, f.ID)
		if cratewarden.KindOf(err) == cratewarden.NotFound {
			continue // its content was erased; case.md still names it
		}
		if err != nil {
			return err
		}
		// No name that somebody sent becomes a name in the archive.
		if err := out.add(fmt.Sprintf("files/%d.bin", f.ID), bytes.NewReader(content)); err != nil {
			return err
		}
	}
	return out.add("SHA256SUMS", strings.NewReader(out.sums.String()))
}

// packEntries writes each entry as it was hashed, and beside it what proves it
// against the last signed head, if that holds it already.
func (s *Service) packEntries(ctx context.Context, out *parcel, chain custody) error {
	for _, index := range chain.entries {
		r, err := s.cfg.Ledger.Get(ctx, index)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("ledger/%d", index)
		if err := out.add(name+".json", bytes.NewReader(r.Body)); err != nil {
			return err
		}
		if r.Proof != nil {
			if err := out.add(name+".proof", bytes.NewReader(r.Proof.Text())); err != nil {
				return err
			}
		}
	}
	return nil
}

// parcel is the archive as it is written, and the hashes of what is in it.
type parcel struct {
	zip  *zip.Writer
	at   time.Time
	sums strings.Builder
}

func (p *parcel) add(name string, from io.Reader) error {
	return p.write(name, func(w io.Writer) error {
		_, err := io.Copy(w, from)
		return err
	})
}

func (p *parcel) write(name string, fill func(io.Writer) error) error {
	// Nothing is compressed: most of it is already, and what is in evidence must
	// not be unpacked on the way.
	w, err := p.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: p.at})
	if err != nil {
		return err
	}
	sum := sha256.New()
	if err := fill(io.MultiWriter(w, hash.Hash(sum))); err != nil {
		return err
	}
	fmt.Fprintf(&p.sums, "%s  %s\n", hex.EncodeToString(sum.Sum(nil)), name)
	return nil
}

func readme(i Incident) string {
	return fmt.Sprintf(`%s: the case as it stands in the console, TLP:%s.

custody.md     who sealed each bundle of evidence, and who opened or took it since
custody.json   the same for machines
case.md        the case: clocks, subjects, figures, tasks, plans, timeline
case.json      the same for machines
timeline.csv   the timeline for spreadsheets
evidence/      the sealed bundles, one tar archive each, named by the SHA-256 of its manifest
files/         what people attached, by number; case.md has the names
ledger/        entries of the ledger as they were hashed, each with its proof
SHA256SUMS     SHA-256 of everything else in this archive

CAUTION. The bundles and attached files hold code made to do harm. Do not build,
run or open it outside a machine kept for that. Editors run build scripts of what
they open.

To check a bundle: the SHA-256 of the file manifest.json in its archive is the name of
the archive; each file under parts/ is named by its SHA-256. To check that the ledger
has an entry, and had it before the head was signed: cratewarden ledger verify.
Parts with personal data are encrypted, and the key is not in this archive.
`, i.ID, i.TLP)
}
