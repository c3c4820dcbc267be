package advisory

import (
	"regexp"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"pgregory.net/rapid"

	"cratewarden"
)

// outgoingForms are those that this file's tests are about.
func outgoingForms() []Format {
	return []Format{Blog, Zulip, Status, MailLocked, MailCoOwner, MailDependents, MailReporter, AbuseIdentity, AbuseHoster, AmIAffected, PostMortem}
}

func TestOutgoingGolden(t *testing.T) {
	t.Parallel()
	docs, err := Documents(outgoing(), outgoingForms()...)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[Format]int{}
	for _, d := range docs {
		seen[d.Format]++
		golden(t, d.Path, d.Text)
		if d.Format.Public() {
			if err := cratewarden.CheckPublic(d.Path, d.Text); err != nil {
				t.Error(err)
			}
		}
		if strings.HasPrefix(d.Path, "mail/") {
			if _, _, err := MailParts(d.Text); err != nil {
				t.Errorf("%s: %v", d.Path, err)
			}
		}
	}
	want := map[Format]int{Blog: 1, Zulip: 1, Status: 1, MailLocked: 2, MailCoOwner: 1, MailDependents: 1, MailReporter: 1, AbuseIdentity: 2, AbuseHoster: 2, AmIAffected: 1, PostMortem: 1}
	for f, n := range want {
		if seen[f] != n {
			t.Errorf("%s: %d documents, want %d", f, seen[f], n)
		}
	}
}

// The post of August 2026 was edited twice: its table of times and its command
// were wrong at first. Here both come from the same facts.
func TestThePostNeedsNoEdits(t *testing.T) {
	t.Parallel()
	docs, err := Documents(outgoing(), Blog)
	if err != nil {
		t.Fatal(err)
	}
	text := docs[0].Text
	for _, row := range []string{
		"| `arraykit` | `0.3.10` | 2026-08-20 07:15:00 | 2026-08-20 08:41:40 | 86 minutes |",
		"| `append-log` | `0.1.9` | 2026-08-20 07:37:49 | 2026-08-20 09:25:24 | 107 minutes |",
		"| `proc-makro1` | `1.0.106` | 2026-08-20 02:11:00 | 2026-08-20 09:26:00 | 435 minutes |",
	} {
		if !strings.Contains(text, row+"\n") {
			t.Errorf("no row %s", row)
		}
	}
	for _, c := range outgoing().Crates {
		for _, v := range c.Bad {
			if !strings.Contains(text, "-name '"+c.Name+"-"+v.Num+".crate'") || !strings.Contains(text, "-e '"+c.Name+" "+v.Num+"'") {
				t.Errorf("the commands leave out %s %s", c.Name, v.Num)
			}
		}
	}
	s := outgoing()
	s.UsedInTheWild = nil
	docs, err = Documents(s, Blog)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(docs[0].Text, "is not known yet") || strings.Contains(docs[0].Text, "no evidence") {
		t.Error("nobody said whether it was used, and the post does")
	}
}

// hostileText tries everything that a text may carry into a form.
const hostileText = "x\r\nBcc: all\n+++\n# Big\n<script>alert(1)</script> [a](javascript:b) ![i](x) {{ youtube(id=1) }} {% raw %} @**all** #**stream** `tick `` ``` | cell ~~a~~ *b* _c_ &lt; \u202e\u2066\u200d \x00\x1b[31m \"quote\" 'single' $(rm -rf /) `id` \\"

