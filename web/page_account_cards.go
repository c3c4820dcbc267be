package web

import (
	"slices"
	"strings"
	"time"

	"cratewarden/dossier"
)

// ownedCard is a list of crates of an account or a team, with what a moderator
// judges them by. Fully yanked crates are in it, since nothing else shows them.
func ownedCard(kind RegistryKind, id, title string, page dossier.Page[dossier.OwnedCrate], former bool) Card {
	c := Card{ID: id, Title: title}
	if page.Absent != "" {
		return c.missing(page.Absent)
	}
	c.Note = shown(len(page.Rows), page.Total, "crate") + " · fully yanked ones included"
	t := &Table{Caption: title, Columns: []Column{{Label: "Crate"}, {Label: "Versions", Num: true}, {Label: "Last publish"}, {Label: "Owner since"},
		{Label: "Downloads", Num: true}, {Label: "Used by", Num: true}, {Label: "Code", Num: true}},
		Empty: Empty{Title: "No crate is owned", Text: "Neither directly nor through a team, fully yanked crates included."}}
	if former {
		t.Columns[3].Label = "Owner from, until"
		t.Empty = Empty{Title: "No crate was owned before"}
	}
	for i := range page.Rows {
		t.Rows = append(t.Rows, ownedRow(kind, &page.Rows[i]))
	}
	c.Table = t
	return c
}

func ownedRow(kind RegistryKind, c *dossier.OwnedCrate) Row {
	name := Phrase{}.Link(c.Name, crateURL(c.Name))
	row := Row{}
	if c.AllYanked {
		name, row.Tone = name.Say(" ").Badge(Hold, "all yanked"), Hold
	}
	if c.Empty {
		name = name.Say(" ").Badge(Warn, "empty")
	}
	if c.Owners > 1 {
		name = name.Say(" ").Badge(Plain, Plural(c.Owners, "owner"))
	}
	if c.Via != "" {
		name = name.Say(" ").Badge(Info, "via "+c.Via)
	}
	if c.Description != "" {
		name = name.Say(" ").Muted(shorten(c.Description, 90))
	}
	if len(c.Bins) > 0 {
		name = name.Say(" ").Muted("programs: " + shorten(strings.Join(c.Bins, ", "), 60))
	}
	if c.Repository != "" {
		name = name.Say(" ").External(c.Repository)
	}
	versions := Text(Num(c.Versions))
	if c.Yanked > 0 && !c.AllYanked {
		versions = versions.Say(" ").Muted(Num(c.Yanked) + " yanked")
	}
	since := lately(c.Since)
	if c.Until != nil {
		since = Text(date(c.Since)).Say(" ").Muted("until " + date(*c.Until))
	}
	code := Phrase{}.Muted(uncounted(kind))
	if c.CodeLines >= 0 {
		code = Text(Plural(c.CodeLines, "line"))
	}
	code = code.Say(" ").Muted(Bytes(c.Size))
	row.Cells = []Phrase{name, versions, lately(c.LastPublish), since, Text(Num(c.Downloads)).Say(" ").Muted(Num(c.Recent) + " in 90 d"), Text(countOrLoading(c.Dependents)), code}
	return row
}

// shorten cuts a text for a cell; the whole is on its own page.
func shorten(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return strings.TrimSpace(string(runes[:most-1])) + "…"
}

// accountTokens shows the newest tokens, at most so many and a link to the rest,
// or with 0 all of them: accounts that publish from many machines have hundreds.
func accountTokens(a *dossier.Account, most int) Card {
	c := Card{ID: "tokens", Title: "API tokens"}
	if a.Tokens.Absent != "" {
		return c.missing(a.Tokens.Absent)
	}
	rows := a.Tokens.Rows
	if most > 0 && len(rows) > most {
		rows, c.More = rows[:most], Link{"all", accountURL(a.ID, "tokens")}
	}
	c.Note = shown(len(rows), a.Tokens.Total, "token") + " · names are masked, they may identify people"
	c.Table = &Table{Caption: "API tokens", Columns: tokenColumns(false), Empty: Empty{Title: "No API token", Text: "This account has never made one; revoked and expired tokens would be listed."}}
	for i := range rows {
		c.Table.Rows = append(c.Table.Rows, tokenRow(&rows[i], false))
	}
	return c
}

func tokenColumns(owner bool) []Column {
	columns := []Column{{Label: "Token"}, {Label: "May"}, {Label: "Made"}, {Label: "Last used"}, {Label: "Expires"}, {Label: "Publishes", Num: true}}
	if owner {
		columns = append([]Column{{Label: "Owner"}}, columns...)
	}
	return columns
}

func tokenRow(t *dossier.Token, owner bool) Row {
	row := Row{}
	state := Phrase{}
	switch t.State {
	case "live":
		state = state.Badge(Good, "live")
	case "expired", "revoked":
		state = state.Badge(Plain, t.State)
	default:
		state = state.Badge(Hold, t.State)
	}
	may := Text(t.Endpoints).Say(" on ").Say(t.Crates)
	if t.Legacy {
		may = may.Say(" ").Badge(Warn, "legacy, unscoped")
	}
	row.Cells = []Phrase{
		Phrase{}.Code("#" + digits(t.ID)).Say(" ").Masked(t.MaskedName).Say(" ").add(state), may, lately(t.CreatedAt),
		orNever(t.LastUsedAt), orNever(t.ExpiresAt), Text(countOrLoading(t.Publishes)),
	}
	if owner {
		row.Cells = append([]Phrase{Phrase{}.Person(&t.Owner)}, row.Cells...)
	}
	return row
}

