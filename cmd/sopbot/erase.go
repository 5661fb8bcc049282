package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/erasure"
	"sopbot/internal/gateway"
	"sopbot/internal/outbox"
)

// eraseCommand is `sopbot erase WHO`.
type eraseCommand struct {
	Who      string   `arg:"" help:"A member's ID (U…), @handle or name; a lead's, company's or contact's name; a contact's e-mail address; or a code that erase lists."`
	Yes      bool     `help:"Do it; without, it is only said what would go."`
	Also     []string `help:"Another name to take out of what others wrote; may be given several times." placeholder:"NAME" sep:"none"`
	Keep     []string `help:"A name that stays in what others wrote, because it is a common word; may be given several times." placeholder:"NAME" sep:"none"`
	By       string   `help:"Who does it, for the audit trail; without, whoever is signed in on this machine." placeholder:"NAME"`
	Database string   `help:"The file, or the address of PostgreSQL." env:"SOPBOT_DATABASE" default:"sopbot.db" placeholder:"FILE"`
}

// Help tells what goes and what stays.
func (eraseCommand) Help() string {
	return `For requests to be forgotten. Without --yes nothing is changed, and what would go is said.

Without --yes it also lists the names as they stand in what others wrote. Look through that list: a company may be called like a word that everybody uses.
--keep leaves it there.

Of a lead go its names, addresses, everything known of it, notes, answers, questions and coaching; of a contact the same, but the company's
name stays; of a member of the team name and handle, what they asked the bot, and what they wrote to others about handoffs. Names go from
what others wrote, too. Messages in Slack that were about it are changed to "This message was erased on request", others lose the name.
What is counted stays, without a name; the audit trail says that something was erased, when and by whom, not what.

With SQLite stop the bot first; the messages are changed when it runs again. With PostgreSQL it may run, but choose a quiet
time: it goes through everything in one transaction, a matter of seconds for each year of a team, for which what people hand in may have to wait. Start the bot
anew afterwards, because it remembers who is called what.

What it cannot reach: backups and exports that were made before, answers that people saw for themselves alone, messages and files of people's
own in Slack, and PostgreSQL's own logs. Answers to mentions and direct messages (they repeat the question), answers that somebody shared, and files for
calendars stay in Slack, too: it lists where and when, as far as the database knows, for people to remove them.`
}

// Run finds who is meant and erases it.
func (c eraseCommand) Run(ctx context.Context, streams streams) error {
	target, err := databaseFromFile(c.Database)
	if err != nil {
		return err
	}
	if !database.IsAddress(target) {
		if _, err := os.Stat(target); err != nil {
			return fmt.Errorf("%s: %w", target, errors.Unwrap(err))
		}
	}
	db, err := database.Open(ctx, target)
	if errors.Is(err, database.ErrInUse) {
		return fmt.Errorf("a bot is using %s; stop it first, then erase, then start it: the messages in Slack are changed when it runs again", target)
	}
	if err != nil {
		return err
	}
	defer db.Close()
	o := outbox.New(db, outbox.Options{})
	e := &erasure.Eraser{DB: db, Posts: gateway.NewPosts(db, o, nil, time.Now, slog.New(slog.DiscardHandler)), Now: time.Now, By: c.By, Keep: c.Keep}
	if e.By == "" {
		e.By = operator()
	}
	whom, err := e.Find(ctx, c.Who)
	if err == nil {
		var report erasure.Report
		if report, err = e.Erase(ctx, whom, c.Also, !c.Yes); err == nil {
			return c.done(ctx, streams.out, db, whom, report)
		}
	}
	var several *erasure.Ambiguous
	switch {
	case errors.As(err, &several):
		fmt.Fprintf(streams.err, "%q may mean several. Name one by its code:\n", c.Who)
		listTargets(streams.err, several.Candidates)
		return exit(1)
	case errors.Is(err, erasure.ErrUnknown):
		return fmt.Errorf("nobody and nothing here goes by %q. Name a member by ID (U…), @handle or name, a lead or company by its name, or a contact by name or e-mail address. "+
			"Of the team's e-mail addresses sopbot keeps none", c.Who)
	case err != nil:
		return fmt.Errorf("nothing was erased: %w", err)
	}
	return nil
}

