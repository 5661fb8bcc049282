package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/roster"
)

// whoServes reports whether a bot works with the database; known is false
// where that cannot be told.
func (d *doctor) whoServes() (served, known bool, err error) {
	if d.config.Database == "" {
		return false, true, nil
	}
	return database.Served(d.config.Database)
}

// Room on the database's disk of which the doctor warns.
const (
	leastRoom = 16 << 20
	scantRoom = 512 << 20
)

// forDatabase is how long one look into the database may take.
const forDatabase = 20 * time.Second

// askDatabase looks at the database without changing it.
func (d *doctor) askDatabase(ctx context.Context) {
	if d.config.Database == "" {
		d.skip("database.sound", "", "not looked at: none is named", "")
		return
	}
	online := ctx
	ctx, cancel := context.WithTimeout(ctx, forDatabase)
	defer cancel()
	if !database.IsAddress(d.config.Database) {
		if file := d.config.Database; database.Missed(file) {
			d.problem("database.gone", file, file+" is gone or empty, though there was a database: serve makes none in its place",
				"put it back, or restore a backup (sopbot restore FILE); to start over without anything, remove "+file+".lock and an empty "+file)
			return
		}
		if _, err := os.Stat(d.config.Database); errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			d.askPlace(d.config.Database)
			return
		}
	}
	db, err := database.OpenForReading(ctx, d.config.Database)
	if errors.Is(err, database.ErrEmpty) {
		d.ok("database.none", "", "%s", strings.TrimPrefix(err.Error(), "open database "))
		return
	}
	if err != nil {
		d.unreadable(d.config.Database, err)
		return
	}
	defer db.Close()
	switch err := db.Check(ctx); {
	case err != nil && ctx.Err() != nil:
		d.skip("database.sound", db.Name(), fmt.Sprintf("not looked through: that takes longer than %s", forDatabase), "run sopbot backup, which reads all of it")
		return
	case err != nil:
		d.unreadable(db.Name(), err)
		return
	}
	d.askSchema(ctx, db)
	d.askRights()
	d.askRoom(db)
	if now, known, err := db.Clock(ctx); err == nil && known {
		d.compareClocks("database", "the database's", now)
	}
	d.askMemory(online, db)
	d.askOutbox(ctx, db)
}

// unreadable says why a database could not be opened or read.
func (d *doctor) unreadable(name string, err error) {
	if database.IsAddress(name) {
		name = "" // a password may be in it
	}
	if errors.Is(err, database.ErrDamaged) {
		d.problem("database.damaged", name, err.Error(), "stop the bot, keep the file, and restore a backup (docs/database.md)")
		return
	}
	do := mendDatabase(err)
	if name == "" {
		do = mendServer(err)
	}
	d.problem("database.unread", name, err.Error(), do)
}

// mendServer says the same of PostgreSQL, where the error does not say it.
func mendServer(err error) string {
	switch {
	case errors.Is(err, database.ErrNotOurs):
		return "make a database for sopbot alone, and name it in SOPBOT_DATABASE (docs/database.md)"
	case errors.Is(err, database.ErrReadOnly):
		return "name in SOPBOT_DATABASE a server that takes writes, and a role that may make tables there (docs/database.md)"
	}
	return "see that PostgreSQL runs and takes connections, and that SOPBOT_DATABASE has its address, user, password and database (docs/database.md)"
}

// mendDatabase says what to do about an error of opening or reading.
func mendDatabase(err error) string {
	switch {
	case errors.Is(err, database.ErrNotOurs):
		return "name sopbot's own in SOPBOT_DATABASE; an empty file is a copy that came to nothing: restore a backup, or remove it to start over"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, database.ErrReadOnly):
		return "run sopbot as the user whom the file belongs to, with write access to its folder"
	}
	return "docs/database.md says how a database is made, moved and restored"
}

