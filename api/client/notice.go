package client

import (
	"context"
	"net/url"
	"strconv"

	"cratewarden/api"
	"cratewarden/notify"
)

// Notices lists messages; the fields of the query are those of the interface.
func (c *Client) Notices(ctx context.Context, q url.Values) (*api.NoticeList, error) {
	return Get[api.NoticeList](ctx, c, q, "notices")
}

// Notice gives one message.
func (c *Client) Notice(ctx context.Context, id int64) (*notify.Delivery, error) {
	return Get[notify.Delivery](ctx, c, nil, "notices", strconv.FormatInt(id, 10))
}

// NoticeChannels gives the channels that notices go by.
func (c *Client) NoticeChannels(ctx context.Context) (*api.ChannelList, error) {
	return Get[api.ChannelList](ctx, c, nil, "notice-channels")
}

// ResendNotice gives the message that will be sent.
func (c *Client) ResendNotice(ctx context.Context, id int64) (*notify.Delivery, error) {
	return PostKey[notify.Delivery](ctx, c, nil, NewKey(), "notices", strconv.FormatInt(id, 10), "resend")
}

// TestChannel sends a test by a channel.
func (c *Client) TestChannel(ctx context.Context, channel string) (*notify.Delivery, error) {
	return PostKey[notify.Delivery](ctx, c, nil, NewKey(), "notice-channels", channel, "test")
}
