package playbook

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"cratewarden/action"
)

// Limits of one playbook.
const (
	maxItems = 100
	maxTitle = 160
	maxHelp  = 2000
	maxOf    = 16
)

var (
	word = regexp.MustCompile(`^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$`)
	// place is a path of the console, with {incident} and the like for what is
	// filled in, or a part of the case's page. It has no host: "//" is refused.
	place = regexp.MustCompile(`^(?:#[a-z][a-z0-9-]*|/(?:[a-z0-9{}._-]+/)*[a-z0-9{}._-]*(?:\?[a-z0-9{}=&_.-]*)?(?:#[a-z][a-z0-9-]*)?)$`)
)

func (p *Playbook) check() error {
	if !word.MatchString(p.Kind) || len(p.Kind) > 40 {
		return fmt.Errorf("kind must be a short word of small letters, digits and hyphens")
	}
	if err := prose("title", p.Title, maxTitle, true, false); err != nil {
		return err
	}
	if err := prose("about", p.About, maxHelp, false, true); err != nil {
		return err
	}
	if len(p.Items) == 0 || len(p.Items) > maxItems {
		return fmt.Errorf("a playbook has 1 to %d items; this one has %d", maxItems, len(p.Items))
	}
	acts := action.NewCatalogue()
	seen := map[string]bool{}
	order := 0
	for i, item := range p.Items {
		if err := item.check(acts); err != nil {
			return fmt.Errorf("items[%d]: %w", i, err)
		}
		if seen[item.ID] {
			return fmt.Errorf("items[%d]: the id %s is used twice", i, item.ID)
		}
		seen[item.ID] = true
		at := slices.Index(Phases(), item.Phase)
		if at < order {
			return fmt.Errorf("items[%d]: items are in the order of their phases, and %s comes before %s", i, item.Phase, p.Items[i-1].Phase)
		}
		order = at
	}
	return nil
}

func (i Item) check(acts *action.Catalogue) error {
	if !word.MatchString(i.ID) || len(i.ID) > 60 {
		return fmt.Errorf("id must be a short word of small letters, digits and hyphens")
	}
	if err := prose("title", i.Title, maxTitle, true, false); err != nil {
		return err
	}
	if err := prose("help", i.Help, maxHelp, false, true); err != nil {
		return err
	}
	if !slices.Contains(Phases(), i.Phase) {
		return fmt.Errorf("%q is not a phase; they are %v", i.Phase, Phases())
	}
	if _, known := acts.Kind(i.Action); i.Action != "" && !known {
		if !i.Page() {
			return fmt.Errorf("%q is neither an act of the catalogue nor a page", i.Action)
		}
		if len(i.Action) > 200 || !place.MatchString(i.Action) || strings.Contains(i.Action, "..") {
			return fmt.Errorf("%q is not a page of this console", i.Action)
		}
	}
	return i.Ticks.check(acts)
}

func (c Condition) check(acts *action.Catalogue) error {
	if len(c.Of) > maxOf {
		return fmt.Errorf("an item ticks itself on at most %d things", maxOf)
	}
	for _, of := range c.Of {
		known := true
		switch c.Word {
		case Applied:
			_, known = acts.Kind(of)
		case DraftMade, DraftSent:
			known = slices.Contains(formats(), of)
		case Figure:
			known = of == "downloads" || of == "dependents"
		case Reached:
			known = slices.Contains([]string{"triaged", "contained", "sealed", "removed", "communicated", "closed", "reviewed"}, of)
		case Subjects:
			known = word.MatchString(of)
		}
		if !known {
			return fmt.Errorf("%q cannot follow %q in what ticks an item", of, c.Word)
		}
	}
	return nil
}

// prose refuses texts that are empty, long, or hold what cannot be seen: a list
// must look the same to everybody who reads it.
func prose(field, s string, most int, needed, lines bool) error {
	switch {
	case needed && strings.TrimSpace(s) == "":
		return fmt.Errorf("%s is missing", field)
	case !utf8.ValidString(s):
		return fmt.Errorf("%s is not valid UTF-8", field)
	case utf8.RuneCountInString(s) > most:
		return fmt.Errorf("%s has more than %d characters", field, most)
	}
	for _, r := range s {
		if r == '\n' && lines {
			continue
		}
		if !unicode.IsPrint(r) {
			return fmt.Errorf("%s holds a character that cannot be seen (U+%04X)", field, r)
		}
	}
	return nil
}
