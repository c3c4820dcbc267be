package main

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden/action"
	"cratewarden/api"
	"cratewarden/demo"
	"cratewarden/incident"
	"cratewarden/registry"
)

// openCases makes the part that keeps incidents. Where nobody signs in there is
// none: who did what would be unknown.
func (p *parts) openCases(cfg consoleConfig, own, registryPool *pgxpool.Pool) error {
	if p.entrance == nil {
		return nil
	}
	settings, err := cfg.caseSettings()
	if err != nil {
		return err
	}
	conf := incident.Config{
		Console: own, Ledger: p.signer.ledger, Mirror: p.mirror, Reader: registry.New(registry.Config{Pool: registryPool}), Dossiers: p.dossiers,
		Tell: p.entrance.Tell, Playbooks: settings.playbooks, Registry: settings.registry, Publisher: settings.publisher,
		Demo: cfg.situations, FeedKey: settings.feed, FeedKeys: settings.feedAlso, FeedURL: feedAddress(cfg), Logger: cfg.log,
	}
	if p.acting != nil {
		conf.Engine = p.acting.engine
	}
	if p.evidence != nil {
		conf.Evidence = p.evidence
	}
	p.cases, p.playbooks = incident.New(conf), settings.playbooks
	return nil
}

// caseSettings are those of the file, or the program's own.
func (c consoleConfig) caseSettings() (caseConfig, error) {
	if c.cases != nil {
		return *c.cases, nil
	}
	return readCases("", c.label)
}

// demoCases speaks for a made-up registry.
func demoCases() (*caseConfig, error) {
	c, err := readCases("", "demo registry")
	c.registry.URL, c.registry.Appeal = "https://registry.example", "https://registry.example/appeals"
	c.publisher.Name, c.publisher.Namespace, c.publisher.Contact = "Demo registry team", "https://registry.example", "https://registry.example/contact"
	c.publisher.Authors, c.publisher.Team, c.publisher.TeamURL = "The demo registry team", "demo registry team", "https://registry.example/team"
	return &c, err
}

// feedAddress is the public feed's own name.
func feedAddress(cfg consoleConfig) string { return cfg.address() + api.Prefix + "/takedowns.json" }

// knownCase refuses an incident that is not there or is over. The engine and the
// openings are made before what keeps incidents, which needs the engine.
func (p *parts) knownCase(ctx context.Context, id string) error {
	if p.cases == nil {
		return nil
	}
	return p.cases.Known(ctx, id)
}

// followCases brings incidents up to date as soon as a plan or its evidence
// changed, so that states and check marks do not wait for the minute's round.
func (p *parts) followCases(ctx context.Context, cfg consoleConfig) error {
	if p.cases == nil {
		return nil
	}
	changed, _ := p.cases.Watch(ctx, "", "", action.Actor{})
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		}
		// An apply changes several rows within a moment.
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(100 * time.Millisecond):
		}
		if err := errors.Join(p.cases.SyncAll(ctx), p.cases.FollowFeed(ctx)); err != nil && ctx.Err() == nil {
			cfg.log.WarnContext(ctx, "incidents were not brought up to date; the next round does it", "error", err)
		}
	}
}

// demoAnswers reads the right answers to a demo folder's situations; nil when
// they are not there.
func demoAnswers(dir string) *demo.Situations {
	answers, ok := readMark[demo.Situations](dir, answersFile)
	if !ok {
		return nil
	}
	return &answers
}
