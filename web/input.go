package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cratewarden"
)

// Rows of one page of a list; the interface for programs has the same bounds.
const (
	listLimit    = 50
	listLimitMax = 1000
)

// fields reads an address. Only the first field that cannot be understood is
// kept, in err, so that a handler reads all of them and checks once. What stood
// in the address is not repeated in the sentence: the browser shows it.
type fields struct {
	values url.Values
	err    error
}

func readFields(r *http.Request) *fields {
	values, err := url.ParseQuery(r.URL.RawQuery)
	f := &fields{values: values}
	if err != nil {
		f.refuse("The address holds a “%%” or “;” that does not belong there. Go back and use the form of the page.")
	}
	return f
}

func (f *fields) refuse(format string, args ...any) {
	if f.err == nil {
		f.err = cratewarden.Errorf(cratewarden.Invalid, format, args...)
	}
}

// text is a field of at most so many bytes.
func (f *fields) text(name string, most int) string {
	value := strings.TrimSpace(f.values.Get(name))
	if len(value) > most {
		f.refuse("The field “%s” of the address may have %d bytes at most. Shorten it.", name, most)
		return ""
	}
	return value
}

// number is a whole number within bounds; without the field it is the given one.
func (f *fields) number(name string, least, most, without int32) int32 {
	value := f.text(name, 40)
	if value == "" {
		return without
	}
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil || int32(n) < least || int32(n) > most {
		f.refuse("The field “%s” of the address must be a whole number from %s to %s. Correct it, or take it away.", name, Num(least), Num(most))
		return without
	}
	return int32(n)
}

func (f *fields) limit() int {
	return int(f.number("limit", 1, listLimitMax, listLimit))
}

func (f *fields) flag(name string) bool {
	switch f.text(name, 10) {
	case "", "false", "0":
		return false
	case "true", "1":
		return true
	}
	f.refuse("The field “%s” of the address must be true or false. Correct it, or take it away.", name)
	return false
}

// choice is one of a few words, or nothing.
func (f *fields) choice(name string, words ...string) string {
	value := f.text(name, 64)
	if value == "" {
		return ""
	}
	for _, w := range words {
		if value == w {
			return value
		}
	}
	f.refuse("The field “%s” of the address must be one of %s. Correct it, or take it away.", name, strings.Join(words, ", "))
	return ""
}

// instant is a time in UTC, as precise as it was written.
func (f *fields) instant(name string) time.Time {
	value := f.text(name, 40)
	if value == "" {
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.Parse(layout, value); err == nil && t.Year() > 0 {
			return t.UTC()
		}
	}
	f.refuse("The field “%s” of the address must be a time in UTC, such as 2026-08-20 or 2026-08-20 07:15. Correct it, or take it away.", name)
	return time.Time{}
}

// rowID is the number in the path of an account or a team.
func rowID(r *http.Request, what string) (int32, error) {
	n, err := strconv.ParseInt(r.PathValue("id"), 10, 32)
	if err != nil || n < 1 {
		return 0, cratewarden.Errorf(cratewarden.Invalid, "The address of %s ends with its number, 1 to 2,147,483,647. Search for the login to find it.", what)
	}
	return int32(n), nil
}

// instantField writes an instant for an address, empty for none.
func instantField(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return stamp(t)
}

// trueField writes a flag for an address, empty when it is not set.
func trueField(on bool) string {
	if on {
		return "true"
	}
	return ""
}

// positive writes a number for an address, empty for 0.
func positive(n int32) string {
	if n <= 0 {
		return ""
	}
	return strconv.FormatInt(int64(n), 10)
}

// address is Query for pairs that are known to be whole; a miscount is a
// mistake in this package and shows as an address that leads nowhere.
func address(base string, pairs ...any) string {
	out, err := Query(base, pairs...)
	if err != nil {
		return "#" + err.Error()
	}
	return out
}

// digits writes a number that names something, such as a row, without separators.
func digits[T ~int | ~int32 | ~int64](n T) string { return strconv.FormatInt(int64(n), 10) }
