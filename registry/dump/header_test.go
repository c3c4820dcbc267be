package dump

import (
	"bufio"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cratewarden"
)

func TestReadHeader(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []string
		kind cratewarden.Kind
	}{
		"plain":        {"id,name\n1,x\n", []string{"id", "name"}, ""},
		"quoted":       {"\"id\",name\r\n", []string{"id", "name"}, ""},
		"without rows": {"id", []string{"id"}, ""},
		"empty":        {"", nil, cratewarden.Invalid},
		"empty line":   {"\nid\n", nil, cratewarden.Invalid},
		"hole":         {"id,,name\n", nil, cratewarden.Invalid},
		"twice":        {"id,id\n", nil, cratewarden.Invalid},
		"injection":    {"id) FROM PROGRAM 'x' --,name\n", nil, cratewarden.Invalid},
		"mark":         {"\ufeffid,name\n", nil, cratewarden.Invalid},
		"endless":      {strings.Repeat("a", 1<<20), nil, cratewarden.TooLarge},
	} {
		got, line, err := readHeader(bufio.NewReaderSize(strings.NewReader(c.text), 64<<10), "users")
		if cratewarden.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if err == nil && !strings.HasPrefix(c.text, string(line)) {
			t.Errorf("%s: the line %q is not the first of the file", name, line)
		}
	}
}

func FuzzHeader(f *testing.F) {
	for _, s := range []string{"id,name\n1,2", "\"id\"\r\n", ",", "a\x00b", "\ufeffid", "id,id"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		columns, line, err := readHeader(bufio.NewReader(strings.NewReader(text)), "t")
		if err != nil {
			if cratewarden.KindOf(err) == cratewarden.Internal {
				t.Fatalf("no sentence: %v", err)
			}
			return
		}
		if !strings.HasPrefix(text, string(line)) || len(columns) == 0 {
			t.Fatalf("%q gave %q, %q", text, columns, line)
		}
		for _, c := range columns {
			if !tableName.MatchString(c) {
				t.Fatalf("%q was taken for a column", c)
			}
		}
	})
}

func FuzzName(f *testing.F) {
	for _, s := range []string{"2026/data/users.csv", "../x", "./data/a.csv", "/etc/passwd", "data/../a.csv", "a/b/c/d", "data\\x.csv"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		p, err := locate(name)
		if err != nil {
			return
		}
		if strings.HasPrefix(name, "/") || strings.Contains("/"+name+"/", "/../") || p.kind == kindTable && !tableName.MatchString(p.table) {
			t.Fatalf("%q was let in as %+v", name, p)
		}
	})
}
