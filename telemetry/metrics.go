package telemetry

import (
	"log/slog"
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Telemetry counts and logs; make one with New.
type Telemetry struct {
	log      *slog.Logger
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
}

// New makes telemetry that logs to the given logger; nil is the program's default one.
func New(log *slog.Logger) *Telemetry {
	if log == nil {
		log = slog.Default()
	}
	t := &Telemetry{log: log, registry: prometheus.NewRegistry()}
	t.requests = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "cratewarden_http_request_seconds",
		Help:    "Time to answer a request, by route pattern and status.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"route", "status"})
	t.registry.MustRegister(t.requests, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return t
}

// Gauge publishes a number that is read whenever somebody asks.
func (t *Telemetry) Gauge(name, help string, read func() float64) {
	t.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "cratewarden_" + name, Help: help}, read))
}

// Collect publishes what a part of the program counts by itself.
func (t *Telemetry) Collect(c prometheus.Collector) { t.registry.MustRegister(c) }

// Pool publishes how busy a database pool is.
func (t *Telemetry) Pool(name string, pool *pgxpool.Pool) {
	t.Gauge(name+"_connections_in_use", "Connections of the "+name+" pool in use.", func() float64 { return float64(pool.Stat().AcquiredConns()) })
	t.Gauge(name+"_connections_max", "Most connections of the "+name+" pool.", func() float64 { return float64(pool.Stat().MaxConns()) })
}

// Metrics answers /metrics in Prometheus' text format.
func (t *Telemetry) Metrics() http.Handler {
	return quietly(promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{}))
}
