package cratewarden

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaskMail hides a mail address so that only its owner recognises it: the first
// letter and the top-level domain stay, like "p••••@•••••.example". The dots
// are always as many, so that they tell no length. Text without an "@" is
// hidden whole.
func MaskMail(address string) string {
	if address == "" {
		return ""
	}
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return "••••"
	}
	local, host := address[:at], strings.TrimSpace(address[at+1:])
	masked := first(local) + "••••@•••••"
	// A last label of digits or of odd letters is part of what must be hidden.
	if dot := strings.LastIndexByte(host, '.'); dot >= 0 && plainLabel(host[dot+1:]) {
		masked += "." + strings.ToLower(host[dot+1:])
	}
	return masked
}

// MaskName hides a name that may identify a person, as those of API tokens do:
// its first letter and its length stay, up to 25 letters.
func MaskName(name string) string {
	if name == "" {
		return ""
	}
	return first(name) + strings.Repeat("•", min(utf8.RuneCountInString(name)-1, 24))
}

// MaskAddress hides an IP address: nothing of it stays but which kind it is, so
// that it leads to nobody.
func MaskAddress(address string) string {
	switch {
	case address == "":
		return ""
	case strings.Contains(address, ":"):
		return "••••:••••:••••"
	}
	return "•••.•••.•••.•••"
}

// first gives the first letter or digit, a dot for anything else.
func first(s string) string {
	r, _ := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
		return "•"
	}
	return string(r)
}

func plainLabel(label string) bool {
	for i := range len(label) {
		if c := label[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return len(label) >= 2 && len(label) <= 16
}
