package web

import (
	"fmt"
	"html/template"
	"strconv"
	"time"
)

// funcs are the words that templates may use; doc.go lists them.
func (s *Server) funcs() template.FuncMap {
	paint := painter{now: s.cfg.Clock}
	return template.FuncMap{
		"ago":           func(t time.Time) string { return Ago(s.cfg.Clock(), t) },
		"asset":         s.assets.url,
		"bytes":         Bytes,
		"clock":         clock,
		"compact":       compact,
		"date":          date,
		"dur":           Dur,
		"empty":         func(title, text string) Empty { return Empty{Title: title, Text: text} },
		"card":          paint.card,
		"events":        paint.events,
		"facts":         paint.facts,
		"figures":       paint.figures,
		"guards":        paint.guards,
		"head":          func(title string) Head { return Head{Title: title} },
		"icon":          icon,
		"local":         local,
		"navigation":    navigation,
		"notice":        func(tone Tone, title, text string) Notice { return Notice{tone, title, Text(text)} },
		"now":           func() time.Time { return s.cfg.Clock() },
		"num":           Num[int64],
		"n":             Num[int],
		"path":          Path,
		"pct":           Pct,
		"phrase":        paint.phrase,
		"plural":        Plural,
		"query":         Query,
		"registryBadge": registryBadge,
		"rows":          paint.rows,
		"short":         Short,
		"shortcuts":     shortcuts,
		"stamp":         stamp,
		"utc":           UTC,
		"with":          With,
	}
}

// Num writes a whole number with separators: 12,345.
func Num[T ~int | ~int64 | ~int32](n T) string {
	text := strconv.FormatInt(int64(n), 10)
	sign := ""
	if text[0] == '-' {
		sign, text = "−", text[1:]
	}
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return sign + text
}

// compact writes a number for the axis of a chart, where room is short: 12 k.
func compact(n int64) string {
	units := []string{"", " k", " M", " G"}
	value, at := float64(n), 0
	for value >= 1000 && at < len(units)-1 {
		value, at = value/1000, at+1
	}
	return strconv.FormatFloat(value, 'f', -1, 64) + units[at]
}

// Bytes writes a size in decimal units, as the registry does: 9.1 kB.
func Bytes(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n)/1000, "kB"
	for _, next := range []string{"MB", "GB", "TB"} {
		// 999.95 would be written as 1000.0 of the smaller unit.
		if value < 999.95 {
			break
		}
		value, unit = value/1000, next
	}
	return fmt.Sprintf("%.1f %s", value, unit)
}

// Pct writes a part of a whole: 12.5 %. Of nothing it is a dash. What is not
// quite all or not quite none is never rounded to all or none.
func Pct(part, whole int64) string {
	if whole == 0 {
		return "–"
	}
	value := 100 * float64(part) / float64(whole)
	switch {
	case part == 0 || part == whole:
		return fmt.Sprintf("%.0f %%", value)
	case value < 0.1:
		return "< 0.1 %"
	case value > 99.9 && value < 100:
		return "> 99.9 %"
	}
	return fmt.Sprintf("%.1f %%", value)
}

// Plural writes a number with its noun: 1 version, 2 versions. Without a
// plural form the noun gets an s.
func Plural(n int, one string, many ...string) string {
	switch {
	case n == 1:
		return "1 " + one
	case len(many) > 0:
		return Num(n) + " " + many[0]
	default:
		return Num(n) + " " + one + "s"
	}
}

// Short gives the first characters of a checksum or commit id, enough to tell
// it from others by eye: 9b1f03aa… . A short text stays whole.
func Short(id string) string {
	if len(id) <= 12 {
		return id
	}
	return id[:8] + "…"
}

// icon draws one of a few marks. They stand beside words, never instead of
// them, so they are hidden from screen readers.
func icon(name string) (template.HTML, error) {
	var path string
	switch name {
	case "copy":
		path = `<rect x="5.5" y="5.5" width="8" height="8" rx="1.5"/><path d="M10.5 3.5v-.5a1 1 0 0 0-1-1H3.5a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1h.5"/>`
	case "external":
		path = `<path d="M6.5 3.5h-3v9h9v-3M9.5 2.5h4v4M13 3 7.5 8.5"/>`
	case "file":
		path = `<path d="M4 1.5h5l3.5 3.5v9.5H4zM9 1.5V5h3.5"/>`
	case "folder":
		path = `<path d="M1.5 13V3h4.5l1.5 2h7v8z"/>`
	case "menu":
		path = `<path d="M2 4h12M2 8h12M2 12h12"/>`
	case "search":
		path = `<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3.5 3.5"/>`
	case "theme":
		path = `<circle cx="8" cy="8" r="5.5"/><path d="M8 2.5v11a5.5 5.5 0 0 0 0-11z" fill="currentColor"/>`
	case "left":
		path = `<path d="M10 3 5 8l5 5"/>`
	case "right":
		path = `<path d="m6 3 5 5-5 5"/>`
	default:
		return "", fmt.Errorf("there is no icon %q", name)
	}
	return template.HTML(`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">` + path + `</svg>`), nil
}
