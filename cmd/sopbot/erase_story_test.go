package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/erasure"
	"sopbot/internal/playbook"
	"sopbot/internal/slacksim"
)

// cli runs a subcommand on a database and gives what it said.
func cli(target string, args ...string) (said string, err error) {
	cmd := exec.Command("sopbot", args...)
	cmd.Env = append(os.Environ(), "SOPBOT_DATABASE="+target)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// tellTheStory plays a lead's whole life, with names and notes in every place
// that takes words, and another lead's beside it.
func tellTheStory(t *testing.T, slack *slacksim.Slack) {
	t.Helper()
	sdr, ae, dana := slack.As("sdr0").In("#sales"), slack.As("ae0"), slack.As("dana").In("#sales")
	dana.Slash("/lead assign @sdr0 R&D Northwind, Kim Lee https://northwind.example")
	card := slack.As("sdr0").WaitFor("gave you the lead")
	card.Click("Qualify")
	m := sdr.Modal()
	for _, criterion := range []string{"Metrics", "Economic buyer", "Identified pain", "Champion"} {
		m.Pick(criterion, "Confirmed: they said or showed it")
	}
	m.Fill("Champion: evidence", "Zebrafish evidence").Fill("Main pain, in the prospect's words", "Zebrafish pain").Submit()
	m = sdr.Modal()
	m.WaitFor("4 of 7")
	m.Click("Hand off")
	m = sdr.Modal()
	m.Pick("Account executive", "@ae0").Pick("Does the contact have budget authority?", "Yes").Fill("What do they need to be able to do?", "Zebrafish need").
		Fill("When does the project start?", inDays(60)).Submit()
	m.WaitFor("Step 2 of 2")
	m.Fill("Discovery call, in the AE's calendar", time.Now().Add(48*time.Hour).Format("2006-01-02 15:04")).Submit()
	m.WaitFor("is on its way")
	toAE := ae.WaitFor("over to you")
	toAE.Click("Ask")
	ae.Modal().Fill("What do you need to know?", "Zebrafish question").Submit()
	slack.As("sdr0").WaitFor("asks about").Click("Answer")
	sdr.Modal().Fill("Your answer", "Zebrafish answer").Submit()
	ae.WaitFor("answered your question")
	toAE.Click("Decline")
	ae.Modal().Pick("Reason", "No clear need").Fill("What would make the next one better?", "Zebrafish coaching").Submit()
	slack.As("sdr0").WaitFor("declined your handoff")

	// What others wrote beside it.
	ae.In("#sales").Slash("/sop what would kim lee of R&D NORTHWIND say to our prices")
	handOff(t, sdr, "Blue Kiln", "@ae0")
	sdr.Modal().WaitFor("is on its way")
	kiln := ae.WaitFor("hands Blue Kiln over to you")
	kiln.Click("Ask")
	ae.Modal().Fill("What do you need to know?", "Do they know Kim Lee (R&D Northwind)? Kimberley is another").Submit()
	slack.As("sdr0").WaitFor("asks about Blue Kiln")
}

// numbersOf are what digests count, and what must not change.
func numbersOf(t *testing.T, db *database.DB) (numbers []string) {
	t.Helper()
	for _, query := range []string{
		"SELECT 'handoffs', status, CAST(count(*) AS TEXT), CAST(count(DISTINCT sender) AS TEXT) FROM handoffs GROUP BY status ORDER BY status",
		"SELECT 'reasons', coalesce(reason, ''), CAST(count(*) AS TEXT), CAST(count(DISTINCT decided_by) AS TEXT) FROM handoffs GROUP BY reason ORDER BY 2",
		"SELECT 'scores', CAST(confirmed AS TEXT), CAST(criteria AS TEXT), CAST(passed AS TEXT) FROM qualifications ORDER BY id",
		"SELECT 'events', kind, CAST(count(*) AS TEXT), CAST(count(DISTINCT person) AS TEXT) FROM events WHERE kind NOT LIKE '%.erased' GROUP BY kind ORDER BY kind",
		"SELECT 'questions', verdict, CAST(count(*) AS TEXT), CAST(count(DISTINCT person) AS TEXT) FROM questions GROUP BY verdict ORDER BY verdict",
		"SELECT 'leads', status, CAST(count(*) AS TEXT), CAST(count(DISTINCT owner) AS TEXT) FROM leads GROUP BY status ORDER BY status",
	} {
		list(t, db, query, 4, func(v []string) { numbers = append(numbers, strings.Join(v, " ")) })
	}
	return numbers
}

// onBoth runs a test of a bot on each database; erasing waits until the bot
// has stopped, where it must.
func onBoth(t *testing.T, test func(t *testing.T, target string, server bool)) {
	t.Run("SQLite", func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "sopbot.db"), false) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, dbtest.Postgres(t), true) })
}

