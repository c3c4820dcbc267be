package advisory

import (
	"crypto/ed25519"
	"encoding/json"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cratewarden"
)

func takedowns() Feed {
	return Feed{
		Registry: "Harbor", ID: "https://console.example/takedowns", Updated: at("2026-08-20 09:26:00"),
		Entries: []Takedown{
			{ID: "INC-12/arraykit", Crate: "arraykit", Versions: []string{"0.3.10"}, At: at("2026-08-20 08:41:40"), Reason: ReasonCompromised, Advisories: []string{"https://advisories.example/RS-2026-0001"}},
			{ID: "INC-12/proc-makro1", Crate: "proc-makro1", Versions: []string{"1.0.106", "1.0.107"}, Whole: true, At: at("2026-08-20 09:26:00"), Reason: ReasonMalicious, Advisories: []string{"javascript:alert(1)", "https://x.example/<a>", "https://x.example/?by=someone@mail.example"}},
		},
	}
}

func feedKey() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte("0123456789abcdef0123456789abcdef"))
}

func TestFeedGolden(t *testing.T) {
	t.Parallel()
	body, err := takedowns().JSON()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "takedowns.json", string(body))
	atom, err := takedowns().Atom()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "takedowns.atom", string(atom))
	again := takedowns()
	slices.Reverse(again.Entries)
	if second, _ := again.JSON(); string(second) != string(body) {
		t.Error("the order of what goes in changes the bytes")
	}
	var parsed struct {
		Entries []struct {
			ID      string `xml:"id"`
			Updated string `xml:"updated"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal(atom, &parsed); err != nil || len(parsed.Entries) != 2 {
		t.Errorf("%v %+v", err, parsed)
	}
	for _, e := range parsed.Entries {
		if _, err := time.Parse(time.RFC3339, e.Updated); err != nil || !strings.HasPrefix(e.ID, "https://") {
			t.Errorf("%+v %v", e, err)
		}
	}
	if strings.Contains(string(body)+string(atom), "javascript") || strings.Contains(string(body), "mail.example") {
		t.Error("an address that may not leave is in the feed")
	}
}

// The form has room for names of crates, numbers, times, reasons and addresses,
// and for nobody's name: who adds a field has to change this list.
func TestFeedHasNoRoomForPeople(t *testing.T) {
	t.Parallel()
	body, err := json.Marshal(takedowns().Entries[0])
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(body, &fields); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(sortedKeys(fields), " "); got != "advisories crate id reason taken_down_at versions whole_crate" {
		t.Errorf("fields: %s", got)
	}
	for _, e := range []Takedown{{Crate: "somebody@mail.example"}, {Crate: "a", Versions: []string{"by somebody"}}} {
		if _, err := (Feed{Entries: []Takedown{e}}).JSON(); cratewarden.KindOf(err) != cratewarden.Invalid {
			t.Errorf("%+v: %v", e, err)
		}
	}
}

func TestFeedSignature(t *testing.T) {
	t.Parallel()
	body, err := takedowns().JSON()
	if err != nil {
		t.Fatal(err)
	}
	key := feedKey()
	public := key.Public().(ed25519.PublicKey)
	signature := SignFeed(key, body)
	if err := VerifyFeed(public, body, signature); err != nil {
		t.Fatal(err)
	}
	for n := range body {
		other := slices.Clone(body)
		other[n] ^= 1
		if cratewarden.KindOf(VerifyFeed(public, other, signature)) != cratewarden.Refused {
			t.Fatalf("byte %d may be changed", n)
		}
	}
	for n := range signature {
		other := slices.Clone(signature)
		other[n] ^= 1
		if VerifyFeed(public, body, other) == nil {
			t.Fatalf("byte %d of the signature may be changed", n)
		}
	}
	if VerifyFeed(public, body, nil) == nil || VerifyFeed(nil, body, signature) == nil || VerifyFeed(public, body, signature[:63]) == nil {
		t.Error("nothing is taken for a signature")
	}
}

// Somebody with openssl alone can check the feed, as the docs say.
func TestFeedVerifiesWithOpenSSL(t *testing.T) {
	t.Parallel()
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Log("openssl is not installed: its check of the feed is not tried here")
		return
	}
	dir := t.TempDir()
	run := func(args ...string) (string, error) {
		cmd := exec.Command(openssl, args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := run("genpkey", "-algorithm", "ed25519", "-out", "feed.key"); err != nil {
		t.Fatal(out, err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "feed.key"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := ParseFeedKey(text)
	if err != nil {
		t.Fatal(err)
	}
	public, err := FeedPublicKey(key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	body, err := takedowns().JSON()
	if err != nil {
		t.Fatal(err)
	}
	put(t, string(public), dir, "feed.pem")
	put(t, string(body), dir, "takedowns.json")
	put(t, string(SignFeed(key, body)), dir, "takedowns.json.sig")
	verify := []string{"pkeyutl", "-verify", "-pubin", "-inkey", "feed.pem", "-rawin", "-in", "takedowns.json", "-sigfile", "takedowns.json.sig"}
	if out, err := run(verify...); err != nil || !strings.Contains(out, "Signature Verified Successfully") {
		t.Errorf("%q %v", out, err)
	}
	put(t, strings.Replace(string(body), "arraykit", "arraykid", 1), dir, "takedowns.json")
	if out, err := run(verify...); err == nil {
		t.Errorf("a changed feed: %q", out)
	}
}

func TestFeedKeyIsRead(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n"} {
		if _, err := ParseFeedKey([]byte(text)); cratewarden.KindOf(err) != cratewarden.Invalid {
			t.Errorf("%q: %v", text, err)
		}
	}
	if id := FeedKeyID(feedKey().Public().(ed25519.PublicKey)); len(id) != 16 {
		t.Errorf("%q", id)
	}
}

func TestReasonsOfIncidents(t *testing.T) {
	t.Parallel()
	known := map[Reason]bool{}
	for _, r := range Reasons() {
		known[r.Reason] = true
	}
	for _, c := range []struct {
		kind, verdict string
		want          Reason
	}{
		{"typosquat", "malicious", ReasonTyposquat}, {"compromised-owner", "compromised owner", ReasonCompromised}, {"malicious-update", "malicious", ReasonMalicious},
		{"malicious-update", "compromised owner", ReasonCompromised}, {"flood", "policy", ReasonFlood}, {"squatting", "policy", ReasonSquatting},
		{"personal-data", "policy", ReasonPersonal}, {"own-kind", "policy", ReasonPolicy}, {"service", "", ReasonOther},
	} {
		if got := ReasonOf(c.kind, c.verdict); got != c.want || !known[got] {
			t.Errorf("%s, %s: %s, want %s", c.kind, c.verdict, got, c.want)
		}
	}
}
