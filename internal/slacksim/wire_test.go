package slacksim

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
)

// line is a Socket Mode client without any mercy or help.
type line struct {
	t    *testing.T
	conn *websocket.Conn
}

func dial(t *testing.T, s *Slack) *line {
	t.Helper()
	opened := post(t, s, s.AppToken(), "apps.connections.open", "")
	conn, _, err := (&websocket.Dialer{WriteBufferSize: 64 << 10}).Dial(text(opened, "url"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, _, err := (&websocket.Dialer{}).Dial(text(opened, "url"), nil); err == nil {
		t.Error("a ticket was good for two connections")
	}
	return &line{t, conn}
}

// next is the next frame that came.
func (l *line) next() obj {
	l.t.Helper()
	_ = l.conn.SetReadDeadline(time.Now().Add(3 * time.Second))
	_, raw, err := l.conn.ReadMessage()
	if err != nil {
		l.t.Fatal(err)
	}
	v, err := decode(raw)
	if err != nil {
		return obj{"raw": string(raw)}
	}
	o, _ := v.(obj)
	return o
}

func (l *line) send(frame string) {
	l.t.Helper()
	if err := l.conn.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
		l.t.Fatal(err)
	}
}

func TestTheAckLedger(t *testing.T) {
	s := open(t, Options{AckTimeout: 300 * time.Millisecond})
	l := dial(t, s)
	if hello := l.next(); text(hello, "type") != "hello" || text(hello, "num_connections") != "1" {
		t.Fatalf("first frame: %s", encode(hello))
	}
	for name, tc := range map[string]struct {
		answer func(id string)
		shown  string
	}{
		"a payload is shown":               {func(id string) { l.send(`{"envelope_id":"` + id + `","payload":{"text":"good"}}`) }, "good"},
		"bad blocks are Slack's to refuse": {func(id string) { l.send(`{"envelope_id":"` + id + `","payload":{"blocks":[{"type":"no"}]}}`) }, "invalid_blocks"},
		"silence":                          {func(string) {}, "operation_timeout"},
		"an ack of 20 KB is dropped": {func(id string) {
			l.send(`{"envelope_id":"` + id + `","payload":{"text":"` + strings.Repeat("x", 20480) + `"}}`)
		}, "operation_timeout"},
		"an ack for another envelope is no help": {func(string) { l.send(`{"envelope_id":"nope"}`) }, "operation_timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			answered := make(chan struct{})
			go func() { defer close(answered); tc.answer(text(l.next(), "envelope_id")) }()
			reply := s.As("sam").Slash("/sop x")
			contains(t, reply.Text(), tc.shown)
			<-answered
		})
	}
}

