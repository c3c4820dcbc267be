package web

// caseRoutes are the tabs of a case and what is done there.
func (s *Server) caseRoutes(one func(pattern, act string, handle handler) route) []route {
	edit := one("POST /incidents/{id}/drafts/{draft}", "incident.draft", s.incidentEditDraft)
	edit.body = 4 << 20 // a draft has up to 1 MiB, and a form writes many letters as three
	long := func(rt route) route {
		rt.timeout = applyTime
		return rt
	}
	out := []route{
		one("GET /incidents/months", "incident.look", s.incidentMonths),
		one("GET /incidents/{id}/timeline", "incident.look", s.incidentTimeline),
		one("GET /incidents/{id}/proposal", "incident.propose", s.incidentProposal),
		long(one("POST /incidents/{id}/proposal", "plan.draft", s.incidentDraftPlan)),
		one("GET /incidents/{id}/figures", "incident.look", s.incidentFacts),
		one("POST /incidents/{id}/figures", "incident.note", s.incidentFigure),
		one("POST /incidents/{id}/texts", "incident.note", s.incidentTexts),
		one("GET /incidents/{id}/drafts", "incident.look", s.incidentDrafts),
		long(one("POST /incidents/{id}/drafts", "incident.draft", s.incidentMake)),
		long(one("POST /incidents/{id}/drafts/approve", "incident.publish", s.incidentApproveMany)),
		long(one("POST /incidents/{id}/drafts/send", "incident.publish", s.incidentSendMany)),
		one("POST /incidents/{id}/override", "incident.publish", s.incidentOverride),
		one("GET /incidents/{id}/patch", "incident.look", s.incidentPatch),
		one("GET /incidents/{id}/drafts/{draft}", "incident.look", s.incidentDraft),
		edit,
		one("GET /incidents/{id}/drafts/{draft}/file", "incident.look", s.incidentDraftFile),
		one("POST /incidents/{id}/drafts/{draft}/approve", "incident.publish", s.incidentApprove),
		one("POST /incidents/{id}/drafts/{draft}/send", "incident.publish", s.incidentSend),
		one("POST /incidents/{id}/drafts/{draft}/correct", "incident.publish", s.incidentCorrect),
		one("POST /incidents/{id}/drafts/{draft}/withdraw", "incident.publish", s.incidentWithdraw),
		one("GET /incidents/{id}/after", "incident.look", s.incidentAfter),
		one("POST /incidents/{id}/after", "incident.note", s.incidentTick),
		long(one("POST /incidents/{id}/custody", "evidence.export", s.incidentCustody)),
	}
	if s.cfg.Registry.Kind == Demo {
		out = append(out,
			one("GET /drills", "incident.look", s.drills),
			one("POST /drills", "incident.drill", s.drillStart),
			one("GET /incidents/{id}/score", "incident.look", s.drillScore))
	}
	return out
}
