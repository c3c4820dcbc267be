package auth

import (
	"context"
)

// settled is the list that this process wrote down last.
type settled struct{ *roster }

func (s *Service) settle(ctx context.Context, r *roster) error { return nil }
