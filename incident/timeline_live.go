package incident

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cratewarden/ledger"
	"cratewarden/mirror"
	"cratewarden/registry"
)

// Bounds of what is read of one crate or account.
const (
	mostVersions = 2000
	mostActions  = 1000
)

// looker gathers what the registry has now.
type looker struct {
	*Service
	m     *mirror.Mirror
	scope scope
	from  time.Time
	out   []fact
}

// liveFacts reads the registry through the mirror, which alone can be asked by
// account; a mirror that is still loading gives what it has.
func (s *Service) liveFacts(ctx context.Context, c scope, kept []fact, plans []planDone) ([]fact, error) {
	if s.cfg.Mirror == nil {
		return nil, nil
	}
	l := &looker{Service: s, m: s.cfg.Mirror, scope: c}
	var crates []mirror.Crate
	for _, name := range c.names() {
		if crate, ok := l.m.CrateByName(name); ok {
			crates = append(crates, crate)
			l.publishes(crate)
		}
	}
	l.from, _ = c.window(append(kept, l.out...))
	for _, crate := range crates {
		if err := l.acts(ctx, crate); err != nil {
			return nil, err
		}
		for _, o := range l.m.Owners(crate.ID) {
			l.owner(crate, o)
		}
	}
	l.doors(ctx, crates, kept, plans)
	for id := range c.accounts {
		l.account(id)
	}
	for id := range c.tokens {
		if t, ok := l.m.Token(id); ok {
			l.token(t)
		}
		for _, a := range l.m.ActionsWithToken(id, mostActions) {
			l.action(a)
		}
		for _, v := range l.m.PublishedWithToken(id, mostActions) {
			l.publish(v)
		}
	}
	return l.out, nil
}

func (l *looker) add(m Moment) { l.out = append(l.out, newFact(m)) }

// late adds what happened since the beginning of the window. Older things would
// be written down for nothing.
func (l *looker) late(m Moment) {
	if !m.At.Before(l.from) {
		l.add(m)
	}
}

// publishes tells how the versions of a crate came to be.
func (l *looker) publishes(c mirror.Crate) {
	list := l.m.Versions(c.ID)
	for _, v := range list[:min(len(list), mostVersions)] {
		l.publish(v)
	}
}

func (l *looker) publish(v mirror.Version) {
	crate, ok := l.m.CrateRow(v.CrateID)
	if !ok {
		return
	}
	who, whoID := l.called(v.Publisher)
	if v.Method.Trusted() {
		who, whoID = v.Origin, ""
	}
	p := published{ID: v.ID, Crate: crate.Name, Num: v.Num, At: v.CreatedAt, Who: who, WhoID: whoID, Account: v.Publisher, Token: v.Token,
		How: v.Method.Label(), SHA256: hex.EncodeToString(v.SHA256[:]), Size: int64(v.Size),
		// One transaction writes a new crate and its first version with its one time.
		First: v.CreatedAt.Equal(crate.CreatedAt)}
	l.add(p.moment())
}

// published is how a version came to be, from wherever that is known.
type published struct {
	ID             int32
	Crate, Num     string
	At             time.Time
	Who, WhoID     string
	Account, Token int32
	How, SHA256    string
	Size           int64
	First          bool
}

