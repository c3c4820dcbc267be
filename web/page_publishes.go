package web

import (
	"net/http"
	"strconv"
	"time"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/dossier"
)

// publishesPage is the feed of new versions.
type publishesPage struct {
	Page
	Head   Head
	Tabs   []Tab
	Filter Filter
	Absent []Notice
	Feed   feed
	Empty  Empty
	Note   string
	// Live says that the page follows the registry, Toggle where to switch it;
	// an older page cannot follow and has no Toggle.
	Live   bool
	Toggle string
	Pager  *Pager
}

// feed is a run of rows, and where to ask for what came after them.
type feed struct {
	Follow  string // address of newer rows; empty when the page does not follow
	Nonce   string
	Arrived bool // the rows came while the page was open
	Rows    []feedRow
}

// feedRow is a line of the feed.
type feedRow struct {
	Tone                               Tone
	URL, Crate, Num                    string
	At                                 time.Time
	Marks, Silence, Method, Credential Phrase
	Who                                Phrase
	Size, Downloads                    string
	Case                               string // form of a new incident; "" for none
}

// methods are the ways to publish, as the address calls them.
func methods() []cratewarden.Method {
	return []cratewarden.Method{cratewarden.MethodToken, cratewarden.MethodSession, cratewarden.MethodGitHub, cratewarden.MethodGitLab, cratewarden.MethodAccount, cratewarden.MethodUnknown}
}

const idMost = 1<<31 - 1

func readPublishes(f *fields) dossier.PublishFilter {
	var words []string
	for _, m := range methods() {
		words = append(words, string(m))
	}
	out := dossier.PublishFilter{
		Before: f.number("before", 0, idMost, 0), After: f.number("after", 0, idMost, 0), Limit: f.limit(),
		Method: f.choice("method", words...), Account: f.number("account", 0, idMost, 0), Prefix: f.text("prefix", 64),
		NewCrate: f.flag("new_crate"), FirstBy: f.flag("first_by"), Yanked: f.flag("yanked"),
		Since: f.instant("since"), Until: f.instant("until"),
	}
	if !out.Since.IsZero() && !out.Until.IsZero() && out.Until.Before(out.Since) {
		f.refuse("The end of the time to look at is before its start. Swap “since” and “until”.")
	}
	return out
}

// filterPairs are the fields of the address that narrow the feed, not those that
// page through it. The interface for programs has the same names.
func filterPairs(x dossier.PublishFilter, f *fields) []any {
	return []any{"method", x.Method, "account", positive(x.Account), "prefix", x.Prefix, "new_crate", trueField(x.NewCrate), "first_by", trueField(x.FirstBy),
		"yanked", trueField(x.Yanked), "since", instantField(x.Since), "until", instantField(x.Until), "limit", f.values.Get("limit")}
}

func (s *Server) publishes(w http.ResponseWriter, r *http.Request) error {
	f := readFields(r)
	filter := readPublishes(f)
	still, part, csv := f.choice("live", "off") == "off", f.choice("part", "rows"), wantsCSV(f)
	if f.err != nil {
		return f.err
	}
	if csv {
		return s.publishesFile(w, r, filter)
	}
	p, err := s.cfg.Dossiers.Publishes(r.Context(), filter)
	if err != nil {
		return err
	}
	pairs := filterPairs(filter, f)
	rows := feed{Rows: s.feedRows(p.Rows.Rows), Nonce: visitOf(r.Context()).nonce, Arrived: part != ""}
	live := filter.Before == 0 && filter.Until.IsZero() && p.Rows.Absent == "" && !still
	if live {
		newest := filter.After
		if len(p.Rows.Rows) > 0 {
			newest = max(newest, p.Rows.Rows[0].ID)
		}
		rows.Follow = address("/publishes", append(pairs, "part", "rows", "after", digits(newest))...)
	}
	if part != "" {
		if len(rows.Rows) == 0 {
			w.WriteHeader(http.StatusNoContent) // htmx leaves the page as it is
			return nil
		}
		return s.renderPart(w, "feed", rows)
	}
	return s.render(w, "publishes", http.StatusOK, s.publishesPage(r, p, filter, f, rows, live))
}

func (s *Server) publishesPage(r *http.Request, p *dossier.Publishes, filter dossier.PublishFilter, f *fields, rows feed, live bool) publishesPage {
	pairs := filterPairs(filter, f)
	here := func(more ...any) string {
		return address("/publishes", append(append([]any{}, pairs...), more...)...)
	}
	out := publishesPage{Page: s.page(r, "Publishes"), Head: Head{Title: "Publishes", Lead: Text("New versions as they come, with what is new about each: first of a crate, first by an account, first with a method or token, after a long silence.")},
		Tabs: publishTabs(filter, here), Filter: s.publishFilter(filter), Feed: rows, Live: live}
	if p.Rows.Absent != "" {
		out.Absent = []Notice{Missing("The feed", p.Rows.Absent)}
		return out
	}
	lines := make([]string, len(p.Rows.Rows))
	for i, v := range p.Rows.Rows {
		lines[i] = v.Crate + "@" + v.Num
	}
	out.Head.Actions = s.planForThese(r, lines)
	if filter.Before == 0 && filter.Until.IsZero() {
		if out.Toggle = here(); live {
			out.Toggle = here("live", "off")
		}
	}
	out.Note = shown(len(rows.Rows), p.Rows.Total, "version")
	out.Empty = Empty{Title: "No version passes the filters", Text: "Widen the time, or take a filter away.", Action: Link{"All publishes", "/publishes"}}
	out.Pager = &Pager{Shown: out.Note, CSV: here("format", "csv", "before", positive(filter.Before), "after", positive(filter.After)),
		JSON: address("/api/v1/publishes", append(append([]any{}, pairs...), "before", positive(filter.Before), "after", positive(filter.After))...), Back: "Newest"}
	if filter.Before != 0 {
		out.Pager.Newer = here()
	}
	if p.Rows.Next != "" {
		out.Pager.Older = here("before", p.Rows.Next)
	}
	return out
}

