package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/gateway"
	"sopbot/internal/outbox"
	"sopbot/internal/playbook"
)

// doctorCommand is `sopbot doctor`.
type doctorCommand struct {
	JSON bool `name:"json" help:"Print one line of JSON for each finding."`
}

// Help says what is looked at.
func (doctorCommand) Help() string {
	return `Looks at what serve needs, in the same environment: the two tokens and what they may do, the playbook with its roles and
channels, the database, what could not be delivered, the clock. Each line that is not ok says what to do. It changes nothing, and may
run while the bot does. The exit code is 1 where something keeps sopbot from working, 0 otherwise.`
}

// finding is a line of the doctor's.
type finding struct {
	Check string `json:"check"`
	State string `json:"state"` // ok, warning or problem
	Says  string `json:"says"`
	Do    string `json:"do,omitempty"`
}

// doctor collects findings.
type doctor struct {
	config   Config
	found    []finding
	playbook *playbook.Playbook
	gateway  *gateway.Gateway
	client   *http.Client
}

// Run looks at everything and prints what it found.
func (c doctorCommand) Run(ctx context.Context, streams streams) error {
	d := &doctor{client: &http.Client{Timeout: 10 * time.Second}}
	var err error
	if d.config, err = readConfig(); err != nil {
		return err // every complaint in plain words already
	}
	d.gateway = gateway.New(gateway.Options{BotToken: d.config.BotToken, AppToken: d.config.AppToken, APIURL: d.config.APIURL,
		Router: chat.NewRouter(), Log: slog.New(slog.DiscardHandler), Now: time.Now})
	d.ok("settings", "the environment is complete")
	d.readPlaybook()
	if d.askBotToken(ctx) {
		d.askRoles(ctx)
		d.askChannels(ctx)
	}
	d.askAppToken(ctx)
	d.askDatabase(ctx)
	return c.print(streams.out, d.found)
}

func (c doctorCommand) print(w io.Writer, found []finding) error {
	paint := painter(w)
	problems := false
	for _, f := range found {
		problems = problems || f.State == "problem"
		f.Says, f.Do = string(withoutLooks([]byte(f.Says))), string(withoutLooks([]byte(f.Do)))
		if c.JSON {
			raw, err := json.Marshal(f)
			if err != nil {
				return err
			}
			fmt.Fprintf(w, "%s\n", raw)
			continue
		}
		style := map[string]colour{"ok": green, "warning": yellow, "problem": red}[f.State]
		fmt.Fprintf(w, "%s %-9s %s\n", paint(style, fmt.Sprintf("%-8s", f.State)), f.Check, f.Says)
		if f.Do != "" {
			fmt.Fprintf(w, "%18s %s\n", "→", f.Do)
		}
	}
	if problems {
		return exit(1)
	}
	return nil
}

func (d *doctor) ok(check, says string, args ...any) {
	d.found = append(d.found, finding{check, "ok", fmt.Sprintf(says, args...), ""})
}

func (d *doctor) warn(check, says, do string) {
	d.found = append(d.found, finding{check, "warning", says, do})
}

func (d *doctor) problem(check, says, do string) {
	d.found = append(d.found, finding{check, "problem", says, do})
}

func (d *doctor) readPlaybook() {
	b := &bot{Config: d.config, log: slog.New(slog.DiscardHandler), now: time.Now}
	book, err := b.loadBook()
	if err != nil {
		d.problem("playbook", err.Error(), "run sopbot lint, and mend what it lists")
		return
	}
	d.playbook = book.Playbook
	d.ok("playbook", "%d pages", len(book.Pages))
}

// slackSays is what a call answers beside its own words.
type slackSays struct {
	OK     bool   `json:"ok"`
	Error  string `json:"error"`
	Team   string `json:"team"`
	User   string `json:"user"`
	Scopes []string
	Date   time.Time
}

// call asks Slack with a token, for what slack-go does not hand on: the scopes
// of the token and Slack's clock are in the headers.
func (d *doctor) call(ctx context.Context, method, token string, args url.Values) (says slackSays, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.config.APIURL+method, strings.NewReader(args.Encode()))
	if err != nil {
		return says, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := d.client.Do(r)
	if err != nil {
		return says, err
	}
	defer res.Body.Close()
	if err := json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&says); err != nil {
		return says, fmt.Errorf("HTTP %d, and no answer that could be read", res.StatusCode)
	}
	for scope := range strings.SplitSeq(res.Header.Get("X-OAuth-Scopes"), ",") {
		if scope = strings.TrimSpace(scope); scope != "" {
			says.Scopes = append(says.Scopes, scope)
		}
	}
	says.Date, _ = http.ParseTime(res.Header.Get("Date"))
	return says, nil
}

const unreachable = "check the network, and a proxy if there is one; sopbot needs to reach "

// askBotToken reports whether Slack takes the bot token.
func (d *doctor) askBotToken(ctx context.Context) bool {
	says, err := d.call(ctx, "auth.test", d.config.BotToken, nil)
	switch {
	case err != nil:
		d.problem("bot token", "Slack does not answer: "+err.Error(), unreachable+d.config.APIURL)
		return false
	case !says.OK:
		d.problem("bot token", "Slack refuses it: "+says.Error, "copy the Bot User OAuth Token (xoxb-…) anew from the app's page, Install App")
		return false
	}
	d.ok("bot token", "%s in the workspace %s", says.User, says.Team)
	var missing []string
	for _, need := range makeManifest(newFeatures().router(), "sopbot").OAuth.Scopes.Bot {
		if !slices.Contains(says.Scopes, need) {
			missing = append(missing, need)
		}
	}
	switch {
	case len(says.Scopes) == 0:
		d.warn("scopes", "Slack does not say which the token has", "")
	case len(missing) > 0:
		d.problem("scopes", "the token lacks "+strings.Join(missing, ", "), "paste the output of sopbot manifest on the app's page, App Manifest, and install the app again")
	default:
		d.ok("scopes", "all that are needed")
	}
	if skew := time.Since(says.Date).Abs(); !says.Date.IsZero() && skew > 30*time.Second {
		d.warn("clock", fmt.Sprintf("this machine's clock and Slack's are %s apart", skew.Round(time.Second)), "set the clock by NTP: deadlines and digests go by it")
	} else if !says.Date.IsZero() {
		d.ok("clock", "agrees with Slack's")
	}
	return true
}

