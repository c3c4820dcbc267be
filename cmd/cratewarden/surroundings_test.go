package main

import (
	"os"
	"path/filepath"
	"testing"
)

// A person's settings for other databases do not reach the private server. Not
// parallel, since it changes the environment.
func TestPrivateServerIgnoresThePersonsDatabases(t *testing.T) {
	for name, value := range map[string]string{
		"PGSERVICE": "nowhere", "PGSSLMODE": "verify-full", "PGOPTIONS": "-c nonsense=1", "PGHOST": "/nowhere", "PGUSER": "nobody",
	} {
		t.Setenv(name, value)
	}
	_, stop, err := background("open", filepath.Join("..", "..", "registry", "dump", "testdata", "small.tar.gz"), "--addr", "127.0.0.1:0", "--data", dataDir(t))
	defer stop()
	if err != nil {
		t.Fatal(err)
	}
	if value, set := os.LookupEnv("PGSERVICE"); set {
		t.Errorf("PGSERVICE is still %q", value)
	}
}
