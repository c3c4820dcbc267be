package files

import (
	"strings"

	"cratewarden/blob"
)

// Headers the registry stores with its objects (contract storage-index.md
// sections 2 and 4).
const (
	forever   = "public,max-age=31536000,immutable"
	aWeek     = "public,max-age=604800"
	aDay      = "public,max-age=86400"
	tenMinute = "public,max-age=600"
)

// CacheTagsKey is the metadata key under which cache tags are stored, joined
// with commas, when the registry runs with CACHE_TAGS_ENABLED.
const CacheTagsKey = "cache-tags"

// Object is one stored object as the registry itself would write it.
type Object struct {
	Key          string
	ContentType  string
	CacheControl string
	// Tags are the object's cache tags; none for objects of no crate.
	Tags []string
}

// PutOptions are the headers for storing the object. Tags are stored only
// when asked, since a registry without tag invalidation has none.
func (o Object) PutOptions(withTags bool) blob.PutOptions {
	opts := blob.PutOptions{ContentType: o.ContentType, CacheControl: o.CacheControl}
	if withTags && len(o.Tags) > 0 {
		opts.Metadata = map[string]string{CacheTagsKey: strings.Join(o.Tags, ",")}
	}
	return opts
}

// ReleaseObjects are the objects that may exist for one version: archive, zip,
// zip manifest, README, in that order.
func ReleaseObjects(name, version string) []Object {
	tags := []string{CrateTag(name), ReleaseTag(name, version)}
	return []Object{
		{CrateKey(name, version), "application/gzip", forever, tags},
		{ZipKey(name, version), "application/zip", forever, tags},
		{ZipManifestKey(name, version), "application/json", forever, tags},
		{ReadmeKey(name, version), "text/html", aWeek, tags},
	}
}

// CrateObject is the archive of one version.
func CrateObject(name, version string) Object { return ReleaseObjects(name, version)[0] }

// ReadmeObject is the rendered README of one version.
func ReadmeObject(name, version string) Object { return ReleaseObjects(name, version)[3] }

// OGImageObject is the preview picture of a crate.
func OGImageObject(name string) Object {
	return Object{OGImageKey(name), "image/png", aDay, []string{CrateTag(name)}}
}

// CrateFeedObject is the feed of a crate's versions.
func CrateFeedObject(name string) Object {
	return Object{CrateFeedKey(name), "text/xml; charset=UTF-8", "", []string{CrateTag(name)}}
}

// IndexObject is a crate's file in the store of the sparse index.
func IndexObject(name string) Object {
	return Object{Key: IndexPath(name), ContentType: "text/plain", CacheControl: tenMinute}
}
