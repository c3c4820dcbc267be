package web

import (
	"fmt"

	"cratewarden/dossier"
)

func fillCrateDependencies(p *dossierPage, d *dossier.Crate) {
	p.Main = []Card{dependenciesCard(d.Dependencies)}
}

func fillCrateTimeline(p *dossierPage, d *dossier.Crate) {
	p.Main = []Card{timelineCard(d.Timeline, 0, Link{})}
}

func fillCrateOwners(p *dossierPage, d *dossier.Crate) {
	p.Main = []Card{ownersCard(d), formerCard(d), invitationsCard(d), publishersCard(d)}
}

func fillCrateStorage(p *dossierPage, d *dossier.Crate) {
	p.Main = []Card{indexCard(d.Index), storageCard(d)}
}

func ownersCard(d *dossier.Crate) Card {
	c := Card{ID: "owners", Title: "Owners", Note: "who may publish, yank and invite"}
	c.Table = &Table{Caption: "Owners", Columns: []Column{{Label: "Owner"}, {Label: "Since"}, {Label: "How"}, {Label: "Published", Num: true}},
		Empty: Empty{Title: "Nobody owns this crate", Text: "Nobody can publish, yank or invite; only an administrator can."}}
	for _, o := range d.Owners.Active {
		row := Row{Cells: []Phrase{ownerCell(o), Phrase{}.Ago(o.AddedAt), howCell(o), Text(Num(o.Publishes))}}
		if o.Locked {
			row.Tone = Bad
		}
		c.Table.Rows = append(c.Table.Rows, row)
	}
	return c
}

func ownerCell(o dossier.Owner) Phrase {
	p := Phrase{}.Person(&o.Person)
	if o.Name != "" && o.Name != o.Login {
		p = p.Muted(" " + o.Name)
	}
	if o.Kind == "team" {
		p = p.Say(" ").Badge(Info, "team")
	}
	return p
}

func howCell(o dossier.Owner) Phrase {
	if o.AddedBy == nil {
		return Text(o.How)
	}
	return weave(o.How, thread{personName(*o.AddedBy), personURL(*o.AddedBy)})
}

func formerCard(d *dossier.Crate) Card {
	c := Card{ID: "former-owners", Title: "Former owners", Note: "only the last state of each is kept"}
	if d.Owners.FormerAbsent != "" {
		return c.missing(d.Owners.FormerAbsent)
	}
	c.Table = &Table{Caption: "Former owners", Columns: []Column{{Label: "Account"}, {Label: "From"}, {Label: "Until"}, {Label: "How"}, {Label: "Published", Num: true}},
		Empty: Empty{Title: "No former owner is known"}}
	for _, o := range d.Owners.Former {
		until := Phrase{}.Muted("–")
		if o.RemovedAt != nil {
			until = Phrase{}.UTC(*o.RemovedAt)
		}
		c.Table.Rows = append(c.Table.Rows, Row{Cells: []Phrase{ownerCell(o), Phrase{}.UTC(o.AddedAt), until, howCell(o), Text(Num(o.Publishes))}})
	}
	return c
}

func invitationsCard(d *dossier.Crate) Card {
	c := Card{ID: "invitations", Title: "Invitations", Note: "accepted and declined ones leave no row"}
	if d.Owners.Invitations.Absent != "" {
		return c.missing(d.Owners.Invitations.Absent)
	}
	c.Table = &Table{Caption: "Invitations", Columns: []Column{{Label: "Invited"}, {Label: "By"}, {Label: "Sent"}, {Label: "State"}},
		Empty: Empty{Title: "No invitation is open"}}
	for _, i := range d.Owners.Invitations.Rows {
		state := Phrase{}.Badge(Warn, "open").Say(" until ").UTC(i.ExpiresAt)
		if !i.Open {
			state = Phrase{}.Badge(Plain, "expired").Say(" ").Ago(i.ExpiresAt)
		}
		c.Table.Rows = append(c.Table.Rows, Row{Cells: []Phrase{Phrase{}.Person(&i.Invitee), Phrase{}.Person(&i.Inviter), Phrase{}.UTC(i.CreatedAt), state}})
	}
	return c
}

func indexCard(x dossier.IndexCheck) Card {
	c := Card{ID: "index", Title: "Index", Code: visible(x.Path), Note: "what clients resolve from, against the database"}
	if x.Absent != "" {
		return c.missing(x.Absent)
	}
	c.Guards = []Guard{indexGuard(x)}
	if x.Present && !x.ModifiedAt.IsZero() {
		c.Guards = append(c.Guards, Guard{Word: "fact", Text: Text("The file was written ").UTC(x.ModifiedAt).Say(", ").Ago(x.ModifiedAt)})
	}
	if len(x.Differences) == 0 {
		return c
	}
	c.Table = &Table{Caption: "Differences between index and database", Columns: []Column{{Label: "Version"}, {Label: "Field"}, {Label: "Index"}, {Label: "Database"}}}
	for _, diff := range x.Differences {
		c.Table.Rows = append(c.Table.Rows, Row{Tone: Bad, Cells: []Phrase{Phrase{}.Code(diff.Num), Text(diff.Field), code(diff.Index), code(diff.Database)}})
	}
	return c
}

// code is a value in the fixed-width face, or a dash.
func code(text string) Phrase {
	if text == "" {
		return Phrase{}.Muted("–")
	}
	return Phrase{}.Code(text)
}

func storageCard(d *dossier.Crate) Card {
	x := d.Files
	c := Card{ID: "files", Title: "Storage", Note: "objects against the database"}
	if x.Absent != "" {
		return c.missing(x.Absent)
	}
	c.Guards = []Guard{filesGuard(x)}
	c.Table = &Table{Caption: "Objects in storage", Columns: []Column{{Label: "Object"}, {Label: "State"}, {Label: "Size", Num: true}, {Label: "Written"}},
		Empty: Empty{Title: "The storage holds nothing for this crate", Text: "The database expects nothing either."}}
	// What is wrong comes first; there may be thousands that are well.
	for _, well := range []bool{false, true} {
		for _, f := range x.Rows {
			if (f.State == "present") == well {
				c.Table.Rows = append(c.Table.Rows, fileRow(f))
			}
		}
	}
	if x.Truncated {
		c.Gaps = []string{fmt.Sprintf("There are more objects than the %s that are looked at here.", Num(len(x.Rows)))}
	}
	return c
}

func fileRow(f dossier.StoredFile) Row {
	tone, size, state := Plain, Bytes(f.Size), Text(f.State)
	switch f.State {
	case "missing":
		tone, size = Bad, "–"
	case "size differs":
		tone, size = Bad, Bytes(f.Size)+" not "+Bytes(f.Expected)
	case "held":
		tone, size = Hold, "in the vault"
	case "extra":
		tone = Warn
	}
	if tone != Plain {
		state = Phrase{}.Badge(tone, f.State)
	}
	return Row{Tone: tone, Cells: []Phrase{Phrase{}.Code(f.Key), state, Text(size), Phrase{}.UTC(f.ModifiedAt)}}
}
