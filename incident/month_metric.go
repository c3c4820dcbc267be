package incident

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Bounds of the metrics: how far back medians look, and how often the database
// is asked, however often somebody scrapes.
const (
	metricDays  = 30 * 24 * time.Hour
	metricFresh = 15 * time.Second
	metricWait  = 5 * time.Second
)

// Metrics gives the cases and their clocks to Prometheus: open and closed cases
// by kind and state, median and worst of each clock over the cases opened in the
// last 30 days, and how many clocks of open cases are overdue now. Drills do not
// count. When the database does not answer the figures are left out, so that
// nobody takes old ones for new.
func (s *Service) Metrics() prometheus.Collector {
	name := func(what string) string { return "cratewarden_incident" + what }
	return &metrics{
		s:        s,
		cases:    prometheus.NewDesc(name("s"), "Incidents by kind and state, drills left out.", []string{"kind", "state"}, nil),
		clocks:   prometheus.NewDesc(name("_clock_seconds"), "How long steps of incidents took, of those opened in the last 30 days.", []string{"clock", "kind", "of"}, nil),
		finished: prometheus.NewDesc(name("_clocks_finished"), "Clocks that are over, of incidents opened in the last 30 days.", []string{"clock", "kind", "result"}, nil),
		overdue:  prometheus.NewDesc(name("_clocks_overdue"), "Clocks of open incidents that run beyond their target.", []string{"clock"}, nil),
	}
}

type metrics struct {
	s                                *Service
	cases, clocks, finished, overdue *prometheus.Desc

	lock sync.Mutex
	at   time.Time
	kept []prometheus.Metric
}

// Describe names the metrics.
func (m *metrics) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.cases, m.clocks, m.finished, m.overdue} {
		to <- d
	}
}

// Collect gives the metrics as they are, or were a few seconds ago.
func (m *metrics) Collect(to chan<- prometheus.Metric) {
	m.lock.Lock()
	defer m.lock.Unlock()
	if m.at.IsZero() || time.Since(m.at) > metricFresh {
		m.kept = m.read()
		m.at = time.Now()
	}
	for _, one := range m.kept {
		to <- one
	}
}

func (m *metrics) read() (out []prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), metricWait)
	defer cancel()
	now := m.s.clock()
	list, err := m.s.milestones(ctx, `i.drill = '' AND i.state <> 'merged' AND (i.opened_at >= $1 OR i.state = ANY ($2))`, now.Add(-metricDays), openStates())
	if err != nil {
		m.s.log.WarnContext(ctx, "incident metrics were not read", "error", err)
		return nil
	}
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		out = append(out, prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...))
	}
	cases, overdue, byKind := map[[2]string]int{}, map[ClockName]int{}, map[Kind][]milestones{}
	for _, one := range list {
		cases[[2]string{string(one.incident.Kind), string(one.incident.State)}]++
		if !one.incident.OpenedAt.Before(now.Add(-metricDays)) {
			byKind[one.incident.Kind] = append(byKind[one.incident.Kind], one)
		}
		for _, c := range one.clocks(now) {
			if c.State == ClockOverdue {
				overdue[c.Name]++
			}
		}
	}
	for labels, n := range cases {
		gauge(m.cases, float64(n), labels[0], labels[1])
	}
	for _, f := range faces() {
		gauge(m.overdue, float64(overdue[f.name]), string(f.name))
	}
	for kind, some := range byKind {
		for _, c := range kindSum(kind, some, now).Clocks {
			if c.Count == 0 {
				continue
			}
			gauge(m.clocks, c.Median, string(c.Name), string(kind), "median")
			gauge(m.clocks, c.Worst, string(c.Name), string(kind), "worst")
			gauge(m.finished, float64(c.Count-c.Late), string(c.Name), string(kind), "met")
			gauge(m.finished, float64(c.Late), string(c.Name), string(kind), "late")
		}
	}
	return out
}