// stands gives the messages of the bot that stand in Slack, but for those that
// one person saw for a moment.
func stands(slack *slacksim.Slack, people ...string) (said string) {
	for _, who := range people {
		for _, room := range []string{"DM", "#sales", "#handoffs"} {
			for _, c := range slack.As(who).Messages(room) {
				if !c.Ephemeral() {
					said += c.Text() + "\n" + c.Notification() + "\n"
				}
			}
		}
	}
	return said
}

// gone fails for every needle that is left anywhere: in the tables, in
// SQLite's files, in Slack.
func gone(t *testing.T, slack *slacksim.Slack, target string, server bool, needles ...string) {
	t.Helper()
	whole, err := cli(target, "export", "--format", "json", "-")
	if err != nil {
		t.Fatal(whole)
	}
	rest, err := cli(target, "export", "--format", "json", "--table", "outbox", "--table", "posts", "--table", "received", "-")
	if err != nil {
		t.Fatal(rest)
	}
	places := map[string]string{"the tables": whole, "the outbox and the messages": rest, "Slack": stands(slack, "sdr0", "ae0", "dana")}
	if !server {
		files, err := filepath.Glob(target + "*")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			places[filepath.Base(file)] = string(raw)
		}
	}
	if server {
		for file, bytes := range serverFiles(t, target) {
			places[file] = bytes
		}
	}
	for place, text := range places {
		lower := strings.ToLower(text)
		for _, needle := range needles {
			if i := strings.Index(lower, strings.ToLower(needle)); i >= 0 {
				t.Errorf("%s still holds %q: …%q…", place, needle, text[max(0, i-120):min(len(text), i+120)])
			}
		}
	}
}

