package web

import (
	"fmt"
	"strings"

	"cratewarden"
	"cratewarden/dossier"
)

// versionTable lists versions of one crate.
func versionTable(rows []dossier.VersionRow) *Table {
	t := &Table{Caption: "Versions", Empty: Empty{Title: "There is no version", Text: "The crate exists, but all its versions were deleted."},
		Columns: []Column{{Label: "Version"}, {Label: "Published (UTC)"}, {Label: "How"}, {Label: "By"}, {Label: "Downloads", Num: true}, {Label: "Size", Num: true}}}
	for _, v := range rows {
		t.Rows = append(t.Rows, Row{Tone: rowTone(v.Marks), Cells: []Phrase{
			Phrase{}.Link(v.Num, versionURL(v.Crate, v.Num)).withVersionMarks(&v),
			Phrase{}.UTC(v.CreatedAt),
			howPublished(v),
			publisherCell(v),
			Text(Num(v.Downloads)),
			Text(Bytes(v.Size)),
		}})
	}
	return t
}

func howPublished(v dossier.VersionRow) Phrase {
	p := Text(v.MethodLabel)
	if v.Credential != "" {
		p = p.Muted(" " + strings.Replace(v.Credential, "token ", "#", 1))
	}
	return p
}

// publisherCell is the person; trusted publishing has none.
func publisherCell(v dossier.VersionRow) Phrase {
	if v.Publisher == nil {
		return Phrase{}.Muted("–")
	}
	return Phrase{}.Person(v.Publisher)
}

func dependentTable(rows []dossier.DependentRow) *Table {
	t := &Table{Caption: "Dependents", Empty: Empty{Title: "No other crate depends on it"},
		Columns: []Column{{Label: "Crate"}, {Label: "Requirement"}, {Label: "Kind"}, {Label: "Versions", Num: true}, {Label: "Downloads", Num: true}}}
	for _, d := range rows {
		kind := Text(d.Kind)
		if d.Optional {
			kind = kind.Say(" ").Badge(Plain, "optional")
		}
		if !d.Default {
			kind = kind.Say(" ").Badge(Plain, "not in its default version")
		}
		t.Rows = append(t.Rows, Row{Cells: []Phrase{
			Phrase{}.Link(d.Crate, crateURL(d.Crate)), Phrase{}.Code(d.Requirement), kind, Text(Num(d.Versions)), Text(Num(d.Downloads))}})
	}
	return t
}

func dependenciesCard(d dossier.Dependencies) Card {
	c := Card{ID: "dependencies", Title: "Dependencies", Code: visible(d.Version), Note: Plural(len(d.Rows), "dependency", "dependencies") + " · new and young ones marked"}
	if d.Absent != "" {
		return c.missing(d.Absent)
	}
	c.Table = dependencyTable(d)
	return c
}

func dependencyTable(d dossier.Dependencies) *Table {
	t := &Table{Caption: "Dependencies", Empty: Empty{Title: "It depends on nothing"},
		Columns: []Column{{Label: "Crate"}, {Label: "Requirement"}, {Label: "Kind"}, {Label: "Features"}, {Label: "Only for"}, {Label: "Age then", Num: true}, {Label: "Downloads", Num: true}}}
	for _, x := range d.Rows {
		row := Row{Cells: []Phrase{
			dependencyName(x), Phrase{}.Code(x.Requirement), dependencyKind(x), dependencyFeatures(x), code(x.Target), Text(ageThen(x)), Text(Num(x.Downloads))}}
		switch {
		case x.New && x.Young:
			row.Tone = Bad
		case x.New || x.Young:
			row.Tone = Warn
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func dependencyName(x dossier.Dependency) Phrase {
	p := Phrase{}.Link(x.Crate, crateURL(x.Crate))
	if x.Rename != "" {
		p = p.Muted(" as ").Code(x.Rename)
	}
	if x.New {
		p = p.Say(" ").Badge(Warn, "new in this version")
	}
	if x.Young {
		p = p.Say(" ").Badge(Bad, "young: "+ageThen(x))
	}
	return p
}

// ageThen is how old the depended crate was at the publish. A crate that came
// after it took a name that was free, or free again.
func ageThen(x dossier.Dependency) string {
	if x.AgeAtPublish < 0 {
		return "made " + cratewarden.Span(-x.AgeAtPublish) + " later"
	}
	return cratewarden.Span(x.AgeAtPublish)
}

func dependencyKind(x dossier.Dependency) Phrase {
	p := Text(x.Kind)
	if x.Kind == "build" {
		p = Phrase{}.Badge(Info, "build").Muted(" runs while compiling")
	}
	if x.Optional {
		p = p.Say(" ").Badge(Plain, "optional")
	}
	return p
}

func dependencyFeatures(x dossier.Dependency) Phrase {
	var words []string
	if !x.DefaultFeatures {
		words = append(words, "without default")
	}
	if len(x.Features) > 0 {
		words = append(words, strings.Join(x.Features, ", "))
	}
	if len(words) == 0 {
		return Phrase{}.Muted("default")
	}
	text := strings.Join(words, "; ")
	if len(text) > 160 {
		text = fmt.Sprintf("%s… (%s)", visible(text[:120]), Plural(len(x.Features), "feature"))
	}
	return Text(text)
}
