package advisory

import (
	"slices"
	"strings"
	"time"

	"cratewarden"
)

// Mails are texts that begin with their subject on a line of its own; whoever
// sends one takes it apart with MailParts. None has an address: those of the
// registry's people are private, and are looked up by who sends, one at a time.

// DependentOwner is somebody whose crates depend on bad ones.
type DependentOwner struct {
	Login string `json:"login"`
	// Crates are theirs, with what of them leads to a bad version.
	Crates []Dependent `json:"crates"`
}

// Dependent is a crate that depends on a bad one directly.
type Dependent struct {
	Crate       string `json:"crate"`
	On          string `json:"on"`
	Requirement string `json:"requirement"` // as published, such as "^0.3"
	// Seen is up to when it was so, of a dependency on what is gone; zero is now.
	Seen time.Time `json:"seen,omitzero"`
}

// mail puts a mail together. Its subject is one line whatever it is made of, and
// cannot begin another header.
func mail(f Format, to, path, subject string, parts ...string) Document {
	parts = slices.DeleteFunc(parts, func(p string) bool { return p == "" })
	text := "Subject: " + oneLine(subject) + "\n\n" + strings.Join(parts, "\n\n") + "\n"
	return Document{Format: f, To: oneLine(to), Path: "mail/" + path + ".txt", Type: "text/plain; charset=utf-8", Text: text}
}

