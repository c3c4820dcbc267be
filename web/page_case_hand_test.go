package web

import (
	"strings"
	"testing"

	"cratewarden/incident"
	"cratewarden/ledger"
	"cratewarden/web/webtest"
)

// A case of 1,000 subjects, some of them named to be misread, fits a phone, answers
// to the keyboard and prints without what cannot be pressed on paper.
func TestLargeCaseByHand(t *testing.T) {
	t.Parallel()
	k := sampleCases()
	names := []string{"\u202egnp.exe", "<b>bold</b>", strings.Repeat("long_name_", 6), "crate"}
	x := &k.cases[2]
	for n := range 1000 {
		id := names[n%4] + "-" + digits(n)
		x.Subjects = append(x.Subjects, incident.Subject{Subject: ledger.Subject{Kind: "crate", ID: id}, Role: "payload", Why: "one of a flood: " + names[n%3], By: x.Lead, At: x.OpenedAt})
		k.stands["crate:"+id] = incident.Standing{Word: "held", At: x.ChangedAt, Plan: "p07applied", From: "plan"}
	}
	p := webtest.Serve(t, incidentServer(t, k, responder)).Open(t, "/incidents/INC-118")
	if got := webtest.Eval[string](p, `[document.querySelectorAll("#subjects tbody tr").length, document.querySelectorAll("#subjects td b").length, document.querySelector("#subjects").textContent.includes("\u202E")].join(" ")`); got != "1005 0 false" {
		t.Errorf("rows, markup, turned text: %s", got)
	}
	if got := webtest.Eval[string](p, `[...document.querySelectorAll("#subjects tbody tr")].filter(e => e.checkVisibility()).length + document.querySelector("#subjects details.fold summary").textContent`); got != "60Show the other 945" {
		t.Errorf("open are %q", got)
	}
	p.Press("\t")
	if got := webtest.Eval[string](p, `document.activeElement.getAttribute("href") + (document.activeElement.checkVisibility() ? " seen" : "")`); got != "#main seen" {
		t.Errorf("the first stop is %q, not the way past the menu", got)
	}
	// Tab order goes down the page: verdict and steps, subjects, notes.
	order := webtest.Eval[string](p, `[...document.querySelectorAll("main a, main button, main summary, main textarea")].map(e => e.tabIndex > 0 ? "jumps" : "").join("")`)
	if order != "" {
		t.Error("something jumps the order of the page")
	}
	if webtest.Eval[bool](p, `(document.querySelector("#task-seal summary").focus(), getComputedStyle(document.querySelector("#task-seal summary")).outlineStyle === "none")`) {
		t.Error("the focus is not seen on a task")
	}
	p.Keep("case-large")
	p.Print(1000)
	for _, selector := range []string{"#add-note", ".taskacts", ".moves", ".hands .button", "#subjects button", "details.adding"} {
		if webtest.Eval[bool](p, `[...document.querySelectorAll("`+selector+`")].some(e => e.checkVisibility())`) {
			t.Errorf("%s is printed", selector)
		}
	}
	if !webtest.Eval[bool](p, `["#subjects", "#notes", "#tasks", ".verdict"].every(s => document.querySelector(s).checkVisibility()) && [...document.querySelectorAll(".tasks p.small")].every(e => e.checkVisibility({contentVisibilityAuto: true}))`) {
		t.Error("the print lacks a part of the case")
	}
	if got := webtest.Eval[int](p, `document.querySelector("#subjects .wide").scrollWidth - document.querySelector("#subjects .wide").clientWidth`); got > 1 {
		t.Errorf("%d pixels of the subjects fall over the edge of the paper", got)
	}
	p.Keep("case-print")
}
