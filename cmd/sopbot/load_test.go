package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// line is the least of a Slack that a load can be put on: it opens sockets,
// sends commands and notes when each is acknowledged. The simulator checks and
// remembers everything, which is not what a load should measure.
type line struct {
	server  *http.Server
	base    string
	mu      sync.Mutex
	sockets []*lineSocket
	hello   chan time.Time
	waiting sync.Map // envelope id → chan ack
	seq     atomic.Int64
}

type lineSocket struct {
	mu   sync.Mutex
	conn *websocket.Conn
}

type lineAck struct {
	at      time.Time
	payload json.RawMessage
}

func startLine(t testing.TB) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{base: "http://" + listener.Addr().String(), hello: make(chan time.Time, 64)}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/auth.test", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"ok":true,"team":"Load","team_id":"T1","user":"sopbot","user_id":"U0BOT","bot_id":"B1"}`)
	})
	mux.HandleFunc("/api/apps.connections.open", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"ok":true,"url":"ws://%s/link"}`, listener.Addr())
	})
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }, ReadBufferSize: 32 << 10}
	mux.HandleFunc("/link", func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		s := &lineSocket{conn: conn}
		_ = conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"hello","num_connections":1,"debug_info":{"host":"load"},"connection_info":{"app_id":"A1"}}`))
		l.mu.Lock()
		l.sockets = append(l.sockets, s)
		l.mu.Unlock()
		l.hello <- time.Now()
		for {
			var ack struct {
				EnvelopeID string          `json:"envelope_id"`
				Payload    json.RawMessage `json:"payload"`
			}
			_, raw, err := conn.ReadMessage()
			if err != nil {
				l.mu.Lock()
				l.sockets = slices.DeleteFunc(l.sockets, func(o *lineSocket) bool { return o == s })
				l.mu.Unlock()
				return
			}
			now := time.Now()
			if json.Unmarshal(raw, &ack) == nil {
				if ch, ok := l.waiting.LoadAndDelete(ack.EnvelopeID); ok {
					ch.(chan lineAck) <- lineAck{now, ack.Payload}
				}
			}
		}
	})
	l.server = &http.Server{Handler: mux}
	go func() { _ = l.server.Serve(listener) }()
	t.Cleanup(func() { _ = l.server.Close() })
	return l
}

// command sends one and waits for its answer.
func (l *line) command(text string) (took time.Duration, payload json.RawMessage, err error) {
	n := l.seq.Add(1)
	id := "e" + strconv.FormatInt(n, 10)
	words, _ := json.Marshal(text)
	frame := fmt.Appendf(nil, `{"envelope_id":%q,"payload":{"token":"verification-token","team_id":"T1","team_domain":"load","channel_id":"C1","channel_name":"random","user_id":"U%d","user_name":"rep","command":"/sop","text":%s,"api_app_id":"A1","is_enterprise_install":"false","response_url":"%s/respond/%d","trigger_id":"%d.1.x"},"type":"slash_commands","accepts_response_payload":true}`,
		id, n%64, words, l.base, n, n)
	ch := make(chan lineAck, 1)
	l.waiting.Store(id, ch)
	l.mu.Lock()
	if len(l.sockets) == 0 {
		l.mu.Unlock()
		return 0, nil, fmt.Errorf("no socket is open")
	}
	s := l.sockets[int(n)%len(l.sockets)]
	l.mu.Unlock()
	start := time.Now()
	s.mu.Lock()
	err = s.conn.WriteMessage(websocket.TextMessage, frame)
	s.mu.Unlock()
	if err != nil {
		return 0, nil, err
	}
	select {
	case a := <-ch:
		return a.at.Sub(start), a.payload, nil
	case <-time.After(3 * time.Second):
		return 0, nil, fmt.Errorf("%s was not acknowledged within 3 seconds", id)
	}
}

// process is the bot as its own process, as people run it.
type process struct {
	cmd *exec.Cmd
}

// sopbotBinary builds the program once for all benchmarks of a run.
var sopbotBinary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "sopbot-bench-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "sopbot")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

