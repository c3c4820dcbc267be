package web

import (
	"time"

	"cratewarden"
)

func sampleEvidence() Table {
	return Table{Caption: "Evidence", Columns: []Column{{Label: "Fact"}, {Label: "Value"}, {Label: "Source"}}, Rows: []Row{
		{Cells: []Phrase{Text("Publisher"), Phrase{}.Link("genuine-owner", "/names").Muted(" account 71000001, owner since 2018"), Phrase{}.Muted("versions.published_by")}},
		{Cells: []Phrase{Text("Credential"), Text("API token #4471 “laptop”, all endpoints, all crates, never expires, last used ").Ago(noon.Add(-50 * time.Minute)), Phrase{}.Muted("version_owner_actions, api_tokens")}},
		{Cells: []Phrase{Text("Checksum"), Phrase{}.Copy("9b1f03aa77c1e07a9b1f03aa77c1e07a", "9b1f…e07a").Say(" ").Badge(Good, "database = index = file"), Phrase{}.Muted("versions.checksum, index, storage")}},
		{Cells: []Phrase{Text("Repository"), Phrase{}.External("https://git.example/org/arraykit"), Phrase{}.Muted("crates.repository")}},
		{Cells: []Phrase{Text("E-mail used"), Phrase{}.Masked("••••••@••••••.org"), Phrase{}.Muted("versions_published_by")}},
		{Cells: []Phrase{Text("Address, user agent"), Phrase{}.Muted("not kept by the registry; request logs may have it"), Phrase{}.Muted("–")}},
	}}
}

func sampleVersions() Table {
	row := func(tone Tone, v, method, by string, at time.Time, downloads, size string, mark Phrase) Row {
		return Row{Tone: tone, Cells: []Phrase{append(Phrase{}.Link(v, "/crates/arraykit/"+v).Say(" "), mark...), Text(method), Phrase{}.Link(by, "/names"), Phrase{}.UTC(at), Text(downloads), Text(size)}}
	}
	return Table{Caption: "Versions", Columns: []Column{{Label: "Version"}, {Label: "Method"}, {Label: "Publisher"}, {Label: "Published", SortURL: "?sort=old", Sorted: "descending"}, {Label: "Downloads", Num: true, SortURL: "?sort=downloads"}, {Label: "Size", Num: true}}, Rows: []Row{
		row(Bad, "0.3.10", "API token", "genuine-owner", noon.Add(-86*time.Minute), "2,285", "9.1 kB", Phrase{}.Badge(Bad, "first with this token")),
		row(Plain, "0.3.9", "trusted publishing, GitHub", "org/repo", noon.AddDate(-2, -1, -3), "812,400", "9.0 kB", Phrase{}.Badge(Hold, "yanked")),
		row(Plain, "0.3.8", "API token", "genuine-owner", noon.AddDate(-2, -3, -9), "94,220", "8.9 kB", nil),
		row(Plain, "0.3.7+build.12-very-long-metadata", "API token", "genuine-owner", noon.AddDate(-3, -6, 0), "1,904,118", "8.8 kB", nil),
		row(Plain, "0.1.0", "account, credential not logged", "genuine-owner", noon.AddDate(-8, -5, 0), "318", "4.2 kB", nil),
	}}
}

func sampleGuards() []Guard {
	return []Guard{
		{Tone: Bad, Word: "serious", Text: Phrase{}.Link("Healthy versions yanked around a new one", "/names"), Note: Text("5 yanks within 2 min of publish")},
		{Tone: Bad, Word: "serious", Text: Phrase{}.Link("New dependency on a crate 5 hours old", "/names"), Note: Text("proc-makro1, other owner, build script")},
		{Tone: Warn, Word: "warning", Text: Phrase{}.Link("First publish after 2 years", "/names")},
		{Tone: Good, Word: "ok", Text: Text("Index and database agree")},
		{Tone: Plain, Word: "not checked", Text: Text("Storage is not configured")},
	}
}

func sampleEvents() []Event {
	return []Event{
		{At: noon.Add(-90 * time.Minute), Tone: Bad, Word: "odd", Text: Text("proc-makro1 1.0.107 published by ").Link("kernelsmyth", "/names").Say(" ").Badge(Bad, "build script added"), Source: "versions"},
		{At: noon.Add(-86 * time.Minute), Tone: Bad, Word: "odd", Text: Text("arraykit ").Code("0.3.10").Say(" published, token “laptop”"), Source: "version_owner_actions"},
		{At: noon.Add(-84 * time.Minute), Tone: Hold, Word: "yank", Text: Text("arraykit 0.3.5 … 0.3.9 yanked, same token")},
		{At: noon.AddDate(-2, 0, -3), Tone: Plain, Text: Text("Owner ").Link("second-owner", "/names").Say(" invited")},
		{At: noon.AddDate(-8, -5, 0), Tone: Good, Text: Text("Crate created")},
	}
}

