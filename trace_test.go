package cratewarden

import (
	"strings"
	"testing"
)

func kinds(found []Trace) string {
	var out []string
	for _, t := range found {
		out = append(out, string(t.Kind)+" "+t.Text)
	}
	return strings.Join(out, "; ")
}

func TestTraces(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                 "",
		"plain words":                      "",
		"jane@example.com":                 "mail address jane@example.com",
		"<jane.doe+x@mail.example.co.uk>.": "mail address jane.doe+x@mail.example.co.uk",
		"a@163.com b@x.io":                 "mail address a@163.com; mail address b@x.io",
		"jürgen@bücher.example":            "mail address jürgen@bücher.example",
		"x@xn--bcher-kva.xn--p1ai":         "mail address x@xn--bcher-kva.xn--p1ai",
		`{"email":"o'neil@example.org"}`:   "mail address o'neil@example.org",
		// name@version
		"serde@1.0.200":                "",
		"serde@1.0.200.":               "",
		"serde@1.0.0-beta.one":         "",
		"yanked foo_bar@0.1.0+build.x": "",
		"tool@v2.1.0-rc.x":             "",
		"foo@1.0":                      "",
		"serde@latest":                 "",
		"git@github.com:org/repo.git":  "",
		"git@github.com":               "mail address git@github.com",
		// addresses
		"from 203.0.113.7 twice":            "IP address 203.0.113.7",
		"203.0.113.7:443, 198.51.100.0/24.": "IP address 203.0.113.7; IP address 198.51.100.0",
		"(10.1.2.3)":                        "IP address 10.1.2.3",
		"1.2.3.4.5":                         "",
		"Windows 10.0.19045.1":              "",
		"1.0.0-alpha.1.2.3":                 "",
		"127.0.0.1 and 0.0.0.0 and ::1":     "",
		"2001:db8::1":                       "IP address 2001:db8::1",
		"[2a02:8109:9a3f::17]:8080":         "IP address 2a02:8109:9a3f::17",
		"fe80::1ff:fe23:4567:890a":          "IP address fe80::1ff:fe23:4567:890a",
		"::ffff:203.0.113.7":                "IP address ::ffff:203.0.113.7",
		"at 12:30:45 and 00:00":             "",
		"2026-11-22T12:00:00Z":              "",
		"std::fs::read and cafe::bad":       "",
		"a::b abc::def e2e::cafe":           "",
		"aa:bb:cc:dd:ee:ff":                 "",
		"sha256:deadbeef":                   "",
		// secrets
		"cio" + strings.Repeat("A", 32):                     "secret cio" + strings.Repeat("A", 32),
		"cio_tp_" + strings.Repeat("a", 31):                 "secret cio_tp_" + strings.Repeat("a", 31),
		"cwd_" + strings.Repeat("x", 43):                    "secret cwd_" + strings.Repeat("x", 43),
		"postgres://me:hunter2@db.example/x":                "secret ://me:hunter2@",
		"host=db password=hunter2 user=x":                   "secret password=hunter2",
		`{"password":"hunter2"}`:                            `secret password":"hunter2`,
		"__Host-cratewarden=" + strings.Repeat("z", 43):     "secret cratewarden=" + strings.Repeat("z", 43),
		"Authorization: Bearer abcdefghijklmnopqrstuvwxyz":  "secret Bearer abcdefghijklmnopqrstuvwxyz",
		"cratewarden is a console":                          "",
		"password reset":                                    "",
		"https://github.com/rust-lang/crates.io/issues/123": "",
	} {
		if got := kinds(Traces(text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestHideTraces(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"no trace": "no trace",
		"dial 203.0.113.7:5432 for jane@example.com: refused": "dial [IP address]:5432 for [mail address]: refused",
		"dial 2001:db8::7: refused by 2001:db8:1:2:3:4:5:6:":  "dial [IP address]: refused by [IP address]:",
		"2001:db8:1:2:3:4:5:6:443 and ::ffff:203.0.113.7":     "[IP address]:443 and [IP address]",
		"ip:203.0.113.7, ip:2001:db8::7":                      "ip:[IP address], ip:[IP address]",
		"203.0.113.7-203.0.113.9":                             "[IP address]-[IP address]",
		// What is no address stays.
		"1.0.0-1.2.3.4, v1.2.3.4, x+1.2.3.4, 10.0.19045.1.2":   "1.0.0-1.2.3.4, v1.2.3.4, x+1.2.3.4, 10.0.19045.1.2",
		"key 43:51:43:a1:b5:fc:8b:b7:0a:3a:a9:b1:0f:66:73:a8.": "key 43:51:43:a1:b5:fc:8b:b7:0a:3a:a9:b1:0f:66:73:a8.",
		"key:43:51:43:a1:b5:fc:8b:b7:0a:3a:a9:b1:0f:66:73:a8":  "key:43:51:43:a1:b5:fc:8b:b7:0a:3a:a9:b1:0f:66:73:a8",
		"dead::beef: at 12:30:45, 00:1b:44:11:3a:b7, std::f64": "dead::beef: at 12:30:45, 00:1b:44:11:3a:b7, std::f64",
	} {
		if got := HideTraces(text); got != want || len(Traces(got)) != 0 {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestCheckPublic(t *testing.T) {
	t.Parallel()
	for text, part := range map[string]string{
		"": "", "Malicious code. See the advisory.": "",
		"Yanked serde@1.0.200 and foo@0.1.0-beta.one.": "", "foo@latest": "", "version @1.2.3, tool@v4": "",
		"Published at crates.io, found at docs.rs.": "", "look at the dot com crate": "",
		"It fails at run time; dots are counted.": "", "@": "", "a @ b": "", "#[derive(Debug)]": "",
		"The crate std::net::ip and a 12:30 meeting": "", "at 12:30 UTC": "", "rate 3 @ 5": "", "f(a).b": "",
		"email a friend": "", "10.0.19045.1": "", "git@github.com:org/x.git": "", "array[at] index": "",
		"jane@example.com":                          "jane@example.com",
		"Reported by jane＠example．com":              "jane@example.com",
		"jane\u200b@exam\u00adple.com":              "jane@example.com",
		"jane at example dot com":                   "jane@example.com",
		"jane AT mail DOT example DOT org":          "jane@mail.example.org",
		"jane [at] example.com":                     "jane@example.com",
		"jane (at) example (dot) com":               "jane@example.com",
		"jane{at}example{dot}com":                   "jane@example.com",
		"jane[@]example[.]com":                      "jane@example.com",
		"jane -at- example.com":                     "jane@example.com",
		"jane_at_example_dot_com":                   "",
		"jane @ example . com":                      "jane@example.com",
		"jane @ example.com":                        "jane@example.com",
		"jane&#64;example.com":                      "jane@example.com",
		"jane%40example.com":                        "jane@example.com",
		"jane@example[.]com":                        "jane@example.com",
		"thanks @jane":                              "@jane",
		"cc @rust-lang/crates-io.":                  "@rust-lang/crates-io",
		"(@jane)":                                   "@jane",
		"＠jane":                                     "@jane",
		"https://social.example/@jane":              "@jane",
		"@jane@social.example":                      "jane@social.example",
		"uploaded from 203.0.113.9":                 "203.0.113.9",
		"203[.]0[.]113[.]9":                         "203.0.113.9",
		"from 2001:db8::7 again":                    "2001:db8::7",
		"leaked cio" + strings.Repeat("a", 32):      "token",
		"see https://user:hunter2@example.com/page": "token",
	} {
		err := CheckPublic("public reason", text)
		switch {
		case part == "" && err != nil:
			t.Errorf("%q: false alarm: %v", text, err)
		case part != "" && (err == nil || KindOf(err) != Invalid || !strings.Contains(err.Error(), part)):
			t.Errorf("%q: %v, want it to name %q", text, err, part)
		case err != nil && strings.Contains(err.Error(), "hunter2"):
			t.Errorf("%q: repeats a secret: %v", text, err)
		}
	}
}

// Whatever is hidden stays hidden: no text has a trace after HideTraces.
func FuzzHideTraces(f *testing.F) {
	for _, s := range []string{"jane@example.com", "a@b.cc@d.ee", "1.2.3.4", "2001:db8::1", "x password=a@b.cc"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, tr := range Traces(HideTraces(text)) {
			// What stands beside a hidden piece may become one with it.
			if tr.Kind != SecretTrace && !strings.ContainsAny(tr.Text, "[]") && strings.Contains(text, tr.Text) {
				t.Errorf("%q in %q", tr.Text, text)
			}
		}
		_ = CheckPublic("text", text)
	})
}
