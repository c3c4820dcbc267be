package main

import (
	"io"
	"os"

	"cratewarden"
	"cratewarden/api"
	"cratewarden/incident"
	"cratewarden/web"
)

type incidentShowCmd struct{ caseArg }

// Run shows.
func (c incidentShowCmd) Run(e env) error {
	return fetch(e, c.asking, nil, printCase, "incidents", c.ID)
}

func printCase(w io.Writer, v *api.IncidentView) {
	i := v.Incident
	say(w, "%s  %s", i.ID, inert(i.Title))
	if i.Drill != "" {
		say(w, "  A DRILL: nothing of this is real.")
	}
	fact(w, "State", string(i.State))
	fact(w, "Next", web.NextOf(i, v.Next))
	fact(w, "Goes on in", i.MergedInto)
	fact(w, "Kind", string(i.Kind))
	fact(w, "Verdict", orElse(string(i.Verdict), "none yet"))
	fact(w, "Severity", string(i.Severity))
	fact(w, "TLP", string(i.TLP))
	fact(w, "Lead", orElse(i.Lead.Name, "nobody"))
	for _, name := range i.Campaigns {
		fact(w, "Campaign", name)
	}
	fact(w, "Came by", i.Source)
	if i.ReportedAt != nil {
		fact(w, "First report", when(*i.ReportedAt)+" UTC")
	}
	fact(w, "Opened", when(i.OpenedAt)+" UTC by "+i.OpenedBy.Name)
	if i.ClosedAt != nil {
		fact(w, "Closed", when(*i.ClosedAt)+" UTC")
	}
	fact(w, "Part of", i.SplitFrom)
	fact(w, "Public notices", unlocked(i))
	section(w, "About", i.Subjects, mostRows, subjectLine)
	section(w, "Texts", i.Texts, mostRows, func(t incident.Text) string {
		return t.Field + ", revision " + num(t.Revision) + " by " + t.By.Name
	})
	section(w, "To do", v.Tasks, len(v.Tasks), taskLine)
	section(w, "Files", v.Files, mostRows, func(f incident.File) string {
		return num(f.ID) + "  " + f.Name + "  " + num(f.Bytes) + " bytes  by " + f.By.Name
	})
	section(w, "It can go to", v.Next, len(v.Next), func(s incident.Step) string {
		if s.Ready {
			return string(s.State) + ": " + s.Why
		}
		return string(s.State) + ", with a reason: " + s.Why
	})
}

func unlocked(i incident.Incident) string {
	if i.EarlyReason == "" {
		return ""
	}
	return "unlocked before the removal: " + i.EarlyReason
}

func subjectLine(s incident.Subject) string {
	line := s.Kind + ":" + s.ID
	if s.Label != "" {
		line += " (" + s.Label + ")"
	}
	if s.Role != "" {
		line += ", " + s.Role
	}
	return line
}

func taskLine(t incident.Task) string {
	box := map[incident.TaskState]string{incident.TaskDone: "[x] ", incident.TaskSkipped: "[-] "}[t.State]
	line := orElse(box, "[ ] ") + t.Item + "  " + t.Title
	if t.Holder.ID != "" {
		line += "  (" + t.Holder.Name + ")"
	}
	if t.Due != nil {
		line += "  due " + when(*t.Due) + " UTC"
	}
	if t.Why != "" {
		line += "  — " + t.Why
	}
	return line
}

// maxText bounds what is read of a text; the console takes less.
const maxText = 1 << 20

// textFrom reads a text from a file, or "-" for standard input.
func textFrom(e env, file string) (string, error) {
	raw, err := bytesFrom(e, file, maxText)
	return string(raw), err
}

func bytesFrom(e env, file string, most int64) ([]byte, error) {
	in := e.stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, cratewarden.Wrap(err, cratewarden.NotFound, "The file %s cannot be read.", inert(file))
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	if in == nil {
		in = os.Stdin
	}
	raw, err := io.ReadAll(io.LimitReader(in, most+1))
	if err != nil {
		return nil, cratewarden.Wrap(err, cratewarden.Invalid, "The text cannot be read.")
	}
	if int64(len(raw)) > most {
		return nil, cratewarden.Errorf(cratewarden.TooLarge, "That has more than %d bytes.", most)
	}
	return raw, nil
}
