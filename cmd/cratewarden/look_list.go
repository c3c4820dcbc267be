package main

import (
	"io"
	"net/url"
	"strconv"
	"strings"

	"cratewarden"
	"cratewarden/api/client"
	"cratewarden/dossier"
	"cratewarden/mirror"
)

type searchCmd struct {
	asking
	Query []string `arg:"" help:"Words, name@version, or user: email: team: sha: repo: token:."`
	Limit int      `default:"30" help:"Hits at most (up to 200)."`
}

// Help gives examples.
func (searchCmd) Help() string {
	return `Examples:

  cratewarden search serde
  cratewarden search sha:9b1fe07a
  cratewarden search email:example.org`
}

// Run searches.
func (c searchCmd) Run(e env) error {
	q := url.Values{"q": {strings.Join(c.Query, " ")}, "limit": {strconv.Itoa(c.Limit)}}
	return fetch(e, c.asking, q, func(w io.Writer, r *dossier.SearchResult) {
		say(w, "%s", inert(r.Understood))
		if len(r.Loading) > 0 {
			say(w, "Still loading, so some may be missing.")
		}
		if len(r.Hits) == 0 {
			say(w, "Nothing found.")
			return
		}
		printTable(w, "KIND|ID|WHAT|WHY|DETAIL", r.Hits, func(h mirror.Hit) []string {
			return []string{string(h.Kind), num(h.ID), h.Label, h.Reason, h.Detail}
		})
	}, "search")
}

type namesCmd struct {
	asking
	listing
	Query string `arg:"" optional:"" help:"A name: could it be published?"`
	Kind  string `enum:",reserved,usernames,deleted" default:"" help:"Print only this list: reserved, usernames or deleted."`

	Available string `enum:",yes,no" default:"" help:"Deleted names that can be published again now, or cannot: yes or no."`
}

// Help gives examples.
func (namesCmd) Help() string {
	return `Examples:

  cratewarden names my-new-crate
  cratewarden names --kind deleted --csv
  cratewarden names --kind deleted --available yes`
}

// Run shows names.
func (c namesCmd) Run(e env) error {
	q := c.query()
	set(q, "q", c.Query)
	set(q, "kind", c.Kind)
	set(q, "available", c.Available)
	return fetch(e, c.asking, q, c.print, "names")
}

func (c namesCmd) print(w io.Writer, n *dossier.Names) {
	if n.Answer != nil && !c.CSV {
		say(w, "%s", inert(n.Answer.Truth))
		for _, near := range n.Answer.Near {
			say(w, "  near: %s (%s)", inert(near.Name), near.Reason)
		}
	}
	if c.Kind == "" || c.Kind == "deleted" {
		c.title(w, "Deleted")
		printRows(w, c.listing, n.Deleted, "NAME|DELETED|BY|AVAILABLE|MESSAGE", func(d dossier.DeletedName) []string {
			return []string{d.Name, when(d.DeletedAt), person(d.DeletedBy), when(d.AvailableAt), d.Message}
		})
	}
	if c.Kind == "reserved" || c.Kind == "" && !c.CSV {
		c.title(w, "Reserved")
		printRows(w, c.listing, n.Reserved, "NAME", func(r dossier.ReservedName) []string { return []string{r.Name} })
	}
	if c.Kind == "usernames" || c.Kind == "" && !c.CSV {
		c.title(w, "Reserved user names")
		printRows(w, c.listing, n.Usernames, "NAME", func(r dossier.ReservedName) []string { return []string{r.Name} })
	}
}

func (c namesCmd) title(w io.Writer, text string) {
	if !c.CSV {
		heading(w, text)
	}
}

type publishesCmd struct {
	asking
	CSV      bool   `name:"csv" help:"Print the rows as CSV."`
	Limit    int    `default:"20" help:"Rows at most (up to 1000)."`
	Before   int    `help:"Go on below this version id."`
	Method   string `enum:",token,session,github,gitlab,account,unknown" default:"" help:"Only this method: token, session, github, gitlab, account or unknown."`
	Account  int    `help:"Only this account's."`
	Prefix   string `help:"Only crates whose names start so."`
	NewCrate bool   `help:"Only first versions of a crate."`
	FirstBy  bool   `help:"Only an account's first publish of a crate."`
	Yanked   bool   `help:"Only versions yanked since."`
}

// Help gives examples.
func (publishesCmd) Help() string {
	return `Examples:

  cratewarden publishes --new-crate
  cratewarden publishes --method token --first-by --csv`
}

// Run lists the feed.
func (c publishesCmd) Run(e env) error {
	q := url.Values{"limit": {strconv.Itoa(c.Limit)}}
	set(q, "method", c.Method)
	set(q, "prefix", c.Prefix)
	for name, n := range map[string]int{"before": c.Before, "account": c.Account} {
		if n != 0 {
			q.Set(name, strconv.Itoa(n))
		}
	}
	for name, on := range map[string]bool{"new_crate": c.NewCrate, "first_by": c.FirstBy, "yanked": c.Yanked} {
		if on {
			q.Set(name, "true")
		}
	}
	return fetch(e, c.asking, q, func(w io.Writer, p *dossier.Publishes) {
		l := listing{CSV: c.CSV}
		printRows(w, l, withoutKey(p.Rows), "ID|CRATE|VERSION|PUBLISHED (UTC)|METHOD|PUBLISHER|MARKS", func(r dossier.PublishRow) []string {
			return []string{num(r.ID), r.Crate, r.Num, when(r.CreatedAt), r.MethodLabel, person(r.Publisher), marks(r.Marks)}
		})
		if p.Rows.Next != "" && !c.CSV {
			say(w, "  more: --before %s", p.Rows.Next)
		}
	}, "publishes")
}

