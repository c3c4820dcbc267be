package demo

import "strconv"

// trust is how a crate takes part in trusted publishing.
type trust struct {
	how   method // byGitHub or byGitLab
	since instant
	only  bool
}

// publisher is one row of trustpub_configs_github or trustpub_configs_gitlab.
type publisher struct {
	crate       int32
	gitlab      bool
	house       string
	houseID     int32 // 0 on GitLab: not pinned yet
	repo        string
	workflow    string
	environment string
	created     instant
}

// trustSome sets trusted publishing up for crates that are alive and have a
// repository.
func (r *Registry) trustSome() {
	for i := range r.crates {
		c := &r.crates[i]
		if c.script != nil || c.repo == "" || len(c.version) == 0 {
			continue
		}
		d := throw(c.draws, streamToken, 9)
		alive := r.newest(c).at > r.ago(trustedSince)
		wants := 0.05
		switch {
		case c.hub:
			wants = 0.5
		case alive:
			wants = 0.3
		}
		if !d.chance(wants) {
			continue
		}
		c.trusted = trust{how: byGitHub, since: r.ago(instant(d.part() * float64(trustedSince)))}
		if d.chance(0.14) {
			c.trusted = trust{how: byGitLab, since: r.ago(instant(d.part() * float64(gitlabSince)))}
		}
		c.trusted.since = max(c.trusted.since, c.created+minute) // the first publish always needs a person
		c.trusted.only = d.chance(0.28)
		r.publishers = append(r.publishers, r.configs(&d, int32(i))...)
	}
}

func (r *Registry) configs(d *dice, index int32) []publisher {
	c := &r.crates[index]
	if c.trusted.only && d.chance(0.02) {
		return nil // trusted-only without any config: nobody can publish
	}
	p := publisher{crate: index, gitlab: c.trusted.how == byGitLab, house: r.house(c), repo: c.repo, created: c.trusted.since,
		workflow: pick(d, []string{"release.yml", "publish.yml", "release.yaml", "ci.yml", "release-plz.yml"})}
	if d.chance(0.45) {
		p.environment = pick(d, []string{"release", "crates", "production", "publish"})
	}
	if p.houseID = r.houseID(c); p.gitlab {
		p.house += "/rust"
		p.workflow = ".gitlab-ci.yml"
		if r.newest(c).at < p.created {
			p.houseID = 0
		}
	}
	out := []publisher{p}
	if d.chance(0.08) {
		more := p
		more.workflow, more.created = "nightly.yml", p.created+instant(d.part()*float64(r.now-p.created))
		if more.gitlab {
			more.workflow = "ci/nightly.yml"
		}
		out = append(out, more)
	}
	return out
}

func (r *Registry) houseID(c *crate) int32 {
	if c.org >= 0 {
		return r.teams[c.org].orgID
	}
	return max(r.people[c.owner].ghID, 1)
}

// claims are versions.trustpub_data of a version, nil without trusted
// publishing.
func (r *Registry) claims(index int32) []byte {
	v := &r.versions[index]
	if v.how != byGitHub && v.how != byGitLab {
		return nil
	}
	c := &r.crates[v.crate]
	run := strconv.FormatInt(9_000_000_000+int64(v.at-r.ago(trustedSince))/int64(4*second), 10)
	return claimsOf(v.how == byGitLab, r.house(c), c.repo, run, r.commit(index))
}

func claimsOf(gitlab bool, house, repo, run, sha string) []byte {
	if gitlab {
		return []byte(`{"sha":"` + sha + `","job_id":"` + run + `","provider":"gitlab","project_path":"` + house + "/rust/" + repo + `"}`)
	}
	return []byte(`{"sha":"` + sha + `","run_id":"` + run + `","provider":"github","repository":"` + house + "/" + repo + `"}`)
}

// commit is the commit a version was made from, the same in the claims and in
// the archive's .cargo_vcs_info.json.
func (r *Registry) commit(index int32) string {
	d := r.throw(streamVersion, uint64(index), 2)
	return d.hex(40)
}