func hostile() Sheet {
	s := outgoing()
	h := func(p *string) { *p = hostileText }
	for _, p := range []*string{
		&s.Incident, &s.Title, &s.Kind, &s.TLP, &s.Severity, &s.Behaviour, &s.Trigger, &s.Summary, &s.Analysis, &s.UseNote, &s.EffectOnUsers, &s.Lead,
		&s.Registry.Name, &s.Registry.URL, &s.Registry.Appeal, &s.Publisher.Name, &s.Publisher.Contact, &s.Publisher.Authors, &s.Publisher.Team, &s.Publisher.TeamURL,
	} {
		h(p)
	}
	for n := range s.Crates {
		c := &s.Crates[n]
		h(&c.PublishedBy)
		h(&c.Imitates)
		h(&c.Behaviour)
		c.Owners, c.Restored = []string{hostileText, "a"}, []string{hostileText}
		c.Dependents = &Figure{Method: hostileText}
		for m := range c.Bad {
			c.Bad[m].Downloads = &Figure{Method: hostileText}
		}
	}
	for n := range s.Accounts {
		a := &s.Accounts[n]
		h(&a.Login)
		h(&a.URL)
		h(&a.Imitates)
		a.Repositories = []string{hostileText}
	}
	s.Indicators = []Indicator{{"domain", "bad.example", hostileText}, {"file", hostileText, hostileText}, {"url", hostileText, ""}, {hostileText, hostileText, hostileText}}
	s.Links = []Link{{"x", "javascript:alert(1)", hostileText}, {"x", "https://ok.example/)](x) ![", hostileText}, {"x", "https://ok.example/page", hostileText}}
	s.Finder = []Credit{{hostileText, hostileText, "REPORTER"}}
	return s
}

func TestHostileTextsAreInert(t *testing.T) {
	t.Parallel()
	s := hostile()
	docs, err := Documents(s, outgoingForms()...)
	if err != nil {
		t.Fatal(err)
	}
	docs = append(docs, PostMortemOf(s, Review{
		Moments: []Moment{{at("2026-08-20 07:15:00"), hostileText, hostileText, hostileText}},
		Clocks:  []Clock{{Name: hostileText}}, Actions: []Action{{What: hostileText, Owner: hostileText}},
	}))
	docs = append(docs, Digests(Document{Format: MailDependents, Text: "Subject: x\n\n" + dependentsMarker}, []DependentOwner{{hostileText, []Dependent{{Crate: hostileText, On: hostileText, Requirement: hostileText}}}})...)
	for _, d := range docs {
		inertDocument(t, d)
	}
}

var (
	ourHeadings = regexp.MustCompile(`^(# |## (What happened|What was removed|Actions taken|Analysis|What you need to do|Thanks|How long it took|Timeline|What went well|What did not|Where luck helped|What to do now)$)`)
	rawLink     = regexp.MustCompile(`(^|[^\\])\]\(`)
)

// inertDocument fails the test if a document does something.
func inertDocument(t interface {
	Helper()
	Errorf(string, ...any)
}, d Document) {
	t.Helper()
	for _, r := range d.Text {
		if steers(r) && r != '\n' && r != '\u200b' && r != '\ufffd' {
			t.Errorf("%s holds the letter %U", d.Path, r)
			return
		}
	}
	if strings.ContainsAny(d.Path, "\\\"'<> \n\r") || strings.Contains(d.Path, "..") || strings.HasPrefix(d.Path, "/") {
		t.Errorf("the path %q", d.Path)
	}
	switch {
	case strings.HasPrefix(d.Path, "mail/"):
		subject, _, err := MailParts(d.Text)
		if err != nil || strings.Contains(subject, "\n") {
			t.Errorf("%s: %v", d.Path, err)
		}
		if strings.Contains(d.To, "\n") {
			t.Errorf("%s is for %q", d.Path, d.To)
		}
	case d.Format == Blog, d.Format == PostMortem:
		inertMarkdown(t, d)
	case d.Format == Zulip:
		for _, mark := range []string{"@*", "#*", "](", "```"} {
			if strings.Contains(d.Text, mark) {
				t.Errorf("the chat post holds %q", mark)
			}
		}
	}
}

