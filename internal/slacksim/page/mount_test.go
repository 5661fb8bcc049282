package page_test

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"sopbot/internal/slacksim"
	"sopbot/internal/slacksim/page"
)

// The page answers its own pages only: no other site can reach in, not even by
// a name that points to this machine.
func TestStrangersAreRefused(t *testing.T) {
	a := stage(t, page.Options{})
	for name, tc := range map[string]struct {
		method, path, host, origin, site, kind string
		want                                   int
	}{
		"a reader":                  {path: "/", want: 200},
		"the page itself":           {method: "POST", path: "/page/do", origin: "own", site: "same-origin", kind: "application/json", want: 422},
		"another name":              {path: "/", host: "evil.example", want: 403},
		"another name, same port":   {path: "/page/start", host: "evil.example:port", want: 403},
		"localhost":                 {path: "/page/start?as=sam", host: "localhost:port", want: 200},
		"another site":              {path: "/page/start", site: "cross-site", want: 403},
		"another port of ours":      {path: "/page/start", site: "same-site", want: 403},
		"another origin":            {method: "POST", path: "/page/do", origin: "http://evil.example", kind: "application/json", want: 403},
		"a file's origin":           {method: "POST", path: "/page/do", origin: "null", kind: "application/json", want: 403},
		"a form of another site":    {method: "POST", path: "/page/do", kind: "application/x-www-form-urlencoded", want: 415},
		"a plain text":              {method: "POST", path: "/page/do", kind: "text/plain", want: 415},
		"no such file":              {path: "/page/file/F0NOTHING", want: 404},
		"no such page":              {path: "/web/app.js", want: 404},
		"a room that is not theirs": {path: "/page/history?as=sam&room=C0LEADS", want: 422},
		"a clock that is not there": {method: "POST", path: "/page/clock?as=sam", kind: "application/json", want: 422},
	} {
		t.Run(name, func(t *testing.T) {
			base := strings.TrimSuffix(a.page.URL(), "/")
			r, err := http.NewRequest(tc.method, base+tc.path, strings.NewReader(`{"do":"nonsense"}`))
			if err != nil {
				t.Fatal(err)
			}
			if tc.host != "" {
				r.Host = strings.Replace(tc.host, "port", r.URL.Port(), 1)
			}
			for key, value := range map[string]string{"Origin": strings.Replace(tc.origin, "own", base, 1), "Sec-Fetch-Site": tc.site, "Content-Type": tc.kind} {
				if value != "" {
					r.Header.Set(key, value)
				}
			}
			reply, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer reply.Body.Close()
			if body, _ := io.ReadAll(reply.Body); reply.StatusCode != tc.want {
				t.Errorf("%d %s, want %d", reply.StatusCode, body, tc.want)
			}
		})
	}
}

// Page, script and style stay small, and nothing comes from elsewhere.
func TestThePageIsSmall(t *testing.T) {
	total := 0
	err := fs.WalkDir(os.DirFS("web"), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile("web/" + path)
		if err != nil {
			return err
		}
		total += len(data)
		for _, outside := range []string{"//fonts.", "//cdn", "unpkg", "@import", `src="http`, `from 'http`, "innerHTML", "insertAdjacentHTML", "document.write", "eval("} {
			if strings.Contains(string(data), outside) {
				t.Errorf("%s contains %s", path, outside)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if total > 150_000 {
		t.Errorf("the page has %d bytes, want at most 150 KB", total)
	}
	t.Logf("the page has %d bytes", total)
}

// A window that does not listen misses the end of a flood, with nothing after it
// to show the gap. When it listens again it is told how things stand.
func TestASlowWindowIsToldHowThingsStand(t *testing.T) {
	t.Parallel()
	a := stage(t, page.Options{})
	reply, err := http.Get(a.page.URL() + "page/live?as=sam")
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	alex, err := a.slack.Person("alex")
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Repeat("flood ", 1500)
	for range 1700 { // 15 MB: more than the line holds by itself
		if _, err := alex.Touch(t.Context(), slacksim.Touch{Do: "say", Room: "C0SALES", Text: words}); err != nil {
			t.Fatal(err)
		}
	}
	giveUp := time.AfterFunc(20*time.Second, func() { _ = reply.Body.Close() })
	defer giveUp.Stop()
	lines := bufio.NewScanner(reply.Body)
	lines.Buffer(nil, 1<<20)
	for hello := false; lines.Scan(); {
		switch line := lines.Text(); {
		case strings.HasPrefix(line, "event: "):
			hello = line == "event: hello"
		case hello && strings.Contains(line, fmt.Sprintf(`"seen":%d,`, a.slack.Seen())):
			return
		}
	}
	t.Errorf("the window was never told of change %d: %v", a.slack.Seen(), lines.Err())
}
