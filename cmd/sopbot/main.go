// Command sopbot brings a company's sales playbook into Slack. See the README
// for what it does; each subcommand lives in a file of its own.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // people's zones, also on machines without them

	"github.com/alecthomas/kong"
)

// commands is what `sopbot --help` lists.
type commands struct {
	Demo     demoCommand     `cmd:"" help:"Try sopbot without Slack: the bot and a local Slack, in the browser."`
	Serve    serveCommand    `cmd:"" help:"Run the bot in your workspace."`
	Ask      askCommand      `cmd:"" help:"Ask the playbook here in the terminal."`
	Lint     lintCommand     `cmd:"" help:"Check a playbook and name every problem."`
	Doctor   doctorCommand   `cmd:"" help:"Look whether everything that serve needs is right, and say how to mend it."`
	Retry    retryCommand    `cmd:"" help:"Try again what was given up, once its cause is mended."`
	Ready    readyCommand    `cmd:"" help:"Ask the bot that runs here whether it could do its work right now."`
	Manifest manifestCommand `cmd:"" help:"Print the manifest to create the Slack app from."`
	Backup   backupCommand   `cmd:"" help:"Write a checked copy of the database, while the bot works."`
	Restore  restoreCommand  `cmd:"" help:"Put a backup in the database's place."`
	Export   exportCommand   `cmd:"" help:"Write what the team did as CSV or JSON."`
	Erase    eraseCommand    `cmd:"" help:"Forget a lead, a contact or a member of the team who asks for it."`
	Copy     copyCommand     `cmd:"" help:"Move from the SQLite file to PostgreSQL."`
	Version  versionCommand  `cmd:"" help:"Print the version."`
}

// streams are where a subcommand reads and writes; tests put their own.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// exit is an error that only sets the exit code: what is to say was said.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit %d", int(e)) }

func main() { os.Exit(run()) }

// sameOrder is how soon a second signal is the first one once more: timeout(1) and
// some supervisors send it to the process and to its group.
const sameOrder = 250 * time.Millisecond

// untilSignal ends with the first SIGTERM or Ctrl-C, so that everything comes to
// an end. A second one is for whoever does not want to wait, and ends the
// program as if nobody listened for it.
func untilSignal() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2) // the second may follow at once
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		first := time.Now()
		again := <-signals
		for time.Since(first) < sameOrder {
			again = <-signals
		}
		signal.Reset(again)
		if number, ok := again.(syscall.Signal); ok {
			_ = syscall.Kill(os.Getpid(), number)
		}
	}()
	return ctx, func() { signal.Stop(signals); cancel() }
}

func run() int {
	ctx, stop := untilSignal()
	defer stop()
	io := streams{os.Stdin, os.Stdout, newDiscreet(os.Stderr, passwordsOf(os.Getenv("SOPBOT_DATABASE"))...)}
	if err := readPassword(); err != nil {
		fmt.Fprintln(io.err, "sopbot:", err)
		return 1
	}
	var c commands
	parser, err := kong.New(&c, kong.Name("sopbot"),
		kong.Description("sopbot answers from your sales playbook in Slack, and runs it."),
		kong.UsageOnError(), kong.Writers(io.out, io.err),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(io))
	if err != nil {
		fmt.Fprintln(io.err, "sopbot:", err)
		return 2
	}
	chosen, err := parser.Parse(os.Args[1:])
	if err != nil {
		var parse *kong.ParseError
		if errors.As(err, &parse) && len(os.Args) == 1 {
			_ = parse.Context.PrintUsage(false)
			return 2
		}
		fmt.Fprintf(io.err, "sopbot: %v\nTry: sopbot --help\n", err)
		return 2
	}
	err = chosen.Run()
	var code exit
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	}
	fmt.Fprintln(io.err, "sopbot:", err)
	return 1
}