// askPlace looks at the folder of a database that is not there yet.
func (d *doctor) askPlace(file string) {
	if err := canMake(filepath.Dir(file)); err != nil {
		d.problem("database.no-place", file, err.Error(), "name a file elsewhere in SOPBOT_DATABASE, or give the folder to the user that sopbot runs as")
		return
	}
	d.ok("database.none", file, "there is none yet at %s; the first serve makes it", file)
}

// canMake says why a folder could not be written to, or made with those above
// it that are missing.
func canMake(dir string) error {
	for {
		info, err := os.Stat(dir)
		switch parent := filepath.Dir(dir); {
		case err == nil && !info.IsDir():
			return fmt.Errorf("%s is no folder", dir)
		case err == nil && syscall.Access(dir, 2) != nil:
			return fmt.Errorf("%s may not be written to by this user", dir)
		case err == nil:
			return nil
		case parent == dir || !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR):
			return err
		default:
			dir = parent
		}
	}
}

// askRights looks whether serve could write as the user who asks. Where a bot
// works with the file, it can.
func (d *doctor) askRights() {
	file := d.config.Database
	if served, _, _ := d.whoServes(); served || database.IsAddress(file) {
		return
	}
	if real, err := filepath.EvalSymlinks(file); err == nil {
		file = real
	}
	for _, name := range []string{file, file + ".lock", filepath.Dir(file)} {
		if err := syscall.Access(name, 2); err != nil && !errors.Is(err, fs.ErrNotExist) {
			d.problem("database.read-only", d.config.Database, name+" may not be written to by this user, so serve would not start",
				"run sopbot, and the doctor, as the user whom the files belong to; or give the files and their folder to this one")
			return
		}
	}
}

func (d *doctor) askSchema(ctx context.Context, db *database.DB) {
	applied, known, err := db.Schema(ctx)
	switch {
	case err != nil:
		d.unreadable(db.Name(), err)
	case applied > known:
		d.problem("database.newer", db.Name(), fmt.Sprintf("%s was made by a newer sopbot (schema %d, this one knows %d)", db.Name(), applied, known), "run that version, or a newer one")
	case applied < known:
		d.warn("database.older", db.Name(), fmt.Sprintf("%s has the schema %d, this version has %d", db.Name(), applied, known), "the next serve brings it up to date, and keeps a copy before")
	default:
		at := "no bot works with it now"
		if served, told, err := d.whoServes(); served {
			at = "a bot works with it"
		} else if !told || err != nil {
			at = "whether bots work with it cannot be told"
		}
		d.ok("database.sound", db.Name(), "%s is whole, of schema %d; %s", db.Name(), applied, at)
	}
}

func (d *doctor) askRoom(db *database.DB) {
	if used, free, known := db.Space(); known {
		d.judgeRoom(db.Name(), used, free)
	}
}

func (d *doctor) judgeRoom(name string, used, free int64) {
	says := fmt.Sprintf("%s taken, %s left on the disk", size(used), size(free))
	switch {
	case free < leastRoom:
		d.problem("disk.full", name, says, "make room: when the disk is full, nothing more is taken from anybody")
	case free < max(scantRoom, 2*used):
		d.warn("disk.scant", name, says, "make room: a backup needs as much as the database takes")
	default:
		d.ok("disk.room", name, "%s", says)
	}
}

// size writes bytes for people.
func size(n int64) string {
	for _, unit := range []string{"bytes", "KB", "MB", "GB"} {
		if n < 10_000 {
			return fmt.Sprintf("%d %s", n, unit)
		}
		n /= 1000
	}
	return fmt.Sprintf("%d TB", n)
}

// askMemory looks whether the people that the database knows are in this
// workspace.
func (d *doctor) askMemory(ctx context.Context, db *database.DB) {
	ids, err := roster.Remembered(ctx, db, 5)
	if err != nil || len(ids) == 0 || d.silent || !d.botToken {
		return
	}
	for _, id := range ids {
		if _, err := d.ask(ctx, "users.info", d.config.BotToken, url.Values{"user": {id}}, nil); refusal(err) != "user_not_found" {
			return
		}
	}
	d.problem("database.foreign", db.Name(), fmt.Sprintf("none of the %s that %s knows is in the workspace %s", persons(len(ids)), db.Name(), d.team),
		"name the database of this workspace in SOPBOT_DATABASE, or take the tokens of the other")
}

