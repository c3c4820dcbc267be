package auth

import (
	"net/url"
	"strings"
)

// localPath gives a page of this console to go on to, "/" for anything else. It
// lets nothing through that some browser could take for another site: no scheme
// or host, no two slashes, no backslash, no control character, in no encoding,
// and nothing that goes back up.
func localPath(back string) string {
	const home = "/"
	if !strings.HasPrefix(back, "/") || len(back) > 2000 || !plainPath(back) {
		return home
	}
	u, err := url.Parse(back)
	if err != nil || u.Scheme != "" || u.Opaque != "" || u.Host != "" || u.User != nil || u.Fragment != "" {
		return home
	}
	path := u.Path
	for range 3 { // encoded once, twice, thrice
		if !plainPath(path) || strings.Contains(path, "//") || strings.Contains(path+"/", "/../") || strings.Contains(path+"/", "/./") {
			return home
		}
		next, err := url.PathUnescape(path)
		if err != nil {
			return home
		}
		path = next
	}
	if path == "/sign-in" || strings.HasPrefix(path, "/sign-in/") { // would go round in circles
		return home
	}
	return u.String()
}

func plainPath(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' || r == '\uFFFD' })
}
