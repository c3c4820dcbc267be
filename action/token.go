package action

func tokenKinds() []Kind { return nil }
