package web

import (
	"fmt"

	"cratewarden/dossier"
)

// checksCard says whether index and storage agree with the database.
func checksCard(d *dossier.Crate) Card {
	storage := Path("crates", d.Name, "storage")
	c := Card{ID: "checks", Title: "Does everything agree?", More: Link{"details", storage}}
	c.Guards = append(c.Guards, indexGuard(d.Index), filesGuard(d.Files), jobsGuard(d.Jobs))
	if d.HeldAbsent != "" {
		c.Guards = append(c.Guards, Guard{Word: "not checked", Text: Text("Held versions"), Note: Text(d.HeldAbsent)})
	}
	return c
}

func indexGuard(x dossier.IndexCheck) Guard {
	switch {
	case x.Absent != "":
		return Guard{Word: "not checked", Text: Text("Index"), Note: Text(x.Absent)}
	case x.Equal:
		return Guard{Tone: Good, Word: "ok", Text: Text("Index and database agree"), Note: Text(Plural(x.Lines, "line") + ". " + x.Note)}
	case !x.Present:
		return Guard{Tone: Bad, Word: "failed", Text: Text("The index has no file for this crate"), Note: Text(x.Note)}
	}
	return Guard{Tone: Bad, Word: "failed", Text: Text("Index and database disagree"), Note: Text(Plural(len(x.Differences), "difference") + ". " + x.Note)}
}

func filesGuard(x dossier.StorageCheck) Guard {
	switch {
	case x.Absent != "":
		return Guard{Word: "not checked", Text: Text("Storage"), Note: Text(x.Absent)}
	case x.Missing > 0:
		text := Text(Plural(x.Missing, "archive is", "archives are") + " missing in storage")
		if x.Held > 0 {
			text = text.Say("; " + Num(x.Held) + " held in the vault")
		}
		return Guard{Tone: Bad, Word: "failed", Text: text, Note: Text(x.Note)}
	case x.Extra > 0:
		return Guard{Tone: Warn, Word: "warning", Text: Text(Plural(x.Extra, "object", "objects") + " in storage that no version explains"), Note: Text(x.Note)}
	}
	if x.Held > 0 {
		return Guard{Tone: Hold, Word: "held", Text: Text(Plural(x.Held, "archive") + " held in the vault; every other version has its archive in storage"), Note: Text(x.Note)}
	}
	return Guard{Tone: Good, Word: "ok", Text: Text("Every version has its archive in storage"), Note: Text(x.Note)}
}

func jobsGuard(jobs dossier.Page[dossier.Job]) Guard {
	if jobs.Absent != "" {
		return Guard{Word: "not checked", Text: Text("Jobs in flight"), Note: Text(jobs.Absent)}
	}
	for _, j := range jobs.Rows {
		if j.State == "failing" || j.State == "stuck" || j.State == "unknown type" {
			return Guard{Tone: Bad, Word: "failed", Text: Text("A job for this crate is " + j.State), Note: Text(j.For)}
		}
	}
	if len(jobs.Rows) > 0 {
		return Guard{Tone: Info, Word: "under way", Text: Text(Plural(len(jobs.Rows), "job") + " in flight")}
	}
	return Guard{Tone: Good, Word: "ok", Text: Text("No job is in flight")}
}

// nameCard tells the history of the name and the names that are like it.
func (s *Server) nameCard(d *dossier.Crate) Card {
	c := Card{ID: "name", Title: "The name"}
	if s.has("GET /names") {
		c.More = Link{"history", namesURL(d.Name)}
	}
	if d.History.Reserved {
		c.Guards = append(c.Guards, Guard{Tone: Warn, Word: "warning", Text: Text("Reserved"), Note: Text("Nobody may publish a crate of this name, yet this one exists.")})
	}
	for _, x := range d.History.Deleted {
		c.Guards = append(c.Guards, Guard{Tone: Warn, Word: "notable", Text: Text("A crate of this name was deleted ").Ago(x.DeletedAt).Say(" by ").Person(x.DeletedBy), Note: orNothing(x.Message)})
	}
	for _, x := range d.History.Twins {
		c.Guards = append(c.Guards, Guard{Tone: Warn, Word: "notable", Text: Phrase{}.Link(x.Name, crateURL(x.Name)), Note: nearNote(x)})
	}
	for _, x := range d.Lookalikes {
		c.Guards = append(c.Guards, Guard{Word: "like it", Text: Phrase{}.Link(x.Name, crateURL(x.Name)), Note: nearNote(x)})
	}
	if len(c.Guards) == 0 {
		c.Guards = []Guard{{Tone: Good, Word: "ok", Text: Text("No deletion, twin or look-alike is known")}}
	}
	return c
}

func nearNote(x dossier.NearName) Phrase {
	return Text(fmt.Sprintf("%s · %s downloads", x.Reason, Num(x.Downloads)))
}

func namesURL(name string) string {
	url, err := Query("/names", "q", name)
	if err != nil {
		return "/names"
	}
	return url
}

func publishersCard(d *dossier.Crate) Card {
	c := Card{ID: "publishers", Title: "Trusted publishers"}
	if d.Publishers.Absent != "" {
		return c.missing(d.Publishers.Absent)
	}
	c.Note = Plural(d.Publishers.LiveTokens, "live token")
	for _, x := range d.Publishers.Configs {
		c.Guards = append(c.Guards, publisherGuard(x))
	}
	if len(c.Guards) == 0 {
		c.Empty = Empty{Title: "None is configured", Text: "Only people and teams with a token or session can publish."}
	}
	return c
}

func publisherGuard(x dossier.Publisher) Guard {
	note := Phrase{}.Say(x.Provider + ", workflow ").Code(x.Workflow)
	if x.Environ != "" {
		note = note.Say(", environment ").Code(x.Environ)
	} else {
		note = note.Say(", any environment")
	}
	note = note.Say(", allowed ").Ago(x.CreatedAt)
	g := Guard{Tone: Good, Word: "configured", Text: Phrase{}.External(x.Origin), Note: note}
	if x.OwnerID == "" {
		g.Tone, g.Word = Warn, "warning"
		g.Note = note.Say(". The owner is not pinned by number yet: whoever takes over that name could publish.")
	}
	return g
}

func (s *Server) jobsCard(d *dossier.Crate) Card {
	c := Card{ID: "jobs", Title: "Jobs in flight"}
	if s.has("GET /jobs") {
		url, err := Query("/jobs", "crate", d.Name)
		if err == nil {
			c.More = Link{"in the queue", url}
		}
	}
	for _, j := range d.Jobs.Rows {
		tone := Info
		switch j.State {
		case "failing", "stuck", "unknown type":
			tone = Bad
		case "parked":
			tone = Hold
		}
		c.Guards = append(c.Guards, Guard{Tone: tone, Word: j.State, Text: Text(j.For),
			Note: Phrase{}.Badge(tone, j.State).Say(" since ").Ago(j.CreatedAt).Say(" · " + Plural(int(j.Retries), "retry", "retries") + " " + j.Note)})
	}
	return c
}