func sampleNotices() []Notice {
	return []Notice{
		Missing("API tokens", cratewarden.NotInDump),
		{Tone: Warn, Title: "The dependents are still loading", Text: Text("Figures below cover 61 % of all dependencies. Reload the page in a minute.")},
		{Tone: Bad, Title: "The index says something else than the database", Text: Text("Version ").Code("0.3.10").Say(" is yanked in the database and not in the index.")},
	}
}

func sampleTree() Tree {
	return Tree{Caption: "Files of arraykit 0.3.10", Files: []TreeFile{
		{Folder: true, Name: "src"},
		{Depth: 1, Name: "lib.rs", Size: 5120, URL: "/names", Current: true, Badges: []Badge{{Tone: Info, Text: "changed"}}},
		{Depth: 1, Name: "raw.rs", Size: 990, URL: "/names"},
		{Depth: 1, Folder: true, Name: "backend"},
		{Depth: 2, Name: "simd.rs", Size: 12044, URL: "/names"},
		{Name: "build.rs", Size: 420, URL: "/names", Badges: []Badge{{Tone: Bad, Text: "build script"}}},
		{Name: "Cargo.toml", Size: 880, URL: "/names"},
		{Name: "logo.png", Size: 48210, URL: "/names", Badges: []Badge{{Text: "binary"}}},
	}}
}

func sampleSource() Source {
	return Source{Path: "src/lib.rs", Cut: "Shown: the first 8 of 180 lines.", Lines: []SourceLine{
		line(1, `<span class="sd">//! Small vectors on the stack.</span>`),
		line(2, `<span class="cp">#![no_std]</span>`),
		line(3, ``),
		line(4, `<span class="k">pub</span> <span class="k">struct</span> <span class="nc">Array</span><span class="o">&lt;</span><span class="n">T</span><span class="p">,</span> <span class="k">const</span> <span class="no">N</span><span class="p">:</span> <span class="kt">usize</span><span class="o">&gt;</span> <span class="p">{</span>`),
		{Number: 5, Marked: true, HTML: `    <span class="n">len</span>: <span class="kt">usize</span>, <span class="c1">// never more than N</span>`},
		line(6, `<span class="p">}</span>`),
		line(7, `<span class="k">fn</span> <span class="nf">fetch</span><span class="p">()</span> <span class="p">{</span> <span class="fm">println!</span><span class="p">(</span><span class="s">&#34;{} of {}&#34;</span><span class="p">,</span> <span class="mi">42</span><span class="p">,</span> <span class="mh">0xff</span><span class="p">);</span> <span class="p">}</span>`),
		line(8, `<span class="c1">// a very long line that has to scroll sideways and must not make the page itself wider than the window it is shown in, whatever happens</span>`),
	}}
}

func sampleDiff() Diff {
	return Diff{Files: []DiffFile{
		{Path: "Cargo.toml", State: "changed", Added: 3, Removed: 1, Open: true, Hunks: []Hunk{{Header: "@@ -10,5 +10,7 @@ [package]", Lines: []DiffLine{
			{Old: 10, New: 10, Text: `edition = "2021"`}, {Old: 11, New: 0, Text: `version = "0.3.9"`}, {Old: 0, New: 11, Text: `version = "0.3.10"`}, {Old: 12, New: 12, Text: ``}, {Old: 0, New: 13, Text: `[dependencies]`}, {Old: 0, New: 14, Text: `proc-makro1 = "1.0.107"`}}}}},
		{Path: "logo.png", State: "added", Note: "Binary file, 48.2 kB, begins as a PNG picture.", Open: true},
		{Path: "tests/old.rs", State: "removed", Removed: 2, Hunks: []Hunk{{Header: "@@ -1,2 +0,0 @@", Lines: []DiffLine{{Old: 1, New: 0, Text: "#[test]"}, {Old: 2, New: 0, Text: "fn works() {}"}}}}},
	}}
}

func sampleChart() Stacked {
	c := Stacked{ID: "downloads", Title: "Downloads per day by version, 90 days", Unit: "downloads"}
	names := []string{"0.3.10", "0.3.9", "0.3.8", "0.3.4", "0.2.1", "other"}
	for i, name := range names {
		s := Series{Name: name, URL: "/crates/arraykit/" + name}
		if name == "other" {
			s.URL = ""
		}
		for day := range 90 {
			weekend := int64(1)
			if day%7 > 4 {
				weekend = 2
			}
			value := int64(6000-900*i+day*13*((i+2)%3)+(day*day*7+i*311)%700) / weekend
			if i == 0 && day < 89 {
				value = 0
			}
			s.Values = append(s.Values, max(0, value))
		}
		c.Series = append(c.Series, s)
	}
	for day := range 90 {
		c.Days = append(c.Days, noon.AddDate(0, 0, day-89).Truncate(24*time.Hour))
	}
	return c
}