// serverFiles are the files of PostgreSQL's tables, as the server reads them.
func serverFiles(t *testing.T, target string) map[string]string {
	t.Helper()
	pool, err := sql.Open("pgx", target)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.ExecContext(t.Context(), "CHECKPOINT"); err != nil {
		t.Fatal(err)
	}
	rows, err := pool.QueryContext(t.Context(), `SELECT c.relname, pg_read_binary_file(pg_relation_filepath(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('public', 'pg_toast') AND c.relkind IN ('r', 'i', 't') AND pg_relation_filepath(c.oid) IS NOT NULL AND (n.nspname = 'public' OR c.oid >= 16384)`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	out := map[string]string{}
	for rows.Next() {
		var name string
		var raw []byte
		if err := rows.Scan(&name, &raw); err != nil {
			t.Fatal(err)
		}
		out["the file of "+name] = string(raw)
	}
	if err := rows.Err(); err != nil || len(out) < 20 {
		t.Fatalf("%d files, %v", len(out), err)
	}
	return out
}

func TestALeadIsForgotten(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, target string, server bool) {
		slack := openSlack(t, 2)
		bot := startChild(t, slack, target)
		tellTheStory(t, slack)
		settled(t, look(t, target), time.Minute)

		said, err := cli(target, "erase", "R&D Northwind", "--yes")
		if server {
			// A server is shared: the dry run and the deed need no stop.
			if err != nil {
				t.Fatal(said)
			}
		} else {
			has(t, "the refusal beside a bot", said, "a bot is using", "stop it first")
			bot.stop()
			before := numbersOf(t, look(t, target))
			dry, err := cli(target, "erase", "r&d northwind")
			if err != nil {
				t.Fatal(dry)
			}
			has(t, "the dry run", dry, "This would erase the lead R&D Northwind (Kim Lee)", "lead facts", "messages", "Nothing was changed. To do it: sopbot erase \"lead/")
			has(t, "the names in it", strings.ToLower(dry), "out of what others wrote, and of messages, go:\n", "“kim lee” in ", "to do it: sopbot erase \"lead/")
			if dry, err = cli(target, "erase", "r&d northwind", "--keep", "Kim Lee", "--by", "the data desk"); err != nil {
				t.Fatal(dry)
			}
			has(t, "the dry run that keeps a name", strings.ToLower(dry), "“r&d northwind” in ", ` --keep "kim lee" --by "the data desk" --yes`)
			lacks(t, "the dry run that keeps a name", strings.ToLower(dry), "“kim lee” in ")
			raw, _ := cli(target, "export", "--format", "json", "-")
			has(t, "the database after a dry run", raw, "Kim Lee", "Zebrafish evidence")
			if said, err = cli(target, "erase", "Kim Lee", "--by", "the data desk"); err != nil {
				t.Fatal(said)
			}
			has(t, "the dry run by the contact", said, "This would erase the contact Kim Lee of R&D Northwind")
			if said, err = cli(target, "erase", "R&D Northwind", "--yes", "--by", "the data desk"); err != nil {
				t.Fatal(said)
			}
			if after := numbersOf(t, look(t, target)); strings.Join(after, "\n") != strings.Join(before, "\n") {
				t.Errorf("the numbers were\n%s\nand are\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
			}
			has(t, "the trail", textOf(t, look(t, target), "SELECT kind || ' ' || person || ' ' || detail FROM events WHERE kind = 'lead.erased'"), "lead.erased the data desk {}")
			bot = startChild(t, slack, target)
		}
		has(t, "what was done", said, "Erased the lead R&D Northwind (Kim Lee)", "Backups and exports")
		settled(t, look(t, target), time.Minute)
		bot.stop()
		gone(t, slack, target, server, "Northwind", "Kim Lee", "northwind.example", "Zebrafish evidence", "Zebrafish pain", "Zebrafish need", "Zebrafish question", "Zebrafish answer", "Zebrafish coaching")
		left := stands(slack, "sdr0", "ae0", "dana")
		has(t, "Slack", left, "This message was erased on request", "Blue Kiln", "Do they know [erased]", "Kimberley is another", "Reps type everything twice")
		again, err := cli(target, "erase", "R&D Northwind")
		if err == nil {
			t.Errorf("it is there again: %s", again)
		}
		has(t, "the second time", again, "nobody and nothing here goes by")
	})
}

// textOf reads a single text from a database.
func textOf(t *testing.T, db *database.DB, query string) (text string) {
	t.Helper()
	list(t, db, query, 1, func(v []string) { text = v[0] })
	return text
}

