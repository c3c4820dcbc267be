package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed page part
var templateFiles embed.FS

// pageInventory lists every page: the name of its file in page/ and the struct
// that it shows. newEngine refuses a file that is not here and an entry that
// has no file; a test checks each template against its struct.
func pageInventory() map[string]any {
	return map[string]any{
		"about":    aboutPage{},
		"blast":    blastPage{},
		"confirm":  confirmPage{},
		"denied":   deniedPage{},
		"diff":     diffPage{},
		"dossier":  dossierPage{},
		"error":    errorPage{},
		"leaving":  leavingPage{},
		"evidence": evidencePage{},

		"evidence_list": evidenceListPage{},

		"files":   filesPage{},
		"missing": missingPage{},

		"home": homePage{},
		"jobs": jobsPage{},

		"ledger_entry": ledgerEntryPage{},

		"batch":     batchPage{},
		"plan":      planPage{},
		"plan_form": planFormPage{},

		"drafts":   draftsPage{},
		"forms":    formsPage{},
		"incident": incidentPage{},
		"proposal": proposalPage{},

		"publishes": publishesPage{},
		"search":    searchPage{},
		"token":     tokenPage{},

		"device":  devicePage{},
		"glass":   glassPage{},
		"made":    madePage{},
		"open":    openPage{},
		"passkey": passkeyPage{},
		"person":  personPage{},
		"rules":   rulesPage{},
		"you":     youPage{},

		"message":  noticePage{},
		"messages": noticesPage{},

		"sign_in":  signInPage{},
		"unsigned": unsignedPage{},
	}
}

// partInventory lists every part: the name of its file in part/ and the struct
// that it shows. doc.go says what each is for.
func partInventory() map[string]any {
	return map[string]any{
		"badge":   Badge{},
		"badges":  []Badge{},
		"bars":    Bars{},
		"card":    Card{},
		"carried": "",

		"casenotes":    caseNotes{},
		"casestate":    caseState{},
		"casesubjects": caseSubjects{},
		"casetasks":    caseTasks{},

		"diff":       Diff{},
		"empty":      Empty{},
		"facts":      []Fact{},
		"feed":       feed{},
		"filter":     Filter{},
		"formcard":   formCard{},
		"guards":     []Guard{},
		"head":       Head{},
		"layout":     Page{},
		"loads":      []Load{},
		"menu":       Menu{},
		"matrix":     Matrix{},
		"nav":        []NavGroup{},
		"notice":     Notice{},
		"noscript":   struct{}{},
		"own":        ownList{},
		"pager":      Pager{},
		"palette":    Palette{},
		"planlive":   planLive{},
		"planwords":  planWordsForm{},
		"planfields": []planField{},
		"phrase":     Phrase{},
		"source":     Source{},
		"spark":      Spark{},
		"stacked":    Stacked{},
		"table":      Table{},
		"tabs":       []Tab{},
		"events":     []Event{},
		"tree":       Tree{},
		"verdict":    Verdict{},
	}
}

// engine holds the parsed templates: one set per page, made of the frame, all
// parts and that page, so that no page can see another's definitions.
type engine struct {
	pages map[string]*template.Template
	parts *template.Template
}

func newEngine(files fs.FS, pages map[string]any, funcs template.FuncMap) (*engine, error) {
	parts := template.New("parts").Funcs(funcs).Option("missingkey=error")
	if err := takeStock(files, "part", partInventory()); err != nil {
		return nil, err
	}
	for name := range partInventory() {
		if err := parse(parts, files, "part", name); err != nil {
			return nil, err
		}
	}
	if err := takeStock(files, "page", pages); err != nil {
		return nil, err
	}
	e := &engine{pages: map[string]*template.Template{}, parts: parts}
	for name := range pages {
		set, err := parts.Clone()
		if err != nil {
			return nil, err
		}
		if err := parse(set, files, "page", name); err != nil {
			return nil, err
		}
		e.pages[name] = set
	}
	return e, nil
}

func parse(set *template.Template, files fs.FS, folder, name string) error {
	text, err := fs.ReadFile(files, path.Join(folder, name+".html"))
	if err != nil {
		return err
	}
	if folder == "page" {
		name = "content"
	}
	if _, err := set.New(name).Parse(string(text)); err != nil {
		return fmt.Errorf("%s: %w", folder, err)
	}
	return nil
}

// takeStock compares a folder of templates with its inventory.
func takeStock(files fs.FS, folder string, listed map[string]any) error {
	names, err := fs.Glob(files, folder+"/*")
	if err != nil {
		return err
	}
	for i, name := range names {
		names[i] = strings.TrimSuffix(path.Base(name), ".html")
		if _, ok := listed[names[i]]; !ok {
			return fmt.Errorf("%s is not in the inventory of %ss", name, folder)
		}
	}
	for name := range listed {
		if !slices.Contains(names, name) {
			return fmt.Errorf("the inventory of %ss lists %s, which has no file", folder, name)
		}
	}
	return nil
}

// page renders a whole page to memory, so that an error half way never leaves
// half a page on the screen.
func (e *engine) page(name string, data any) ([]byte, error) {
	set, ok := e.pages[name]
	if !ok {
		return nil, fmt.Errorf("there is no page %q", name)
	}
	return execute(set, "layout", data)
}

// part renders one part to memory, for answers that replace a piece of a page.
func (e *engine) part(name string, data any) ([]byte, error) {
	return execute(e.parts, name, data)
}

// usualPage is the size in bytes that hardly any page exceeds; growing to it
// by doubling would copy each page several times.
const usualPage = 96 << 10

func execute(set *template.Template, name string, data any) ([]byte, error) {
	out := bytes.NewBuffer(make([]byte, 0, usualPage))
	if err := set.ExecuteTemplate(out, name, data); err != nil {
		return nil, fmt.Errorf("render %s: %w", name, err)
	}
	return inert(out.Bytes()), nil
}
