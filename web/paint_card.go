package web

import "html/template"

// card writes a card of such parts as most cards are made of, byte for byte as
// part/card.html does. For any other it writes nothing, and the template is
// asked.
func (p painter) card(c Card) (template.HTML, error) {
	if !c.plain() {
		return "", nil
	}
	b := make([]byte, 0, 2048)
	b = append(b, `<section class="card"`...)
	if c.ID != "" {
		b = wrap(b, ` id="`, c.ID, `"`)
	}
	b = wrap(b, "><header><h2>", c.Title, "")
	if c.Code != "" {
		b = wrap(b, " <code>", c.Code, "</code>")
	}
	b = append(b, "</h2>"...)
	if c.Note != "" || c.More.Text != "" {
		b = wrap(b, "<span>", c.Note, "")
		if c.More.Text != "" {
			if c.Note != "" {
				b = append(b, " · "...)
			}
			b = wrap(append(addAddress(append(b, `<a href="`...), c.More.URL), `">`...), "", c.More.Text, "</a>")
		}
		b = append(b, "</span>"...)
	}
	b = append(b, "</header>\n"...)
	if len(c.List) > 0 {
		b = append(b, p.facts("lines", c.List)...)
	}
	if len(c.Guards) > 0 {
		b = append(append(b, p.guards(c.Guards)...), '\n')
	}
	b, err := p.addTable(b, c.Table)
	if err != nil {
		return "", err
	}
	if len(c.Events) > 0 {
		b = append(append(append(b, `<div class="pad">`...), p.events(c.Events)...), "\n</div>"...)
	}
	if len(c.Gaps) > 0 {
		b = append(b, `<ul class="gaps">`...)
		for _, gap := range c.Gaps {
			b = wrap(b, "<li>", gap, "</li>")
		}
		b = append(b, "</ul>"...)
	}
	return template.HTML(append(b, "</section>\n"...)), nil
}

// plain says whether a card has only parts that the painter can write.
func (c *Card) plain() bool {
	if len(c.Notices)+len(c.Text)+len(c.Facts) > 0 || c.Empty.Title != "" || c.More.Text != "" && !local(c.More.URL) {
		return false
	}
	if c.Chart != nil || c.Bars != nil || c.Matrix != nil || c.Filter != nil || c.Pager != nil {
		return false
	}
	if c.Table == nil {
		return true
	}
	for _, column := range c.Table.Columns {
		if column.SortURL != "" || column.Sorted != "" {
			return false
		}
	}
	return len(c.Table.Rows) > 0
}

// addTable writes a table that has rows and cannot be sorted.
func (p painter) addTable(b []byte, t *Table) ([]byte, error) {
	if t == nil {
		return b, nil
	}
	rows, err := p.rows(*t)
	if err != nil {
		return nil, err
	}
	b = append(b, `<div class="wide"`...)
	if !t.Linked() {
		b = wrap(b, ` tabindex="0" role="region" aria-label="`, t.Caption, `, table"`)
	}
	b = wrap(b, `><table class="cards"><caption class="vh">`, t.Caption, "</caption>\n<thead><tr>")
	for _, c := range t.Columns {
		b = append(b, `<th scope="col"`...)
		if c.Num {
			b = append(b, ` class="num"`...)
		}
		b = wrap(b, ">", c.Label, "</th>")
	}
	b = append(b, "</tr></thead>\n<tbody data-rows>"...)
	return append(append(b, rows...), "</tbody></table></div>\n\n"...), nil
}