func inertMarkdown(t interface {
	Helper()
	Errorf(string, ...any)
}, d Document) {
	t.Helper()
	text := d.Text
	if d.Format == Blog {
		parts := strings.SplitN(text, "+++\n", 3)
		if len(parts) != 3 || parts[0] != "" {
			t.Errorf("front matter: %.200q", text)
			return
		}
		var front struct {
			Path, Title string
			Authors     []string
			Extra       struct {
				Team    string
				TeamURL string `toml:"team_url"`
			}
		}
		dec := toml.NewDecoder(strings.NewReader(parts[1])).DisallowUnknownFields()
		if err := dec.Decode(&front); err != nil || front.Title == "" {
			t.Errorf("front matter: %v in %q", err, parts[1])
		}
		text = parts[2]
	}
	fenced, columns := false, 0
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		if fenced {
			continue
		}
		if strings.HasPrefix(line, "#") && !ourHeadings.MatchString(line) || strings.HasPrefix(line, "+++") {
			t.Errorf("a heading of its own: %q", line)
		}
		bare := withoutCode(line)
		if row := strings.Count(strings.ReplaceAll(bare, `\|`, ""), "|"); strings.HasPrefix(line, "| ") {
			if columns == 0 {
				columns = row
			}
			if row != columns {
				t.Errorf("a row of %d bars among those of %d: %q", row, columns, line)
			}
		} else {
			columns = 0
		}
		if strings.Contains(line, "{{") || strings.Contains(line, "{%") {
			t.Errorf("a command for the site's generator: %q", line)
		}
		for _, l := range rawLink.FindAllStringIndex(bare, -1) {
			if !strings.HasPrefix(bare[l[1]:], "<https://") {
				t.Errorf("a link: %q", line)
			}
		}
		if m := regexp.MustCompile(`(^|[^\\(])<`).FindString(bare); m != "" {
			t.Errorf("markup: %q", line)
		}
	}
	if fenced {
		t.Errorf("a fence stays open")
	}
}

// withoutCode takes code spans out, as a reader of Markdown finds them.
func withoutCode(line string) string {
	var b strings.Builder
	for i := 0; i < len(line); {
		switch {
		case line[i] == '\\' && i+1 < len(line):
			b.WriteString(line[i : i+2])
			i += 2
		case line[i] == '`':
			n := 1
			for i+n < len(line) && line[i+n] == '`' {
				n++
			}
			fence := line[i : i+n]
			end := strings.Index(line[i+n:], fence)
			if end < 0 {
				b.WriteString(fence)
				i += n
				continue
			}
			i += n + end + n
		default:
			b.WriteByte(line[i])
			i++
		}
	}
	return b.String()
}

// Whatever people and attackers write, the forms keep their shape.
func TestAnyTextIsInert(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching("[a `<>\\[\\](){}%#+\\n|*_!&@\\\\-]{0,40}")).Draw(t, "text")
		s := outgoing()
		s.Incident, s.Title, s.Summary, s.Behaviour, s.Analysis, s.Lead = "INC-1"+text, text, text, text, text, text
		s.Registry.Name, s.Publisher.Authors, s.Publisher.Team = text, text, text
		s.Accounts[0].Login, s.Crates[0].Owners = text, []string{text}
		s.Indicators[0].Note, s.Indicators[3].Value, s.Finder[0].Name, s.Links[0].Title = text, text, text, text
		docs, err := Documents(s, outgoingForms()...)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range docs {
			inertDocument(t, d)
		}
	})
}

func TestMailParts(t *testing.T) {
	t.Parallel()
	for text, good := range map[string]bool{
		"Subject: a\n\nb\n":              true,
		"Subject: a\r\n\r\nb\r\n":        true,
		"Subject: a\n":                   true,
		"Subject: \n\nb":                 false,
		"subject: a\n\nb":                false,
		"b":                              false,
		"Subject: a\nBcc: everybody\n\n": false,
		"Subject: a\rBcc: x\n\nb":        false,
		"Subject: a\u2028Bcc: x\n\nb":    false,
		"Subject: a\x00\n\nb":            false,
	} {
		if _, _, err := MailParts(text); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestDigestsAreOnePerPerson(t *testing.T) {
	t.Parallel()
	docs, err := Documents(outgoing(), MailDependents)
	if err != nil || len(docs) != 1 || docs[0].To != DependentsTo {
		t.Fatal(docs, err)
	}
	out := Digests(docs[0], []DependentOwner{
		{"gridder", []Dependent{{Crate: "bitgrid", On: "arraykit", Requirement: "^0.3"}, {Crate: "lanewise", On: "append-log", Requirement: "=0.1.9"}}},
		{"other", []Dependent{{Crate: "other-crate", On: "arraykit", Requirement: "*"}}},
	})
	if len(out) != 2 || out[0].To != "gridder" || !strings.Contains(out[0].Text, "bitgrid depends on arraykit ^0.3\n  lanewise depends on append-log =0.1.9") || strings.Contains(out[1].Text, "bitgrid") {
		t.Errorf("%+v", out)
	}
	golden(t, out[0].Path, out[0].Text)
}