func TestAMemberOfTheTeamIsForgotten(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, target string, server bool) {
		slack := openSlack(t, 2)
		bot := startChild(t, slack, target)
		tellTheStory(t, slack)
		settled(t, look(t, target), time.Minute)
		// Questions are written a moment after they were answered.
		await(t, "the question", func() bool {
			return textOf(t, look(t, target), "SELECT words FROM questions WHERE person = 'U0AE000'") != ""
		})
		before := ""
		if !server {
			bot.stop()
			before = strings.Join(numbersOf(t, look(t, target)), "\n")
		}
		said, err := cli(target, "erase", "@ae0", "--yes", "--also", "Ae0")
		if err != nil {
			t.Fatal(said)
		}
		has(t, "what was done", said, "Erased the person Ae0 (@ae0)", "questions", "take them out first")
		if !server {
			if after := strings.Join(numbersOf(t, look(t, target)), "\n"); after != before {
				t.Errorf("the numbers were\n%s\nand are\n%s", before, after)
			}
			raw, err := os.ReadFile(target)
			if err != nil {
				t.Fatal(err)
			}
			for _, needle := range []string{"U0AE000", "Zebrafish question", "Zebrafish coaching", "what would kim lee"} {
				if bytes.Contains(raw, []byte(needle)) {
					t.Errorf("the file still holds %q", needle)
				}
			}
		}
		// What was written about the lead by others stays.
		whole, _ := cli(target, "export", "--format", "json", "-")
		has(t, "the tables", whole, "Kim Lee", "Zebrafish evidence", "Zebrafish answer", "UERASED")
		lacks(t, "the tables", whole, "U0AE000", "Zebrafish question", "Zebrafish coaching")
		has(t, "the trail", whole, "person.erased")
		if !server {
			// The group that Slack tells of still has them; nobody else of the trail does.
			bot = startChild(t, slack, target)
		}
		settled(t, look(t, target), time.Minute)
		inDM := ""
		for _, c := range slack.As("ae0").Messages("DM") {
			if !c.Ephemeral() {
				inDM += c.Text()
			}
		}
		lacks(t, "their direct messages", inDM, "Northwind", "Blue Kiln")
		channel := ""
		for _, c := range slack.As("dana").Messages("#handoffs") {
			channel += c.Text()
		}
		has(t, "the channel", channel, "to somebody who was erased", "Blue Kiln")
		lacks(t, "the channel", channel, "@ae0", "U0AE000", "Zebrafish coaching")
		// The work goes on with others, and nobody writes to who is gone.
		slack.As("sdr0").WaitFor("asks about Blue Kiln").Click("Answer")
		slack.As("sdr0").Modal().Fill("Your answer", "They do not").Submit()
		slack.As("dana").In("#handoffs").WaitFor("Handoff: Blue Kiln").Click("Reassign")
		slack.As("dana").Modal().Pick("Account executive", "@ae1").Submit()
		slack.As("ae1").WaitFor("over to you").Click("Accept")
		slack.As("sdr0").WaitFor("accepted your handoff of Blue Kiln")
		db := look(t, target)
		settled(t, db, time.Minute)
		list(t, db, "SELECT key, error FROM outbox WHERE state = 'dead'", 2, func(v []string) { t.Errorf("it was given up: %q", v) })
		bot.stop()
	})
}

// Nobody is erased by a guess.
func TestEraseRefusesInPlainWords(t *testing.T) {
	target := filepath.Join(t.TempDir(), "sopbot.db")
	said, err := cli(target, "erase", "Northwind")
	if err == nil {
		t.Error("a database that is not there was erased from")
	}
	has(t, "without a database", said, "no such file")
	slack := openSlack(t, 1)
	bot := startChild(t, slack, target)
	dana := slack.As("dana").In("#sales")
	dana.Slash("/lead assign @sdr0 Northwind, Kim Lee")
	dana.Slash("/lead assign @sdr0 Northwind, Jo Park")
	dana.Slash("/lead assign @sdr0 Blue Kiln, Kim Lee")
	dana.Slash("/lead assign @sdr0 Kiln, Ltd., Ada")
	bot.stop()
	for words, want := range map[string][]string{
		"Northwind":           {`"Northwind" may mean several`, "lead/", "the lead Northwind (Kim Lee)", "the lead Northwind (Jo Park)"},
		"Kim Lee":             {"may mean several", "the contact Kim Lee of Northwind", "the contact Kim Lee of Blue Kiln", "contact/"},
		"Nobody Inc":          {`nobody and nothing here goes by "Nobody Inc"`, "e-mail"},
		"sam@company.example": {"nobody and nothing"},
		"U0NOBODY":            {"nobody and nothing"},
		"lead/gone":           {"nobody and nothing"},
		" ":                   {"nobody and nothing"},
	} {
		said, err := cli(target, "erase", words, "--yes")
		if err == nil {
			t.Errorf("%q was erased: %s", words, said)
		}
		has(t, words, said, want...)
	}
	// One of several, by its code.
	code := textOf(t, look(t, target), "SELECT 'contact/' || id FROM leads WHERE company = 'Blue Kiln'")
	said, err = cli(target, "erase", code, "--yes", "--also", "Kiln, Northwind") // a name with a comma is one
	if err != nil {
		t.Fatal(said)
	}
	if got := textOf(t, look(t, target), "SELECT detail FROM events WHERE detail LIKE '%Ada%'"); !strings.Contains(got, "Kiln, Ltd.") {
		t.Errorf("of another lead is left: %s", got)
	}
	has(t, "one of several", said, "Erased the contact Kim Lee of Blue Kiln")
	if got := textOf(t, look(t, target), "SELECT company || contact FROM leads WHERE company = 'Blue Kiln'"); got != "Blue Kiln" {
		t.Errorf("the lead is %q", got)
	}
	n := 0
	if err := look(t, target).Read(context.Background(), func(tx *database.Tx) error {
		_, err := tx.Row("SELECT count(*) FROM leads WHERE company = 'Northwind' AND contact <> '' AND erased_at IS NULL", nil, &n)
		return err
	}); err != nil || n != 2 {
		t.Errorf("of the others %d are left, %v", n, fmt.Sprint(err))
	}
}

