package action

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"cratewarden/access"
	"cratewarden/registry"
	"cratewarden/registry/change"
)

// surroundings are what the registry says about a plan before its steps run:
// afterwards an owner might be gone, or the crate.
type surroundings struct {
	takes     takes
	downloads int64
	// recused says of each person asked about, in the order asked, what part they
	// have in it; "" for none.
	recused []string
}

// surround reads the surroundings of a plan for some people in one transaction.
func (e *Engine) surround(ctx context.Context, t *change.Tx, p Plan, people ...Actor) (s surroundings, err error) {
	if s.takes, err = e.takesOfPlan(ctx, p); err != nil {
		return s, err
	}
	crates, nums, about := stakesIn(s.takes)
	if s.downloads, err = registry.DownloadsOf(ctx, t.Tx, crates, nums); err != nil {
		return s, err
	}
	s.recused, err = recusals(ctx, t, about, people)
	return s, err
}

// stakesIn sorts subjects into what the registry can be asked about.
func stakesIn(t takes) (crates, nums []string, about registry.Subjects) {
	for _, s := range t.about {
		switch s.Kind {
		case "crate":
			crates, nums = append(crates, s.ID), append(nums, "")
		case "version":
			crate, num, _ := strings.Cut(s.ID, "@")
			crates, nums = append(crates, crate), append(nums, num)
		default:
			provider, number, _ := strings.Cut(s.ID, "/")
			if s.Kind != "publisher" {
				provider, number = s.Kind, s.ID
			}
			if id, err := strconv.ParseInt(number, 10, 64); err == nil { // else not a number of the registry, so nobody's
				addStake(&about, provider, id)
			}
		}
	}
	about.Crates, about.CrateIDs = crates, t.crates
	return crates, nums, about
}

// addStake adds what is known by its number in the registry: an account or API
// token, a publisher by its provider, or a token that one got.
func addStake(about *registry.Subjects, kind string, id int64) {
	if kind == "publish-token" {
		about.PublishTokens = append(about.PublishTokens, id)
		return
	}
	list := map[string]*[]int32{"account": &about.Accounts, "token": &about.Tokens, "github": &about.GitHub, "gitlab": &about.GitLab}[kind]
	if list != nil && id == int64(int32(id)) {
		*list = append(*list, int32(id))
	}
}

func recusals(ctx context.Context, t *change.Tx, about registry.Subjects, people []Actor) ([]string, error) {
	stakes := make([]registry.Stake, len(people))
	for i, a := range people {
		stakes[i] = registry.Stake{Account: a.RegistryUser, Teams: a.Teams}
	}
	parts, err := registry.Parts(ctx, t.Tx, stakes, about)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(people))
	named := make([]int, len(people))
	for _, part := range parts {
		if named[part.Who]++; named[part.Who] == 1 {
			out[part.Who] = people[part.Who].called() + " " + part.How + " " + part.What
			continue
		}
		out[part.Who] += ", " + part.How + " " + part.What
	}
	for _, part := range parts {
		if more := part.All - named[part.Who]; more > 0 {
			out[part.Who] += fmt.Sprintf(" and %d more", more)
			named[part.Who] = part.All
		}
	}
	for i := range out {
		if out[i] != "" {
			out[i] += "."
		}
	}
	return out, nil
}

func (a Actor) called() string {
	if a.Name == "" {
		return a.ID
	}
	return a.Name
}

// size is how much a plan is about, by its steps and by the rows that they
// change: one step may hold every version of a crate, or revoke the tokens of
// many.
func (s surroundings) size(f *Effect) access.Size {
	crates, versions, accounts := map[string]bool{}, 0, map[string]bool{}
	for _, x := range s.takes.about {
		switch x.Kind {
		case "crate":
			crates[x.ID] = true
		case "version":
			crate, _, _ := strings.Cut(x.ID, "@")
			crates[crate] = true
			versions++
		case "account":
			accounts[x.ID] = true
		}
	}
	changed := 0
	for _, r := range f.Rows {
		if r.Derived {
			continue
		}
		columns := r.Before
		if columns == nil {
			columns = r.After
		}
		switch r.Table {
		case "versions":
			changed++
		case "api_tokens", "emails":
			if id := columns.Int("user_id"); id != 0 {
				accounts[strconv.FormatInt(id, 10)] = true
			}
		case "users":
			accounts[strconv.FormatInt(columns.Int("id"), 10)] = true
		}
	}
	return access.Size{Crates: len(crates), Versions: max(versions, changed), Accounts: len(accounts), Downloads: s.downloads}
}
