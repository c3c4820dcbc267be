# cratewarden: two commands matter. "make demo" opens the console on a made-up
# registry; "make test" proves everything. Both install what the machine lacks.

GO      ?= go
BIN     := bin/cratewarden
# One static binary that two people building the same commit get byte for byte,
# whatever their own settings of Go are.
BUILD   := CGO_ENABLED=0 GOAMD64= GOARM64= GOEXPERIMENT= $(GO) build -trimpath -buildvcs=auto -ldflags="-s -w -buildid="

.PHONY: demo test test-versions build check bench fuzz screenshots clean

## demo: install PostgreSQL if it is missing, build, make up a registry, open the console
demo: build
	@scripts/need postgresql
	@$(BIN) demo $(ARGS)

## build: the one binary, into bin/
build:
	@$(BUILD) -o $(BIN) ./cmd/cratewarden

## test: install PostgreSQL and Chromium if they are missing, then run everything
test:
	@scripts/need postgresql chromium
	$(GO) test -timeout 14m ./...

## test-versions: the tests that speak to PostgreSQL, on every major version we support; fetches servers through npm
test-versions:
	@scripts/versions $(VERSIONS)

## check: formatting, vet, staticcheck
check:
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$unformatted" ] || { echo "not gofmt'ed: $$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

## bench: the figures of docs/figures.md, each beside its peer in the same run
bench:
	@scripts/need postgresql
	@scripts/bench

## fuzz: every fuzz target for a while each (FUZZTIME=30s)
fuzz:
	@scripts/fuzz $(FUZZTIME)

## screenshots: the pictures under docs/
screenshots: build
	@scripts/need postgresql chromium
	$(GO) test ./cmd/cratewarden -run TestJourney -count=1 -args -screenshots $(CURDIR)/docs/screenshots

clean:
	rm -rf bin
