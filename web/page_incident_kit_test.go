package web

import (
	"testing"
	"time"

	"cratewarden/incident"
	"cratewarden/incident/playbook"
	"cratewarden/telemetry/logtest"
)

// caseServer is pages on a real keeper of cases with a database of its own and
// neither engine nor mirror, as a responder sees them.
func caseServer(t *testing.T) (*Server, book) {
	t.Helper()
	books, err := playbook.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	b := emptyBook(t)
	keeper := incident.New(incident.Config{Console: b.db, Ledger: b.Log, Playbooks: books, Logger: logtest.Logger(t)})
	d := sampleDesk(t)
	d.Dossiers = sampleShelf(t)
	return deskServer(t, d, func(c *Config) {
		c.Incidents, c.Auth, c.Plans, c.Ledger, c.Clock = keeper, as(responder), samplePlans(t), b.Log, time.Now
	}), b
}
