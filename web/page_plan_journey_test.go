package web

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden/action"
	"cratewarden/demo"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
	"cratewarden/web/webtest"
)

// madeUp is one small registry for all tests of the binary.
var madeUp = sync.OnceValue(func() *demo.Registry {
	return demo.Generate(demo.Options{Crates: 300, Archives: -1, Now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)})
})

// works is a real engine on databases of its own, with its pages.
type works struct {
	*action.Engine
	*Server
	t        testing.TB
	registry *pgxpool.Pool
	console  *pgxpool.Pool
	who      action.Actor
}

func newWorks(t testing.TB) *works {
	t.Helper()
	b := emptyBook(t)
	k := &works{t: t, console: b.db, who: responder, registry: pgtest.Database(t, pgtest.Template{Name: "web-registry", Build: func(ctx context.Context, conn *pgx.Conn) error {
		if err := schema.Create(ctx, conn); err != nil {
			return err
		}
		return madeUp().Load(ctx, conn)
	}})}
	k.who.RegistryUser = int32(k.number(`SELECT min(id) FROM users`))
	k.Engine = action.New(action.Config{Hold: time.Minute, Guard: consenting{}, Registry: k.registry, Console: k.console, Ledger: b.Log})
	d := sampleDesk(t)
	d.Dossiers = sampleShelf(t)
	k.Server = deskServer(t, d, func(c *Config) {
		c.Plans, c.Auth, c.Ledger, c.Documents, c.Clock = k.Engine, as(k.who), b.Log, k.Engine, time.Now
	})
	return k
}

// number gives one number from the registry.
func (k *works) number(sql string, args ...any) (n int64) {
	k.t.Helper()
	if err := k.registry.QueryRow(k.t.Context(), `SELECT coalesce((`+sql+`)::bigint, 0)`, args...).Scan(&n); err != nil {
		k.t.Fatal(err)
	}
	return n
}

const theVersion = `FROM versions WHERE num = '0.3.4' AND crate_id = (SELECT id FROM crates WHERE name = 'arraykit')`

// tabTo presses Tab until an element that fits has the focus, as people do who
// have no mouse.
func tabTo(t *testing.T, p *webtest.Page, fits string) {
	t.Helper()
	for range 160 {
		p.Press(kb.Tab)
		if webtest.Eval[bool](p, `(e => `+fits+`)(document.activeElement)`) {
			return
		}
	}
	t.Fatalf("no element with %s can be reached by the keyboard at %s", fits, webtest.Eval[string](p, "location.pathname"))
}

// pressed tabs to a button or link with these words and presses it.
func pressed(t *testing.T, p *webtest.Page, words string) {
	t.Helper()
	tabTo(t, p, `e.textContent.trim() === "`+words+`" && e.matches("a, button, summary")`)
	p.Press(kb.Enter)
}

func state(t *testing.T, p *webtest.Page, want action.State) {
	t.Helper()
	eventually(t, p, `document.readyState === "complete" && document.querySelector(".head .badge")?.textContent`, string(want))
}

