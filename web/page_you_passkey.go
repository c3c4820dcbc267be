package web

import (
	"net/http"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/auth"
)

// passkeyList shows somebody's passkeys; only their owner names and removes them.
func passkeyList(keys []auth.Passkey, own bool) ownList {
	out := ownList{ID: "passkeys", Title: "Passkeys", Note: "they confirm what changes something", Empty: Empty{Title: "No passkey", Text: "Without one nothing can be changed."}}
	if len(keys) == 1 && own {
		out.Notices = []Notice{{Tone: Warn, Title: "Add a second one", Text: Text("With one passkey, losing it means asking a platform administrator for a code. Keep the second in another place.")}}
	}
	for _, k := range keys {
		row := ownRow{What: Text(k.Name), About: "the passkey " + visible(k.Name)}
		if k.Synced {
			row.Badges = append(row.Badges, Badge{Tone: Info, Text: "synced", Title: "Its maker's cloud may copy it to other devices."})
		} else {
			row.Badges = append(row.Badges, Badge{Text: "on one device"})
		}
		if k.Cloned {
			row.Tone = Bad
			row.Badges = append(row.Badges, Badge{Tone: Bad, Text: "perhaps copied"})
			row.Notes = append(row.Notes, Text("Its counter went backwards: somebody may have a copy. It confirms nothing any more; remove it, and tell your colleagues."))
		}
		life := Text("added ").Ago(k.Created)
		if k.Used != nil {
			life = life.Say(" · last used ").Ago(*k.Used)
		} else {
			life = life.Say(" · never used")
		}
		row.Notes = append(row.Notes, life)
		if own {
			row.URL, row.Name, row.Button = Path("you", "passkeys", k.ID), k.Name, "Remove"
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// passkeyPage asks the authenticator to make a passkey.
type passkeyPage struct {
	Page
	Head Head
	Name string
	Ceremony
}

// beginPasskey asks for a new passkey, under a code or within a step-up.
func (s *Server) beginPasskey(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	v, code := s.visitor(r), r.PostForm.Get("code")
	c, err := s.cfg.Auth.BeginPasskey(r.Context(), v, code)
	if d, rules := asDenied(err); rules && d.Only(access.RuleStepUp) && (code != "" || v.Person.Passkeys == 0 && !s.cfg.Pretend) {
		// There is nothing to step up with: a code is what is missing.
		return s.showYou(w, r, http.StatusForbidden, tokenForm{}, Notice{Tone: Bad, Title: "No passkey was added", Text: Text(d.Error())})
	}
	if err != nil {
		return s.youAgain(w, r, "passkeys", err)
	}
	p := passkeyPage{Page: s.page(r, "Add a passkey"), Name: r.PostForm.Get("name"), Ceremony: Ceremony{ID: c.ID, Options: string(c.Options)}}
	p.Head = Head{Crumbs: []Link{{"You", "/you#passkeys"}}, Title: "Add a passkey", Lead: Text("Your browser asks your security key or your device. It must check that it is you: by finger, face or PIN.")}
	return s.render(w, "passkey", http.StatusOK, p)
}

// finishPasskey keeps what the authenticator made.
func (s *Server) finishPasskey(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	answer := r.PostForm.Get(confirmPrefix + "answer")
	if answer == "" {
		return s.youAgain(w, r, "passkeys", cratewarden.Errorf(cratewarden.Invalid, "The browser sent no answer of an authenticator. Add the passkey again."))
	}
	in, err := s.cfg.Auth.FinishPasskey(r.Context(), s.visitor(r), r.PathValue("ceremony"), r.PostForm.Get("name"), []byte(answer))
	if d, rules := asDenied(err); rules {
		return s.showYou(w, r, http.StatusForbidden, tokenForm{}, Notice{Tone: Bad, Title: "No passkey was added", Text: Text(d.Error())})
	}
	if err == nil {
		http.SetCookie(w, s.cfg.Auth.Cookie(in))
	}
	return s.youAgain(w, r, "passkeys", err)
}

func (s *Server) renamePasskey(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	return s.youAgain(w, r, "passkeys", s.cfg.Auth.RenamePasskey(r.Context(), s.visitor(r), r.PathValue("id"), r.PostForm.Get("name")))
}

func (s *Server) removePasskey(w http.ResponseWriter, r *http.Request) error {
	return s.youAgain(w, r, "passkeys", s.cfg.Auth.RemovePasskey(r.Context(), s.visitor(r), r.PathValue("id")))
}
