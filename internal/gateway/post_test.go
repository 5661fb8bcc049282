package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/outbox"
	"sopbot/internal/slacksim"
)

// posting is a bot that only posts, against a simulated Slack.
type posting struct {
	t      testing.TB
	slack  *slacksim.Slack
	db     *database.DB
	outbox *outbox.Outbox
	posts  *Posts
	stop   func()
}

const people = 40

func postWorld() slacksim.World {
	w := slacksim.World{Team: slacksim.Team{ID: "T0TEAM", Name: "Team", Domain: "team"}}
	var all []string
	for i := range people {
		id := fmt.Sprintf("U%03d", i)
		all = append(all, id)
		w.People = append(w.People, slacksim.Member{ID: id, Handle: fmt.Sprintf("p%03d", i), Name: id, TZ: "Europe/London"})
	}
	for i := range 10 {
		w.Channels = append(w.Channels, slacksim.Channel{ID: fmt.Sprintf("C%03d", i), Name: fmt.Sprintf("c%03d", i), Bot: true, Members: all})
	}
	return w
}

// startPosting opens all of it; timeout and settle are short, so that tests
// are quick.
func startPosting(t testing.TB, db *database.DB, options slacksim.Options) *posting {
	t.Helper()
	options.World = postWorld()
	options.Events = []string{} // nobody listens
	p := &posting{t: t, slack: slacksim.Open(t, options), db: db}
	p.outbox, p.posts = p.bot(time.Now)
	p.stop = run(t, p.outbox)
	return p
}

// bot is one process that posts; there may be several on one PostgreSQL.
func (p *posting) bot(now func() time.Time) (*outbox.Outbox, *Posts) {
	level := slog.LevelError + 4
	if os.Getenv("SOPBOT_LOG") == "debug" {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(p.t.Output(), &slog.HandlerOptions{Level: level}))
	o := outbox.New(p.db, outbox.Options{Now: now, Log: log})
	// A Transport of its own: an idle connection that the server of another
	// test closed must not be taken up.
	client := &http.Client{Timeout: 300 * time.Millisecond, Transport: &http.Transport{}}
	posts := NewPosts(p.db, o, slack.New(p.slack.BotToken(), slack.OptionAPIURL(p.slack.URL()), slack.OptionHTTPClient(client)), now, log)
	posts.Timeout, posts.Settle = 300*time.Millisecond, 300*time.Millisecond
	return o, posts
}

// unhurried makes calls be waited for, in a test that is about something else
// than those that get no answer: a busy machine does not answer at once. It is
// for before the first message.
func (p *posting) unhurried() { p.posts.Timeout, p.posts.api = 20*time.Second, p.api() }

func run(t testing.TB, o *outbox.Outbox) (stop func()) {
	life, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- o.Run(life) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return stop
}

