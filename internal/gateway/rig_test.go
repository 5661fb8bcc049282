package gateway

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/slacksim"
)

const team = `
team: {id: T0T, name: Test, domain: test}
people:
  - {id: U0SAM, handle: sam, name: Sam, real_name: Sam, email: sam@t.example, tz: Europe/Berlin}
channels:
  - {id: C0GEN, name: general, bot: true, members: [sam]}
`

// TestMain lets more tests run at a time than there are processors: they wait
// for clocks and sockets more than they compute.
func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("8")
	}
	os.Exit(m.Run())
}

// rig is a gateway at work on a local Slack, with a router of the test's own.
type rig struct {
	*Gateway
	slack *slacksim.Slack
	log   *safeBuffer
	path  string
	stop  func() error // ends Run and waits for it
}

// safeBuffer is a log that is read while it is written.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// longWait is how long a test waits for what is to come: a machine that is busy
// with other things may stand still for seconds.
const longWait = 40 * time.Second

// quick makes sockets that are left be gone soon. They are not impatient with
// silence: a busy machine makes some.
var quick = Sockets{PingEvery: 50 * time.Millisecond, DeafAfter: 8 * time.Second, Linger: 100 * time.Millisecond}

// impatient makes a gateway put off and end what does not come back in a
// fraction of the usual time.
func impatient(o *Options) { o.AckWithin, o.HandleWithin = 300*time.Millisecond, 600*time.Millisecond }

func start(t *testing.T, o slacksim.Options, register func(*chat.Router, *rig), change ...func(*Options)) *rig {
	t.Helper()
	world, err := slacksim.ParseWorld([]byte(team))
	if err != nil {
		t.Fatal(err)
	}
	o.World = world
	o.Shortcuts = []slacksim.Shortcut{{Name: "Do it", CallbackID: "do"}}
	if o.Grace == 0 {
		o.Grace = 500 * time.Millisecond
	}
	return on(t, slacksim.Open(t, o), filepath.Join(t.TempDir(), "db"), register, change...)
}

// on starts a gateway on a Slack that is there.
func on(t *testing.T, s *slacksim.Slack, path string, register func(*chat.Router, *rig), change ...func(*Options)) *rig {
	t.Helper()
	r := connect(t, s, path, register, change...)
	r.slack = s
	r.await(t, "two sockets", func() bool { return r.Connected() == 2 })
	return r
}

// somewhere is where a gateway connects to.
type somewhere interface {
	BotToken() string
	AppToken() string
	URL() string
}

// onBare starts a gateway on a Slack without manners.
func onBare(t *testing.T, b *bare, register func(*chat.Router, *rig), change ...func(*Options)) *rig {
	t.Helper()
	r := connect(t, b, filepath.Join(t.TempDir(), "db"), register, change...)
	r.await(t, "two sockets", func() bool { return r.Connected() == 2 })
	return r
}

func connect(t *testing.T, s somewhere, path string, register func(*chat.Router, *rig), change ...func(*Options)) *rig {
	t.Helper()
	db, err := database.Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{log: &safeBuffer{}, path: path}
	router := chat.NewRouter()
	router.OnCommand(chat.CommandHelp{Name: "/echo"}, func(_ context.Context, c chat.Command) (chat.Message, error) {
		return chat.Say("you said " + c.Text), nil
	})
	if register != nil {
		register(router, r)
	}
	o := Options{BotToken: s.BotToken(), AppToken: s.AppToken(), APIURL: s.URL(), Router: router, DB: db,
		Log: slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Now: time.Now, Sockets: quick}
	for _, c := range change {
		c(&o)
	}
	r.Gateway = New(o)
	if _, err := r.Hello(context.Background()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stopped := false
	r.stop = sync.OnceValue(func() error {
		stopped = true
		cancel()
		err := <-done
		return errors.Join(err, db.Close())
	})
	t.Cleanup(func() {
		if !stopped { // else the test has looked at the error
			if err := r.stop(); err != nil {
				t.Errorf("the gateway ended with %v", err)
			}
		}
		if t.Failed() {
			t.Log(r.log.String())
		}
		r.keepsSecrets(t, s)
	})
	return r
}

// keepsSecrets fails the test if a key to Slack stands in the log.
func (r *rig) keepsSecrets(t *testing.T, s somewhere) {
	secrets := []string{s.BotToken(), s.AppToken(), "ticket", "/actions/", "/commands/", "replysecret", "triggersecret"}
	if r.slack != nil {
		for _, e := range r.slack.Journal().Envelopes("") {
			p, _ := e.Request.(map[string]any)["payload"].(map[string]any)
			for _, key := range []string{"trigger_id", "response_url"} {
				if secret, _ := p[key].(string); secret != "" {
					secrets = append(secrets, secret)
				}
			}
		}
	}
	log := r.log.String()
	for _, secret := range secrets {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

func (r *rig) await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(longWait); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("did not come: %s\n%s", what, r.log.String())
		}
	}
}

func (r *rig) echo(t *testing.T, text string) {
	t.Helper()
	reply := r.slack.For(t).As("sam").In("#general").Slash("/echo " + text)
	if got := reply.Text(); !strings.Contains(got, "you said "+text) {
		t.Errorf("answered with %q %s", got, reply.Failed())
	}
}
