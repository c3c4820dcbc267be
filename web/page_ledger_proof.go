package web

import (
	"crypto/sha256"
	"net/http"
	"strconv"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// entryIndex is the number in the path of an entry.
func entryIndex(r *http.Request) (int64, error) {
	text := r.PathValue("index")
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != text {
		return 0, cratewarden.Errorf(cratewarden.Invalid, "The address of an entry has its number, such as /ledger/12. Look it up in the ledger.")
	}
	return n, nil
}

// record reads the entry that the path names.
func (s *Server) record(r *http.Request) (ledger.Record, error) {
	index, err := entryIndex(r)
	if err != nil {
		return ledger.Record{}, err
	}
	record, err := s.cfg.Ledger.Get(r.Context(), index)
	return record, pg.Map(err)
}

// sendFile answers with a file to keep.
func sendFile(w http.ResponseWriter, kind, name string, content []byte) error {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(content)))
	h.Set("Content-Disposition", `attachment; filename="`+fileName(name)+`"`)
	w.WriteHeader(http.StatusOK)
	// The visitor may be gone; there is nobody left to tell.
	_, _ = w.Write(content)
	return nil
}

const plainText = "text/plain; charset=utf-8"

// ledgerBody gives the bytes that were hashed, no more and no less.
func (s *Server) ledgerBody(w http.ResponseWriter, r *http.Request) error {
	record, err := s.record(r)
	if err != nil {
		return err
	}
	return sendFile(w, "application/json", "ledger-"+digits(record.Entry.Index)+".json", record.Body)
}

// ledgerProof gives the inclusion proof. One that does not hold is never handed
// out as if it did.
func (s *Server) ledgerProof(w http.ResponseWriter, r *http.Request) error {
	record, err := s.record(r)
	if err != nil {
		return err
	}
	if record.Proof == nil {
		return cratewarden.Errorf(cratewarden.Unavailable, "Entry %d is not covered by a signed head yet. A running console with a key signs within 15 seconds; then there is a proof.", record.Entry.Index)
	}
	if err := record.Proof.Check(record.Body); err != nil {
		return cratewarden.Wrap(err, cratewarden.Conflict, "The proof of entry %d does not hold. Keep the database as it is and run: cratewarden ledger verify.", record.Entry.Index)
	}
	return sendFile(w, plainText, digits(record.Entry.Index)+".tlog-proof", record.Proof.Text())
}

// signedHead is the newest head; Unavailable while there is none.
func (s *Server) signedHead(r *http.Request) (ledger.Checkpoint, error) {
	state, err := s.cfg.Ledger.State(r.Context())
	if err == nil && state.Head.Note == nil {
		err = cratewarden.Errorf(cratewarden.Unavailable, "No head was signed yet. A running console with a key signs one within 15 seconds.")
	}
	return state.Head, pg.Map(err)
}

func (s *Server) ledgerCheckpoint(w http.ResponseWriter, r *http.Request) error {
	head, err := s.signedHead(r)
	if err != nil {
		return err
	}
	return sendFile(w, plainText, "checkpoint-"+digits(head.Size), head.Note)
}

func (s *Server) ledgerConsistency(w http.ResponseWriter, r *http.Request) error {
	f := readFields(r)
	from := f.wholeNumber("from")
	if from < 1 {
		f.refuse("Say how many entries the older log had: /ledger/consistency?from=12.")
	}
	if f.err != nil {
		return f.err
	}
	head, err := s.signedHead(r)
	if err != nil {
		return err
	}
	proof, err := s.cfg.Ledger.ProveConsistency(r.Context(), from, head)
	if err != nil {
		return pg.Map(err)
	}
	return sendFile(w, plainText, "consistency-"+digits(from)+"-"+digits(head.Size), proof.Text())
}

// ledgerDocument gives a document that an entry names by its hash.
func (s *Server) ledgerDocument(w http.ResponseWriter, r *http.Request) error {
	record, err := s.record(r)
	if err != nil {
		return err
	}
	var digest ledger.Digest
	if err := digest.UnmarshalText([]byte(r.PathValue("digest"))); err != nil {
		return cratewarden.Wrap(err, cratewarden.Invalid, "The address of a document ends with its SHA-256, 64 lower-case hexadecimal digits. Go back to the entry and use its link.")
	}
	for _, d := range record.Entry.Documents {
		if d.SHA256 != digest {
			continue
		}
		body, err := s.document(r, d)
		if err != nil {
			return err
		}
		if private(body) {
			return cratewarden.Errorf(cratewarden.Refused, "This document holds, or may hold, mail addresses or secrets. The page of the entry shows the rows without them.")
		}
		return sendFile(w, "application/octet-stream", "ledger-"+digits(record.Entry.Index)+"-"+d.Name, body)
	}
	return cratewarden.Errorf(cratewarden.NotFound, "Entry %d names no document with this hash.", record.Entry.Index)
}

// document reads a document and holds it to its hash.
func (s *Server) document(r *http.Request, d ledger.Document) ([]byte, error) {
	if s.cfg.Documents == nil {
		return nil, cratewarden.Errorf(cratewarden.Unavailable, "This console keeps no documents yet; the entry has the hash.")
	}
	body, err := s.cfg.Documents.Document(r.Context(), d.SHA256)
	if err != nil {
		return nil, pg.Map(err)
	}
	if sha256.Sum256(body) != d.SHA256 {
		return nil, cratewarden.Errorf(cratewarden.Conflict, "The document in the store is not the one that was recorded: its SHA-256 is another. Keep both as they are, and compare with other copies.")
	}
	return body, nil
}
