package dossier

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"cratewarden"
	"cratewarden/mirror"
)

// pasted finds a credential in a text, wherever it stands.
var pasted = regexp.MustCompile(`cio(_tp_)?[A-Za-z0-9]{28,}`)

// Search finds crates, versions, accounts, teams, names and tokens. It reads
// nothing but the mirror; Loading names the parts that could not be asked. A
// text with a credential in it is refused as Invalid, because searches stand in
// address bars and logs. Names of tokens are masked.
func (s *Service) Search(ctx context.Context, q mirror.Query) (*SearchResult, error) {
	if pasted.MatchString(q.Text) {
		return nil, cratewarden.Errorf(cratewarden.Invalid,
			"This holds a token. Nothing was searched for; look it up on the page for tokens, which keeps it out of the address.")
	}
	out := &SearchResult{Fresh: s.fresh(), Query: q.Text, Answer: s.cfg.Mirror.Search(ctx, q)}
	if out.Hits == nil {
		out.Hits = []mirror.Hit{}
	}
	for i, h := range out.Hits {
		if h.Kind == mirror.HitToken {
			out.Hits[i].Label = strings.TrimSpace(fmt.Sprintf("token %d %s", h.ID, maskName(h.Label)))
		}
	}
	return out, nil
}
