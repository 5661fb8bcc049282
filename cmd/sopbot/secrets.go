package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// mostSecret is how long a file with a secret may be: a token or an address.
const mostSecret = 16 << 10

// secretFromFile gives a setting that may stand in a file instead of in the
// environment: there it is not handed down to every process, and systemd
// (LoadCredential=) and Docker (secrets) bring it as one.
func secretFromFile(name, value, file string) (string, error) {
	if file == "" {
		return value, nil
	}
	if strings.TrimSpace(value) != "" {
		return value, fmt.Errorf("%s and %s_FILE are both set; leave one of them out", name, name)
	}
	raw, err := readSecret(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("%s_FILE: there is no file %s", name, file)
	case errors.Is(err, fs.ErrPermission):
		return "", fmt.Errorf("%s_FILE: %s may not be read by the user that sopbot runs as", name, file)
	case err != nil:
		return "", fmt.Errorf("%s_FILE: %s: %w", name, file, err)
	}
	words := strings.TrimSpace(string(raw))
	if words == "" {
		return "", fmt.Errorf("%s_FILE: there is nothing in %s", name, file)
	}
	return words, nil
}

func readSecret(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, errors.New("it is a folder; name a file")
	}
	raw, err := io.ReadAll(io.LimitReader(f, mostSecret+1))
	if err == nil && len(raw) > mostSecret {
		err = errors.New("it is too long to hold a secret alone")
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return raw, err
}

// databaseFromFile is SOPBOT_DATABASE for the subcommands that are told of the
// database by a flag: the file counts where neither flag nor variable is set.
func databaseFromFile(given string) (string, error) {
	file := os.Getenv("SOPBOT_DATABASE_FILE")
	if file == "" || given != defaultDatabase || os.Getenv("SOPBOT_DATABASE") != "" {
		return given, nil
	}
	return secretFromFile("SOPBOT_DATABASE", "", file)
}

const defaultDatabase = "sopbot.db"

// Secrets are told by how they look, whoever they belong to: tokens of Slack,
// the tickets of its sockets, its response and upload addresses (who has one may
// post), and passwords in addresses.
//
// A line of the log is written for every gesture, and hardly one holds any of
// this: signs are what a line must hold for a look to be worth the trouble.
var secretLooks = []struct {
	signs   []string
	look    *regexp.Regexp
	instead []byte
}{
	{[]string{"xox", "xapp-"}, regexp.MustCompile(`\b(x(?:ox[a-z](?:\.xox[a-z])?|app)-)[A-Za-z0-9%_-]+`), []byte("${1}…")},
	{[]string{"ticket=", "token=", "secret=", "password="}, regexp.MustCompile(`([?&](?:ticket|token|secret|sslpassword|password)=)[^&\s"\\]+`), []byte("${1}…")},
	{[]string{"hooks.slack.com/"}, regexp.MustCompile(`(hooks\.slack\.com/[a-z]+/)[\w/.-]+`), []byte("${1}…")},
	{[]string{"files.slack.com/"}, regexp.MustCompile(`(files\.slack\.com/upload/)[\w/.-]+`), []byte("${1}…")},
	{[]string{"postgres"}, regexp.MustCompile(`(postgres(?:ql)?://[^\s:/@"]*:)[^\s"\\]*@`), []byte("${1}…@")},
}

// discreet passes on what is written to it without the secrets in it. It stands
// before everything that sopbot says to its operator, because no rule for who
// writes logs would hold for all libraries. A secret must come in one write, as
// each line of a log does.
type discreet struct {
	to io.Writer
	mu sync.Mutex
	// known are the secrets of this process, as they may be written.
	known [][]byte
}

func newDiscreet(to io.Writer, secrets ...string) *discreet {
	d := &discreet{to: to}
	d.learn(secrets...)
	return d
}

// learn adds secrets in every spelling that a log or an address gives them.
func (d *discreet) learn(secrets ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range secrets {
		if len(s) < 4 { // such a password is none, and would black out half of each line
			continue
		}
		quoted := fmt.Sprintf("%q", s)
		for _, spelt := range []string{s, quoted[1 : len(quoted)-1], url.QueryEscape(s), url.PathEscape(s)} {
			if raw := []byte(spelt); !slices.ContainsFunc(d.known, func(k []byte) bool { return bytes.Equal(k, raw) }) {
				d.known = append(d.known, raw)
			}
		}
	}
	// The longest first: one may be a part of another.
	slices.SortFunc(d.known, func(a, b []byte) int { return len(b) - len(a) })
}

// Write passes on what may be said.
func (d *discreet) Write(p []byte) (int, error) {
	d.mu.Lock()
	said := p
	for _, k := range d.known {
		if bytes.Contains(said, k) {
			said = bytes.ReplaceAll(said, k, []byte("…"))
		}
	}
	d.mu.Unlock()
	said = withoutLooks(said)
	if _, err := d.to.Write(said); err != nil {
		return 0, err
	}
	return len(p), nil
}

// withoutLooks takes out what looks like a secret.
func withoutLooks(said []byte) []byte {
	for _, s := range secretLooks {
		if slices.ContainsFunc(s.signs, func(sign string) bool { return bytes.Contains(said, []byte(sign)) }) {
			said = s.look.ReplaceAll(said, s.instead)
		}
	}
	return said
}

// secrets are what must not be said of the settings.
func (c *Config) secrets() []string {
	return append([]string{c.BotToken, c.AppToken, os.Getenv("PGPASSWORD")}, passwordsOf(c.Database)...)
}

// unencrypted reports whether the tokens would leave the machine in the clear.
func (c *Config) unencrypted() bool {
	u, err := url.Parse(c.APIURL)
	if err != nil || u.Scheme != "http" || u.Hostname() == "localhost" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return ip == nil || !ip.IsLoopback()
}

// passwordsOf are those in an address; a file has none.
func passwordsOf(target string) (out []string) {
	u, err := url.Parse(target)
	if err != nil { // then by its looks alone
		return nil
	}
	if password, set := u.User.Password(); set {
		out = append(out, password)
	}
	return append(out, u.Query().Get("password"), u.Query().Get("sslpassword"))
}

// withoutSecrets is an environment for a process that needs none of them.
func withoutSecrets(environment []string) []string {
	return slices.DeleteFunc(slices.Clone(environment), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains([]string{"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SOPBOT_DATABASE", "PGPASSWORD"}, name)
	})
}

// readPassword lets PostgreSQL's password stand in a file, too: its own client
// library knows a file for many servers (PGPASSFILE), but none that holds a
// password alone, as what keeps secrets for containers hands them out.
func readPassword() error {
	password, err := secretFromFile("PGPASSWORD", os.Getenv("PGPASSWORD"), os.Getenv("PGPASSWORD_FILE"))
	if err != nil || password == os.Getenv("PGPASSWORD") {
		return err
	}
	return os.Setenv("PGPASSWORD", password)
}
