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
	late := time.AfterFunc(ackWithin-time.Since(j.since), func() { g.ack(j, nil) })
	defer late.Stop()
	m := chat.Mention{
		Origin: chat.Origin{Team: p.TeamID, Person: e.User, Channel: e.Channel, Received: j.since},
		Event:  p.EventID, Text: withoutSelf(e.Text, g.self.User), Direct: direct,
		Place: chat.Place{Channel: e.Channel, TS: e.TS, Thread: e.ThreadTS},
	}
	_, err := guard(func() (struct{}, error) { return struct{}{}, g.Router.Mention(ctx, m) })
	if err != nil {
		words := g.explain(err, "mention", e.Type)
		if _, err := g.Post(ctx, e.Channel, chat.Message{Text: words, Thread: m.Thread()}); err != nil {
			g.Log.Error("an answer did not reach the person", "event", e.Type, "error", err)
		}
	} else {
		g.metrics.outcomes.WithLabelValues("mention", e.Type, "ok").Inc()
	}
	if p.EventID != "" {
		if err := g.rememberAnswered(ctx, key); err != nil {
			g.Log.Error("remembering an event", "error", err)
		}
	}
	// Only now: what was not answered before a crash, Slack brings again.
	g.ack(j, nil)
}

// withoutSelf takes the bot's own mention out of a text.
func withoutSelf(text, self string) string {
	if self == "" {
		return text
	}
	for {
		start := strings.Index(text, "<@"+self)
		if start < 0 {
			return strings.TrimSpace(text)
		}
		end := strings.IndexByte(text[start:], '>')
		if end < 0 {
			return strings.TrimSpace(text)
		}
		text = text[:start] + " " + text[start+end+1:]
	}
}
