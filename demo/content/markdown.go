package content

import (
	"html"
	"regexp"
	"strings"
)

// RenderMarkdown turns a README into HTML that can do nothing: it knows
// headings, paragraphs, lists, fenced code, code spans and links to http and
// https addresses, and escapes all else. It stands in for the registry's
// renderer in the demo, and is no renderer for foreign text of other kinds.
func RenderMarkdown(text string) []byte {
	var b strings.Builder
	var paragraph []string
	flush := func() {
		if len(paragraph) > 0 {
			b.WriteString("<p>" + inline(strings.Join(paragraph, "\n")) + "</p>\n")
			paragraph = nil
		}
	}
	inCode, inList := false, false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		item, isItem := strings.CutPrefix(line, "- ")
		if inList && !isItem {
			b.WriteString("</ul>\n")
			inList = false
		}
		level := len(line) - len(strings.TrimLeft(line, "#"))
		switch {
		case strings.HasPrefix(line, "```"):
			flush()
			b.WriteString(map[bool]string{false: "<pre><code>", true: "</code></pre>\n"}[inCode])
			inCode = !inCode
		case inCode:
			b.WriteString(html.EscapeString(line) + "\n")
		case level > 0 && level <= 6 && strings.HasPrefix(line[level:], " "):
			flush()
			tag := "h" + string(rune('0'+level))
			b.WriteString("<" + tag + ">" + inline(strings.TrimSpace(line[level:])) + "</" + tag + ">\n")
		case isItem:
			flush()
			if !inList {
				b.WriteString("<ul>\n")
				inList = true
			}
			b.WriteString("<li>" + inline(item) + "</li>\n")
		case strings.TrimSpace(line) == "":
			flush()
		default:
			paragraph = append(paragraph, line)
		}
	}
	flush()
	if inList {
		b.WriteString("</ul>\n")
	}
	if inCode {
		b.WriteString("</code></pre>\n")
	}
	return []byte(b.String())
}

func codeSpan() *regexp.Regexp { return regexp.MustCompile("`([^`\n]+)`") }

func webLink() *regexp.Regexp {
	return regexp.MustCompile(`\[([^\[\]\n]+)\]\((https?://[^\s()<>&]+)\)`)
}

// inline escapes first, so that what it adds is the only markup.
func inline(text string) string {
	text = html.EscapeString(text)
	if strings.Contains(text, "`") {
		text = codeSpan().ReplaceAllString(text, "<code>$1</code>")
	}
	if strings.Contains(text, "](") {
		text = webLink().ReplaceAllString(text, `<a href="$2" rel="nofollow noopener noreferrer">$1</a>`)
	}
	return text
}
