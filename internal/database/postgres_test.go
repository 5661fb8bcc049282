package database_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"net/url"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
)

// raw is a connection beside sopbot's.
func raw(t *testing.T, address string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func must(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func TestReplicasStartTogether(t *testing.T) {
	address := dbtest.Postgres(t)
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			db, err := database.Open(ctx, address)
			if err != nil {
				t.Error(err)
				return
			}
			defer db.Close()
			if err := db.Write(ctx, func(tx *database.Tx) error { return add(tx, database.NewID()) }); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	db := dbtest.Open(t, address)
	if n := len(keys(t, db)); n != 5 {
		t.Errorf("%d rows of 5 replicas", n)
	}
	var versions int
	if err := raw(t, address).QueryRow("SELECT count(*) FROM sopbot_version WHERE version_id = 1").Scan(&versions); err != nil || versions != 1 {
		t.Errorf("the first migration was applied %d times, %v", versions, err)
	}
	var locks int
	if err := raw(t, address).QueryRow("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())").Scan(&locks); err != nil || locks != 0 {
		t.Errorf("%d advisory locks are left, %v", locks, err)
	}
}

func TestAServerThatCannotBeUsedIsRefusedInPlainWords(t *testing.T) {
	for name, tc := range map[string]struct {
		prepare []string
		change  func(address string) string
		want    error
		says    string
	}{
		"another program's tables": {[]string{"CREATE TABLE invoices (x int)"}, nil, database.ErrNotOurs, "schema public holds tables of another program"},
		"a newer sopbot":           {[]string{"CREATE TABLE sopbot_version (id serial, version_id bigint, is_applied bool, tstamp timestamp DEFAULT now())", "INSERT INTO sopbot_version (version_id, is_applied) VALUES (0, true), (9000, true)"}, nil, database.ErrNewer, "9000"},
		"commits later":            {[]string{"DO $$BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET synchronous_commit = off'; END$$"}, nil, nil, "synchronous_commit is off"},
		"no rights":                {[]string{"DROP ROLE IF EXISTS visitor", "CREATE ROLE visitor LOGIN"}, func(a string) string { return strings.Replace(a, "sopbot@", "visitor@", 1) }, database.ErrReadOnly, "OWNER TO"},
		"read only":                {[]string{"DO $$BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET default_transaction_read_only = on'; END$$"}, nil, database.ErrReadOnly, "standby"},
		"no such user":             {nil, func(a string) string { return strings.Replace(a, "sopbot@", "stranger:s3cr3t@", 1) }, nil, "does not let stranger in"},
		"no such database":         {nil, func(a string) string { return strings.Replace(a, "/test_", "/nowhere_", 1) }, nil, "make it: CREATE DATABASE nowhere_"},
		"no schema":                {nil, func(a string) string { return a + "&search_path=away" }, nil, "CREATE SCHEMA"},
		"no server":                {nil, func(string) string { return "postgres://sam:s3cr3t@127.0.0.1:1/sopbot" }, nil, "no PostgreSQL answers at 127.0.0.1, port 1"},
		"no database":              {nil, func(string) string { return "postgres://sam:s3cr3t@127.0.0.1:1" }, nil, ""},
		"no address":               {nil, func(string) string { return "postgres://sam:s3cr3t%zz@host/sopbot" }, nil, "written as %40"},
		"a password with a slash":  {nil, func(string) string { return "postgres://sam:s3cr3t/x@host/sopbot" }, nil, ""},
		"a password with an @":     {nil, func(string) string { return "postgres://sam:@s3cr3t:@127.0.0.1:1/sopbot?connect_timeout=1" }, nil, ""},
		"a bad parameter":          {nil, func(string) string { return "postgres://sam:s3cr3t@host/x?sslmode=s3cr3t" }, nil, "not one that PostgreSQL understands"},
	} {
		t.Run(name, func(t *testing.T) {
			address := dbtest.Postgres(t)
			must(t, raw(t, address), tc.prepare...)
			if tc.change != nil {
				address = tc.change(address)
			}
			db, err := database.Open(ctx, address)
			if err == nil {
				_ = db.Close()
				t.Fatal("it was opened")
			}
			if tc.want != nil && !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("err = %v\nwant %v, %q", err, tc.want, tc.says)
			}
			if strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("the password is shown: %v", err)
			}
			if db, err := database.OpenForReading(ctx, address); err == nil {
				if tc.want != database.ErrNewer {
					t.Error("it was opened for reading")
				}
				_ = db.Close()
			} else if strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("the password is shown: %v", err)
			}
		})
	}
}

