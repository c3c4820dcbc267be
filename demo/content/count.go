package content

import (
	"encoding/json"
	"path"
	"strings"
)

type languageCount struct {
	Code     int `json:"code_lines"`
	Comments int `json:"comment_lines"`
	Files    int `json:"files"`
}

type lineCount struct {
	Languages map[string]languageCount `json:"languages"`
	Code      int                      `json:"total_code_lines"`
	Comments  int                      `json:"total_comment_lines"`
}

// countLines gives versions.linecounts (contract publish.md section 4). It
// counts the program's own sources and leaves out tests, benches and examples;
// lines that are neither blank nor all comment are code.
func countLines(files map[string][]byte) []byte {
	count := lineCount{Languages: map[string]languageCount{}}
	for name, text := range files {
		language := map[string]string{".rs": "Rust", ".c": "C", ".h": "C Header"}[path.Ext(name)]
		top, _, _ := strings.Cut(name, "/")
		if language == "" || top == "tests" || top == "benches" || top == "examples" {
			continue
		}
		code, comments := countFile(string(text))
		sum := count.Languages[language]
		count.Languages[language] = languageCount{sum.Code + code, sum.Comments + comments, sum.Files + 1}
		count.Code += code
		count.Comments += comments
	}
	// Maps are written in the order of their keys, and nothing here can fail.
	out, _ := json.Marshal(count)
	return out
}

func countFile(text string) (code, comments int) {
	block := false
	for line := range strings.Lines(text) {
		switch line = strings.TrimSpace(line); {
		case line == "":
		case block || strings.HasPrefix(line, "/*"):
			comments++
			block = !strings.Contains(line, "*/")
		case strings.HasPrefix(line, "//"):
			comments++
		default:
			code++
		}
	}
	return code, comments
}
