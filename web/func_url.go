package web

import (
	"fmt"
	"net/url"
	"strings"
)

// Path builds an address of this console from its steps, each escaped, so that
// a name with a slash or a question mark cannot change where a link leads.
func Path(steps ...string) string {
	var out strings.Builder
	for _, step := range steps {
		out.WriteByte('/')
		// A step of dots alone would be resolved away by the browser.
		if strings.Trim(step, ".") == "" {
			out.WriteString(strings.ReplaceAll(step, ".", "%2E"))
			continue
		}
		out.WriteString(url.PathEscape(step))
	}
	if out.Len() == 0 {
		return "/"
	}
	return out.String()
}

// Query adds fields to an address: names and values in turn. Fields without a
// value are left out, so that filters that are not set do not clutter it.
func Query(base string, pairs ...any) (string, error) {
	return with(base, url.Values{}, pairs)
}

// With changes fields of an address that has some already, which is how sorting
// and paging keep the filters. An empty value takes the field away.
func With(address string, pairs ...any) (string, error) {
	base, raw, _ := strings.Cut(address, "?")
	values, err := url.ParseQuery(raw)
	if err != nil {
		return "", fmt.Errorf("address: %w", err)
	}
	return with(base, values, pairs)
}

func with(base string, values url.Values, pairs []any) (string, error) {
	if len(pairs)%2 != 0 {
		return "", fmt.Errorf("query of %s: a value is missing", base)
	}
	for i := 0; i < len(pairs); i += 2 {
		name, value := fmt.Sprint(pairs[i]), fmt.Sprint(pairs[i+1])
		if value == "" {
			values.Del(name)
			continue
		}
		values.Set(name, value)
	}
	if len(values) == 0 {
		return base, nil
	}
	return base + "?" + values.Encode(), nil
}

// local says whether an address leads to a place in this console. Only such
// addresses become links; every other is shown as text to copy, because much of
// what the console shows was written by attackers.
func local(address string) bool {
	switch {
	case address == "":
		return false
	case strings.HasPrefix(address, "#"), strings.HasPrefix(address, "?"):
		return !strings.Contains(address, ":") // html/template would take what stands before for a protocol
	default:
		return address[0] == '/' && !strings.HasPrefix(address, "//") && !strings.ContainsAny(address, "\\\t\r\n")
	}
}
