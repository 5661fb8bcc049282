package gateway

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/slack-go/slack"

	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/outbox"
	"sopbot/internal/slacksim"
)

func (p *posting) calls(method string) int { return len(p.slack.Journal().Calls(method)) }

func (p *posting) fates(want map[string]float64) {
	p.t.Helper()
	for fate, n := range want {
		got := p.fate(fate)
		// What is on disk is counted a moment later.
		for end := time.Now().Add(2 * time.Second); got < n && time.Now().Before(end); got = p.fate(fate) {
			time.Sleep(time.Millisecond)
		}
		if got != n {
			p.t.Errorf("%s: %v, want %v", fate, got, n)
		}
	}
}

func (p *posting) fate(name string) float64 {
	p.t.Helper()
	var m dto.Metric
	if err := p.posts.fates.WithLabelValues(name).Write(&m); err != nil {
		p.t.Fatal(err)
	}
	return m.GetCounter().GetValue()
}

// only checks that a conversation holds one message with that text.
func (p *posting) only(channel, text string) {
	p.t.Helper()
	got := p.shown(channel)
	if len(got) != 1 || got[0].Text != text {
		var texts []string
		for _, m := range got {
			texts = append(texts, m.Text)
		}
		p.t.Errorf("%s shows %q, want %q alone", channel, texts, text)
	}
}

func (p *posting) api() *slack.Client {
	return slack.New(p.slack.BotToken(), slack.OptionAPIURL(p.slack.URL()))
}

// waitFor waits until Slack was called that often.
func (p *posting) waitFor(method string, n int) {
	p.t.Helper()
	for end := time.Now().Add(longWait); p.calls(method) < n; time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("%s was called %d times, want %d", method, p.calls(method), n)
		}
	}
}

func TestALookThatChangesWhileNobodyKnowsComesInTheEnd(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]slacksim.Fault{
		"it was posted":     {DropReply: true},
		"it was not posted": {Status: 503},
		"it is slow":        {Delay: 400 * time.Millisecond},
		"it is refused":     {RetryAfter: time.Second},
		"it is under way":   {Delay: 100 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startPosting(t, file(t), slacksim.Options{})
			f.Method = "chat.postMessage"
			p.slack.Fault(f)
			p.put("card", "C001", "first")
			time.Sleep(40 * time.Millisecond)
			p.put("card", "C001", "second")
			p.put("card", "C001", "third")
			p.settled(15 * time.Second)
			p.only("C001", "third")
		})
	}
}

// An update that lands late must not undo the one after it.
func TestAnOldLookNeverComesLast(t *testing.T) {
	t.Parallel()
	p := startPosting(t, file(t), slacksim.Options{})
	p.put("card", "C001", "first")
	p.settled(5 * time.Second)
	p.slack.Fault(slacksim.Fault{Method: "chat.update", Delay: 450 * time.Millisecond})
	p.put("card", "C001", "second")
	time.Sleep(50 * time.Millisecond)
	p.put("card", "C001", "third")
	p.settled(10 * time.Second)
	time.Sleep(500 * time.Millisecond)
	p.only("C001", "third")
	// An update whose answer was lost is made again; Slack may be told twice.
	p.slack.Fault(slacksim.Fault{Method: "chat.update", DropReply: true})
	p.slack.Fault(slacksim.Fault{Method: "chat.update", RetryAfter: time.Second})
	p.put("card", "C001", "fourth")
	p.settled(10 * time.Second)
	p.only("C001", "fourth")
}

