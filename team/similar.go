package team

import (
	"slices"
	"strings"
)

// infos describes the documents that give roles, then the teams whose names are
// like theirs, then the file.
func (r reading) infos() []SourceInfo {
	var infos []SourceInfo
	for i, source := range r.sources {
		info := r.docs[i].info()
		info.Roles, info.OnCall = source.Roles, source.OnCall
		infos = append(infos, info)
	}
	given := len(infos)
	for _, doc := range r.all {
		like := func(i SourceInfo) bool { return alike(i.Name, doc.Name) }
		same := func(i SourceInfo) bool { return i.Kind != "permission" && i.Name == doc.Name }
		if slices.ContainsFunc(infos[:given], like) && !slices.ContainsFunc(infos, same) {
			infos = append(infos, doc.info())
		}
	}
	for i := range infos {
		for j, other := range infos {
			if i != j && alike(infos[i].Name, other.Name) {
				infos[i].Similar = append(infos[i].Similar, other.Kind+" "+other.Name)
			}
		}
	}
	if r.file.Kind != "" {
		infos = append(infos, r.file)
	}
	return infos
}

func (d document) info() SourceInfo {
	return SourceInfo{Kind: d.Kind, Name: d.Name, Title: d.Title, Parent: d.Parent, People: len(d.People)}
}

// alike says whether one name is easily taken for the other: the same but for
// what joins its words, a beginning of it, or a slip of one letter.
func alike(a, b string) bool {
	join := strings.NewReplacer("_", "-", ".", "-")
	a, b = join.Replace(lower(a)), join.Replace(lower(b))
	if len(a) > len(b) {
		a, b = b, a
	}
	return a == b || strings.HasPrefix(b, a+"-") || len(a) > 3 && oneSlip(a, b)
}

// oneSlip says whether one letter put in or exchanged makes a (the shorter) b.
func oneSlip(a, b string) bool {
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	return a[i:] == b[i+len(b)-len(a):] || i < len(a) && len(a) == len(b) && a[i+1:] == b[i+1:]
}
