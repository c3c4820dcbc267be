package webtest

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed testdata/axe-4.14.1/axe.min.js
var axeSource string

// Violation is something that a visitor could not use.
type Violation struct {
	ID     string `json:"id"`
	Impact string `json:"impact"`
	Help   string `json:"help"`
	Nodes  []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// String is the violation with the elements it was found on.
func (v Violation) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s (%s): %s", v.ID, v.Impact, v.Help)
	for _, n := range v.Nodes {
		fmt.Fprintf(&out, "\n    %.200s\n      %s", n.HTML, strings.ReplaceAll(n.Summary, "\n", "\n      "))
	}
	return out.String()
}

// Axe asks axe-core for everything that breaks WCAG 2.2 A and AA or its best
// practices. The script enters through the browser's debugger, so the page keeps
// its content policy.
func (p *Page) Axe() []Violation {
	p.t.Helper()
	Eval[int](p, axeSource+";0")
	return Eval[[]Violation](p, `axe.run(document, {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
		.then(r => r.violations.map(v => ({id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.map(n => ({html: n.html, failureSummary: n.failureSummary}))})))`)
}

// CheckAxe fails the test for every violation.
func (p *Page) CheckAxe() {
	p.t.Helper()
	for _, v := range p.Axe() {
		p.t.Errorf("axe: %s", v)
	}
}
