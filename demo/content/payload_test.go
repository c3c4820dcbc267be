package content_test

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cratewarden/demo/content"
	"cratewarden/registry/files"
)

// TestPayloadsAreInert reads every look-alike as somebody would who fears it
// is real.
func TestPayloadsAreInert(t *testing.T) {
	t.Parallel()
	address := regexp.MustCompile(`https?://([^/"\s)]+)`)
	encoded := regexp.MustCompile(`"([A-Za-z0-9+/=]{20,})"`)
	for payload, marked := range map[content.Payload]string{
		content.EncodedBuildScript: "build.rs", content.DownloaderBuildScript: "build.rs", content.SplitStrings: "src/locale_b.rs",
		content.EnvironmentReader: "src/diagnostics.rs", content.HelperOnly: "src/lib.rs",
	} {
		for kind := content.Library; kind <= content.LibraryAndBinary; kind++ {
			spec := content.Spec{Name: fmt.Sprintf("p%d-%d", payload, kind), Version: "1.0.0", Kind: kind, Payload: payload}
			files := unpack(t, spec, build(t, spec))
			if !strings.HasPrefix(files[marked], "// "+content.Marker) {
				t.Errorf("%s: %s does not open with the marker: %.80q", spec.Name, marked, files[marked])
			}
			var secret string
			for _, path := range []string{"build.rs", "src/locale_a.rs", "src/locale_b.rs", "src/locale_c.rs"} {
				for _, m := range encoded.FindAllStringSubmatch(files[path], -1) {
					secret += m[1]
				}
			}
			if plain, err := base64.StdEncoding.DecodeString(secret); err != nil || (secret != "" && string(plain) != content.Marker) {
				t.Errorf("%s: encoded text holds %q, %v", spec.Name, plain, err)
			}
			if hides := payload == content.EncodedBuildScript || payload == content.SplitStrings; hides != (secret != "") {
				t.Errorf("%s: encoded text %q", spec.Name, secret)
			}
			for path, text := range files {
				for _, m := range address.FindAllStringSubmatch(text, -1) {
					if !strings.HasSuffix(m[1], ".invalid") && path != "LICENSE-APACHE" {
						t.Errorf("%s: %s names %s", spec.Name, path, m[1])
					}
				}
				checkInertCode(t, spec.Name+"/"+path, text)
			}
		}
	}
}

// checkInertCode looks for calls that reach outside, comments left out.
func checkInertCode(t *testing.T, name, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		code, _, _ := strings.Cut(line, "//")
		for _, call := range []string{"Command::", "process::Command", "env::var", "TcpStream", "UdpSocket", "fs::", "File::", "include!", "include_bytes!", "unsafe"} {
			if strings.Contains(code, call) {
				t.Errorf("%s: %q", name, line)
			}
		}
	}
}

// TestDescriptionStaysInItsComment gives a description that is code on its
// second line.
func TestDescriptionStaysInItsComment(t *testing.T) {
	t.Parallel()
	for kind := content.Library; kind <= content.LibraryAndBinary; kind++ {
		spec := content.Spec{Name: "lines", Version: "1.0.0", Kind: kind, Description: "first\nfn escaped() {}\r\n*/ fn more() {}"}
		for path, text := range unpack(t, spec, build(t, spec)) {
			for line := range strings.Lines(text) {
				code, _, _ := strings.Cut(line, "//")
				if strings.HasSuffix(path, ".rs") && (strings.Contains(code, "escaped") || strings.Contains(code, "more()")) {
					t.Errorf("%s: %q", path, line)
				}
			}
		}
	}
}

func TestDependencyFacts(t *testing.T) {
	t.Parallel()
	name, target := "_rand08", "cfg(unix)"
	got := content.Dependency{Name: "rand", Rename: name, Req: "^0.8", Kind: content.DevDependency, Target: target, Optional: true, NoDefaultFeatures: true, Features: []string{"std"}}.Facts()
	want := files.DependencyFacts{Crate: "rand", ExplicitName: &name, Req: "^0.8", Features: []string{"std"}, Optional: true, Target: &target, Kind: 2}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if plain := (content.Dependency{Name: "rand", Req: "^1"}).Facts(); plain.ExplicitName != nil || plain.Target != nil || !plain.DefaultFeatures {
		t.Errorf("plain dependency %+v", plain)
	}
}
