package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"cratewarden"
)

// env is the world around one run of the program.
type env struct {
	ctx            context.Context
	stdin          io.Reader
	stdout, stderr io.Writer
}

// terminal says whether w is a terminal somebody looks at.
func terminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// cli is the program's table of contents. Every flag can also be given as an
// environment variable: CRATEWARDEN_ and the flag's name in capitals.
type cli struct {
	Demo          demoCmd    `cmd:"" group:"run" help:"Make up a registry and open the console on it."`
	Open          openCmd    `cmd:"" group:"run" help:"Open the console on a public database dump."`
	Serve         serveCmd   `cmd:"" group:"run" help:"Open the console on a registry's own database."`
	Import        importCmd  `cmd:"" group:"data" help:"Load a public database dump into an empty database."`
	Migrate       migrateCmd `cmd:"" group:"data" help:"Bring the console's own database to this release."`
	CheckRegistry checkCmd   `cmd:"" group:"data" help:"Say what a registry's database allows, and print the grants it takes."`
	Doctor        doctorCmd  `cmd:"" group:"data" help:"Say what is weak or wrong in the settings of serve, and what to do."`

	Search    searchCmd    `cmd:"" group:"look" help:"Find crates, versions, accounts, teams, names, archives, tokens."`
	Crate     crateCmd     `cmd:"" group:"look" help:"Show everything known about a crate."`
	Version   versionCmd   `cmd:"" group:"look" help:"Show how a version was published; without a name, this program's version."`
	Files     filesCmd     `cmd:"" group:"look" help:"List the files of a version, or print one."`
	Diff      diffCmd      `cmd:"" group:"look" help:"Compare a version's files with the version before."`
	User      userCmd      `cmd:"" group:"look" help:"Show everything known about an account."`
	Team      teamCmd      `cmd:"" group:"look" help:"Show a team and the crates it owns."`
	Token     tokenCmd     `cmd:"" group:"look" help:"Say whose credential it is that stands on standard input."`
	Names     namesCmd     `cmd:"" group:"look" help:"Say whether a name is free; list reserved and deleted names."`
	Publishes publishesCmd `cmd:"" group:"look" help:"List new versions, newest first."`
	Jobs      jobsCmd      `cmd:"" group:"look" help:"Show the registry's job queue."`
	Blast     blastCmd     `cmd:"" group:"look" help:"Say who could resolve to bad versions, directly or through others."`
	Status    statusCmd    `cmd:"" group:"look" help:"Say what the console holds and how fresh it is."`

	Plan         planCmd         `cmd:"" group:"act" help:"Make, review, approve, apply and undo plans."`
	Yank         yankCmd         `cmd:"" group:"act" help:"Yank versions."`
	Unyank       unyankCmd       `cmd:"" group:"act" help:"Unyank versions."`
	Hold         holdCmd         `cmd:"" group:"act" help:"Take versions or crates out of use, with their files."`
	Release      releaseCmd      `cmd:"" group:"act" help:"Put held versions or crates back into use."`
	Lock         lockCmd         `cmd:"" group:"act" help:"Lock an account."`
	Unlock       unlockCmd       `cmd:"" group:"act" help:"Unlock an account."`
	Contain      containCmd      `cmd:"" group:"act" help:"Close every way in for accounts, and hold what they published."`
	UndoSince    undoSinceCmd    `cmd:"" group:"act" help:"Put back what an account or token did since a time."`
	Revoke       revokeCmd       `cmd:"" group:"act" help:"Revoke API tokens."`
	Reserve      reserveCmd      `cmd:"" group:"act" help:"Reserve crate names."`
	Unreserve    unreserveCmd    `cmd:"" group:"act" help:"Free reserved crate names."`
	Owner        ownerCmd        `cmd:"" group:"act" help:"Add or remove an owner."`
	Delete       deleteCmd       `cmd:"" group:"act" help:"Delete a crate or versions for good."`
	TrustpubOnly trustpubOnlyCmd `cmd:"" group:"act" help:"Let a crate be published by trusted publishing only."`

	Incident incidentCmd `cmd:"" group:"case" help:"Open, follow and close incidents; propose and carry out their plans."`
	Advisory advisoryCmd `cmd:"" group:"case" help:"Write, check, approve and send what the world is told."`
	Drill    drillCmd    `cmd:"" group:"case" help:"Exercise on a demo's prepared situations, with stopwatch and score."`

	BreakGlass breakGlassCmd `cmd:"" name:"break-glass" group:"act" help:"Let a plan go without its second person when nobody answers; list and judge that."`

	Login    loginCmd    `cmd:"" group:"who" help:"Sign in, through a browser."`
	Logout   logoutCmd   `cmd:"" group:"who" help:"Sign out."`
	Whoami   whoamiCmd   `cmd:"" group:"who" help:"Say who you are to the console, and what you may do now."`
	Sessions sessionsCmd `cmd:"" group:"who" help:"List and end sessions."`
	Passkey  passkeyCmd  `cmd:"" group:"who" help:"List, name and remove passkeys; let somebody enrol."`
	APIToken apiTokenCmd `cmd:"" name:"api-token" group:"who" help:"List, make and revoke API tokens for programs."`
	People   peopleCmd   `cmd:"" group:"who" help:"List people with their roles and the teams that give them."`
	Rules    rulesCmd    `cmd:"" group:"who" help:"Say who may do what, and why not you."`
	Notices  noticesCmd  `cmd:"" group:"who" help:"Say who was told what; send it again; try channels."`

	Evidence evidenceCmd `cmd:"" group:"prove" help:"Seal, show, verify and export evidence."`
	Ledger   ledgerCmd   `cmd:"" group:"prove" help:"Read, check, export and sign the log of what administrators did."`
}

