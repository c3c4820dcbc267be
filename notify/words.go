package notify

import (
	"embed"
	"path"
	"strings"
	"text/template"
	"time"

	"cratewarden"
)

//go:embed template/*.txt
var templateFiles embed.FS

// words are the texts of messages, a template for each kind of notice. A kind
// without one has its title and text.
type words struct{ set *template.Template }

// wording is what a template may say.
type wording struct {
	Name     string // of the person, in mail only
	Registry string
	Kind     string
	Title    string
	Text     string
	Link     string
	Plan     string
	Urgent   bool
	At       time.Time
}

func readWords() (words, error) {
	set, err := template.New("").Option("missingkey=error").ParseFS(templateFiles, "template/*.txt")
	return words{set}, err
}

// advice is what somebody who reads of a kind of notice should do, "" for
// nothing.
func (w *words) advice(d wording) (string, error) {
	t := w.set.Lookup(d.Kind + ".txt")
	if t == nil {
		return "", nil
	}
	var b strings.Builder
	err := t.Execute(&b, d)
	return strings.Join(strings.Fields(b.String()), " "), err
}

func (w *words) fill(name string, d wording) (string, error) {
	advice, err := w.advice(d)
	if err != nil {
		return "", cratewarden.Wrap(err, cratewarden.Internal, "a template of a notice")
	}
	var b strings.Builder
	err = w.set.ExecuteTemplate(&b, name, struct {
		wording
		Advice string
	}{d, advice})
	return strings.TrimSpace(b.String()), err
}

// mail is the text of a mail.
func (w *words) mail(m message) (string, error) {
	return w.fill("_mail.txt", wording{Name: tame(m.to.Name), Registry: m.label, Kind: m.Kind, Title: m.Title, Text: m.Text, Link: m.link, Plan: m.Plan, Urgent: m.Urgent, At: m.at.UTC()})
}

// chat is the text of a chat's message; harmless takes the meaning out of
// whatever we did not write ourselves.
func (w *words) chat(m message, harmless func(string) string) (string, error) {
	return w.fill("_chat.txt", wording{Registry: harmless(m.label), Kind: m.Kind, Title: harmless(m.Title), Text: harmless(m.Text), Link: m.link, Plan: harmless(m.Plan), Urgent: m.Urgent, At: m.at.UTC()})
}

// Kinds are the kinds of notices that have words of their own.
func Kinds() []string {
	var out []string
	entries, _ := templateFiles.ReadDir("template") // embedded: it is there
	for _, e := range entries {
		if name := strings.TrimSuffix(path.Base(e.Name()), ".txt"); !strings.HasPrefix(name, "_") {
			out = append(out, name)
		}
	}
	return out
}
