package advisory

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// ParseOSV reads a record of the malicious-packages repository. Fields that this
// program does not write are left out.
func ParseOSV(text string) (OSVRecord, error) {
	var r OSVRecord
	if len(text) > maxDocument {
		return r, errors.New("the file is larger than 8 MiB")
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return r, fmt.Errorf("the file is no JSON of an OSV record: %s", oneLine(err.Error()))
	}
	return r, nil
}

// Affects says that the record marks a version bad, by its list or a range.
func (a OSVAffected) Affects(num string) bool {
	return slices.Contains(a.Versions, num) || slices.ContainsFunc(a.Ranges, func(r OSVRange) bool { return r.affects(num) })
}

// Open says that every later version is marked bad too.
func (a OSVAffected) Open() bool {
	return slices.ContainsFunc(a.Ranges, func(r OSVRange) bool {
		open := false
		for _, e := range r.Events {
			if _, ok := e["introduced"]; ok {
				open = true
			} else {
				open = false
			}
		}
		return open
	})
}

// affects follows the events in their order, as the schema's own algorithm does.
func (r OSVRange) affects(num string) bool {
	bad := false
	for _, e := range r.Events {
		if at, ok := e["introduced"]; ok && (at == "0" || compareVersions(num, at) >= 0) {
			bad = true
		}
		if at, ok := e["fixed"]; ok && compareVersions(num, at) >= 0 {
			bad = false
		}
		if at, ok := e["last_affected"]; ok && compareVersions(num, at) > 0 {
			bad = false
		}
	}
	return bad
}
