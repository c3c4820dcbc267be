package action

import (
	"fmt"
	"slices"

	"cratewarden/blob"
	"cratewarden/registry/change"
	"cratewarden/registry/files"
)

// takeFiles marks versions held and orders their files to be taken, one
// follow-up for each crate.
func (r *Run) takeFiles(releases []change.Release, about func(change.Release) markedVersion) error {
	fixed := r.engine.immovable()
	var m heldMark
	var moves []filesArgs
	warned := map[int]bool{}
	for _, v := range releases {
		was := about(v)
		was.YankOnly = fixed != ""
		m.Versions = append(m.Versions, was)
		if fixed != "" {
			if !warned[was.Step] {
				r.Warn(was.Step, "yank-only", "%s, so files cannot be moved; held by yank alone.", fixed)
			}
			warned[was.Step] = true
			continue
		}
		moves = addFiles(moves, was.Step, v)
		for _, key := range keysOf(v) {
			r.File(was.Step, "move to the vault", key)
		}
		if !warned[was.Step] {
			r.Info(was.Step, "files-away", "Until release nobody can download the files; builds whose lock file names a held version fail.")
		}
		warned[was.Step] = true
	}
	if len(m.Versions) == 0 {
		return nil
	}
	if err := r.Later(m.Versions[0].Step, "held", m); err != nil {
		return err
	}
	if fixed != "" {
		return r.checkIndex(m)
	}
	return r.orderFiles("files.hold", moves)
}

// checkIndex orders a look at the index where no file moves and nothing else
// would.
func (r *Run) checkIndex(m heldMark) error {
	args := indexArgs{}
	for _, v := range m.Versions {
		if !slices.Contains(args.Crates, v.Crate) {
			args.Crates = append(args.Crates, v.Crate)
		}
	}
	return r.Later(m.Versions[0].Step, "index.check", args)
}

// filesArgs are the arguments of the follow-ups that move files.
type filesArgs struct {
	Crate    string        `json:"crate"` // the stored spelling
	Step     int           `json:"step"`
	Versions []fileVersion `json:"versions"`
}

type fileVersion struct {
	ID     int32    `json:"id"` // versions.id
	Num    string   `json:"num"`
	SHA256 string   `json:"sha256"` // of the archive, by the registry's row
	Keys   []string `json:"keys"`   // that exist by the registry's rows
}

// addFiles adds a version to its crate's follow-up. Versions come crate by
// crate.
func addFiles(list []filesArgs, step int, v change.Release) []filesArgs {
	if n := len(list); n == 0 || list[n-1].Crate != v.Crate.Name {
		list = append(list, filesArgs{Crate: v.Crate.Name, Step: step})
	}
	last := &list[len(list)-1]
	last.Versions = append(last.Versions, fileVersion{v.ID, v.Num, fmt.Sprintf("%x", v.SHA256), keysOf(v)})
	return list
}

func (r *Run) orderFiles(kind string, list []filesArgs) error {
	for _, a := range list {
		if err := r.Later(a.Step, kind, a); err != nil {
			return err
		}
	}
	return nil
}

// keysOf are the objects of a version that exist by the registry's rows.
func keysOf(v change.Release) []string {
	keys := []string{files.CrateKey(v.Crate.Name, v.Num)}
	if v.Zip {
		keys = append(keys, files.ZipKey(v.Crate.Name, v.Num), files.ZipManifestKey(v.Crate.Name, v.Num))
	}
	if v.Readme {
		keys = append(keys, files.ReadmeKey(v.Crate.Name, v.Num))
	}
	return keys
}

// immovable says why files of the registry's storage cannot be moved; "" if
// they can, as far as is known without asking the storage.
func (e *Engine) immovable() string {
	switch e.cfg.Static.(type) {
	case nil:
		return "No storage of the registry is configured"
	case *blob.Web:
		return "The registry's storage can only be read"
	}
	if e.cfg.Vault == nil {
		return "No evidence store is configured"
	}
	return ""
}
