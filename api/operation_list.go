package api

import "net/http"

// Operation is a line of the interface's table of contents.
type Operation struct {
	ID      string
	Pattern string // method and path
	Act     string // what it takes, a line of the table of package access
}

// Operations gives every operation there is, for a test that crosses them with
// every kind of asker. Whatever is not here is refused to everybody.
func Operations(cfg Config) []Operation {
	mux := http.NewServeMux()
	var out []Operation
	for pattern, op := range newGate(cfg, build(mux, cfg)).ops {
		out = append(out, Operation{ID: op.id, Pattern: pattern, Act: op.act})
	}
	return out
}
