package web

import (
	"encoding/json"
	"slices"
	"strings"

	"cratewarden/action"
)

// Noticed is what a review noticed at one step or, in the same words, at
// several.
type Noticed struct {
	action.Guard
	Steps []int // ascending; empty when it is about the whole plan
}

// GroupNoticed puts together what a review says of several steps in the same
// words, in the order of the first of each.
func GroupNoticed(guards []action.Guard) (out []Noticed) {
	type words struct {
		level      action.Level
		code, text string
	}
	at := map[words]int{}
	for _, g := range guards {
		key := words{g.Level, g.Code, g.Text}
		i, again := at[key]
		if !again {
			i = len(out)
			at[key] = i
			out = append(out, Noticed{Guard: g})
		}
		if g.Step > 0 {
			out[i].Steps = append(out[i].Steps, g.Step)
		}
	}
	for i := range out {
		slices.Sort(out[i].Steps)
		out[i].Steps = slices.Compact(out[i].Steps)
	}
	return out
}

// StepWords names ascending steps: "step 2", "steps 1, 3–6".
func StepWords(steps []int) string {
	if len(steps) == 0 {
		return ""
	}
	var parts []string
	for i := 0; i < len(steps); {
		last := i
		for last+1 < len(steps) && steps[last+1] == steps[last]+1 {
			last++
		}
		switch first := digits(steps[i]); last - i {
		case 0:
			parts = append(parts, first)
		case 1:
			parts = append(parts, first, digits(steps[last]))
		default:
			parts = append(parts, first+"–"+digits(steps[last]))
		}
		i = last + 1
	}
	if len(steps) == 1 {
		return "step " + parts[0]
	}
	return "steps " + strings.Join(parts, ", ")
}

// workArgs are the arguments of any work after the commit, as far as people
// are told of them.
type workArgs struct {
	Crate    string   `json:"crate"`
	Crates   []string `json:"crates"`
	Paths    []string `json:"paths"`
	Tags     []string `json:"tags"`
	Entries  []int64  `json:"entries"`
	Bundles  []string `json:"bundles"`
	Account  int32    `json:"account"`
	Person   string   `json:"person"`
	Versions []struct {
		Crate string   `json:"crate"`
		Num   string   `json:"num"`
		Keys  []string `json:"keys"`
	} `json:"versions"`
}

// workWords says what a piece of work is about; a kind or shape of arguments
// that is not known is shown as it is.
func workWords(kind string, args json.RawMessage) string {
	var a workArgs
	if err := json.Unmarshal(args, &a); err != nil {
		return argWords(args)
	}
	what := ""
	switch kind {
	case "files.hold":
		what = "to the vault"
	case "files.release":
		what = "back from the vault"
	case "files.delete":
		what = "to delete"
	case "cdn.invalidate":
		if n := len(a.Tags); n > 0 {
			return "caches: " + Plural(n, "tag") + " of " + a.Crate
		}
		if a.Crate != "" {
			return "caches: " + Plural(len(a.Paths), "path") + " of " + a.Crate
		}
	case "index.check":
		if n := len(a.Crates); n > 0 {
			return "index " + noun(n, "file") + " of " + someOf(a.Crates)
		}
	case "person.erase":
		who := a.Person
		if a.Account != 0 {
			who = "account " + digits(a.Account)
		}
		return "keys of " + Plural(len(a.Entries), "ledger entry", "ledger entries") + " and " + Plural(len(a.Bundles), "evidence bundle") + " about " + who
	case "ledger.verify":
		return "proof that the whole ledger verifies"
	case "held", "released", "tombstone":
		if len(a.Versions) > 0 {
			return a.versions()
		}
	}
	if what == "" || a.Crate == "" || len(a.Versions) == 0 {
		return argWords(args)
	}
	files := 0
	for _, v := range a.Versions {
		files += len(v.Keys)
	}
	return a.versions() + ": " + Plural(files, "file") + " " + what
}

func noun(n int, one string) string {
	if n == 1 {
		return one
	}
	return one + "s"
}

// versions names versions, the crate once where all are of one.
func (a workArgs) versions() string {
	crate, one := a.Crate, true
	if crate == "" {
		crate = a.Versions[0].Crate
	}
	for _, v := range a.Versions {
		one = one && (v.Crate == "" || v.Crate == crate)
	}
	list := make([]string, len(a.Versions))
	for i, v := range a.Versions {
		if list[i] = v.Num; !one {
			list[i] = v.Crate + " " + v.Num
		}
	}
	if one {
		return crate + " " + someOf(list)
	}
	return someOf(list)
}

// someMost is how many names stand in a line before the rest is counted.
const someMost = 4

func someOf(list []string) string {
	if len(list) <= someMost {
		return strings.Join(list, ", ")
	}
	return strings.Join(list[:someMost-1], ", ") + " and " + Num(len(list)-someMost+1) + " more"
}
