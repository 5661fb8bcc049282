package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sopbot/internal/gateway"
)

// refused is a code with which Slack refuses a call.
type refused string

func (r refused) Error() string { return string(r) }

// errSilent says that Slack did not answer before, and was not asked again.
var errSilent = errors.New("Slack does not answer")

// longestPause is how long the doctor waits where Slack asks it to.
const longestPause = 15 * time.Second

// mostLost is how many calls may come to nothing before Slack is left alone:
// each takes as long as the doctor waits.
const mostLost = 3

// ask calls Slack with a token. The header has what slack-go does not hand on:
// the scopes of the token, and Slack's clock.
func (d *doctor) ask(ctx context.Context, method, token string, args url.Values, into any) (http.Header, error) {
	for try := 1; ; try++ {
		if d.silent || d.lost.Load() >= mostLost {
			return nil, errSilent
		}
		header, pause, err := d.askOnce(ctx, method, token, args, into)
		if err != nil && refusal(err) == "" {
			d.lost.Add(1)
		}
		if pause == 0 || try == 4 || pause > longestPause {
			return header, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return header, err
		}
	}
}

func (d *doctor) askOnce(ctx context.Context, method, token string, args url.Values, into any) (_ http.Header, pause time.Duration, _ error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.config.APIURL+method, strings.NewReader(args.Encode()))
	if err != nil {
		return nil, 0, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := d.client.Do(r)
	if err != nil {
		return nil, 0, err
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusTooManyRequests {
		seconds, err := strconv.Atoi(res.Header.Get("Retry-After"))
		if err != nil || seconds < 1 {
			seconds = 1
		}
		return res.Header, time.Duration(seconds) * time.Second, refused("ratelimited")
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, 8<<20))
	if err != nil {
		return res.Header, 0, err
	}
	var says struct {
		OK    *bool  `json:"ok"`
		Error string `json:"error"`
	}
	if err := json.Unmarshal(raw, &says); err != nil || says.OK == nil {
		return res.Header, 0, fmt.Errorf("what answers is not Slack, or Slack is in trouble (HTTP %d)", res.StatusCode)
	}
	if !*says.OK {
		return res.Header, 0, refused(says.Error)
	}
	if into != nil {
		err = json.Unmarshal(raw, into)
	}
	return res.Header, 0, err
}

// refusal gives the code with which Slack refused, or "".
func refusal(err error) string {
	var r refused
	if errors.As(err, &r) {
		return string(r)
	}
	return ""
}

// unasked says of something that it could not be looked at, and why.
func (d *doctor) unasked(check, about, what string, err error) {
	if what != "" {
		what += ": "
	}
	why, do := err.Error(), "run sopbot doctor again"
	switch code := refusal(err); {
	case errors.Is(err, errSilent):
		do = ""
	case code == "missing_scope":
		why, do = "the token lacks a scope for it", "see scopes"
	case code == "ratelimited":
		why, do = "Slack asks to wait", "run sopbot doctor again in a minute"
	case code != "":
		why = "Slack says " + code
	}
	d.skip(check, about, what+"not looked at: "+why, do)
}

// notTaken says of the codes that Slack gives for tokens what happened, and
// what is to be done for the bot's token.
var notTaken = map[string]struct{ says, do string }{
	"invalid_auth":            {"Slack does not know it", copyAnew},
	"not_authed":              {"Slack does not know it", copyAnew},
	"not_allowed_token_type":  {"it is a token of another kind", copyAnew},
	"token_revoked":           {"it was revoked: the app was removed from the workspace, or installed anew", installAnew},
	"account_inactive":        {"the app was removed from the workspace, or the workspace is gone", installAnew},
	"token_expired":           {"it has expired: the app has token rotation, which sopbot does not use and Slack does not switch off again", "create the app anew from the manifest"},
	"team_access_not_granted": {"the organisation has not let the app into this workspace", "an org admin grants it access: Slack's administration, Apps"},
	"org_login_required":      {"the workspace is moving to an Enterprise organisation", "wait until the move is over"},
	"ratelimited":             {"Slack asks to wait", "run sopbot doctor again in a minute"},
}

