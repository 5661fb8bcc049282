package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/outbox"
	"sopbot/internal/slacksim"
)

func TestTheDoctorLooksAtPeopleAndChannels(t *testing.T) {
	for name, tc := range map[string]ailment{
		"a playbook that names nobody": {settings: "name: Ours\n", want: []string{"warning role.none: everything is open to everyone", "ok channel.none"}},
		"roles that are left out": {settings: "roles:\n  manager: [U0DANA]\n", want: []string{"ok role.filled: manager: 1 person", "ok role.open: sdr: left out", "ok role.open: ae: left out",
			"warning role.open: owner: left out of the playbook, so everyone may do what it may, and nobody is told"}},
		"groups that are not there, disabled, empty": {settings: "roles:\n  sdr: [S0SDR]\n  ae: [S0NONE, S0AE]\n  manager: [S0EMPTY]\n", code: 1,
			world: func(w *slacksim.World) {
				w.Groups[0].Disabled = true
				w.Groups = append(w.Groups, slacksim.Group{ID: "S0EMPTY", Handle: "bosses"})
			},
			want: []string{"problem role.group-disabled: sdr: the user group @sdrs (S0SDR) is disabled", "problem role.group-unknown: ae: there is no user group S0NONE", "ok role.filled: ae: 2 people",
				"warning role.group-empty: manager: nobody is in the user group @bosses"}},
		"people who left, are apps, guests, unknown, or without a zone": {settings: "roles:\n  sdr: [U0SAM, U0PRIYA, U0GABE]\n  ae: [U0RICK, U0NOBODY]\n  manager: [U0LOCALBOT]\n", code: 1,
			world: func(w *slacksim.World) { w.People[0].Zoneless = true },
			want: []string{"warning role.zone-unknown: sdr: without a time zone: Sam (U0SAM)", "warning role.guest: sdr: guests, who see some channels only: Gabe (U0GABE)", "ok role.filled: sdr: 3 people",
				"warning role.person-left: ae: left the workspace: Rick (U0RICK)", "problem role.person-unknown: ae: there is nobody by the ID U0NOBODY", "warning role.bot: manager: no people but apps: sopbot (U0LOCALBOT)"}},
		"a name that a terminal would obey": {settings: "roles:\n  manager: [U0SAM]\n", world: func(w *slacksim.World) { w.People[0].Name, w.People[0].Zoneless = "Sam\x1b[2J\u202e", true },
			want: []string{"warning role.zone-unknown: Sam\uFFFD[2J\uFFFD (U0SAM)"}},
		"a plan without user groups": {code: 1, prepare: func(p *patient) {
			p.slack.Fault(slacksim.Fault{Method: "usergroups.list", Error: "plan_upgrade_required", Times: -1})
		}, want: []string{"problem role.no-groups: sdr: the workspace's plan has no user groups", "problem role.no-groups: name members (U…)"}},
		"people that Slack does not tell of just now": {prepare: func(p *patient) {
			p.slack.Fault(slacksim.Fault{Method: "users.info", Error: "internal_error", Times: -1})
		}, want: []string{"skipped role.filled: Slack says internal_error"}},
		"channels that take nothing": {settings: "channels: {handoffs: C0NONE, digest: C0RANDOM, playbook: C0OLD}\n", code: 1,
			want: []string{"problem channel.unknown: handoffs: there is no channel C0NONE", "problem channel.not-in: digest: sopbot is not in #random (C0RANDOM)", "problem channel.not-in: type /invite @sopbot in #random",
				"problem channel.archived: playbook: #sales-2024 (C0OLD) is archived"}},
		"a private channel without the bot": {settings: "channels: {handoffs: C0LEADS}\n", code: 1,
			world: func(w *slacksim.World) { channel(w, "C0LEADS").Bot = false },
			want:  []string{"problem channel.unknown: in a private channel type /invite @sopbot"}},
		"a private channel with it": {settings: "channels: {handoffs: C0LEADS}\n", want: []string{"ok channel.ready: handoffs: sopbot is in #leadership"}},
		"a channel that another company reads": {world: func(w *slacksim.World) { channel(w, "C0HANDOFF").Shared = true },
			want: []string{"warning channel.shared: #handoffs (C0HANDOFF) is shared with another company"}},
		"a token that may not ask about channels": {settings: "channels: {handoffs: C0HANDOFF, digest: C0RANDOM, playbook: C0NONE}\n", code: 1,
			app: func(m *manifest) { m.OAuth.Scopes.Bot = without(m.OAuth.Scopes.Bot, "channels:read", "groups:read") },
			want: []string{"warning scopes.missing: channels:read", "ok channel.ready: handoffs: sopbot is in C0HANDOFF", "problem channel.not-in: digest: sopbot is not in C0RANDOM",
				"problem channel.unknown: playbook: there is no channel C0NONE"}},
		"another workspace's tokens": {settings: "roles: {sdr: [S9SDR], manager: [U9DANA]}\nchannels: {handoffs: C9HANDOFF}\n", code: 1,
			want: []string{"problem workspace.foreign: nobody and nothing of what the playbook names (3) is in the workspace Acme"}},
		"a playbook with a mistake": {prepare: func(p *patient) { p.write("playbook/bad.md", "---\nkind: nonsense\n---\n") }, code: 1,
			want: []string{"problem playbook.refused: bad.md:2:7: unknown kind", "skipped role.filled: no playbook", "skipped channel.ready", "ok scopes.complete"}},
		"a playbook that could be better": {prepare: func(p *patient) { p.write("playbook/other.md", "# No owner\n\nWords.\n") },
			want: []string{"warning playbook.warnings: sopbot lint lists them"}},
		"a playbook that is not there": {prepare: func(p *patient) { p.env["SOPBOT_PLAYBOOK"] = p.path("gone") }, code: 1,
			want: []string{"problem settings.wrong: there is no folder", "skipped playbook.served", "ok bot-token.accepted"}},
		"the playbook that comes along": {prepare: func(p *patient) { p.env["SOPBOT_PLAYBOOK"] = "" }, want: []string{"warning playbook.default: nobody's own", "warning role.none"}},
	} {
		t.Run(name, tc.run)
	}
}

