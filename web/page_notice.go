package web

import (
	"context"
	"net/http"
	"strconv"

	"cratewarden"
	"cratewarden/dossier"
	"cratewarden/ledger"
	"cratewarden/notify"
)

// Notices is what people were told; notify.Service is one.
type Notices interface {
	List(ctx context.Context, f notify.Filter) (notify.Page, error)
	Get(ctx context.Context, id int64) (notify.Delivery, error)
	Channels() []notify.ChannelInfo
	Resend(ctx context.Context, id int64, by ledger.Entry) (notify.Delivery, error)
	Test(ctx context.Context, channel string, by ledger.Entry) (notify.Delivery, error)
}

// noticesPage is the list of messages with the channels that they go by.
type noticesPage struct {
	Page
	Head     Head
	Notices  []Notice
	Main     []Card
	Channels []channelRow
	Refused  string // why the visitor cannot try them
}

// channelRow is one channel with the button that tries it.
type channelRow struct {
	ID   string
	What Phrase
	URL  string
}

// noticePage is one message.
type noticePage struct {
	Page
	Head    Head
	Notices []Notice
	Main    []Card
	Again   string // the word on the button; "" for none
	Refused string // why the visitor cannot have it sent
	URL     string
}

// noticeRoutes are the pages of messages; none in a console that tells nobody.
func (s *Server) noticeRoutes() []route {
	if s.cfg.Notices == nil {
		return nil
	}
	return []route{
		{pattern: "GET /notices", act: "notice.look", handle: s.noticeList, timeout: listTime, nav: nav{section: "Console", label: "Notices"}},
		{pattern: "GET /notices/{id}", act: "notice.look", handle: s.noticeShow, under: "/notices"},
		{pattern: "POST /notices/{id}/resend", act: "notice.resend", handle: s.noticeResend, under: "/notices"},
		{pattern: "POST /notices/channels/{channel}/test", act: "notice.resend", handle: s.noticeTest, under: "/notices"},
	}
}

func noticeURL(id int64) string { return Path("notices", digits(id)) }

// noticesMost is how many rows a page holds at most; the service's bound.
const noticesMost = 500

// noticeQuery is what the address of the list asks for.
type noticeQuery struct {
	filter notify.Filter
	fields []Field
	f      *fields
}

func (s *Server) readNotices(f *fields) noticeQuery {
	q := noticeQuery{f: f}
	channels := options()
	for _, c := range s.cfg.Notices.Channels() {
		channels = append(channels, Option{c.ID, c.ID})
	}
	channels = append(channels, Option{"none", "none took it"})
	kind := Field{Name: "kind", Label: "Kind", Options: options(notify.Kinds()...)}
	channel := Field{Name: "channel", Label: "Channel", Options: channels}
	state := Field{Name: "state", Label: "State", Options: options(string(notify.Waiting), string(notify.Sending), string(notify.Sent), string(notify.Failed), string(notify.GivenUp))}
	q.filter = notify.Filter{Kind: f.pick(&kind), Channel: f.pick(&channel), State: notify.State(f.pick(&state)), Person: f.text("person", ledgerTextMost), Plan: f.text("plan", ledgerTextMost),
		Before: f.wholeNumber("before"), Limit: int(f.number("limit", 1, noticesMost, listLimit))}
	limit := f.values.Get("limit")
	q.fields = []Field{kind, channel, state, {Name: "person", Label: "Person", Value: q.filter.Person, Hint: "id"}, {Name: "plan", Label: "Plan", Value: q.filter.Plan}, {Name: "limit", Label: "Rows on a page", Value: limit, Options: rowChoices(limit)}}
	return q
}

// here is the address of the list with its filters.
func (q noticeQuery) here(base string, more ...any) string {
	return withPairs(address(base, narrowing(q.fields).pairs()...), more)
}

func (s *Server) noticeList(w http.ResponseWriter, r *http.Request) error {
	return s.showNotices(w, r, http.StatusOK)
}

