package action

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// crashVariable tells a copy of the test binary that it is to apply a plan, and
// at which place to kill itself.
const crashVariable = "CRATEWARDEN_TEST_CRASH"

// doomed is what such a copy needs to know.
type doomed struct {
	Registry, Console, Key string
	Plan                   string
	Who                    Actor
	Yes                    Consent
	At                     int    // the number of the place to die at
	Place                  string // dies at the At-th place of this name; "" for any
	Vault, Static, Index   string // folders
}

// die runs in the copy: it applies the plan and does its follow-ups, and sends
// itself SIGKILL at the n-th place, with nothing flushed, closed or rolled back.
func die(text string) error {
	var d doomed
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return err
	}
	ctx := context.Background()
	registry, err := pg.Open(ctx, pg.Config{URL: d.Registry})
	if err != nil {
		return err
	}
	console, err := pg.Open(ctx, pg.Config{URL: d.Console})
	if err != nil {
		return err
	}
	keys, err := ledger.ParseKeys(d.Key)
	if err != nil {
		return err
	}
	reached := 0
	var passed []string
	cfg := Config{Hold: time.Minute, Registry: registry, Console: console, Ledger: ledger.New(ledger.Config{DB: console, Keys: keys}), Guard: anybody{}, Policy: boundless()}
	cfg.Reached = func(place string) {
		passed = append(passed, place)
		if d.Place != "" && d.Place != place {
			return
		}
		if reached++; reached == d.At {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	if err := crashParts(&cfg, d, cfg.Reached); err != nil {
		return err
	}
	e := New(cfg)
	p, err := e.Plan(ctx, d.Plan)
	if err != nil {
		return err
	}
	if p.Irreversible && p.State.Open() {
		if p, err = e.Seal(ctx, d.Who, d.Plan); err != nil {
			return err
		}
	}
	if p.State == Reviewed || p.State == Approved {
		if _, err := e.Apply(ctx, d.Who, d.Plan, d.Yes, ""); err != nil {
			return err
		}
	}
	err = workAll(ctx, e, d.Plan)
	fmt.Println(strings.Join(passed, "\n"))
	return err
}

// workAll does a plan's follow-ups until none is left.
func workAll(ctx context.Context, e *Engine, plan string) error {
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		open, err := e.FollowUps(ctx, plan)
		if err != nil {
			return err
		}
		left := 0
		for _, f := range open {
			if f.State == FollowDone || f.State == FollowGivenUp {
				continue
			}
			left++
			err := e.Work(ctx, f.ID)
			if k := cratewarden.KindOf(err); k == cratewarden.Conflict || k == cratewarden.Unavailable {
				// The server does not know yet that the worker before is dead.
				time.Sleep(10 * time.Millisecond)
				if _, err := e.console.Exec(ctx, `UPDATE follow_up SET next_at = 'epoch' WHERE id = $1 AND state = 'failed'`, f.ID); err != nil {
					return err
				}
				continue
			}
			if err != nil {
				return fmt.Errorf("follow-up %s: %w", f.Kind, err)
			}
		}
		if left == 0 {
			return nil
		}
	}
	return fmt.Errorf("the follow-ups of %s never end", plan)
}

// crashes gives how many times the process is killed; 200 unless told.
func crashes() int {
	if n, err := strconv.Atoi(os.Getenv("CRATEWARDEN_CRASHES")); err == nil {
		return n
	}
	return 200
}

// A real process is killed between every two writes of an apply and of its
// follow-ups, with random plans. Afterwards no change is without a record, no
// record without an outcome, and no follow-up is forgotten or done twice.
func TestKilledBetweenAnyTwoWrites(t *testing.T) {
	t.Parallel()
	k, d := newCrashKit(t)
	r := rand.New(rand.NewPCG(20, 8))
	places := map[string]int{}
	for kills := 0; kills < crashes(); {
		list := k.crashSteps(r)
		before, files := k.tables(), k.files(d.Static)
		for at := 1; ; at++ {
			p := k.fresh(list)
			if p.Blocked {
				break
			}
			p, yes := k.consent(p)
			d.Plan, d.Who, d.Yes, d.At = p.ID, k.who, yes, at
			killed, _ := k.runDoomed(d)
			if killed {
				kills++
			}
			places[k.aftermath(p, before)]++
			k.same(before, k.tables())
			k.sameFiles(files, k.files(d.Static))
			if !killed || t.Failed() {
				break
			}
		}
		if t.Failed() {
			return
		}
	}
	t.Log(places)
	if len(places) < 2 {
		t.Errorf("the process died always in the same state: %v", places)
	}
}