const (
	copyAnew    = "copy the Bot User OAuth Token (xoxb-…) anew: the app's page, OAuth & Permissions; set it as SLACK_BOT_TOKEN"
	installAnew = "install the app again (the app's page, Install App), and set the new Bot User OAuth Token as SLACK_BOT_TOKEN"
	reachable   = "check the network, a firewall, and HTTPS_PROXY where there is a proxy; sopbot needs to reach "
)

// askBotToken looks whose the bot token is, what it may do, and what time it
// is at Slack.
func (d *doctor) askBotToken(ctx context.Context) {
	if !d.botToken {
		d.skip("bot-token.accepted", "", "not looked at: there is none", "")
		return
	}
	var self struct {
		Team   string `json:"team"`
		TeamID string `json:"team_id"`
		User   string `json:"user"`
		Bot    string `json:"bot_id"`
	}
	header, err := d.ask(ctx, "auth.test", d.config.BotToken, nil, &self)
	code := refusal(err)
	switch {
	case err != nil && code == "":
		d.problem("slack.silent", d.config.APIURL, "Slack does not answer: "+err.Error(), reachable+d.config.APIURL)
		d.silent = true
		return
	case code != "":
		why, known := notTaken[code]
		if !known {
			why.says, why.do = "Slack refuses it", copyAnew
		}
		d.problem("bot-token.refused", code, why.says+" ("+code+")", why.do)
		d.botToken = false
		d.askClock(header)
		return
	case self.Bot == "":
		d.problem("bot-token.person", "", "it is a person's token, not the bot's", copyAnew)
		return
	}
	d.team, d.self = self.Team, self.User
	d.ok("bot-token.accepted", self.TeamID, "%s in the workspace %s (%s)", self.User, self.Team, self.TeamID)
	d.askScopes(header)
	d.askClock(header)
	var bot struct {
		Bot struct {
			App string `json:"app_id"`
		} `json:"bot"`
	}
	if _, err := d.ask(ctx, "bots.info", d.config.BotToken, url.Values{"bot": {self.Bot}}, &bot); err == nil {
		d.app = bot.Bot.App
	}
}

const pasteAnew = "paste the output of sopbot manifest on the app's page, App Manifest, save, and install the app again (Install App): the token stays the same"

// askScopes holds the token's scopes against those that sopbot needs.
func (d *doctor) askScopes(header http.Header) {
	var has, needed []string
	for scope := range strings.SplitSeq(header.Get("X-OAuth-Scopes"), ",") {
		if scope = strings.TrimSpace(scope); scope != "" {
			has = append(has, scope)
		}
	}
	if len(has) == 0 {
		d.skip("scopes.complete", "", "Slack does not say which the token has", "")
		return
	}
	sound := true
	for _, s := range gateway.Scopes {
		needed = append(needed, s.Name)
		if slices.Contains(has, s.Name) {
			continue
		}
		sound = false
		tell := d.problem
		if s.Minor {
			tell = d.warn
		}
		tell("scopes.missing", s.Name, s.Name+" is missing: "+s.Without, pasteAnew)
	}
	for _, s := range has {
		if !slices.Contains(needed, s) {
			sound = false
			d.warn("scopes.superfluous", s, s+" is not needed: who gets hold of the token may do more than sopbot does", pasteAnew)
		}
	}
	if sound {
		d.ok("scopes.complete", "", "all %d that are needed, and no other", len(needed))
	}
}

// worstSkew is how far clocks may be apart: Slack's timestamps, deadlines and
// digests go by them.
const worstSkew = 30 * time.Second

// askClock holds this machine's clock against Slack's.
func (d *doctor) askClock(header http.Header) {
	at, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		d.skip("clock.agrees", "slack", "Slack does not say what time it is", "")
		return
	}
	d.compareClocks("slack", "Slack's", at)
}

func (d *doctor) compareClocks(about, whose string, at time.Time) {
	if skew := d.now().Sub(at); skew.Abs() > worstSkew {
		way := "ahead of"
		if skew < 0 {
			way = "behind"
		}
		d.warn("clock.differs", about, fmt.Sprintf("this machine's clock is %s %s %s", skew.Abs().Round(time.Second), way, whose),
			"let NTP set the clock: deadlines, reminders and digests go by it")
		return
	}
	d.ok("clock.agrees", about, "agrees with %s", whose)
}
