package api

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/blast"
	"cratewarden/telemetry/logtest"
)

// radar answers with five crates, and keeps what it was asked.
type radar struct {
	asked blast.Query
	until time.Time
	err   error
}

func (r *radar) Radius(_ context.Context, q blast.Query, until time.Time) (*blast.Report, error) {
	r.asked, r.until = q, until
	out := &blast.Report{Query: q, Crates: 5}
	for i := range 5 {
		out.Affected = append(out.Affected, blast.Affected{Crate: fmt.Sprint("crate-", i)})
	}
	return out, r.err
}

func TestBlastRadiusIsAskedAndPaged(t *testing.T) {
	t.Parallel()
	r := &radar{}
	h := New(Config{Log: logtest.Logger(t), Dossiers: &fake{}, Blast: r})
	rec := ask(h, "GET", Prefix+"/crates/helper/blast?version=1.0.1,1.0.2&range=%3C2&also=other%401.0.0&mode=would&kind=dev&required=true&distance=2&until=2026-08-20T10:07:00Z&after=1&limit=2", "")
	var got BlastRadius
	if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil || rec.Code != 200 {
		t.Fatalf("%d %v %s", rec.Code, err, rec.Body)
	}
	if len(got.Affected) != 2 || got.Affected[0].Crate != "crate-1" || got.Next != "3" || got.Crates != 5 {
		t.Errorf("the answer is %s", rec.Body)
	}
	want := blast.Query{Mode: blast.Would, Kinds: []blast.Kind{blast.Dev}, Required: true, Depth: 2,
		Bad: []blast.Bad{{Crate: "helper", Versions: []string{"1.0.1", "1.0.2"}, Range: "<2"}, {Crate: "other", Versions: []string{"1.0.0"}}}}
	if fmt.Sprint(r.asked) != fmt.Sprint(want) || !r.until.Equal(time.Date(2026, 8, 20, 10, 7, 0, 0, time.UTC)) {
		t.Errorf("asked was %+v until %v", r.asked, r.until)
	}
	if rec := ask(h, "GET", Prefix+"/crates/helper/blast", ""); rec.Code != 200 || r.asked.Mode != blast.Could || !r.until.IsZero() {
		t.Errorf("the least question gives %d %+v", rec.Code, r.asked)
	}
}

func TestBlastRadiusRefuses(t *testing.T) {
	t.Parallel()
	r := &radar{}
	h := New(Config{Log: logtest.Logger(t), Dossiers: &fake{}, Blast: r})
	for query, status := range map[string]int{"after=x": 400, "after=-1": 400, "mode=maybe": 400, "also=helper": 400, "mode=would&locked=true": 400, "limit=20001": 400, "distance=-1": 400} {
		if rec := ask(h, "GET", Prefix+"/crates/helper/blast?"+query, ""); rec.Code != status && rec.Code != 422 {
			t.Errorf("%s: %d %s", query, rec.Code, rec.Body)
		}
	}
	r.err = cratewarden.Errorf(cratewarden.Unavailable, "The mirror is still loading the dependencies: 12 rows so far.")
	if rec := ask(h, "GET", Prefix+"/crates/helper/blast", ""); rec.Code != 503 || !strings.Contains(rec.Body.String(), "12 rows so far") {
		t.Errorf("while the mirror loads: %d %s", rec.Code, rec.Body)
	}
	if rec := ask(New(Config{Log: logtest.Logger(t), Dossiers: &fake{}}), "GET", Prefix+"/crates/helper/blast", ""); rec.Code != 503 {
		t.Errorf("without anybody to answer: %d", rec.Code)
	}
}
