package web

import (
	"net/http"
	"slices"
	"strconv"

	"cratewarden"
	"cratewarden/evidence"
	"cratewarden/ledger"
	"cratewarden/opening"
	"cratewarden/registry/extract"
)

// evidencePage is one bundle: whether it is what was sealed, and what is in it.
type evidencePage struct {
	Page
	Head           Head
	Notices        []Notice
	Verdict        Verdict
	Verify, Export string // addresses
	NoExport       string // why it cannot be exported
	Cards          []Card
}

const (
	// partsMost is how many parts a page shows.
	partsMost = 200
	// subjectsMost is how many crates, versions or accounts a page names.
	subjectsMost = 60
)

func (s *Server) evidenceShow(w http.ResponseWriter, r *http.Request) error {
	digest, err := bundleDigest(r)
	if err != nil {
		return err
	}
	f := readFields(r)
	from := f.wholeNumber("from")
	if f.err != nil {
		return f.err
	}
	b, err := s.cfg.Evidence.Show(r.Context(), digest)
	if b.SealedAt.IsZero() { // not known; else only its manifest is in trouble
		return err
	}
	p := evidencePage{Page: s.page(r, "Evidence bundle "+Short(digest.String())), Head: bundleHead(&b), Verdict: bundleVerdict(&b),
		Verify: evidenceURL(digest) + "/verify", Export: evidenceURL(digest) + "/export"}
	p.Cards = []Card{checkCard(b.Check), s.sealCard(&b)}
	if err != nil {
		p.NoExport = "Its manifest cannot be read."
		p.Notices = []Notice{{Tone: Bad, Title: "Its manifest cannot be read", Text: Text(cratewarden.MessageOf(err) + " What is shown is what the console remembers of it.")}}
	} else {
		p.Cards = append(p.Cards, subjectsCard(b.Manifest), bundleParts(&b, from, s.partOpener(r)), gapsCard(b.Manifest), missingCard(b.Manifest))
	}
	p.Cards = slices.DeleteFunc(p.Cards, func(c Card) bool { return c.Title == "" })
	return s.render(w, "evidence", http.StatusOK, p)
}

func bundleHead(b *evidence.Bundle) Head {
	h := Head{Crumbs: []Link{{"Evidence", "/evidence"}}, Title: "Evidence bundle", Code: Short(b.Digest.String())}
	h.Lead = askedPhrase(b.Asked).Say(" · sealed ").UTC(b.SealedAt).Say(" UTC · ").Ago(b.SealedAt)
	if b.Encrypted > 0 {
		badge := Badge{Tone: Hold, Text: Plural(b.Encrypted, "personal part") + " locked"}
		if b.Erased {
			badge = Badge{Tone: Bad, Text: "personal data erased"}
		}
		h.Badges = append(h.Badges, badge)
	}
	return h
}

func bundleVerdict(b *evidence.Bundle) Verdict {
	switch c := b.Check; {
	case c == nil:
		return Verdict{Tone: Info, Word: "Read back when it was sealed", Text: Text("Nobody has verified it since. “Verify now” reads all " + Bytes(b.Bytes) + " again.")}
	case c.OK():
		return Verdict{Tone: Good, Word: "Whole", Text: Text("Verified ").Ago(c.At).Say(": all " + Plural(c.Parts, "part") + " of " + Bytes(c.Bytes) + " were as they were sealed.")}
	default:
		return Verdict{Tone: Bad, Word: "Damaged", Text: Text("Verified ").Ago(c.At).Say(": it was not what was sealed. It covers nothing any more. Keep the evidence store as it is, and look for a copy of the bundle.")}
	}
}

// checkCard is the report of the last verification.
func checkCard(c *evidence.Check) Card {
	if c == nil {
		return Card{}
	}
	card := Card{ID: "verification", Title: "Last verification", Note: "a memory: to be sure, verify again",
		List: []Fact{{Label: "Verified", Value: Phrase{}.UTC(c.At).Say(" UTC by ").Say(actorWord(c.Actor))}, {Label: "Read and right", Value: Text(Plural(c.Parts, "part") + ", " + Bytes(c.Bytes))}}}
	if c.OK() {
		return card
	}
	card.Table = &Table{Caption: "What is not as it was sealed", Columns: []Column{{Label: "Part"}, {Label: "State"}, {Label: "What was found"}}}
	for _, f := range c.Findings {
		card.Table.Rows = append(card.Table.Rows, Row{Tone: Bad, Cells: []Phrase{Phrase{}.Code(f.Part), Phrase{}.Badge(Bad, string(f.State)), Text(f.Detail)}})
	}
	if more := c.Found - len(c.Findings); more > 0 {
		card.Gaps = []string{Num(more) + " more are not shown."}
	}
	return card
}

func actorWord(a ledger.Actor) string {
	if a.Name == "" {
		return a.ID
	}
	return a.Name
}

