package demo

import (
	"testing"
	"time"
)

func TestFigures(t *testing.T) {
	began := time.Now()
	r := Generate(Options{Now: testNow})
	t.Logf("generated in %s: %d crates, %d versions, %d people, %d tokens, %d actions, %d teams, %d publishers, %d packages; trouble %v",
		time.Since(began), len(r.crates), len(r.versions), len(r.people), len(r.tokens), len(r.actions), len(r.teams), len(r.publishers), len(r.packages), r.trouble)
	for _, table := range tables() {
		began := time.Now()
		n, _ := r.stream(table, discard{}, nil)
		t.Logf("%-32s %9d rows %v", table.name, n, time.Since(began).Round(time.Millisecond))
	}
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }
