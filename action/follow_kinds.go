package action

// marks are by the kind of Later.
func marks() map[string]mark { return map[string]mark{} }

// workers are by the kind of follow-up.
func workers() map[string]worker { return map[string]worker{} }