// Deletions cannot be undone: the evidence is sealed first, whenever the
// process dies, and what is left is whole: either the version is there with its
// files, or it is gone with its tombstone and its files are in no store.
func TestKilledWhileDeleting(t *testing.T) {
	t.Parallel()
	k, d := newCrashKit(t)
	r := rand.New(rand.NewPCG(20, 9))
	places := map[string]int{}
	// The first process lives and tells the places. Most are writes of the
	// evidence, so a name is drawn first, then which of its occurrences.
	var names []string
	for kills := 0; kills < crashes()/3; {
		v, ok := pick(r, k.stored())
		if !ok {
			t.Fatal("no version is left")
		}
		p := k.fresh(steps(t, "version.delete", m{"crate": v.Crate, "version": v.Version}))
		if p.Blocked {
			continue
		}
		d.Place, d.At = "", 0
		if names != nil {
			d.Place, d.At = names[r.IntN(len(names))], 1+r.IntN(2)
		}
		before, files := k.tables(), k.files(d.Static)
		p, yes := k.consent(p)
		d.Plan, d.Who, d.Yes = p.ID, k.who, yes
		killed, passed := k.runDoomed(d)
		if killed {
			kills++
		} else if names == nil {
			names = slices.Compact(slices.Sorted(slices.Values(passed)))
		}
		p = k.recovered(p.ID)
		k.ledgerFits(p)
		places[string(p.State)]++
		if p.State == Applied {
			k.nothingLeft(p, v, d, len(files))
		} else {
			k.same(before, k.tables())
			k.sameFiles(files, k.files(d.Static))
		}
		if t.Failed() {
			t.Fatalf("killed at %d. %s, plan %s", d.At, d.Place, p.State)
		}
	}
	t.Log(places, names)
}

// nothingLeft checks that nothing of a deleted version is left over or forgotten.
func (k *kit) nothingLeft(p Plan, v VersionRef, d doomed, files int) {
	k.t.Helper()
	if err := workAll(k.t.Context(), k.Engine, p.ID); err != nil {
		k.t.Error(err)
	}
	k.workedOnce(p)
	if n := k.number(`SELECT count(*) FROM versions v JOIN crates c ON c.id = v.crate_id WHERE c.name = $1 AND v.num = $2`, v.Crate, v.Version); n != 0 {
		k.t.Errorf("%s is still there", v)
	}
	if left := k.files(d.Static); len(left) != files-2 {
		k.t.Errorf("%d files are left of %d", len(left), files)
	}
	var stones int
	if err := k.console.QueryRow(k.t.Context(), `SELECT count(*) FROM tombstone WHERE crate = $1 AND num = $2`, v.Crate, v.Version).Scan(&stones); err != nil || stones != 1 {
		k.t.Errorf("%d tombstones, %v", stones, err)
	}
	if p.Evidence == "" {
		k.t.Error("deleted without evidence")
	}
}

// fresh makes and reviews a plan of the same steps.
func (k *kit) fresh(list []StepText) Plan {
	k.t.Helper()
	p, err := k.Draft(k.t.Context(), k.who, Order{Title: "doomed", Steps: list}, "")
	if err != nil {
		k.t.Fatal(err)
	}
	if p, _, err = k.Review(k.t.Context(), k.who, p.ID); err != nil {
		k.t.Fatal(err)
	}
	return p
}

// runDoomed runs the copy and says whether it was killed, or which places it
// passed.
func (k *kit) runDoomed(d doomed) (killed bool, passed []string) {
	k.t.Helper()
	text, err := json.Marshal(d)
	if err != nil {
		k.t.Fatal(err)
	}
	cmd := exec.CommandContext(k.t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), crashVariable+"="+string(text))
	out, err := cmd.CombinedOutput()
	if err == nil {
		return false, strings.Split(strings.TrimSpace(string(out)), "\n")
	}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGKILL {
		return true, nil
	}
	k.t.Fatalf("the doomed process failed by itself: %v\n%s", err, out)
	return false, nil
}

