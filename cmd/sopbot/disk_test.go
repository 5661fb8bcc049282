package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
)

// A database that takes nothing for a while: the person who sends a form keeps
// what they typed and reads what to do, readiness is red, and afterwards the
// same process goes on.
func TestADatabaseThatTakesNothing(t *testing.T) {
	t.Parallel()
	t.Run("full", func(t *testing.T) {
		t.Parallel()
		refusing(t, filepath.Join(t.TempDir(), "sopbot.db"), "the disk of its database is full", false, func(b *bot) (again func()) {
			pragma(t, b, "max_page_count = 1") // SQLite keeps what is there and takes no more
			return func() { pragma(t, b, fmt.Sprint("max_page_count = ", 1<<20)) }
		})
	})
	t.Run("full disk", func(t *testing.T) {
		t.Parallel()
		disk := t.TempDir()
		if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=3m"); err != nil {
			t.Logf("only at SQLite's own limit: a small disk may not be mounted: %v", err)
			return
		}
		t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
		refusing(t, filepath.Join(disk, "sopbot.db"), "the disk of its database is full", true, func(*bot) (again func()) {
			ballast := filepath.Join(disk, "ballast")
			if err := os.WriteFile(ballast, make([]byte, 4<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("the disk does not fill: %v", err)
			}
			return func() {
				if err := os.Remove(ballast); err != nil {
					t.Fatal(err)
				}
			}
		})
	})
	t.Run("read-only file", func(t *testing.T) {
		t.Parallel()
		refusing(t, filepath.Join(t.TempDir(), "sopbot.db"), "its database lets nothing be written", true, func(b *bot) (again func()) {
			pragma(t, b, "query_only = 1")
			return func() { pragma(t, b, "query_only = 0") }
		})
	})
	t.Run("file that was moved away", func(t *testing.T) {
		t.Parallel()
		target := filepath.Join(t.TempDir(), "sopbot.db")
		refusing(t, target, "its database file was moved away", true, func(*bot) (again func()) {
			if err := os.Rename(target, target+".away"); err != nil {
				t.Fatal(err)
			}
			return func() {
				if err := os.Rename(target+".away", target); err != nil {
					t.Fatal(err)
				}
			}
		})
	})
	t.Run("read-only server", func(t *testing.T) {
		t.Parallel()
		target := dbtest.Postgres(t)
		refusing(t, target, "its database lets nothing be written", true, func(*bot) (again func()) {
			readOnly(t, target, "on")
			return func() { readOnly(t, target, "off") }
		})
	})
}

// pragma sets something of the one connection that writes. No gesture of
// sopbot's does that: it stands for what happens to the file from outside.
func pragma(t *testing.T, b *bot, statement string) {
	t.Helper()
	writer := *(**sql.DB)(unsafe.Pointer(reflect.ValueOf(b.db).Elem().FieldByName("writer").UnsafeAddr()))
	if _, err := writer.Exec("PRAGMA " + statement); err != nil {
		t.Fatal(err)
	}
}

