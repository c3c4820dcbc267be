package action

func accountKinds() []Kind { return nil }
