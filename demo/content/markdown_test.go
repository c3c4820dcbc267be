package content_test

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"cratewarden/demo/content"
)

func TestRenderMarkdown(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                     "",
		"# A & B":                              "<h1>A &amp; B</h1>\n",
		"one\ntwo\n\nthree":                    "<p>one\ntwo</p>\n<p>three</p>\n",
		"- `a<b`\n- c\nd":                      "<ul>\n<li><code>a&lt;b</code></li>\n<li>c</li>\n</ul>\n<p>d</p>\n",
		"```rust\n<x> `y`\n```\n":              "<pre><code>&lt;x&gt; `y`\n</code></pre>\n",
		"```\nopen":                            "<pre><code>open\n</code></pre>\n",
		"[x](https://a.invalid/b)":             "<p><a href=\"https://a.invalid/b\" rel=\"nofollow noopener noreferrer\">x</a></p>\n",
		"[x](javascript:alert)":                "<p>[x](javascript:alert)</p>\n",
		"<script>alert(1)</script>":            "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n",
		"[x](https://a.invalid/\"onclick=\"y)": "<p>[x](https://a.invalid/&#34;onclick=&#34;y)</p>\n",
	} {
		if got := string(content.RenderMarkdown(text)); got != want {
			t.Errorf("%q:\ngot  %q\nwant %q", text, got, want)
		}
	}
}

// TestMarkdownIsInert throws markup at the renderer and reads the result as a
// browser would.
func TestMarkdownIsInert(t *testing.T) {
	t.Parallel()
	allowed := map[string]string{"h1": "", "h2": "", "h3": "", "h4": "", "h5": "", "h6": "", "p": "", "ul": "", "li": "", "pre": "", "code": "", "a": "href rel"}
	piece := rapid.SampledFrom([]string{"<", ">", "\"", "'", "`", "```", "\n", "# ", "- ", "[", "](", ")", "https://a.invalid/", "javascript:", "<script>", "<img src=x onerror=y>", "&", "&#34;", " ", "x", "\\"})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(piece).Draw(t, "pieces"), "")
		tokens := html.NewTokenizer(strings.NewReader(string(content.RenderMarkdown(text))))
		for tokens.Next() != html.ErrorToken {
			token := tokens.Token()
			if token.Type != html.StartTagToken && token.Type != html.SelfClosingTagToken {
				continue
			}
			attributes, ok := allowed[token.Data]
			if !ok {
				t.Fatalf("element %q from %q", token.Data, text)
			}
			for _, a := range token.Attr {
				if !strings.Contains(attributes, a.Key) || a.Key == "href" && !strings.HasPrefix(a.Val, "https://a.invalid/") {
					t.Fatalf("attribute %v from %q", a, text)
				}
			}
		}
	})
}
