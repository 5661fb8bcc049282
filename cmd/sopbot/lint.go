package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"sopbot/internal/playbook"
)

// lintCommand is `sopbot lint DIR`.
type lintCommand struct {
	Dir  string `arg:"" help:"The playbook's folder."`
	JSON bool   `name:"json" help:"Print a JSON array of the problems."`
}

// Help says what the exit codes mean.
func (lintCommand) Help() string {
	return "Exit code 0: it may be served, perhaps with warnings. 1: it has errors. 2: the command was wrong."
}

// problemJSON is one problem for other programs.
type problemJSON struct {
	File     string `json:"file"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Severity string `json:"severity"`
	Message  string `json:"message"`
}

// Run prints every problem as file:line:column: message.
func (c lintCommand) Run(io streams) error {
	info, err := os.Stat(c.Dir)
	if err != nil {
		return playbookError(c.Dir, err)
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is a file; name the folder it is in", c.Dir)
	}
	pb, problems, err := playbook.Load(os.DirFS(c.Dir), time.Now())
	if err != nil {
		return playbookError(c.Dir, err)
	}
	for i := range problems {
		if problems[i].File != "" {
			problems[i].File = filepath.Join(c.Dir, filepath.FromSlash(problems[i].File))
		}
	}
	errors := len(problems.Errors())
	if c.JSON {
		out := make([]problemJSON, 0, len(problems))
		for _, p := range problems {
			word := "warning"
			if p.Severity == playbook.Error {
				word = "error"
			}
			out = append(out, problemJSON{p.File, p.Line, p.Column, word, p.Message})
		}
		e := json.NewEncoder(io.out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(out); err != nil {
			return err
		}
	} else {
		paint := painter(io.out)
		for _, p := range problems {
			line := p.String()
			if p.Severity == playbook.Error {
				line = paint(red, line)
			}
			fmt.Fprintln(io.out, line)
		}
		pages := 0
		if pb != nil {
			pages = len(pb.Pages)
		}
		fmt.Fprintf(io.err, "%s, %s, %s\n", plural(pages, "page"), plural(errors, "error"), plural(len(problems)-errors, "warning"))
	}
	if errors > 0 {
		return exit(1)
	}
	return nil
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
