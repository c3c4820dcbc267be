package archive

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"cratewarden"
)

// VCSInfo is what .cargo_vcs_info.json says. Cargo writes it, but nobody
// verifies it: it is the uploader's claim and must be shown as one.
type VCSInfo struct {
	// Commit is the claimed git commit, Dirty whether the tree had changes
	// that were not committed, PathInVCS the package's folder in it.
	Commit    string
	Dirty     bool
	PathInVCS string
}

// vcsBytes is the largest .cargo_vcs_info.json that is parsed.
const vcsBytes = 64 << 10

func parseVCS(data []byte) (*VCSInfo, error) {
	if len(data) > vcsBytes {
		return nil, errors.New("archive: vcs info too large")
	}
	var doc struct {
		Git struct {
			SHA1  string `json:"sha1"`
			Dirty bool   `json:"dirty"`
		} `json:"git"`
		PathInVCS string `json:"path_in_vcs"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, err
	}
	return &VCSInfo{Commit: doc.Git.SHA1, Dirty: doc.Git.Dirty, PathInVCS: doc.PathInVCS}, nil
}

// manifestPath is the manifest's path: of the two accepted spellings the usual
// one counts first.
func (a *Archive) manifestPath() string {
	if a.File("Cargo.toml") == nil && a.File("cargo.toml") != nil {
		return "cargo.toml"
	}
	return "Cargo.toml"
}

// facts reads the manifest and its companions, and notes what they lack.
func (a *Archive) facts(p *problems) {
	manifests := 0
	for i := range a.Files {
		if strings.EqualFold(a.Files[i].Path, "Cargo.toml") {
			manifests++
		}
	}
	path := a.manifestPath()
	switch {
	case manifests > 1:
		p.add(ProblemManifests, path, "The package has %d manifests whose names differ only in case; programs disagree on which one counts.", manifests)
	case a.File(path) == nil && a.Finished:
		p.add(ProblemNoManifest, "", "The package has no Cargo.toml in its root.")
	}
	a.Manifest = a.manifest(p, path)
	a.Original = a.manifest(p, "Cargo.toml.orig")
	if m := a.Manifest; m != nil && m.Name+"-"+m.Version != a.Root {
		p.add(ProblemIdentity, path, "The manifest says “%s-%s”, but the archive was published as “%s”.", shown(m.Name), shown(m.Version), shown(a.Root))
	}
	if data, ok := a.Open(".cargo_vcs_info.json"); ok {
		vcs, err := parseVCS(data)
		if err != nil {
			p.add(ProblemVCS, ".cargo_vcs_info.json", "The claim about the repository's commit cannot be read.")
		}
		a.VCS = vcs
	}
}

func (a *Archive) manifest(p *problems, path string) *Manifest {
	f := a.File(path)
	if f == nil {
		return nil
	}
	data, ok := a.Open(path)
	if !ok {
		p.add(ProblemManifest, path, "The manifest was not read: it is %s of %s.", f.Kind, size(f.Size))
		return nil
	}
	m, err := ParseManifest(data)
	if err != nil {
		p.add(ProblemManifest, path, "%s Dependencies and build script are therefore not known.", cratewarden.MessageOf(err))
	}
	return m
}

// BuildScripts gives the paths of the programs that cargo compiles and runs
// before it builds the crate: those under `package.build`, or build.rs in the
// root unless `build = false`. A path that is not in the archive is given too.
func (a *Archive) BuildScripts() []string {
	m := a.Manifest
	switch {
	case m != nil && m.BuildOff:
		return nil
	case m != nil && len(m.Build) > 0:
		return m.Build
	case a.File("build.rs") != nil:
		return []string{"build.rs"}
	default:
		return nil
	}
}

// ManifestDifferences says, one sentence each, where Cargo.toml asks for more
// or other things than the Cargo.toml.orig that cargo made it from. Cargo never
// adds a dependency, a build script or a macro on its own; a hand might.
func (a *Archive) ManifestDifferences() []string {
	m, o := a.Manifest, a.Original
	if m == nil || o == nil {
		return nil
	}
	var out []string
	differ := func(what, in, orig string) {
		if in != orig {
			out = append(out, fmt.Sprintf("%s is “%s” in Cargo.toml and “%s” in Cargo.toml.orig.", what, shown(in), shown(orig)))
		}
	}
	differ("The name", m.Name, o.Name)
	if o.Version != "" { // absent when the workspace gives it
		differ("The version", m.Version, o.Version)
	}
	differ("The native library (links)", m.Links, o.Links)
	if m.ProcMacro != o.ProcMacro {
		out = append(out, "Only one of Cargo.toml and Cargo.toml.orig makes this a procedural macro.")
	}
	script := func(m *Manifest) string {
		return strings.Join((&Archive{Files: a.Files, Manifest: m}).BuildScripts(), ", ")
	}
	differ("The build script", script(m), script(o))
	original := map[dependencyPlace]Dependency{}
	for _, d := range o.Dependencies {
		original[d.at()] = d
	}
	for _, d := range m.Dependencies {
		was, found := original[d.at()]
		switch {
		case !found:
			out = append(out, fmt.Sprintf("The %s dependency %s is in Cargo.toml but not in Cargo.toml.orig.", d.Kind, shown(d.Name)))
		case was.Workspace:
		case was.Name != d.Name || was.Req != d.Req:
			out = append(out, fmt.Sprintf("The %s dependency %s is %s %s in Cargo.toml and %s %s in Cargo.toml.orig.",
				d.Kind, shown(d.Key), shown(d.Name), shown(d.Req), shown(was.Name), shown(was.Req)))
		}
	}
	return out
}
