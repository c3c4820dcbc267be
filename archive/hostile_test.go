package archive_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"cratewarden/archive"
	"cratewarden/archive/archivetest"
)

// hostile is one archive that should be seen through. The root is evil-1.0.0.
type hostile struct {
	name string
	data []byte
	// want is the kinds of problem, sorted; files the paths listed.
	want  []archive.ProblemKind
	files []string
}

type kinds = []archive.ProblemKind

// sound begins an archive with an honest manifest.
func sound() *archivetest.Builder {
	return archivetest.New("evil", "1.0.0").File("Cargo.toml", archivetest.Manifest("evil", "1.0.0", ""))
}

func raw(h archivetest.Header, body string) []byte { return sound().Raw(h, body).Crate() }

func hostiles() []hostile {
	toml := []string{"Cargo.toml"}
	return slices.Concat(hostilePaths(toml), hostileEntries(toml), hostileHeaders(toml), hostileStreams(toml))
}

func hostilePaths(toml []string) []hostile {
	named := func(name string) []byte { return raw(archivetest.Header{Name: name}, "x") }
	return []hostile{
		{"absolute", named("/etc/passwd"), kinds{archive.ProblemAbsolute}, toml},
		{"windows absolute", named(`C:\Windows\a`), kinds{archive.ProblemAbsolute}, toml},
		{"unc", named(`\\server\share`), kinds{archive.ProblemAbsolute}, toml},
		{"traversal", named("evil-1.0.0/../../a"), kinds{archive.ProblemTraversal}, toml},
		{"traversal with backslashes", named(`evil-1.0.0/a\..\..\b`), kinds{archive.ProblemTraversal}, toml},
		{"traversal back inside", named("evil-1.0.0/src/../a"), kinds{archive.ProblemTraversal}, toml},
		{"outside", named("other-1.0.0/a"), kinds{archive.ProblemOutside}, toml},
		{"root with more letters", named("evil-1.0.0x/a"), kinds{archive.ProblemOutside}, toml},
		{"leading dot", named("./evil-1.0.0/a"), kinds{archive.ProblemOutside}, toml},
		{"empty name", named(""), kinds{archive.ProblemOutside}, toml},
		{"root as file", named("evil-1.0.0"), kinds{archive.ProblemFolder}, toml},
		{"file with slash", named("evil-1.0.0/a/"), kinds{archive.ProblemFolder}, toml},
		{"dots in the middle", named("evil-1.0.0//a/./b"), kinds{archive.ProblemUnclean}, []string{"Cargo.toml", "a/b"}},
		{"not utf-8", named("evil-1.0.0/\xff\xfe"), kinds{archive.ProblemNotUTF8}, toml},
		{"bidi name", named("evil-1.0.0/a\u202egpj.rs"), kinds{archive.ProblemOddName}, []string{"Cargo.toml", "a\u202egpj.rs"}},
		{"newline in name", named("evil-1.0.0/a\nb"), kinds{archive.ProblemOddName}, []string{"Cargo.toml", "a\nb"}},
		{"windows device", named("evil-1.0.0/src/aux.rs"), kinds{archive.ProblemWindowsName}, []string{"Cargo.toml", "src/aux.rs"}},
		{"alternate stream", named("evil-1.0.0/a:b"), kinds{archive.ProblemWindowsName}, []string{"Cargo.toml", "a:b"}},
		{"long path", sound().File(strings.Repeat("a", 600), "x").Crate(), kinds{archive.ProblemPathLong}, toml},
		{"deep path", sound().File(strings.Repeat("a/", 100)+"b", "x").Crate(), kinds{archive.ProblemPathDeep}, toml},
		{"nul in name", sound().PAX(map[string]string{"path": "evil-1.0.0/a\x00b"}).File("x", "x").Crate(), kinds{archive.ProblemOddName}, toml},
	}
}

