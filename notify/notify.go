// Package notify tells people what happened: by mail, to Zulip, to Slack and to
// signed webhooks. What is to be told is written in the transaction that does
// the thing, so nothing is done in silence and nothing is told that did not
// happen; sending is work for later, tried again until it succeeds, and kept so
// that anybody can see who was told what and when.
package notify

import "cratewarden"

// Notice is something to tell. It never holds anything private: it leaves the
// house.
type Notice struct {
	Kind   string             // such as "passkey.added"; channels choose by it
	To     []string           // people to tell by mail, by their ids in the console
	Roles  []cratewarden.Role // and everybody with one of these
	Title  string
	Text   string
	Path   string // page of the console that shows more, such as "/plans/p12"
	Plan   string
	Urgent bool // pages people where a channel can
}
