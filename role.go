package cratewarden

// Role is what a person may do in the console (design section 6). Having one
// says nothing of the others.
type Role string

// The roles.
const (
	Viewer    Role = "viewer"
	Responder Role = "responder" // reversible actions
	Remover   Role = "remover"   // irreversible ones, always with a second person
	Policy    Role = "policy"    // squatting cases; never sees mail addresses
	Editor    Role = "editor"    // notices and advisories only
	Platform  Role = "platform"  // jobs, limits, settings
	Auditor   Role = "auditor"   // the ledger; no changes
)
