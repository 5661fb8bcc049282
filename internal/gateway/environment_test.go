package gateway

import (
	"bufio"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// elsewhere is where a child process connects to.
type elsewhere struct{ url string }

func (elsewhere) BotToken() string { return "xoxb-bare-secret" }
func (elsewhere) AppToken() string { return "xapp-bare-secret" }
func (e elsewhere) URL() string    { return e.url }

// TestAGatewayConnectsInThisEnvironment is run again by the tests below in a
// process of its own, because Go reads the environment's proxies and
// certificates once a process.
func TestAGatewayConnectsInThisEnvironment(t *testing.T) {
	at, isChild := os.LookupEnv("SOPBOT_TEST_CHILD")
	if !isChild {
		at = startBare(t, &bare{}).URL()
	}
	r := connect(t, elsewhere{at}, filepath.Join(t.TempDir(), "db"), nil)
	r.await(t, "two sockets", func() bool { return r.Connected() == 2 })
	if !isChild {
		return
	}
	_, _ = io.WriteString(os.Stdout, "\nready\n")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// child starts it and waits until it is connected; stop ends it.
func child(t *testing.T, api string, environment ...string) (stop func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestAGatewayConnectsInThisEnvironment$", "-test.v")
	cmd.Env = append(os.Environ(), append(environment, "SOPBOT_TEST_CHILD="+api)...)
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	lines := bufio.NewScanner(out)
	ready := false
	for !ready && lines.Scan() {
		said.WriteString(lines.Text() + "\n")
		ready = lines.Text() == "ready"
	}
	stop = func() {
		in.Close()
		for lines.Scan() {
			said.WriteString(lines.Text() + "\n")
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("the child ended with %v\n%s", err, said.String())
		}
	}
	if !ready {
		stop()
		t.FailNow()
	}
	return stop
}

func TestBehindAProxySocketsWorkWithoutOurWire(t *testing.T) {
	t.Parallel()
	b := startBare(t, &bare{link: "ws://slack.test"})
	target, _ := url.Parse(b.server.URL)
	forward := httputil.NewSingleHostReverseProxy(target)
	var calls, tunnels atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			calls.Add(1)
			forward.ServeHTTP(w, r)
			return
		}
		tunnels.Add(1)
		server, err := net.Dial("tcp", target.Host)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		client, _, _ := w.(http.Hijacker).Hijack()
		_, _ = io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n")
		go func() { _, _ = io.Copy(server, client); server.Close() }()
		_, _ = io.Copy(client, server)
		client.Close()
	}))
	defer proxy.Close()
	stop := child(t, "http://slack.test/api/", "HTTP_PROXY="+proxy.URL, "http_proxy="+proxy.URL, "NO_PROXY=", "no_proxy=")
	if calls.Load() < 3 || tunnels.Load() != 2 {
		t.Errorf("%d calls and %d sockets went through the proxy", calls.Load(), tunnels.Load())
	}
	for i, s := range b.live() {
		b.echo(t, s, []string{"first", "second"}[i])
	}
	old := b.live()[0]
	b.send(old, "before", "/echo", "before")
	b.answer(t, "before", "you said before")
	old.notice("warning") // slack-go leaves at once, and comes back
	<-old.gone
	for len(b.live()) < 2 {
		time.Sleep(time.Millisecond)
	}
	b.echo(t, b.live()[1], "after")
	stop()
}

func TestSocketsWorkOverTLS(t *testing.T) {
	t.Parallel()
	b := startBare(t, &bare{tls: true})
	certificate := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: b.server.Certificate().Raw})
	if err := os.WriteFile(certificate, block, 0o600); err != nil {
		t.Fatal(err)
	}
	stop := child(t, b.URL(), "SSL_CERT_FILE="+certificate, "SSL_CERT_DIR=/nonexistent")
	for i, s := range b.live() {
		b.echo(t, s, []string{"first", "second"}[i])
	}
	old := b.live()[0]
	old.notice("warning")
	<-old.gone
	if code := old.goodbye.Load(); code != 1000 {
		t.Errorf("left with %d", code)
	}
	b.echo(t, b.live()[1], "after")
	stop()
}
