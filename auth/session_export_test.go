package auth

import "context"

// Sweep is one round of forgetting, for tests outside the package.
func Sweep(ctx context.Context, s *Service) error { return s.sweep(ctx) }

// Settle takes the list over as Run does.
func Settle(ctx context.Context, s *Service) error { return s.settle(ctx, s.fresh(ctx)) }

// TellUnreadable is what Run does when nobody can read the list.
func TellUnreadable(ctx context.Context, s *Service) error { return s.tellUnreadable(ctx) }
