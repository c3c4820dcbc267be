package advisory

func rustSecFiles(Sheet) ([]Document, error) { return nil, nil }
