package advisory

const (
	csaf20 = "2.0"
	csaf21 = "2.1"
)

func csafOf(string) writer { return func(Sheet) ([]Document, error) { return nil, nil } }