// sealCard says who sealed it, why, and where that is recorded.
func (s *Server) sealCard(b *evidence.Bundle) Card {
	entry := Text("#" + digits(b.Ledger))
	if s.cfg.Ledger != nil {
		entry = entryLink(b.Ledger)
	}
	c := Card{ID: "seal", Title: "Seal", Note: "times are UTC"}
	add := func(label string, value Phrase) { c.List = append(c.List, Fact{Label: label, Value: value}) }
	add("SHA-256 of the manifest", Phrase{}.Copy(b.Digest.String(), ""))
	add("Sealed", Phrase{}.UTC(b.SealedAt).Say(" by ").Say(actorWord(b.Actor)).Muted(" id ").Code(b.Actor.ID))
	add("Ledger entry", entry)
	if b.Plan != "" {
		add("Plan", s.planPhrase(b.Plan))
	}
	if b.Incident != "" {
		add("Incident", Phrase{}.Link(b.Incident, address("/evidence", "incident", b.Incident)))
	}
	if b.Reason != "" {
		c.List = append(c.List, Fact{Label: "Why", Value: Text(b.Reason), Note: "never leaves the console"})
	}
	add("Content", Text(Plural(b.Parts, "part")+", "+Bytes(b.Bytes)))
	if m := b.Manifest; m != nil {
		c.List = append(c.List, Fact{Label: "Registry's time", Value: Phrase{}.UTC(m.TakenAt).Muted(" snapshot ").Code(m.Snapshot), Note: "all rows are of this one moment"})
	}
	if b.Erased {
		add("Personal data", Phrase{}.Badge(Bad, "erased").Muted(" The key was deleted; nobody can read these parts again. The rest verifies as before."))
	}
	return c
}

// subjectsCard names whom the bundle speaks of.
func subjectsCard(m *evidence.Manifest) Card {
	c := Card{ID: "subjects", Title: "What it holds", Note: "names as they were then"}
	line := func(label string, n int, subject func(int) (ledger.Subject, bool)) {
		if n == 0 {
			return
		}
		var p Phrase
		for i := range min(n, subjectsMost) {
			if i > 0 {
				p = p.Say(", ")
			}
			x, whole := subject(i)
			if p = append(p, subjectPhrase(x)...); !whole {
				p = p.Muted(" (concerned)")
			}
		}
		if n > subjectsMost {
			p = p.Muted(" and " + Num(n-subjectsMost) + " more; the manifest in the export has all")
		}
		c.List = append(c.List, Fact{Label: label, Value: p})
	}
	of := m.Subjects
	line(Plural(len(of.Crates), "crate"), len(of.Crates), func(i int) (ledger.Subject, bool) {
		return ledger.Subject{Kind: "crate", ID: of.Crates[i].Name}, of.Crates[i].Whole
	})
	line(Plural(len(of.Versions), "version"), len(of.Versions), func(i int) (ledger.Subject, bool) {
		return ledger.Subject{Kind: "version", ID: of.Versions[i].Crate + "@" + of.Versions[i].Num}, true
	})
	line(Plural(len(of.Accounts), "account"), len(of.Accounts), func(i int) (ledger.Subject, bool) {
		return ledger.Subject{Kind: "account", ID: digits(of.Accounts[i].ID), Name: of.Accounts[i].Login}, of.Accounts[i].Asked
	})
	return c
}

// lockedWhy is what it takes to open personal parts.
const lockedWhy = "Opening it takes a role and a reason, and is recorded: use “open” beside the part."

// partOpener gives the address at which a personal part is opened, and nil to
// visitors who may not.
func (s *Server) partOpener(r *http.Request) func(digest, part string) string {
	if !s.mayOpen(r, opening.Part) {
		return nil
	}
	return func(digest, part string) string {
		return address("/open", "what", string(opening.Part), "subject", digest, "part", part)
	}
}

// bundleParts lists the parts of the manifest from one on.
func bundleParts(b *evidence.Bundle, from int64, open func(digest, part string) string) Card {
	m := b.Manifest
	c := Card{ID: "parts", Title: "Parts", Note: Plural(len(m.Parts), "part") + " · " + Bytes(b.Bytes) + " · never unpacked here", Table: &Table{Caption: "Parts of the bundle",
		Columns: []Column{{Label: "Part"}, {Label: "Kind"}, {Label: "Rows", Num: true}, {Label: "Size", Num: true}, {Label: "SHA-256"}, {Label: "Encrypted"}, {Label: "Get"}},
		Empty:   Empty{Title: "No part begins here", Action: Link{"The first parts", evidenceURL(b.Digest) + "#parts"}}}}
	start := int(min(from, int64(len(m.Parts))))
	end := min(start+partsMost, len(m.Parts))
	for i := range m.Parts[start:end] {
		c.Table.Rows = append(c.Table.Rows, partRow(b, &m.Parts[start+i], open))
	}
	if b.Encrypted > 0 && !b.Erased {
		c.Gaps = []string{"Personal parts are locked. Opening one takes the role responder, remover or auditor and a reason, and is recorded."}
	}
	if len(m.Parts) > partsMost {
		c.Pager = &Pager{Shown: "parts " + Num(start+1) + " to " + Num(end) + " of " + Num(len(m.Parts)), Back: "Before", Forth: "After"}
		if start > 0 {
			c.Pager.Newer = address(evidenceURL(b.Digest), "from", positive64(int64(max(0, start-partsMost))))
		}
		if end < len(m.Parts) {
			c.Pager.Older = address(evidenceURL(b.Digest), "from", digits(end))
		}
	}
	return c
}

