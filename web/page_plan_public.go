package web

import (
	"slices"
	"strings"
)

// gatherWords puts together what outsiders will read in the same words in
// several places: 15 equal yank messages are read once, with the list of
// versions that get them.
func gatherWords(list []planWords) []planWords {
	var out []planWords
	at := map[string]int{}
	wheres := map[string][]string{}
	for _, x := range list {
		key := x.Text + "\x00" + firstWord(x.Where)
		i, again := at[key]
		if !again {
			i = len(out)
			at[key] = i
			out = append(out, planWords{Text: x.Text})
		}
		wheres[key] = append(wheres[key], x.Where)
		out[i].at = append(out[i].at, x.at...)
	}
	for key, i := range at {
		slices.Sort(out[i].at)
		out[i].at = slices.Compact(out[i].at)
		out[i].Where, out[i].Steps = joinPlaces(wheres[key]), StepWords(out[i].at)
	}
	return out[:min(len(out), guardsMost)]
}

func firstWord(text string) string {
	word, _, _ := strings.Cut(text, " ")
	return word
}

// joinPlaces writes places that begin and end with the same words once: "yank
// message of a 1.0.0, b 2.0.0".
func joinPlaces(places []string) string {
	if len(places) == 1 {
		return places[0]
	}
	words := make([][]string, len(places))
	for i, p := range places {
		words[i] = strings.Fields(p)
	}
	head, tail := 0, 0
	for head < len(words[0])-1 && !slices.ContainsFunc(words, func(w []string) bool { return len(w) <= head+1 || w[head] != words[0][head] }) {
		head++
	}
	for tail < len(words[0])-head-1 && !slices.ContainsFunc(words, func(w []string) bool {
		return len(w) <= head+tail+1 || w[len(w)-1-tail] != words[0][len(words[0])-1-tail]
	}) {
		tail++
	}
	middle := make([]string, len(words))
	for i, w := range words {
		middle[i] = strings.TrimSuffix(strings.Join(w[head:len(w)-tail], " "), ",")
	}
	out := strings.Join(append(slices.Clone(words[0][:head]), strings.Join(middle, ", ")), " ")
	if tail > 0 {
		out += ", " + strings.Join(words[0][len(words[0])-tail:], " ")
	}
	return out
}
