// BuildKit's own reading of Dockerfiles, in the shape of list_dockerfile: what reader_cases.py holds
// willrun's to. Its answers are kept in truth.json, for BuildKit needs a newer Go than Debian 12 has.
// To make them again:
//
//	go mod init witness && go get github.com/moby/buildkit@master && go run . FILE… >../truth.json
//
// For each file one line: its name and hash, and the document, or the error with its lines.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/command"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

type object = map[string]any

func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

// A long text is kept as its length and hash.
func short(text string) string {
	if len(text) < 1000 {
		return text
	}
	hash := sha256.Sum256([]byte(text))
	return fmt.Sprintf("%d bytes, sha256 %s", len(text), hex.EncodeToString(hash[:8]))
}

func arguments(node *parser.Node) []string {
	args := []string{}
	if _, known := command.Commands[strings.ToLower(node.Value)]; !known {
		return args
	}
	for next := node.Next; next != nil; next = next.Next {
		if len(next.Children) == 0 {
			args = append(args, short(next.Value))
		}
	}
	return args
}

func trigger(node *parser.Node) *parser.Node {
	if node.Next != nil && len(node.Next.Children) == 1 {
		return node.Next.Children[0]
	}
	return nil
}

func instruction(node *parser.Node, outer *parser.Node) object {
	heredocs := []object{}
	for _, h := range outer.Heredocs {
		heredocs = append(heredocs, object{"name": h.Name, "expand": h.Expand, "chomp": h.Chomp,
			"descriptor": h.FileDescriptor, "content": short(h.Content)})
	}
	result := object{"name": strings.ToUpper(node.Value), "line": outer.StartLine,
		"last": outer.EndLine, "text": short(strings.TrimSpace(node.Original)),
		"json": node.Attributes["json"], "flags": list(node.Flags), "args": arguments(node),
		"heredocs": heredocs, "comments": list(node.PrevComment)}
	if inner := trigger(node); inner != nil {
		result["trigger"] = instruction(inner, outer)
	}
	return result
}

func directives(text []byte) []object {
	found := []object{}
	var reader parser.DirectiveParser
	// the parser drops a byte order mark before it looks for directives
	all, _ := reader.ParseAll(bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF")))
	for _, d := range all {
		found = append(found, object{"name": d.Name, "value": strings.TrimSpace(d.Value),
			"line": d.Location[0].Start.Line})
	}
	return found
}

func optional(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func document(text []byte) (object, error) {
	if len(text) == 0 {
		return nil, errors.New("the Dockerfile cannot be empty")
	}
	parsed, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	stages, globals, err := instructions.Parse(parsed.AST, nil)
	if err != nil {
		return nil, err
	}
	if len(stages) == 0 {
		return nil, errors.New("dockerfile contains no stages to build")
	}
	nodes := parsed.AST.Children
	result := object{"escape": string(parsed.EscapeToken), "directives": directives(text)}
	outer := []object{}
	for range globals {
		outer = append(outer, instruction(nodes[0], nodes[0]))
		nodes = nodes[1:]
	}
	made := []object{}
	for _, stage := range stages {
		inner := []object{}
		from := instruction(nodes[0], nodes[0])
		nodes = nodes[1:]
		for range stage.Commands {
			inner = append(inner, instruction(nodes[0], nodes[0]))
			nodes = nodes[1:]
		}
		made = append(made, object{"name": optional(stage.Name), "base": stage.BaseName,
			"platform": optional(stage.Platform), "from": from, "instructions": inner})
	}
	result["globals"] = outer
	result["stages"] = made
	return result, nil
}

// The lines of the innermost location; 0: none.
func linesOf(err error) (int, int) {
	var located *parser.LocationError
	if errors.As(err, &located) && len(located.Locations) > 0 && len(located.Locations[0]) > 0 {
		ranges := located.Locations[0]
		return ranges[0].Start.Line, ranges[len(ranges)-1].End.Line
	}
	return 0, 0
}

func main() {
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	for _, path := range os.Args[1:] {
		text, err := os.ReadFile(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		answer, err := document(text)
		if err != nil {
			first, last := linesOf(err)
			answer = object{"error": err.Error(), "line": first, "last": last}
		}
		hash := sha256.Sum256(text)
		answer["file"] = filepath.Base(path)
		answer["hash"] = hex.EncodeToString(hash[:8])
		encoder.Encode(answer)
	}
}