func partRow(b *evidence.Bundle, p *evidence.Part, open func(digest, part string) string) Row {
	name := Phrase{}.Code(p.Name)
	if p.Held {
		name = name.Say(" ").Badge(Hold, "was held")
	}
	if p.Claimed != nil {
		name = name.Say(" ").Badge(Bad, "not what the rows say").Muted(" they have ").Copy(p.Claimed.String(), Short(p.Claimed.String()))
	}
	rows, secret, get := "–", Text("no"), Phrase{}.Link("download", address(evidenceURL(b.Digest)+"/part", "name", p.Name))
	if p.Rows > 0 || p.Kind != evidence.KindFile {
		rows = Num(p.Rows)
	}
	if p.Encrypted {
		secret, get = Phrase{}.Badge(Hold, "personal"), Phrase{}.Muted("locked")
		if open != nil {
			get = Phrase{}.Link("open", open(b.Digest.String(), p.Name))
		}
		if b.Erased {
			secret, get = Phrase{}.Badge(Bad, "erased"), Phrase{}.Muted("erased")
		}
	}
	return Row{Cells: []Phrase{name, Text(partKind(p.Kind)), Text(rows), Text(Bytes(p.Bytes)), Phrase{}.Copy(p.SHA256.String(), Short(p.SHA256.String())), secret, get}}
}

// partKind says in words what a part is.
func partKind(kind string) string {
	switch kind {
	case evidence.KindRows:
		return "rows"
	case evidence.KindIndex:
		return "index as stored"
	case evidence.KindIndexBuilt:
		return "index by the rows"
	case evidence.KindFile:
		return "file"
	}
	return kind
}

// gapsCard says what was not copied: first what would be lost, then secrets,
// which are never copied.
func gapsCard(m *evidence.Manifest) Card {
	if len(m.LeftOut) == 0 {
		return Card{}
	}
	c := Card{ID: "gaps", Title: "Not copied", Note: Plural(len(m.LeftOut), "table or column", "tables and columns")}
	gaps := m.Gaps()
	for _, text := range gaps {
		c.Guards = append(c.Guards, Guard{Tone: Bad, Word: "lost", Text: Text(text)})
	}
	if len(gaps) > 0 {
		c.Notices = []Notice{{Tone: Bad, Title: "It covers nothing", Text: Text("What it lacks would be gone for good, so no plan may be applied because of it. Mend the cause, and seal again.")}}
	}
	counts := map[string]int{}
	for _, l := range m.LeftOut {
		counts[l.Reason]++
	}
	for _, reason := range []struct{ is, word, why string }{{extract.Secret, "secret", "Never copied: it would let somebody in."}, {extract.MaybeSecret, "looks like a secret", "Newer than this release knows, and called like one."},
		{extract.NotThere, "not there", "This database has no such table."}} {
		if n := counts[reason.is]; n > 0 {
			c.Guards = append(c.Guards, Guard{Tone: Info, Word: reason.word, Text: leftOut(m, reason.is), Note: Text(strconv.Itoa(n) + ". " + reason.why)})
		}
	}
	return c
}

// leftOut names the tables and columns left out for a reason.
func leftOut(m *evidence.Manifest, reason string) Phrase {
	var p Phrase
	for _, l := range m.LeftOut {
		if l.Reason != reason {
			continue
		}
		if len(p) > 0 {
			p = p.Say(", ")
		}
		name := l.Table
		if l.Column != "" {
			name += "." + l.Column
		}
		p = p.Code(name)
	}
	return p
}

// missingMost is how many missing files a page names.
const missingMost = 200

// missingCard lists the files that might have been there and were not.
func missingCard(m *evidence.Manifest) Card {
	if len(m.Missing) == 0 {
		return Card{}
	}
	c := Card{ID: "missing", Title: "Files that were not there", Note: Plural(len(m.Missing), "file") + " · looked for when it was sealed", Table: &Table{Caption: "Files that were not there", Columns: []Column{{Label: "File"}, {Label: "State"}}}}
	for i, x := range m.Missing {
		if i == missingMost {
			c.Gaps = []string{Num(missingMost) + " of " + Num(len(m.Missing)) + " are shown; the manifest in the export has all."}
			break
		}
		row := Row{Cells: []Phrase{Phrase{}.Code(x.Name), Text("not in storage")}}
		if x.Lost {
			row = Row{Tone: Bad, Cells: []Phrase{Phrase{}.Code(x.Name), Phrase{}.Badge(Bad, "lost").Say(" it was held, and the vault does not have it any more")}}
		}
		c.Table.Rows = append(c.Table.Rows, row)
	}
	return c
}
