package ledger

import (
	"strconv"
	"strings"
)

// Columns names the cells of Record.
func (Entry) Columns() []string {
	return []string{"index", "at", "kind", "actor_id", "actor_name", "session", "action", "subjects", "plan", "incident", "reason_public", "reason_internal",
		"approved_by", "result", "result_detail", "refers", "registry_tx", "sealed"}
}

// Record is the entry as cells of a file for spreadsheets. What has no cell,
// such as images and documents, is in the entry itself.
func (e Entry) Record() []string {
	var public, internal, state, detail, refers, sealed string
	if e.Reasons != nil {
		public, internal = e.Reasons.Public, e.Reasons.Internal
	}
	if e.Result != nil {
		state, detail = e.Result.State, e.Result.Detail
	}
	if e.Refers != nil {
		refers = strconv.FormatInt(*e.Refers, 10)
	}
	if e.Sealed != nil {
		sealed = e.Sealed.String()
	}
	var subjects, approvals []string
	for _, s := range e.Subjects {
		subjects = append(subjects, s.Kind+":"+s.ID)
	}
	for _, a := range e.Approvals {
		approvals = append(approvals, a.Actor.ID)
	}
	return []string{strconv.FormatInt(e.Index, 10), e.At.UTC().Format(stamp), string(e.Kind), e.Actor.ID, e.Actor.Name, e.Session, e.Action, strings.Join(subjects, " "), e.Plan, e.Incident,
		public, internal, strings.Join(approvals, " "), state, detail, refers, e.RegistryTx, sealed}
}

// ParseSubject reads how people and addresses name a subject: its kind and its
// id, as "crate:serde", or the id alone, which means any kind.
func ParseSubject(text string) Subject {
	kind, id, ok := strings.Cut(text, ":")
	if !ok || kind == "" || id == "" || strings.Trim(kind, "abcdefghijklmnopqrstuvwxyz-_") != "" {
		return Subject{ID: text}
	}
	return Subject{Kind: kind, ID: id}
}

// Kinds are all kinds of entries.
func Kinds() []Kind { return []Kind{Intent, Outcome, Refusal, Opening, Erasure, Note} }
