package files

import "strings"

// Keys of objects that belong to no crate (contract storage-index.md
// section 2).
const (
	NewCratesFeedKey = "rss/crates.xml"
	UpdatesFeedKey   = "rss/updates.xml"
	DumpTarKey       = "db-dump.tar.gz"
	DumpZipKey       = "db-dump.zip"
)

// CrateKey is the key of a version's .crate; version is the full string with
// its build metadata.
func CrateKey(name, version string) string { return release("crates/", name, version, ".crate") }

// ZipKey is the key of a version's source zip.
func ZipKey(name, version string) string { return release("crates/", name, version, ".zip") }

// ZipManifestKey is the key of the zip's table of contents.
func ZipManifestKey(name, version string) string {
	return release("crates/", name, version, ".zip.json")
}

// ReadmeKey is the key of a version's rendered README.
func ReadmeKey(name, version string) string { return release("readmes/", name, version, ".html") }

// OGImageKey is the key of a crate's preview picture.
func OGImageKey(name string) string { return "og-images/" + name + ".png" }

// CrateFeedKey is the key of a crate's feed of versions.
func CrateFeedKey(name string) string { return "rss/crates/" + name + ".xml" }

// DownloadArchiveKey is the key of one day's download counts; day is
// YYYY-MM-DD.
func DownloadArchiveKey(day string) string { return "archive/version-downloads/" + day + ".csv" }

// CratePrefix is the start of all keys of a crate's archives and zips.
func CratePrefix(name string) string { return "crates/" + name + "/" }

// ReadmePrefix is the start of all keys of a crate's READMEs.
func ReadmePrefix(name string) string { return "readmes/" + name + "/" }

func release(folder, name, version, suffix string) string {
	return folder + name + "/" + name + "-" + version + suffix
}

// IndexPath is the path of a crate's file in the git index and its key in the
// store of the sparse index (contract storage-index.md section 4). It is made
// from the lower-cased name; "-" and "_" stay apart. An empty name has none.
func IndexPath(name string) string {
	low := strings.ToLower(name)
	switch len(low) {
	case 0:
		return ""
	case 1, 2:
		return string(rune('0'+len(low))) + "/" + low
	case 3:
		return "3/" + low[:1] + "/" + low
	default:
		return low[:2] + "/" + low[2:4] + "/" + low
	}
}

// EscapeKey is a key as it stands in a public address: every "+" written
// "%2B", nothing else changed.
func EscapeKey(key string) string { return strings.ReplaceAll(key, "+", "%2B") }

// URL is the public address of a key below a base such as
// "https://static.example".
func URL(base, key string) string { return strings.TrimSuffix(base, "/") + "/" + EscapeKey(key) }

// CrateTag is the cache tag on everything of a crate.
func CrateTag(name string) string { return "crate:" + name }

// ReleaseTag is the cache tag on everything of one version.
func ReleaseTag(name, version string) string { return "release:" + name + "@" + version }
