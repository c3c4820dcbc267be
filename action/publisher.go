package action

func publisherKinds() []Kind { return nil }
