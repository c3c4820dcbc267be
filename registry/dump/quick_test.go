package dump

import (
	"testing"

	"cratewarden/pg/pgtest"
)

func TestQuick(t *testing.T) {
	a, err := Open(t.Context(), "/work/shared/samples/db-dump-sample.tar.gz", nil)
	if err != nil {
		t.Fatal(err)
	}
	url := pgtest.URL(t, pgtest.Template{Name: "empty"})
	res, err := Import(t.Context(), Config{URL: url, Progress: func(p Progress) { t.Logf("%+v", p) }}, a)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", res)
}
