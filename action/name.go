package action

func nameKinds() []Kind { return nil }