func file(t testing.TB) *database.DB {
	t.Helper()
	db, err := database.Open(context.Background(), filepath.Join(t.TempDir(), "db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func (p *posting) put(key, channel, text string) {
	p.t.Helper()
	if err := p.db.Write(context.Background(), func(tx *database.Tx) error {
		return p.posts.Put(tx, key, channel, card(text))
	}); err != nil {
		p.t.Fatal(err)
	}
}

func card(text string) chat.Message {
	return chat.Message{Text: text, Blocks: []slack.Block{
		slack.NewSectionBlock(slack.NewTextBlockObject("mrkdwn", text+" <@U001> & more", false, false), nil, nil)}}
}

// settled waits until nothing is to be done any more.
func (p *posting) settled(usually time.Duration) {
	p.t.Helper()
	most := max(usually, longWait)
	for end := time.Now().Add(most); ; time.Sleep(10 * time.Millisecond) {
		s, err := p.outbox.Stats(context.Background())
		if err != nil {
			p.t.Fatal(err)
		}
		if s.Ready == 0 {
			return
		}
		if time.Now().After(end) {
			p.t.Fatalf("after %s there are rows left: %+v", most, s)
		}
	}
}

// shown is what stands in Slack: the texts by channel, as messages that carry
// an id of ours.
func (p *posting) shown(channel string) []slack.Message {
	p.t.Helper()
	api := slack.New(p.slack.BotToken(), slack.OptionAPIURL(p.slack.URL()))
	var out []slack.Message
	for cursor := ""; ; {
		r, err := api.GetConversationHistory(&slack.GetConversationHistoryParameters{ChannelID: channel, Cursor: cursor, Limit: 200, IncludeAllMetadata: true})
		if err != nil {
			p.t.Fatal(err)
		}
		out = append(out, r.Messages...)
		if cursor = r.ResponseMetaData.NextCursor; cursor == "" {
			return out
		}
	}
}

func (p *posting) where(key string) (channel, ts string, sent bool) {
	p.t.Helper()
	if err := p.db.Read(context.Background(), func(tx *database.Tx) error {
		channel, ts, sent = p.posts.Where(tx, key)
		return nil
	}); err != nil {
		p.t.Fatal(err)
	}
	return channel, ts, sent
}

func TestAMessageIsPostedOnceAndThenChanged(t *testing.T) {
	t.Parallel()
	p := startPosting(t, file(t), slacksim.Options{})
	told := 0
	p.posts.OnSent = func(_ *database.Tx, key, channel, ts string) error { told++; return nil }
	p.put("card", "U001", "first")
	p.put("card", "U001", "first")
	p.settled(5 * time.Second)
	channel, ts, sent := p.where("card")
	if !sent || channel != "D001" || ts == "" {
		t.Fatalf("stands in %q at %q, %v", channel, ts, sent)
	}
	if url, err := p.posts.Permalink(context.Background(), "card"); err != nil || !strings.Contains(url, "D001") {
		t.Errorf("permalink %q, %v", url, err)
	}
	p.put("card", "U001", "second")
	p.put("card", "U001", "third")
	p.settled(5 * time.Second)
	got := p.shown("D001")
	if len(got) != 1 || got[0].Text != "third" || got[0].Timestamp != ts {
		t.Errorf("shown %+v", got)
	}
	id, _ := got[0].Metadata.EventPayload["id"].(string)
	if got[0].Metadata.EventType != postEvent || len(id) != 36 || len(got[0].Metadata.EventPayload) != 1 {
		t.Errorf("metadata %+v", got[0].Metadata)
	}
	if n := len(p.slack.Journal().Calls("chat.postMessage")); n != 1 || told != 1 {
		t.Errorf("%d messages posted, told of %d", n, told)
	}
	if err := p.db.Write(context.Background(), func(tx *database.Tx) error { return p.posts.Put(tx, "card", "C001", card("moved")) }); err == nil {
		t.Error("a message that stands in one channel goes to another")
	}
	if err := p.db.Write(context.Background(), func(tx *database.Tx) error { return p.posts.Put(tx, "empty", "C001", chat.Message{}) }); err == nil {
		t.Error("a message that says nothing is taken")
	}
}

// faults are what goes wrong at Slack, each at a random call.
func faults(n int) func(int) (slacksim.Fault, bool) {
	return func(i int) (slacksim.Fault, bool) {
		all := []slacksim.Fault{
			{Delay: 400 * time.Millisecond}, // longer than anybody waits: it is done all the same
			{RetryAfter: time.Second},       // refused
			{Status: 500},                   // nothing was done, but who knows
			{DropReply: true},               // done, no answer
			{Error: "internal_error"},       // Slack says it may have been done
			{Delay: 50 * time.Millisecond},  // slow
			{Status: 503}, {DropReply: true},
		}
		return all[i%len(all)], i < n
	}
}

// Notifications to a Slack that answers slowly, refuses, fails, and takes
// messages without saying so: each must be there once.
func TestNoNotificationIsLostOrDoubledWhenSlackFails(t *testing.T) {
	t.Parallel()
	n := 200
	if os.Getenv("SOPBOT_SOAK") != "" {
		n = 1000
	}
	p := startPosting(t, file(t), slacksim.Options{})
	fault := faults(n * 4 / 10)
	for i := 0; ; i++ {
		f, more := fault(i)
		if !more {
			break
		}
		f.Method = "chat.postMessage"
		if i%5 == 4 {
			f.Method = "conversations.history"
		}
		f.Match = func(map[string]any) bool { return rand.N(3) == 0 }
		p.slack.Fault(f)
	}
	start := time.Now()
	place := func(i int) string {
		if i%4 == 0 {
			return fmt.Sprintf("C%03d", i/4%10)
		}
		return fmt.Sprintf("U%03d", i%people)
	}
	for i := range n {
		p.put(fmt.Sprint("note/", i), place(i), fmt.Sprint("note ", i))
	}
	p.settled(time.Duration(n) * 900 * time.Millisecond) // the pace is four calls a second, and many are in vain
	count, doubled := map[string]int{}, 0
	rooms := map[string]bool{}
	for i := range n {
		room := "D" + place(i)[1:]
		if place(i)[0] == 'C' {
			room = place(i)
		}
		if !rooms[room] {
			rooms[room] = true
			for _, m := range p.shown(room) {
				count[m.Text]++
			}
		}
	}
	for i := range n {
		switch c := count[fmt.Sprint("note ", i)]; {
		case c == 0:
			t.Errorf("note %d is lost", i)
		case c > 1:
			t.Errorf("note %d is there %d times", i, c)
			doubled++
		}
	}
	if s, _ := p.outbox.Stats(context.Background()); s.Dead != 0 || s.Done != n {
		t.Errorf("stats %+v", s)
	}
	unknown := 0
	for _, e := range p.slack.Journal().Calls("chat.postMessage") {
		if e.Error != "" || e.Status >= 500 {
			unknown++
		}
	}
	t.Logf("%d notifications in %s: %d calls, %d went wrong, %d doubled", n, time.Since(start).Round(time.Millisecond),
		len(p.slack.Journal().Calls("chat.postMessage")), unknown, doubled)
}
