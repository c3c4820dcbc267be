package registry

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
)

// Account is the row of an account with its link to GitHub and its address.
type Account struct {
	ID                    int32
	Login, Username, Name string
	// GitHubID is users.gh_id; -1 is a legacy account.
	GitHubID int64
	// CreatedAt is zero when not known.
	CreatedAt time.Time
	// LockReason is nil when no lock was ever set; LockUntil nil means for ever
	// (contract actions.md section 6).
	LockReason *string
	LockUntil  *time.Time
	Admin      bool
	// Links counts rows of oauth_github; LinkedID, LinkedLogin and LastSync
	// are those of the newest GitHub account among them.
	Links       int
	LinkedID    int64
	LinkedLogin string
	LastSync    time.Time
	// Mail is the address. It is personal and must be masked before it leaves.
	// HasMail is false for an account without one.
	Mail         string
	HasMail      bool
	MailVerified bool
	// MailTokenAt is when the last confirmation was made out.
	MailTokenAt time.Time
}

// Locked says whether a lock is in force at a moment.
func (a Account) Locked(now time.Time) bool {
	return a.LockReason != nil && (a.LockUntil == nil || a.LockUntil.After(now))
}

const accountSQL = `
SELECT u.id, u.gh_login, u.username, u.name, u.gh_id, u.created_at, u.account_lock_reason, u.account_lock_until, u.is_admin,
       (SELECT count(*) FROM oauth_github o WHERE o.user_id = u.id), g.account_id, g.login, g.last_sync,
       e.email, e.verified, e.token_generated_at
FROM users u
LEFT JOIN LATERAL (
    SELECT account_id, login, last_sync FROM oauth_github WHERE user_id = u.id ORDER BY account_id DESC LIMIT 1) g ON true
LEFT JOIN emails e ON e.user_id = u.id
WHERE u.id = $1`

func scanAccount(row pgx.CollectableRow) (a Account, err error) {
	var name, login, mail *string
	var created, until, synced, made moment
	var linked *int64
	var verified *bool
	err = row.Scan(&a.ID, &a.Login, &a.Username, &name, &a.GitHubID, &created, &a.LockReason, &until, &a.Admin,
		&a.Links, &linked, &login, &synced, &mail, &verified, &made)
	a.Name, a.LinkedLogin, a.Mail = word(name), word(login), word(mail)
	a.CreatedAt, a.LockUntil, a.LastSync, a.MailTokenAt = created.time(), until.pointer(), synced.time(), made.time()
	a.LinkedID, a.HasMail, a.MailVerified = number(linked), mail != nil, verified != nil && *verified
	return a, err
}

// accountsSQL asks by the two indexed spellings and by ids found elsewhere.
// Those the registry would pick itself come first (contract pitfalls.md 1.4).
const accountsSQL = `
SELECT u.id, u.gh_login, u.name,
       COALESCE(u.account_lock_reason IS NOT NULL AND (u.account_lock_until IS NULL OR u.account_lock_until > $3), false)
FROM users u
WHERE lower(u.gh_login) = lower($1) OR canon_username(u.username) = canon_username($1) OR u.id = ANY ($2)
ORDER BY lower(u.gh_login) = lower($1) DESC, u.gh_id <> -1 DESC, u.gh_id DESC, u.id DESC
LIMIT 100`

// AccountsByLogin gives up to 100 accounts whose GitHub login or user name is
// login, and those of further ids, the one that the registry itself would
// choose first.
func (r *Reader) AccountsByLogin(ctx context.Context, login string, ids []int32) ([]Person, error) {
	if !askable(login) {
		return nil, nil
	}
	return collect(ctx, r, scanPerson, accountsSQL, login, ids, r.clock())
}

func scanPerson(row pgx.CollectableRow) (p Person, err error) {
	var name *string
	err = row.Scan(&p.ID, &p.Login, &name, &p.Locked)
	p.Name = word(name)
	return p, err
}

// AccountKeys are the primary keys under which an account's rows stand. The
// registry has no index that leads from an account to them (contract
// pitfalls.md section 12), so the caller brings them.
type AccountKeys struct {
	Tokens []int32
	// Crates are those to describe; Owned all that the account owns now.
	Crates, Owned []int32
	Versions      []int32
	// Lines are versions of which only the lines of code are wanted.
	Lines []int32
	// Head leaves out rate limits.
	Head bool
}

