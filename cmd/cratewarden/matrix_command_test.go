package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/api/client"
)

// wordsOf gives each command that asks a console what it takes to get to the
// first question that a rule answers, by its path: a crate, a version of it and
// an account that are there, and ids of nothing.
func wordsOf(x target, login, file string) map[string]string {
	spec, none := x.crate+"@"+x.versions[0], strings.Repeat("0", 64)
	words := map[string]string{
		"search": x.crate, "crate": x.crate, "version": spec, "files": spec, "diff": spec, "user": login, "team": "1", "token": "", "names": "", "publishes": "",
		"jobs": "", "status": "", "plan kinds": "", "plan new": file, "plan show": "1", "plan review": "1", "plan approve": "1", "plan seal": "1",
		"plan apply": "1 --yes", "plan undo": "1 --yes", "plan discard": "1", "plan list": "", "plan wanted": "",
		"yank": spec, "unyank": spec, "hold": spec, "release": spec, "lock": login + " --message m", "unlock": login,
		"contain": login + " --message m", "undo-since": login + " --from 1h", "revoke": "1", "reserve": "matrix-name", "unreserve": "matrix-name",
		"owner add": x.crate + " " + login, "owner remove": x.crate + " " + login, "delete crate": x.crate + " --confirm " + x.crate, "delete version": spec + " --confirm " + spec,
		"trustpub-only": x.crate, "break-glass plan": "1 --reason because --yes", "break-glass reviews": "", "break-glass close": "1 --verdict justified --note because",
		"logout": "", "whoami": "", "sessions list": "", "sessions end": "1", "passkey list": "", "passkey rename": "1 two", "passkey remove": "1", "passkey enrol": "1",
		"api-token list": "", "api-token new": "name --role viewer", "api-token revoke": "1", "people": "", "rules": "",
		"notices list": "", "notices show": "1", "notices channels": "", "notices resend": "1", "notices test": "mail",
		"evidence seal": spec, "evidence list": "", "evidence show": none, "evidence open": none + " mail --reason because-of-this", "evidence verify": none, "evidence export": none + " --to " + file + ".tar",
		"ledger list": "", "ledger show": "0",
	}
	maps.Copy(words, incidentWordsOf(x, file))
	for _, act := range []string{"yank", "unyank", "hold", "release", "lock", "unlock", "contain", "undo-since", "revoke", "reserve", "unreserve", "owner add", "owner remove", "delete crate", "delete version", "trustpub-only"} {
		words[act] += " --yes --incident none --reason because"
	}
	return words
}

// incidentWordsOf does the same for incidents; the first is opened by the first
// command.
func incidentWordsOf(x target, file string) map[string]string {
	one := "INC-1"
	because := one + " --reason because"
	return map[string]string{
		"incident new": "title --kind service --about " + x.crate, "incident list": "", "incident show": one, "incident needs": "", "incident kinds": "",
		"incident decide": one + " --severity low", "incident move": one + " triaged --reason because", "incident note": one + " " + file, "incident text": one + " summary " + file,
		"incident subject list": one, "incident subject add": one + " " + x.crate, "incident subject role": one + " " + x.crate + " related", "incident subject remove": one + " link:https://none.example",
		"incident task list": one, "incident task add": one + " something", "incident task take": one + " none", "incident task release": one + " none",
		"incident task done": one + " none", "incident task skip": one + " none --why because", "incident task redo": one + " none",
		"incident follow list": "", "incident follow add": one + " something --due 2100-01-01", "incident follow set": one + " none --holder nobody",
		"incident attach": one + " " + file, "incident file": one + " 999 --to " + file + ".saved", "incident propose": one, "incident plan": one + " --make",
		"incident timeline": one, "incident export": one, "incident case": "INC-999 --to " + file + ".zip", "incident clocks": one, "incident months": "",
		"incident figure": one + " downloads " + x.crate + " 1 --method counted --provisional", "incident sheet": one, "incident drafts": one, "incident channels": one,
		"incident watch": one + " --after 1 --for 1ms", "incident sync": one, "incident merge": one + " INC-999 --reason because", "incident split": one + " two --about crate:none --reason because",
		"incident reopen": because, "incident unlock": because, "incident erase": one + " --event 999999 --reason because",
		"advisory make": one + " --format zulip", "advisory list": one, "advisory show": "999", "advisory edit": "999 " + file + " --was 1", "advisory ask": "INC-999", "advisory approve": "999 --was 1",
		"advisory send": "999 --was 1 --where https://page.example", "advisory correct": "999 --reason because", "advisory withdraw": "999 --was 1 --reason because",
		"advisory lint": one, "advisory patch": one, "advisory export": "INC-999 --to " + file + ".drafts.zip",
		"blast": x.crate, "drill start": "august", "drill list": "", "drill score": one,
	}
}

