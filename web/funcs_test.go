package web

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestWords(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 8, 20, 7, 15, 2, 0, time.UTC)
	day := 24 * time.Hour
	for got, want := range map[string]string{
		Num(0):                                  "0",
		Num(999):                                "999",
		Num(12345):                              "12,345",
		Num(-1234567):                           "−1,234,567",
		Bytes(0):                                "0 B",
		Bytes(999):                              "999 B",
		Bytes(9100):                             "9.1 kB",
		Bytes(999_999):                          "1.0 MB",
		Bytes(1_230_000_000):                    "1.2 GB",
		Pct(1, 8):                               "12.5 %",
		Pct(0, 8):                               "0 %",
		Pct(8, 8):                               "100 %",
		Pct(1, 1_000_000):                       "< 0.1 %",
		Pct(999_999, 1_000_000):                 "> 99.9 %",
		Pct(1, 0):                               "–",
		Plural(1, "version"):                    "1 version",
		Plural(1842, "version"):                 "1,842 versions",
		Plural(2, "dependency", "dependencies"): "2 dependencies",
		Short("9b1f03aa77c1e07a"):               "9b1f03aa…",
		Short("0.3.10"):                         "0.3.10",
		UTC(at):                                 "20 Aug 2026 07:15:02",
		UTC(time.Time{}):                        "–",
		Ago(at.Add(86*time.Minute), at):         "1 h 26 min ago",
		Ago(at, at):                             "now",
		Ago(at, time.Time{}):                    "–",
		Ago(at, at.Add(42*time.Second)):         "in 42 s",
		Dur(90 * time.Second):                   "1 min 30 s",
		Dur(31 * time.Minute):                   "31 min",
		Dur(3*day + 4*time.Hour):                "3 d 4 h",
		Dur(20 * day):                           "20 d",
		Dur(2*365*day + 31*day):                 "2 y 1 mo",
		Dur(5 * time.Millisecond):               "5 ms",
		Dur(-time.Second):                       "0 s",
		compact(12_000):                         "12 k",
		compact(1_500_000):                      "1.5 M",
		Path("crates", "a/b?c", ".."):           "/crates/a%2Fb%3Fc/%2E%2E",
		Path():                                  "/",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	if got, _ := Query("/publishes", "method", "", "q", "a b&c"); got != "/publishes?q=a+b%26c" {
		t.Error(got)
	}
	if got, _ := With("/publishes?q=x&sort=old", "sort", "", "before", 88); got != "/publishes?before=88&q=x" {
		t.Error(got)
	}
	if _, err := Query("/x", "lonely"); err == nil {
		t.Error("a field without value is taken")
	}
	for address, want := range map[string]bool{
		"/crates/x": true, "?after=1": true, "#L3": true, "": false, "//evil.example": false, "/\\evil.example": false,
		"https://evil.example": false, "javascript:alert(1)": false, "/\t/evil.example": false, "crates": false,
	} {
		if local(address) != want {
			t.Errorf("local(%q) is %v", address, !want)
		}
	}
}

func TestAddressesStayHere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		steps := rapid.SliceOfN(rapid.String(), 1, 4).Draw(t, "steps")
		if path := Path(steps...); !local(path) && steps[0] != "" {
			t.Fatalf("Path(%q) = %q leads away", steps, path)
		}
	})
}