func (s *Server) showNotices(w http.ResponseWriter, r *http.Request, status int, notices ...Notice) error {
	f := readFields(r)
	q, csv := s.readNotices(f), wantsCSV(f)
	if f.err != nil {
		return f.err
	}
	if csv {
		return s.noticeFile(w, r, q.filter)
	}
	list, err := s.cfg.Notices.List(r.Context(), q.filter)
	if err != nil {
		return err
	}
	p := noticesPage{Page: s.page(r, "Notices"), Notices: notices, Head: Head{Title: "Notices",
		Lead: Text("Who was told what, by which way, and whether it arrived. Mail addresses are masked; what goes to chats and webhooks holds nothing private.")}}
	p.Main = []Card{s.noticesCard(list, q)}
	p.Channels, p.Refused = channelRows(s.cfg.Notices.Channels()), s.refusedHere(r, "notice.resend")
	return s.render(w, "messages", status, p)
}

// refusedHere says why the visitor cannot do an act; without sign-in nobody can.
func (s *Server) refusedHere(r *http.Request, act string) string {
	if s.cfg.Auth == nil {
		return "Nobody signs in here."
	}
	return s.wouldRefuse(s.visitor(r), act)
}

func (s *Server) noticeFile(w http.ResponseWriter, r *http.Request, filter notify.Filter) error {
	return export(s, w, "notices", positive64(filter.Before), func(before string, limit int) (dossier.Page[notify.Delivery], error) {
		filter.Limit, filter.Before = limit, 0
		if before != "" {
			n, err := strconv.ParseInt(before, 10, 64)
			if err != nil {
				return dossier.Page[notify.Delivery]{}, err
			}
			filter.Before = n
		}
		p, err := s.cfg.Notices.List(r.Context(), filter)
		return dossier.Page[notify.Delivery]{Rows: p.Rows, Next: positive64(p.Next)}, err
	})
}

// noticeID is the message in the path.
func noticeID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id < 1 {
		return 0, cratewarden.Errorf(cratewarden.NotFound, "There is no such message. The list of notices has those there are.")
	}
	return id, nil
}

func (s *Server) noticeShow(w http.ResponseWriter, r *http.Request) error {
	return s.showNotice(w, r, http.StatusOK)
}

func (s *Server) showNotice(w http.ResponseWriter, r *http.Request, status int, notices ...Notice) error {
	id, err := noticeID(r)
	if err != nil {
		return err
	}
	d, err := s.cfg.Notices.Get(r.Context(), id)
	if err != nil {
		return err
	}
	p := noticePage{Page: s.page(r, visible(d.Title)), Notices: notices, URL: noticeURL(id), Head: noticeHead(d), Main: []Card{s.toldCard(d), s.messageCard(d)}}
	if d.State != notify.Sending {
		p.Again, p.Refused = map[bool]string{true: "Try now", false: "Send again"}[d.Open()], s.refusedHere(r, "notice.resend")
	}
	return s.render(w, "message", status, p)
}

// by is who asks, for the ledger.
func (s *Server) by(r *http.Request) ledger.Entry {
	who := s.who(r)
	return ledger.Entry{Actor: ledger.Actor{ID: who.ID, Name: who.Name, RegistryUser: int64(who.RegistryUser)}, Session: who.Session}
}

// noticeResend leads to the message that will be sent.
func (s *Server) noticeResend(w http.ResponseWriter, r *http.Request) error {
	id, err := noticeID(r)
	if err != nil {
		return err
	}
	d, err := s.cfg.Notices.Resend(r.Context(), id, s.by(r))
	if err == nil {
		http.Redirect(w, r, noticeURL(d.ID), http.StatusSeeOther)
		return nil
	}
	if status, notice, ok := askAgain(r, err); ok && cratewarden.KindOf(err) != cratewarden.NotFound {
		return s.showNotice(w, r, status, notice)
	}
	return err
}

func (s *Server) noticeTest(w http.ResponseWriter, r *http.Request) error {
	d, err := s.cfg.Notices.Test(r.Context(), r.PathValue("channel"), s.by(r))
	if err == nil {
		http.Redirect(w, r, noticeURL(d.ID), http.StatusSeeOther)
	}
	return err
}
