package action

func ownerKinds() []Kind { return nil }