// MailParts takes a mail's text apart. Invalid is one whose first line is no
// subject, or that would add a header of its own.
func MailParts(text string) (subject, body string, err error) {
	first, rest, _ := strings.Cut(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	subject, ok := strings.CutPrefix(first, "Subject: ")
	if !ok || strings.TrimSpace(subject) == "" {
		return "", "", cratewarden.Errorf(cratewarden.Invalid, `A mail begins with a line "Subject: …".`)
	}
	if subject != oneLine(subject) {
		return "", "", cratewarden.Errorf(cratewarden.Invalid, "The subject holds letters that steer text or begin another line. Take them out.")
	}
	empty, body, _ := strings.Cut(rest, "\n")
	if strings.TrimSpace(empty) != "" {
		return "", "", cratewarden.Errorf(cratewarden.Invalid, "After the subject of a mail comes an empty line, and no other header.")
	}
	return subject, strings.TrimSpace(body) + "\n", nil
}

// mentioned is the subject of a mail, with the case so that answers find it.
func (s Sheet) mentioned(what string) string {
	return what + " [" + oneLine(s.Incident) + "]"
}

func hello(name string) string {
	if name = oneLine(name); name == "" {
		return "Hello,"
	}
	return "Hello " + name + ","
}

// appeal says where to object.
func (s Sheet) appeal() string {
	where := oneLine(s.Registry.Appeal)
	if where == "" {
		return "If you think that this is wrong, answer this mail and name the case " + oneLine(s.Incident) + "."
	}
	return "If you think that this is wrong, or have a question, write to " + where + " and name the case " + oneLine(s.Incident) + "."
}

func (s Sheet) signed() string {
	name := oneLine(s.Publisher.Team)
	if name == "" {
		name = s.Registry.name()
	}
	return "-- \n" + name
}

// versionLines lists bad versions of crates as plain text.
func versionLines(crates []Crate) string {
	var lines []string
	for _, c := range crates {
		for _, v := range c.Bad {
			line := "  " + oneLine(c.Name) + " " + oneLine(v.Num)
			if !v.Published.IsZero() {
				line += ", published " + stampUTC(v.Published)
			}
			if gone := v.Gone(); gone.IsZero() {
				line += ", can still be downloaded"
			} else { // the post calls that moment the removal, too
				line += ", could be downloaded until " + stampUTC(gone)
			}
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

func titled(title, lines string) string {
	if lines == "" {
		return ""
	}
	return title + "\n\n" + lines
}

// publishedBy gives the crates whose bad versions an account published.
func (s Sheet) publishedBy(login string) (out []Crate) {
	for _, c := range s.Crates {
		if len(c.Bad) > 0 && strings.EqualFold(c.PublishedBy, login) {
			out = append(out, c)
		}
	}
	return out
}

// mailLocked is one mail to each account that is locked: why, since when, until
// when, what was removed, what to do, where to appeal.
func mailLocked(s Sheet) ([]Document, error) {
	var out []Document
	for _, a := range s.Accounts {
		if !a.Locked {
			continue
		}
		why := "It published code that does harm."
		do := ""
		switch {
		case !s.harmful():
			why = "What it published is not allowed by the registry's rules."
		case a.Role != "attacker":
			why = "Somebody seems to have used it, or a token of it, without you. The lock keeps them out."
			do = "What to do now:\n\n" +
				"  1. Look at the sessions, keys and applications of your account at the identity provider, and end those that are not yours.\n" +
				"  2. Take every token and secret that your machines and your build services had as stolen, and exchange it.\n" +
				"  3. Answer, so that we can open the account together. Old tokens stay closed; you make new ones."
		}
		since := "Your account " + oneLine(a.Login) + " on " + s.Registry.name() + " is locked"
		if !a.LockedAt.IsZero() {
			since += " since " + stampUTC(a.LockedAt)
		}
		if a.Until.IsZero() {
			since += ". The lock has no end date; it stays until we open it."
		} else {
			since += ", until " + stampUTC(a.Until) + "."
		}
		out = append(out, mail(MailLocked, a.Login, "locked-"+fileName(a.Login), s.mentioned("Your account on "+s.Registry.name()+" is locked"),
			hello(a.Login), since+" "+why, titled("This was published with it:", versionLines(s.publishedBy(a.Login))), restoredLines(s, a.Login), do, s.appeal(), s.signed()))
	}
	return out, nil
}

// restoredLines says which yanks were taken back in crates of an account.
func restoredLines(s Sheet, login string) string {
	var lines []string
	for _, c := range s.publishedBy(login) {
		if len(c.Restored) > 0 {
			lines = append(lines, "  "+oneLine(c.Name)+" "+oneLine(strings.Join(c.Restored, ", ")))
		}
	}
	return titled("These good versions had been yanked, and are back:", strings.Join(lines, "\n"))
}

// mailCoOwners is one mail to each other owner of the crates, about all of
// theirs.
func mailCoOwners(s Sheet) ([]Document, error) {
	theirs := map[string][]Crate{}
	for _, c := range s.Crates {
		for _, owner := range c.Owners {
			if len(c.Bad) > 0 && !strings.EqualFold(owner, c.PublishedBy) {
				theirs[owner] = append(theirs[owner], c)
			}
		}
	}
	var out []Document
	for _, owner := range sortedKeys(theirs) {
		var back []string
		for _, c := range theirs[owner] {
			if len(c.Restored) > 0 {
				back = append(back, "  "+oneLine(c.Name)+" "+oneLine(strings.Join(c.Restored, ", ")))
			}
		}
		out = append(out, mail(MailCoOwner, owner, "co-owner-"+fileName(owner), s.mentioned("Bad versions of "+one(len(theirs[owner]), "a crate", "crates")+" that you own"),
			hello(owner),
			"Bad versions were published of "+one(len(theirs[owner]), "a crate", "crates")+" on "+s.Registry.name()+" that you own with others. They hold "+s.verdict()+".",
			versionLines(theirs[owner]),
			titled("These good versions had been yanked, and are back:", strings.Join(back, "\n")),
			"Please look at who owns these crates and whom they trust to publish, exchange your own tokens if they were on a machine that built one of these versions, and do not publish over them before we have spoken.",
			s.appeal(), s.signed()))
	}
	return out, nil
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// DependentsTo is who the common text of the digests is for.
const DependentsTo = "owners of direct dependents"

// dependentsMarker is where each digest has its own list.
const dependentsMarker = "[Here each of them reads which of their crates depend on it.]"

// mailDependents is the common text of the digests, of which Digests makes one
// for each person.
func mailDependents(s Sheet) ([]Document, error) {
	files, lock, err := checkCommands(s)
	if err != nil || files == "" {
		return nil, err
	}
	crates, _ := s.bad()
	return []Document{mail(MailDependents, DependentsTo, "dependents", s.mentioned(one(crates, "A crate", "Crates")+" that yours depend on had bad versions"),
		"Hello,",
		"These versions on "+s.Registry.name()+" held "+s.verdict()+":",
		versionLines(s.Crates),
		dependentsMarker,
		"To see whether a machine fetched one of them:\n\n"+files,
		"To see whether a Cargo.lock names one of them:\n\n"+lock,
		"If so, exchange the tokens, keys and passwords that the build could read, update, and publish a version of yours that does not allow the bad one if its requirements do.",
		s.appeal(), s.signed())}, nil
}

func (d Dependent) line() string {
	if d.Seen.IsZero() {
		return "  " + oneLine(d.Crate) + " depends on " + oneLine(d.On) + " " + oneLine(d.Requirement)
	}
	return "  " + oneLine(d.Crate) + " depended on " + oneLine(d.On) + " " + oneLine(d.Requirement) + ", as of " + stampUTC(d.Seen)
}

// Digests fills the common text for each person: one mail, whatever number of
// their crates is concerned. A text from which somebody took the marker gets the
// list at its end.
func Digests(common Document, owners []DependentOwner) []Document {
	out := make([]Document, 0, len(owners))
	for _, o := range owners {
		lines := make([]string, 0, len(o.Crates))
		for _, d := range o.Crates {
			lines = append(lines, d.line())
		}
		own := titled("Of your crates:", strings.Join(lines, "\n"))
		d := common
		d.To, d.Path = oneLine(o.Login), "mail/dependents/"+fileName(o.Login)+".txt"
		if strings.Contains(d.Text, dependentsMarker) {
			d.Text = strings.Replace(d.Text, dependentsMarker, own, 1)
		} else {
			d.Text = strings.TrimRight(d.Text, "\n") + "\n\n" + own + "\n"
		}
		out = append(out, d)
	}
	return out
}

// mailReporters thanks each of those who found it, and says what came of it.
func mailReporters(s Sheet) ([]Document, error) {
	var out []Document
	for _, f := range s.Finder {
		name := publicName(f)
		if name == "" || f.Type != "" && f.Type != "FINDER" && f.Type != "REPORTER" && f.Type != "finder" && f.Type != "reporter" {
			continue
		}
		var links []string
		for _, l := range s.Links {
			if to := address(l.URL); to != "" {
				links = append(links, "  "+to)
			}
		}
		outcome := "It turned out to be: " + s.verdict() + "."
		if at := s.lastGone(); !at.IsZero() {
			outcome += " Nobody can download it any more since " + stampUTC(at) + "."
		}
		out = append(out, mail(MailReporter, name, "reporter-"+fileName(name), s.mentioned("What came of your report"),
			hello(name), "Thank you for your report.", outcome, versionLines(s.Crates), titled("More about it:", strings.Join(links, "\n")),
			"The advisories name you as \""+name+"\". Tell us if you want another name, or none.", s.signed()))
	}
	return out, nil
}
