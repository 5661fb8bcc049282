package database_test

import (
	"bufio"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
)

// writer is the child process of the test below: it writes two rows in a
// transaction and says so once they are committed, again and again.
func writer(target string) {
	db, err := database.Open(ctx, target)
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	for {
		id := database.NewID()
		if err := db.Write(ctx, func(tx *database.Tx) error {
			if err := add(tx, id+" a"); err != nil {
				return err
			}
			return add(tx, id+" b")
		}); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		fmt.Println(id)
	}
}

// A process is killed at any moment, also while it makes the database:
// everything it said must be there, nothing is there by half, and the next
// one goes on.
func TestNothingThatWasSaidIsLostWhenKilled(t *testing.T) {
	if target := os.Getenv("SOPBOT_TEST_WRITER"); target != "" {
		writer(target)
	}
	t.Run("SQLite", func(t *testing.T) { t.Parallel(); killRounds(t, filepath.Join(t.TempDir(), "db")) })
	t.Run("PostgreSQL", func(t *testing.T) { t.Parallel(); killRounds(t, dbtest.Postgres(t)) })
}

func killRounds(t *testing.T, target string) {
	rounds := 10
	if os.Getenv("SOPBOT_SOAK") != "" {
		rounds = 100
	}
	var said []string
	for round := range rounds {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestNothingThatWasSaidIsLostWhenKilled$")
		cmd.Env = append(os.Environ(), "SOPBOT_TEST_WRITER="+target)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// Every other round dies early, some while the schema is made; the
		// rest in the middle of their work.
		death := time.AfterFunc(time.Hour, func() { _ = cmd.Process.Kill() })
		if round%2 == 0 {
			death.Reset(time.Duration(rand.IntN(300)) * time.Millisecond)
		}
		lines := bufio.NewReader(out)
		for here := 0; ; {
			line, err := lines.ReadString('\n')
			if err != nil {
				break // also when only half a line came
			}
			if strings.HasPrefix(line, "error") {
				t.Fatalf("round %d: %s", round, line)
			}
			said = append(said, strings.TrimSpace(line))
			if here++; round%2 == 1 && here == 1 {
				death.Reset(time.Duration(rand.IntN(150)) * time.Millisecond)
			}
		}
		_ = cmd.Wait()
	}
	db := dbtest.Open(t, target) // checks the file, too
	there := map[string]int{}
	for _, key := range keys(t, db) {
		there[key[:len(key)-2]]++
	}
	if len(said) == 0 {
		t.Fatal("nothing was written")
	}
	for _, id := range said {
		if there[id] != 2 {
			t.Errorf("%s was said, and %d of its rows are there", id, there[id])
		}
	}
	for id, n := range there {
		if n != 2 {
			t.Errorf("%d rows of %s are there", n, id)
		}
	}
	t.Logf("%s: %d commits in %d rounds of kill -9, %d not said", db.Dialect(), len(said), rounds, len(there)-len(said))
	if db.Dialect() == database.SQLite {
		_ = db.Close()
		raw, _ := sql.Open("sqlite3", "file:"+target+"?mode=ro")
		defer raw.Close()
		var verdict string
		if err := raw.QueryRow("PRAGMA quick_check").Scan(&verdict); err != nil || verdict != "ok" {
			t.Errorf("quick_check: %s, %v", verdict, err)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	for _, name := range []string{"SQLite", "PostgreSQL"} {
		b.Run(name, func(b *testing.B) {
			target := filepath.Join(b.TempDir(), "db")
			if name == "PostgreSQL" {
				target = dbtest.Postgres(b)
			}
			db := dbtest.Open(b, target)
			for b.Loop() {
				if err := db.Write(ctx, func(tx *database.Tx) error { return add(tx, database.NewID()) }); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
		})
	}
}