func TestASchemaOfItsOwnBesideOthers(t *testing.T) {
	address := dbtest.Postgres(t)
	must(t, raw(t, address), "CREATE TABLE questions (x int)", "CREATE SCHEMA sopbot")
	address += "&search_path=sopbot"
	db := dbtest.Open(t, address)
	if err := db.Healthy(ctx); err != nil {
		t.Error(err)
	}
	_ = db.Close()
	again, err := database.OpenForReading(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if err := again.Write(ctx, func(*database.Tx) error { return nil }); !errors.Is(err, database.ErrReadOnly) {
		t.Errorf("what is opened for reading is written: %v", err)
	}
	if err := again.Backup(ctx, t.TempDir()+"/b"); !errors.Is(err, database.ErrNoBackup) {
		t.Errorf("backup: %v", err)
	}
}

func TestTheNameHoldsNoPassword(t *testing.T) {
	db := dbtest.Open(t, strings.Replace(dbtest.Postgres(t), "sopbot@", "sopbot:s3cr3t@", 1))
	if !strings.HasPrefix(db.Name(), "postgres://sopbot@/test_") {
		t.Errorf("name %q", db.Name())
	}
}

// The server goes away and comes back, as in a failover: what is under way
// fails and says so, what follows goes on without a restart.
func TestConnectionsThatBreakAreMadeAnew(t *testing.T) {
	address := dbtest.Postgres(t)
	db := dbtest.Open(t, address)
	err := db.Write(ctx, func(tx *database.Tx) error {
		must(t, raw(t, address), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
		return add(tx, "lost")
	})
	if err == nil {
		t.Error("a transaction outlived its connection")
	}
	deadline, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for range 20 {
		if err := db.Write(deadline, func(tx *database.Tx) error { return add(tx, database.NewID()) }); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	}
	if n := len(keys(t, db)); n != 20 {
		t.Errorf("%d rows", n)
	}
}

// Two replicas want the same row: each retries alone, and yet against the
// other.
func TestReplicasLoseNothingToEachOther(t *testing.T) {
	address := dbtest.Postgres(t)
	dbs := []*database.DB{dbtest.Open(t, address), dbtest.Open(t, address)}
	if err := dbs[0].Write(ctx, func(tx *database.Tx) error { return add(tx, "counter") }); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for _, db := range dbs {
		for range 4 {
			wg.Go(func() {
				for range 50 {
					if err := db.Write(ctx, func(tx *database.Tx) error {
						var n int
						if _, err := tx.Row("SELECT at FROM received", nil, &n); err != nil {
							return err
						}
						// Who is told of this commit writes, too.
						tx.AfterCommit(func() { _ = db.Healthy(ctx) })
						_, err := tx.Exec("UPDATE received SET at = $1", n+1)
						return err
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
	var n int
	if err := raw(t, address).QueryRow("SELECT at FROM received").Scan(&n); err != nil || n != 401 {
		t.Errorf("400 increments of 1 gave %d, %v", n, err)
	}
}

// A feature may keep the error of a statement to itself, and say something
// else; it is run again all the same.
func TestALostTransactionRunsAgainWhateverItSays(t *testing.T) {
	address := dbtest.Postgres(t)
	db, other := dbtest.Open(t, address), dbtest.Open(t, address)
	if err := db.Write(ctx, func(tx *database.Tx) error { return add(tx, "counter") }); err != nil {
		t.Fatal(err)
	}
	runs := 0
	if err := db.Write(ctx, func(tx *database.Tx) error {
		var n int
		if _, err := tx.Row("SELECT at FROM received", nil, &n); err != nil {
			return err
		}
		if runs++; runs == 1 {
			if err := other.Write(ctx, func(tx *database.Tx) error {
				_, err := tx.Exec("UPDATE received SET at = 10")
				return err
			}); err != nil {
				return err
			}
		}
		if _, err := tx.Exec("UPDATE received SET at = $1", n+1); err != nil {
			return errors.New("please try again later")
		}
		return nil
	}); err != nil || runs != 2 {
		t.Errorf("%d runs, %v", runs, err)
	}
	var n int
	if err := raw(t, address).QueryRow("SELECT at FROM received").Scan(&n); err != nil || n != 11 {
		t.Errorf("1, then 10, then one more is %d, %v", n, err)
	}
}

// A server whose disk is full says so by our name, keeps what was committed,
// and goes on once there is room; tried where a small disk may be mounted.
func TestAServersFullDiskIsSaidAndSurvived(t *testing.T) {
	address := dbtest.Postgres(t)
	folder, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	home, err := os.Stat(folder.Query().Get("host"))
	if err != nil {
		t.Fatal(err)
	}
	disk, grow, err := database.SmallDisk(t, "24m")
	if err != nil {
		t.Logf("not tried: a small disk may not be mounted: %v", err)
		return
	}
	owner := home.Sys().(*syscall.Stat_t) // the server's user
	if err := os.Chown(disk, int(owner.Uid), int(owner.Gid)); err != nil {
		t.Fatal(err)
	}
	server := raw(t, address)
	must(t, server, "CREATE TABLESPACE small LOCATION '"+disk+"'", "CREATE DATABASE small TABLESPACE small")
	t.Cleanup(func() {
		_ = grow("64m")
		must(t, server, "DROP DATABASE small WITH (FORCE)", "DROP TABLESPACE small")
	})
	folder.Path = "/small"
	db := dbtest.Open(t, folder.String())
	hundred := func(tx *database.Tx) error {
		for range 100 {
			noise := make([]byte, 900) // what could be compressed would fill no disk
			_, _ = rand.Read(noise)
			if err := add(tx, hex.EncodeToString(noise)); err != nil {
				return err
			}
		}
		return nil
	}
	kept := 0
	for err == nil && kept < 20_000 {
		if err = db.Write(ctx, hundred); err == nil {
			kept += 100
		}
	}
	if !errors.Is(err, database.ErrFull) {
		t.Fatalf("after %d rows: %v", kept, err)
	}
	if err := grow("64m"); err != nil {
		t.Fatal(err)
	}
	// Not before: to read, the server may have to write other pages first.
	if n := len(keys(t, db)); n != kept {
		t.Errorf("%d rows of %d are left", n, kept)
	}
	if err := db.Write(ctx, hundred); err != nil {
		t.Errorf("after room was made: %v", err)
	}
}

// Two who work on rows of their own in one table do not come in each other's
// way, however small it is.
func TestStrangersDoNotConflict(t *testing.T) {
	target := dbtest.Postgres(t)
	db := dbtest.Open(t, target)
	if err := db.Write(context.Background(), func(tx *database.Tx) error {
		for _, id := range []string{"a", "b", "c", "d"} {
			if _, err := tx.Exec("INSERT INTO people (id, handle, name, zone, guest, bot, deactivated, fetched_at) VALUES ($1, $1, $1, '', 0, 0, 0, 0)", id); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := raw(t, target).Exec("ANALYZE people"); err != nil { // now the planner knows how small it is
		t.Fatal(err)
	}
	var read, both sync.WaitGroup
	read.Add(2)
	for _, ids := range [][2]string{{"a", "b"}, {"c", "d"}} {
		tries := 0
		both.Go(func() {
			err := db.Write(context.Background(), func(tx *database.Tx) error {
				var name string
				if _, err := tx.Row("SELECT name FROM people WHERE id = $1", []any{ids[0]}, &name); err != nil {
					return err
				}
				if tries++; tries == 1 {
					read.Done()
					read.Wait()
				}
				_, err := tx.Exec("UPDATE people SET name = $2 WHERE id = $1", ids[1], "new")
				return err
			})
			if err != nil || tries != 1 {
				t.Errorf("%v took %d tries, %v", ids, tries, err)
			}
		})
	}
	both.Wait()
}
