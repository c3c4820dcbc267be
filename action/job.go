package action

func jobKinds() []Kind { return nil }
