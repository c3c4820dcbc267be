package cratewarden

// Method is how a version came to be published, as far as the registry's rows
// tell (contract publish.md section 7, "How to classify a version").
type Method string

const (
	// MethodToken is a publish with an API token.
	MethodToken Method = "token"
	// MethodSession is a publish from a browser session.
	MethodSession Method = "session"
	// MethodGitHub is trusted publishing from GitHub Actions.
	MethodGitHub Method = "github"
	// MethodGitLab is trusted publishing from GitLab CI.
	MethodGitLab Method = "gitlab"
	// MethodAccount is a publish by a known account from before the registry
	// logged the credential.
	MethodAccount Method = "account"
	// MethodUnknown is a version with neither publisher nor claims: very old,
	// trusted publishing without claims, or a source that leaves them out.
	MethodUnknown Method = "unknown"
)

// Label is the method in words for people.
func (m Method) Label() string {
	switch m {
	case MethodToken:
		return "API token"
	case MethodSession:
		return "browser session"
	case MethodGitHub:
		return "trusted publishing, GitHub"
	case MethodGitLab:
		return "trusted publishing, GitLab"
	case MethodAccount:
		return "account, credential not logged"
	default:
		return "not known"
	}
}

// Trusted says whether the method is trusted publishing, that is, bound to a
// repository and not to a person.
func (m Method) Trusted() bool { return m == MethodGitHub || m == MethodGitLab }

// NotInDump is the sentence shown in place of facts that the public database
// dump leaves out. Such facts are never shown as empty.
const NotInDump = "not in the public dump"
