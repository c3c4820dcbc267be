package advisory

import (
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"

	"cratewarden"
)

// steers says that a letter turns or hides the text around it.
func steers(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar
}

// oneLine makes a foreign text one line that steers nothing: no line break
// begins a header or a heading, no letter turns what stands beside it.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), r == '\u2028', r == '\u2029':
			return ' '
		case steers(r):
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(text, string(unicode.ReplacementChar)))
	return strings.Join(strings.Fields(text), " ")
}

// paragraphs parts a text of people at its line breaks: each is one line; those
// that begin with a dash are points of a list.
func paragraphs(text string) []string {
	var out []string
	open := false
	for raw := range strings.Lines(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").Replace(text)) {
		l := oneLine(raw)
		point := strings.HasPrefix(l, "- ")
		switch {
		case l == "":
			open = false
		case open && !point:
			out[len(out)-1] += " " + l
		default:
			out = append(out, l)
			open = true
		}
	}
	return out
}

// inert writes a line of foreign text in Markdown so that it says what it says
// and does nothing. Spans between backticks stay code.
func inert(text string) string {
	var b strings.Builder
	rest := oneLine(text)
	for {
		before, after, found := strings.Cut(rest, "`")
		span, tail, closed := strings.Cut(after, "`")
		if !found || !closed {
			b.WriteString(escaped(rest))
			break
		}
		b.WriteString(escaped(before))
		if strings.TrimSpace(span) == "" {
			b.WriteString("\\`\\`")
		} else {
			b.WriteString(code(span))
		}
		rest = tail
	}
	return atStart.ReplaceAllString(b.String(), `$1\$2`)
}

// atStart is what opens a block when a line begins with it.
var atStart = regexp.MustCompile(`^([0-9]*)([-+=#.):])`)

func escaped(text string) string {
	var b strings.Builder
	letters := []rune(text)
	word := func(i int) bool {
		return i >= 0 && i < len(letters) && (unicode.IsLetter(letters[i]) || unicode.IsDigit(letters[i]))
	}
	for i, r := range letters {
		if strings.ContainsRune("\\`*[]<>&~|{}", r) || r == '_' && !(word(i-1) && word(i+1)) || r == '%' && i > 0 && letters[i-1] == '{' {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// prose writes a text of several paragraphs in Markdown, inert.
func prose(text string) string {
	var b strings.Builder
	was := ""
	for _, p := range paragraphs(text) {
		point, is := strings.CutPrefix(p, "- ")
		kind := "text"
		if is {
			kind, p = "point", "- "+inert(point)
		} else {
			p = inert(p)
		}
		switch {
		case was == "":
		case was == "point" && kind == "point":
			b.WriteString("\n")
		default:
			b.WriteString("\n\n")
		}
		b.WriteString(p)
		was = kind
	}
	return b.String()
}

// code writes foreign text as a code span of Markdown. The braces that site
// generators take for commands are parted, because they look into code too.
func code(text string) string {
	text = parted.ReplaceAllString(oneLine(text), "{ $1")
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return fence + text + fence
}

var parted = regexp.MustCompile(`\{([{%#])`)

// cell is a code span inside a table. What parts cells there is shown broken:
// readers of Markdown differ on how to write it.
func cell(text string) string { return code(strings.ReplaceAll(text, "|", "¦")) }

// inertCell is a line of foreign text inside a table.
func inertCell(text string) string {
	return inert(strings.NewReplacer("|", "¦", "`", "'").Replace(text))
}

// address gives a link's address if a text may carry it: http or https, and no
// letter that ends it early. Anything else is "".
func address(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return ""
	}
	for _, r := range raw {
		if steers(r) || unicode.IsSpace(r) || strings.ContainsRune("<>\"'`{}|\\^()[]", r) {
			return ""
		}
	}
	return raw
}

// linked writes a link of Markdown, or only its words when its address is none.
func linked(title, to string) string {
	if title == "" {
		title = to
	}
	if to = address(to); to == "" {
		return inert(title)
	}
	return "[" + inert(title) + "](<" + to + ">)"
}

// quoted writes a basic string of TOML.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(oneLine(text)) + `"`
}

// stamp writes an exact time.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// stampUTC writes it where no heading says UTC.
func stampUTC(t time.Time) string { return stamp(t) + " UTC" }

// lasted writes how long something took, in whole minutes up to two days.
func lasted(d time.Duration) string {
	if d < 0 {
		return "not known"
	}
	minutes := int64(d / time.Minute)
	switch {
	case d < time.Minute:
		return count(int64(d/time.Second), "second", "seconds")
	case minutes <= 48*60:
		return count(minutes, "minute", "minutes")
	}
	return count(minutes/(24*60), "day", "days") + " " + count(minutes/60%24, "hour", "hours")
}

func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return cratewarden.Thousands(n) + " " + many
}

