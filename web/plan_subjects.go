package web

import (
	"context"
	"sync"
	"time"

	"cratewarden/ledger"
)

// openSubjects remembers for a moment which subjects have plans that are not
// over. Nearly none has, and every dossier would have to ask.
type openSubjects struct {
	mu   sync.Mutex
	at   time.Time
	have map[ledger.Subject]bool
}

// openAge is how long another process's new plan may be unseen on a dossier;
// what this process changes is seen at once.
const openAge = time.Second

// mayBeOpen says whether it is worth asking for open plans about a subject.
// Whoever cannot tell says yes.
func (p *planned) mayBeOpen(ctx context.Context, x ledger.Subject) bool {
	teller, ok := p.plans.(interface {
		OpenSubjects(ctx context.Context) (map[ledger.Subject]bool, error)
	})
	if !ok {
		return true
	}
	o := &p.subjects
	o.mu.Lock()
	defer o.mu.Unlock()
	if time.Since(o.at) > openAge {
		have, err := teller.OpenSubjects(ctx)
		if err != nil {
			have = nil // the others shall not wait one after the other for the same trouble
		}
		o.at, o.have = time.Now(), have
	}
	return o.have == nil || o.have[ledger.Subject{Kind: x.Kind, ID: x.ID}]
}

// forget makes the next dossier ask anew.
func (o *openSubjects) forget() {
	o.mu.Lock()
	o.at = time.Time{}
	o.mu.Unlock()
}
