package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

var (
	shownFlag = regexp.MustCompile(`--[a-z][a-z-]+`)
	quoted    = regexp.MustCompile("`([^`\n]+)`")
)

// shown gives what a document shows of our command line: lines of blocks that
// begin with the program, joined where one goes on in the next, and what stands
// between backticks.
func shown(text string) (commands, pieces []string) {
	text = strings.ReplaceAll(text, "\\\n", " ")
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "cratewarden ") {
			line, _, _ = strings.Cut(line, " | ")
			commands = append(commands, line)
		}
	}
	for _, found := range quoted.FindAllStringSubmatch(text, -1) {
		if strings.HasPrefix(found[1], "cratewarden ") {
			commands = append(commands, found[1])
		} else {
			pieces = append(pieces, found[1])
		}
	}
	return commands, pieces
}

// described finds the command that a line shows, and its flags.
func described(root *kong.Node, line string) (*kong.Node, map[string]bool) {
	node := root
	for _, word := range strings.Fields(line)[1:] {
		next := node
		for _, child := range node.Children {
			if child.Name == strings.TrimRight(word, ".,;") {
				next = child
			}
		}
		if next == node {
			break
		}
		node = next
	}
	return node, flagsOf(node)
}

// flagsOf gives the flags of a command and of those it stands for when no more
// is said.
func flagsOf(n *kong.Node) map[string]bool {
	flags := map[string]bool{"--help": true}
	for _, group := range n.AllFlags(false) {
		for _, f := range group {
			flags["--"+f.Name] = true
		}
	}
	if n.DefaultCmd != nil {
		for name := range flagsOf(n.DefaultCmd) {
			flags[name] = true
		}
	}
	return flags
}

// TestDocsShowWhatThereIs: the commands and flags that people read of are there,
// and belong together.
func TestDocsShowWhatThereIs(t *testing.T) {
	t.Parallel()
	parser, err := kong.New(&cli{})
	if err != nil {
		t.Fatal(err)
	}
	every := map[string]bool{}
	for _, leaf := range parser.Model.Leaves(false) {
		for name := range flagsOf(leaf) {
			every[name] = true
		}
	}
	paths, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(paths) < 10 {
		t.Fatal(paths, err)
	}
	seen := 0
	for _, path := range append(paths, "../../README.md") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(path)
		commands, pieces := shown(string(text))
		for _, line := range commands {
			node, flags := described(parser.Model.Node, line)
			if node == parser.Model.Node && !strings.Contains(line, "--help") {
				t.Errorf("%s shows %q, a command that there is not", name, line)
			}
			for _, flag := range shownFlag.FindAllString(line, -1) {
				if seen++; !flags[flag] {
					t.Errorf("%s shows %q: %s has no flag %s", name, line, node.FullPath(), flag)
				}
			}
		}
		for _, piece := range pieces {
			for _, flag := range shownFlag.FindAllString(piece, -1) {
				if seen++; !every[flag] {
					t.Errorf("%s names %q, a flag that there is not", name, flag)
				}
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d flags were found: the search is wrong", seen)
	}
}
