package action

func crateKinds() []Kind { return nil }