// TestPlanByKeyboard goes from a crate's page to a yank that was applied and
// undone, with a keyboard alone.
func TestPlanByKeyboard(t *testing.T) {
	t.Parallel()
	k := newWorks(t)
	p := webtest.Serve(t, k.Server).Open(t, "/crates/arraykit")
	pressed(t, p, "Act")
	pressed(t, p, "Yank a version…")
	eventually(t, p, "location.pathname + document.readyState", "/plans/newcomplete")
	tabTo(t, p, `e.id === "param-version"`)
	p.Press("0.3.4")
	tabTo(t, p, `e.id === "param-message"`)
	p.Press("bad build")
	tabTo(t, p, `e.name === "no-incident"`)
	p.Press(" ")
	tabTo(t, p, `e.id === "plan-public"`)
	p.Press("Broken <b>on</b> big-endian.")
	eventually(t, p, `document.querySelector("[data-mirror]").textContent`, "Broken <b>on</b> big-endian.")
	p.CheckAxe()
	pressed(t, p, "Make the plan")
	state(t, p, action.Draft)
	first := webtest.Eval[string](p, "location.pathname")
	p.CheckAxe()
	pressed(t, p, "Review")
	state(t, p, action.Reviewed)
	if k.number(`SELECT count(*) `+theVersion+` AND yanked`) != 0 {
		t.Error("a review changed the registry")
	}
	p.Screenshot("plan-real-reviewed", 1440, "light")
	p.Screenshot("plan-real-reviewed", 390, "dark")
	p.CheckAxe()
	pressed(t, p, "Apply")
	state(t, p, action.Applied)
	if k.number(`SELECT count(*) `+theVersion+` AND yanked AND yank_message = 'bad build'`) != 1 {
		t.Error("the version is not yanked")
	}
	p.Screenshot("plan-real-applied", 1440, "dark")
	p.CheckAxe()
	pressed(t, p, "Undo all that can be…")
	state(t, p, action.Draft)
	pressed(t, p, "Review")
	state(t, p, action.Reviewed)
	p.Screenshot("plan-real-undo", 1440, "light")
	pressed(t, p, "Apply")
	state(t, p, action.Applied)
	if k.number(`SELECT count(*) `+theVersion+` AND NOT yanked AND yank_message IS NULL`) != 1 {
		t.Error("the version is still yanked")
	}
	p.Go(first)
	state(t, p, action.Undone)
	p.CheckAxe()
	p.Click(`#record a[href^="/ledger/"]`)
	eventually(t, p, "location.pathname.startsWith('/ledger/')", "true")
}

// TestPlanWithoutScripts locks an account and puts it back with no script: two
// steps in one plan, one of them left out again.
func TestPlanWithoutScripts(t *testing.T) {
	t.Parallel()
	k := newWorks(t)
	id := k.number(`SELECT id FROM users WHERE account_lock_reason IS NULL ORDER BY id DESC LIMIT 1`)
	p := webtest.Serve(t, k.Server).Open(t, "/about")
	p.Scripts(false)
	p.Look(390, "dark")
	p.Go("/plans/new?do=account.lock&account=" + digits(id))
	p.Click("#param-reason")
	p.Press("Under investigation")
	p.Click(`button[value="add"]`)
	eventually(t, p, `document.querySelectorAll("input[name=step]").length`, "1")
	if webtest.Eval[bool](p, `document.querySelector(".needs-script")?.checkVisibility() ?? false`) {
		t.Error("something that needs scripts can be seen")
	}
	webtest.Eval[bool](p, `(document.querySelector("select[name=next]").value = "version.yank", true)`)
	p.Click(`button[value="choose"]`)
	eventually(t, p, `document.querySelector("#param-crate")?.value ?? "none"`, "")
	p.Click("#param-crate")
	p.Press("arraykit")
	p.Click("#param-version")
	p.Press("0.3.4")
	p.Click("#plan-incident")
	p.Press("INC-7" + kb.Enter) // Enter makes the plan, nothing else
	state(t, p, action.Draft)
	p.Screenshot("plan-real-noscript", 390, "dark")
	p.Click("#step-2 input")
	p.Click("#leave button")
	eventually(t, p, `document.querySelectorAll(".steps > .step").length`, "1")
	p.Click(`button[form="review"]`)
	state(t, p, action.Reviewed)
	p.Click(`.head button[form="apply"]`)
	state(t, p, action.Applied)
	if k.number(`SELECT count(*) FROM users WHERE id = $1 AND account_lock_reason = 'Under investigation'`, id) != 1 || k.number(`SELECT count(*) `+theVersion+` AND yanked`) != 0 {
		t.Error("the plan did not do what it said")
	}
	p.Click(`#undo button[value="all"]`)
	state(t, p, action.Draft)
	p.Click(`button[form="review"]`)
	state(t, p, action.Reviewed)
	p.Click(`.head button[form="apply"]`)
	state(t, p, action.Applied)
	if k.number(`SELECT count(*) FROM users WHERE id = $1 AND account_lock_reason IS NULL`, id) != 1 {
		t.Error("the account is still locked")
	}
}

