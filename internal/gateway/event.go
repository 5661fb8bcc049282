package gateway

import (
	"context"
	"strings"
	"time"

	"sopbot/internal/chat"
)

func (g *Gateway) event(ctx context.Context, j *job) {
	var p eventPayload
	if err := lenient(j.env.Payload, &p); err != nil {
		g.Log.Warn("an event could not be read", "error", err)
		g.ack(j, nil)
		return
	}
	e := p.Event
	mention := e.Type == "app_mention"
	direct := e.Type == "message" && e.ChannelType == "im"
	switch {
	case !mention && !direct,
		e.Subtype != "" && e.Subtype != "file_share" && e.Subtype != "thread_broadcast", // edits, joins, …
		e.BotID != "", e.User == "", e.User == g.self.User:
		g.ack(j, nil)
		return
	}
	key := "e:" + p.EventID
	if p.EventID != "" {
		if earlier, first := g.seen.first(key, j.env.ID); !first {
			g.repeated(j, earlier)
			return
		}
		if before, err := g.answeredBefore(ctx, key); err != nil {
			g.Log.Error("looking up an event", "error", err)
		} else if before {
			g.metrics.twice.Inc()
			g.ack(j, nil)
			return
		}
	}
	if time.Since(j.since) > g.AckWithin {
		g.ack(j, nil) // it waited so long that nobody else does it any more
	}
	m := chat.Mention{
		Origin: chat.Origin{Team: p.TeamID, Person: e.User, Channel: e.Channel, Received: j.since},
		Event:  p.EventID, Text: withoutSelf(e.Text, g.self.User), Direct: direct,
		Place: chat.Place{Channel: e.Channel, TS: e.TS, Thread: e.ThreadTS},
	}
	_, err := guard(ctx, g.HandleWithin, func(ctx context.Context) (struct{}, error) { return struct{}{}, g.Router.Mention(ctx, m) })
	ctx, cancel := context.WithTimeout(ctx, tellWithin)
	defer cancel()
	d := deed{"mention", e.Type, e.User, e.Channel, j.since, m.Text}
	if err != nil {
		words := g.explain(d, err)
		if _, err := g.Post(ctx, e.Channel, chat.Message{Text: words, Thread: m.Thread()}); err != nil {
			g.Log.Error("an answer did not reach the person", "event", e.Type, "error", err)
		}
	} else {
		g.account(d, outcomeOK, "", nil)
	}
	if p.EventID != "" {
		if err := g.rememberAnswered(ctx, key); err != nil {
			g.Log.Error("remembering an event", "error", err)
		}
	}
	// Only now: what was not answered before a crash, Slack brings again.
	g.ack(j, nil)
}

// withoutSelf takes the bot's own mention out of a text: <@U…> or <@U…|name>.
func withoutSelf(text, self string) string {
	if self == "" {
		return text
	}
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, "<@"+self)
		out.WriteString(before)
		if !found {
			return strings.TrimSpace(out.String())
		}
		end := strings.IndexByte(after, '>')
		if end == 0 || end > 0 && after[0] == '|' {
			out.WriteByte(' ')
			text = after[end+1:]
			continue
		}
		out.WriteString("<@" + self) // somebody whose ID begins like ours
		text = after
	}
}
