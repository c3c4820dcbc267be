package action

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"io"
	"path"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"cratewarden"
	"cratewarden/archive"
	"cratewarden/registry/change"
	"cratewarden/registry/files"
)

// RenderReadme has a version's README rendered from its archive again.
type RenderReadme struct{ VersionRef }

// Sentence says it.
func (j RenderReadme) Sentence() string {
	return "Render the README of " + j.VersionRef.String() + " again"
}

func runReadme(ctx context.Context, r *Run, items []Item[RenderReadme]) error {
	if r.engine.cfg.Static == nil {
		for _, it := range items {
			r.Block(it.Step, "no-storage", "This console has no access to the registry's storage, so the README's text cannot be read from the archive.")
		}
		return nil
	}
	refs := make([]VersionRef, len(items))
	for i, it := range items {
		refs[i] = it.Do.VersionRef
	}
	found, err := r.findVersions(ctx, refs)
	if err != nil {
		return err
	}
	for _, it := range items {
		id, ok := found[it.Do.VersionRef]
		if !ok {
			r.Block(it.Step, "no-such-version", "The registry has no version %s.", it.Do.VersionRef)
			continue
		}
		if err := r.renderReadme(ctx, it.Step, id); err != nil {
			return err
		}
	}
	return nil
}

// renderReadme reads the README and queues its rendering. An archive that
// cannot be read is a guard and not an error: the other steps can still be
// shown.
func (r *Run) renderReadme(ctx context.Context, step int, id int32) error {
	v, err := r.ArchiveOf(ctx, id)
	if err != nil {
		return err
	}
	a, err := r.readArchive(ctx, v)
	switch kind := cratewarden.KindOf(err); {
	case kind == cratewarden.Timeout || kind == cratewarden.Canceled:
		return err
	case err != nil:
		r.Block(step, "archive-unreadable", "The archive cannot be read from the storage, so there is no text to render: %s", cratewarden.MessageOf(err))
		return nil
	case a.Hash() != hex.EncodeToString(v.SHA256):
		r.Block(step, "archive-differs", "The stored archive is not the one that was published: its SHA-256 is not what the registry recorded. Nothing is taken from it.")
		return nil
	}
	data, why := readmeJob(a)
	if why != "" {
		r.Block(step, "no-readme", "%s", why)
		return nil
	}
	data.Version = id
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	r.notUndone(step)
	r.Info(step, "cached", "Caches keep the old README for up to 7 days; the job does not empty them.")
	r.Enqueue(change.Job{Step: step, Type: "render_and_upload_readme", Data: text, Priority: 50, Plain: true})
	return nil
}

func (r *Run) readArchive(ctx context.Context, v change.ArchiveRow) (*archive.Archive, error) {
	body, _, err := r.engine.cfg.Static.Get(ctx, files.CrateKey(v.Crate, v.Num))
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }()
	return archive.Read(ctx, io.LimitReader(body, 1<<30), v.Crate+"-"+v.Num, archive.Limits{})
}

// readmeData is the job's payload (contract jobs.md section 7).
type readmeData struct {
	Version int32   `json:"version_id"`
	Text    string  `json:"text"`
	Path    string  `json:"readme_path"`
	Base    *string `json:"base_url"`
	Folder  *string `json:"pkg_path_in_vcs"`
}

// readmeJob finds the README that the manifest names; cargo has written there
// the path inside the archive. why says in a sentence what is missing.
func readmeJob(a *archive.Archive) (data readmeData, why string) {
	if a.Manifest == nil {
		return data, "The archive has no readable Cargo.toml, so nobody can say which file is the README."
	}
	name := path.Clean(a.Manifest.Readme)
	if a.Manifest.Readme == "" {
		return data, "The manifest names no README."
	}
	content, kept := a.Open(name)
	file := a.File(name)
	if file == nil || !kept {
		return data, "The archive has no readable file " + archive.Visible(name) + ", which the manifest names as the README."
	}
	data.Path, data.Text = name, archive.Decode(content, file.Encoding)
	if strings.TrimSpace(data.Text) == "" {
		return data, "The README is empty."
	}
	if strings.ContainsRune(data.Text, 0) {
		return data, "The README holds the character zero, which the registry's queue cannot keep."
	}
	if a.VCS != nil && a.VCS.PathInVCS != "" {
		data.Folder = &a.VCS.PathInVCS
	}
	var manifest struct {
		Package struct {
			Repository any `toml:"repository"`
		} `toml:"package"`
	}
	if text, ok := a.Open("Cargo.toml"); ok && toml.Unmarshal(text, &manifest) == nil {
		if base, ok := manifest.Package.Repository.(string); ok && base != "" {
			data.Base = &base
		}
	}
	return data, ""
}