func channel(w *slacksim.World, id string) *slacksim.Channel {
	for i := range w.Channels {
		if w.Channels[i].ID == id {
			return &w.Channels[i]
		}
	}
	panic("no channel " + id)
}

func TestTheDoctorComparesTheManifest(t *testing.T) {
	written := func(text string) func(*patient) {
		return func(p *patient) {
			p.write("theirs", text)
			p.flags.Manifest = p.path("theirs")
		}
	}
	const start = "display_information: {name: Ours}\n"
	for name, tc := range map[string]ailment{
		"none was brought": {want: []string{"skipped manifest.same: copy the app's manifest from its page"}},
		"an app of before": {code: 1, prepare: written(start + `
features:
  bot_user: {display_name: sopbot}
  app_home: {messages_tab_enabled: true, messages_tab_read_only_enabled: true}
  slash_commands: [{command: /sop, description: asks}, {command: /old, description: was}]
oauth_config: {scopes: {bot: [commands, "chat:write", "reactions:write"]}}
settings: {socket_mode_enabled: false, token_rotation_enabled: true, event_subscriptions: {bot_events: [app_mention]}}
`), want: []string{"problem manifest.missing: the command /handoff is missing", "warning manifest.superfluous: the command /old", "problem manifest.missing: /sop does not escape",
			"problem manifest.missing: the shortcut handoff is missing", "problem manifest.missing: the event message.im", "problem manifest.missing: the scope im:write", "warning manifest.superfluous: the scope reactions:write",
			"problem manifest.missing: Socket Mode is off", "problem manifest.missing: interactivity is off", "problem manifest.missing: nobody can write to sopbot", "problem manifest.missing: tokens expire"}},
		"no manifest but a letter": {code: 1, prepare: written("Dear Slack,\n"), want: []string{"problem manifest.unread: no manifest"}},
		"half a manifest":          {code: 1, prepare: written(`{"display_information": {`), want: []string{"problem manifest.unread: no manifest"}},
		"another JSON":             {code: 1, prepare: written(`{"name": "x"}`), want: []string{"problem manifest.unread: no display_information.name"}},
		"a file that is not there": {code: 1, prepare: func(p *patient) { p.flags.Manifest = p.path("gone") }, want: []string{"problem manifest.unread: no such file"}},
		"by standard input": {code: 1, prepare: func(p *patient) { p.flags.Manifest, p.in = "-", start },
			want: []string{"problem manifest.missing: the command /sop is missing"}},
	} {
		t.Run(name, tc.run)
	}
}

