package web

import (
	"context"
	"html/template"
	"io"
	"net/http"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/blast"
	"cratewarden/dossier"
)

// Blast answers who could be hit by bad versions; *blast.Service is one.
type Blast interface {
	Radius(ctx context.Context, q blast.Query, until time.Time) (*blast.Report, error)
}

// blastPage is the blast radius of a crate's versions, in the crate's own frame.
type blastPage struct {
	dossierPage
	Form    Filter
	Picture template.HTML // empty when nothing is hit
	// PictureURL is the picture as a file.
	PictureURL string
}

// blastView is the tab on a crate's page.
func blastView() crateView { return crateView{path: "blast", label: "Blast radius"} }

// blastRoutes are there when somebody answers.
func (s *Server) blastRoutes() []route {
	if s.cfg.Blast == nil {
		return nil
	}
	return []route{{pattern: "GET /crates/{name}/blast", act: "look", limit: "search", handle: s.crateBlast, under: "/search", timeout: listTime}}
}

// blastURL is the address of the radius of one version, or of a whole crate.
func blastURL(name, num string) string {
	return address(Path("crates", name, "blast"), "version", num)
}

// readBlast reads a question and until when its downloads are counted.
func readBlast(r *http.Request, f *fields) (blast.Ask, time.Time, narrowing) {
	n := narrowing{
		f.textField("version", "Bad versions", "1.4.1, 1.4.2", 4096), f.textField("range", "or a range", ">=1.4.1, <1.5", 400),
		f.textField("also", "Other crates’ bad versions", "helper@1.0.107", 4096),
		f.choiceField("mode", "What counts", "would:what is chosen now"), f.choiceField("kind", "Dependencies", "normal", "build", "dev:development", "all:all three"),
		f.flagField("required", "Optional ones", "left out"), f.flagField("locked", "Yanked versions", "count: lock files"),
		f.textField("distance", "Up to distance", "all", 5), f.textField("until", "Downloads until", "2026-08-20 10:07", 40),
	}
	n[3].Options[0].Label, n[4].Options[0].Label, n[5].Options[0].Label, n[6].Options[0].Label = "what could be chosen", "normal and build", "count", "are not chosen"
	return blast.Ask{Crate: r.PathValue("name"), Version: n[0].Value, Range: n[1].Value, Also: n[2].Value, Mode: n[3].Value, Kind: n[4].Value,
		Required: n[5].Value != "", Locked: n[6].Value != "", Distance: int(f.number("distance", 1, 1000, 0))}, f.moment("until"), n
}

// moment reads a time in UTC, to the day, minute or second.
func (f *fields) moment(name string) time.Time {
	text := f.text(name, 40)
	if text == "" {
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, strings.TrimSuffix(text, " UTC"), time.UTC); err == nil {
			return t.UTC()
		}
	}
	f.refuse("The field “%s” of the address must be a time in UTC such as 2026-08-20 10:07. Correct it, or take it away.", name)
	return time.Time{}
}

// crateBlast shows who could be hit by versions of a crate, or gives the list as
// a file.
func (s *Server) crateBlast(w http.ResponseWriter, r *http.Request) error {
	f := readFields(r)
	ask, until, n := readBlast(r, f)
	after, limit, format := int(f.number("after", 0, 1<<30, 0)), f.limit(), f.choice("format", "csv", "svg")
	if f.err != nil {
		return f.err
	}
	d, err := s.cfg.Dossiers.Crate(r.Context(), ask.Crate)
	if err != nil {
		return s.crateMissing(w, r, err)
	}
	if moved(w, r, d.Name, "blast") {
		return nil
	}
	p := blastPage{dossierPage: s.cratePage(r, d, blastView())}
	here := Path("crates", d.Name, "blast")
	p.Form = Filter{Action: here, Fields: n, Button: "Ask"}
	if n.set() {
		p.Form.Reset = here
	}
	report, err := s.radius(r, ask, until)
	switch {
	case format == "csv" && err == nil:
		return s.blastFile(w, d.Name, report, after)
	case format == "svg" && err == nil:
		return s.blastPicture(w, d.Name, report)
	case cratewarden.KindOf(err) == cratewarden.Unavailable && format == "":
		return s.blastLater(w, p, err)
	case err != nil:
		return err
	}
	s.fillBlast(&p, report, after, limit)
	p.PictureURL = address(here, append(n.pairs(), "format", "svg")...)
	pager := listPager(here, "/api/v1"+here, f.text("after", 12), "", "", f, n.pairs()...)
	fillBlastPager(p.affected(), pager, here, n, report, after, limit)
	return s.render(w, "blast", http.StatusOK, p)
}

func (s *Server) radius(r *http.Request, ask blast.Ask, until time.Time) (*blast.Report, error) {
	q, err := ask.Query()
	if err != nil {
		return nil, err
	}
	return s.cfg.Blast.Radius(r.Context(), q, until)
}

// blastLater says why there is no answer yet. The rest of the crate's page works
// meanwhile.
func (s *Server) blastLater(w http.ResponseWriter, p blastPage, err error) error {
	p.Notices = append(p.Notices, Notice{Tone: Warn, Title: "The blast radius cannot be shown yet", Text: Text(cratewarden.MessageOf(err))})
	w.Header().Set("Retry-After", "30")
	return s.render(w, "blast", http.StatusServiceUnavailable, p)
}

// blastFile is the list as a file. What is left of a long one begins at the key
// that the header Cratewarden-Next has.
func (s *Server) blastFile(w http.ResponseWriter, name string, report *blast.Report, after int) error {
	rows, next := report.Rows(), ""
	rows = rows[min(after, len(rows)):]
	if len(rows) > exportMost {
		rows, next = rows[:exportMost], digits(after+exportMost)
	}
	return sendCSV(s, w, "crate-"+name+"-blast", rows, next)
}

// blastPicture is the picture as a file. Opened by a browser it may load and run
// nothing.
func (s *Server) blastPicture(w http.ResponseWriter, name string, report *blast.Report) error {
	h := w.Header()
	h.Set("Content-Type", "image/svg+xml; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+fileName("crate-"+name+"-blast")+"-"+s.cfg.Clock().UTC().Format("20060102T150405Z")+`.svg"`)
	_, _ = io.WriteString(w, report.PictureFile()) // the visitor may be gone
	return nil
}

var _ dossier.Recorder = blast.Row{}