func (d *doctor) askAppToken(ctx context.Context) {
	says, err := d.call(ctx, "apps.connections.open", d.config.AppToken, nil)
	switch {
	case err != nil:
		d.problem("app token", "Slack does not answer: "+err.Error(), unreachable+d.config.APIURL)
	case !says.OK && says.Error == "missing_scope":
		d.problem("app token", "it lacks the scope connections:write", "make another one on the app's page, Basic Information, App-Level Tokens")
	case !says.OK:
		d.problem("app token", "Slack refuses it: "+says.Error, "make an app-level token (xapp-…) with connections:write on the app's page, Basic Information; Socket Mode must be on")
	default:
		d.ok("app token", "opens a socket")
	}
}

// askRoles looks for whoever the playbook names.
func (d *doctor) askRoles(ctx context.Context) {
	if d.playbook == nil {
		return
	}
	roles := d.playbook.Settings.Roles
	if len(roles) == 0 {
		d.warn("roles", "the playbook names none, so everything is open to everyone", "name sdr, ae, manager and owner in playbook.yaml, under roles")
		return
	}
	for _, role := range slices.Sorted(maps.Keys(roles)) {
		members := map[string]bool{}
		sound := true
		for _, id := range roles[role] {
			if !strings.HasPrefix(id, "S") {
				members[id] = true
				continue
			}
			list, err := d.gateway.Group(ctx, id)
			if err != nil {
				sound = false
				d.problem("role", role+": the user group "+id+" cannot be read: "+plainAsk(err), "correct it in playbook.yaml, under roles")
			}
			for _, m := range list {
				members[m] = true
			}
		}
		for _, id := range slices.Sorted(maps.Keys(members)) {
			sound = d.askMember(ctx, role, id) && sound
		}
		switch {
		case len(members) == 0 && sound:
			d.warn("role", role+": nobody has it", "put somebody into its user group, or name a member")
		case sound:
			d.ok("role", "%s: %d people", role, len(members))
		}
	}
}

func (d *doctor) askMember(ctx context.Context, role, id string) bool {
	p, err := d.gateway.Profile(ctx, id)
	switch {
	case err != nil:
		d.problem("role", role+": "+id+" cannot be read: "+plainAsk(err), "correct it in playbook.yaml, under roles")
	case p.Deactivated:
		d.warn("role", role+": "+p.Name+" ("+id+") has left", "take them out of the role")
	case p.Zone == "":
		d.warn("role", role+": Slack tells no time zone of "+p.Name+" ("+id+")", "they set it in their Slack preferences; until then the playbook's counts")
	default:
		return true
	}
	return false
}

func plainAsk(err error) string {
	if errors.Is(err, chat.ErrNobody) {
		return "Slack knows none by that ID"
	}
	return err.Error()
}

// askChannels looks whether the bot can post where the playbook wants it to.
// It asks for one message of the history, for which the bot must be there.
func (d *doctor) askChannels(ctx context.Context) {
	if d.playbook == nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(d.playbook.Settings.Channels)) {
		id := d.playbook.Settings.Channels[name]
		says, err := d.call(ctx, "conversations.history", d.config.BotToken, url.Values{"channel": {id}, "limit": {"1"}})
		switch {
		case err != nil:
			d.problem("channel", name+": Slack does not answer: "+err.Error(), "")
		case says.Error == "not_in_channel":
			d.problem("channel", name+": sopbot is not in "+id, "type /invite @sopbot there")
		case says.Error == "channel_not_found":
			d.problem("channel", name+": there is no "+id+" that sopbot can see", "correct it in playbook.yaml, under channels; in a private channel type /invite @sopbot")
		case !says.OK:
			d.problem("channel", name+": "+id+": "+says.Error, "")
		default:
			d.ok("channel", "%s: sopbot is in %s", name, id)
		}
	}
}

// mostDead is how many rows that were given up are named.
const mostDead = 5

func (d *doctor) askDatabase(ctx context.Context) {
	db, err := database.OpenForReading(ctx, d.config.Database)
	if errors.Is(err, database.ErrGone) || err != nil && strings.Contains(err.Error(), "no such file") {
		d.warn("database", "there is none yet at "+d.config.Database, "the first serve makes it")
		return
	}
	if err != nil {
		d.problem("database", err.Error(), "")
		return
	}
	defer db.Close()
	d.ok("database", "%s can be read", db.Name())
	dead, err := outbox.New(db, outbox.Options{}).Dead(ctx)
	switch {
	case err != nil:
		d.problem("outbox", err.Error(), "")
	case len(dead) == 0:
		d.ok("outbox", "nothing was given up")
	}
	for i, row := range dead {
		if i == mostDead {
			d.warn("outbox", fmt.Sprintf("… and %d more were given up", len(dead)-i), "")
			break
		}
		d.warn("outbox", fmt.Sprintf("%s was given up %s: %s", row.Key, row.At.Format(time.DateTime), row.Error), "mend the cause; what was given up is not sent later")
	}
}