// readOnly makes a PostgreSQL refuse writes, as after a failover to a standby,
// or take them again, and ends everybody's connections.
func readOnly(t *testing.T, target, onOff string) {
	t.Helper()
	server(t, target, "SET default_transaction_read_only = off",
		"DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET default_transaction_read_only = "+onOff+"'; END $$",
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
}

// server runs statements on a PostgreSQL, beside the bot.
func server(t *testing.T, target string, statements ...string) {
	t.Helper()
	admin, err := sql.Open("pgx", target)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	admin.SetMaxOpenConns(1)
	for _, statement := range statements {
		if _, err := admin.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// refusing tells the story with a database that close makes refuse writes, and
// its result makes take them again. whole is false where small writes still find
// room.
func refusing(t *testing.T, target, why string, whole bool, close func(*bot) (again func())) {
	slack := openSlack(t, 1)
	b := runBot(t, slack, func(b *bot) { b.Database, b.delays, b.HTTP = target, calmDelays, freeAddress(t) })
	sam, alex := slack.As("sdr0").In("#sales"), slack.As("ae0")

	handOff(t, sam, "Quarry 00000001", "@ae0")
	sam.Modal().WaitFor("is on its way")
	sam.Modal().Close()
	card := alex.WaitFor("over to you")
	settled(t, look(t, target), 20*time.Second)
	readiness(t, b, http.StatusOK, "ready")

	again := close(b)
	if whole {
		readiness(t, b, http.StatusServiceUnavailable, "the database takes no writes")
	}
	// What needs no database goes on.
	has(t, "an answer", sam.Slash("/sop too expensive").Text(), "too expensive")
	handOff(t, sam, "Quarry 00000002", "@ae0")
	m := sam.Modal()
	words := strings.Join(values(m.Errors()), " ")
	has(t, "what the SDR reads", words, "sopbot cannot keep anything just now: "+why, "keeps what you typed", "Ask whoever runs sopbot", "then send it again")
	lacks(t, "what the SDR reads", words, "SQL", "sqlite", "_", "*")
	m.Fill("Anything else the AE should know", "Prefers short e-mails").Submit()
	if got := m.Value("Anything else the AE should know"); got != "Prefers short e-mails" {
		t.Errorf("of what the SDR typed there is %q", got)
	}
	if whole {
		told := card.Click("Accept")
		has(t, "what the AE reads", told.Text(), "sopbot cannot keep anything just now", why, "Nothing was changed")
		has(t, "the card", card.Text(), "Waiting for @ae0", "[Accept]")
	}

	again()
	m.Submit()
	sam.Modal().WaitFor("Quarry 00000002 is on its way to @ae0")
	second := alex.WaitFor("hands Quarry 00000002 over to you")
	has(t, "the card", second.Text(), "Prefers short e-mails")
	second.Click("Accept")
	second.WaitFor("Accepted by @ae0")
	card.Click("Accept")
	card.WaitFor("Accepted by @ae0")
	readiness(t, b, http.StatusOK, "ready")
	db := look(t, target)
	settled(t, db, 20*time.Second)
	if n := reckon(t, slack, db, []sent{{"Quarry 00000001", "U0SDR000", "U0AE000"}, {"Quarry 00000002", "U0SDR000", "U0AE000"}}); n != 2 {
		t.Errorf("%d handoffs", n)
	}
}

// freeAddress is one that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// readiness checks what /readyz says.
func readiness(t *testing.T, b *bot, status int, words string) {
	t.Helper()
	var got int
	var said string
	await(t, fmt.Sprintf("/readyz %d", status), func() bool {
		res, err := http.Get("http://" + b.HTTP + "/readyz")
		if err != nil {
			return false
		}
		defer res.Body.Close()
		raw, _ := io.ReadAll(res.Body)
		got, said = res.StatusCode, string(raw)
		return got == status
	})
	has(t, "/readyz", said, words)
}

// A database that is damaged, empty though there was one, or somebody else's
// is refused at start, in plain words, and left as it is.
func TestServeRefusesADatabaseThatIsNotWhole(t *testing.T) {
	t.Parallel()
	slack := openSlack(t, 1)
	for name, tc := range map[string]struct {
		harm func(file []byte) []byte
		want string
	}{
		"damaged": {func(file []byte) []byte {
			for at := 4096; at < len(file); at += 4096 { // every page but the first
				copy(file[at:], bytes.Repeat([]byte{0xAA}, 2048))
			}
			return file
		}, "the database file is damaged"},
		"cut off":             {func(file []byte) []byte { return file[:len(file)/2] }, "the database file is damaged"},
		"emptied":             {func([]byte) []byte { return nil }, "the database file is gone or empty, though there was one"},
		"of another program":  {func([]byte) []byte { return []byte("Dear diary, today I sold nothing at all.") }, "this is not a database of sopbot"},
		"a picture of itself": {func(file []byte) []byte { return bytes.Repeat([]byte{0}, len(file)) }, "this is not a database of sopbot"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "sopbot.db")
			db, err := database.Open(context.Background(), file)
			if err == nil {
				err = db.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
			whole, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			harmed := tc.harm(bytes.Clone(whole))
			if err := os.WriteFile(file, harmed, 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("sopbot", "serve")
			cmd.Env = append(os.Environ(), "SLACK_BOT_TOKEN="+slack.BotToken(), "SLACK_APP_TOKEN="+slack.AppToken(), "SLACK_API_URL="+slack.URL(),
				"SOPBOT_DATABASE="+file, "SOPBOT_LOG=error")
			said, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 1 {
				t.Errorf("it ended with %v", err)
			}
			if lines := strings.Count(string(said), "\n"); !strings.HasPrefix(string(said), "sopbot: open database "+file+": "+tc.want) || lines != 1 {
				t.Errorf("it says %q, want %q", said, tc.want)
			}
			if left, err := os.ReadFile(file); err != nil || !bytes.Equal(left, harmed) {
				t.Errorf("the file was changed: %d bytes, %v", len(left), err)
			}
		})
	}
}