// served is a database that somebody works with while the doctor looks.
func served(change func(*database.DB)) func(*patient) {
	return func(p *patient) {
		db, err := database.Open(p.t.Context(), p.env["SOPBOT_DATABASE"])
		if err != nil {
			p.t.Fatal(err)
		}
		p.t.Cleanup(func() { _ = db.Close() })
		if change != nil {
			change(db)
		}
	}
}

func closed(change func(*database.DB)) func(*patient) {
	return func(p *patient) { p.database(change) }
}

func TestTheDoctorLooksAtTheDatabase(t *testing.T) {
	exec := func(query string, args ...any) func(*database.DB) {
		return func(db *database.DB) {
			if err := db.Write(context.Background(), func(tx *database.Tx) error {
				_, err := tx.Exec(query, args...)
				return err
			}); err != nil {
				t.Error(err)
			}
		}
	}
	for name, tc := range map[string]ailment{
		"none yet":                   {want: []string{"ok database.none: the first serve makes it", "ok socket.hello"}},
		"none, in a folder not yet":  {prepare: func(p *patient) { p.env["SOPBOT_DATABASE"] = p.path("a/b/c.db") }, want: []string{"ok database.none"}},
		"none, below a file":         {prepare: func(p *patient) { p.write("file", "x"); p.env["SOPBOT_DATABASE"] = p.path("file/c.db") }, code: 1, want: []string{"problem database.no-place: no folder"}},
		"one that nobody works with": {prepare: closed(nil), want: []string{"ok database.sound: no bot works with it now", "ok disk.room: left on the disk", "ok outbox.clear", "ok socket.hello"}},
		"one that a bot works with":  {prepare: served(nil), want: []string{"ok database.sound: a bot works with it", "skipped socket.hello: hand somebody's command to the doctor"}},
		"notes that somebody wrote":  {prepare: func(p *patient) { p.write("sopbot.db", "These are notes that somebody wrote and keeps.\n") }, code: 1, want: []string{"problem database.unread: not a database of sopbot"}},
		"an empty file":              {prepare: func(p *patient) { p.write("sopbot.db", "") }, code: 1, want: []string{"problem database.unread: restore a backup"}},
		"one that is gone": {prepare: func(p *patient) {
			closed(nil)(p)
			if err := os.Remove(p.path("sopbot.db")); err != nil {
				p.t.Fatal(err)
			}
		}, code: 1, want: []string{"problem database.gone: is gone or empty, though there was a database", "problem database.gone: restore a backup"}},
		"one that was emptied": {prepare: func(p *patient) {
			closed(nil)(p)
			p.write("sopbot.db", "")
		}, code: 1, want: []string{"problem database.gone: is gone or empty"}},
		"a link that leads nowhere": {prepare: func(p *patient) {
			if err := os.Symlink(p.path("away.db"), p.path("sopbot.db")); err != nil {
				p.t.Fatal(err)
			}
		}, code: 1, want: []string{"problem database.gone: is gone or empty"}},
		"a folder":                      {prepare: func(p *patient) { p.write("sopbot.db/x", "") }, code: 1, want: []string{"problem database.unread: it is a folder"}},
		"one of a newer version":        {prepare: closed(exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)")), code: 1, want: []string{"problem database.newer: schema 9999"}},
		"one of an older version":       {prepare: closed(exec("DELETE FROM goose_db_version WHERE version_id > 1")), want: []string{"warning database.older: brings it up to date"}},
		"one of another workspace":      {prepare: closed(exec("INSERT INTO people (id, handle, name, zone, guest, bot, deactivated, fetched_at) VALUES ('U9ZOE', 'zoe', 'Zoe', '', 0, 0, 0, 1)")), code: 1, want: []string{"problem database.foreign: none of the 1 person"}},
		"one of this workspace":         {prepare: closed(exec("INSERT INTO people (id, handle, name, zone, guest, bot, deactivated, fetched_at) VALUES ('U0SAM', 'sam', 'Sam', '', 0, 0, 0, 1)")), want: []string{"ok database.sound"}},
		"a server that does not answer": {prepare: func(p *patient) { p.env["SOPBOT_DATABASE"] = "postgres://sopbot:hush@127.0.0.1:1/sopbot" }, code: 1, want: []string{"problem database.unread: no PostgreSQL answers at 127.0.0.1", "skipped backup.fresh", "skipped socket.hello"}},
		"an address that is none":       {prepare: func(p *patient) { p.env["SOPBOT_DATABASE"] = "postgres://sopbot:hush@127.0.0.1:1/" }, code: 1, want: []string{"problem settings.wrong: names no database"}},
		"one that is damaged": {prepare: func(p *patient) {
			p.database(func(db *database.DB) {
				for i := range 300 {
					exec("INSERT INTO people (id, handle, name, zone, guest, bot, deactivated, fetched_at) VALUES ($1, 'x', $2, '', 0, 0, 0, 1)", fmt.Sprint("U", i), strings.Repeat("x", 2000))(db)
				}
			})
			raw, err := os.ReadFile(p.path("sopbot.db"))
			if err != nil {
				p.t.Fatal(err)
			}
			page := len(raw) / 2 / 4096 * 4096
			copy(raw[page:], bytes.Repeat([]byte("not what was here"), 200))
			p.write("sopbot.db", string(raw))
		}, code: 1, want: []string{"problem database.damaged: restore a backup"}},
		"entries from the future": {prepare: closed(func(db *database.DB) {
			if err := db.Write(context.Background(), func(tx *database.Tx) error {
				_, err := outbox.New(db, outbox.Options{Now: func() time.Time { return time.Now().Add(2 * time.Hour) }}).Add(tx, outbox.Row{Kind: "some.kind", Key: "x"})
				return err
			}); err != nil {
				t.Error(err)
			}
		}), want: []string{"warning clock.back: the database has entries that lie ", "ok outbox.clear: 1 waiting"}},
		"work that is overdue": {prepare: closed(func(db *database.DB) {
			if err := db.Write(context.Background(), func(tx *database.Tx) error {
				_, err := outbox.New(db, outbox.Options{}).Add(tx, outbox.Row{Kind: "some.kind", Key: "x", At: time.Now().Add(-3 * time.Hour)})
				return err
			}); err != nil {
				t.Error(err)
			}
		}), want: []string{"warning outbox.late: work is overdue by 3h", "warning outbox.late: start the bot"}},
	} {
		t.Run(name, tc.run)
	}
}

func TestTheDoctorJudgesRoom(t *testing.T) {
	for want, room := range map[string][2]int64{
		"ok disk.room: 5000 KB taken, 20 GB left on the disk": {5_000_000, 20_000_000_000},
		"warning disk.scant: 300 MB left":                     {5_000_000, 300_000_000},
		"warning disk.scant: 3000 MB taken, 4000 MB left":     {3_000_000_000, 4_000_000_000},
		"problem disk.full: 900 bytes left":                   {0, 900},
	} {
		var d doctor
		d.judgeRoom("sopbot.db", room[0], room[1])
		if got := string(d.found[0].State) + " " + d.found[0].Check + ": " + d.found[0].Says; !strings.HasPrefix(got, want[:strings.Index(want, ":")]) || !strings.Contains(got, want[strings.Index(want, ": ")+2:]) {
			t.Errorf("%v: %s, want %s", room, got, want)
		}
	}
}

func TestTheDoctorLooksAtBackups(t *testing.T) {
	backup := func(age time.Duration) func(*patient) {
		return func(p *patient) {
			p.write("backups/other.txt", "x")
			p.env["SOPBOT_BACKUPS"] = p.path("backups")
			p.database(func(db *database.DB) {
				if err := db.Backup(context.Background(), filepath.Join(p.path("backups"), time.Now().UTC().Add(-age).Format(backupShape))); err != nil {
					t.Error(err)
				}
			})
		}
	}
	for name, tc := range map[string]ailment{
		"switched off":                         {prepare: closed(nil), want: []string{"warning backup.off: SOPBOT_BACKUPS is not set"}},
		"of this night":                        {prepare: backup(9 * time.Hour), want: []string{"ok backup.fresh: the newest 9 hours old", "warning backup.same-disk"}},
		"of last week":                         {prepare: backup(7*24*time.Hour + time.Hour), want: []string{"warning backup.old: is 7 days old"}},
		"into a folder that serve has to make": {prepare: func(p *patient) { p.env["SOPBOT_BACKUPS"] = p.path("a/b") }, want: []string{"ok backup.none"}},
		"into a file":                          {prepare: func(p *patient) { p.write("file", "x"); p.env["SOPBOT_BACKUPS"] = p.path("file/a") }, code: 1, want: []string{"problem backup.no-place: file is no folder"}},
		"none yet of a new bot":                {prepare: func(p *patient) { p.write("backups/x", ""); p.env["SOPBOT_BACKUPS"] = p.path("backups") }, want: []string{"ok backup.none"}},
		"none of a bot that works": {prepare: func(p *patient) {
			p.write("backups/x", "")
			p.env["SOPBOT_BACKUPS"] = p.path("backups")
			p.database(nil)
		}, want: []string{"warning backup.none: sopbot backup "}},
		"one that is damaged": {prepare: func(p *patient) {
			backup(time.Hour)(p)
			p.write("backups/"+time.Now().UTC().Format(backupShape), "not a database, though it says so by its name")
		}, code: 1, want: []string{"problem backup.unread: make another"}},
	} {
		t.Run(name, tc.run)
	}
}

func TestTheDoctorLooksAtTheHTTPAddress(t *testing.T) {
	page := func(health, ready string, status int) func(*patient) {
		return func(p *patient) {
			mux := http.NewServeMux()
			mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(health + "\n")) })
			mux.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, ready, status) })
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				p.t.Fatal(err)
			}
			server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Second}
			go func() { _ = server.Serve(l) }()
			p.t.Cleanup(func() { _ = server.Close() })
			p.env["SOPBOT_HTTP"] = l.Addr().String()
		}
	}
	for name, tc := range map[string]ailment{
		"off":                           {want: []string{"skipped http.free: SOPBOT_HTTP is not set"}},
		"a bot that is ready":           {prepare: page("alive", "ready", 200), want: []string{"ok http.served: is ready"}},
		"a bot that is not":             {prepare: page("alive", "not connected to Slack", 503), want: []string{"warning http.not-ready: not connected to Slack"}},
		"another program":               {prepare: page("hello", "hello", 200), code: 1, want: []string{"problem http.taken: taken by another program"}},
		"an address of another machine": {prepare: func(p *patient) { p.env["SOPBOT_HTTP"] = "192.0.2.1:8080" }, code: 1, want: []string{"problem http.forbidden: an address of this machine"}},
		"no address":                    {prepare: func(p *patient) { p.env["SOPBOT_HTTP"] = "nowhere" }, code: 1, want: []string{"problem settings.wrong", "skipped http.free"}},
	} {
		t.Run(name, tc.run)
	}
}

