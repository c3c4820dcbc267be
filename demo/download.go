package demo

import "math"

// window is how many days the registry keeps counts per version and day.
const window = 90

// makePopularity lets every crate earn downloads of its own and passes a part
// of them on to what it depends on, newest crates first. The long tail of a
// real registry comes out by itself.
func (r *Registry) makePopularity() {
	for i := len(r.crates) - 1; i >= 0; i-- {
		c := &r.crates[i]
		if len(c.version) == 0 {
			continue
		}
		d := throw(c.draws, streamPopularity)
		c.daily += d.skewed(0.4, 1.6)
		if c.hub {
			c.daily += d.skewed(60, 0.6)
			if c.script != nil {
				c.daily *= 5 // the crates of the attack are popular ones
			}
		}
		if c.script != nil && !c.script.popular {
			c.daily = 0
			continue
		}
		newest := int32(len(c.version) - 1)
		for _, s := range c.slots {
			if s.from > newest || s.until <= newest {
				continue
			}
			share := 0.3
			switch {
			case s.kind == 2:
				share = 0.03
			case s.optional:
				share = 0.1
			}
			r.crates[s.target].daily += share * c.daily
		}
	}
	top := 1.0
	for i := range r.crates {
		top = max(top, r.crates[i].daily)
	}
	for i := range r.crates {
		if c := &r.crates[i]; c.hub || c.daily > 200 {
			c.daily *= 1 + 700_000/top*min(c.daily/top+0.05, 1)
		}
	}
}

// week is how much of its trade a registry does from Sunday to Saturday.
var week = [7]float64{0.52, 1.0, 1.12, 1.15, 1.13, 1.02, 0.55}

// daily gives a version's downloads on each day of the window, oldest first;
// the last is today, of which only a part is over.
func (r *Registry) daily(index int32, c *crate) [window]int32 {
	var out [window]int32
	v := &r.versions[index]
	d := throw(c.draws, streamDaily, uint64(v.ord))
	today := r.now.midnight()
	fresh := r.freshDownloads(index)
	after := c.version[v.ord+1:] // published after v
	newer, weight := -1, 0.0
	for i := range out {
		start := today - instant(window-1-i)*day
		end := min(start+day, r.now)
		if end <= v.at {
			continue
		}
		seen := max(newer, 0)
		for seen < len(after) && r.versions[after[seen]].at < end {
			seen++
		}
		if seen != newer {
			newer, weight = seen, 0.5/math.Pow(1+float64(seen), 1.9)
		}
		share := weight
		if v.num.pre() || v.yanked && v.touched < start {
			share *= 0.02
		}
		open := float64(end-max(start, v.at)) / float64(day)
		mean := c.daily * share * open * week[start.weekday()] * (0.88 + 0.24*d.part()) * (0.8 + 0.2*float64(i)/window)
		out[i] = int32(mean + fresh*open + d.part())
	}
	return out
}

// freshDownloads is the daily trade of versions that only mirrors and a few
// unlucky people fetch: those of the situations.
func (r *Registry) freshDownloads(index int32) float64 {
	c := &r.crates[r.versions[index].crate]
	if c.script == nil || c.script.popular {
		return 0.01
	}
	if c.name == dropper && r.versions[index].ord > 0 {
		return 60_000 // everything that resolves to the republished crates fetches it too
	}
	return 12
}

// makeTotals adds up each version's days and what it had before them.
func (r *Registry) makeTotals() {
	for i := range r.crates {
		c := &r.crates[i]
		d := throw(c.draws, streamPopularity, 1)
		for n, index := range c.version {
			v := &r.versions[index]
			for _, x := range r.daily(index, c) {
				v.downloads += int64(x)
			}
			if old := r.ago(window * day); v.at < old {
				until := old
				if n+1 < len(c.version) {
					until = min(r.versions[c.version[n+1]].at, old)
				}
				days := float64(until-v.at)/float64(day)*0.5 + float64(old-until)/float64(day)*0.04
				growth := math.Exp(-0.4 * float64(old-until) / float64(year)) // there were fewer people then
				v.downloads += int64(c.daily * days * growth * (0.2 + 0.5*d.part()))
			}
			v.downloads = min(v.downloads, math.MaxInt32-1)
			c.total += v.downloads
		}
		if c.script == nil && d.chance(0.03) {
			c.total += c.total / 50 // of versions that were deleted since
		}
	}
}
