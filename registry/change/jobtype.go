package change

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"cratewarden"
)

// JobType is a type of job that the registry's workers know (contract jobs.md
// section 7).
type JobType struct {
	Name string
	// Fields are the payload; none means the JSON value null.
	Fields   []JobField
	Priority int16
	// Plain jobs are inserted without looking for an equal one that waits.
	Plain bool
	// Single types are refused by the registry's own tools while any job of
	// the type is there.
	Single bool
	// Note says what whoever enqueues it should know; "" for nothing.
	Note string
}

// JobField is one key of a payload.
type JobField struct {
	Name     string
	Type     string // "int", "string", "bool", "strings", "date", "null"; with "?" null is taken too
	Optional bool
	// Names says what the value names: "crate", "version", "crate id",
	// "github id"; "" for nothing of the registry.
	Names string
	// Missing says what the job does when the crate is not there; "" means that
	// it could only fail.
	Missing string
}

func field(name, kind string) JobField { return JobField{Name: name, Type: kind} }

func naming(name, kind, what, missing string) JobField {
	return JobField{Name: name, Type: kind, Names: what, Missing: missing}
}

// JobTypes are all types that the registry's workers take up.
func JobTypes() []JobType {
	version := []JobField{naming("version_id", "int", "version", "")}
	krate := []JobField{naming("krate", "string", "crate", "the job removes the index file of this name")}
	return []JobType{
		{Name: "analyze_crate_file", Fields: version},
		{Name: "archive_index_branch", Fields: []JobField{field("branch", "string")}},
		{Name: "archive_version_downloads", Fields: []JobField{field("before", "date")}, Note: "It exports older rows of daily downloads to the storage and then deletes them from the database."},
		{Name: "build_crate_zip", Fields: version},
		{Name: "bulk_sync_to_git_index", Plain: true, Fields: []JobField{
			naming("crate_names", "strings", "crate", "the job removes the index file of this name"), field("commit_message", "string")}},
		{Name: "check_typosquat", Fields: []JobField{naming("name", "string", "crate", "")}, Note: "It may send mail to those who watch for squatting."},
		{Name: "clean_processed_log_files"},
		{Name: "daily_db_maintenance"},
		{Name: "delete_crate_from_storage", Fields: []JobField{naming("name", "string", "crate", "the job deletes every stored file of this name, and nothing brings them back")}},
		{Name: "docs_rs_queue_rebuild", Fields: []JobField{naming("name", "string", "crate", ""), field("version", "string")}},
		{Name: "dump_db", Fields: []JobField{field("schema", "null")}},
		{Name: "generate_og_image", Fields: []JobField{naming("crate_name", "string", "crate", ""), field("invalidate_cdns", "bool")}},
		{Name: "index_version_downloads_archive"},
		{Name: "invalidate_cdns", Plain: true, Fields: []JobField{field("paths", "strings"), {Name: "cache_tags", Type: "strings", Optional: true}}},
		{Name: "normalize_index", Plain: true, Fields: []JobField{field("dry_run", "bool")}, Note: "Without dry_run it rewrites every file of the git index."},
		{Name: "process_cdn_log", Fields: []JobField{field("region", "string"), field("bucket", "string"), field("path", "string")}},
		{Name: "process_cdn_log_queue", Plain: true, Fields: []JobField{field("max_messages", "int")}},
		{Name: "process_cloudfront_invalidation_queue"},
		{Name: "render_and_upload_readme", Priority: 50, Plain: true, Fields: []JobField{version[0], field("text", "string"), field("readme_path", "string"),
			field("base_url", "string?"), field("pkg_path_in_vcs", "string?")}, Note: "job.rerender_readme takes the text from the archive itself."},
		{Name: "send_publish_notifications", Fields: version, Note: "It sends the publish mails to all owners again."},
		{Name: "send_token_expiry_notifications"},
		{Name: "squash_index", Note: "It rewrites the history of the git index."},
		{Name: "sync_admins", Single: true},
		{Name: "sync_crate_feed", Fields: []JobField{naming("name", "string", "crate", "the job writes an empty feed of this name")}},
		{Name: "sync_crates_feed"},
		{Name: "sync_to_git_index", Priority: 100, Fields: krate},
		{Name: "sync_to_sparse_index", Priority: 100, Fields: krate},
		{Name: "sync_updates_feed"},
		{Name: "trustpub::delete_expired_jtis"},
		{Name: "trustpub::delete_expired_tokens", Plain: true},
		{Name: "update_default_version", Priority: 80, Fields: []JobField{naming("crate_id", "int", "crate id", "")}},
		{Name: "update_downloads", Single: true},
		{Name: "update_user_from_github", Priority: -15, Fields: []JobField{field("dry_run", "bool"), naming("account_id", "int", "github id", "")}},
	}
}

