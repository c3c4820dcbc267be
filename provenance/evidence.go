package provenance

import (
	"fmt"
	"time"

	"cratewarden"
)

// evidence lists every fact with the place it was read from.
func evidence(in Input) []Fact {
	s := in.Subject
	facts := []Fact{
		{Name: "Published", Value: s.At.UTC().Format("2006-01-02 15:04:05 UTC"), Source: "versions.created_at"},
		{Name: "Method", Value: s.Method.Label(), Source: methodSource(s.Method, in.Dump)},
	}
	facts = append(facts, personFacts(in)...)
	facts = append(facts, tokenFacts(in)...)
	facts = append(facts, originFacts(in)...)
	if in.Checksum != "" {
		facts = append(facts, Fact{Name: "Checksum", Value: in.Checksum + checksumTail(in.ChecksumState), Source: "versions.tar_sha256, sparse index, storage"})
	}
	if s.ArchiveRead {
		facts = append(facts, vcsFact(s))
	}
	for _, c := range in.Configs {
		facts = append(facts, Fact{Name: "Trusted publisher now", Value: c, Source: "trustpub_configs_github, trustpub_configs_gitlab", Outside: true})
	}
	return facts
}

func methodSource(m cratewarden.Method, dump bool) string {
	switch {
	case m.Trusted():
		return "versions.trustpub_data"
	case m == cratewarden.MethodToken, m == cratewarden.MethodSession:
		return "version_owner_actions.api_token_id"
	case dump:
		return "versions.published_by; the rest is " + cratewarden.NotInDump
	case m == cratewarden.MethodAccount:
		return "versions.published_by, no version_owner_actions row"
	}
	return "no row tells"
}

// MailFact is the fact that holds a masked mail address.
const MailFact = "E-mail verified then"

func personFacts(in Input) []Fact {
	s := in.Subject
	if s.PersonID == 0 {
		return nil
	}
	who := fmt.Sprintf("%s, account %d", s.Person, s.PersonID)
	if in.GitHubID > 0 {
		who += fmt.Sprintf(", GitHub id %d", in.GitHubID)
	}
	facts := []Fact{{Name: "Publisher", Value: who, Source: "versions.published_by, oauth_github.account_id"}, ownerFact(in)}
	switch {
	case in.MailMasked != "":
		facts = append(facts, Fact{Name: MailFact, Value: in.MailMasked + " (masked)", Source: "versions_published_by.email"})
	case in.Dump:
		facts = append(facts, Fact{Name: MailFact, Value: cratewarden.NotInDump, Source: "versions_published_by.email"})
	}
	return facts
}

func ownerFact(in Input) Fact {
	f := Fact{Name: "Ownership", Source: "crate_owners.created_at, deleted"}
	switch {
	case in.OwnerSince.IsZero() && in.IsOwner:
		f.Value = "an owner"
	case in.OwnerSince.IsZero():
		f.Value, f.Tone = "not an owner by name: a team member, a former owner of old, or an administrator", "warn"
	case in.OwnerGone:
		f.Value, f.Tone = "first added "+day(in.OwnerSince)+", removed since", "warn"
	default:
		f.Value = "owner since " + day(in.OwnerSince)
		if d := in.Subject.At.Sub(in.OwnerSince); d >= 0 && d < 30*24*time.Hour && in.Earlier > 0 {
			f.Value += ", " + cratewarden.Span(d) + " before this publish"
			f.Tone = "warn"
		}
	}
	return f
}

func tokenFacts(in Input) []Fact {
	t := in.Subject.Token
	if t == nil {
		return nil
	}
	value := fmt.Sprintf("#%d “%s” (name masked), made %s; may %s on %s; ", t.ID, t.MaskedName, day(t.CreatedAt), t.Endpoints, t.Crates)
	if t.ExpiresAt.IsZero() {
		value += "never expires"
	} else {
		value += "expires " + day(t.ExpiresAt)
	}
	use := "never used since"
	if !t.LastUsedAt.IsZero() {
		use = t.LastUsedAt.UTC().Format("2006-01-02 15:04:05 UTC")
	}
	state := "live: it can publish now"
	tone := "warn"
	switch {
	case t.Revoked:
		state, tone = "revoked", ""
	case !t.ExpiresAt.IsZero() && t.ExpiresAt.Before(in.Now):
		state, tone = "expired", ""
	}
	return []Fact{
		{Name: "Credential", Value: value, Source: "version_owner_actions, api_tokens"},
		{Name: "Credential last used", Value: use, Source: "api_tokens.last_used_at"},
		{Name: "Credential now", Value: state, Source: "api_tokens.revoked, expired_at", Tone: tone},
	}
}

func originFacts(in Input) []Fact {
	s := in.Subject
	if s.Origin == "" {
		return nil
	}
	return []Fact{
		{Name: "Repository", Value: s.Origin, Source: "versions.trustpub_data", Outside: true},
		{Name: capital(runWord(s.Method)), Value: s.Run, Source: "versions.trustpub_data", Outside: true},
		{Name: "Commit", Value: s.Commit, Source: "versions.trustpub_data", Outside: true},
	}
}

func checksumTail(state string) string {
	if state == "" {
		return ""
	}
	return " — " + state
}

func vcsFact(s Publish) Fact {
	f := Fact{Name: "Commit in the archive", Source: ".cargo_vcs_info.json, as claimed by the uploader"}
	switch {
	case s.VCSCommit == "":
		f.Value = "none recorded"
	case s.Commit != "" && s.Commit != s.VCSCommit:
		f.Value, f.Tone, f.Outside = s.VCSCommit+", which is not the commit the provider signed", "bad", true
	default:
		f.Value, f.Outside = s.VCSCommit, true
	}
	return f
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02") }

// gaps says what the registry does not keep (contract publish.md section 7),
// so that nobody takes its absence for innocence.
func gaps(in Input) []Gap {
	out := []Gap{{"Address and user agent", "not kept by the registry; its request logs may have them for a while"}}
	if in.Subject.Method.Trusted() || in.Subject.Method == cratewarden.MethodUnknown {
		out = append(out,
			Gap{"Workflow, branch, event and who started it", "not kept; the provider's run page may still show them"},
			Gap{"Who set up the trusted publisher", "not kept; owners were told by mail"},
			Gap{"Which exchange gave the token", "kept for about 30 minutes only"})
	}
	if in.Subject.PersonID != 0 {
		out = append(out,
			Gap{"Log-ins and where from", "not kept"},
			Gap{"When a token was revoked, and by whom", "only the mark is kept"})
	}
	out = append(out,
		Gap{"Earlier additions and removals of owners", "only the last state of each owner is kept"},
		Gap{"Yanks by the registry's command line", "leave no record of who"})
	if in.Dump {
		out = append(out, Gap{"Token, session, e-mail, trusted-publishing claims", cratewarden.NotInDump + "; the registry itself has them"})
	}
	return out
}
