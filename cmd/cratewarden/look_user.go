package main

import (
	"io"
	"net/url"
	"strconv"

	"cratewarden"
	"cratewarden/api/client"
	"cratewarden/dossier"
)

type userCmd struct {
	asking
	listing
	userFilter
	whyFlags
	Who  string `arg:"" help:"Login, or account id."`
	Open string `enum:",mail,tokens" default:"" help:"See what is masked, on the record: mail addresses, or names of API tokens (tokens)."`
	List string `enum:",crates,publishes" default:"" help:"Print only this list, a page at a time: crates or publishes."`
}

// Help gives examples.
func (userCmd) Help() string {
	return `Examples:

  cratewarden user octocat
  cratewarden user 1234 --list publishes --csv
  cratewarden user 1234 --list crates --state all-yanked
  cratewarden user 1234 --open mail --reason "to tell the owner of the break-in"

Several accounts may have had one login; then they are listed and you choose by
id.`
}

// Run shows an account or one of its lists.
func (c userCmd) Run(e env) error {
	q := c.query()
	if err := c.narrow(q, c.List); err != nil {
		return err
	}
	id, err := c.resolve(e)
	if err != nil || id == "" {
		return err
	}
	if c.Open != "" {
		return c.open(e, id)
	}
	switch c.List {
	case "crates":
		return fetch(e, c.asking, q, func(w io.Writer, p *dossier.Page[dossier.OwnedCrate]) { printOwned(w, c.listing, *p) }, "accounts", id, "crates")
	case "publishes":
		return fetch(e, c.asking, q, func(w io.Writer, p *dossier.Page[dossier.VersionRow]) { printVersions(w, c.listing, *p) }, "accounts", id, "publishes")
	}
	return fetch(e, c.asking, nil, c.print, "accounts", id)
}

type candidates struct {
	Rows []dossier.Person `json:"rows"`
}

// resolve turns a login into an id; with several candidates it lists them and
// gives "".
func (c userCmd) resolve(e env) (string, error) {
	if _, err := strconv.ParseInt(c.Who, 10, 32); err == nil {
		return c.Who, nil
	}
	cl, err := c.client(e)
	if err != nil {
		return "", err
	}
	found, err := client.Get[candidates](e.ctx, cl, url.Values{"login": {c.Who}}, "accounts")
	if err != nil {
		return "", err
	}
	switch len(found.Rows) {
	case 0:
		return "", cratewarden.Errorf(cratewarden.NotFound, "No account has or had the login %s.", inert(c.Who))
	case 1:
		return num(found.Rows[0].ID), nil
	}
	say(e.stdout, "Several accounts have or had this login; name one by its id:")
	printTable(e.stdout, "ID|LOGIN|NAME", found.Rows, func(p dossier.Person) []string { return []string{num(p.ID), p.Login, p.Name} })
	return "", nil
}

func (c userCmd) print(w io.Writer, a *dossier.Account) {
	if c.CSV {
		printCSV(w, a.Crates)
		return
	}
	say(w, "%s\n%s", inert(a.Login), inert(a.Truth))
	fact(w, "Marks", marks(a.Marks))
	fact(w, "Name", a.Name)
	fact(w, "Account", num(a.ID)+", GitHub id "+num(a.Identity.GitHubID))
	fact(w, "Created", when(a.CreatedAt))
	fact(w, "E-mail", orElse(a.Mail.Absent, a.Mail.Masked))
	fact(w, "Lock", orElse(a.Lock.Absent, lockState(a.Lock)))
	heading(w, "Crates")
	printOwned(w, c.listing, a.Crates)
	heading(w, "Tokens")
	printRows(w, c.listing, a.Tokens, "ID|NAME (MASKED)|STATE|MAY|ON|LAST USED", func(t dossier.Token) []string {
		return []string{num(t.ID), t.MaskedName, t.State, t.Endpoints, t.Crates, when(t.LastUsedAt)}
	})
	heading(w, "Publishes")
	printVersions(w, c.listing, a.Publishes)
	heading(w, "Resembles")
	if a.Resembles.Absent != "" || len(a.Resembles.Rows) == 0 {
		say(w, "  %s", orElse(a.Resembles.Absent, "nobody"))
	}
	for _, r := range a.Resembles.Rows {
		say(w, "  %s (account %d): %s", inert(r.Login), r.ID, r.Reason)
	}
	printTimeline(w, a.Timeline, 12)
}

func lockState(l dossier.Lock) string {
	switch {
	case l.Locked && l.Until != nil:
		return "locked until " + when(*l.Until) + ": " + l.Reason
	case l.Locked:
		return "locked for ever: " + l.Reason
	case l.Expired:
		return "not locked; an earlier lock has run out"
	}
	return "not locked"
}

func printOwned(w io.Writer, l listing, p dossier.Page[dossier.OwnedCrate]) {
	printRows(w, l, p, "CRATE|VERSIONS|YANKED|LAST PUBLISH|DOWNLOADS|DEPENDENTS|OWNERS|VIA", func(r dossier.OwnedCrate) []string {
		return []string{r.Name, num(r.Versions), num(r.Yanked), when(r.LastPublish), num(r.Downloads), num(r.Dependents), num(r.Owners), r.Via}
	})
}

type teamCmd struct {
	asking
	listing
	teamFilter
	ID   int    `arg:"" help:"Team id; search finds it by login."`
	List string `enum:",crates" default:"" help:"Print only its crates, a page at a time."`
}

// Help gives an example.
func (teamCmd) Help() string {
	return `Example:

  cratewarden search team:rust-lang
  cratewarden team 12 --list crates --csv`
}

// Run shows a team.
func (c teamCmd) Run(e env) error {
	q := c.query()
	if err := c.narrow(q, c.List); err != nil {
		return err
	}
	if c.List == "crates" {
		return fetch(e, c.asking, q, func(w io.Writer, p *dossier.Page[dossier.OwnedCrate]) { printOwned(w, c.listing, *p) }, "teams", strconv.Itoa(c.ID), "crates")
	}
	return fetch(e, c.asking, nil, func(w io.Writer, t *dossier.Team) {
		if !c.CSV {
			say(w, "%s", inert(t.Login))
			fact(w, "Name", t.Name)
			heading(w, "Crates")
		}
		printOwned(w, c.listing, t.Crates)
	}, "teams", strconv.Itoa(c.ID))
}
