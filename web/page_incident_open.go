package web

import (
	"context"
	"strings"
	"sync"
	"time"

	"cratewarden"
	"cratewarden/incident"
	"cratewarden/ledger"
)

// cases is what pages remember of cases between requests, some seconds long: the
// number in the side bar and the cases about a subject stand on every page, and
// a question to the database for each would slow all of them.
type cases struct {
	keeper Incidents
	clocks map[string]keptClocks

	mu    sync.Mutex
	list  []incident.OpenCase
	about map[string][]int // by caseKey, places in list
	asked time.Time
}

// caseKey is a subject by which cases are found. A case about a version is found
// at its crate's page, too, and the other way round.
func caseKey(x ledger.Subject) string {
	switch x.Kind {
	case "crate", "version":
		name, _, _ := strings.Cut(x.ID, "@")
		return "crate " + cratewarden.CanonName(name)
	}
	return x.Kind + " " + x.ID
}

// now gives the open cases, at most some seconds old. When the console's
// database does not answer, what was known stays.
func (c *cases) now() ([]incident.OpenCase, map[string][]int) {
	c.mu.Lock()
	list, about, fresh := c.list, c.about, time.Since(c.asked) < countAge
	if !fresh {
		c.asked = time.Now() // whoever comes meanwhile does not wait
	}
	c.mu.Unlock()
	if fresh {
		return list, about
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	read, err := c.keeper.OpenCases(ctx)
	if err != nil {
		return list, about
	}
	found := map[string][]int{}
	for i := range read {
		last := map[string]bool{}
		for _, x := range read[i].Subjects {
			if key := caseKey(x); !last[key] && !read[i].Drill {
				last[key] = true
				found[key] = append(found[key], i)
			}
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list, c.about = read, found
	return read, found
}

// open is the number of open cases.
func (c *cases) open() int {
	list, _ := c.now()
	return len(list)
}

// of gives the open cases about a subject, newest first; drills are none.
func (c *cases) of(x ledger.Subject) (out []incident.OpenCase) {
	list, about := c.now()
	for _, i := range about[caseKey(x)] {
		out = append(out, list[i])
	}
	return out
}

// changed makes the next page ask anew.
func (c *cases) changed() {
	c.mu.Lock()
	c.asked = time.Time{}
	c.mu.Unlock()
}