// mostDead is how many rows that were given up are named.
const mostDead = 5

// askOutbox looks at what was given up, and at what should have been done.
func (d *doctor) askOutbox(ctx context.Context, db *database.DB) {
	yard := openGraveyard(db, d.now)
	dead, err := yard.list(ctx)
	if err != nil {
		d.problem("outbox.unread", db.Name(), err.Error(), "see database")
		return
	}
	for i, row := range dead {
		if i == mostDead {
			d.warn("outbox.dead", "", fmt.Sprintf("%d more were given up", len(dead)-i), "sopbot retry --list names them all")
			break
		}
		d.warn("outbox.dead", row.Key, fmt.Sprintf("%s was given up on %s: %s", row.what, row.At.Format(time.DateTime), row.Error), "mend the cause, then run sopbot retry "+row.Key)
	}
	if newest, err := yard.box.Newest(ctx); err == nil && newest.Sub(d.now()) > worstSkew {
		d.warn("clock.back", db.Name(), fmt.Sprintf("the database has entries that lie %s ahead: this machine's clock was set back, or went ahead before", newest.Sub(d.now()).Round(time.Second)),
			"let NTP set the clock; what was put down then is done when its time comes")
	}
	stats, err := yard.box.Stats(ctx)
	switch {
	case err != nil:
		d.problem("outbox.unread", db.Name(), err.Error(), "see database")
	case stats.Oldest > 10*time.Minute:
		do := "look at the bot's log: it does not get its work done"
		if served, known, _ := d.whoServes(); known && !served {
			do = "start the bot: it makes up for it"
		}
		d.warn("outbox.late", "", fmt.Sprintf("work is overdue by %s", stats.Oldest.Round(time.Minute)), do)
	case len(dead) == 0:
		d.ok("outbox.clear", "", "nothing was given up, %d waiting for their time", stats.Ready)
	}
}

// askHTTP looks whether the address is free, or the bot's.
func (d *doctor) askHTTP(ctx context.Context) {
	at := d.config.HTTP
	host, port, err := net.SplitHostPort(at)
	switch {
	case at == "":
		d.skip("http.free", "", "SOPBOT_HTTP is not set: no /healthz, /readyz and /metrics", "")
		return
	case err != nil: // said under settings
		d.skip("http.free", at, "not looked at: it is no address", "")
		return
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", at)
	switch {
	case err == nil:
		_ = listener.Close()
		d.ok("http.free", at, "%s is free", at)
		return
	case errors.Is(err, syscall.EACCES):
		d.problem("http.forbidden", at, at+" may not be listened at by this user", "name a port from 1024 on in SOPBOT_HTTP")
		return
	case !errors.Is(err, syscall.EADDRINUSE):
		d.problem("http.forbidden", at, err.Error(), "name an address of this machine in SOPBOT_HTTP, like 127.0.0.1:8080")
		return
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	base := "http://" + net.JoinHostPort(host, port)
	if said, _ := d.get(ctx, base+"/healthz"); said != "alive" {
		d.problem("http.taken", at, at+" is taken by another program", "name a free one in SOPBOT_HTTP")
		return
	}
	said, status := d.get(ctx, base+"/readyz")
	if status != http.StatusOK {
		d.warn("http.not-ready", at, "a bot answers at "+at+", and is not ready: "+said, "see the other lines, and the bot's log")
		return
	}
	d.ok("http.served", at, "a bot answers at %s, and is ready", at)
}

// get reads a page of the bot's.
func (d *doctor) get(ctx context.Context, at string) (said string, status int) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return "", 0
	}
	res, err := (&http.Client{Timeout: 5 * time.Second}).Do(r)
	if err != nil {
		return "", 0
	}
	defer res.Body.Close()
	raw := make([]byte, 500)
	n, _ := res.Body.Read(raw)
	return strings.TrimSpace(string(raw[:n])), res.StatusCode
}
