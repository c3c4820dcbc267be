package bulk

import "context"

// Account is an account with its linked GitHub login and mail address. The
// address is personal data: hash it or drop it before the next row.
type Account struct {
	ID                                 int32
	Login, Username, LinkedLogin, Name []byte
	// GitHub is users.gh_id, LinkedGitHub oauth_github.account_id or 0.
	GitHub, LinkedGitHub int64
	Created              int64
	Locked               bool
	LockedUntil          int64
	Mail                 []byte
	MailVerified         bool
}

// selectAccounts takes of several linked GitHub accounts the one that
// users.gh_id names, else the newest.
const selectAccounts = `SELECT u.id, u.gh_login, u.username, o.login, u.name, u.gh_id::bigint, o.account_id, u.created_at,
	u.account_lock_reason IS NOT NULL, u.account_lock_until, e.email, e.verified
	FROM users u
	LEFT JOIN LATERAL (SELECT login, account_id FROM oauth_github WHERE user_id = u.id
		ORDER BY (account_id = u.gh_id) DESC, account_id DESC LIMIT 1) o ON true
	LEFT JOIN emails e ON e.user_id = u.id`

func (r *row) account() Account {
	return Account{
		ID: r.int32(), Login: r.text(), Username: r.text(), LinkedLogin: r.text(), Name: r.text(),
		GitHub: r.int64(), LinkedGitHub: r.int64(), Created: r.micros(),
		Locked: r.bool(), LockedUntil: r.micros(), Mail: r.text(), MailVerified: r.bool(),
	}
}

// Accounts streams all accounts.
func (s Source) Accounts(ctx context.Context, each func(Account)) error {
	return s.load(ctx, selectAccounts, func(r *row) { each(r.account()) })
}

// Team is a team of GitHub.
type Team struct {
	ID          int32
	Login, Name []byte
	GitHub, Org int32
}

const selectTeams = `SELECT id, login, name, github_id, org_id FROM teams`

func (r *row) team() Team {
	return Team{ID: r.int32(), Login: r.text(), Name: r.text(), GitHub: r.int32(), Org: r.int32()}
}

// Teams streams all teams.
func (s Source) Teams(ctx context.Context, each func(Team)) error {
	return s.load(ctx, selectTeams, func(r *row) { each(r.team()) })
}

// Token is the public side of an API token; the hash is never read.
type Token struct {
	ID, User                   int32
	Name                       []byte
	Created, LastUsed, Expires int64
	Revoked                    bool
	// EndpointScopes and CrateScopes hold one scope per line; nil is NULL,
	// which for endpoints means a token that may do everything.
	EndpointScopes, CrateScopes []byte
}

const selectTokens = `SELECT id, user_id, name, created_at, last_used_at, expired_at, revoked,
	array_to_string(endpoint_scopes, E'\n'), array_to_string(crate_scopes, E'\n')
	FROM api_tokens`

func (r *row) token() Token {
	return Token{
		ID: r.int32(), User: r.int32(), Name: r.text(), Created: r.micros(), LastUsed: r.micros(), Expires: r.micros(),
		Revoked: r.bool(), EndpointScopes: r.text(), CrateScopes: r.text(),
	}
}

// Tokens streams all API tokens.
func (s Source) Tokens(ctx context.Context, each func(Token)) error {
	return s.load(ctx, selectTokens, func(r *row) { each(r.token()) })
}
