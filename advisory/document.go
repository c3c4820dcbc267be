package advisory

import (
	"cratewarden"
)

// writer makes the documents of one form from a sheet: one, or one per crate,
// or none when the sheet gives no occasion for it.
type writer func(Sheet) ([]Document, error)

// writers are the forms that there are. Each is in a file of its own.
func writers() map[Format]writer {
	return map[Format]writer{
		RustSec: rustSecFiles,
		OSV:     osvRecords,
		CSAF20:  csafOf(csaf20),
		CSAF21:  csafOf(csaf21),
		List:    lists,

		Blog:           blogPost,
		Zulip:          zulipPost,
		Status:         statusText,
		MailLocked:     mailLocked,
		MailCoOwner:    mailCoOwners,
		MailDependents: mailDependents,
		MailReporter:   mailReporters,
		AbuseIdentity:  abuseIdentity,
		AbuseHoster:    abuseHosters,
		AmIAffected:    affected,
		PostMortem:     postMortem,
	}
}

// Formats are all forms, in the order in which they are made and shown.
func Formats() []Format {
	return []Format{
		RustSec, OSV, CSAF20, CSAF21, Blog, Zulip, Status,
		MailLocked, MailCoOwner, MailDependents, MailReporter,
		AbuseIdentity, AbuseHoster, AmIAffected, List, PostMortem,
	}
}

// Public says that a form is read by everybody, so that nothing private may
// stand in it and it waits until the bad is gone.
func (f Format) Public() bool {
	switch f {
	case RustSec, OSV, CSAF20, CSAF21, Blog, Status, AmIAffected, List:
		return true
	}
	return false
}

// PerCrate says that a form has one document for each crate of the sheet.
func (f Format) PerCrate() bool { return f == RustSec || f == OSV }

// Documents writes a sheet in the forms asked for, in their order; without any
// in all that there are. The same sheet gives the same bytes. It says nothing of
// whether they may be published: that is Lint's. Invalid is a form that nobody
// writes, and a sheet without what no form can be without.
func Documents(s Sheet, formats ...Format) ([]Document, error) {
	known := writers()
	if len(formats) == 0 {
		for _, f := range Formats() {
			if known[f] != nil {
				formats = append(formats, f)
			}
		}
	}
	var out []Document
	for _, f := range formats {
		write := known[f]
		if write == nil {
			return nil, cratewarden.Errorf(cratewarden.Invalid, "There is no form %q of a document.", f)
		}
		made, err := write(s)
		if err != nil {
			return nil, err
		}
		out = append(out, made...)
	}
	return out, nil
}
