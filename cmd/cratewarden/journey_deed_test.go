package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// deeds are what somebody did on the shared console before its pages are looked
// at, so that they show more than empty lists.
type deeds struct {
	incident string
	person   string // Bo's id
	account  string // number of the account whose address may be opened
	demands  string // a plan that waits for a second person
	ready    string // one that waits for its author
	applied  string
	sealed   string // digest of the evidence for the first
	worked   string // an incident that somebody works on
	draft    string // one of its drafts
}

// doneDeeds are done once for the test program, however often the tests run.
var doneDeeds struct {
	sync.Once
	deeds
}

const campaign = "public: These crates imitate well-known ones and steal secrets while they are built.\ninternal: Four accounts, one campaign; see the call at 16:20.\n"

// doDeeds does them as Ada, on the command line. It touches only crates that no
// story and no other journey looks at.
func doDeeds(t *testing.T) (d deeds) {
	t.Helper()
	reviewed := func(text string) string {
		t.Helper()
		var made struct{ Plan struct{ ID string } }
		if err := json.Unmarshal([]byte(ada(t, "incident: "+d.incident+"\n"+text, "plan", "new", "-", "--json")), &made); err != nil {
			t.Fatal(err)
		}
		ada(t, "", "plan", "review", made.Plan.ID)
		return made.Plan.ID
	}
	d.incident = opened(t, demoAddress(t))
	d.person = found(t, `"id": "(u[0-9a-v]+)",\s*"name": "Bo"`, ada(t, "", "people", "--json"))
	d.account = found(t, `Account +(\d+)`, ada(t, "", "user", "mirelund"))
	d.applied = found(t, `plan (p[0-9a-v]+) is applied`, ada(t, "", "yank", "minimember@0.1.1", "logpress-mini@0.1.1", "--incident", d.incident,
		"--reason", "These crates imitate well-known ones.", "--message", "Imitates another crate.", "--yes"))
	d.demands = reviewed("title: Delete macro-loom1 1.0.87, which steals secrets\n" + campaign + "steps:\n- {do: version.delete, crate: macro-loom1, version: 1.0.87}\n")
	d.sealed = found(t, `([0-9a-f]{64})`, ada(t, "", "plan", "seal", d.demands))
	d.ready = reviewed("title: Yank avenvine, which imitates another crate\n" + campaign + "steps:\n- {do: version.yank, crate: avenvine, version: 0.1.1}\n- {do: version.yank, crate: avenvine, version: 0.1.0}\n")
	glass := reviewed("title: Delete allerona 0.1.1, which steals secrets\n" + campaign + "steps:\n- {do: version.delete, crate: allerona, version: 0.1.1}\n")
	nobodyAnswers(t, glass)
	ada(t, "", "break-glass", glass, "--yes", "--reason", "It spreads by the hour and nobody of the rota answers.")
	d.worked, d.draft = worksOnACase(t)
	return d
}

// worksOnACase is what Ada does in a case before anything is contained: nothing
// of it changes the registry. It gives the case and a draft of it.
func worksOnACase(t *testing.T) (id, draft string) {
	t.Helper()
	number := func(pattern string, args ...string) string {
		t.Helper()
		return found(t, pattern, ada(t, "", args...))
	}
	id = number(`"id": "(INC-\d+)"`, "incident", "new", "A crate that many took up today steals secrets while it is built", "--kind", "compromised-owner", "--about", "macro-loom1",
		"--about", "account:mirelund", "--severity", "critical", "--source", "report", "--reported", "4m", "--campaign", "young-helper", "--key", "pictures", "--json")
	ada(t, "", "incident", "decide", id, "--verdict", "compromised owner", "--lead", "me", "--tlp", "CLEAR")
	ada(t, "The build script of macro-loom1 1.0.87 sends the environment away. Two reports by mail, one in the chat; the owner of arraykit says that it was not them.\n", "incident", "note", id, "-")
	ada(t, "", "incident", "task", "take", id, "compare")
	ada(t, "", "incident", "attach", id, "journey_deed_test.go", "--name", "report.txt")
	for until := time.Now().Add(time.Minute); ; time.Sleep(time.Second) { // the mirror may still be loading
		var out, trouble bytes.Buffer
		if err := run(t.Context(), []string{"incident", "plan", id, "--make", "--reason", "An account was taken over; what it published steals secrets.", "--server", demoAddress(t), "--as", "ada"},
			strings.NewReader(""), &out, &trouble); err == nil {
			break
		} else if time.Now().After(until) {
			t.Fatalf("%v\n%s%s", err, &out, &trouble)
		}
	}
	ada(t, "Its build script reads the environment and Cargo's credentials and sends them to a host of the attacker.\n", "incident", "text", id, "behaviour", "-")
	ada(t, "", "advisory", "make", id, "--format", "rustsec,osv,blog,status,am-i-affected,post-mortem")
	ada(t, "", "incident", "follow", "add", id, "Ask owners of much used crates to publish through trusted publishing only", "--due", time.Now().AddDate(0, 1, 0).UTC().Format(time.DateOnly))
	ada(t, "", "drill", "start", "flood")
	return id, number(`(?m)^ +(\d+) +rustsec +arraykit`, "advisory", "list", id)
}

// found gives what a pattern caught.
func found(t *testing.T, pattern, text string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no %s in %s", pattern, text)
	}
	return m[1]
}

// ada runs a command as Ada on the shared console.
func ada(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	var out, trouble bytes.Buffer
	if err := run(t.Context(), append(args, "--server", demoAddress(t), "--as", "ada"), strings.NewReader(stdin), &out, &trouble); err != nil {
		t.Fatalf("%q: %v\n%s%s", args, err, &out, &trouble)
	}
	return out.String()
}

// nobodyAnswers turns the clock back by which a plan waits for its second
// person.
func nobodyAnswers(t *testing.T, plan string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), "host="+filepath.Join(shared.data, "postgres", "socket")+" port=5432 user=postgres dbname=console")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if tag, err := conn.Exec(t.Context(), `UPDATE plan SET asked_at = asked_at - interval '20 minutes' WHERE id = $1`, plan); err != nil || tag.RowsAffected() != 1 {
		t.Fatalf("%v %v", tag, err)
	}
}