func hostileEntries(toml []string) []hostile {
	in := "evil-1.0.0/a"
	typed := func(t byte) []byte {
		return raw(archivetest.Header{Name: in, Type: t, Link: "/etc/passwd", Size: -1}, "")
	}
	return []hostile{
		{"symlink", typed('2'), kinds{archive.ProblemLink}, toml},
		{"hard link", typed('1'), kinds{archive.ProblemLink}, toml},
		{"character device", typed('3'), kinds{archive.ProblemDevice}, toml},
		{"block device", typed('4'), kinds{archive.ProblemDevice}, toml},
		{"fifo", typed('6'), kinds{archive.ProblemDevice}, toml},
		{"contiguous", typed('7'), kinds{archive.ProblemSpecial}, toml},
		{"global pax", sound().Raw(archivetest.Header{Name: "g", Type: 'g'}, archivetest.Record("path", "/etc/a")).File("b", "").Crate(), kinds{archive.ProblemSpecial}, []string{"Cargo.toml", "b"}},
		{"unknown type", typed(0xff), kinds{archive.ProblemSpecial}, toml},
		{"gnu sparse", raw(archivetest.Header{Name: in, Type: 'S'}, "data"), kinds{archive.ProblemSparse}, toml},
		{"pax sparse", sound().PAX(map[string]string{"GNU.sparse.major": "1", "GNU.sparse.realsize": "99999999999"}).File("a", "x").Crate(), kinds{archive.ProblemSparse}, toml},
		{"setuid", sound().FileMode("a", "x", 0o4755).Crate(), kinds{archive.ProblemMode}, []string{"Cargo.toml", "a"}},
		{"duplicate", sound().File("a", "first").File("a", "second").Crate(), kinds{archive.ProblemDuplicate}, []string{"Cargo.toml", "a"}},
		{"duplicate in disguise", sound().File("a", "first").Raw(archivetest.Header{Name: "evil-1.0.0/./a"}, "2").Crate(), kinds{archive.ProblemDuplicate, archive.ProblemUnclean}, []string{"Cargo.toml", "a"}},
		{"case clash", sound().File("src/a.rs", "").File("src/A.rs", "").Crate(), kinds{archive.ProblemCase}, []string{"Cargo.toml", "src/A.rs", "src/a.rs"}},
		{"file and folder", sound().File("a", "").File("a/b/c", "").Crate(), kinds{archive.ProblemFolder}, []string{"Cargo.toml", "a", "a/b/c"}},
		{"two manifests", sound().File("cargo.toml", "").Crate(), kinds{archive.ProblemManifests}, []string{"Cargo.toml", "cargo.toml"}},
		{"no manifest", archivetest.New("evil", "1.0.0").File("a", "").Crate(), kinds{archive.ProblemNoManifest}, []string{"a"}},
		{"manifest not toml", archivetest.New("evil", "1.0.0").File("Cargo.toml", "[[[").Crate(), kinds{archive.ProblemManifest}, toml},
		{"manifest nested", archivetest.New("evil", "1.0.0").File("Cargo.toml", "a = "+strings.Repeat("[", 500_000)).Crate(), kinds{archive.ProblemManifest}, toml},
		{"manifest binary", archivetest.New("evil", "1.0.0").File("Cargo.toml", "\x7fELF").Crate(), kinds{archive.ProblemManifest}, toml},
		{"manifest of another", archivetest.New("evil", "1.0.0").File("Cargo.toml", archivetest.Manifest("serde", "1.0.0", "")).Crate(), kinds{archive.ProblemIdentity}, toml},
		{"vcs info", sound().File(".cargo_vcs_info.json", "{").Crate(), kinds{archive.ProblemVCS}, []string{".cargo_vcs_info.json", "Cargo.toml"}},
	}
}

func hostileHeaders(toml []string) []hostile {
	in := "evil-1.0.0/a"
	after := func(b *archivetest.Builder) []byte { return b.File("a", "x").File("later", "x").Crate() }
	return []hostile{
		{"pax size differs", after(sound().PAX(map[string]string{"size": "1024"})), kinds{archive.ProblemSize}, toml},
		{"pax size equal", sound().PAX(map[string]string{"size": "1"}).File("a", "x").Crate(), nil, []string{"Cargo.toml", "a"}},
		{"pax twice", after(sound().PAX(map[string]string{"path": in}).PAX(map[string]string{"path": in + "b"})), kinds{archive.ProblemAmbiguous}, toml},
		{"pax key twice", after(sound().Raw(archivetest.Header{Type: 'x'}, archivetest.Record("path", in)+archivetest.Record("path", in+"b"))), kinds{archive.ProblemAmbiguous}, toml},
		{"pax malformed", after(sound().Raw(archivetest.Header{Type: 'x'}, "99 path=a\n")), kinds{archive.ProblemAmbiguous}, toml},
		{"pax and gnu name", after(sound().PAX(map[string]string{"path": in}).Raw(archivetest.Header{Type: 'L'}, in+"b")), kinds{archive.ProblemAmbiguous}, toml},
		{"huge pax", after(sound().PAX(map[string]string{"comment": strings.Repeat("c", 1<<20)})), kinds{archive.ProblemHugeHeader}, []string{"Cargo.toml", "later"}},
		{"huge name", after(sound().Raw(archivetest.Header{Type: 'L'}, strings.Repeat("n", 1<<20))), kinds{archive.ProblemHugeHeader}, []string{"Cargo.toml", "later"}},
		{"folder with data", raw(archivetest.Header{Name: in, Type: '5'}, "hidden"), kinds{archive.ProblemAmbiguous}, toml},
		{"link with data", raw(archivetest.Header{Name: in, Type: '2'}, "hidden"), kinds{archive.ProblemAmbiguous}, toml},
		{"wrong checksum", raw(archivetest.Header{Name: in, Sum: "0000000\x00"}, "x"), kinds{archive.ProblemHeader}, toml},
		{"size beyond all", raw(archivetest.Header{Name: in, Size: 1 << 40}, "x"), kinds{archive.ProblemTooLarge}, toml},
		{"size beyond the stream", raw(archivetest.Header{Name: in, Size: 1 << 20}, "x"), kinds{archive.ProblemTruncated}, toml},
	}
}

