package dossier

import "time"

// Account is everything known about an account.
type Account struct {
	Fresh Fresh  `json:"fresh"`
	ID    int32  `json:"id"`
	Login string `json:"login"`
	Name  string `json:"name,omitempty"`
	// Truth is one sentence that says who this is and what is unusual.
	Truth string `json:"truth"`
	Tone  string `json:"tone,omitempty"`
	Marks []Mark `json:"marks"`

	Identity  Identity  `json:"identity"`
	Mail      Mail      `json:"mail"`
	Lock      Lock      `json:"lock"`
	Admin     *bool     `json:"admin,omitempty" doc:"absent when not in the public dump"`
	CreatedAt time.Time `json:"created_at,omitzero"`

	Crates      Page[OwnedCrate] `json:"crates"`
	Former      Page[OwnedCrate] `json:"former_crates"`
	Tokens      Page[Token]      `json:"tokens"`
	Invitations Page[Invitation] `json:"invitations"`
	Publishers  Publishers       `json:"publishers" doc:"of owned crates"`
	Publishes   Page[VersionRow] `json:"publishes" doc:"newest first"`
	Timeline    Timeline         `json:"timeline"`
	Resembles   Resembles        `json:"resembles"`
	Limits      Limits           `json:"limits"`
	// Others are further accounts with the same login.
	Others []Person `json:"others,omitempty"`
}

// Identity is the account's names and ids.
type Identity struct {
	Username string `json:"username"`
	GitHubID int64  `json:"github_id" doc:"-1 means a legacy account that GitHub no longer knows"`
	// LinkedLogin is the login in oauth_github; it differs from Login after a
	// rename that only one table has seen.
	LinkedLogin string    `json:"linked_login,omitempty"`
	LinkedID    int64     `json:"linked_id,omitempty"`
	LastSync    time.Time `json:"last_sync,omitzero"`
	SyncAbsent  string    `json:"last_sync_absent,omitempty"`
	// History are sentences on former logins and reuse, as far as rows tell.
	History []string `json:"history"`
}

// Mail is the state of the account's address; the address is masked.
type Mail struct {
	Section
	Masked       string    `json:"masked,omitempty" doc:"like p••••@•••••.example"`
	Verified     bool      `json:"verified"`
	Set          bool      `json:"set"`
	TokenMadeAt  time.Time `json:"confirmation_sent_at,omitzero"`
	SameDomain   int       `json:"same_domain" doc:"other accounts with that mail domain, at most 200 counted"`
	CommonDomain bool      `json:"common_domain" doc:"a domain of so many accounts that sharing it means nothing"`
}

// Lock is the account's lock.
type Lock struct {
	Section
	Locked bool       `json:"locked"`
	Reason string     `json:"reason,omitempty" doc:"shown to the user by the registry"`
	Until  *time.Time `json:"until,omitempty" doc:"absent with Locked means for ever"`
	// Expired says that a lock was set and has run out.
	Expired bool `json:"expired,omitempty"`
	// Open are doors that the registry's own lock leaves open.
	Open []string `json:"open_doors,omitempty"`
}

// OwnedCrate is a crate of an account or team with the facts that a moderator
// judges by (research needs.md A9), fully yanked crates included.
type OwnedCrate struct {
	ID          int32      `json:"id"`
	Name        string     `json:"name"`
	Description string     `json:"description,omitempty"`
	Since       time.Time  `json:"since"`
	Until       *time.Time `json:"until,omitempty" doc:"for former crates"`
	Via         string     `json:"via,omitempty" doc:"team that gives the rights; empty for direct ownership"`
	Owners      int        `json:"owners"`
	Versions    int        `json:"versions"`
	Yanked      int        `json:"yanked"`
	AllYanked   bool       `json:"all_yanked"`
	Default     string     `json:"default_version,omitempty"`
	LastPublish time.Time  `json:"last_publish,omitzero"`
	CreatedAt   time.Time  `json:"created_at"`
	Downloads   int64      `json:"downloads"`
	Recent      int64      `json:"downloads_90_days"`
	Dependents  int        `json:"dependents" doc:"crates with any version that depends on it, -1 while that loads"`
	Size        int64      `json:"size" doc:"bytes of the default version's .crate"`
	CodeLines   int        `json:"code_lines" doc:"-1 when not analysed"`
	Bins        []string   `json:"bin_names,omitempty"`
	Empty       bool       `json:"empty,omitempty" doc:"so small that it holds nothing but a skeleton"`
	Repository  string     `json:"repository,omitempty"`
}