// FindJobType gives a type by its name.
func FindJobType(name string) (JobType, bool) {
	all := JobTypes()
	i := slices.IndexFunc(all, func(t JobType) bool { return t.Name == name })
	if i < 0 {
		return JobType{}, false
	}
	return all[i], true
}

// maxJobData bounds a payload; the longest are READMEs.
const maxJobData = 1 << 20

// Payload checks data against the type and writes it canonically. A worker
// that cannot read its payload fails for ever, so keys and types are exact.
func (j JobType) Payload(data json.RawMessage) (json.RawMessage, error) {
	if len(data) > maxJobData {
		return nil, cratewarden.Errorf(cratewarden.TooLarge, "a job's data has at most %d bytes.", maxJobData)
	}
	data = bytes.TrimSpace(data)
	if len(j.Fields) == 0 {
		if len(data) > 0 && string(data) != "null" {
			return nil, cratewarden.Errorf(cratewarden.Invalid, "%s takes no data; leave it out or write null.", j.Name)
		}
		return json.RawMessage("null"), nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil || fields == nil {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "%s takes data with the keys %s.", j.Name, j.keys())
	}
	for name := range fields {
		if !slices.ContainsFunc(j.Fields, func(f JobField) bool { return f.Name == name }) {
			return nil, cratewarden.Errorf(cratewarden.Invalid, "%s knows no key %q. It takes %s.", j.Name, name, j.keys())
		}
	}
	for _, f := range j.Fields {
		text, there := fields[f.Name]
		if !there && f.Optional {
			continue
		}
		if !there {
			return nil, cratewarden.Errorf(cratewarden.Invalid, "%s lacks the key %s. It takes %s.", j.Name, f.Name, j.keys())
		}
		if why := f.check(text); why != "" {
			return nil, cratewarden.Errorf(cratewarden.Invalid, "%s: %s must be %s.", j.Name, f.Name, why)
		}
	}
	return payload(fields), nil
}

func (j JobType) keys() string {
	names := make([]string, len(j.Fields))
	for i, f := range j.Fields {
		names[i] = f.Name + " (" + f.Type + ")"
		if f.Optional {
			names[i] = f.Name + " (" + f.Type + ", may be left out)"
		}
	}
	return strings.Join(names, ", ")
}

// check gives what a value must be when it is not.
func (f JobField) check(text json.RawMessage) string {
	kind, nullable := strings.CutSuffix(f.Type, "?")
	if string(text) == "null" {
		if nullable || kind == "null" {
			return ""
		}
		return "something other than null"
	}
	var s string
	var list []string
	isString := json.Unmarshal(text, &s) == nil
	switch kind {
	case "int":
		n, err := strconv.ParseInt(string(text), 10, 32)
		if err != nil || n < 0 {
			return "a whole number from 0 to 2147483647"
		}
	case "bool":
		if string(text) != "true" && string(text) != "false" {
			return "true or false"
		}
	case "string":
		if !isString || strings.ContainsRune(s, 0) {
			return "a text"
		}
	case "date":
		if _, err := time.Parse(time.DateOnly, s); err != nil || !isString {
			return "a date such as 2026-08-20"
		}
	case "strings":
		if json.Unmarshal(text, &list) != nil || slices.Contains(list, "\x00") || string(text[:1]) != "[" || hasNull(text) {
			return "a list of texts"
		}
	case "null":
		return "null"
	}
	return ""
}

func hasNull(list json.RawMessage) bool {
	var values []*string
	return json.Unmarshal(list, &values) != nil || slices.Contains(values, nil)
}

// Values gives what a field of a checked payload names, each as text.
func (f JobField) Values(data json.RawMessage) []string {
	var fields map[string]json.RawMessage
	var list []string
	var s string
	if json.Unmarshal(data, &fields) != nil {
		return nil
	}
	switch text := fields[f.Name]; {
	case f.Type == "strings":
		_ = json.Unmarshal(text, &list) // checked by Payload
		return list
	case f.Type == "int":
		return []string{string(text)}
	case json.Unmarshal(text, &s) == nil:
		return []string{s}
	}
	return nil
}