func (p published) moment() Moment {
	m := Moment{
		ID: "registry/publish/" + strconv.Itoa(int(p.ID)), At: p.At, What: whatPublish, Who: p.Who, WhoID: p.WhoID,
		Subject: versionSubject(p.Crate, p.Num), Link: versionPath(p.Crate, p.Num),
		Details: map[string]string{"crate": p.Crate, "version": p.Num, "version_id": strconv.Itoa(int(p.ID))},
	}
	put := func(name, value string) {
		if value != "" && value != "0" {
			m.Details[name] = value
		}
	}
	put("sha256", p.SHA256)
	put("bytes", strconv.FormatInt(p.Size, 10))
	put("how", p.How)
	put("publisher", strconv.Itoa(int(p.Account)))
	put("token", strconv.Itoa(int(p.Token)))
	m.Sentence = fmt.Sprintf("%s %s was published", p.Crate, p.Num)
	if p.Who != "" {
		m.Sentence += " by " + p.Who
	}
	switch {
	case p.Token != 0:
		m.Sentence += fmt.Sprintf(" with API token %d", p.Token)
		m.Also = append(m.Also, ledger.Subject{Kind: "token", ID: strconv.Itoa(int(p.Token))})
	case p.How != "":
		m.Sentence += " (" + p.How + ")"
	}
	if p.First {
		m.Sentence += ": the first version of a new crate"
		m.Details["first"] = "true"
	}
	m.Sentence += "."
	if p.Account != 0 {
		m.Also = append(m.Also, accountSubject(p.Account, strings.TrimPrefix(p.Who, "account ")))
	}
	return m
}

// acts tells yanks and unyanks of a crate's versions by anybody.
func (l *looker) acts(ctx context.Context, c mirror.Crate) error {
	if l.cfg.Reader == nil {
		return nil
	}
	list, err := l.cfg.Reader.CrateActions(ctx, c.ID, mostActions)
	if err != nil {
		return err
	}
	for _, a := range list {
		l.act(c.Name, a)
	}
	return nil
}

// act tells one recorded act; publishes are told by the versions' rows.
func (l *looker) act(crate string, a registry.CrateAction) {
	what, word := whatYank, "yanked"
	switch a.Action {
	case 1:
	case 2:
		what, word = whatUnyank, "unyanked"
	default:
		return
	}
	who, whoID := l.called(a.By.ID)
	how := "in a browser session"
	m := Moment{
		ID: fmt.Sprintf("registry/%s/%d/%d", what, a.VersionID, a.Time.UnixMicro()), At: a.Time, What: what, Who: who, WhoID: whoID,
		Subject: versionSubject(crate, a.Num), Link: versionPath(crate, a.Num),
		Also: []ledger.Subject{accountSubject(a.By.ID, who)},
	}
	if a.TokenID != 0 {
		how = fmt.Sprintf("with API token %d", a.TokenID)
		m.Also = append(m.Also, ledger.Subject{Kind: "token", ID: strconv.Itoa(int(a.TokenID))})
	}
	m.Sentence = fmt.Sprintf("%s %s was %s by %s %s.", crate, a.Num, word, who, how)
	l.late(m)
}

// action tells an act that was found by its account or token.
func (l *looker) action(a mirror.Action) {
	v, ok := l.m.Version(a.VersionID)
	if !ok {
		return
	}
	crate, _ := l.m.CrateRow(v.CrateID)
	l.act(crate.Name, registry.CrateAction{VersionID: a.VersionID, Num: v.Num, Action: int32(a.Kind), Time: a.Time, By: registry.Person{ID: a.UserID}, TokenID: a.Token})
}

// called is an account's login; WhoID has its number, which no rename changes.
func (l *looker) called(id int32) (who, whoID string) {
	if id == 0 {
		return "", ""
	}
	whoID = accountKey(id)
	if a, ok := l.m.Account(id); ok {
		return a.Login, whoID
	}
	return fmt.Sprintf("account %d", id), whoID
}

// accountKey is an account in WhoID.
func accountKey(id int32) string { return "account:" + strconv.Itoa(int(id)) }

func versionSubject(crate, num string) ledger.Subject {
	return ledger.Subject{Kind: "version", ID: crate + "@" + num}
}

func accountSubject(id int32, login string) ledger.Subject {
	return ledger.Subject{Kind: "account", ID: strconv.Itoa(int(id)), Name: login}
}

func versionPath(crate, num string) string {
	return "/crates/" + url.PathEscape(crate) + "/" + url.PathEscape(num)
}
