package advisory

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// scores are schemas that ours point at and none of our documents needs: a
// document that had such a score would fail.
var scores = []string{
	"https://www.first.org/cvss/cvss-v2.0.json", "https://www.first.org/cvss/cvss-v3.0.json",
	"https://www.first.org/cvss/cvss-v3.1.json", "https://www.first.org/cvss/cvss-v4.0.json",
	"https://certcc.github.io/SSVC/data/schema/v1/Decision_Point_Value_Selection-1-0-1.schema.json",
}

func officialSchema(t testing.TB, file string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for _, url := range scores {
		if err := c.AddResource(url, false); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(filepath.Join("testdata", "schema", file))
	if err != nil {
		t.Fatal(err)
	}
	// CSAF 2.1 names a meta-schema of its own, which lists only two vocabularies;
	// a validator that goes by that looks at nothing. The ordinary one is meant.
	addSchema(t, c, "file:///"+file, strings.Replace(string(text), "https://docs.oasis-open.org/csaf/csaf/v2.1/schema/meta.json", "https://json-schema.org/draft/2020-12/schema", 1))
	return compiled(t, c, "file:///"+file)
}

func addSchema(t testing.TB, c *jsonschema.Compiler, url, text string) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.AddResource(url, value); err != nil {
		t.Fatal(err)
	}
}

func compiled(t testing.TB, c *jsonschema.Compiler, url string) *jsonschema.Schema {
	t.Helper()
	s, err := c.Compile(url)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func schemas(t testing.TB) map[Format]*jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	addSchema(t, c, "file:///list.json", ListSchema())
	return map[Format]*jsonschema.Schema{
		OSV: officialSchema(t, "osv-1.7.json"), CSAF20: officialSchema(t, "csaf-2.0.json"), CSAF21: officialSchema(t, "csaf-2.1.json"),
		List: compiled(t, c, "file:///list.json"),
	}
}

func held(t testing.TB, schema *jsonschema.Schema, text string) error {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(value)
}

// Everything that we write as JSON is valid by its official schema, also where
// the texts are hostile and where next to nothing is known.
func TestDocumentsAreValidByOfficialSchemas(t *testing.T) {
	t.Parallel()
	official := schemas(t)
	bare := typosquat()
	bare.Crates[0].Bad, bare.Finder, bare.Behaviour, bare.Title = nil, nil, "", ""
	present := august()
	for i := range present.Crates {
		for j := range present.Crates[i].Bad {
			v := &present.Crates[i].Bad[j]
			v.Held, v.Removed, v.Published, v.SHA256, v.Downloads = time.Time{}, time.Time{}, time.Time{}, "", nil
		}
	}
	for name, s := range map[string]Sheet{"august": august(), "typosquat": typosquat(), "nasty": nasty(), "outgoing": outgoing(), "bare": bare, "present": present} {
		for _, label := range []string{"CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED", "", "purple"} {
			s.TLP = label
			for _, d := range written(t, s, OSV, CSAF20, CSAF21, List) {
				if err := held(t, official[d.Format], d.Text); err != nil {
					t.Errorf("%s, TLP:%s, %s: %v\n%s", name, label, d.Path, err, d.Text)
				}
			}
		}
	}
}

// The schemas are awake: each refuses a document that lacks or adds something.
func TestOfficialSchemasRefuse(t *testing.T) {
	t.Parallel()
	official := schemas(t)
	for _, d := range written(t, august(), OSV, CSAF20, CSAF21, List) {
		if d.Format == OSV && d.Crate != "arraykit" {
			continue
		}
		for what, spoil := range map[string]func(map[string]any){
			"an unknown key": func(v map[string]any) { v["surprise"] = true },
			"a wrong time": func(v map[string]any) {
				v["modified"], v["as_of"] = "2026-08-20 12:00:00", "2026-08-20 12:00:00"
				if doc, ok := v["document"].(map[string]any); ok {
					doc["tracking"].(map[string]any)["current_release_date"] = "yesterday"
				}
			},
			"nothing in it": func(v map[string]any) {
				for k := range v {
					delete(v, k)
				}
			},
			"a score": func(v map[string]any) {
				v["severity"] = []any{map[string]any{"type": "CVSS_V3", "score": "high"}}
				if list, ok := v["vulnerabilities"].([]any); ok {
					list[0].(map[string]any)["scores"] = []any{map[string]any{"products": []any{"x"}, "cvss_v3": map[string]any{}}}
				}
			},
		} {
			var value map[string]any
			if err := json.Unmarshal([]byte(d.Text), &value); err != nil {
				t.Fatal(err)
			}
			spoil(value)
			if official[d.Format].Validate(value) == nil {
				t.Errorf("%s with %s passes", d.Path, what)
			}
		}
	}
}