func TestAFragmentedAckIsDropped(t *testing.T) {
	s := open(t, Options{AckTimeout: 300 * time.Millisecond})
	opened := post(t, s, s.AppToken(), "apps.connections.open", "")
	conn, _, err := (&websocket.Dialer{WriteBufferSize: 64}).Dial(text(opened, "url"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	l := &line{t, conn}
	l.next()
	go func() {
		w, err := conn.NextWriter(websocket.TextMessage)
		if err != nil {
			return
		}
		for _, piece := range []string{`{"envelope_id":"`, text(l.next(), "envelope_id"), `","payload":{"text":"` + strings.Repeat("long ", 40), `"}}`} {
			_, _ = w.Write([]byte(piece))
		}
		_ = w.Close()
	}()
	contains(t, s.As("sam").Slash("/sop x").Text(), "operation_timeout")
	acks := s.Journal().Acks()
	if len(acks) != 1 || !strings.Contains(acks[0].Error, "more than one frame") {
		t.Errorf("acks = %+v", acks)
	}
}

func TestEventsAreRetriedOnTheClock(t *testing.T) {
	s := open(t, Options{VirtualDeadlines: true})
	l := dial(t, s)
	l.next()
	s.mu.Lock()
	_, _, err := s.say("U0SAM", s.rooms["C0SALES"], "<@U0LOCALBOT> hello", "")
	s.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	first := l.next()
	seen := map[string]bool{text(first, "envelope_id"): true}
	for n, wait := range []time.Duration{3 * time.Second, 63 * time.Second, 303 * time.Second} {
		s.Advance(wait)
		again := l.next()
		if seen[text(again, "envelope_id")] {
			t.Error("a retry has an old envelope_id")
		}
		seen[text(again, "envelope_id")] = true
		if text(object(again, "payload"), "event_id") != text(object(first, "payload"), "event_id") {
			t.Error("a retry has another event_id")
		}
		if text(again, "retry_attempt") != []string{"1", "2", "3"}[n] || text(again, "retry_reason") != "timeout" {
			t.Errorf("retry %d: %s %s", n+1, text(again, "retry_attempt"), text(again, "retry_reason"))
		}
	}
	s.Advance(time.Hour)
	if n := len(s.Journal().Envelopes(eventsAPI)); n != 4 {
		t.Errorf("%d deliveries, want 4", n)
	}
}

func TestSocketsComeAndGo(t *testing.T) {
	s := open(t, Options{Grace: 200 * time.Millisecond})
	a := dial(t, s)
	a.next() // its hello: only now it is counted, and the first
	b := dial(t, s)
	if text(b.next(), "num_connections") != "2" {
		t.Error("the second hello does not count both")
	}
	s.Sockets()[0].Disconnect("refresh_requested")
	if got := a.next(); text(got, "reason") != "refresh_requested" {
		t.Errorf("frame = %s", encode(got))
	}
	// What is new goes to the other socket; an ack on the old one still counts.
	go func() {
		a.send(`{"envelope_id":"` + text(b.next(), "envelope_id") + `","payload":{"text":"by the old line"}}`)
	}()
	contains(t, s.As("sam").Slash("/sop x").Text(), "by the old line")
	for range 9 {
		dial(t, s)
	}
	time.Sleep(250 * time.Millisecond)
	for len(s.Sockets()) < mostSockets {
		dial(t, s)
	}
	eleventh := dial(t, s)
	if got := eleventh.next(); text(got, "reason") != "too_many_websockets" {
		t.Errorf("the eleventh socket got %s", encode(got))
	}
}

func TestADeafSocketIsBetrayedByItsSilence(t *testing.T) {
	s := open(t, Options{PingEvery: 20 * time.Millisecond})
	l := dial(t, s)
	pings := make(chan string, 1000)
	l.conn.SetPingHandler(func(data string) error { pings <- data; return nil })
	l.next()
	go func() { _, _, _ = l.conn.ReadMessage() }()
	select {
	case <-pings:
	case <-time.After(2 * time.Second):
		t.Fatal("no ping came")
	}
	s.Deaf()
	time.Sleep(50 * time.Millisecond) // what was on its way
	for len(pings) > 0 {
		<-pings
	}
	time.Sleep(150 * time.Millisecond)
	if n := len(pings); n > 0 || len(s.Sockets()) != 1 {
		t.Errorf("%d pings from a deaf socket; %d sockets open", n, len(s.Sockets()))
	}
}

func TestASlackGoAppSurvivesOddFramesAndLostLines(t *testing.T) {
	s := open(t, Options{})
	salesBot().start(t, s)
	s.Quirk(Quirk{Malformed: true, Duplicate: true})
	sam := s.As("sam")
	contains(t, sam.Slash("/sop odd").Text(), "odd")
	s.Disconnect("warning")
	deadline := time.Now().Add(5 * time.Second)
	for !strings.Contains(s.Journal().String(), "socket 2") && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	s.WaitConnected(1)
	contains(t, sam.Slash("/sop again").Text(), "again")
}

func TestAPictureIsUploadedInThreeStepsAndShown(t *testing.T) {
	s := open(t, Options{})
	api := slack.New(s.BotToken(), slack.OptionAPIURL(s.URL()))
	png := []byte("\x89PNG\r\n\x1a\n not really")
	f, err := api.UploadFile(slack.UploadFileParameters{Filename: "chart.png", FileSize: len(png), Reader: bytes.NewReader(png), Title: "Pipeline", Channel: "C0SALES", InitialComment: "See"})
	if err != nil {
		t.Fatal(err)
	}
	info, _, _, err := api.GetFileInfo(f.ID, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := api.GetFile(info.URLPrivate, &got); err != nil || !bytes.Equal(got.Bytes(), png) {
		t.Errorf("downloaded %q, %v", got.Bytes(), err)
	}
	contains(t, s.As("sam").WaitFor("Pipeline").Text(), "See", "(file: Pipeline)")
	_, _, err = api.PostMessage("C0SALES", slack.MsgOptionText("x", false), slack.MsgOptionBlocks(slack.NewImageBlockSlackFile(&slack.SlackFileObject{ID: "F0NOPE"}, "alt", "", nil)))
	if err == nil || !strings.Contains(err.Error(), "invalid_blocks") {
		t.Errorf("an image of no file: %v", err)
	}
}

func TestMetadataAndPagesOfHistory(t *testing.T) {
	s := open(t, Options{})
	api := slack.New(s.BotToken(), slack.OptionAPIURL(s.URL()))
	for _, words := range []string{"one", "two", "three"} {
		_, _, err := api.PostMessage("C0SALES", slack.MsgOptionText(words, false),
			slack.MsgOptionMetadata(slack.SlackMetadata{EventType: "key", EventPayload: map[string]any{"key": words}}))
		if err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	cursor := ""
	for {
		page, err := api.GetConversationHistory(&slack.GetConversationHistoryParameters{ChannelID: "C0SALES", Limit: 2, Cursor: cursor, IncludeAllMetadata: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Messages {
			got = append(got, m.Metadata.EventPayload["key"].(string))
		}
		if cursor = page.ResponseMetaData.NextCursor; cursor == "" {
			break
		}
	}
	if strings.Join(got, " ") != "three two one" {
		t.Errorf("history = %q", got)
	}
}

func TestWorldsThatCannotBeAreRefused(t *testing.T) {
	for name, bad := range map[string]string{
		"an unknown key":       "team: {id: T0A, domain: a, colour: red}",
		"a doubled handle":     "team: {id: T0A, domain: a}\npeople: [{id: U01, handle: a, name: A}, {id: U02, handle: a, name: B}]",
		"a zone nobody has":    "team: {id: T0A, domain: a}\npeople: [{id: U01, handle: a, name: A, tz: Mars/Base}]",
		"a member who is none": "team: {id: T0A, domain: a}\nchannels: [{id: C01, name: c, members: [x]}]",
	} {
		if _, err := ParseWorld([]byte(bad)); err == nil {
			t.Errorf("%s passes", name)
		}
	}
}

// No source or test names a host of this machine's registries.
func TestNoLockFileIsKept(t *testing.T) {
	found, _ := filepath.Glob("testdata/bolt/*lock*")
	if _, err := os.Stat("testdata/bolt/node_modules"); err == nil || len(found) > 0 {
		t.Error("testdata/bolt holds more than its sources")
	}
}
