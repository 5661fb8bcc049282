package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// reader follows docs/install.md to the letter: the shell commands that stand
// in it are run in their order, in one terminal and a second one for what goes
// on, and what it says to do in Slack is done in the local Slack's page.
type reader struct {
	mu       sync.Mutex
	steps    map[string][]string // heading → its shell blocks
	followed map[string]bool
	page     string   // the local Slack's address
	tokens   []string // what it printed to be pasted
	running  []*exec.Cmd
	heard    *bytes.Buffer // of what goes on
}

var heading = regexp.MustCompile(`(?m)^## (.+)$`)

// newReader reads the guide.
func newReader(t testing.TB) *reader {
	t.Helper()
	page, err := os.ReadFile("../../docs/install.md")
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{steps: map[string][]string{}, followed: map[string]bool{}, heard: &bytes.Buffer{}}
	at, block, inside := "", "", false
	for line := range strings.Lines(string(page)) {
		switch {
		case inside && strings.HasPrefix(line, "```"):
			r.steps[at] = append(r.steps[at], block)
			inside = false
		case inside:
			block += line
		case strings.HasPrefix(line, "```sh"):
			inside, block = true, ""
		case heading.MatchString(line):
			at = heading.FindStringSubmatch(line)[1]
		}
	}
	return r
}

// find gives the one step whose heading has those words.
func (r *reader) find(ts *testscript.TestScript, words string) (string, []string) {
	for name, blocks := range r.steps {
		if strings.Contains(name, words) {
			r.followed[name] = true
			return name, blocks
		}
	}
	ts.Fatalf("the guide has no step %q with shell commands", words)
	return "", nil
}

// shell makes a command of a step's blocks. What was exported before still
// holds, as in a terminal that is still open; tokens are pasted in their
// places.
func (r *reader) shell(ts *testscript.TestScript, blocks []string) *exec.Cmd {
	text := "touch .terminal; . ./.terminal\nset -e\n" + strings.Join(blocks, "\n")
	for _, line := range r.tokens {
		name, value, _ := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		text = regexp.MustCompile(`(?m)^export `+name+`=xo?[a-z]+-…$`).ReplaceAllLiteralString(text, "export "+name+"="+value)
	}
	text += "\nexport -p > .terminal\n"
	cmd := exec.Command("sh", "-c", text)
	cmd.Dir = ts.Getenv("WORK")
	for _, name := range []string{"PATH", "HOME", "TMPDIR"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	return cmd
}

// follow WORDS: run a step's commands. With ! it has to end badly.
func (r *reader) follow(ts *testscript.TestScript, neg bool, args []string) {
	name, blocks := r.find(ts, args[0])
	out, err := r.shell(ts, blocks).CombinedOutput()
	ts.Logf("%s\n%s", name, out)
	if (err != nil) != neg {
		ts.Fatalf("%s ended with %v:\n%s", name, err, out)
	}
	for _, want := range args[1:] {
		if !bytes.Contains(out, []byte(want)) {
			ts.Fatalf("%s does not say %q:\n%s", name, want, out)
		}
	}
}

// begin WORDS SIGN: run a step's commands, which go on, until they say so.
func (r *reader) begin(ts *testscript.TestScript, _ bool, args []string) {
	name, blocks := r.find(ts, args[0])
	// The shell is to become the program, for that to hear when it is to end.
	last := len(blocks) - 1
	blocks = append(slices.Clone(blocks[:last]), "exec "+strings.TrimSpace(blocks[last])+" 2>&1")
	cmd := r.shell(ts, blocks)
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	cmd.Env = append(cmd.Env, "NO_COLOR=1")
	ts.Check(cmd.Start())
	r.running = append(r.running, cmd)
	lines := make(chan string, 1000)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			lines <- s.Text()
		}
	}()
	patience := time.After(30 * time.Second)
	for {
		select {
		case line, open := <-lines:
			if !open {
				ts.Fatalf("%s ended by itself:\n%s", name, r.said())
			}
			r.hear(line)
			if strings.Contains(line, args[1]) {
				go func() {
					for line := range lines {
						r.hear(line)
					}
				}()
				return
			}
		case <-patience:
			ts.Fatalf("%s does not say %q:\n%s", name, args[1], r.said())
		}
	}
}

