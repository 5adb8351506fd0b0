// What BuildKit makes of a Dockerfile when it comes to build it: the texts of the target's
// instructions with their variables replaced, or the error with its lines. scope_cases.py holds
// willrun to it, by evaluated.json. To make that again:
//
//	go mod init witness && go get github.com/moby/buildkit@v0.14.1
//	../../scope_cases.py --write FOLDER && go run . FOLDER/* >../../evaluated.json
//
// The first line of each file is a JSON object: {"target": …, "platform": …, "args": {…}}; the
// Dockerfile follows.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

type request struct {
	Target   string            `json:"target"`
	Platform string            `json:"platform"`
	Args     map[string]string `json:"args"`
}

// Every image has this environment, and is there for every platform.
type images struct {
	asked *[]string
	lock  *sync.Mutex
}

func (r images) ResolveImageConfig(_ context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	platform := *opt.Platform
	r.lock.Lock()
	defer r.lock.Unlock()
	*r.asked = append(*r.asked, strings.TrimSuffix(ref+" "+platform.OS+"/"+platform.Architecture+"/"+platform.Variant, "/"))
	image := ocispecs.Image{Platform: platform}
	image.Config.Env = []string{"PATH=/usr/bin:/bin", "FROM_IMAGE=yes"}
	image.Config.Cmd = []string{"sh"}
	text, err := json.Marshal(image)
	return ref, "", text, err
}

func platform(text string) *ocispecs.Platform {
	parts := append(strings.Split(text, "/"), "")
	return &ocispecs.Platform{OS: parts[0], Architecture: parts[1], Variant: parts[2]}
}

func evaluate(text []byte, asked request) map[string]any {
	sources := []string{}
	main := llb.Local("context")
	able := pb.Caps.CapSet(pb.Caps.All())
	options := dockerfile2llb.ConvertOpt{
		Config: dockerui.Config{Target: asked.Target, BuildArgs: asked.Args,
			BuildPlatforms: []ocispecs.Platform{{OS: "linux", Architecture: "amd64"}}},
		MainContext:    &main,
		LLBCaps:        &able,
		TargetPlatform: platform(asked.Platform),
		MetaResolver:   images{&sources, &sync.Mutex{}},
	}
	state, image, _, _, err := dockerfile2llb.Dockerfile2LLB(context.Background(), text, options)
	if err == nil {
		_, err = state.Marshal(context.Background())
	}
	if err != nil {
		first, last := 0, 0
		var located *parser.ErrorLocation
		if errors.As(err, &located) && len(located.Locations) > 0 && len(located.Locations[0]) > 0 {
			ranges := located.Locations[0]
			first, last = ranges[0].Start.Line, ranges[len(ranges)-1].End.Line
		}
		return map[string]any{"error": err.Error(), "line": first, "last": last}
	}
	history := []string{}
	for _, layer := range image.History {
		history = append(history, strings.TrimSuffix(layer.CreatedBy, " # buildkit"))
	}
	sort.Strings(sources)
	return map[string]any{"history": history, "env": image.Config.Env, "images": sources}
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
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		var asked request
		if err := json.Unmarshal(line, &asked); err != nil {
			fmt.Fprintln(os.Stderr, path, err)
			os.Exit(1)
		}
		answer := evaluate(rest, asked)
		hash := sha256.Sum256(text)
		answer["file"] = filepath.Base(path)
		answer["hash"] = hex.EncodeToString(hash[:8])
		encoder.Encode(answer)
	}
}
