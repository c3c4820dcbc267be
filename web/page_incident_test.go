package web

import "cratewarden/incident"

var _ Incidents = (*incident.Service)(nil)
