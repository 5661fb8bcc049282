package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/gorilla/websocket"
)

// An app-level token names the app that it belongs to.
var tokensApp = regexp.MustCompile(`^xapp-\d+-(A[A-Z0-9]+)-`)

const (
	makeToken = "make an app-level token (xapp-…) with the scope connections:write: the app's page, Basic Information, App-Level Tokens; set it as SLACK_APP_TOKEN" //nolint:gosec // words about a token
	switchOn  = "switch it on: the app's page, Socket Mode, Enable Socket Mode"
	sameApp   = "take both tokens from the pages of one app: Basic Information for the app-level token, OAuth & Permissions for the bot's"
)

// askAppToken looks whether the app token opens sockets, and whose it is.
func (d *doctor) askAppToken(ctx context.Context) {
	if !d.appToken {
		d.skip("app-token.accepted", "", "not looked at: there is none", "")
		return
	}
	var opened struct {
		URL string `json:"url"`
	}
	_, err := d.ask(ctx, "apps.connections.open", d.config.AppToken, nil, &opened)
	switch code := refusal(err); {
	case errors.Is(err, errSilent):
		d.unasked("app-token.accepted", "", "", err)
		return
	case err != nil && code == "":
		d.problem("slack.silent", d.config.APIURL, "Slack does not answer: "+err.Error(), reachable+d.config.APIURL)
		return
	case code == "missing_scope":
		d.problem("app-token.refused", code, "it lacks the scope connections:write", makeToken)
		return
	case code == "ratelimited":
		d.unasked("app-token.accepted", "", "", err)
		return
	case code != "":
		why := notTaken[code].says
		if why == "" {
			why = "Slack refuses it"
		}
		d.problem("app-token.refused", code, why+" ("+code+")", makeToken+"; and see that Socket Mode is on: the app's page, Socket Mode")
		return
	}
	d.ok("app-token.accepted", "", "may open sockets")
	if m := tokensApp.FindStringSubmatch(d.config.AppToken); m != nil && d.app != "" {
		d.sameApp(m[1])
	}
	if d.served {
		d.skip("socket.hello", "", "not tried: a bot may be at work, and for that moment Slack might hand somebody's command to the doctor", "")
		return
	}
	d.askSocket(ctx, opened.URL)
}

// sameApp says once whether both tokens are of one app.
func (d *doctor) sameApp(other string) {
	for _, f := range d.found {
		if f.about("app") {
			return
		}
	}
	if other != d.app {
		d.problem("app.differs", other, fmt.Sprintf("the bot token is of the app %s, the app token of %s: commands of one would be answered by the other", d.app, other), sameApp)
		return
	}
	d.ok("app.same", d.app, "both tokens are of the app %s", d.app)
}

// askSocket opens a socket, hears Slack's first words and takes leave.
func (d *doctor) askSocket(ctx context.Context, url string) {
	dialer := websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: 10 * time.Second}
	conn, res, err := dialer.DialContext(ctx, url, nil)
	if err != nil {
		why := err.Error()
		if res != nil {
			_ = res.Body.Close()
			why += fmt.Sprintf(" (HTTP %d)", res.StatusCode)
		}
		d.problem("socket.closed", "", "Slack can be asked, but its socket does not open: "+why,
			"let WebSockets out to wss://*.slack.com, port 443; proxies and firewalls often need to be told")
		return
	}
	defer conn.Close()
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	_, frame, err := conn.ReadMessage()
	var said struct {
		Type        string `json:"type"`
		Reason      string `json:"reason"`
		Connections int    `json:"num_connections"`
		Info        struct {
			App string `json:"app_id"`
		} `json:"connection_info"`
	}
	if err == nil {
		err = json.Unmarshal(frame, &said)
	}
	if err == nil && said.Type != "hello" && said.Type != "disconnect" {
		err = errors.New("it begins with something else")
	}
	_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
	switch {
	case err != nil:
		d.problem("socket.closed", "", "the socket opens, but Slack does not say hello: "+err.Error(), "run sopbot doctor again; if it stays, look at a proxy in between")
	case said.Reason == "link_disabled":
		d.problem("socket.off", "", "Socket Mode is off: no command would arrive", switchOn)
	case said.Reason == "too_many_websockets":
		d.problem("socket.many", "", "ten sockets of the app are open already, and Slack allows no more", "end the bots that run with these tokens; each needs two")
	case said.Type == "disconnect":
		d.skip("socket.hello", said.Reason, "Slack is busy with its sockets ("+said.Reason+")", "run sopbot doctor again")
	case said.Connections > 1:
		d.sameApp(said.Info.App)
		d.warn("socket.others", "", fmt.Sprintf("%d more of the app's sockets are open, though no bot works with this database: another one answers in its place, and keeps what people do elsewhere", said.Connections-1),
			"end the other bot, or let both share one PostgreSQL (docs/database.md)")
	default:
		if d.app != "" && said.Info.App != "" {
			d.sameApp(said.Info.App)
		}
		d.ok("socket.hello", "", "Socket Mode is on, and Slack says hello")
	}
}
