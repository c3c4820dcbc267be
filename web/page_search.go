package web

import (
	"net/http"
	"strings"

	"cratewarden"
	"cratewarden/dossier"
	"cratewarden/mirror"
)

// searchPage is what was found, best first within each kind.
type searchPage struct {
	Page
	Head    Head
	Notices []Notice
	Ask     string // what stands in the page's own field
	Groups  []foundGroup
	Empty   Empty
	Help    []prefix
	Note    string
	Narrow  []Link // the same words among one kind of thing
}

// foundGroup is one kind of thing that was found.
type foundGroup struct {
	Label string
	Hits  []found
}

// found is one hit with where it leads.
type found struct {
	URL    string // empty when it has no page
	Label  string
	Detail string
	Reason string
	Badge  Badge
}

// prefix is a field that narrows a search.
type prefix struct{ Write, Finds, URL string }

// prefixes are what a search understands besides names.
func prefixes() []prefix {
	list := []prefix{
		{Write: "name@1.2", Finds: "versions of a crate that start so"},
		{Write: "user:login", Finds: "accounts by login, former login, display name or number"},
		{Write: "email:example.org", Finds: "accounts whose address is at a domain"},
		{Write: "team:github:org", Finds: "teams that own crates"},
		{Write: "sha:9b1f03aa", Finds: "archives whose SHA-256 starts so"},
		{Write: "repo:org/project", Finds: "crates whose repository address contains it"},
		{Write: "token:laptop", Finds: "API tokens by name or number"},
	}
	for i := range list {
		list[i].URL = address("/search", "q", list[i].Write)
	}
	return list
}

// queryMost is the length of a search at most, in bytes.
const queryMost = 400

func (s *Server) search(w http.ResponseWriter, r *http.Request) error {
	f := readFields(r)
	text, limit, direct := f.text("q", queryMost), int(f.number("limit", 1, 200, 60)), f.flag("go")
	if f.err != nil {
		return f.err
	}
	p := searchPage{Page: s.page(r, "Search"), Ask: text, Help: prefixes()}
	p.Head = Head{Title: "Search"}
	if text == "" {
		p.Head.Lead = Text("One box finds crates, versions, accounts, teams, deleted and reserved names, archives and tokens.")
		return s.render(w, "search", http.StatusOK, p)
	}
	result, err := s.cfg.Dossiers.Search(r.Context(), mirror.Query{Text: text, Limit: limit})
	if cratewarden.KindOf(err) == cratewarden.Invalid {
		// The text may hold a credential, so nothing of it comes back.
		p.Ask = ""
		p.Notices = []Notice{{Tone: Warn, Title: "That was not searched for", Text: Text(cratewarden.MessageOf(err)+" ").Link("Token lookup", "/tokens")}}
		return s.render(w, "search", http.StatusBadRequest, p)
	}
	if err != nil {
		return err
	}
	if direct {
		if url := onlyExact(text, result.Hits); url != "" {
			http.Redirect(w, r, url, http.StatusSeeOther)
			return nil
		}
	}
	p.Title, p.Query = "Search: "+visible(text), text
	p.Head.Lead = Text("Looked for ").Say(result.Understood).Say(".")
	p.Notices = stillLoading(result)
	p.Groups = groupHits(result.Hits)
	p.Head.Actions = s.planForThese(r, hitLines(result.Hits))
	p.Note, p.Narrow = Plural(len(result.Hits), "result")+".", narrower(text)
	if len(result.Hits) >= limit {
		p.Note = "The best " + p.Note + " Narrow the search to see others."
	}
	p.Empty = Empty{Title: "Nothing matches", Text: "Names are compared by spelling, swapped letters and look-alikes as well. Try fewer letters, or one of the prefixes below.",
		Action: Link{"Could this name be published?", address("/names", "q", text)}}
	if result.Loading != nil {
		p.Empty.Text = "Some parts of the mirror are still loading, so this is not the last word. Try again in a moment."
	}
	return s.render(w, "search", http.StatusOK, p)
}

// narrower are searches for the same words among one kind of thing.
func narrower(text string) []Link {
	if strings.ContainsAny(text, ":@") {
		return nil
	}
	var out []Link
	for _, l := range []Link{{"crates", "crate:"}, {"accounts", "user:"}, {"teams", "team:"}, {"repositories", "repo:"}, {"tokens", "token:"}} {
		out = append(out, Link{l.Text, address("/search", "q", l.URL+text)})
	}
	return out
}

