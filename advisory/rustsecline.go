package advisory

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// after leaves the date away where it is the same day.
func after(first, then time.Time) string {
	if first.UTC().Format(time.DateOnly) == then.UTC().Format(time.DateOnly) {
		return "at " + then.UTC().Format("15:04:05") + " UTC"
	}
	return "on " + stampUTC(then)
}

// sentence writes a number with where it comes from, whether it may change, and
// of when it is.
func (f Figure) sentence(one, many string) string {
	return f.told(one, many, inert(f.Method))
}

func (f Figure) told(one, many, method string) string {
	state := "provisional"
	if method == "" {
		method = "method not stated"
	}
	if f.Confirmed {
		state = "confirmed"
	}
	of := "date not stated"
	if !f.AsOf.IsZero() {
		of = "as of " + stampUTC(f.AsOf)
	}
	return fmt.Sprintf("%s (%s; %s, %s)", count(f.Value, one, many), method, state, of)
}

// numbered lists version numbers in a sentence; what is none stands as code.
func numbered(nums []string) string {
	list := make([]string, len(nums))
	for i, num := range nums {
		if list[i] = num; !versionNumber.MatchString(num) {
			list[i] = code(num)
		}
	}
	return and(list)
}

// mayBegin are words before which a line may be broken: none of them can open a
// list, a heading or a fence.
var mayBegin = regexp.MustCompile("^[(`]?[\\pL\\pN]")

// listNumber is the one that could.
var listNumber = regexp.MustCompile(`^[0-9]+[.)]$`)

// wrapped breaks lines of Markdown at 80 letters where that changes nothing.
func wrapped(text string) string {
	var b strings.Builder
	for i, l := range strings.Split(text, "\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		indent := ""
		if strings.HasPrefix(l, "- ") {
			indent = "  "
		}
		width := 0
		for j, word := range strings.Split(l, " ") {
			n := utf8.RuneCountInString(word)
			switch {
			case j == 0:
			case width+1+n > 80 && mayBegin.MatchString(word) && !listNumber.MatchString(word):
				b.WriteString("\n" + indent)
				width = len(indent)
			default:
				b.WriteByte(' ')
				width++
			}
			b.WriteString(word)
			width += n
		}
	}
	return b.String()
}

// plain is a figure's sentence where no Markdown is read.
func (f Figure) plain(one, many string) string {
	return f.told(one, many, oneLine(f.Method))
}
