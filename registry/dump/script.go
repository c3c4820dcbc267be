package dump

import (
	"strings"

	"cratewarden"
)

// statement is one SQL statement of a script, without its semicolon and
// without what stood before it.
type statement struct {
	text string
	line int // 1-based, of its first word
}

// split cuts an SQL script as pg_dump writes it into statements. It knows
// comments, quotes, dollar quotes, SQL-standard function bodies, and drops
// psql's own commands (lines that start with a backslash, such as \restrict).
func split(script string) ([]statement, error) {
	s := scanner{text: script, line: 1}
	var out []statement
	for {
		s.skipBlank()
		if s.at >= len(s.text) {
			return out, nil
		}
		start, line := s.at, s.line
		if err := s.statement(); err != nil {
			return nil, err
		}
		text := strings.TrimSpace(s.text[start:s.at])
		if s.at < len(s.text) {
			s.advance(1) // the semicolon
		}
		if text != "" {
			out = append(out, statement{text: text, line: line})
		}
	}
}

type scanner struct {
	text string
	at   int
	line int
}

func (s *scanner) rest() string { return s.text[s.at:] }

func (s *scanner) advance(n int) {
	n = min(n, len(s.text)-s.at)
	s.line += strings.Count(s.text[s.at:s.at+n], "\n")
	s.at += n
}

// skipBlank moves over white space, comments and psql commands between two
// statements. An unfinished comment ends the script.
func (s *scanner) skipBlank() {
	for s.at < len(s.text) {
		switch rest := s.rest(); {
		case strings.IndexByte(" \t\r\n\f\v", rest[0]) >= 0:
			s.advance(1)
		case rest[0] == '\\':
			s.advance(lineLength(rest))
		default:
			n := commentLength(rest)
			if n == 0 {
				return
			}
			s.advance(n)
		}
	}
}

// statement moves to the semicolon that ends the statement, or to the end.
func (s *scanner) statement() error {
	start := s.line
	depth, words := 0, 0
	routine := false
	for s.at < len(s.text) {
		rest := s.rest()
		if rest[0] == ';' && depth == 0 {
			return nil
		}
		if n := commentLength(rest); n > 0 {
			s.advance(n)
			continue
		}
		n, ok := quotedLength(rest)
		if !ok {
			return cratewarden.Errorf(cratewarden.Invalid, "schema.sql is damaged: a quote opened in the statement of line %d never ends.", start)
		}
		if n > 0 {
			s.advance(n)
			continue
		}
		n = wordLength(rest)
		if n == 0 {
			s.advance(1)
			continue
		}
		word := strings.ToUpper(rest[:n])
		if words++; words <= 4 && (word == "FUNCTION" || word == "PROCEDURE") {
			routine = true
		}
		if routine {
			depth = nest(depth, word)
		}
		s.advance(n)
	}
	return nil
}

// nest follows BEGIN ATOMIC … END bodies, in which semicolons do not end the
// statement; CASE has an END of its own.
func nest(depth int, word string) int {
	switch {
	case word == "BEGIN", word == "CASE" && depth > 0:
		return depth + 1
	case word == "END" && depth > 0:
		return depth - 1
	}
	return depth
}

func lineLength(s string) int {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		return i + 1
	}
	return len(s)
}

// commentLength gives the length of the comment s starts with, 0 for none.
// Block comments nest.
func commentLength(s string) int {
	if strings.HasPrefix(s, "--") {
		return lineLength(s)
	}
	if !strings.HasPrefix(s, "/*") {
		return 0
	}
	depth := 0
	for i := 0; i < len(s)-1; i++ {
		switch s[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			i++
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

// quotedLength gives the length of the string, identifier or dollar-quoted
// body s starts with; 0 when it starts with none, not ok when it never ends.
func quotedLength(s string) (n int, ok bool) {
	switch {
	case s[0] == '\'' || s[0] == '"':
		return closing(s, 1, s[0], false)
	case len(s) > 1 && (s[0] == 'E' || s[0] == 'e') && s[1] == '\'':
		return closing(s, 2, '\'', true)
	case s[0] == '$':
		end := dollarTag(s)
		if end == 0 {
			return 0, true
		}
		i := strings.Index(s[end:], s[:end])
		if i < 0 {
			return 0, false
		}
		return end + i + end, true
	}
	return 0, true
}

// closing finds the quote that ends a string whose content starts at from.
func closing(s string, from int, quote byte, escapes bool) (int, bool) {
	for i := from; i < len(s); i++ {
		switch {
		case escapes && s[i] == '\\':
			i++
		case s[i] == quote && i+1 < len(s) && s[i+1] == quote:
			i++ // doubled: part of the content
		case s[i] == quote:
			return i + 1, true
		}
	}
	return 0, false
}

// dollarTag gives the length of the tag ($$ or $name$) s starts with.
func dollarTag(s string) int {
	for i := 1; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '$':
			return i + 1
		case !wordByte(c) || i == 1 && c >= '0' && c <= '9':
			return 0
		}
	}
	return 0
}

// wordLength gives the length of the word or number s starts with. A dollar
// sign inside a word belongs to it and opens no quote.
func wordLength(s string) int {
	if !wordByte(s[0]) {
		return 0
	}
	n := 1
	for n < len(s) && (wordByte(s[n]) || s[n] == '$') {
		n++
	}
	return n
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80
}