func startProcess(t testing.TB, l *line) *process {
	t.Helper()
	binary, err := sopbotBinary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "serve")
	cmd.Env = append(os.Environ(), "SLACK_BOT_TOKEN=xoxb-load", "SLACK_APP_TOKEN=xapp-load", "SLACK_API_URL="+l.base+"/api/",
		"SOPBOT_DATABASE="+filepath.Join(t.TempDir(), "sopbot.db"))
	log, err := os.Create(filepath.Join(t.TempDir(), "log")) // a line for each command, as people have it
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		_ = log.Close()
	})
	return &process{cmd}
}

// resident is the process's memory in MiB (Linux's VmRSS).
func (p *process) resident(t testing.TB) float64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Skip("resident memory is read from /proc: ", err)
	}
	for s := bufio.NewScanner(strings.NewReader(string(raw))); s.Scan(); {
		if kb, ok := strings.CutPrefix(s.Text(), "VmRSS:"); ok {
			n, _ := strconv.Atoi(strings.Fields(kb)[0])
			return float64(n) / 1024
		}
	}
	return 0
}

// cpu is the processor time used so far (Linux's utime and stime, in ticks of
// 10 ms).
func (p *process) cpu(t testing.TB) time.Duration {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		t.Skip("processor time is read from /proc: ", err)
	}
	_, after, _ := strings.Cut(string(raw), ") ")
	f := strings.Fields(after)
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// loadQuestions are what people type, some of it badly.
var loadQuestions = []string{
	"objection pricing", "stage discovery", "exit discovery", "too expensive", "pricng", "how do I qualify a lead", "template after demo",
	"opener", "what if they already use a competitor", "crm hygie", "persona cfo", "meddpicc", "who owns the lead", "send me information", "no budget",
}

// BenchmarkServe measures the bot as its own process. ns/op is a command
// under full load by 64 people; the rest is reported beside it.
func BenchmarkServe(b *testing.B) {
	if b.N == 1 {
		return // the trial run that comes before every benchmark
	}
	l := startLine(b)
	if _, err := sopbotBinary(); err != nil {
		b.Fatal(err)
	}
	started := time.Now()
	p := startProcess(b, l)
	connected := <-l.hello
	<-l.hello
	time.Sleep(3 * time.Second) // idle
	idle := p.resident(b)

	// Quiet: 50 a second.
	var took []time.Duration
	tick := time.NewTicker(20 * time.Millisecond)
	for i := range 500 {
		<-tick.C
		d, _, err := l.command(loadQuestions[i%len(loadQuestions)])
		if err != nil {
			b.Fatal(err)
		}
		took = append(took, d)
	}
	tick.Stop()
	slices.Sort(took)
	quiet := p.resident(b)

	// Full: 64 people who type again as soon as they have read.
	before := p.cpu(b)
	b.ResetTimer()
	l.full(b, b.N)
	b.StopTimer()
	b.ReportMetric(float64(p.cpu(b)-before)/float64(time.Millisecond)/float64(b.N), "cpu-ms/command")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "answers/s")
	b.ReportMetric(float64(connected.Sub(started).Microseconds())/1000, "ms-to-connected")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "quiet-p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "quiet-p99-ms")
	b.ReportMetric(idle, "MiB-idle")
	b.ReportMetric(quiet, "MiB-quiet")
	b.ReportMetric(p.resident(b), "MiB-after-1N")
	// Whether it grows with what it has answered: as much again, three times.
	for n := 2; n <= 4; n++ {
		l.full(b, b.N)
		b.ReportMetric(p.resident(b), fmt.Sprintf("MiB-after-%dN", n))
	}
	time.Sleep(20 * time.Second)
	b.ReportMetric(p.resident(b), "MiB-20s-later")
}

// full lets 64 people type so many commands together, as fast as they are
// answered.
func (l *line) full(b *testing.B, commands int) {
	var left atomic.Int64
	left.Store(int64(commands))
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for n := left.Add(-1); n >= 0; n = left.Add(-1) {
				if _, _, err := l.command(loadQuestions[int(n)%len(loadQuestions)]); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}
