package action

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg"
)

// place is a table of the console with texts in which anybody may stand.
type place struct {
	table, called string // called is its name for people
	row           string // SQL that names a row for people
	// free are the columns from which words are taken out: text, or with :json or
	// :list what the column is. also is what changes with them.
	free, also string
	// salted is SQL for the key that a JSON column loses.
	salted string
	// settled are the rows whose words may go; of others it is said that they wait.
	settled string
	// stays are columns that are searched and not changed, and because says why.
	stays, because string
}

// textPlaces are all of them. Every other column of text stands in personRows,
// caseRows or apart; TestErasureKnowsEveryColumn holds that none is forgotten.
func textPlaces() []place {
	const ofRegistry = "the registry said it, to everybody"
	return []place{
		{table: "plan", called: "plans", row: `id`, free: "title internal_note problem", settled: `state IN ('applied', 'undone', 'unknown', 'discarded')`,
			stays: "public_reason steps differences demands", because: "they say what was done, and people agreed to it"},
		{table: "follow_up", called: "work after plans", row: `'follow-up ' || id || ' of ' || plan`, free: "problem", stays: "args result", because: "they say what was done"},
		{table: "break_glass", called: "broken glass", row: `plan`, free: "reason note", stays: "demands", because: "they say why it took a second person"},
		{table: "notice", called: "notices", row: `id::text`, free: "title body"},
		{table: "delivery", called: "sent notices", row: `id::text`, free: "problem"},
		{table: "evidence_check", called: "checks of evidence", row: `left(encode(digest, 'hex'), 12)`, free: "findings:json"},
		{table: "evidence_bundle", called: "evidence", row: `left(encode(digest, 'hex'), 12)`, stays: "reason", because: "what was sealed is never changed"},
		{table: "held", called: "held versions", row: `crate || '@' || num`, stays: "was_message", because: ofRegistry},
		{table: "incident", called: "cases", row: `'INC-' || number`, free: "title source early_reason campaigns:list", also: `revision = revision + 1`},
		{table: "incident_event", called: "notes and decisions of cases", row: `'event ' || id || ' of INC-' || incident`, free: "body details:json", salted: `CASE WHEN body ~* $1 THEN 'salt' ELSE '' END`},
		{table: "incident_text", called: "texts of cases", row: `field || ' of INC-' || incident`, free: "body", also: `revision = revision + 1`},
		{table: "incident_subject", called: "subjects of cases", row: `kind || ' ' || id || ' of INC-' || incident`, free: "label why", stays: "id", because: "the ledger names subjects"},
		{table: "incident_task", called: "tasks of cases", row: `item || ' of INC-' || incident`, free: "title why"},
		{table: "incident_file", called: "names of files of cases", row: `'file ' || id || ' of INC-' || incident`, free: "name"},
		{table: "incident_figure", called: "figures of cases", row: `'figure ' || id || ' of INC-' || incident`, free: "method query", stays: "crate version", because: ofRegistry},
		{table: "incident_draft", called: "drafts of cases", row: `'draft ' || id || ' of INC-' || incident`, free: "recipient path body made approved_why sent_where",
			also: `revision = revision + 1, state = CASE WHEN state = 'approved' THEN 'draft' ELSE state END`},
		{table: "incident_takedown", called: "the feed of takedowns", row: `crate || ' of INC-' || incident`, free: "reason"},
		{table: "incident_fact", called: "facts that cases saw in the registry", row: `id`, stays: "id version crate subjects moment", because: ofRegistry},
		{table: "incident_dependent", called: "who depended on bad crates of cases", row: `crate || ' of INC-' || incident`, stays: "crate plan rows", because: ofRegistry},
	}
}

// apart says of columns that may hold a person's data and are neither searched
// nor cleared by person, why not. Ids, states, times and hashes of ours stand in
// the test: no person writes them.
func apart() map[string]string {
	const (
		office = "who acted, which is the record of an office, as in the ledger"
		proof  = "proves what somebody agreed to; the key, not the person, is in it"
	)
	return map[string]string{
		"ledger_entry.body": "never changed; the review says which entries name the person", "ledger_sealed.ciphertext": "nobody can read it once its key is deleted",
		"ledger_key.key": "deleted by entry", "evidence_bundle.key": "forgotten by bundle", "evidence_bundle.actor_name": office, "evidence_subject.name": "a public name, and never changed",
		"document.content": "the ledger has its hash; private columns are not in it",
		"plan.author":      office, "plan.writers": office, "plan.reviewed_by": office, "plan.approvals": office, "plan.applier": office, "plan.fallen": office,
		"break_glass.actor": office, "break_glass.closed_by": office,
		"passkey.credential": proof, "ceremony.question": proof, "ceremony.answer": proof,
		"incident_file.content": "searched; a file that holds a word goes as a whole",
	}
}

// columnKind parts a column of a place from what it is.
func columnKind(spec string) (name, kind string) {
	name, kind, _ = strings.Cut(spec, ":")
	return name, kind
}

// nothing is the condition of a place without columns.
const nothing = `false`

// having is the condition that one of some columns holds a word of the pattern $1.
func having(columns string) string {
	var out []string
	for _, c := range strings.Fields(columns) {
		name, _ := columnKind(c)
		out = append(out, name+`::text ~* $1`)
	}
	if len(out) == 0 {
		return nothing
	}
	return `(` + strings.Join(out, ` OR `) + `)`
}

// mostNamed bounds how many rows a sentence names.
const mostNamed = 50

// holders names the rows of a table that hold a word.
func holders(ctx context.Context, db asker, p place, where, pattern string) ([]string, error) {
	if strings.HasPrefix(where, nothing) {
		return nil, nil
	}
	rows, err := db.Query(ctx, `SELECT `+p.row+` FROM `+p.table+` WHERE `+where+` ORDER BY 1`, pattern)
	if err != nil {
		return nil, pg.Map(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return list, pg.Map(err)
}

// rowsNamed writes rows into a sentence.
func rowsNamed(rows []string) string {
	if len(rows) > mostNamed {
		rows = append(slices.Clone(rows[:mostNamed]), fmt.Sprintf("and %d more", len(rows)-mostNamed))
	}
	return strings.Join(rows, ", ")
}
