package incident

import (
	"fmt"
	"net/url"
	"strconv"

	"cratewarden/ledger"
	"cratewarden/mirror"
)

// account tells what an account did and what was made for it.
func (l *looker) account(id int32) {
	a, ok := l.m.Account(id)
	if !ok {
		return
	}
	if !a.CreatedAt.IsZero() && (l.scope.accounts[id] == roleAttacker || !a.CreatedAt.Before(l.from)) {
		l.add(Moment{ID: "registry/account/" + strconv.Itoa(int(id)), At: a.CreatedAt, What: whatAccount, Who: a.Login, WhoID: "account:" + strconv.Itoa(int(id)),
			Sentence: fmt.Sprintf("%s signed up (account %d).", a.Login, id), Subject: accountSubject(id, a.Login), Link: accountPath(id)})
	}
	for _, v := range l.m.PublishedBy(id, 0, mostActions) {
		if v.CreatedAt.Before(l.from) {
			break
		}
		l.publish(v)
	}
	for _, act := range l.m.Actions(id, 0, mostActions) {
		l.action(act)
	}
	for _, t := range l.m.Tokens(id) {
		l.token(t)
	}
	for _, o := range l.m.Owned(id, false) {
		if crate, ok := l.m.CrateRow(o.CrateID); ok {
			l.owner(crate, o)
		}
	}
}

// token tells that a token was made. Its name is its owner's business.
func (l *looker) token(t mirror.Token) {
	who, whoID := l.called(t.UserID)
	may := "that may do everything"
	if t.EndpointScopes != nil {
		may = "with limited rights"
	}
	l.late(Moment{ID: "registry/token/" + strconv.Itoa(int(t.ID)), At: t.CreatedAt, What: whatToken, Who: who, WhoID: whoID,
		Sentence: fmt.Sprintf("%s made API token %d %s.", who, t.ID, may),
		Subject:  ledger.Subject{Kind: "token", ID: strconv.Itoa(int(t.ID))}, Also: []ledger.Subject{accountSubject(t.UserID, who)}, Link: accountPath(t.UserID)})
}

// owner tells when an ownership began and ended. Who removed an owner is not in
// the registry.
func (l *looker) owner(c mirror.Crate, o mirror.Owner) {
	owner, _ := l.called(o.OwnerID)
	subject := accountSubject(o.OwnerID, owner)
	kind := "user"
	if o.Team {
		team, _ := l.m.Team(o.OwnerID)
		owner, kind = team.Login, "team"
		subject = ledger.Subject{Kind: "team", ID: strconv.Itoa(int(o.OwnerID)), Name: owner}
	}
	m := Moment{At: o.CreatedAt, What: whatOwnerAdded, Subject: ledger.Subject{Kind: "crate", ID: c.Name}, Also: []ledger.Subject{subject}, Link: "/crates/" + url.PathEscape(c.Name)}
	id := fmt.Sprintf("%d/%s/%d", c.ID, kind, o.OwnerID)
	m.ID = fmt.Sprintf("registry/owner-added/%s/%d", id, o.CreatedAt.UnixMicro())
	m.Sentence = fmt.Sprintf("%s became an owner of %s", owner, c.Name)
	if o.CreatedBy != 0 && (o.Team || o.CreatedBy != o.OwnerID) {
		m.Who, m.WhoID = l.called(o.CreatedBy)
		m.Sentence += ", added by " + m.Who
		m.Also = append(m.Also, accountSubject(o.CreatedBy, m.Who))
	}
	m.Sentence += "."
	if !o.CreatedAt.Equal(c.CreatedAt) { // else it came with the first publish
		l.late(m)
	}
	if o.Deleted {
		m.ID, m.At, m.What = fmt.Sprintf("registry/owner-removed/%s/%d", id, o.UpdatedAt.UnixMicro()), o.UpdatedAt, whatOwnerRemoved
		m.Who, m.WhoID, m.Also = "", "", []ledger.Subject{subject}
		m.Sentence = fmt.Sprintf("%s stopped being an owner of %s; the registry does not record who did that.", owner, c.Name)
		l.late(m)
	}
}

func accountPath(id int32) string { return "/accounts/" + strconv.Itoa(int(id)) }