// hear reads what goes on: where the Slack is, and what is to be pasted.
func (r *reader) hear(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintln(r.heard, line)
	line = strings.TrimSpace(line)
	switch {
	case strings.HasPrefix(line, "export "):
		r.tokens = append(r.tokens, line)
	case strings.HasPrefix(line, "http://") && r.page == "":
		r.page = line
	}
}

func (r *reader) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.heard.String()
}

// paste: put the printed lines into the terminal.
func (r *reader) paste(ts *testscript.TestScript, _ bool, _ []string) {
	if len(r.tokens) != 3 {
		ts.Fatalf("the local Slack printed %d lines to paste:\n%s", len(r.tokens), r.said())
	}
	f, err := os.OpenFile(filepath.Join(ts.Getenv("WORK"), ".terminal"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	ts.Check(err)
	_, err = f.WriteString(strings.Join(r.tokens, "\n") + "\n")
	ts.Check(err)
	ts.Check(f.Close())
}

// slack WHO ROOM LINE WANT: type in the page, and see what comes.
func (r *reader) slack(ts *testscript.TestScript, _ bool, args []string) {
	who, room, line, want := args[0], args[1], args[2], args[3]
	do := "slash"
	if !strings.HasPrefix(line, "/") {
		do = "say"
	}
	touch, err := json.Marshal(map[string]string{"do": do, "room": room, "text": line})
	ts.Check(err)
	r.ask(ts, http.MethodPost, "page/do?as="+who, bytes.NewReader(touch))
	seen := ""
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		seen = r.ask(ts, http.MethodGet, "page/history?as="+who+"&room="+room, nil)
		if strings.Contains(seen, want) {
			return
		}
	}
	ts.Fatalf("%s types %q in %s and does not read %q:\n%s", who, line, room, want, seen)
}

func (r *reader) ask(ts *testscript.TestScript, method, path string, body io.Reader) string {
	req, err := http.NewRequest(method, r.page+path, body)
	ts.Check(err)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer res.Body.Close()
	said, err := io.ReadAll(res.Body)
	ts.Check(err)
	if res.StatusCode != http.StatusOK {
		ts.Fatalf("%s: HTTP %d %s", path, res.StatusCode, said)
	}
	return string(said)
}

// stop ends what goes on, the last first, as Ctrl-C does.
func (r *reader) stop() (bad []error) {
	for _, cmd := range slices.Backward(r.running) {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			bad = append(bad, fmt.Errorf("%s: %w", cmd.Args[len(cmd.Args)-1], err))
		}
	}
	r.running = nil
	return bad
}

// Whoever follows docs/install.md never has to guess.
func TestTheInstallGuideIsTrue(t *testing.T) {
	r := newReader(t)
	program, err := exec.LookPath("sopbot")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.stop() })
	testscript.Run(t, testscript.Params{
		Dir: "testdata/install",
		Setup: func(e *testscript.Env) error {
			if err := os.MkdirAll(filepath.Join(e.WorkDir, "bin"), 0o700); err != nil {
				return err
			}
			if err := os.Symlink(program, filepath.Join(e.WorkDir, "bin", "sopbot")); err != nil {
				return err
			}
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("TMPDIR", e.WorkDir)
			return os.CopyFS(filepath.Join(e.WorkDir, "playbook"), os.DirFS("../../playbook"))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"follow": r.follow, "begin": r.begin, "paste": r.paste, "slack": r.slack,
			"stop": func(ts *testscript.TestScript, _ bool, _ []string) {
				for _, err := range r.stop() {
					ts.Fatalf("what was asked to end: %v\n%s", err, r.said())
				}
			},
			"followed": func(ts *testscript.TestScript, _ bool, _ []string) {
				for name := range r.steps {
					if !r.followed[name] {
						ts.Fatalf("the step %q of the guide was not followed", name)
					}
				}
			},
		},
	})
}
