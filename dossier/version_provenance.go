package dossier

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/archive"
	"cratewarden/provenance"
	"cratewarden/registry"
)

// provenanceInput gathers what a verdict is made from (contract publish.md
// section 7). Names of tokens and the address are masked here, so that the
// plain ones never leave.
func (s *Service) provenanceInput(f *versionFacts, checks []Check) provenance.Input {
	subject := f.core.Publishes[0]
	in := provenance.Input{
		Crate: f.crate.Name, Now: s.clock(), Dump: s.cfg.Dump != nil, Earlier: f.row.Earlier, TokenFirstForCrate: f.row.TokenFirst,
		Checksum: checks[0].Database, ChecksumState: f.checksumWords(checks[0]), Subject: f.publish(0),
	}
	for i := 1; i < len(f.core.Publishes); i++ {
		in.Previous = append(in.Previous, f.publish(i))
	}
	for _, p := range f.core.History {
		in.Previous = append(in.Previous, provenance.Publish{
			Num: p.Num, At: p.CreatedAt, Method: p.Method, Origin: archive.Visible(p.Origin), PersonID: p.PublisherID, Files: -1,
		})
	}
	for _, p := range f.core.Publishers {
		in.Configs = append(in.Configs, publisherWords(p))
	}
	if subject.Publisher == nil {
		return in
	}
	in.GitHubID = f.row.GitHubID
	if f.row.Mail != "" {
		in.MailMasked = cratewarden.MaskMail(f.row.Mail)
	}
	for _, o := range f.core.Owners {
		if !o.Team && o.ID == subject.Publisher.ID {
			in.OwnerSince, in.OwnerGone, in.IsOwner = o.AddedAt, o.Former, !o.Former
		}
	}
	in.YankedSoon, in.YankedSoonAfter = f.yankedSoon(subject)
	return in
}

// publish is one of the publishes in detail, 0 being the version itself.
func (f *versionFacts) publish(i int) provenance.Publish {
	p := f.core.Publishes[i]
	out := provenance.Publish{
		Num: p.Num, At: p.CreatedAt, Method: p.Method, Size: int64(p.Size), Files: -1, Yanked: p.Yanked,
		Origin: archive.Visible(p.Claims.Origin()), Run: archive.Visible(p.Claims.Run()), Commit: archive.Visible(p.Claims.Commit),
	}
	if p.Publisher != nil {
		who := personOf(*p.Publisher)
		out.Person, out.PersonID = called(&who), who.ID
	}
	// Claims decide over an audit row (registry.MethodOf), so a token beside
	// them is no credential of this publish.
	if t, known := f.core.Tokens[p.TokenID]; known && p.Method == cratewarden.MethodToken {
		out.Token = publicToken(t)
	}
	for _, d := range f.core.Inherited[p.ID] {
		// A name created only after the publish was taken over since.
		age := max(p.CreatedAt.Sub(d.CrateCreatedAt), 0)
		out.Dependencies = append(out.Dependencies, provenance.Dependency{Crate: d.Crate, Kind: kindName(d.Kind), Age: age})
	}
	if i < len(f.archives) {
		addArchive(&out, f.archives[i].archive)
	}
	return out
}

func publicToken(t registry.Token) *provenance.Token {
	may, on := scopeWords(t.Legacy, t.Endpoints, t.Crates)
	return &provenance.Token{
		ID: t.ID, MaskedName: cratewarden.MaskName(t.Name), CreatedAt: t.CreatedAt, LastUsedAt: t.LastUsedAt, ExpiresAt: t.ExpiresAt,
		Revoked: t.Revoked, Endpoints: may, Crates: on, Unscoped: t.Legacy && on == "every crate",
	}
}

// addArchive adds what the archive tells; one that breaks off tells nothing
// for sure.
func addArchive(p *provenance.Publish, a *archive.Archive) {
	if a == nil || !a.Finished {
		return
	}
	p.ArchiveRead, p.Files, p.BuildScript = true, len(a.Files), len(a.BuildScripts()) > 0
	if a.VCS != nil && a.VCS.Commit != "" {
		p.VCSCommit = claimedCommit(a.VCS.Commit)
	}
}

// claimedCommit lets only the digits of a commit through: the uploader may
// write anything there.
func claimedCommit(text string) string {
	digits := strings.Trim(text, "0123456789abcdefABCDEF")
	if digits != "" || len(text) > 64 {
		return "unreadable"
	}
	return text
}

// yankedSoon are the other versions that the publisher yanked within an hour
// after the publish, in the order of their publishing if known.
func (f *versionFacts) yankedSoon(subject registry.CrateVersion) (nums []string, after time.Duration) {
	for _, a := range slices.Backward(f.core.Actions) {
		if a.Action != 1 || a.VersionID == f.row.ID || a.By.ID != subject.Publisher.ID || slices.Contains(nums, a.Num) {
			continue
		}
		if len(nums) == 0 {
			after = a.Time.Sub(subject.CreatedAt)
		}
		nums = append(nums, a.Num)
	}
	return nums, after
}

func publisherWords(p registry.CratePublisher) string {
	provider := map[string]string{"github": "GitHub", "gitlab": "GitLab"}[p.Provider]
	text := fmt.Sprintf("%s %s, workflow %s", provider, archive.Visible(p.Origin), archive.Visible(p.Workflow))
	if p.Environment != "" {
		text += ", environment " + archive.Visible(p.Environment)
	}
	return text + ", since " + day(p.CreatedAt)
}
