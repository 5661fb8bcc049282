package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sopbot"
	"sopbot/internal/database"
	"sopbot/internal/slacksim"
)

// pushed is a clock that a test pushes.
type pushed struct{ ahead atomic.Int64 }

func (p *pushed) now() time.Time        { return time.Now().Add(time.Duration(p.ahead.Load())) }
func (p *pushed) push(by time.Duration) { p.ahead.Add(int64(by)) }

func backupsIn(t *testing.T, folder string) []database.BackupFile {
	t.Helper()
	backups, err := database.Backups(folder)
	if err != nil {
		t.Fatal(err)
	}
	return backups
}

func TestABackupEachNight(t *testing.T) {
	t.Parallel()
	var clock pushed
	folder := filepath.Join(t.TempDir(), "backups")
	_, b := startBot(t, func(b *bot) {
		b.now, b.Backups, b.HTTP, b.backupAt = clock.now, folder, freeAddress(t), 3*time.Hour+15*time.Minute
	})
	await(t, "a first backup", func() bool { return len(backupsIn(t, folder)) == 1 })
	b.wake() // it is not the hour
	left := filepath.Join(folder, ".sopbot-20200101T000000Z.db.part-1")
	if err := os.WriteFile(left, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for night := range 20 {
		newest := backupsIn(t, folder)[0].Made
		clock.push(24 * time.Hour)
		b.wake()
		await(t, fmt.Sprint("the backup of night ", night), func() bool { return backupsIn(t, folder)[0].Made.After(newest) })
	}
	await(t, "the old ones to go", func() bool { return len(backupsIn(t, folder)) <= 10 })
	if n := len(backupsIn(t, folder)); n < 8 {
		t.Errorf("%d backups are kept", n)
	}
	if _, err := os.Stat(left); err == nil {
		t.Error("what a bot that was killed left is still there")
	}
	// The file is there a moment before it is counted.
	await(t, "the last one to be counted", func() bool { return strings.Contains(scrape(t, b), `sopbot_backups_total{outcome="made"} 21`) })
	has(t, "/metrics", scrape(t, b), `sopbot_backups_total{outcome="made"} 21`, `sopbot_backups_total{outcome="failed"} 0`,
		fmt.Sprintf("sopbot_backup_last_success_timestamp_seconds %.9e", float64(backupsIn(t, folder)[0].Made.Unix()))[:50])
}

// The hour is that of the playbook's zone, on days when clocks change, too.
func TestTheHourOfTheBackup(t *testing.T) {
	t.Parallel()
	_, b := startBot(t, func(b *bot) { b.backupAt = 2*time.Hour + 30*time.Minute })
	zone := b.shelf.InForce().Settings.Timezone
	for after := time.Date(2026, 1, 1, 0, 0, 0, 0, zone); after.Year() == 2026; {
		next := (&nightly{bot: b}).due(after)
		if gap := next.Sub(after); gap <= 0 || gap > 26*time.Hour {
			t.Fatalf("after %s comes %s", after, next)
		}
		if hour := next.Hour()*60 + next.Minute(); hour < 90 || hour > 210 {
			t.Errorf("after %s comes %s", after, next)
		}
		after = next
	}
}

// A backup that cannot be made is said: in the log each time, to the owner once
// a day; and it is made once that is mended.
func TestABackupThatCannotBeMadeIsSaid(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(t *testing.T, folder string) (why string, mend func()){
		"no folder": func(t *testing.T, folder string) (string, func()) {
			if err := os.WriteFile(folder, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			return "not a directory", func() { _ = os.Remove(folder) }
		},
		"no room": func(t *testing.T, folder string) (string, func()) {
			err := os.Mkdir(folder, 0o700)
			if err == nil {
				err = syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=300k")
			}
			if err != nil {
				t.Logf("without a disk that is full: a small one may not be mounted: %v", err)
				_ = os.Remove(folder)
				_ = os.WriteFile(folder, nil, 0o600)
				return "not a directory", func() { _ = os.Remove(folder) }
			}
			unmount := func() { _ = syscall.Unmount(folder, syscall.MNT_DETACH) }
			t.Cleanup(unmount)
			return "there is no room for a copy", unmount
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var clock pushed
			folder := filepath.Join(t.TempDir(), "backups")
			why, mend := spoil(t, folder)
			slack, b := startBot(t, func(b *bot) { b.now, b.Backups, b.HTTP, b.delays = clock.now, folder, freeAddress(t), hastyDelays })
			owner := slack.As("ola").In("DM")
			has(t, "what the owner reads", owner.WaitFor("could not make its backup of the night").Text(), why, "nothing is lost so far")
			for range 3 {
				clock.push(61 * time.Minute)
				b.wake()
			}
			await(t, "more tries", func() bool { return !strings.Contains(scrape(t, b), `sopbot_backups_total{outcome="failed"} 1`+"\n") })
			mend()
			clock.push(61 * time.Minute)
			b.wake()
			await(t, "the backup", func() bool {
				clock.push(61 * time.Minute)
				b.wake()
				backups, err := database.Backups(folder)
				return err == nil && len(backups) > 0
			})
			told := 0
			for _, m := range owner.Messages("DM") {
				if strings.Contains(m.Text(), "could not make its backup") {
					told++
				}
			}
			if days := 2 + int(time.Duration(clock.ahead.Load())/(24*time.Hour)); told > days {
				t.Errorf("the owner was told %d times in %d days", told, days)
			}
		})
	}
}

// The drill of the docs: the newest backup, restored where nothing is, serves.
func TestTheNewestBackupServes(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	slack, b := startBot(t, func(b *bot) { b.delays = hastyDelays })
	sam := slack.As("sam").In("#sales")
	sam.Slash("/sop objection pricing")
	handOff(t, sam, "Northwind Freight", "@alex")
	slack.As("alex").WaitFor("hands Northwind Freight over to you")
	settled(t, b.db, 20*time.Second)
	b.answers.Stop() // what was asked is on disk a moment later; now
	b.answers.Start()
	await(t, "the playbook in force to be kept", func() bool { return one[int](t, b, "SELECT count(*) FROM editions") == 1 })
	before := kinds(t, b.db)
	said, out := output()
	if err := (backupCommand{Folder: folder, Database: b.Database}).Run(t.Context(), said); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if err := (backupCommand{Folder: folder, Check: true}).Run(t.Context(), said); err != nil {
		t.Fatal(err)
	}
	has(t, "the rehearsal", out.String(), "1 handoffs", "1 leads", "1 questions", "can be restored", "Nothing was changed")

	// The live database is in use; an empty folder is not.
	newest := backupsIn(t, folder)[0].Path
	if err := (restoreCommand{File: newest, Database: b.Database}).Run(t.Context(), said); err == nil || !strings.Contains(err.Error(), "a bot is using") {
		t.Errorf("over a database in use: %v", err)
	}
	place := filepath.Join(t.TempDir(), "elsewhere", "sopbot.db")
	out.Reset()
	if err := (restoreCommand{File: newest, Database: place}).Run(t.Context(), said); err != nil {
		t.Fatal(err)
	}
	has(t, "restore", out.String(), "1 handoffs", "Start the bot.")
	lacks(t, "restore", out.String(), "delete it")
	again := elsewhere(t)
	bot := runBot(t, again, func(b *bot) { b.Database, b.delays = place, hastyDelays })
	if after := kinds(t, bot.db); before != after {
		t.Errorf("there were\n%s\nand now there are\n%s", before, after)
	}
	has(t, "an answer", again.As("sam").In("#sales").Slash("/lead northwind").Text(), "Northwind Freight")
}

// kinds says how many rows each table has, but for the outbox: a bot that
// starts has things of its own to do.
func kinds(t *testing.T, db *database.DB) string {
	t.Helper()
	counts, err := db.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(slices.DeleteFunc(counts, func(c database.Count) bool { return c.Table == "outbox" }))
}

// elsewhere is another Slack of the demo's team, without a bot.
func elsewhere(t *testing.T) *slacksim.Slack {
	t.Helper()
	manifest, err := json.Marshal(makeManifest(newFeatures().router(), "sopbot"))
	if err != nil {
		t.Fatal(err)
	}
	team, err := fs.ReadFile(sopbot.Seeds(), "team.yaml")
	if err != nil {
		t.Fatal(err)
	}
	world, err := slacksim.ParseWorld(team)
	if err != nil {
		t.Fatal(err)
	}
	return slacksim.Open(t, slacksim.Options{Manifest: manifest, World: world})
}

// A backup is made although the bot is being stopped, or not at all: nothing
// half is left.
func TestABackupThatIsCutShortLeavesNothing(t *testing.T) {
	t.Parallel()
	path, db := teamFile(t)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	reader, err := database.OpenForReading(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	folder := t.TempDir()
	if err := reader.Backup(ctx, filepath.Join(folder, database.BackupName(time.Now()))); err == nil {
		t.Error("it was made")
	}
	if left, _ := os.ReadDir(folder); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
