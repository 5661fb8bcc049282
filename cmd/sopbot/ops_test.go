package main

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"sopbot/internal/slacksim"
)

// ops reads a file of docs/ops.
func ops(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", "ops", name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Words of PromQL that may stand in a query beside metrics: what it calls, what
// it groups by, and what its matchers name.
var promWords = []string{"and", "or", "by", "le", "type", "name", "outcome", "state", "method", "reason", "kind", "fate", "job", "job_name",
	"sum", "max", "rate", "increase", "delta", "time", "topk", "changes", "histogram_quantile", "predict_linear", "label_values"}

var (
	inQuotes = regexp.MustCompile(`"[^"]*"`)
	duration = regexp.MustCompile(`\[[^\]]*\]`)
	number   = regexp.MustCompile(`\b[0-9.]+(e[0-9]+)?\b`)
	word     = regexp.MustCompile(`[a-zA-Z_:][a-zA-Z0-9_:]*`)
)

// metricsIn gives the metrics that a query names; every other word in it must
// be one of PromQL's.
func metricsIn(t *testing.T, expr string) (out []string) {
	t.Helper()
	for open, close := range map[string]string{"(": ")", "{": "}", "[": "]"} {
		if strings.Count(expr, open) != strings.Count(expr, close) {
			t.Errorf("%s: %s and %s do not match", expr, open, close)
		}
	}
	plain := number.ReplaceAllString(duration.ReplaceAllString(inQuotes.ReplaceAllString(expr, ""), ""), "")
	for _, w := range word.FindAllString(plain, -1) {
		if slices.Contains(promWords, w) {
			continue
		}
		out = append(out, w)
	}
	if len(out) == 0 {
		t.Errorf("%s names no metric", expr)
	}
	return out
}

// series are what a metric is made of: its labels with the values that were
// seen, and what its help says of them.
type series struct {
	labels map[string]map[string]bool
	help   string
}

var (
	matchers = regexp.MustCompile(`(\w+)\{([^}]*)\}`)
	matcher  = regexp.MustCompile(`(\w+)(=~|!~|!=|=)"([^"]*)"`)
	grouped  = regexp.MustCompile(`by \(([^)]*)\)`)
)

// labelsIn says what is wrong with the labels of a query: one that its metric
// has not, or a value that it never has, finds nothing, and says nothing.
func labelsIn(expr string, known map[string]series) (wrong []string) {
	used := map[string]bool{}
	for name, s := range known {
		if regexp.MustCompile(`\b` + name + `\b`).MatchString(expr) {
			for l := range s.labels {
				used[l] = true
			}
		}
	}
	for _, by := range grouped.FindAllStringSubmatch(expr, -1) {
		for _, l := range strings.Split(by[1], ",") {
			if l = strings.TrimSpace(l); !used[l] && l != "le" {
				wrong = append(wrong, "it groups by "+l+", which no metric in it has")
			}
		}
	}
	for _, m := range matchers.FindAllStringSubmatch(expr, -1) {
		for _, part := range matcher.FindAllStringSubmatch(m[2], -1) {
			label, value := part[1], part[3]
			if label == "job" {
				continue
			}
			values, has := known[m[1]].labels[label]
			switch {
			case !has:
				wrong = append(wrong, m[1]+" has no label "+label)
			case !values[value] && !strings.Contains(known[m[1]].help, value):
				wrong = append(wrong, m[1]+" has no "+label+" "+value)
			}
		}
	}
	return wrong
}

func TestAQueryWithAWrongLabelIsFound(t *testing.T) {
	t.Parallel()
	known := map[string]series{"runs_total": {map[string]map[string]bool{"outcome": {"ok": true}}, "Runs, by outcome: ok, failed."}, "up": {}}
	for expr, faults := range map[string]int{
		`sum by (outcome) (rate(runs_total{job="x",outcome!="failed"}[5m]))`: 0,
		`histogram_quantile(0.9, sum by (le) (rate(runs_total[5m])))`:        0,
		`runs_total{outcome="broken"}`:                                       1,
		`runs_total{result="ok"}`:                                            1,
		`sum by (kind) (up)`:                                                 1,
	} {
		if got := labelsIn(expr, known); len(got) != faults {
			t.Errorf("%s: %q", expr, got)
		}
	}
}

// everyMetric is what a bot shows, with the series that a histogram is made of.
func everyMetric(t *testing.T) map[string]series {
	t.Helper()
	slack, b := startBot(t, func(b *bot) { b.Backups, b.delays = t.TempDir(), hastyDelays })
	sam := slack.As("sam").In("#sales")
	handOff(t, sam, "Northwind Freight", "@alex")
	slack.As("alex").WaitFor("hands Northwind Freight over to you")
	settled(t, b.db, 20*time.Second)
	all := map[string]series{"up": {}}
	families, err := b.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		s := series{map[string]map[string]bool{}, f.GetHelp()}
		for _, m := range f.Metric {
			for _, l := range m.Label {
				if s.labels[l.GetName()] == nil {
					s.labels[l.GetName()] = map[string]bool{}
				}
				s.labels[l.GetName()][l.GetValue()] = true
			}
		}
		all[f.GetName()] = s
		if strings.HasSuffix(f.GetName(), "_seconds") {
			for _, part := range []string{"_bucket", "_sum", "_count"} {
				all[f.GetName()+part] = s
			}
		}
	}
	return all
}