// orNever is an instant of which the absence means never.
func orNever(t time.Time) Phrase {
	if t.IsZero() {
		return Phrase{}.Muted("never")
	}
	return lately(t)
}

// lately is how long ago an instant was, and its day; the exact instant is the
// title. It stands where columns are many.
func lately(t time.Time) Phrase {
	if t.IsZero() {
		return Phrase{}.Muted("–")
	}
	return Phrase{}.Ago(t).Say(" ").Muted(date(t))
}

// accountPublishers shows the newest configurations as accountTokens does.
func accountPublishers(a *dossier.Account, most int) Card {
	c := Card{ID: "publishers", Title: "Trusted publishers of owned crates"}
	if a.Publishers.Absent != "" {
		return c.missing(a.Publishers.Absent)
	}
	c.Note = Plural(len(a.Publishers.Configs), "configuration") + " · " + Plural(a.Publishers.LiveTokens, "live token")
	c.Table = &Table{Caption: c.Title, Columns: []Column{{Label: "Crate"}, {Label: "Publishes from"}, {Label: "Workflow"}, {Label: "Environment"}, {Label: "Owner id"}, {Label: "Set up"}},
		Empty: Empty{Title: "No trusted publisher", Text: "None of the owned crates can be published from a repository's own runs."}}
	configs := a.Publishers.Configs
	if most > 0 && len(configs) > most {
		configs, c.More = configs[:most], Link{"all", accountURL(a.ID, "publishers")}
	}
	for _, p := range configs {
		environment := Phrase{}.Muted("any")
		if p.Environ != "" {
			environment = Phrase{}.Code(p.Environ)
		}
		owner := Phrase{}.Badge(Warn, "not pinned yet")
		if p.OwnerID != "" {
			owner = Phrase{}.Code(p.OwnerID)
		}
		c.Table.Rows = append(c.Table.Rows, Row{Cells: []Phrase{Phrase{}.Link(p.Crate, crateURL(p.Crate)),
			Phrase{}.Badge(Plain, providerName(p.Provider)).Say(" ").Copy(p.Origin, ""), Phrase{}.Code(p.Workflow), environment, owner, when(p.CreatedAt)}})
	}
	return c
}

func providerName(provider string) string {
	switch provider {
	case "github":
		return "GitHub"
	case "gitlab":
		return "GitLab"
	}
	return provider
}

func accountInvitations(a *dossier.Account) Card {
	c := Card{ID: "invitations", Title: "Invitations to own a crate"}
	if a.Invitations.Absent != "" {
		return c.missing(a.Invitations.Absent)
	}
	c.Note = shown(len(a.Invitations.Rows), a.Invitations.Total, "invitation")
	c.Table = &Table{Caption: c.Title, Columns: []Column{{Label: "Crate"}, {Label: "Invited"}, {Label: "By"}, {Label: "Sent"}, {Label: "State"}},
		Empty: Empty{Title: "No invitation is open", Text: "Accepted and declined ones leave no row."}}
	for i := range a.Invitations.Rows {
		v := &a.Invitations.Rows[i]
		state := Phrase{}.Badge(Plain, "expired").Say(" ").Ago(v.ExpiresAt)
		if v.Open {
			state = Phrase{}.Badge(Warn, "open").Say(" ends ").Ago(v.ExpiresAt)
		}
		c.Table.Rows = append(c.Table.Rows, Row{Cells: []Phrase{Phrase{}.Link(v.Crate, crateURL(v.Crate)), Phrase{}.Person(&v.Invitee), Phrase{}.Person(&v.Inviter), when(v.CreatedAt), state}})
	}
	return c
}

// accountPublishes is the newest of what the account published.
func accountPublishes(a *dossier.Account) Card {
	rows := a.Publishes.Rows
	sample := a.Publishes
	if len(rows) > accountSample {
		sample.Rows = rows[:accountSample]
	}
	c := versionsCard("publishes", "Published", sample)
	if c.Table != nil {
		c.More = Link{"all, with export", accountURL(a.ID, "publishes")}
	}
	return c
}

// versionsCard is a list of versions of several crates.
func versionsCard(id, title string, page dossier.Page[dossier.VersionRow]) Card {
	c := Card{ID: id, Title: title}
	if page.Absent != "" {
		return c.missing(page.Absent)
	}
	c.Note = shown(len(page.Rows), page.Total, "version") + " · newest first"
	c.Table = &Table{Caption: title, Columns: []Column{{Label: "Version"}, {Label: "Published (UTC)"}, {Label: "How"}, {Label: "Size", Num: true}, {Label: "Downloads", Num: true}},
		Empty: Empty{Title: "Nothing was published", Text: "The registry holds no version with this publisher. Versions by trusted publishing name no account."}}
	for _, v := range page.Rows {
		// One person published them all, and the head says when that one is locked.
		v.Marks = slices.DeleteFunc(news(v.Marks), func(m dossier.Mark) bool { return m.Text == "publisher locked" })
		name := Phrase{}.Link(v.Crate+" "+v.Num, versionURL(v.Crate, v.Num))
		c.Table.Rows = append(c.Table.Rows, Row{Tone: rowTone(v.Marks), Cells: []Phrase{name.withVersionMarks(&v), when(v.CreatedAt), howPublished(v), Text(Bytes(v.Size)), Text(Num(v.Downloads))}})
	}
	return c
}

// news are the marks that say what happened, without the one that the crate's
// default version has: in a list of several crates nearly every row has it.
func news(marks []dossier.Mark) []dossier.Mark {
	var out []dossier.Mark
	for _, m := range marks {
		if m.Text != "default" {
			out = append(out, m)
		}
	}
	return out
}
