package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"sopbot/internal/slacksim"
)

// dialogue is `sopbot demo --terminal`: the demo's conversation with whoever
// sits at the terminal.
type dialogue struct {
	slack  *slacksim.Server
	person *slacksim.Person
	seen   *slacksim.Surface // what buttons are looked for in
	out    io.Writer
	paint  func(colour, string) string
}

const demoHelp = `  /sop …              type a command            as alex             become somebody else
  click Share…        press a button            who                 the team
  fill LABEL: text    fill in an open form      submit · close      send it, or leave it
  say #sales words    write in a channel        dm words            write to sopbot
  ask #sales words    mention sopbot there      see                 what is on the screen
  help · quit`

func (d *dialogue) play(ctx context.Context, in io.Reader, as string) error {
	if err := d.become(as); err != nil {
		return err
	}
	fmt.Fprintf(d.out, "%s\n\n", demoHelp)
	d.prompt()
	first := "/sop objection pricing"
	fmt.Fprintln(d.out, first)
	d.act(ctx, first)
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(in); s.Scan(); {
			lines <- s.Text()
		}
	}()
	for {
		d.prompt()
		select {
		case <-ctx.Done():
			fmt.Fprintln(d.out)
			return nil
		case line, ok := <-lines:
			if !ok {
				fmt.Fprintln(d.out)
				return nil
			}
			line = strings.TrimSpace(line)
			if line == "quit" || line == "exit" {
				return nil
			}
			d.act(ctx, line)
		}
	}
}

func (d *dialogue) prompt() {
	fmt.Fprintf(d.out, "%s ", d.paint(blue, d.person.Member().Handle+">"))
}

func (d *dialogue) become(who string) error {
	p, err := d.slack.Person(who)
	if err != nil {
		return err
	}
	d.person, d.seen = p, nil
	return nil
}

// act does what one line says and shows what the person then sees.
func (d *dialogue) act(ctx context.Context, line string) {
	ctx, cancel := context.WithTimeout(ctx, 6*time.Second)
	defer cancel()
	word, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	var reply *slacksim.Reply
	var err error
	switch {
	case line == "":
		return
	case strings.HasPrefix(line, "/"):
		reply, err = d.person.SlashE(ctx, line)
	case word == "help":
		fmt.Fprintln(d.out, demoHelp)
		return
	case word == "who":
		for _, h := range []string{"sam", "priya", "alex", "lena", "dana", "ola", "noor"} {
			if p, err := d.slack.Person(h); err == nil {
				m := p.Member()
				fmt.Fprintf(d.out, "  %-6s %s, %s (%s)\n", m.Handle, m.RealName, m.Title, m.TZ)
			}
		}
		return
	case word == "as":
		if err = d.become(rest); err == nil {
			return
		}
	case word == "see":
		fmt.Fprintln(d.out, d.person.Screen())
		return
	case word == "click":
		if d.seen == nil {
			err = errors.New("there is nothing to click yet; type a command first")
			break
		}
		reply, err = d.seen.ClickE(ctx, rest)
	case word == "dm":
		reply, err = d.person.DME(ctx, rest)
	case word == "say", word == "ask":
		channel, words, _ := strings.Cut(rest, " ")
		if word == "ask" {
			reply, err = d.person.MentionE(ctx, channel, words)
			break
		}
		if _, err = d.person.SayE(ctx, channel, words); err == nil {
			return
		}
	case word == "fill", word == "submit", word == "close":
		reply, err = d.form(ctx, word, rest)
		if err == nil && reply == nil {
			return
		}
	default:
		err = fmt.Errorf("%q is not something to do here; a command starts with a slash, and help lists the rest", word)
	}
	if err != nil {
		fmt.Fprintf(d.out, "  %s\n", d.paint(red, err.Error()))
		return
	}
	d.show(ctx, reply)
}

// form works on the open modal.
func (d *dialogue) form(ctx context.Context, word, rest string) (*slacksim.Reply, error) {
	m, err := d.person.ModalE(ctx)
	if err != nil {
		return nil, err
	}
	switch word {
	case "fill":
		label, text, ok := strings.Cut(rest, ":")
		if !ok {
			return nil, errors.New("write it like: fill LABEL: text")
		}
		return nil, m.FillE(ctx, strings.TrimSpace(label), strings.TrimSpace(text))
	case "submit":
		return m.SubmitE(ctx)
	}
	return nil, m.CloseE(ctx, true)
}

// show prints what came: a modal, or a message. Which of them it will be, only
// the bot knows.
func (d *dialogue) show(ctx context.Context, reply *slacksim.Reply) {
	text, err := "", context.DeadlineExceeded
	for err != nil && ctx.Err() == nil {
		moment, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		if d.person.ModalOpen() {
			var m *slacksim.Modal
			if m, err = d.person.ModalE(moment); err == nil {
				d.seen = &m.Surface
				text, err = m.TextE(moment)
			}
		} else {
			d.seen = &reply.Surface
			text, err = reply.TextE(moment)
		}
		cancel()
	}
	if err != nil {
		fmt.Fprintf(d.out, "  %s\n", d.paint(red, "nothing came; see shows the screen"))
		return
	}
	for line := range strings.SplitSeq(text, "\n") {
		style := colour("0")
		switch trimmed := strings.TrimSpace(line); {
		case strings.HasPrefix(trimmed, ">"):
			style = green
		case strings.HasPrefix(trimmed, "[") && strings.HasSuffix(trimmed, "]"):
			style = yellow
		}
		fmt.Fprintln(d.out, "  "+d.paint(style, line))
	}
}
