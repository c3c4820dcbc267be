package playbook

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func builtIn(t *testing.T) Set {
	t.Helper()
	s, err := BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEveryKindHasAPlaybook(t *testing.T) {
	t.Parallel()
	s := builtIn(t)
	if got := s.Kinds(); !slices.Equal(got, ours()) {
		t.Fatalf("kinds are %v", got)
	}
	for _, p := range s.All() {
		phases, own := map[Phase]bool{}, 0
		for _, i := range p.Items {
			phases[i.Phase] = true
			if !i.Ticks.IsZero() {
				own++
			}
			if i.Action == "" {
				t.Errorf("%s: %s leads nowhere", p.Kind, i.ID)
			}
		}
		for _, phase := range []Phase{Report, Triage, Contain, Remove, Communicate, Review} {
			if !phases[phase] {
				t.Errorf("%s has nothing to do in the phase %s", p.Kind, phase)
			}
		}
		if own*2 < len(p.Items) {
			t.Errorf("%s: only %d of %d items tick themselves", p.Kind, own, len(p.Items))
		}
		if _, ok := s.Of(p.Kind); !ok || p.File != "" || p.About == "" {
			t.Errorf("%s is not found, or is not ours", p.Kind)
		}
	}
}

const good = `kind: dns
title: A domain ran out
about: One of ours.
items:
  - id: lead
    phase: report
    title: Say who leads
    ticks: lead
  - id: contain
    phase: contain
    title: Do it
    action: account.contain
    ticks: applied account.contain account.lock
  - id: look
    phase: contain
    title: Look
    action: "/incidents/{incident}?tab=files#top"
`

func TestParse(t *testing.T) {
	t.Parallel()
	p, err := Parse([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	c := p.Items[1].Ticks
	if c.Word != Applied || !c.Has("account.lock") || c.Has("version.yank") || p.Items[1].Page() || !p.Items[2].Page() {
		t.Errorf("read %+v", p)
	}
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n"
	one := "kind: a\ntitle: A\nitems:\n  - {id: a, title: A, phase: report%s}\n"
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "empty"},
		{"a comment", "# nothing\n", "empty"},
		{"alias bomb", bomb, "anchor or alias"},
		{"merge", "kind: &k a\ntitle: A\n", "anchor or alias"},
		{"type", "kind: !!str a\n", "names a type"},
		{"deep", "kind: [[[[[[[[a]]]]]]]]\n", "nested too deep"},
		{"very deep", strings.Repeat("[", 30000), ""},
		{"large", strings.Repeat("#", maxBytes+1), "bytes"},
		{"two", good + "---\n" + good, "follows"},
		{"unknown field", good + "tiks: a\n", "tiks"},
		{"twice", good + "title: B\n", "already defined"},
		{"no items", "kind: a\ntitle: A\nitems: []\n", "1 to"},
		{"no title", "kind: a\nitems: [{id: a, title: A, phase: report}]\n", "title is missing"},
		{"kind", "kind: ../a\ntitle: A\nitems: [{id: a, title: A, phase: report}]\n", "kind must"},
		{"hidden", "kind: a\ntitle: \"A\\u202Eb\"\nitems: [{id: a, title: A, phase: report}]\n", "U+202E"},
		{"phase", "kind: a\ntitle: A\nitems: [{id: a, title: A, phase: later}]\n", "not a phase"},
		{"order", "kind: a\ntitle: A\nitems: [{id: a, title: A, phase: seal}, {id: b, title: B, phase: report}]\n", "order"},
		{"same id", "kind: a\ntitle: A\nitems: [{id: a, title: A, phase: report}, {id: a, title: B, phase: report}]\n", "used twice"},
		{"script", fmt.Sprintf(one, ", action: 'javascript:alert(1)'"), "neither an act"},
		{"other host", fmt.Sprintf(one, ", action: '//evil.example/a'"), "not a page"},
		{"backslash", fmt.Sprintf(one, `, action: '/\evil.example'`), "not a page"},
		{"up", fmt.Sprintf(one, ", action: '/a/../b'"), "not a page"},
		{"no act", fmt.Sprintf(one, ", action: account.destroy"), "neither an act"},
		{"tick", fmt.Sprintf(one, ", ticks: someday"), "cannot tick"},
		{"tick what", fmt.Sprintf(one, ", ticks: applied"), "of what"},
		{"tick too much", fmt.Sprintf(one, ", ticks: sealed twice"), "nothing follows"},
		{"tick no act", fmt.Sprintf(one, ", ticks: applied version.burn"), "cannot follow"},
		{"tick no form", fmt.Sprintf(one, ", ticks: draft-sent telegram"), "cannot follow"},
		{"tick list", fmt.Sprintf(one, ", ticks: [a]"), ""},
		{"long", fmt.Sprintf(one, ", help: "+strings.Repeat("a", maxHelp+1)), "more than"},
		{"many", "kind: a\ntitle: A\nitems:\n" + strings.Repeat("  - {id: a, title: A, phase: report}\n", maxItems+1), "1 to"},
	} {
		_, err := Parse([]byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want one line with %q", c.name, err, c.want)
		}
	}
}

func TestLoadReplacesAndAdds(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("dns.yaml", good)
	write("mine.yaml", strings.Replace(good, "kind: dns", "kind: flood", 1))
	write("again.yaml", strings.Replace(good, "kind: dns", "kind: arson", 1))
	write("notes.txt", "not one")
	s, err := Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := s.Kinds(), slices.Concat(ours(), []string{"arson", "dns"}); !slices.Equal(got, want) {
		t.Errorf("kinds are %v, want %v", got, want)
	}
	if p, _ := s.Of("flood"); p.File != "mine.yaml" || len(p.Items) != 3 {
		t.Errorf("flood is %+v", p)
	}
	if p, _ := builtIn(t).Of("flood"); p.File != "" {
		t.Error("the program's own set changed")
	}
	outside := filepath.Join(t.TempDir(), "out.yaml")
	if err := os.WriteFile(outside, []byte(good), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(folder, "link.yaml")); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(folder); err == nil || !strings.Contains(err.Error(), "link.yaml") {
		t.Errorf("a link out of the folder: %v", err)
	}
	if _, err := Load(filepath.Join(folder, "none")); err == nil {
		t.Error("a folder that is not there was read")
	}
	if s, err := Load(""); err != nil || len(s.Kinds()) != 8 {
		t.Errorf("no folder: %v, %v", s.Kinds(), err)
	}
}

func TestLoadRefusesByName(t *testing.T) {
	t.Parallel()
	many := fstest.MapFS{}
	for i := range maxFiles + 1 {
		many[fmt.Sprintf("%d.yaml", i)] = &fstest.MapFile{Data: []byte(strings.Replace(good, "kind: dns", fmt.Sprintf("kind: k%d", i), 1))}
	}
	for _, c := range []struct {
		folder fstest.MapFS
		want   string
	}{
		{fstest.MapFS{"a.yaml": {Data: []byte(good)}, "b.yaml": {Data: []byte(good)}}, "both of the kind dns"},
		{fstest.MapFS{"a.yaml": {Data: []byte("kind: [")}}, `"a.yaml"`},
		{fstest.MapFS{"a.yaml": {Data: make([]byte, maxBytes*2)}}, "more than"},
		{fstest.MapFS{"a.yaml/b": {Data: []byte(good)}}, "not a plain file"},
		{many, "at most 64"},
	} {
		if _, err := builtIn(t).with(c.folder); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	for _, kind := range ours() {
		data, err := text.ReadFile("text/" + kind + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("a: &a [*a]\n"))
	f.Add([]byte("? {a: b}\n: [c]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse(data)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("an error of several lines: %q", err)
			}
			return
		}
		if err := p.check(); err != nil {
			t.Errorf("read, but not right: %v", err)
		}
		for _, i := range p.Items {
			text, _ := i.Ticks.MarshalText()
			var again Condition
			if err := again.UnmarshalText(text); err != nil || again.String() != i.Ticks.String() {
				t.Errorf("%q reads back as %q: %v", text, again, err)
			}
		}
	})
}
