package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"cratewarden"
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

// NoticeList is a part of the list of messages, newest first.
type NoticeList struct {
	Rows []notify.Delivery `json:"rows"`
	Next int64             `json:"next,omitempty" doc:"before of the next page; left out at the end"`
}

// ChannelList is the ways by which notices go.
type ChannelList struct {
	Rows []notify.ChannelInfo `json:"rows"`
}

type noticesInput struct {
	Kind    string       `query:"kind" maxLength:"64" doc:"such as passkey.added"`
	Channel string       `query:"channel" maxLength:"32" doc:"its id; mail; none for what no channel took"`
	State   notify.State `query:"state" enum:"waiting,sending,sent,failed,given up"`
	Person  string       `query:"person" maxLength:"256" doc:"whom a mail is for, by id"`
	Plan    string       `query:"plan" maxLength:"256"`
	Before  int64        `query:"before" minimum:"0" doc:"only messages with a smaller number; 0 begins with the newest"`
	Limit   int          `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"rows at most"`
}

// NoticeInput names a message.
type NoticeInput struct {
	ID int64 `path:"id" minimum:"1"`
}

// ChannelInput names a channel.
type ChannelInput struct {
	Channel string `path:"channel" maxLength:"32"`
}

// messenger answers the questions about notices.
type messenger struct{ notices Notices }

func registerNotices(a huma.API, cfg Config) {
	m := messenger{cfg.Notices}
	get(a, "notices", "notice.look", "/notices", "Who was told what, newest first; mail addresses are masked", m.list)
	get(a, "notice", "notice.look", "/notices/{id}", "One message", m.show)
	get(a, "notice-channels", "notice.look", "/notice-channels", "The channels that notices go by, without addresses and secrets", m.channels)
	post(a, "notice-resend", "notice.resend", "/notices/{id}/resend", "Try a message at once, or send a copy of one that is sent or given up; gives the message that will be sent", m.resend)
	post(a, "notice-test", "notice.resend", "/notice-channels/{channel}/test", "Send a test by a channel; by mail it goes to who asks", m.test)
}

func (m messenger) there() error {
	if m.notices == nil {
		return cratewarden.Errorf(cratewarden.Unavailable, "This console has no sign-in, so nobody is told anything.")
	}
	return nil
}

func (m messenger) list(ctx context.Context, in *noticesInput) (*NoticeList, error) {
	if err := m.there(); err != nil {
		return nil, err
	}
	p, err := m.notices.List(ctx, notify.Filter{Kind: in.Kind, Channel: in.Channel, State: in.State, Person: in.Person, Plan: in.Plan, Before: in.Before, Limit: in.Limit})
	return &NoticeList{append([]notify.Delivery{}, p.Rows...), p.Next}, err
}

func (m messenger) show(ctx context.Context, in *NoticeInput) (*notify.Delivery, error) {
	if err := m.there(); err != nil {
		return nil, err
	}
	d, err := m.notices.Get(ctx, in.ID)
	return &d, err
}

func (m messenger) channels(context.Context, *struct{}) (*ChannelList, error) {
	if err := m.there(); err != nil {
		return nil, err
	}
	return &ChannelList{m.notices.Channels()}, nil
}

// by is who asks, for the ledger.
func by(ctx context.Context) ledger.Entry {
	who := visitor(ctx).Actor
	return ledger.Entry{Actor: ledger.Actor{ID: who.ID, Name: who.Name, RegistryUser: int64(who.RegistryUser)}, Session: who.Session}
}

func (m messenger) resend(ctx context.Context, in *NoticeInput) (*notify.Delivery, error) {
	if err := m.there(); err != nil {
		return nil, err
	}
	d, err := m.notices.Resend(ctx, in.ID, by(ctx))
	return &d, err
}

func (m messenger) test(ctx context.Context, in *ChannelInput) (*notify.Delivery, error) {
	if err := m.there(); err != nil {
		return nil, err
	}
	d, err := m.notices.Test(ctx, in.Channel, by(ctx))
	return &d, err
}
