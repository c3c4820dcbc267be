package main

import (
	"io"

	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/api"
	"cratewarden/dossier"
	"cratewarden/opening"
	"cratewarden/registry"
)

// whyFlags say why something masked shall be seen.
type whyFlags struct {
	Reason   string `help:"Why, in at least ten letters; for colleagues, and kept in the ledger."`
	Incident string `placeholder:"ID" help:"The incident, in place of a reason."`
}

func (w whyFlags) why() api.OpenWhy { return api.OpenWhy{Reason: w.Reason, Incident: w.Incident} }

// open shows what is masked of an account, on standard output alone.
func (c userCmd) open(e env, id string) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	opened, err := cl.OpenAccount(e.ctx, id, c.Open, c.why())
	if err != nil {
		return err
	}
	return show(e, c.asking, opened, func(w io.Writer, o *opening.Opened) {
		if c.CSV {
			printCSV(w, dossier.Page[opening.Value]{Rows: o.Values})
			return
		}
		say(w, "Recorded as entry %d of the ledger.", o.Entry)
		printTable(w, "WHAT|VALUE|NOTE", o.Values, func(v opening.Value) []string { return []string{v.Name, v.Text, v.Note} })
	})
}

type evidenceOpenCmd struct {
	asking
	whyFlags
	Digest string `arg:"" help:"The bundle."`
	Part   string `arg:"" help:"Name of the part, as evidence show prints it."`
}

// Help gives examples.
func (evidenceOpenCmd) Help() string {
	return `Examples:

  cratewarden evidence open 5c1f… rows/emails.jsonl --incident INC-7 >emails.jsonl

The part is written to standard output as it was sealed. Who opened it and why is
in the ledger first.`
}

// Run writes a personal part.
func (c evidenceOpenCmd) Run(e env) error {
	if terminal(e.stdout) {
		return cratewarden.Errorf(cratewarden.Refused, "A part may hold anything that attackers wrote. Send it into a file: add >FILE.")
	}
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	return cl.OpenEvidence(e.ctx, c.Digest, c.Part, c.why(), e.stdout)
}

// openings joins what masked data is opened from; nil where nobody signs in.
func (p *parts) openings(cfg consoleConfig, own, reg *pgxpool.Pool) *opening.Service {
	if p.entrance == nil {
		return nil
	}
	conf := opening.Config{Registry: registry.New(registry.Config{Pool: reg, Dump: cfg.dump != nil}), Mirror: p.mirror, Console: own, Ledger: p.signer.ledger, Incidents: p.knownCase}
	if p.evidence != nil {
		conf.Evidence = p.evidence
	}
	return opening.New(conf)
}
