package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/slacksim"
)

// Readiness is red, and says why, while nobody is answered; liveness never is.
func TestReadinessFollowsTheSockets(t *testing.T) {
	t.Parallel()
	slack, b := startBot(t, func(b *bot) { b.HTTP = freeAddress(t) })
	readiness(t, b, http.StatusOK, "ready")

	slack.Fault(slacksim.Fault{Method: "apps.connections.open", Error: "internal_error", Times: -1})
	slack.Deaf() // the lines hold, and nothing comes any more
	readiness(t, b, http.StatusServiceUnavailable, "nothing was heard on any socket")
	await(t, "the sockets to be given up", func() bool { return b.gateway.Connected() == 0 })
	readiness(t, b, http.StatusServiceUnavailable, "not connected to Slack")
	res, err := http.Get("http://" + b.HTTP + "/healthz")
	if err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("/healthz: %v %v", res, err)
	}
	_ = res.Body.Close()
	slack.ClearFaults()
	readiness(t, b, http.StatusOK, "ready")
	has(t, "the answer", slack.As("sam").In("#sales").Slash("/sop objection pricing").Text(), "Share in channel")
}

// A bot that Slack does not answer at its start lives, and is not ready.
func TestABotThatWaitsForSlackIsAlive(t *testing.T) {
	t.Parallel()
	slack := openSlack(t, 1)
	slack.Fault(slacksim.Fault{Method: "auth.test", Status: http.StatusServiceUnavailable, Times: -1})
	address := freeAddress(t)
	ctx, cancel := context.WithCancel(t.Context())
	b := &bot{Config: Config{BotToken: slack.BotToken(), AppToken: slack.AppToken(), APIURL: slack.URL(), HTTP: address, Database: filepath.Join(t.TempDir(), "sopbot.db")},
		log: quietLog(), now: time.Now}
	if err := b.open(ctx); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- b.run(ctx) }()
	readiness(t, b, http.StatusServiceUnavailable, "not connected to Slack")
	cancel()
	if err := <-done; err == nil {
		t.Error("it ended as if all were well")
	}
	if err := b.close(); err != nil {
		t.Error(err)
	}
}

// Rows that are due and that nobody takes up: on a file, a process knows by
// itself what it added, and looks for more only now and then.
func TestReadinessSaysThatTheOutboxIsStuck(t *testing.T) {
	t.Parallel()
	_, b := startBot(t, func(b *bot) { b.HTTP, b.delays.stuck = freeAddress(t), time.Second })
	readiness(t, b, http.StatusOK, "ready")
	if err := b.db.Write(t.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec(`INSERT INTO outbox (id, kind, key, payload, due_at, run_at, state, lease, attempt, created_at, error)
			VALUES ($1, 'slack.post', 'forgotten', '{"key":"forgotten","version":1}', $2, $2, 'ready', '', 0, $2, '')`, database.NewID(), database.Millis(time.Now().Add(-time.Hour)))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	readiness(t, b, http.StatusServiceUnavailable, "the outbox is stuck: what was due 1h0m")
	if err := b.db.Write(t.Context(), func(tx *database.Tx) error { return b.posts.Put(tx, "next", "C0SALES", chat.Say("Hello")) }); err != nil {
		t.Fatal(err)
	}
	readiness(t, b, http.StatusOK, "ready")
}

// A database that neither takes a write nor refuses it is no better than one that
// refuses: whoever asks is told so in time.
func TestReadinessSaysThatTheDatabaseDoesNotAnswer(t *testing.T) {
	t.Parallel()
	_, b := startBot(t, func(b *bot) { b.HTTP = freeAddress(t) })
	readiness(t, b, http.StatusOK, "ready")
	held, free, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- b.db.Write(context.Background(), func(*database.Tx) error {
			close(held)
			<-free
			return nil
		})
	}()
	<-held
	asked := time.Now()
	readiness(t, b, http.StatusServiceUnavailable, "the database does not answer within 5s")
	if took := time.Since(asked); took > 15*time.Second {
		t.Errorf("it took %s to say so", took)
	}
	close(free)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	readiness(t, b, http.StatusOK, "ready")
}

// A disk is said to be nearly full before anything is refused for it.
func TestReadinessSaysThatTheDiskIsNearlyFull(t *testing.T) {
	t.Parallel()
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=40m"); err != nil {
		t.Logf("only the rule: a small disk may not be mounted: %v", err)
	} else {
		t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
		_, b := startBot(t, func(b *bot) { b.HTTP, b.Database = freeAddress(t), filepath.Join(disk, "sopbot.db") })
		readiness(t, b, http.StatusOK, "ready")
		ballast := filepath.Join(disk, "ballast")
		room, err := database.DiskOf(disk)
		if err == nil {
			err = os.WriteFile(ballast, make([]byte, room.Free-room.Reserve()+64<<10), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		readiness(t, b, http.StatusServiceUnavailable, "the disk of the database is nearly full: 1 MB of 40 are left")
		ask(t, b.db, "still", "is taken")
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		readiness(t, b, http.StatusOK, "ready")
	}
	for _, tc := range []struct {
		disk database.Disk
		full bool
	}{
		{database.Disk{Size: 1 << 40, Free: 65 << 20}, false},
		{database.Disk{Size: 1 << 40, Free: 63 << 20}, true},
		{database.Disk{Size: 200 << 20, Free: 11 << 20}, false},
		{database.Disk{Size: 200 << 20, Free: 9 << 20}, true},
		{database.Disk{Size: 1 << 20, Free: 300 << 10}, false},
		{database.Disk{Size: 1 << 20, Free: 200 << 10}, true},
	} {
		if got := tc.disk.NearlyFull(); got != tc.full {
			t.Errorf("%+v is nearly full: %v", tc.disk, got)
		}
	}
}

// The log reads as its readers want it: text on a terminal, JSON elsewhere.
func TestTheLogsFormat(t *testing.T) {
	said, out := output()
	for format, want := range map[string]string{"": `{"time":`, "json": `{"time":`, "text": "time="} {
		out.Reset()
		(&Config{LogFormat: format}).newLog(said.err).Info("hello", "n", 1)
		has(t, "the format "+format, out.String(), want, "hello")
	}
	c := Config{BotToken: "xoxb-1", AppToken: "xapp-1", APIURL: "http://x/", Database: "x", Log: "info", LogFormat: "xml", BackupAt: "25:00"}
	err := c.validate()
	if err == nil {
		t.Fatal("taken")
	}
	has(t, "what is said", err.Error(), `SOPBOT_LOG_FORMAT: "xml" is not a format`, `SOPBOT_BACKUP_AT: "25:00" is not a time of day`)
	c = Config{BotToken: "xoxb-1", AppToken: "xapp-1", APIURL: "http://x/", Database: "postgres://h/x", Log: "info", Backups: t.TempDir()}
	if err := c.validate(); err == nil || errors.Is(err, os.ErrNotExist) {
		t.Errorf("backups of PostgreSQL: %v", err)
	} else {
		has(t, "what is said", err.Error(), "SOPBOT_BACKUPS: sopbot backs up its SQLite file only", "pg_dump")
	}
}
