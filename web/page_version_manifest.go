package web

import (
	"maps"
	"slices"
	"strings"

	"cratewarden"
	"cratewarden/dossier"
)

// fillManifest shows what the registry stored of the version's manifest.
func fillManifest(p *dossierPage, v *dossier.Version) {
	p.Main = []Card{manifestCard(p.Registry.Kind, v.Manifest), featuresCard(v.Features)}
}

func manifestCard(kind RegistryKind, m dossier.Manifest) Card {
	c := Card{ID: "manifest", Title: "Manifest", Note: "as the registry stored it at the publish"}
	c.List = []Fact{
		{Label: "Description", Value: orDash(m.Description)},
		{Label: "License", Value: orDash(m.License)},
		{Label: "Edition", Value: orDash(m.Edition)},
		{Label: "Least Rust version", Value: orDash(m.RustVersion)},
		{Label: "Links native library", Value: code(m.Links)},
		{Label: "Library", Value: library(m)},
		{Label: "Programs", Value: code(strings.Join(m.BinNames, ", "))},
		{Label: "Lines", Value: Text(lines(kind, m))},
		{Label: "Keywords", Value: words(m.Keywords)},
		{Label: "Categories", Value: words(m.Categories)},
		{Label: "Repository", Value: outside(m.Repository)},
		{Label: "Homepage", Value: outside(m.Homepage)},
		{Label: "Documentation", Value: outside(m.Documentation)},
	}
	for _, text := range m.Absent {
		c.Gaps = append(c.Gaps, capitalised(visible(text)))
	}
	return c
}

func library(m dossier.Manifest) Phrase {
	switch {
	case m.HasLib == nil:
		return Phrase{}.Muted("not known")
	case !*m.HasLib:
		return Text("none")
	case m.LibName == "":
		return Text("yes")
	}
	return Phrase{}.Code(m.LibName)
}

// uncounted stands where lines of code would: a public dump leaves them out, and
// the registry itself has not looked at every old version.
func uncounted(kind RegistryKind) string {
	if kind == Dump {
		return cratewarden.NotInDump
	}
	return "not counted"
}

func lines(kind RegistryKind, m dossier.Manifest) string {
	if m.CodeLines < 0 {
		return uncounted(kind)
	}
	return Num(m.CodeLines) + " of code, " + Num(m.CommentLines) + " of comments"
}

func featuresCard(features map[string][]string) Card {
	c := Card{ID: "features", Title: "Features", Note: Plural(len(features), "feature")}
	c.Table = &Table{Caption: "Features", Columns: []Column{{Label: "Feature"}, {Label: "Switches on"}}, Empty: Empty{Title: "It has no features"}}
	for _, name := range slices.Sorted(maps.Keys(features)) {
		on := Phrase{}.Muted("nothing else")
		if list := features[name]; len(list) > 0 {
			on = Phrase{}.Code(strings.Join(list, ", "))
		}
		row := Row{Cells: []Phrase{Phrase{}.Code(name), on}}
		if name == "default" {
			row.Cells[0] = row.Cells[0].Say(" ").Badge(Info, "on by default")
		}
		c.Table.Rows = append(c.Table.Rows, row)
	}
	return c
}
