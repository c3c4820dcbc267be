package main

import (
	"html/template"
	"net/http"
	"strings"

	"cratewarden/action"
	"cratewarden/api"
)

// people are those who may change the registry of a console without sign-in.
// The first acts; in a demo a visitor may choose another, to see how a second
// person approves.
type people struct {
	list   []action.Actor
	choose bool
}

// personCookie keeps a demo visitor's choice.
const personCookie = "cratewarden_person"

// who gives the person behind a request. Only a demo looks at the header and
// the cookie: on a real registry they would let anybody be anybody.
func (p people) who(r *http.Request) action.Actor {
	if len(p.list) == 0 {
		return action.Actor{}
	}
	if !p.choose {
		return p.list[0]
	}
	chosen := ""
	if strings.HasPrefix(r.URL.Path, api.Prefix+"/") {
		chosen = r.Header.Get(api.PersonHeader)
	}
	if cookie, err := r.Cookie(personCookie); err == nil && chosen == "" {
		chosen = cookie.Value
	}
	for _, a := range p.list {
		if a.ID == chosen {
			return a
		}
	}
	return p.list[0]
}

// handler lets a demo's visitor choose whom to be.
func (p people) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /demo/person", p.form)
	mux.HandleFunc("POST /demo/person", p.take)
	return http.NewCrossOriginProtection().Handler(mux)
}

var personPage = template.Must(template.New("person").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Who are you in this demo?</title>
<h1>Who are you in this demo?</h1>
<p>You are {{.Now.Name}}. What cannot be undone needs a second person: let one make the plan and the other approve it.</p>
<form method="post" action="/demo/person"><input type="hidden" name="back" value="{{.Back}}">
{{range .All}}<p><button name="person" value="{{.ID}}">Go on as {{.Name}}</button></p>
{{end}}</form></html>
`))

func (p people) form(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	_ = personPage.Execute(w, map[string]any{"Now": p.who(r), "All": p.list, "Back": inside(r.URL.Query().Get("back"))})
}

func (p people) take(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	chosen := r.PostFormValue("person")
	for _, a := range p.list {
		if a.ID == chosen {
			http.SetCookie(w, &http.Cookie{Name: personCookie, Value: a.ID, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
			http.Redirect(w, r, inside(r.PostFormValue("back")), http.StatusSeeOther)
			return
		}
	}
	http.Error(w, "Nobody of that name is in this demo.", http.StatusUnprocessableEntity)
}

// inside gives a path of this console, "/" for anything that could lead
// elsewhere.
func inside(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return "/"
	}
	return path
}