func withoutKey[T any](p dossier.Page[T]) dossier.Page[T] {
	p.Next = ""
	return p
}

type jobsCmd struct {
	asking
	listing
	Type  string `help:"Only jobs of this type."`
	State string `enum:",waiting,running,failing,stuck,parked,unknown type" default:"" help:"Only jobs in this state: waiting, running, failing, stuck, parked or unknown type."`
	Crate string `help:"Only jobs for this crate."`
}

// Help gives examples.
func (jobsCmd) Help() string {
	return `Examples:

  cratewarden jobs --state failing
  cratewarden jobs --crate serde --json`
}

// Run shows the queue.
func (c jobsCmd) Run(e env) error {
	q := c.query()
	set(q, "type", c.Type)
	set(q, "state", c.State)
	set(q, "crate", c.Crate)
	return fetch(e, c.asking, q, func(w io.Writer, j *dossier.Jobs) {
		if !c.CSV {
			if j.Absent != "" {
				say(w, "%s", j.Absent)
				return
			}
			if j.Alarm != "" {
				say(w, "%s", j.Alarm)
			}
			printTable(w, "TYPE|ALL|WAITING|RUNNING|FAILING|STUCK|PARKED", j.Types, func(t dossier.JobType) []string {
				return []string{t.Type, num(t.Total), num(t.Waiting), num(t.Running), num(t.Failing), num(t.Stuck), num(t.Parked)}
			})
			say(w, "")
		}
		printRows(w, c.listing, j.Rows, "ID|TYPE|FOR|STATE|RETRIES|CREATED", func(r dossier.Job) []string {
			return []string{num(r.ID), r.Type, r.For, r.State, num(r.Retries), when(r.CreatedAt)}
		})
	}, "jobs")
}

type statusCmd struct{ asking }

// Run shows what the console holds.
func (c statusCmd) Run(e env) error {
	return fetch(e, c.asking, nil, func(w io.Writer, h *dossier.Home) {
		say(w, "%s: %s, %s, %s", inert(h.Registry), held(h, mirror.PartCrates, h.Crates), held(h, mirror.PartVersions, h.Versions), held(h, mirror.PartAccounts, h.Accounts))
		if h.Dump != nil {
			fact(w, "Public dump", h.Dump.File+", taken "+when(h.Dump.TakenAt))
		}
		if text := h.Unread(); text != "" {
			fact(w, "Database", text)
		}
		fact(w, "Mirror", mirrorState(h))
		for _, p := range h.Mirror.Parts {
			fact(w, "  "+string(p.Part), p.State+", "+num(p.Rows)+" rows")
		}
	}, "home")
}

// held is a count, or that it cannot be told before the part is loaded.
func held(h *dossier.Home, part mirror.Part, count int) string {
	for _, p := range h.Mirror.Parts {
		if p.Part == part && p.State != "ready" {
			return string(part) + " " + p.State
		}
	}
	return num(count) + " " + string(part)
}

func mirrorState(h *dossier.Home) string {
	s := h.Mirror
	switch {
	case s.Problem != "":
		return s.Problem
	case !s.Ready:
		return "loading"
	case h.Dump != nil:
		return "complete as of the dump, which is not followed"
	}
	return "follows the registry as of " + s.FreshAt.UTC().Format("2006-01-02 15:04:05 UTC")
}

type tokenCmd struct{ asking }

// Help gives an example.
func (tokenCmd) Help() string {
	return `Example:

  cratewarden token < found-token.txt

The credential is read from standard input and never from an argument, because
arguments stand in the shell's history and in the list of processes.`
}

// Run looks a credential up.
func (c tokenCmd) Run(e env) error {
	text, err := io.ReadAll(io.LimitReader(e.stdin, 1024))
	if err != nil {
		return cratewarden.Wrap(err, cratewarden.Invalid, "Standard input cannot be read.")
	}
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	body := map[string]string{"token": strings.TrimSpace(string(text))}
	answer, err := client.Post[dossier.TokenLookup](e.ctx, cl, body, "token-lookup")
	if err != nil {
		return err
	}
	return show(e, c.asking, answer, printToken)
}

func printToken(w io.Writer, t *dossier.TokenLookup) {
	say(w, "%s", inert(t.Truth))
	if t.Token != nil {
		fact(w, "Owner", person(&t.Token.Owner))
		fact(w, "State", t.Token.State)
		fact(w, "May", t.Token.Endpoints+" on "+t.Token.Crates)
		fact(w, "Made", when(t.Token.CreatedAt))
		fact(w, "Last used", when(t.Token.LastUsedAt))
	}
	if t.Live != nil {
		fact(w, "For", strings.Join(t.Live.Crates, ", "))
		fact(w, "Expires", when(t.Live.ExpiresAt))
		fact(w, "From", t.Live.Origin)
	}
	if len(t.Publishes.Rows) > 0 {
		heading(w, "Published with it")
		printVersions(w, listing{}, t.Publishes)
	}
}