// What was given up is named with its key, and retried by it: the bot posts it
// once the cause is gone.
func TestWhatWasGivenUpIsFoundAndTriedAgain(t *testing.T) {
	p := newPatient(t, sound, func(w *slacksim.World) { channel(w, "C0RANDOM").Members = []string{"U0SAM"} }, nil, nil)
	for key, value := range p.env {
		t.Setenv(key, value)
	}
	config, err := readConfig()
	if err != nil {
		t.Fatal(err)
	}
	serveFor := func(until func() bool, act func(*bot)) {
		t.Helper()
		b := &bot{Config: config, log: quietLog(), now: time.Now}
		if err := b.open(t.Context()); err != nil {
			t.Fatal(err)
		}
		act(b)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- b.run(ctx) }()
		for deadline := time.Now().Add(20 * time.Second); !until() && time.Now().Before(deadline); {
			time.Sleep(5 * time.Millisecond)
		}
		cancel()
		if err := errors.Join(<-ended, b.close()); err != nil {
			t.Fatal(err)
		}
	}
	posted := func() (n int) {
		for _, e := range p.slack.Journal().Calls("chat.postMessage") {
			if e.Error == "" && strings.Contains(e.Request.(map[string]any)["text"].(string), "the word of the day") {
				n++
			}
		}
		return n
	}
	gaveUp := func() bool {
		for _, e := range p.slack.Journal().Calls("chat.postMessage") {
			if e.Error == "not_in_channel" {
				return true
			}
		}
		return false
	}
	serveFor(gaveUp, func(b *bot) {
		if err := b.db.Write(t.Context(), func(tx *database.Tx) error {
			return b.posts.Put(tx, "word/1", "C0RANDOM", chat.Say("the word of the day"))
		}); err != nil {
			t.Fatal(err)
		}
	})
	found, text, _ := p.look()
	if !p.reported(found, "outbox.dead", "word/1") {
		t.Fatalf("what was given up is not named:\n%s", text)
	}
	has(t, "the doctor", text, "a message for C0RANDOM was given up on", "not_in_channel", "sopbot retry word/1")

	p.slack.As("sam").In("#random").Slash("/invite @sopbot")
	var out, complaints strings.Builder
	io := streams{out: &out, err: &complaints}
	if err := (retryCommand{List: true, Database: config.Database}).Run(t.Context(), io); err != nil {
		t.Fatal(err)
	}
	has(t, "the list", out.String(), "word/1\ta message for C0RANDOM\t", "not_in_channel")
	if err := (retryCommand{Keys: []string{"word/2"}, Database: config.Database}).Run(t.Context(), io); !errors.Is(err, exit(1)) {
		t.Errorf("of a key that is none: %v", err)
	}
	has(t, "the complaint", complaints.String(), "nothing was given up by the key word/2")
	works, err := database.Open(t.Context(), config.Database)
	if err != nil {
		t.Fatal(err)
	}
	if err := (retryCommand{All: true, Database: config.Database}).Run(t.Context(), io); err == nil || !strings.Contains(err.Error(), "stop it, run this, and start it again") {
		t.Errorf("beside a bot that works: %v", err)
	}
	if err := works.Close(); err != nil {
		t.Fatal(err)
	}
	if err := (retryCommand{Keys: []string{"word/1"}, Database: config.Database}).Run(t.Context(), io); err != nil {
		t.Fatal(err)
	}
	has(t, "retry", out.String(), "word/1 is tried again")
	serveFor(func() bool { return posted() > 0 }, func(*bot) {})
	if n := posted(); n != 1 {
		t.Errorf("it stands there %d times", n)
	}
	if found, text, _ = p.look(); p.reported(found, "outbox.dead", "word/1") {
		t.Errorf("it is named still:\n%s", text)
	}
}