// said is what a command's end says of the rules: what stood in the way, "done",
// or what else it met after no rule did.
func said(err error) string {
	switch cratewarden.KindOf(err) {
	case "":
		return "done"
	case cratewarden.Unsigned:
		return "sign in"
	}
	r, ok := errors.AsType[*client.Refusal](err)
	if !ok || r.Problem.Rule == "" {
		return "let in, then " + string(cratewarden.KindOf(err))
	}
	var rules []string
	for _, d := range r.Problem.Denials {
		if !slices.Contains(rules, d.Rule) {
			rules = append(rules, d.Rule)
		}
	}
	if rules == nil {
		rules = []string{r.Problem.Rule}
	}
	return strings.Join(rules, "+")
}

// TestMatrixOfCommands runs every command that asks a console as every role, and
// as nobody. A demo's command line confirms by itself, so step-up does not stand
// in the way here; login waits for a person and is a story of its own.
func TestMatrixOfCommands(t *testing.T) {
	t.Parallel()
	m := newMatrix(t, madeRegistry(), onePerRole(""), nil)
	x := m.target(t, m.registry)
	m.real(t, x)
	closed := newMatrix(t, madeRegistry(), onePerRole(""), func(in *signInConfig) { in.auth.Pretend = false })
	server, shut := httptest.NewServer(m.handler), httptest.NewServer(closed.handler)
	t.Cleanup(server.Close)
	t.Cleanup(shut.Close)
	file := filepath.Join(t.TempDir(), "plan.yaml")
	put(t, filepath.Dir(file), "plan.yaml", fmt.Sprintf("title: t\npublic: Malware.\nsteps:\n- {do: version.yank, crate: %s, version: %s}\n", x.crate, x.versions[1]), 0o600)
	words := wordsOf(x, m.login(t, x), file)

	var out strings.Builder
	for _, path := range asksConsole(t) {
		rest, known := words[path]
		if !known {
			t.Errorf("%s: say what it is run with", path)
			continue
		}
		args := strings.Fields(path + " " + rest)
		try := func(address, as string) string {
			more := []string{"--server", address, "--no-wait"}
			if as != "" {
				more = append(more, "--as", as)
			}
			return said(run(t.Context(), append(slices.Clone(args), more...), strings.NewReader("cio0123456789\n"), io.Discard, new(bytes.Buffer)))
		}
		answers := map[string][]string{try(shut.URL, ""): {"nobody"}}
		for _, r := range everyRole() {
			a := try(server.URL, string(r))
			answers[a] = append(answers[a], string(r))
		}
		fmt.Fprintln(&out, path)
		for _, a := range slices.Sorted(maps.Keys(answers)) {
			fmt.Fprintf(&out, "    %-24s %s\n", a, strings.Join(answers[a], ", "))
		}
	}
	compareGolden(t, filepath.Join("testdata", "matrix_commands.txt"), out.String())
}

// asksConsole gives the paths of commands that ask a console, but login.
func asksConsole(t *testing.T) (paths []string) {
	t.Helper()
	var c cli
	parser, err := kong.New(&c, kong.Name("cratewarden"), kong.DefaultEnvars("CRATEWARDEN"), kong.Vars{}, kong.ExplicitGroups(nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, leaf := range parser.Model.Leaves(false) {
		if path := strings.TrimPrefix(leaf.FullPath(), "cratewarden "); asks(leaf.Target.Type()) && path != "login" {
			paths = append(paths, path)
		}
	}
	return paths
}

// real gives the people of the list accounts of the registry with no part in
// anything, as far as there are.
func (m *matrix) real(t *testing.T, x target) {
	t.Helper()
	text := "people:\n"
	for i, r := range everyRole() {
		id := int64(i + 1)
		if i < len(x.others) {
			id = x.others[i]
		}
		text += fmt.Sprintf("- {name: %s, github_id: %d, roles: [%s]}\n", r, id, r)
	}
	m.write(t, text)
	m.fresh(t)
}

// login is the name of a target's owner.
func (m *matrix) login(t *testing.T, x target) (login string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), m.registry)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if err := conn.QueryRow(t.Context(), `SELECT gh_login FROM users u JOIN oauth_github g ON g.user_id = u.id WHERE g.account_id = $1`, x.owner).Scan(&login); err != nil {
		t.Fatal(err)
	}
	return login
}
