package archive

import (
	"path"
	"strings"
)

// language gives the lexer for a file. Only languages that crates really hold
// are listed, so that a file's name cannot choose an exotic lexer.
func language(name, text string) string {
	base := strings.ToLower(path.Base(name))
	switch base {
	case "makefile", "gnumakefile":
		return "make"
	case "cmakelists.txt":
		return "cmake"
	case "dockerfile":
		return "docker"
	case "cargo.lock", "cargo.toml.orig":
		return "toml"
	}
	if found := languages()[path.Ext(base)]; found != "" {
		return found
	}
	first, _, _ := strings.Cut(text[:min(len(text), 80)], "\n")
	if interpreter, ok := strings.CutPrefix(first, "#!"); ok && strings.Contains(first, "/") {
		switch {
		case strings.Contains(interpreter, "python"):
			return "python"
		case strings.Contains(interpreter, "perl"):
			return "perl"
		case strings.Contains(interpreter, "node"):
			return "javascript"
		case strings.Contains(interpreter, "sh"):
			return "bash"
		}
	}
	return ""
}

func languages() map[string]string {
	return map[string]string{
		".rs": "rust", ".toml": "toml", ".json": "json", ".lock": "toml",
		".yml": "yaml", ".yaml": "yaml", ".md": "markdown", ".markdown": "markdown",
		".c": "c", ".h": "c", ".cc": "c++", ".cpp": "c++", ".cxx": "c++", ".hpp": "c++", ".hh": "c++",
		".py": "python", ".pyi": "python", ".sh": "bash", ".bash": "bash", ".zsh": "bash",
		".js": "javascript", ".mjs": "javascript", ".cjs": "javascript", ".ts": "typescript",
		".html": "html", ".htm": "html", ".css": "css", ".xml": "xml", ".svg": "xml",
		".s": "gas", ".asm": "nasm", ".ps1": "powershell", ".bat": "batch", ".cmd": "batch",
		".rb": "ruby", ".pl": "perl", ".lua": "lua", ".go": "go", ".java": "java", ".kt": "kotlin",
		".swift": "swift", ".zig": "zig", ".cs": "c#", ".m": "objective-c", ".proto": "protobuf",
		".sql": "sql", ".ini": "ini", ".cfg": "ini", ".cmake": "cmake", ".mk": "make",
		".diff": "diff", ".patch": "diff", ".glsl": "glsl", ".hlsl": "hlsl", ".wgsl": "wgsl",
		".graphql": "graphql", ".nix": "nix", ".ll": "llvm", ".hs": "haskell",
	}
}