func hostileStreams(toml []string) []hostile {
	good := sound().Crate()
	tar := sound().Tar()
	flipped := bytes.Clone(good)
	flipped[len(flipped)-6] ^= 1 // in the CRC-32
	return []hostile{
		{"empty", nil, kinds{archive.ProblemNotGzip}, nil},
		{"not gzip", []byte("hello, I am not an archive"), kinds{archive.ProblemNotGzip}, nil},
		{"gzip of nothing", archivetest.Gzip(nil), kinds{archive.ProblemNoEnd, archive.ProblemNoManifest}, nil},
		{"gzip of noise", archivetest.Gzip(bytes.Repeat([]byte("noise"), 500)), kinds{archive.ProblemHeader}, nil},
		{"truncated gzip", good[:len(good)-12], kinds{archive.ProblemTruncated}, toml},
		{"truncated tar", archivetest.Gzip(tar[:700]), kinds{archive.ProblemTruncated}, toml},
		{"wrong crc", flipped, kinds{archive.ProblemDamaged}, toml},
		{"no end mark", sound().Open().Crate(), kinds{archive.ProblemNoEnd}, toml},
		{"trailing bytes", append(bytes.Clone(good), "more"...), kinds{archive.ProblemTrailing}, toml},
		{"second member", append(bytes.Clone(good), good...), kinds{archive.ProblemTrailing}, toml},
		{"hidden second tar", archivetest.Gzip(append(bytes.Clone(tar), tar...)), kinds{archive.ProblemTrailing}, toml},
	}
}

func TestHostile(t *testing.T) {
	t.Parallel()
	for _, h := range hostiles() {
		t.Run(h.name, func(t *testing.T) {
			a, err := archive.Read(t.Context(), bytes.NewReader(h.data), "evil-1.0.0", archive.Limits{})
			if err != nil {
				t.Fatalf("a hostile archive is an answer, not an error: %v", err)
			}
			var got kinds
			for _, p := range a.Problems {
				got = append(got, p.Kind)
			}
			slices.Sort(got)
			if diff := cmp.Diff(h.want, got); diff != "" {
				t.Errorf("kinds of problem (-want +got):\n%s", diff)
			}
			var files []string
			for _, f := range a.Files {
				files = append(files, f.Path)
			}
			if diff := cmp.Diff(h.files, files); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			invariants(t, a, archive.Limits{})
		})
	}
}

// invariants holds for every archive whatsoever.
func invariants(t *testing.T, a *archive.Archive, limits archive.Limits) {
	t.Helper()
	if err := broken(a, limits); err != nil {
		t.Error(err)
	}
}

func broken(a *archive.Archive, limits archive.Limits) error {
	var kept int64
	for i, f := range a.Files {
		switch {
		case f.Path == "" || !utf8.ValidString(f.Path) || strings.HasPrefix(f.Path, "/") || strings.HasSuffix(f.Path, "/"),
			slices.ContainsFunc(strings.Split(f.Path, "/"), func(s string) bool { return s == ".." || s == "." || s == "" }):
			return fmt.Errorf("path %q is not clean", f.Path)
		case i > 0 && a.Files[i-1].Path >= f.Path:
			return fmt.Errorf("files not sorted at %q", f.Path)
		case limits.Files > 0 && len(a.Files) > limits.Files+6:
			return fmt.Errorf("%d files listed", len(a.Files))
		case f.Kind != archive.Text && f.Kind != archive.Binary:
			return fmt.Errorf("%q is neither text nor binary", f.Path)
		}
		content, ok := a.Open(f.Path)
		if ok != f.Kept || ok && int64(len(content)) != f.Size {
			return fmt.Errorf("%q: kept %v, content of %d bytes, size %d", f.Path, f.Kept, len(content), f.Size)
		}
		kept += int64(len(content))
	}
	if limits.KeepTotal > 0 && kept > limits.KeepTotal+6*limits.KeepFile {
		return fmt.Errorf("%d bytes kept", kept)
	}
	for _, p := range a.Problems {
		if p.Sentence == "" || archive.Visible(p.Sentence) != p.Sentence || archive.Visible(p.Path) != p.Path {
			return fmt.Errorf("problem %q is not fit to print: %q %q", p.Kind, p.Path, p.Sentence)
		}
	}
	if len(a.Problems) > 0 && a.Problems[len(a.Problems)-1].Grave() && !a.Problems[0].Grave() {
		return fmt.Errorf("the worst problem is not first")
	}
	return nil
}