// done says what went, or would, and sees to it that the files hold it no more.
func (c eraseCommand) done(ctx context.Context, w io.Writer, db *database.DB, whom erasure.Target, r erasure.Report) error {
	verb := "This would erase"
	if c.Yes {
		verb = "Erased"
	}
	fmt.Fprintf(w, "%s the %s %s:\n", verb, whom.Kind, whom.Title)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, name := range slices.Sorted(maps.Keys(r.Rows)) {
		if r.Rows[name] > 0 && name != "posts" {
			fmt.Fprintf(table, "  %s\t%s\n", strings.ReplaceAll(name, "_", " "), plural(r.Rows[name], "row"))
		}
	}
	fmt.Fprintf(table, "  messages\t%d, changed in Slack by the bot\n", r.Messages)
	if err := table.Flush(); err != nil {
		return err
	}
	for _, note := range r.Notes {
		fmt.Fprintln(w, note)
	}
	c.words(w, r.Words)
	if len(r.Left) > 0 {
		fmt.Fprintln(w, "In Slack this is left for people to remove, because the bot keeps no place of it (in UTC; write it down, afterwards nothing tells of it any more):")
		for _, l := range r.Left[:min(len(r.Left), mostLeft)] {
			fmt.Fprintf(w, "  %s, %s\n", l.At.UTC().Format("2006-01-02 15:04"), l.What)
		}
		if more := len(r.Left) - mostLeft; more > 0 {
			fmt.Fprintf(w, "  … and %d before these\n", more)
		}
	}
	for _, copied := range db.Copies() {
		fmt.Fprintf(w, "%s was kept before an update or a restore and still holds it: delete it when you no longer need it.\n", filepath.Base(copied))
	}
	fmt.Fprintln(w, "Backups and exports that were made before still hold it, until their time is over.")
	if !c.Yes {
		fmt.Fprintf(w, "Nothing was changed. To do it: sopbot erase %q%s --yes\n", whom.Code, c.flags())
		return nil
	}
	if db.Dialect() == database.PostgreSQL {
		fmt.Fprintln(w, "Start the bots anew that work with this database, one after the other: they remember who is called what.")
	}
	if err := db.Scrub(ctx); err != nil {
		again := "end whatever reads it (an export, a backup), then start the bot"
		if db.Dialect() == database.PostgreSQL {
			again = "run VACUUM (FULL) in it, as the bot's role, at a quiet time"
		}
		return fmt.Errorf("it is erased, but what was deleted may still lie in the files of the database: %w. To have them written anew, %s", err, again)
	}
	return nil
}

// flags are those that the command was given, for saying it again.
func (c eraseCommand) flags() (words string) {
	for _, name := range c.Also {
		words += fmt.Sprintf(" --also %q", name)
	}
	for _, name := range c.Keep {
		words += fmt.Sprintf(" --keep %q", name)
	}
	if c.By != "" {
		words += fmt.Sprintf(" --by %q", c.By)
	}
	if c.Database != defaultDatabase && c.Database != os.Getenv("SOPBOT_DATABASE") && !database.IsAddress(c.Database) {
		words += fmt.Sprintf(" --database %q", c.Database)
	}
	return words
}

// mostWords is how many names are listed that are taken out of what others wrote.
const mostWords = 12

// words says what is taken out of what others wrote: a company may be called
// like a word that everybody uses, and nothing brings it back.
func (c eraseCommand) words(w io.Writer, all []erasure.Word) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintln(w, "Out of what others wrote, and of messages, go:")
	for _, word := range all[:min(len(all), mostWords)] {
		fmt.Fprintf(w, "  %s in %s, such as: %s\n", harmless("“"+word.Text+"”"), plural(word.Places, "place"), harmless(word.Such))
	}
	if more := len(all) - mostWords; more > 0 {
		fmt.Fprintf(w, "  … and %d more\n", more)
	}
	if !c.Yes {
		for _, word := range all {
			if word.Small && !strings.Contains(word.Text, " ") && !strings.Contains(word.Text, "@") && !strings.Contains(word.Text, ".") {
				fmt.Fprintf(w, "“%s” stands in small letters, too. If others are meant by it, leave it there: --keep %s\n", harmless(word.Text), harmless(word.Text))
			}
		}
	}
}

// mostLeft is how much of what is left in Slack is listed.
const mostLeft = 50

func listTargets(w io.Writer, all []erasure.Target) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, t := range all {
		fmt.Fprintf(table, "  %s\tthe %s %s\n", t.Code, t.Kind, t.Title)
	}
	_ = table.Flush()
}

// operator is whoever is signed in on this machine.
func operator() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return "operator " + u.Username
	}
	return fmt.Sprintf("operator %d", os.Getuid())
}