// Token is the public side of an API token.
type Token struct {
	ID         int32     `json:"id"`
	Owner      Person    `json:"owner"`
	MaskedName string    `json:"masked_name" doc:"first letter and length; names may identify people"`
	CreatedAt  time.Time `json:"created_at"`
	LastUsedAt time.Time `json:"last_used_at,omitzero" doc:"absent means never"`
	ExpiresAt  time.Time `json:"expires_at,omitzero" doc:"absent means never"`
	Revoked    bool      `json:"revoked"`
	// State is live, expired, revoked or "owner locked".
	State string `json:"state"`
	// Endpoints and Crates are the scopes in words.
	Endpoints string `json:"endpoints"`
	Crates    string `json:"crates"`
	Legacy    bool   `json:"legacy,omitempty" doc:"may do everything"`
	Publishes int    `json:"publishes" doc:"versions published with it, at most 10,000 counted; -1 while that loads"`
}

// Resembles are accounts this one is like, each with the reason.
type Resembles struct {
	Section
	Rows []NearAccount `json:"rows"`
}

// NearAccount is an account that resembles another.
type NearAccount struct {
	Person
	Reason    string    `json:"reason"`
	CreatedAt time.Time `json:"created_at,omitzero"`
	Crates    int       `json:"crates"`
}

// Limits are the account's rate limits.
type Limits struct {
	Section
	Rows []Limit `json:"rows"`
}

// Limit is one rate limit with its present level.
type Limit struct {
	Action string `json:"action" doc:"publish new crate, publish new version, yank or unyank"`
	// Burst is the capacity in force; Default the registry's own.
	Burst      int        `json:"burst"`
	Default    int        `json:"default"`
	Refill     string     `json:"refill" doc:"e.g. 1 every 10 min"`
	Override   bool       `json:"override"`
	OverrideTo *time.Time `json:"override_until,omitempty"`
	Expired    bool       `json:"override_expired,omitempty"`
	// Left are requests left now, as far as the bucket tells; -1 without one.
	Left       int       `json:"left"`
	LastRefill time.Time `json:"last_refill,omitzero"`
	Note       string    `json:"note,omitempty"`
}

// Team is everything known about an owner team.
type Team struct {
	Fresh    Fresh            `json:"fresh"`
	ID       int32            `json:"id"`
	Login    string           `json:"login"`
	Name     string           `json:"name,omitempty"`
	GitHubID int32            `json:"github_id"`
	OrgID    int32            `json:"org_id"`
	Crates   Page[OwnedCrate] `json:"crates"`
	Former   Page[OwnedCrate] `json:"former_crates"`
}

// TokenLookup is the answer to a pasted credential. The plaintext is not in
// it.
type TokenLookup struct {
	Fresh Fresh `json:"fresh"`
	// Kind is "API token" or "trusted publishing token".
	Kind  string `json:"kind"`
	Found bool   `json:"found"`
	// Truth is one sentence for people.
	Truth string `json:"truth"`
	Tone  string `json:"tone,omitempty"`
	Token *Token `json:"token,omitempty"`
	// Live is the trusted-publishing token's row.
	Live *LiveToken `json:"live,omitempty"`
	// Publishes and Yanks are what was done with it, newest first.
	Publishes Page[VersionRow] `json:"publishes"`
	Yanks     []Event          `json:"yanks"`
}

// LiveToken is a short-lived trusted-publishing token.
type LiveToken struct {
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
	Expired   bool      `json:"expired"`
	Crates    []string  `json:"crates"`
	Origin    string    `json:"origin,omitempty"`
	Run       string    `json:"run,omitempty"`
	Commit    string    `json:"commit,omitempty"`
}
