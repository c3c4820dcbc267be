package provenance

import (
	"fmt"
	"strings"
	"time"

	"cratewarden"
)

// compared is how many previous publishes make the habit.
const compared = 10

// Judge gives the verdict on a publish.
func Judge(in Input) Verdict {
	in.run = sameRun(in)
	if len(in.Previous) > compared {
		in.Previous = in.Previous[:compared]
	}
	diffs := differences(in)
	v := Verdict{
		Differences: diffs,
		Tone:        tone(diffs),
		Evidence:    evidence(in),
		NotKept:     gaps(in),
	}
	v.Sentence = sentence(in, diffs)
	v.Columns, v.Matrix = matrix(in, diffs)
	return v
}

// tone is bad when two strong breaks with the habit meet, or one strong and
// two notable: each alone has an innocent reading, together rarely.
func tone(diffs []Difference) string {
	sum, strong := 0, 0
	for _, d := range diffs {
		sum += d.Weight
		if d.Weight > 1 {
			strong++
		}
	}
	switch {
	case strong >= 2 || strong == 1 && sum >= 4:
		return "bad"
	case sum >= 2:
		return "warn"
	}
	return "calm"
}

// sentence is the answer in one breath: how, with what, by whom, and how that
// sits with the habit.
func sentence(in Input, diffs []Difference) string {
	var b strings.Builder
	b.WriteString("Published ")
	b.WriteString(how(in))
	if tail := habit(in, diffs); tail != "" {
		b.WriteString(tail)
	}
	b.WriteString(".")
	if n := len(in.YankedSoon); n > 0 {
		fmt.Fprintf(&b, " %s later the same account yanked %s of this crate.",
			capital(cratewarden.Span(in.YankedSoonAfter)), cratewarden.Amount(n, "other version", "other versions"))
	}
	return b.String()
}

func how(in Input) string {
	s := in.Subject
	switch s.Method {
	case cratewarden.MethodGitHub, cratewarden.MethodGitLab:
		text := "by trusted publishing from " + s.Origin
		if s.Run != "" {
			text += " " + runWord(s.Method) + " " + s.Run
		}
		if s.Commit != "" {
			text += " at commit " + short(s.Commit)
		}
		return text
	case cratewarden.MethodToken:
		return "with API token " + tokenWords(in) + byWhom(in)
	case cratewarden.MethodSession:
		return "from a browser session" + byWhom(in)
	case cratewarden.MethodAccount:
		if in.Dump {
			return "by account " + s.Person + " (the credential is " + cratewarden.NotInDump + ")"
		}
		return "by account " + s.Person + ", before the registry logged the credential"
	}
	if in.Dump {
		return "without a named account: trusted publishing or very old (the claims are " + cratewarden.NotInDump + ")"
	}
	return "in a way the registry has no record of: a very old version, or trusted publishing without claims"
}

func tokenWords(in Input) string {
	t := in.Subject.Token
	if t == nil {
		return "(its row is gone)"
	}
	words := []string{fmt.Sprintf("“%s” #%d", t.MaskedName, t.ID), cratewarden.Span(in.Subject.At.Sub(t.CreatedAt)) + " old"}
	if t.Unscoped {
		words = append(words, "unscoped")
	} else {
		words = append(words, "which may "+t.Endpoints+" on "+t.Crates)
	}
	if t.ExpiresAt.IsZero() {
		words = append(words, "without expiry")
	}
	if in.TokenFirstForCrate {
		words = append(words, "first use for this crate")
	}
	return strings.Join(words, ", ") + ","
}

func byWhom(in Input) string {
	text := " by " + in.Subject.Person
	since := in.Subject.At.Sub(in.OwnerSince)
	switch {
	case in.OwnerSince.IsZero() && !in.IsOwner:
		text += ", who is not an owner by name"
	case in.OwnerGone:
		text += ", an owner then and no more"
	case in.Earlier == 0:
		text += ", who thereby made the crate"
	case !in.OwnerSince.IsZero() && since >= 0 && since < 30*24*time.Hour:
		text += ", an owner for " + cratewarden.Span(since)
	}
	return text
}

// habit ends the sentence: "as were the previous 12", or what is new.
func habit(in Input, diffs []Difference) string {
	if in.Earlier == 0 {
		return "; it is the crate's first version"
	}
	var said []string
	for _, d := range diffs {
		switch d.Kind {
		case "cadence", "hour", "method", "person", "origin", "dependencies":
			said = append(said, d.Text)
		}
	}
	if len(said) > 0 {
		return "; " + strings.Join(said, "; ")
	}
	switch in.run {
	case 0:
		return ""
	case 1:
		return ", as was the previous one"
	}
	return fmt.Sprintf(", as were the previous %d", in.run)
}

// sameRun counts how many publishes just before came the same way, from the
// same origin or person.
func sameRun(in Input) int {
	n := 0
	for _, p := range in.Previous {
		if p.Method != in.Subject.Method || p.Origin != in.Subject.Origin || p.PersonID != in.Subject.PersonID {
			break
		}
		n++
	}
	return n
}

func runWord(m cratewarden.Method) string {
	if m == cratewarden.MethodGitLab {
		return "job"
	}
	return "run"
}

func short(hash string) string {
	if len(hash) > 10 {
		return hash[:10]
	}
	return hash
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