// A bot on PostgreSQL writes questions a moment after it answered them: what it
// holds when somebody is erased beside it is not written under their name.
func TestWhatTheBotHoldsIsNotWrittenAfterAnErasure(t *testing.T) {
	target := dbtest.Postgres(t)
	slack := openSlack(t, 3)
	b := &bot{Config: Config{BotToken: slack.BotToken(), AppToken: slack.AppToken(), APIURL: slack.URL(), Database: target},
		log: slog.New(slog.DiscardHandler), now: time.Now, settings: func(s *playbook.Settings) { s.Roles = map[string][]string{"sdr": {"S0SDR"}} }}
	if err := b.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.close() })
	b.features.roster.Refresh(t.Context())
	for i := range 3 { // once in a while it is written before
		b.answers.Start()
		e := &erasure.Eraser{DB: b.db, Posts: b.posts, Now: time.Now, By: "the data desk"}
		whom, err := e.Find(t.Context(), fmt.Sprint("@sdr", i))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.router.Command(t.Context(), chat.Command{Origin: chat.Origin{Person: whom.Code, Channel: "C0SALES"}, Name: "/sop", Text: "what would Kim Lee say"}); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Erase(t.Context(), whom, nil, false); err != nil {
			t.Fatal(err)
		}
		b.answers.Stop()
		n := 0
		list(t, b.db, "SELECT person, words FROM questions", 2, func(v []string) {
			n++
			if v[0] == whom.Code || v[1] != "" {
				t.Errorf("round %d: %q is kept", i, v)
			}
		})
		if n != i+1 {
			t.Errorf("round %d: of what was asked, %d are counted", i, n)
		}
	}
}

// A backup from before an erasure brings back what was erased: that is said, and
// what a restore puts aside is a copy like any other.
func TestARestoreSaysWhoIsThereAgain(t *testing.T) {
	target := filepath.Join(t.TempDir(), "sopbot.db")
	slack := openSlack(t, 1)
	bot := startChild(t, slack, target)
	dana := slack.As("dana").In("#sales")
	dana.Slash("/lead assign @sdr0 Northwind, Kim Lee")
	dana.Slash("/lead assign @sdr0 Blue Kiln, Jo Park")
	bot.stop()
	run := func(args ...string) string {
		t.Helper()
		said, err := cli(target, args...)
		if err != nil {
			t.Fatal(said)
		}
		return said
	}
	run("erase", "Blue Kiln", "--yes")
	backup := filepath.Join(t.TempDir(), "backup.db")
	run("backup", backup)
	said := run("restore", backup)
	lacks(t, "a restore after which nothing is missing", said, "erase")
	run("erase", "Northwind", "--yes", "--by", "the data desk")
	said = run("restore", backup)
	has(t, "the restore", said, "these were erased, and are there again", "  a lead, on ", " by the data desk\n")
	if strings.Count(said, "  a lead, on ") != 1 {
		t.Errorf("it says %s", said)
	}
	said = run("erase", "Northwind")
	has(t, "the next dry run", said, "This would erase the lead Northwind", "sopbot.db.before-", "was kept before an update or a restore and still holds it")
	// Of a file that cannot be read, nobody knows.
	if err := os.WriteFile(target, []byte("not what was here"), 0o600); err != nil {
		t.Fatal(err)
	}
	has(t, "the restore of a broken one", run("restore", backup), "if somebody was erased since the backup was made, erase them anew")
}