// one gives a word for a number of things that stands without it.
func one(n int, single, many string) string {
	if n == 1 {
		return single
	}
	return many
}

// and joins words as a sentence does.
func and(words []string) string {
	switch n := len(words); n {
	case 0:
		return ""
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
}

// slug makes a part of an address of a text.
func slug(text string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(text) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	out := b.String()
	if len(out) > 80 {
		out = out[:80]
	}
	return strings.Trim(out, "-")
}

// fileName makes a name part of a login or a host.
func fileName(text string) string {
	if s := slug(text); s != "" {
		return s
	}
	return "unnamed"
}

// defanged writes an address that leads somewhere bad so that nothing opens it.
func defanged(text string) string {
	text = oneLine(text)
	if rest, ok := strings.CutPrefix(text, "http"); ok {
		text = "hxxp" + rest
	}
	return strings.ReplaceAll(text, ".", "[.]")
}

// paragraph writes text that is not Markdown: foreign words on lines of their
// own, in which nothing steers.
func paragraph(text string) string { return strings.Join(paragraphs(text), "\n\n") }

// verdict says what a case is, for people outside.
func (s Sheet) verdict() string {
	switch s.Verdict {
	case "malicious":
		return "malicious code"
	case "compromised owner":
		return "malicious code, published with the account of a genuine owner"
	case "policy":
		return "what the registry's rules do not allow"
	case "benign":
		return "harmless"
	case "":
		return "not decided yet"
	}
	return s.Verdict
}

func (r Registry) name() string {
	if r.Name == "" {
		return "the registry"
	}
	return oneLine(r.Name)
}

// bad gives the number of crates with bad versions, and of these.
func (s Sheet) bad() (crates, versions int) {
	for _, c := range s.Crates {
		if len(c.Bad) > 0 {
			crates++
			versions += len(c.Bad)
		}
	}
	return crates, versions
}

// firstPublished is when the first bad version came, zero without any.
func (s Sheet) firstPublished() (first time.Time) {
	for _, c := range s.Crates {
		for _, v := range c.Bad {
			if first.IsZero() || v.Published.Before(first) {
				first = v.Published
			}
		}
	}
	return first
}

// lastGone is since when none of the bad versions can be had; zero while one can.
func (s Sheet) lastGone() (last time.Time) {
	for _, c := range s.Crates {
		for _, v := range c.Bad {
			if v.Gone().IsZero() {
				return time.Time{}
			}
			if v.Gone().After(last) {
				last = v.Gone()
			}
		}
	}
	return last
}

// versionNumber is a version as Cargo takes one; it needs no quoting anywhere.
var versionNumber = regexp.MustCompile(`^[0-9]{1,20}\.[0-9]{1,20}\.[0-9]{1,20}(-[0-9A-Za-z.-]{1,100})?(\+[0-9A-Za-z.-]{1,100})?$`)

// safe refuses a crate or version that a command cannot name. The registry takes
// none such; somebody who writes into its rows might.
func safe(c Crate) error {
	if !cratewarden.ValidName(c.Name) {
		return cratewarden.Errorf(cratewarden.Invalid, "The name %q is none that a crate may have, so no command is written with it. Take it out of the incident or correct it.", oneLine(c.Name))
	}
	for _, v := range c.Bad {
		if !versionNumber.MatchString(v.Num) {
			return cratewarden.Errorf(cratewarden.Invalid, "%q is no version number of %s, so no command is written with it. Take it out of the incident or correct it.", oneLine(v.Num), c.Name)
		}
	}
	return nil
}