func TestAlertsAndDashboardNameMetricsThatThereAre(t *testing.T) {
	t.Parallel()
	known := everyMetric(t)
	check := func(where, expr string) {
		t.Helper()
		for _, name := range metricsIn(t, expr) {
			if _, is := known[name]; !is {
				t.Errorf("%s asks for %s, which there is not", where, name)
			}
		}
		for _, wrong := range labelsIn(expr, known) {
			t.Errorf("%s: %s", where, wrong)
		}
	}

	var alerts struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	if err := yaml.UnmarshalWithOptions(ops(t, "alerts.yaml"), &alerts, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	guide, err := os.ReadFile(filepath.Join("..", "..", "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range alerts.Groups[0].Rules {
		check(r.Alert, r.Expr)
		if seen[r.Alert] {
			t.Errorf("%s is there twice", r.Alert)
		}
		seen[r.Alert] = true
		if s := r.Labels["severity"]; s != "page" && s != "ticket" {
			t.Errorf("%s has the severity %q", r.Alert, s)
		}
		if r.Annotations["summary"] == "" || len(r.Annotations["action"]) < 40 {
			t.Errorf("%s does not say what it is and what to do: %q", r.Alert, r.Annotations)
		}
		if _, err := time.ParseDuration(r.For); r.For != "" && err != nil {
			t.Errorf("%s: %v", r.Alert, err)
		}
		if !strings.Contains(string(guide), "### "+r.Alert+"\n") {
			t.Errorf("docs/operations.md says nothing of %s", r.Alert)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^### (Sopbot\w+)$`).FindAllStringSubmatch(string(guide), -1) {
		if !seen[m[1]] {
			t.Errorf("docs/operations.md tells of %s, which is no alert", m[1])
		}
	}
	if len(seen) < 10 {
		t.Errorf("only %d alerts", len(seen))
	}

	type target struct{ Expr string }
	var board struct {
		Title      string
		Templating struct{ List []struct{ Name, Type string } }
		Panels     []struct {
			ID          int
			Type, Title string
			Description string
			Datasource  struct{ UID string }
			GridPos     struct{ X, Y, W, H int }
			Targets     []target
		}
		Annotations struct{ List []target }
	}
	if err := json.Unmarshal(ops(t, "dashboard.json"), &board); err != nil {
		t.Fatal(err)
	}
	if board.Templating.List[0].Type != "datasource" {
		t.Error("the dashboard does not ask which Prometheus")
	}
	ids := map[int]bool{}
	for _, p := range board.Panels {
		if ids[p.ID] {
			t.Errorf("two panels have the number %d", p.ID)
		}
		ids[p.ID] = true
		if p.GridPos.X+p.GridPos.W > 24 || p.GridPos.H == 0 {
			t.Errorf("%s does not fit: %+v", p.Title, p.GridPos)
		}
		if p.Type == "row" {
			continue
		}
		if len(p.Targets) == 0 || p.Description == "" || p.Datasource.UID != "${datasource}" {
			t.Errorf("%s asks nothing, says nothing, or not of the Prometheus that was chosen", p.Title)
		}
		for _, q := range p.Targets {
			check(p.Title, q.Expr)
		}
	}
	for _, a := range board.Annotations.List {
		check("annotation", a.Expr)
	}
}

// environment are the settings that the bot knows.
func environment() (names []string) {
	config := reflect.TypeFor[Config]()
	for i := range config.NumField() {
		if name := config.Field(i).Tag.Get("envconfig"); name != "" {
			names = append(names, name)
		}
	}
	for _, name := range []string{"PGPASSWORD"} { // which the driver reads by itself
		names = append(names, name, name+"_FILE")
	}
	return names
}

func TestComposeFileNamesSettingsThatThereAre(t *testing.T) {
	t.Parallel()
	type service struct {
		Build, Image, Restart string
		DependsOn             map[string]any `yaml:"depends_on"`
		Environment           map[string]string
		Secrets, Volumes      []string
		Healthcheck           map[string]any
		StopGracePeriod       string `yaml:"stop_grace_period"`
		ReadOnly              bool   `yaml:"read_only"`
		Tmpfs                 []string
		CapDrop               []string       `yaml:"cap_drop"`
		SecurityOpt           []string       `yaml:"security_opt"`
		Ulimits               map[string]int `yaml:"ulimits"`
		MemLimit              string         `yaml:"mem_limit"`
		PidsLimit             int            `yaml:"pids_limit"`
		ShmSize               string         `yaml:"shm_size"`
	}
	var file struct {
		Name     string
		Services map[string]service
		Secrets  map[string]map[string]string
		Volumes  map[string]any
	}
	if err := yaml.UnmarshalWithOptions(ops(t, "compose.yaml"), &file, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	bot := file.Services["bot"]
	for name, value := range bot.Environment {
		if !slices.Contains(environment(), name) {
			t.Errorf("the bot knows no setting %s", name)
		}
		if secret, ok := strings.CutPrefix(value, "/run/secrets/"); ok && file.Secrets[secret] == nil {
			t.Errorf("%s names a secret that there is not: %s", name, value)
		}
	}
	if grace, err := time.ParseDuration(bot.StopGracePeriod); err != nil || grace < 10*time.Second {
		t.Errorf("the bot is given %s to stop", bot.StopGracePeriod)
	}
	for name, s := range file.Services {
		if !s.ReadOnly || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") || s.Healthcheck["test"] == nil || s.Restart != "unless-stopped" {
			t.Errorf("%s is not as careful as it should be: %+v", name, s)
		}
		for _, secret := range s.Secrets {
			if file.Secrets[secret] == nil {
				t.Errorf("%s: there is no secret %s", name, secret)
			}
		}
	}
}

func TestUnitNamesSettingsThatThereAre(t *testing.T) {
	t.Parallel()
	unit := string(ops(t, "sopbot.service"))
	for _, m := range regexp.MustCompile(`(?m)^Environment=(\w+)=`).FindAllStringSubmatch(unit, -1) {
		if !slices.Contains(environment(), m[1]) {
			t.Errorf("the bot knows no setting %s", m[1])
		}
	}
	has(t, "the unit", unit, "Type=notify", "TimeoutStopSec=15", "NoNewPrivileges=yes", "ProtectSystem=strict", "LimitCORE=0", "MemoryMax=", "Restart=always", "StartLimitIntervalSec=0", "DynamicUser=yes")
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Log("there is no systemd-analyze here to look at the unit")
		return
	}
	// It looks for the program, which is not installed here.
	copied := filepath.Join(t.TempDir(), "sopbot.service")
	program, err := os.Executable()
	if err == nil {
		err = os.WriteFile(copied, []byte(strings.ReplaceAll(unit, "/usr/local/bin/sopbot", program)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command(analyze, "verify", copied).CombinedOutput(); err != nil || strings.Contains(string(said), "Unknown") {
		t.Errorf("systemd-analyze verify: %v\n%s", err, said)
	}
}

// systemd is told when the bot is ready, that it lives, and that it stops; the
// tokens stand in files; and `sopbot ready` asks for somebody without a browser.
func TestAServiceOfSystemd(t *testing.T) {
	t.Parallel()
	slack := openSlack(t, 1)
	dir := t.TempDir()
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	for name, secret := range map[string]string{"bot": slack.BotToken(), "app": slack.AppToken()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(secret+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	address := freeAddress(t)
	environment := append(os.Environ(), "SLACK_BOT_TOKEN_FILE="+filepath.Join(dir, "bot"), "SLACK_APP_TOKEN_FILE="+filepath.Join(dir, "app"), "SLACK_API_URL="+slack.URL(),
		"SOPBOT_DATABASE="+filepath.Join(dir, "sopbot.db"), "SOPBOT_HTTP="+address, "NOTIFY_SOCKET="+filepath.Join(dir, "notify"), "WATCHDOG_USEC=100000")
	cmd := exec.Command("sopbot", "serve")
	cmd.Env, cmd.Stderr = environment, t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	told := func(want string) {
		t.Helper()
		_ = socket.SetReadDeadline(time.Now().Add(20 * time.Second))
		for buffer := make([]byte, 1024); ; {
			n, err := socket.Read(buffer)
			if err != nil {
				t.Fatalf("systemd was not told %s: %v", want, err)
			}
			if string(buffer[:n]) == want {
				return
			}
		}
	}
	told("READY=1")
	told("WATCHDOG=1")
	ready := func() (string, error) {
		ask := exec.Command("sopbot", "ready")
		ask.Env = environment
		said, err := ask.CombinedOutput()
		return string(said), err
	}
	await(t, "readiness", func() bool { said, err := ready(); return err == nil && said == "ready\n" })
	slack.Fault(slacksim.Fault{Method: "apps.connections.open", Status: http.StatusServiceUnavailable, Times: -1})
	slack.Cut()
	await(t, "its end", func() bool {
		said, err := ready()
		return err != nil && strings.HasPrefix(said, "sopbot: not ready: not connected to Slack")
	})
	_ = cmd.Process.Signal(syscall.SIGTERM)
	told("STOPPING=1")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if said, err := ready(); err == nil || !strings.Contains(said, "no bot answers at "+address) {
		t.Errorf("of a bot that is gone it says %q %v", said, err)
	}
}