// publishTabs are views of the feed that people ask for often.
func publishTabs(filter dossier.PublishFilter, here func(...any) string) []Tab {
	none := []any{"new_crate", "", "first_by", "", "yanked", ""}
	view := func(label string, current bool, pairs ...any) Tab {
		return Tab{Label: label, URL: here(append(append([]any{}, none...), pairs...)...), Current: current}
	}
	return []Tab{
		view("All", !filter.NewCrate && !filter.FirstBy && !filter.Yanked),
		view("New crates", filter.NewCrate && !filter.FirstBy && !filter.Yanked, "new_crate", "true"),
		view("First by the account", filter.FirstBy && !filter.NewCrate && !filter.Yanked, "first_by", "true"),
		view("Yanked since", filter.Yanked && !filter.NewCrate && !filter.FirstBy, "yanked", "true"),
	}
}

func (s *Server) publishFilter(x dossier.PublishFilter) Filter {
	options := []Option{{"", "any"}}
	for _, m := range methods() {
		options = append(options, Option{string(m), m.Label()})
	}
	out := Filter{Action: "/publishes", Fields: []Field{
		{Name: "method", Label: "Method", Value: x.Method, Options: options},
		{Name: "prefix", Label: "Crate name starts with", Value: x.Prefix, Hint: "serde"},
		{Name: "account", Label: "Account number", Value: positive(x.Account), Hint: "71000001"},
		{Name: "since", Label: "Since (UTC)", Value: instantText(x.Since), Hint: s.cfg.Clock().UTC().Add(-24 * time.Hour).Format("2006-01-02 15:04")},
		{Name: "until", Label: "Until (UTC)", Value: instantText(x.Until), Hint: "now"},
	}}
	for _, flag := range []struct {
		name string
		on   bool
	}{{"new_crate", x.NewCrate}, {"first_by", x.FirstBy}, {"yanked", x.Yanked}} {
		out.Keep = append(out.Keep, kept(flag.name, trueField(flag.on))...)
	}
	if x != (dossier.PublishFilter{Before: x.Before, After: x.After, Limit: x.Limit}) {
		out.Reset = "/publishes"
	}
	return out
}

// instantText is an instant as a field shows it, without what is zero.
func instantText(t time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case t.Second() != 0:
		return t.UTC().Format("2006-01-02 15:04:05")
	case t.Minute() != 0 || t.Hour() != 0:
		return t.UTC().Format("2006-01-02 15:04")
	}
	return t.UTC().Format(time.DateOnly)
}

func (s *Server) publishesFile(w http.ResponseWriter, r *http.Request, filter dossier.PublishFilter) error {
	return export(s, w, "publishes", positive(filter.Before), func(before string, limit int) (dossier.Page[dossier.PublishRow], error) {
		filter.Limit, filter.Before = limit, 0
		if before != "" {
			id, err := strconv.ParseInt(before, 10, 32)
			if err != nil {
				return dossier.Page[dossier.PublishRow]{}, err
			}
			filter.Before = int32(id)
		}
		p, err := s.cfg.Dossiers.Publishes(r.Context(), filter)
		if err != nil {
			return dossier.Page[dossier.PublishRow]{}, err
		}
		return p.Rows, nil
	})
}

func (s *Server) feedRows(rows []dossier.PublishRow) []feedRow {
	out := make([]feedRow, 0, len(rows))
	for i := range rows {
		row := rowOfFeed(&rows[i])
		row.Case = s.newCaseURL(action.VersionSubject(rows[i].Crate, rows[i].Num), "publishes feed")
		out = append(out, row)
	}
	return out
}

func rowOfFeed(v *dossier.PublishRow) feedRow {
	row := feedRow{URL: versionURL(v.Crate, v.Num), Crate: visible(v.Crate), Num: visible(v.Num), At: v.CreatedAt, Tone: rowTone(v.Marks),
		Method: Text(v.MethodLabel), Size: Bytes(v.Size), Downloads: Num(v.Downloads), Who: publisherCell(v.VersionRow)}
	line := v.VersionRow
	line.Marks = news(v.Marks)
	row.Marks = row.Marks.withVersionMarks(&line)
	if v.Credential != "" {
		row.Credential = Text(v.Credential)
	}
	row.Silence = Phrase{}.Muted("first version")
	if v.Silence > 0 {
		row.Silence = Text(cratewarden.Span(v.Silence))
	}
	return row
}
