package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/api"
	"cratewarden/api/client"
)

// doing are the flags of every command that changes a registry.
type doing struct {
	asking
	Reason   string `help:"Why, in words that outsiders may read."`
	Note     string `help:"A note for colleagues only."`
	Incident string `help:"The incident it belongs to."`
	DryRun   bool   `help:"Only show what it would do; nothing is kept."`
	Yes      bool   `short:"y" help:"Do not ask. What must be typed is given with --confirm."`
	Confirm  string `placeholder:"TEXT" help:"What the review asks to be typed, for scripts."`
}

// step writes one step of a plan; params are pairs of name and value, and an
// empty text is left out.
func step(kind string, params ...any) []byte {
	fields := map[string]any{"do": kind}
	for i := 0; i+1 < len(params); i += 2 {
		if name, ok := params[i].(string); ok && params[i+1] != "" {
			fields[name] = params[i+1]
		}
	}
	return mustJSON(fields)
}

// carry is the one way of every command that changes something: make a plan,
// review it, show the review, ask, apply. A plan that is not applied is put
// away again, unless a second person must agree first.
func carry(e env, d doing, steps ...[]byte) error {
	c, err := d.client(e)
	if err != nil {
		return err
	}
	text := api.PlanText{Incident: d.Incident, Public: d.Reason, Internal: d.Note}
	for _, s := range steps {
		text.Steps = append(text.Steps, s)
	}
	return d.carryText(e, c, text)
}

func (d doing) carryText(e env, c *client.Client, text api.PlanText) error {
	var err error
	if text.Incident, err = d.belongs(e, text.Incident); err != nil {
		return err
	}
	made, err := c.Draft(e.ctx, text, client.NewKey())
	if err != nil {
		return err
	}
	return d.carryMade(e, c, made)
}

// carryMade goes on with a plan that is made.
func (d doing) carryMade(e env, c *client.Client, made *api.PlanView) error {
	discard := func() { _, _ = c.Discard(e.ctx, made.Plan.ID) } // a draft that stays does no harm
	r, err := c.Review(e.ctx, made.Plan.ID)
	if err != nil {
		discard()
		return err
	}
	out := e.stdout
	if d.JSON {
		out = e.stderr
	}
	if !d.JSON || !d.DryRun && !d.Yes {
		fitted(out, func(w io.Writer) { printReview(w, r) })
	}
	switch {
	case d.DryRun:
		discard()
		if d.JSON {
			return printJSON(e, r)
		}
		say(out, "\nOnly shown. Nothing was changed.")
		return nil
	case r.Plan.Blocked:
		discard()
		return cratewarden.Errorf(cratewarden.Refused, "The review forbids this: %s", firstBlock(r.Effect))
	}
	typed, err := d.consent(e, out, r)
	if err != nil {
		discard()
		return err
	}
	return d.finish(e, c, out, r, typed)
}

// finish seals what must be sealed, leaves to a second person what needs one,
// and applies the rest.
func (d doing) finish(e env, c *client.Client, out io.Writer, r *api.PlanReview, typed string) error {
	id, digest := r.Plan.ID, r.Plan.Digest.String()
	if r.Plan.Irreversible && r.Plan.Evidence == "" {
		sealed, err := c.Seal(e.ctx, id)
		if err != nil {
			return err
		}
		say(out, "Evidence sealed: %s", inert(sealed.Plan.Evidence))
	}
	if r.Plan.NeedsApproval && len(r.Plan.Approvals) == 0 && !glassBroken(e, c, r.Plan) {
		say(out, "\nA second person must agree. Until then the plan %s waits:", id)
		say(out, "  cratewarden plan show %s      to look at it", id)
		say(out, "  cratewarden plan approve %s   by the second person", id)
		say(out, "  cratewarden plan apply %s     then", id)
		say(out, "If nobody answers: cratewarden break-glass %s --reason …", id)
		return cratewarden.Errorf(cratewarden.Refused, "The plan %s is not applied yet: it needs a second person.", id)
	}
	done, err := c.Apply(e.ctx, id, digest, typed, client.NewKey())
	if err != nil {
		return explainStale(e, c, id, err)
	}
	if d.JSON {
		return printJSON(e, done)
	}
	say(out, "\nDone: plan %s is %s.%s", id, done.Plan.State, wayBack(done.Plan))
	follow, err := c.FollowUps(e.ctx, id)
	if err == nil && len(follow.Rows) > 0 {
		say(out, "Pieces of work that follow, on files, caches and the index: %d. See: cratewarden plan show %s", len(follow.Rows), id)
	}
	return err
}

// wayBack says how a plan is put back, if it can be.
func wayBack(p action.Plan) string {
	if p.Irreversible {
		return " What it destroyed is gone for good."
	}
	return " To put it back: cratewarden plan undo " + p.ID
}

// explainStale says what changed when a plan was stale.
func explainStale(e env, c *client.Client, id string, err error) error {
	if cratewarden.KindOf(err) != cratewarden.Conflict {
		return err
	}
	now, asked := c.Plan(e.ctx, id)
	if asked != nil {
		return err
	}
	for _, d := range now.Plan.Differences {
		say(e.stderr, "  %s", inert(d.Text))
	}
	return err
}

func firstBlock(f *action.Effect) string {
	for _, g := range f.Blocks() {
		return inert(g.Text)
	}
	return "see above."
}

// consent asks the person, or takes the flags for it. What must be typed is
// never guessed: a script that deletes says what it deletes.
func (d doing) consent(e env, out io.Writer, r *api.PlanReview) (typed string, err error) {
	want := r.Plan.Confirm
	if d.Yes {
		if want != "" && d.Confirm != want {
			return "", cratewarden.Errorf(cratewarden.Refused, "This must be confirmed by its name or number: --confirm %q.", want)
		}
		return want, nil
	}
	if d.Confirm != "" && d.Confirm == want {
		return want, nil
	}
	if want != "" {
		_, _ = fmt.Fprintf(out, "\nTo go on, type %s: ", inert(want))
	} else {
		_, _ = fmt.Fprint(out, "\nGo on? [y/N] ")
	}
	answer, err := readLine(e.stdin)
	if err != nil {
		return "", err
	}
	if !terminal(e.stdout) {
		say(out, "")
	}
	agreed := strings.EqualFold(answer, "y") || strings.EqualFold(answer, "yes")
	if want != "" {
		agreed = answer == want
	}
	if !agreed {
		return "", cratewarden.Errorf(cratewarden.Canceled, "Nothing was changed.")
	}
	return want, nil
}

func readLine(in io.Reader) (string, error) {
	if in == nil {
		in = os.Stdin
	}
	line, err := bufio.NewReader(io.LimitReader(in, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", cratewarden.Wrap(err, cratewarden.Invalid, "The answer cannot be read.")
	}
	if line == "" {
		return "", cratewarden.Errorf(cratewarden.Canceled, "Nobody answered, so nothing was changed. Scripts give --yes.")
	}
	return strings.TrimSpace(line), nil
}
