package files

import (
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// EncodeIndex writes an index file byte for byte as the registry does: one
// compact JSON object for each line, a line feed after every one. The standard
// encoder is not used because it escapes characters that the registry's does
// not, which would make equal files look different. No lines give no bytes:
// the registry deletes such a file.
func EncodeIndex(lines []Line) []byte {
	var b []byte
	for _, line := range lines {
		b = append(appendLine(b, line), '\n')
	}
	return b
}

func appendLine(b []byte, l Line) []byte {
	b = appendString(append(b, `{"name":`...), l.Name)
	b = appendString(append(b, `,"vers":`...), l.Vers)
	b = append(b, `,"deps":[`...)
	for i, d := range l.Deps {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendDep(b, d)
	}
	b = appendString(append(b, `],"cksum":`...), l.Cksum)
	b = appendFeatures(append(b, `,"features":`...), l.Features)
	if len(l.Features2) > 0 {
		b = appendFeatures(append(b, `,"features2":`...), l.Features2)
	}
	b = strconv.AppendBool(append(b, `,"yanked":`...), l.Yanked)
	if l.Links != nil {
		b = appendString(append(b, `,"links":`...), *l.Links)
	}
	if l.RustVersion != nil {
		b = appendString(append(b, `,"rust_version":`...), *l.RustVersion)
	}
	if l.PubTime != "" {
		b = appendString(append(b, `,"pubtime":`...), l.PubTime)
	}
	if l.V != 0 {
		b = strconv.AppendInt(append(b, `,"v":`...), int64(l.V), 10)
	}
	return append(b, '}')
}

func appendDep(b []byte, d Dep) []byte {
	b = appendString(append(b, `{"name":`...), d.Name)
	b = appendString(append(b, `,"req":`...), d.Req)
	b = appendStrings(append(b, `,"features":`...), d.Features)
	b = strconv.AppendBool(append(b, `,"optional":`...), d.Optional)
	b = strconv.AppendBool(append(b, `,"default_features":`...), d.DefaultFeatures)
	b = appendNullable(append(b, `,"target":`...), d.Target)
	if d.Kind == "" {
		b = append(b, `,"kind":null`...)
	} else {
		b = appendString(append(b, `,"kind":`...), d.Kind)
	}
	if d.Package != nil {
		b = appendString(append(b, `,"package":`...), *d.Package)
	}
	return append(b, '}')
}

func appendFeatures(b []byte, features map[string][]string) []byte {
	b = append(b, '{')
	for i, name := range slices.Sorted(maps.Keys(features)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendStrings(append(appendString(b, name), ':'), features[name])
	}
	return append(b, '}')
}

func appendStrings(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, s)
	}
	return append(b, ']')
}

func appendNullable(b []byte, s *string) []byte {
	if s == nil {
		return append(b, "null"...)
	}
	return appendString(b, *s)
}

// appendString escapes only what JSON demands: quote, backslash and control
// characters. Bytes that are not UTF-8 cannot come out of the registry's
// database; they are written as the replacement character.
func appendString(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r >= 0x20:
			b = utf8.AppendRune(b, r)
		case r == '\n':
			b = append(b, '\\', 'n')
		case r == '\r':
			b = append(b, '\\', 'r')
		case r == '\t':
			b = append(b, '\\', 't')
		case r == '\b':
			b = append(b, '\\', 'b')
		case r == '\f':
			b = append(b, '\\', 'f')
		default:
			b = append(b, '\\', 'u', '0', '0', digits[r>>4], digits[r&0xf])
		}
	}
	return append(b, '"')
}
