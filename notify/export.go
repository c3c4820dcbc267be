package notify

import (
	"strconv"
	"time"
)

// Columns names the cells of Record.
func (Delivery) Columns() []string {
	return []string{"id", "notice", "ordered_at", "kind", "title", "urgent", "plan", "channel", "person", "name", "mail_masked", "state", "tries", "problem", "next_at", "sent_at", "again_of", "asked_by"}
}

// Record is the message as a line of a CSV file.
func (d Delivery) Record() []string {
	instant := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	again := ""
	if d.AgainOf != 0 {
		again = num(d.AgainOf)
	}
	return []string{num(d.ID), num(d.Notice), instant(&d.At), d.Kind, d.Title, strconv.FormatBool(d.Urgent), d.Plan, d.Channel, d.Person, d.Name, d.Mail, string(d.State), strconv.Itoa(d.Tries), d.Problem,
		instant(d.NextAt), instant(d.SentAt), again, d.AskedBy}
}
