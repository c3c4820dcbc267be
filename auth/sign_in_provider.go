package auth

import "net/url"

type provider struct{ ProviderConfig }

func newProviders(origin *url.URL, list []ProviderConfig) ([]*provider, error) { return nil, nil }