// TestPlanBecomesStale shows the page of a plan whose facts changed, and one
// click for a fresh review.
func TestPlanBecomesStale(t *testing.T) {
	t.Parallel()
	k := newWorks(t)
	plan, err := k.Draft(t.Context(), k.who, action.Order{Steps: []action.StepText{yankStep("arraykit", "0.3.4", "")}}, "")
	if err == nil {
		plan, _, err = k.Review(t.Context(), k.who, plan.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.registry.Exec(t.Context(), `UPDATE versions SET yank_message = 'somebody else' WHERE id = (SELECT id `+theVersion+`)`); err != nil {
		t.Fatal(err)
	}
	form := url.Values{"digest": {plan.Digest.String()}, "key": {"one"}}
	if answer := ask(k.Server, "POST", planURL(plan.ID, "apply"), post(form)); answer.StatusCode != 303 {
		t.Fatalf("apply: %d %s", answer.StatusCode, body(t, answer))
	}
	text := body(t, ask(k.Server, "GET", planURL(plan.ID), nil))
	for _, want := range []string{"stale", "What changed", "yank_message was empty at the review", `form="review">Review again</button>`} {
		if !strings.Contains(text, want) {
			t.Errorf("a stale plan lacks %q", want)
		}
	}
	ask(k.Server, "POST", planURL(plan.ID, "review"), post(nil))
	if plan, err = k.Plan(t.Context(), plan.ID); err != nil || plan.State != action.Reviewed {
		t.Errorf("a fresh review: %v %s", err, plan.State)
	}
}

// TestSameKeyMakesOnePlan sends every form that makes something twice.
func TestSameKeyMakesOnePlan(t *testing.T) {
	t.Parallel()
	k := newWorks(t)
	count := func() (n int) {
		counts, err := k.Counts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range counts {
			n += c
		}
		return n
	}
	form := url.Values{"key": {"k1"}, "op": {"make"}, "do": {"version.yank"}, "p.crate": {"arraykit"}, "p.version": {"0.3.4"}, "no-incident": {"yes"}}
	first, again := ask(k.Server, "POST", "/plans", post(form)), ask(k.Server, "POST", "/plans", post(form))
	if to := first.Header.Get("Location"); first.StatusCode != 303 || again.StatusCode != 303 || again.Header.Get("Location") != to || count() != 1 {
		t.Fatalf("%d %d, %d plans", first.StatusCode, again.StatusCode, count())
	}
	form.Set("p.version", "0.3.3") // “back”, other words, and sent again
	other := ask(k.Server, "POST", "/plans", post(form))
	if text := body(t, other); other.StatusCode != 409 || !strings.Contains(text, "sent before") || !strings.Contains(text, `value="0.3.3"`) || count() != 1 {
		t.Errorf("another order under one key: %d", other.StatusCode)
	}
	id := strings.TrimPrefix(first.Header.Get("Location"), "/plans/")
	plan, _, err := k.Review(t.Context(), k.who, id)
	if err != nil {
		t.Fatal(err)
	}
	apply := url.Values{"digest": {plan.Digest.String()}, "key": {"k2"}}
	for range 2 {
		if answer := ask(k.Server, "POST", planURL(id, "apply"), post(apply)); answer.StatusCode != 303 {
			t.Errorf("apply: %d", answer.StatusCode)
		}
	}
	if n := k.number(`SELECT count(*) FROM version_owner_actions WHERE version_id = (SELECT id ` + theVersion + `) AND "time" > now() - interval '1 hour'`); n != 1 {
		t.Errorf("two applies under one key wrote %d records", n)
	}
	undo := url.Values{"which": {"all"}, "key": {"k3"}}
	one, two := ask(k.Server, "POST", planURL(id, "undo"), post(undo)), ask(k.Server, "POST", planURL(id, "undo"), post(undo))
	if one.Header.Get("Location") != two.Header.Get("Location") || count() != 2 {
		t.Errorf("undo twice: %s %s, %d plans", one.Header.Get("Location"), two.Header.Get("Location"), count())
	}
	batch := url.Values{"op": {"make"}, "key": {"k4"}, "lines": {"arraykit@0.3.3\nnothing-here\narraykit 0.3.3"}, "tick": {"arraykit@0.3.3"}, "do": {"version.yank"}, "message": {"gone"}, "incident": {"INC-1"}}
	for range 2 {
		if answer := ask(k.Server, "POST", "/plans/batch", post(batch)); answer.StatusCode != 303 {
			t.Errorf("batch: %d %s", answer.StatusCode, body(t, answer))
		}
	}
	if count() != 3 {
		t.Errorf("a batch twice: %d plans", count())
	}
}