const description = `The administration and incident-response console for registries that run the crates.io software.

Try it: "cratewarden demo" makes up a registry and prints the address of a console on it.

Exit codes: 0 done, 1 unforeseen, 2 not understood, 3 not found, 4 refused or not signed in, 5 conflict, 6 unavailable or timed out, 130 stopped.`

// exited carries kong's wish to end the program (after --help) out of its
// parser without ending it.
type exited int

func execute(args []string, e env) (err error) {
	var c cli
	parser, err := kong.New(&c,
		kong.Name("cratewarden"), kong.Description(description), kong.UsageOnError(),
		kong.DefaultEnvars("CRATEWARDEN"), kong.Writers(e.stdout, e.stderr),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.ExplicitGroups([]kong.Group{
			{Key: "run", Title: "Open a console"}, {Key: "data", Title: "Prepare databases"}, {Key: "look", Title: "Look, through a running console"},
			{Key: "case", Title: "Incidents, through a running console"}, {Key: "act", Title: "Act, through a running console"}, {Key: "who", Title: "Who, through a running console"},
			{Key: "prove", Title: "Prove"},
		}),
		kong.Exit(func(code int) { panic(exited(code)) }),
	)
	if err != nil {
		return err
	}
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(exited); !ok {
				panic(r)
			}
		}
	}()
	if len(args) == 0 {
		args = []string{"--help"}
	}
	chosen, err := parser.Parse(args)
	if err != nil {
		return usage(err, e.stderr)
	}
	return chosen.Run(e)
}

// usage turns a parser's complaint into a sentence with the next step.
func usage(err error, stderr io.Writer) error {
	hint := "cratewarden --help"
	if p, ok := errors.AsType[*kong.ParseError](err); ok && p.Context.Selected() != nil {
		hint = p.Context.Selected().FullPath() + " --help"
	}
	// The cause is left out and the text stripped: somebody may have typed a
	// credential where it does not belong.
	text := credentialLike.ReplaceAllString(err.Error(), "$1••••")
	text = strings.TrimRight(strings.ReplaceAll(capital(text), ", ...", " or another"), "?., ")
	return cratewarden.Errorf(cratewarden.Invalid, "%s. Try %q.", strings.ReplaceAll(text, ",  ", ", "), hint)
}

// credentialLike is what begins like either kind of the registry's tokens, or
// like one of ours.
var credentialLike = regexp.MustCompile(`(cio|cwd_)[A-Za-z0-9_-]{2,}`)

func capital(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}

func say(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
