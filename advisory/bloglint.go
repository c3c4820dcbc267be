package advisory

import "strings"

// blog finds what the post of August 2026 had to be edited for: versions, times
// and commands that are not those of the sheet.
func (f *found) blog(s Sheet, d Document) {
	front := strings.SplitN(d.Text, "+++\n", 3)
	if len(front) != 3 || front[0] != "" || !strings.Contains(front[1], "title = ") || !strings.Contains(front[1], "path = ") {
		f.severe("front-matter", d.name(), "It begins with the lines between +++, with path and title.")
	}
	for _, c := range s.Crates {
		for _, v := range c.Bad {
			row := tableRow(d.Text, c.Name, v.Num)
			where := d.name() + ", " + c.Name + " " + v.Num
			switch {
			case row == "":
				f.severe("version-missing", where, "The table of what was removed has no row for it.")
				continue
			case v.Published.IsZero() || !strings.Contains(row, stamp(v.Published)):
				f.severe("published-missing", where, "Its row does not say when it was published.")
			}
			if gone := v.Gone(); gone.IsZero() || !strings.Contains(row, stamp(gone)) {
				f.severe("removed-missing", where, "Its row does not say until when it could be downloaded.")
			} else if !strings.Contains(row, lasted(gone.Sub(v.Published))) {
				f.severe("window-wrong", where, "It was on line for %s, but its row says something else.", lasted(gone.Sub(v.Published)))
			}
			f.commands(d, where, c.Name, v.Num)
		}
	}
}

func (f *found) commands(d Document, where, crate, num string) {
	if !strings.Contains(d.Text, "'"+crate+"-"+num+".crate'") || !strings.Contains(d.Text, "'"+crate+" "+num+"'") {
		f.severe("command-wrong", where, "A command for readers leaves it out.")
	}
}

// tableRow finds the row of one version.
func tableRow(text, crate, num string) string {
	for line := range strings.Lines(text) {
		if cells := strings.Split(line, "|"); len(cells) > 3 && strings.Trim(cells[1], " `") == crate && strings.Trim(cells[2], " `") == num {
			return line
		}
	}
	return ""
}

// script holds the command for people against the sheet.
func (f *found) script(s Sheet, d Document) {
	list, err := badFiles(s)
	if err != nil {
		return // of the sheet, and said there
	}
	for _, bad := range list {
		if !strings.Contains(d.Text, bad) {
			f.severe("version-missing", d.name(), "It does not look for %s with the hash that is known.", strings.Join(strings.Fields(bad)[:2], " "))
		}
	}
}
