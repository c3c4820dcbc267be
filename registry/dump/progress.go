package dump

import (
	"time"
)

// Phase is a stage of an import, in words for people.
type Phase string

// The phases of an import, in their order.
const (
	PhaseTables  Phase = "loading tables"
	PhaseKeys    Phase = "building keys"
	PhaseSearch  Phase = "building search vectors"
	PhaseIndexes Phase = "building indexes"
	PhaseDerived Phase = "computing reverse dependencies"
	PhaseForeign Phase = "checking references"
	PhaseCommit  Phase = "finishing"
)

// Progress is one report of a running import.
type Progress struct {
	Phase Phase
	// Table is the table being worked on, "" for none.
	Table string
	// Rows is how many rows have been loaded, counted at the end of each table.
	Rows int64
	// Bytes and TotalBytes are the input read so far and in all, compressed if
	// the archive is; in the later phases they are the bytes of CSV whose tables
	// are done. TotalBytes is 0 while unknown (standard input).
	Bytes, TotalBytes int64
	// Rate is Bytes per second in this phase.
	Rate float64
	// Left is the time this phase still needs at that rate, 0 while unknown.
	Left time.Duration
}

const reportEvery = 250 * time.Millisecond

// meter turns counts into reports. It is used by one goroutine at a time.
type meter struct {
	report func(Progress)
	now    Progress
	began  time.Time
	last   time.Time
}

func (m *meter) phase(p Phase, total int64) {
	m.now.Phase, m.now.Table, m.now.Bytes, m.now.TotalBytes, m.now.Rate, m.now.Left = p, "", 0, total, 0, 0
	m.began = time.Now()
	m.send()
}

func (m *meter) table(name string) {
	m.now.Table = name
	m.send()
}

// to sets the bytes done and reports, but not oftener than reportEvery.
func (m *meter) to(bytes int64) {
	m.now.Bytes = bytes
	if time.Since(m.last) >= reportEvery {
		m.send()
	}
}

func (m *meter) send() {
	m.last = time.Now()
	if s := m.last.Sub(m.began).Seconds(); s > 0.5 {
		m.now.Rate, m.now.Left = float64(m.now.Bytes)/s, 0
		if m.now.Rate > 0 && m.now.TotalBytes > m.now.Bytes {
			m.now.Left = time.Duration(float64(m.now.TotalBytes-m.now.Bytes) / m.now.Rate * float64(time.Second)).Round(time.Second)
		}
	}
	if m.report != nil {
		m.report(m.now)
	}
}