func TestWhatSlackWillNeverTakeIsDeadAndShown(t *testing.T) {
	t.Parallel()
	p := startPosting(t, file(t), slacksim.Options{})
	p.put("nowhere", "C999", "hello")
	p.put("deleted", "C001", "hello")
	p.settled(5 * time.Second)
	channel, ts, sent := p.where("deleted")
	if !sent {
		t.Fatal("not sent")
	}
	if _, _, err := p.api().DeleteMessage(channel, ts); err != nil {
		t.Fatal(err)
	}
	p.put("deleted", "C001", "hello again")
	p.settled(5 * time.Second)
	dead, err := p.outbox.Dead(context.Background())
	if err != nil || len(dead) != 2 {
		t.Fatalf("dead %+v, %v", dead, err)
	}
	for i, want := range []string{"post/deleted/2: chat.update message_not_found", "post/nowhere/1: chat.postMessage channel_not_found"} {
		key, code, _ := strings.Cut(want, ": ")
		_, code, _ = strings.Cut(code, " ")
		if dead[i].Key != key || !strings.Contains(dead[i].Error, code) {
			t.Errorf("dead row %d: %+v, want %s", i, dead[i], want)
		}
	}
	if _, err := p.posts.Permalink(context.Background(), "nowhere"); !errors.Is(err, ErrNotSent) {
		t.Errorf("permalink of what was not sent: %v", err)
	}
	// Somewhere else it may go, and what stood in its way may be gone.
	p.put("nowhere", "C002", "hello")
	p.settled(5 * time.Second)
	p.only("C002", "hello")
	p.slack.Fault(slacksim.Fault{Method: "chat.postMessage", Error: "is_archived"})
	p.put("archived", "C003", "hello")
	p.settled(5 * time.Second)
	if err := p.db.Write(context.Background(), func(tx *database.Tx) error {
		if revived, err := p.posts.Revive(tx, "archived"); !revived {
			t.Errorf("not revived: %v", err)
		}
		if revived, _ := p.posts.Revive(tx, "nowhere"); revived {
			t.Error("revived what stands in Slack")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	p.settled(5 * time.Second)
	p.only("C003", "hello")
}

// A missing scope or a revoked token is the app's trouble: messages wait.
func TestMessagesWaitWhileTheAppIsInTrouble(t *testing.T) {
	t.Parallel()
	p := startPosting(t, file(t), slacksim.Options{})
	p.slack.Fault(slacksim.Fault{Method: "chat.postMessage", Error: "token_revoked"})
	p.put("card", "C001", "hello")
	p.waitFor("chat.postMessage", 1)
	time.Sleep(50 * time.Millisecond)
	if s, _ := p.outbox.Stats(context.Background()); s.Ready != 1 || s.Dead != 0 {
		t.Errorf("stats %+v", s)
	}
}

func TestAMessageWhoseAnswerWasLostIsFoundWhereverItStands(t *testing.T) {
	t.Parallel()
	for name, wrong := range map[string]time.Duration{"on time": 0, "with a clock that is a day ahead": 24 * time.Hour, "with a clock that is an hour behind": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startPosting(t, file(t), slacksim.Options{})
			if wrong != 0 {
				p.stop()
				p.outbox, p.posts = p.bot(func() time.Time { return time.Now().Add(wrong) })
				run(t, p.outbox)
			}
			lostAndFound(t, p)
		})
	}
}

func lostAndFound(t *testing.T, p *posting) {
	t.Helper()
	_, root, err := p.api().PostMessage("C001", slack.MsgOptionText("root", false))
	if err != nil {
		t.Fatal(err)
	}
	p.slack.Fault(slacksim.Fault{Method: "chat.postMessage", DropReply: true, Times: 3})
	reply := card("reply")
	reply.Thread = root
	if err := p.db.Write(context.Background(), func(tx *database.Tx) error {
		return errors.Join(p.posts.Put(tx, "thread", "C001", reply), p.posts.Put(tx, "person", "U005", card("note")), p.posts.Put(tx, "channel", "C002", card("note")))
	}); err != nil {
		t.Fatal(err)
	}
	// It is looked for where it was sent, whatever is said of it meanwhile.
	p.waitFor("chat.postMessage", 4)
	p.put("thread", "C001", "reply")
	p.settled(10 * time.Second)
	if n := p.calls("chat.postMessage"); n != 4 { // the root, too
		t.Errorf("%d calls", n)
	}
	p.fates(map[string]float64{"unknown": 3, "found": 3, "absent": 0, "unsearchable": 0})
	if channel, _, sent := p.where("person"); channel != "D005" || !sent {
		t.Errorf("stands in %s, %v", channel, sent)
	}
}

func TestWhatCannotBeLookedForIsSentAgainAndCounted(t *testing.T) {
	t.Parallel()
	p := startPosting(t, file(t), slacksim.Options{Scopes: []string{"chat:write"}})
	p.slack.Fault(slacksim.Fault{Method: "chat.postMessage", DropReply: true})
	p.put("card", "C001", "hello")
	p.settled(10 * time.Second)
	p.fates(map[string]float64{"unknown": 1, "found": 0, "unsearchable": 1, "sent": 1})
}

// A burst in one channel is spread, within Slack's rate; a card to a person
// does not wait for it.
func TestABurstElsewhereDelaysNobody(t *testing.T) {
	t.Parallel()
	p := startPosting(t, file(t), slacksim.Options{StrictRates: true})
	began := time.Now()
	for i := range 6 {
		p.put(fmt.Sprint("burst/", i), "C001", fmt.Sprint("burst ", i))
	}
	p.put("card", "U001", "for you")
	for _, _, sent := p.where("card"); !sent; _, _, sent = p.where("card") {
		time.Sleep(2 * time.Millisecond)
	}
	if took := time.Since(began); took > 2500*time.Millisecond { // behind the burst it would be three seconds and more
		t.Errorf("the card took %s", took)
	}
	p.settled(15 * time.Second)
	if took := time.Since(began); took < 2900*time.Millisecond || len(p.shown("C001")) != 6 {
		t.Errorf("%d messages after %s", len(p.shown("C001")), took)
	}
	if n := p.fate("sent") + p.fate("found"); n < 6 { // the last is counted a moment later
		t.Errorf("%v messages were sent", n)
	}
	// A machine that stalls between a turn and its call may bring one message
	// too early; without turns Slack would refuse three.
	if n := p.fate("limited"); n > 1 {
		t.Errorf("Slack refused %v times", n)
	}
}

// Two processes on one database post each message once.
func TestReplicasPostOnce(t *testing.T) {
	t.Parallel()
	target := dbtest.Postgres(t)
	p := startPosting(t, dbtest.Open(t, target), slacksim.Options{})
	other := *p
	other.db = dbtest.Open(t, target)
	other.outbox, other.posts = other.bot(func() time.Time { return time.Now().Add(2 * time.Second) })
	run(t, other.outbox)
	p.slack.Fault(slacksim.Fault{Method: "chat.postMessage", DropReply: true, Times: 5, Match: func(map[string]any) bool { return rand.N(3) == 0 }})
	for i := range people {
		who := []*posting{p, &other}[i%2]
		who.put(fmt.Sprint("note/", i), fmt.Sprintf("U%03d", i), fmt.Sprint("note ", i))
	}
	p.put("card", "C001", "first")
	for i := range 10 {
		[]*posting{p, &other}[i%2].put("card", "C001", fmt.Sprint("look ", i))
	}
	p.settled(20 * time.Second)
	p.only("C001", "look 9")
	for i := range people {
		p.only(fmt.Sprintf("D%03d", i), fmt.Sprint("note ", i))
	}
}

// The process is killed while it posts; in the end everything that was
// committed stands in Slack once.
func TestPostsSurviveKills(t *testing.T) {
	t.Parallel()
	if target := os.Getenv("SOPBOT_TEST_POSTS"); target != "" {
		postUntilKilled(target)
	}
	rounds := 5
	if os.Getenv("SOPBOT_SOAK") != "" {
		rounds = 100
	}
	path := filepath.Join(t.TempDir(), "db")
	p := &posting{t: t, slack: slacksim.Open(t, slacksim.Options{World: postWorld(), Events: []string{}})}
	p.slack.Fault(slacksim.Fault{Method: "chat.postMessage", Delay: 40 * time.Millisecond, Times: -1})
	said := map[string]string{} // text → channel
	for range rounds {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestPostsSurviveKills$")
		cmd.Env = append(os.Environ(), "SOPBOT_TEST_POSTS="+path, "SOPBOT_TEST_SLACK="+p.slack.URL(), "SOPBOT_TEST_TOKEN="+p.slack.BotToken())
		out := &safeBuffer{}
		cmd.Stdout = out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(longWait); !strings.Contains(out.String(), "\n") && time.Now().Before(end); {
			time.Sleep(2 * time.Millisecond) // until it has begun
		}
		time.Sleep(rand.N(300 * time.Millisecond))
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		for line := range strings.Lines(out.String()) {
			if channel, text, ok := strings.Cut(line, " "); ok && strings.HasSuffix(line, "\n") {
				said[strings.TrimSpace(text)] = channel
			}
		}
	}
	if len(said) < rounds {
		t.Fatalf("only %d messages in %d rounds", len(said), rounds)
	}
	p.slack.ClearFaults()
	p.db = dbtest.Open(t, path)
	p.outbox, p.posts = p.bot(time.Now)
	run(t, p.outbox)
	p.settled(time.Minute)
	there, rooms := map[string]int{}, map[string]bool{}
	for _, channel := range said {
		if !rooms[channel] {
			rooms[channel] = true
			for _, m := range p.shown("D" + channel[1:]) {
				there[m.Text]++
			}
		}
	}
	for text := range said {
		if there[text] == 0 {
			t.Errorf("%s is lost", text)
		}
	}
	for text, n := range there {
		if n > 1 {
			t.Errorf("%s is there %d times", text, n)
		}
	}
	t.Logf("%d rounds, %d messages, %d found after a kill", rounds, len(said), int(p.fate("found")))
}

func postUntilKilled(path string) {
	db, err := database.Open(context.Background(), path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	o := outbox.New(db, outbox.Options{})
	posts := NewPosts(db, o, slack.New(os.Getenv("SOPBOT_TEST_TOKEN"), slack.OptionAPIURL(os.Getenv("SOPBOT_TEST_SLACK"))), time.Now, nil)
	posts.Timeout, posts.Settle = 300*time.Millisecond, 300*time.Millisecond
	go func() { _ = o.Run(context.Background()) }()
	for i := 0; ; i++ {
		channel, text := fmt.Sprintf("U%03d", rand.N(people)), fmt.Sprintf("%d-%d", os.Getpid(), i)
		if err := db.Write(context.Background(), func(tx *database.Tx) error { return posts.Put(tx, text, channel, card(text)) }); err != nil {
			os.Exit(1)
		}
		fmt.Println(channel, text)
		time.Sleep(15 * time.Millisecond)
	}
}
