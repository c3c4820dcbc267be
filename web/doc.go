// Package web is the console's pages. Go writes the HTML on the server; a page
// works without scripts, and the few scripts there are (static/console.js, htmx)
// only save steps. Nothing comes from another origin, nothing is inline, and a
// strict content policy with Trusted Types holds the pages to that.
//
// # A page
//
// A page is one struct that embeds Page, one template page/NAME.html, one line
// in pageInventory, one handler and one line in routes:
//
//	{pattern: "GET /crates/{name}", act: "look", handle: s.crate, under: "/search"},
//
//	func (s *Server) crate(w http.ResponseWriter, r *http.Request) error {
//		p := cratePage{Page: s.page(r, name)}
//		… return err for anything that goes wrong: fail turns it into a page
//		return s.render(w, "crate", http.StatusOK, p)
//	}
//
// What changes something is a form with method post, answered by a redirect to
// the page that shows the change (page_plan_do.go); a GET changes nothing.
//
// The template is the content of <main>; part/layout.html puts the frame around
// it. A route with a nav stands in the side bar. The search box appears with a
// route "GET /search" (field q), the Ctrl-K palette with "GET /palette" (field q,
// answered by renderPart "palette"). An element with an hx- attribute needs
// hx-nonce="{{$.Nonce}}", else the gate strips it; attributes are not inherited.
//
// # The gate
//
// Every route has an act, a line of the table of package access; New fails on a
// route without one. Before a handler runs, the gate (gate.go) finds out who
// asks and whether they may. Who is not signed in is led to the sign-in; a form sent
// meanwhile stays on the page. What only lacks a passkey leads to “Confirm it is
// you”, whose form carries the fields along and goes on by itself; fields that a
// route names as secret stay behind. Every other refusal names its rules and what
// would satisfy them. A handler that gets *access.Denied from elsewhere returns
// it, and it comes to the same. A route with a purpose takes an assertion bound to
// the plan in its path and the digest in its form. s.who and s.visitor give who
// asks.
//
// # Text
//
// Page structs hold text as Phrase, built from Text, Say, Strong, Code, Muted,
// Link, Ago, UTC, Badge, Masked, Copy and External; {{template "phrase" .X}}
// writes it. Only addresses in this console become links (see local).
//
// # Parts, each {{template "name" value}} with the type in brackets
//
//	head (Head)        crumbs, title, badges, actions; a refused action says why
//	tabs ([]Tab)       views of the page with counts and marks
//	facts ([]Fact)     labels and values in a grid
//	verdict (Verdict)  the one sentence that answers the page's question
//	notice (Notice)    a box; Missing(what, why) for a section that cannot be shown
//	empty (Empty)      what a list without entries says
//	badge, badges      (Badge, []Badge)
//	guards ([]Guard)   checks or findings, each with a mark, a word and a reason
//	card (Card)        a section: heading, notices, facts, chart, table, pager
//	events ([]Event)   a timeline, newest first
//	feed (feed)        rows of new versions, and the row that asks for newer ones
//	matrix (Matrix)    one thing against those before it, changes marked
//	table (Table)      a list; cards on a phone; sorting by links in the heading
//	filter (Filter)    fields that narrow a list, kept in the address
//	pager (Pager)      newer and older by key, CSV and JSON
//	tree (Tree)        files of an archive
//	source (Source)    a file with numbered lines, coloured by chroma's classes
//	diff (Diff)        unified changes per file
//	stacked (Stacked)  a bar per day in up to six colours, with legend and table
//	bars (Bars)        small bars, the odd ones marked; with table
//	spark (Spark)      a line without axes
//	loads ([]Load)     progress of the mirror; the frame shows it by itself
//	palette (Palette)  answers for Ctrl-K
//	formcard (formCard) a form in a card, shown again with what was typed
//	casestate, casetasks, casesubjects, casenotes   parts of a case that renew themselves
//	own (ownList)      what somebody holds, with the buttons that end it
//	carried (string)   a form that travels along in one field
//	noscript           why a passkey takes the script
//	menu (Menu)        what can be done to the subject of a page; Server.offer puts it there
//	planlive, planwords, planfields   pieces of the pages of plans
//	ago (time.Time)    how long ago, kept fresh by the script
//	copy (string)      a button that copies the text; hidden without scripts
//
// # Words for templates
//
//	num, n       12,345 from int64, int        bytes    9.1 kB
//	pct a b      12.5 %                        compact  12 k, for axes only
//	plural n "version"   2 versions            short    first of a checksum
//	utc, date, clock     20 Aug 2026 07:15:02, 20 Aug 2026, 07:15:02
//	ago, dur, stamp      1 h 26 min ago, 1 h 26 min, for <time datetime>
//	path "crates" name   /crates/NAME, each step escaped
//	query "/p" "k" v     /p?k=v without empty fields
//	with address "k" v   the address with that field changed
//	local address        whether it leads to this console
//	asset "console.css"  the static file's address with its checksum
//	icon "copy"          a small mark: copy, external, file, folder, left, menu, right, search, theme
//	head title, notice tone title text, empty title text, shortcuts, now
//
// # Classes for layout
//
//	stack        sections one under another      cols   main column and aside
//	halves       two equal columns when wide     split  narrow list, wide content
//	card         a section: <header><h2>…</h2><span>quiet note</span></header>
//	pad, row, muted, small, num, mono, wide (scrolls sideways), vh (for screen readers)
//
// On a phone a table of class "cards" becomes cards, named by each cell's
// data-label; rows under data-rows answer to j and k.
package web
