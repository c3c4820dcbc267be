package incident

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"cratewarden/advisory"
)

// TextField is a text of the fact sheet that people write.
type TextField struct {
	Field string `json:"field"`
	Title string `json:"title"`
	Help  string `json:"help"`
	Lines bool   `json:"lines,omitempty"` // one thing in each line
	Long  bool   `json:"long,omitempty"`
	// Of says that the field's name goes on with ":" and what it is about: the
	// name of a crate in small letters with underscores, or a login in small
	// letters.
	Of string `json:"of,omitempty"`
	// Choices are the only texts allowed, beside none.
	Choices []string `json:"choices,omitempty"`
}

// TextFields gives the texts that a sheet is written from, in the order in which
// they are asked for. Other texts are kept with the case and go nowhere.
func TextFields() []TextField {
	return []TextField{
		{Field: "summary", Title: "Summary", Help: "What happened, for people who know nothing of it. Everybody reads it.", Long: true},
		{Field: "behaviour", Title: "Behaviour", Help: "What the bad code does, in sentences.", Long: true},
		{Field: "trigger", Title: "Trigger", Help: "When it runs: while it is built, or when a function is called."},
		{Field: "analysis", Title: "Analysis", Help: "How the attack worked, and who could be affected.", Long: true},
		{Field: "indicators", Title: "Indicators", Lines: true, Long: true, Help: "One in each line: domain, url, ip, file or hash, then the thing, then what it is. No mail addresses."},
		{Field: "links", Title: "Links", Lines: true, Long: true, Help: "One in each line: the address, then what is there. A word before it is its kind: report, analysis, fix."},
		{Field: "finder", Title: "Found by", Lines: true, Help: "One in each line, as they want to be called; after a semicolon a web address, after another one finder, analyst or coordinator."},
		{Field: "used", Title: "Is there evidence of use?", Choices: []string{"yes", "no"}, Help: "Leave it open until the logs were read."},
		{Field: "use-note", Title: "On what that rests", Help: "Such as: requests for the archives between 07:15 and 08:41 UTC, robots left out."},
		{Field: "effect", Title: "Effect on users", Help: "For status pages: what people notice."},
		{Field: "next-update", Title: "Next update", Help: "When the next word comes, such as 2026-08-20T12:00:00Z."},
		{Field: "lead-name", Title: "Public name of the lead", Help: "As outsiders read it; else the name in the console is used."},
		{Field: "behaviour", Title: "What this crate does differently", Of: "crate", Long: true},
		{Field: "imitates", Title: "Crate whose name it imitates", Of: "crate"},
		{Field: "imitates-account", Title: "Account that it imitates", Of: "account"},
		{Field: "repositories", Title: "Repositories of the account", Of: "account", Lines: true, Help: "One address in each line."},
	}
}

// writeTexts fills in what people wrote.
func writeTexts(sheet *advisory.Sheet, texts []Text) {
	for _, t := range texts {
		body := strings.TrimSpace(t.Body)
		if body == "" {
			continue
		}
		switch t.Field {
		case "summary":
			sheet.Summary = body
		case "behaviour":
			sheet.Behaviour = body
		case "trigger":
			sheet.Trigger = body
		case "analysis":
			sheet.Analysis = body
		case "use-note":
			sheet.UseNote = body
		case "effect":
			sheet.EffectOnUsers = body
		case "lead-name":
			sheet.Lead = body
		case "used":
			if yes := strings.EqualFold(body, "yes"); yes || strings.EqualFold(body, "no") {
				sheet.UsedInTheWild = &yes
			}
		case "next-update":
			if at, err := time.Parse(time.RFC3339, body); err == nil {
				sheet.NextUpdate = moment(at.UTC())
			}
		case "indicators":
			sheet.Indicators = indicators(body)
		case "links":
			sheet.Links = links(body)
		case "finder":
			sheet.Finder = credits(body)
		}
	}
}

// lines gives the lines of a text that say something, at most 500.
func lines(text string) []string {
	var out []string
	for l := range strings.Lines(text) {
		if l = strings.TrimSpace(l); l != "" && len(out) < 500 {
			out = append(out, l)
		}
	}
	return out
}

// indicators reads one in each line. What has no kind gets one by its looks.
func indicators(text string) []advisory.Indicator {
	var out []advisory.Indicator
	kinds := []string{"domain", "url", "ip", "file", "hash"}
	for _, l := range lines(text) {
		first, rest, _ := strings.Cut(l, " ")
		kind := strings.ToLower(strings.TrimRight(first, ":"))
		if !slices.Contains(kinds, kind) {
			kind, rest = guess(first), l
		}
		value, note, _ := strings.Cut(strings.TrimSpace(rest), " ")
		if value != "" {
			out = append(out, advisory.Indicator{Kind: kind, Value: value, Note: strings.TrimSpace(note)})
		}
	}
	return out
}

func guess(value string) string {
	switch {
	case strings.Contains(value, "://"):
		return "url"
	case len(value) >= 32 && strings.Trim(strings.ToLower(value), "0123456789abcdef") == "":
		return "hash"
	case strings.ContainsAny(value, "/\\"):
		return "file"
	case strings.Trim(value, "0123456789.:[]") == "":
		return "ip"
	}
	return "domain"
}

// links reads one in each line. What is not an address of the web is left out.
func links(text string) []advisory.Link {
	var out []advisory.Link
	for _, l := range lines(text) {
		kind, rest := "", l
		if first, more, _ := strings.Cut(l, " "); !strings.Contains(first, "://") {
			kind, rest = strings.ToLower(strings.TrimRight(first, ":")), strings.TrimSpace(more)
		}
		address, title, _ := strings.Cut(rest, " ")
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
			continue
		}
		out = append(out, advisory.Link{Kind: kind, URL: address, Title: strings.TrimSpace(title)})
	}
	return out
}

func credits(text string) []advisory.Credit {
	var out []advisory.Credit
	for _, l := range lines(text) {
		parts := strings.SplitN(l, ";", 3)
		c := advisory.Credit{Name: strings.TrimSpace(parts[0]), Type: "finder"}
		if len(parts) > 1 {
			c.Contact = strings.TrimSpace(parts[1])
		}
		if len(parts) > 2 && strings.TrimSpace(parts[2]) != "" {
			c.Type = strings.ToLower(strings.TrimSpace(parts[2]))
		}
		if c.Name != "" {
			out = append(out, c)
		}
	}
	return out
}