// aftermath recovers, checks that the records fit what is in the registry, ends
// the follow-ups, and undoes what was applied. It gives the state after
// recovery.
func (k *kit) aftermath(p Plan, before map[string]string) string {
	k.t.Helper()
	ctx := k.t.Context()
	p = k.recovered(p.ID)
	k.ledgerFits(p)
	switch p.State {
	case Reviewed, Approved, Failed:
		k.same(before, k.tables())
		if fs, err := k.FollowUps(ctx, p.ID); err != nil || len(fs) > 0 {
			k.t.Errorf("%s, and yet %d follow-ups, %v", p.State, len(fs), err)
		}
	case Applied:
		if err := workAll(ctx, k.Engine, p.ID); err != nil {
			k.t.Error(err)
		}
		k.workedOnce(p)
		u := k.undone(p)
		if err := workAll(ctx, k.Engine, u.ID); err != nil {
			k.t.Error(err)
		}
	default:
		k.t.Errorf("after recovery the plan is %s", p.State)
	}
	return string(p.State)
}

// recovered calls Recover until the plan's fate is known: for a moment after
// the kill the server does not know yet that nobody is there any more.
func (k *kit) recovered(id string) Plan {
	k.t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := k.Recover(k.t.Context()); err != nil {
			k.t.Fatal(err)
		}
		p, err := k.Plan(k.t.Context(), id)
		if err != nil {
			k.t.Fatal(err)
		}
		if p.State != Applying || time.Now().After(end) {
			return p
		}
	}
}

// ledgerFits checks that a plan's intent has exactly one outcome, and that
// there is no intent for a plan that was not applied.
func (k *kit) ledgerFits(p Plan) {
	k.t.Helper()
	page, err := k.ledger.List(k.t.Context(), ledger.Filter{Plan: p.ID, Limit: 1000})
	if err != nil {
		k.t.Fatal(err)
	}
	intents, outcomes := 0, map[int64]int{}
	for _, e := range page.Entries {
		if strings.HasPrefix(e.Action, "follow.") {
			continue
		}
		switch e.Kind {
		case ledger.Intent:
			intents++
		case ledger.Outcome:
			outcomes[*e.Refers]++
		}
	}
	switch {
	case p.Intent == nil && intents > 0, p.Intent != nil && (intents != 1 || outcomes[*p.Intent] != 1):
		k.t.Errorf("plan %s is %s with %d intents and outcomes %v", p.ID, p.State, intents, outcomes)
	case p.State == Applied && p.Intent == nil:
		k.t.Errorf("plan %s is applied without a record", p.ID)
	}
}

// workedOnce checks that every follow-up has one intent and one outcome.
func (k *kit) workedOnce(p Plan) {
	k.t.Helper()
	fs, err := k.FollowUps(k.t.Context(), p.ID)
	if err != nil {
		k.t.Fatal(err)
	}
	page, err := k.ledger.List(k.t.Context(), ledger.Filter{Plan: p.ID, Limit: 1000})
	if err != nil {
		k.t.Fatal(err)
	}
	outcomes := map[int64]int{}
	for _, e := range page.Entries {
		if e.Kind == ledger.Outcome && e.Refers != nil {
			outcomes[*e.Refers]++
		}
	}
	seen := map[string]bool{}
	for _, f := range fs {
		if f.State != FollowDone {
			k.t.Errorf("follow-up %s of %s is %s: %s", f.Kind, p.ID, f.State, f.Problem)
		}
		if f.Intent == nil || f.Outcome == nil || outcomes[*f.Intent] != 1 {
			k.t.Errorf("follow-up %s of %s: intent %v, outcome %v", f.Kind, p.ID, f.Intent, f.Outcome)
		}
		if id := fmt.Sprint(f.Step, f.Kind, string(f.Args)); seen[id] {
			k.t.Errorf("follow-up %s was ordered twice", f.Kind)
		} else {
			seen[id] = true
		}
	}
}

// url gives a pool's address for another process.
func url(p *pgxpool.Pool) string { return p.Config().ConnString() }