// stillLoading says what could not be asked.
func stillLoading(result *dossier.SearchResult) []Notice {
	if len(result.Loading) == 0 {
		return nil
	}
	var parts []string
	for _, part := range result.Loading {
		parts = append(parts, string(part))
	}
	return []Notice{{Tone: Info, Title: "Not everything could be searched yet", Text: Text("Still loading: " + strings.Join(parts, ", ") + ". Search again in a moment.")}}
}

// hitKind is what a kind of hit is called: many, one, and how it is marked.
func hitKind(kind mirror.HitKind) (group, one string, tone Tone) {
	switch kind {
	case mirror.HitCrate:
		return "Crates", "crate", Plain
	case mirror.HitVersion:
		return "Versions", "version", Plain
	case mirror.HitAccount:
		return "Accounts", "account", Plain
	case mirror.HitTeam:
		return "Teams", "team", Plain
	case mirror.HitDeleted:
		return "Deleted names", "deleted", Hold
	case mirror.HitReserved:
		return "Reserved names", "reserved", Info
	case mirror.HitToken:
		return "API tokens", "token", Plain
	}
	return "Other", string(kind), Plain
}

// hitURL is where a hit leads; empty when it has no page of its own.
func hitURL(h mirror.Hit) string {
	switch h.Kind {
	case mirror.HitCrate:
		return crateURL(h.Label)
	case mirror.HitVersion:
		if at := strings.LastIndexByte(h.Label, '@'); at > 0 {
			return versionURL(h.Label[:at], h.Label[at+1:])
		}
	case mirror.HitAccount:
		return accountURL(h.ID, "")
	case mirror.HitTeam:
		return Path("teams", digits(h.ID))
	case mirror.HitDeleted, mirror.HitReserved:
		return address("/names", "q", h.Label)
	case mirror.HitToken:
		if h.OwnerID != 0 {
			return accountURL(h.OwnerID, "")
		}
	}
	return ""
}

// groupHits puts hits of a kind together; groups stand in the order of their
// best hit, so the best of all stays first.
func groupHits(hits []mirror.Hit) []foundGroup {
	var groups []foundGroup
	at := map[string]int{}
	for _, h := range hits {
		label, one, tone := hitKind(h.Kind)
		i, ok := at[label]
		if !ok {
			i = len(groups)
			at[label] = i
			groups = append(groups, foundGroup{Label: label})
		}
		groups[i].Hits = append(groups[i].Hits, found{URL: hitURL(h), Label: visible(h.Label), Detail: visible(h.Detail), Reason: visible(h.Reason), Badge: Badge{Tone: tone, Text: one}})
	}
	return groups
}

// hitLines are the crates and versions that were found, as a list for a plan
// has them.
func hitLines(hits []mirror.Hit) (lines []string) {
	for _, h := range hits {
		if h.Kind == mirror.HitCrate || h.Kind == mirror.HitVersion {
			lines = append(lines, h.Label)
		}
	}
	return lines
}

// onlyExact is the page of the one crate, version or account that is exactly
// what was typed; empty when there is none or more than one.
func onlyExact(text string, hits []mirror.Hit) string {
	field, bare, ok := strings.Cut(text, ":")
	if !ok {
		field, bare = "", text
	}
	url := ""
	for _, h := range hits {
		exact := false
		switch h.Kind {
		case mirror.HitCrate:
			exact = (field == "" || field == "crate") && cratewarden.CanonName(h.Label) == cratewarden.CanonName(bare)
		case mirror.HitVersion:
			exact = field == "" && strings.EqualFold(h.Label, bare)
		case mirror.HitAccount:
			exact = (field == "" || field == "user") && strings.EqualFold(h.Label, bare)
		}
		switch {
		case !exact:
		case url != "":
			return ""
		default:
			url = hitURL(h)
		}
	}
	return url
}

// palette answers Ctrl-K while somebody types.
func (s *Server) palette(w http.ResponseWriter, r *http.Request) error {
	f := readFields(r)
	text := f.text("q", queryMost)
	if f.err != nil {
		return f.err
	}
	// The script compares this with the field, so it must be as it was typed.
	p := Palette{Query: f.values.Get("q")}
	if text != "" {
		result, err := s.cfg.Dossiers.Search(r.Context(), mirror.Query{Text: text, Limit: 12})
		if err != nil {
			return err
		}
		for _, group := range groupHits(result.Hits) {
			items := PaletteGroup{Label: group.Label}
			for _, h := range group.Hits {
				url := h.URL
				if url == "" {
					url = address("/search", "q", text)
				}
				items.Items = append(items.Items, PaletteItem{Title: h.Label, Detail: h.Detail, Why: h.Reason, URL: url})
			}
			p.Groups = append(p.Groups, items)
		}
	}
	return s.renderPart(w, "palette", p)
}
