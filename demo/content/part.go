package content

import (
	"fmt"
	"slices"
	"strings"
)

// part writes one of the smaller modules of a crate, of a drawn kind.
func (c *crate) part(noun string) string {
	d := newDice(c.seed, "part "+noun)
	words := some(d, qualities(), d.between(3, 7))
	kind := pick(d, []string{"enum", "options", "id", "error", "table", "flags"})
	pairs := []string{"@noun@", noun, "@Noun@", title(noun), "@small@", fmt.Sprint(d.between(12, 24)), "@first@", words[0]}
	switch kind {
	case "enum":
		pairs = append(pairs, "@variants@", lines(words, "    %s,"), "@all@", join(words, ", ", title(noun)+"::%s"),
			"@arms@", each(words, func(w string) string {
				return fmt.Sprintf("            %s::%s => %q,", title(noun), w, strings.ToLower(w))
			}))
	case "error":
		pairs = append(pairs, "@variants@", lines(words, "    %s,"), "@arms@", each(words, func(w string) string {
			return fmt.Sprintf("            %sError::%s => %q,", title(noun), w, "the "+noun+" is "+strings.ToLower(w))
		}))
	case "table":
		slices.Sort(words)
		pairs = append(pairs, "@entries@", each(words, func(w string) string {
			return fmt.Sprintf("    (%q, %d),", strings.ToLower(w), d.n(5000))
		}))
	case "flags":
		bit := -1
		pairs = append(pairs, "@flags@", each(words, func(w string) string {
			bit++
			return fmt.Sprintf("    pub const %s: %sFlags = %sFlags(1 << %d);", strings.ToUpper(w), title(noun), title(noun), bit)
		}))
	case "options":
		pairs = append(pairs, optionPairs(d, words)...)
	}
	return strings.NewReplacer(pairs...).Replace(template("part/" + kind))
}

// optionPairs makes fields of three types with defaults and setters.
func optionPairs(d *dice, words []string) []string {
	var fields, defaults, setters []string
	for _, w := range words {
		name := strings.ToLower(w)
		kind, value := "bool", pick(d, []string{"true", "false"})
		switch d.n(3) {
		case 0:
			kind, value = "usize", fmt.Sprint(1<<d.between(2, 12))
		case 1:
			kind, value = "Option<u32>", pick(d, []string{"None", "Some(8)", "Some(60)"})
		}
		fields = append(fields, fmt.Sprintf("    pub %s: %s,", name, kind))
		defaults = append(defaults, fmt.Sprintf("            %s: %s,", name, value))
		setters = append(setters, fmt.Sprintf("\n    pub fn %s(mut self, value: %s) -> Self {\n        self.%s = value;\n        self\n    }", name, kind, name))
	}
	return []string{"@fields@", strings.Join(fields, "\n"), "@defaults@", strings.Join(defaults, "\n"), "@setters@", strings.Join(setters, "\n")}
}

func lines(words []string, format string) string { return join(words, "\n", format) }

func join(words []string, sep, format string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = fmt.Sprintf(format, w)
	}
	return strings.Join(out, sep)
}

func each(words []string, f func(string) string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = f(w)
	}
	return strings.Join(out, "\n")
}

func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