// AccountCore is an account with the rows of its keys.
type AccountCore struct {
	Account     Account
	Limits      []AccountLimit
	Invitations []AccountInvitation
	// Publishers are the trusted-publishing configurations of Owned, and
	// LiveTokens its tokens that could publish at this moment.
	Publishers []OwnedPublisher
	LiveTokens LiveTokens
	Tokens     []Token
	Crates     []OwnedCrate
	Versions   []CrateVersion
	Lines      []VersionLines
	// Deleted are crates that the account deleted, newest first.
	Deleted []DeletedName
}

// nameTokens adds the owner, who is the account for all of them.
func (c *AccountCore) nameTokens(now time.Time) {
	a := c.Account
	for i := range c.Tokens {
		if owner := &c.Tokens[i].Owner; owner.ID == a.ID {
			owner.Login, owner.Name, owner.Locked = a.Login, a.Name, a.Locked(now)
		}
	}
}

// VersionLines is how large a version is; CodeLines is -1 when not counted.
type VersionLines struct {
	CrateID, Size int32
	CodeLines     int
}

const versionLinesSQL = `SELECT crate_id, crate_size, linecounts FROM versions WHERE id = ANY ($1)`

func scanVersionLines(row pgx.CollectableRow) (l VersionLines, err error) {
	var counts []byte
	err = row.Scan(&l.CrateID, &l.Size, &counts)
	l.CodeLines = codeLines(counts)
	return l, err
}

// accountDeletedSQL reads a table of deletions, small and without an index on
// who.
const accountDeletedSQL = `
SELECT ` + deletedColumns + `
FROM deleted_crates d LEFT JOIN users u ON u.id = d.deleted_by
WHERE d.deleted_by = $1
ORDER BY d.deleted_at DESC, d.id DESC LIMIT 300`

// AccountCore reads it in one round trip of at most ten statements, five on a
// public dump. The error is NotFound when there is no such account. Three
// statements scan tables without a fitting index that are small by nature:
// invitations, trusted-publishing configurations and tokens, deletions.
func (r *Reader) AccountCore(ctx context.Context, id int32, keys AccountKeys) (AccountCore, error) {
	var core AccountCore
	var accounts []Account
	var live []LiveTokens
	invited, err := r.invitedBy(ctx, id)
	if err != nil {
		return AccountCore{}, err
	}
	now := r.clock()
	batch := &pgx.Batch{}
	queue(batch, &accounts, scanAccount, accountSQL, id)
	if len(keys.Crates) > 0 {
		queue(batch, &core.Crates, scanOwnedCrate, ownedCratesSQL, keys.Crates, id, 0)
	}
	if len(keys.Versions) > 0 {
		queue(batch, &core.Versions, scanCrateVersion, versionsByIDSQL, keys.Versions, now)
	}
	if len(keys.Lines) > 0 {
		queue(batch, &core.Lines, scanVersionLines, versionLinesSQL, keys.Lines)
	}
	queue(batch, &core.Deleted, scanName, accountDeletedSQL, id)
	if !r.Dump {
		if !keys.Head {
			queue(batch, &core.Limits, scanAccountLimit, accountLimitsSQL, id)
		}
		switch {
		case !invited.known:
			queue(batch, &core.Invitations, scanAccountInvitation, accountInvitationsSQL, id, now)
		case !invited.none():
			queue(batch, &core.Invitations, scanAccountInvitation, keyedInvitationsSQL, id, now, invited.invitees, invited.crates)
		}
		if len(keys.Owned) > 0 {
			queue(batch, &core.Publishers, scanOwnedPublisher, ownedPublishersSQL, r.publisherArgs(keys.Owned...)...)
			queue(batch, &live, pgx.RowToStructByPos[LiveTokens], liveTokensSQL, keys.Owned, now)
		}
		if len(keys.Tokens) > 0 {
			queue(batch, &core.Tokens, scanToken, accountTokensSQL, keys.Tokens)
		}
	}
	if err := r.send(ctx, batch); err != nil {
		return AccountCore{}, err
	}
	if len(accounts) == 0 {
		return AccountCore{}, cratewarden.Errorf(cratewarden.NotFound, "There is no account with the id %d.", id)
	}
	core.Account = accounts[0]
	core.nameTokens(now)
	if len(live) > 0 {
		core.LiveTokens = live[0]
	}
	return core, nil
}
