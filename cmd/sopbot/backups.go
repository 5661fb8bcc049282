package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sopbot/internal/chat"
	"sopbot/internal/database"
)

const (
	// backupLook is how often the clock is looked at: a machine may sleep.
	backupLook = 30 * time.Second
	// backupRetry is how long a backup that failed is left alone.
	backupRetry = time.Hour
)

// nightly makes a backup each night, and keeps as many as are worth keeping.
type nightly struct {
	*bot
	made, failed prometheus.Counter
	last, bytes  prometheus.Gauge
	bell         chan struct{} // the clock was pushed
}

// newNightly shows how the backups stand.
func newNightly(b *bot) *nightly {
	outcomes := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sopbot_backups_total", Help: "Backups since the start, by outcome: made or failed."}, []string{"outcome"})
	n := &nightly{bot: b, made: outcomes.WithLabelValues("made"), failed: outcomes.WithLabelValues("failed"),
		last:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "sopbot_backup_last_success_timestamp_seconds", Help: "When the newest backup in the folder of backups was made; 0 while there is none."}),
		bytes: prometheus.NewGauge(prometheus.GaugeOpts{Name: "sopbot_backup_last_bytes", Help: "Size of the newest backup."}),
		bell:  make(chan struct{}, 1),
	}
	b.metrics.MustRegister(outcomes, n.last, n.bytes)
	return n
}

// run makes backups until ctx ends. A bot without one makes one at once, and so
// does one that was not there at the hour.
func (n *nightly) run(ctx context.Context) error {
	tick := time.NewTicker(backupLook)
	defer tick.Stop()
	var tried time.Time // the last that failed
	for {
		now := n.now()
		if tried.IsZero() || now.Sub(tried) >= backupRetry || now.Before(tried) {
			tried = time.Time{}
			if err := n.turn(ctx, now); err != nil && ctx.Err() == nil {
				tried = now
				n.fail(ctx, now, err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-n.bell:
		}
	}
}

// ring makes it look at the clock.
func (n *nightly) ring() {
	select {
	case n.bell <- struct{}{}:
	default:
	}
}

// turn makes a backup if one is due.
func (n *nightly) turn(ctx context.Context, now time.Time) error {
	backups, err := database.Backups(n.Backups)
	if err != nil {
		return err
	}
	if len(backups) > 0 {
		n.show(backups[0])
		if now.Before(n.due(backups[0].Made)) {
			return nil
		}
	}
	return n.back(ctx, now)
}

// due is when the next backup is to be made after one: the hour of the
// settings, by the playbook's clock.
func (n *nightly) due(after time.Time) time.Time {
	local := after.In(n.shelf.InForce().Settings.Timezone)
	for day := local.Day(); ; day++ {
		at := time.Date(local.Year(), local.Month(), day, int(n.backupAt/time.Hour), int(n.backupAt%time.Hour/time.Minute), 0, 0, local.Location())
		if at.After(after) {
			return at
		}
	}
}

// back makes a backup and then removes what is not worth keeping.
func (n *nightly) back(ctx context.Context, now time.Time) error {
	if err := os.MkdirAll(n.Backups, 0o700); err != nil {
		return fmt.Errorf("make the folder of backups: %w", err)
	}
	if err := database.SweepBackups(n.Backups); err != nil {
		return fmt.Errorf("tidy the folder of backups: %w", err)
	}
	if err := n.db.RoomForBackup(n.Backups); err != nil {
		return err
	}
	began := time.Now()
	if err := n.db.Backup(ctx, filepath.Join(n.Backups, database.BackupName(now))); err != nil {
		return err
	}
	n.made.Inc()
	backups, err := database.Backups(n.Backups)
	if err != nil || len(backups) == 0 {
		return fmt.Errorf("the backup that was made is not there: %w", err)
	}
	n.show(backups[0])
	n.log.Info("backup made", "file", backups[0].Path, "bytes", backups[0].Size, "ms", time.Since(began).Milliseconds())
	for _, old := range database.Expired(backups) {
		if err := os.Remove(old.Path); err != nil {
			return fmt.Errorf("remove an old backup: %w", err)
		}
		n.log.Info("old backup removed", "file", old.Path)
	}
	return nil
}

func (n *nightly) show(newest database.BackupFile) {
	n.last.Set(float64(newest.Made.Unix()))
	n.bytes.Set(float64(newest.Size))
}

// fail tells whoever looks after the bot, in the log each time and in Slack
// once a day.
func (n *nightly) fail(ctx context.Context, now time.Time, why error) {
	n.failed.Inc()
	n.log.Error("no backup could be made; trying again", "folder", n.Backups, "in", backupRetry.String(), "error", why)
	words := chat.Say("sopbot could not make its backup of the night: " + chat.EscapeInline(chat.Shorten(why.Error(), 300)) +
		". It tries again every hour. Whoever runs sopbot can mend it; nothing is lost so far.")
	if err := n.db.Write(ctx, func(tx *database.Tx) error {
		return n.features.tellOwners(tx, "backup/"+now.UTC().Format(time.DateOnly), words)
	}); err != nil {
		n.log.Error("nobody could be told of the backup", "error", err)
	}
}