// Two bots may share a PostgreSQL while the doctor looks, and what was given up
// is tried again while they work.
func TestTheDoctorLooksAtPostgreSQL(t *testing.T) {
	p := newPatient(t, sound, nil, nil, nil)
	p.env["SOPBOT_DATABASE"] = dbtest.Postgres(t)
	db := dbtest.Open(t, p.env["SOPBOT_DATABASE"])
	box := outbox.New(db, outbox.Options{})
	box.Handle("some.kind", func(context.Context, outbox.Job) error { return outbox.Dead(errors.New("nobody takes it")) })
	if err := db.Write(t.Context(), func(tx *database.Tx) error {
		_, err := box.Add(tx, outbox.Row{Kind: "some.kind", Key: "some/1"})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- box.Run(ctx) }()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if dead, err := box.Dead(t.Context()); err != nil || len(dead) > 0 {
			break
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	found, text, code := p.look()
	if code != 0 || !p.reported(found, "outbox.dead", "some/1") {
		t.Errorf("exit code %d, and:\n%s", code, text)
	}
	has(t, "the doctor", text, "whether bots work with it cannot be told", "agrees with the database's", "– socket      not tried", "– backup      PostgreSQL's backups are its server's",
		"work of the kind some.kind was given up on", "nobody takes it")
	var out strings.Builder
	if err := (retryCommand{All: true, Database: p.env["SOPBOT_DATABASE"]}).Run(t.Context(), streams{out: &out, err: &out}); err != nil {
		t.Fatal(err)
	}
	has(t, "retry", out.String(), "some/1 is tried again")
	if found, text, _ = p.look(); p.reported(found, "outbox.dead", "some/1") {
		t.Errorf("it is named still:\n%s", text)
	}
}

// A newcomer's PostgreSQL is new: nothing is wrong with it, and of what is, the
// doctor knows more than that it is not sopbot's.
func TestTheDoctorLooksAtAPostgreSQLBeforeTheFirstServe(t *testing.T) {
	for name, tc := range map[string]struct {
		sql   string
		alter func(address string) string
		code  int
		want  []string
	}{
		"a new one":                {want: []string{"✓ database    postgres://sopbot@", "nothing is kept there yet: the first serve makes its tables"}},
		"another program's":        {sql: "CREATE TABLE invoices (x int)", code: 1, want: []string{"✗ database", "holds tables of another program", "→ make a database for sopbot alone"}},
		"one that takes no writes": {sql: "DO $$BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET default_transaction_read_only = on'; END$$", code: 1, want: []string{"✗ database", "standby, or set to read only", "→ name in SOPBOT_DATABASE a server that takes writes"}},
		"one that may lose what it said was kept": {sql: "DO $$BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET synchronous_commit = off'; END$$", code: 1,
			want: []string{"✗ database", "synchronous_commit is off", "switch it on"}},
		"a role without rights": {sql: "DO $$BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'guest') THEN CREATE ROLE guest LOGIN; END IF; END$$",
			alter: func(a string) string { return strings.Replace(a, "sopbot@", "guest@", 1) }, code: 1, want: []string{"✗ database", "may not make tables", "→ name in SOPBOT_DATABASE"}},
		"one that is not there": {alter: func(a string) string { return strings.Replace(a, "/test_", "/nowhere_", 1) }, code: 1,
			want: []string{"✗ database", "make it: CREATE DATABASE nowhere_", "→ see that PostgreSQL runs"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPatient(t, sound, nil, nil, nil)
			address := dbtest.Postgres(t)
			if tc.sql != "" {
				pool, err := sql.Open("pgx", address)
				if err != nil {
					t.Fatal(err)
				}
				defer pool.Close()
				if _, err := pool.ExecContext(t.Context(), tc.sql); err != nil {
					t.Fatal(err)
				}
			}
			if p.env["SOPBOT_DATABASE"] = address; tc.alter != nil {
				p.env["SOPBOT_DATABASE"] = tc.alter(address)
			}
			_, text, code := p.look()
			if code != tc.code {
				t.Errorf("exit code %d", code)
			}
			has(t, "the doctor", text, tc.want...)
			lacks(t, "the doctor", text, "\uFFFD")
		})
	}
}

// Serve would not start with a server that loses what it said was kept, whatever
// it has kept before.
func TestTheDoctorAsksPostgreSQLWhetherItKeeps(t *testing.T) {
	p := newPatient(t, sound, nil, nil, nil)
	p.env["SOPBOT_DATABASE"] = dbtest.Postgres(t)
	if err := dbtest.Open(t, p.env["SOPBOT_DATABASE"]).Write(t.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec("DO $$BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET synchronous_commit = off'; END$$")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	_, text, code := p.look()
	has(t, "the doctor", text, "✗ database", "synchronous_commit is off")
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
}

// Of whoever may read a file and not write to it, serve would not start: the
// program is run as somebody else, as far as this machine allows it.
func TestTheDoctorLooksWhetherServeCouldWrite(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root runs a program as others")
	}
	program, err := exec.LookPath("sopbot")
	if err != nil {
		t.Fatal(err)
	}
	const other = 65534
	for name, tc := range map[string]struct {
		mode map[string]os.FileMode
		bad  string
	}{
		"all is theirs":   {nil, ""},
		"the file is not": {map[string]os.FileMode{"sopbot.db": 0o444}, "sopbot.db may not be written to by this user, so serve would not start"},
		"the lock is not": {map[string]os.FileMode{"sopbot.db.lock": 0o444}, "sopbot.db.lock may not be written to by this user, so serve would not start"},
		"nor the folder":  {map[string]os.FileMode{"": 0o555}, "the database cannot be written to"}, // where SQLite cannot even read
	} {
		t.Run(name, func(t *testing.T) {
			dir, err := os.MkdirTemp("", "rights-")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
			own := filepath.Join(dir, "sopbot")
			raw, err := os.ReadFile(program)
			if err == nil {
				err = os.WriteFile(own, raw, 0o755)
			}
			if err != nil {
				t.Fatal(err)
			}
			folder := filepath.Join(dir, "state")
			if err := os.Mkdir(folder, 0o755); err != nil {
				t.Fatal(err)
			}
			db, err := database.Open(t.Context(), filepath.Join(folder, "sopbot.db"))
			if err == nil {
				err = db.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range []string{"", "sopbot.db", "sopbot.db.lock"} {
				if err := os.Chown(filepath.Join(folder, file), other, other); err != nil {
					t.Fatal(err)
				}
				if mode, set := tc.mode[file]; set {
					if err := os.Chmod(filepath.Join(folder, file), mode); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(own, "doctor", "--timeout", "1s")
			cmd.Dir = dir
			cmd.Env = []string{"SOPBOT_DATABASE=" + filepath.Join(folder, "sopbot.db"), "SLACK_API_URL=http://127.0.0.1:1/api/"}
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: other, Gid: other}}
			out, err := cmd.CombinedOutput()
			if len(out) == 0 {
				t.Skipf("nobody else can run a program in the folder for temporary files: %v", err)
			}
			if tc.bad == "" {
				has(t, "the doctor", string(out), "✓ database")
				lacks(t, "the doctor", string(out), "✗ database")
			} else {
				has(t, "the doctor", string(out), "✗ database", tc.bad, "→ run sopbot")
			}
		})
	}
}

func (p *patient) reported(found []finding, check, about string) bool {
	for _, f := range found {
		if f.Check == check && f.About == about {
			return true
		}
	}
	return false
}
