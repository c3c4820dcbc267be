package web

import "html/template"

// The parts below make up most of an overview; see painter.

// events writes a timeline.
func (p painter) events(list []Event) template.HTML {
	b := append(make([]byte, 0, 64+512*len(list)), `<ol class="timeline" data-rows>`...)
	now := p.now()
	for i := range list {
		e := &list[i]
		b = wrap(b, `<li class="`, string(e.Tone), `"><time datetime="`)
		b = wrap(b, "", stamp(e.At), `" title="`)
		b = wrap(b, "", Ago(now, e.At), `"><span class="day">`)
		b = wrap(b, "", date(e.At), `</span> <span class="clock">`)
		b = wrap(b, "", clock(e.At), `</span></time><i aria-hidden="true"></i><div>`)
		if e.Word != "" {
			b = wrap(b, `<span class="vh">`, e.Word, ": </span>")
		}
		b = p.addPhrase(b, e.Text)
		if e.Source != "" {
			b = wrap(b, ` <span class="source">`, e.Source, "</span>")
		}
		b = append(b, "</div></li>"...)
	}
	return template.HTML(append(b, "</ol>"...))
}

// facts writes labels with their values; class is one of facts and lines.
func (p painter) facts(class string, list []Fact) template.HTML {
	b := wrap(make([]byte, 0, 64+256*len(list)), `<dl class="`, class, `">`)
	for i := range list {
		f := &list[i]
		b = wrap(b, "<div><dt>", f.Label, "</dt><dd>")
		b = p.addPhrase(b, f.Value)
		if f.Badge.Text != "" {
			b = addBadge(append(b, ' '), f.Badge)
		}
		if f.Note != "" {
			b = wrap(b, `<span class="note">`, f.Note, "</span>")
		}
		b = append(b, "</dd></div>"...)
	}
	return template.HTML(append(b, "</dl>"...))
}

func addBadge(b []byte, badge Badge) []byte {
	b = wrap(b, `<span class="badge `, string(badge.Tone), `"`)
	if badge.Title != "" {
		b = wrap(b, ` title="`, badge.Title, `"`)
	}
	return wrap(b, ">", badge.Text, "</span>\n")
}

// guards writes checks and findings.
func (p painter) guards(list []Guard) template.HTML {
	b := append(make([]byte, 0, 64+256*len(list)), `<ul class="guards">`...)
	for i := range list {
		g := &list[i]
		b = wrap(b, `<li class="guard `, string(g.Tone), `"><span class="vh">`)
		b = wrap(b, "", g.Word, ": </span><div>")
		b = p.addPhrase(b, g.Text)
		if len(g.Note) > 0 {
			b = append(p.addPhrase(append(b, `<div class="note">`...), g.Note), "</div>"...)
		}
		b = append(b, "</div></li>"...)
	}
	return template.HTML(append(b, "</ul>"...))
}

// navigation writes the side bar, whose addresses are those of our own routes.
func navigation(groups []NavGroup) template.HTML {
	b := make([]byte, 0, 2048)
	for _, g := range groups {
		b = wrap(b, `<div class="group"><p class="label">`, g.Label, "</p>\n<ul>")
		for _, item := range g.Items {
			b = append(addAddress(append(b, `<li><a href="`...), item.URL), '"')
			if item.Current {
				b = append(b, ` aria-current="page"`...)
			}
			b = wrap(b, ">", item.Label, "")
			if item.Count != 0 {
				b = wrap(b, " <b>", Num(item.Count), "</b>")
			}
			b = append(b, "</a></li>"...)
		}
		b = append(b, "</ul></div>"...)
	}
	return template.HTML(b)
}
