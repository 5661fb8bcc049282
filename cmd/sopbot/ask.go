package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"sopbot/internal/answers"
	"sopbot/internal/chat"
)

// askCommand is `sopbot ask WORDS…`.
type askCommand struct {
	Words    []string `arg:"" optional:"" help:"The question, in your own words."`
	Playbook string   `help:"The playbook's folder; without it the one that comes along." env:"SOPBOT_PLAYBOOK" placeholder:"DIR"`
	JSON     bool     `name:"json" help:"Print one line of JSON for each question."`
	Stdin    bool     `help:"Read questions from standard input, one a line."`
	Limit    int      `help:"At most so many pages." default:"5"`
}

// Help says what the exit codes mean.
func (askCommand) Help() string {
	return "Exit code 0: answered. 1: the playbook has no answer. With --stdin it is 0 whatever was found."
}

// Run answers as the bot does.
func (c askCommand) Run(streams streams) error {
	switch {
	case c.Limit < 1 || c.Limit > 1000:
		return errors.New("--limit must be between 1 and 1000")
	case c.Stdin && len(c.Words) > 0:
		return errors.New("give the question as words or with --stdin, not both")
	case !c.Stdin && strings.TrimSpace(strings.Join(c.Words, " ")) == "":
		return errors.New("what do you want to know? For example: sopbot ask objection pricing")
	}
	b := &bot{now: time.Now, log: quietLog(), Config: Config{Playbook: c.Playbook}}
	if c.Playbook != "" {
		if info, err := os.Stat(c.Playbook); err != nil {
			return playbookError(c.Playbook, err)
		} else if !info.IsDir() {
			return fmt.Errorf("%s is a file; name the folder it is in", c.Playbook)
		}
	}
	book, err := b.loadBook()
	if err != nil {
		return err
	}
	if c.Stdin {
		return c.each(streams, book)
	}
	if !c.answer(streams.out, book, strings.Join(c.Words, " ")) {
		return exit(1)
	}
	return nil
}

// each answers every line, and lets whoever waits at a pipe have the answer
// at once.
func (c askCommand) each(streams streams, book *answers.Book) error {
	lines := bufio.NewReader(streams.in)
	out := bufio.NewWriter(streams.out)
	for {
		line, err := lines.ReadString('\n')
		if question := strings.TrimRight(line, "\r\n"); question != "" || err == nil {
			c.answer(out, book, question)
			if err := out.Flush(); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// hitJSON is one page that answers, for other programs.
type hitJSON struct {
	Page    string   `json:"page"`
	File    string   `json:"file"`
	Kind    string   `json:"kind"`
	Title   string   `json:"title"`
	Heading []string `json:"heading"`
	Section int      `json:"section"`
	Score   float64  `json:"score"`
}

func (c askCommand) answer(out io.Writer, book *answers.Book, question string) (answered bool) {
	r := book.Read(question, c.Limit, time.Now())
	if c.JSON {
		hits := []hitJSON{}
		for _, h := range r.Hits {
			s := h.Page.Sections[h.Section]
			heading := s.Heading
			if heading == nil {
				heading = []string{}
			}
			hits = append(hits, hitJSON{h.Page.ID, h.Page.File, string(h.Page.Kind), h.Page.Title, heading, h.Section, h.Score})
		}
		e := json.NewEncoder(out)
		e.SetEscapeHTML(false)
		_ = e.Encode(struct {
			Query string    `json:"query"`
			Hits  []hitJSON `json:"hits"`
		}{question, hits})
		return len(hits) > 0
	}
	paint := painter(out)
	switch {
	case r.Text != "":
		fmt.Fprintf(out, "%s\n\n%s\n\n%s\n", paint(bold, r.Title), indent(terminalText(r.Text, paint)), paint(faint, r.Trail))
	case len(r.Others) > 0:
		fmt.Fprintf(out, "The playbook does not quite answer %q. Nearest are:\n", question)
	default:
		fmt.Fprintf(out, "The playbook has no answer to %q.\n", question)
	}
	if r.Text != "" && len(r.Others) > 0 {
		fmt.Fprintf(out, "\n%s\n", paint(faint, "Also:"))
	}
	for _, o := range r.Others {
		fmt.Fprintf(out, "  %s %s\n", o.Title, paint(faint, o.Where))
	}
	return r.Text != ""
}

// terminalText shows Slack's text in a terminal: bold lines bold, quotes with
// a bar, entities as the letters they stand for.
func terminalText(mrkdwn string, paint func(colour, string) string) string {
	var out []string
	for line := range strings.SplitSeq(mrkdwn, "\n") {
		text := chat.Unescape(line)
		switch {
		case strings.HasPrefix(line, "*") && strings.HasSuffix(line, "*") && strings.Count(line, "*") == 2:
			text = paint(bold, strings.Trim(text, "*"))
		case strings.HasPrefix(text, ">"):
			text = paint(green, "│ "+strings.TrimPrefix(strings.TrimPrefix(text, ">"), " "))
		case strings.HasPrefix(line, "```"):
			continue
		}
		out = append(out, strings.ReplaceAll(text, "\u200b", ""))
	}
	return strings.Join(out, "\n")
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(s, "\n", "\n  ")
}
