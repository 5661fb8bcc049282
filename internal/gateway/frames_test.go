package gateway

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sopbot/internal/chat"
)

// sizes answers with how long the text of a command is.
func sizes(router *chat.Router, _ *rig) {
	router.OnCommand(chat.CommandHelp{Name: "/size"}, func(_ context.Context, c chat.Command) (chat.Message, error) {
		return chat.Say(fmt.Sprint("size ", len(c.Text))), nil
	})
}

func TestFramesOfEveryKindAreReadOrSurvived(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		frames func(b *bare) []byte
		want   string // the answer to envelope "odd"; "-" = only acknowledged
		drops  bool   // the protocol is broken: the connection has to go
	}{
		"a command in fragments with a ping between": {frames: func(b *bare) []byte {
			e := b.envelope("odd", "/echo", "pieces")
			return slices.Concat(frame(0x01, e[:30]), frame(0x89, "p"), frame(0x00, e[30:31]), frame(0x00, ""), frame(0x80, e[31:]))
		}, want: "you said pieces"},
		"a command in a binary frame": {frames: func(b *bare) []byte { return frame(0x82, b.envelope("odd", "/echo", "binary")) }, want: "you said binary"},
		"a command of 200 KB":         {frames: func(b *bare) []byte { return frame(0x81, b.envelope("odd", "/size", strings.Repeat("x", 200000))) }, want: "size 200000"},
		"an empty frame":              {frames: func(*bare) []byte { return frame(0x81, "") }},
		"null":                        {frames: func(*bare) []byte { return frame(0x81, "null") }},
		"values that are no envelope": {frames: func(*bare) []byte {
			return slices.Concat(frame(0x81, "[]"), frame(0x81, `"x"`), frame(0x81, "12"), frame(0x81, `{"envelope_id":7}`))
		}},
		"broken JSON":                      {frames: func(*bare) []byte { return frame(0x81, `{"envelope_id":"x","type":`) }},
		"more that is not JSON":            {frames: func(*bare) []byte { return frame(0x81, "\x00\xff<html>") }},
		"pings and pongs nobody asked for": {frames: func(*bare) []byte { return slices.Concat(frame(0x8a, "?"), frame(0x89, ""), frame(0x8a, "")) }},
		"an envelope of an unknown type":   {frames: func(*bare) []byte { return frame(0x81, `{"envelope_id":"odd","type":"telepathy","payload":{"a":1}}`) }, want: "-"},
		"an envelope without payload":      {frames: func(*bare) []byte { return frame(0x81, `{"envelope_id":"odd","type":"events_api"}`) }, want: "-"},
		"an event of an unknown kind": {frames: func(*bare) []byte {
			return frame(0x81, `{"envelope_id":"odd","type":"events_api","payload":{"type":"event_callback","event":{"type":"moon_phase"}}}`)
		}, want: "-"},
		"an interaction of an unknown kind": {frames: func(*bare) []byte {
			return frame(0x81, `{"envelope_id":"odd","type":"interactive","payload":{"type":"wink"}}`)
		}, want: "-"},
		"an interaction that is no object": {frames: func(*bare) []byte { return frame(0x81, `{"envelope_id":"odd","type":"interactive","payload":[1]}`) }, want: "-"},
		"a command that is no object":      {frames: func(*bare) []byte { return frame(0x81, `{"envelope_id":"odd","type":"slash_commands","payload":"x"}`) }, want: "could not read"},
		"fields of wrong types": {frames: func(b *bare) []byte {
			return frame(0x81, strings.Replace(b.envelope("odd", "/echo", "typed"), `"is_enterprise_install":"false"`, `"is_enterprise_install":false,"channel_name":7,"team_domain":[]`, 1))
		}, want: "you said typed"},
		"a masked frame, which no server sends": {frames: func(*bare) []byte { return []byte{0x81, 0x82, 1, 2, 3, 4, 'a', 'b'} }, drops: true},
		"reserved bits":                         {frames: func(*bare) []byte { return frame(0xf1, "x") }, drops: true},
		"a frame of impossible length":          {frames: func(*bare) []byte { return []byte{0x81, 127, 255, 255, 255, 255, 255, 255, 255, 255, 1} }, drops: true},
		"a notice in fragments, which Slack avoids": {frames: func(*bare) []byte {
			return slices.Concat(frame(0x01, noticeOf("warning")[:9]), frame(0x80, noticeOf("warning")[9:]))
		}, drops: true},
		"eleven broken frames and one that is whole": {frames: func(b *bare) []byte {
			return append(bytes.Repeat(frame(0x81, `{"`), 9), frame(0x81, b.envelope("odd", "/echo", "whole"))...)
		}, want: "you said whole"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startBare(t, &bare{})
			r := onBare(t, b, sizes)
			s := b.every()[0]
			s.write(tc.frames(b))
			switch tc.want {
			case "":
			case "-":
				r.await(t, "the acknowledgement", func() bool { return len(b.of("odd")) == 1 })
			default:
				b.answer(t, "odd", tc.want)
			}
			if tc.drops {
				r.await(t, "a fresh socket", func() bool { return b.tickets.Load() == 3 && r.Connected() == 2 })
				for i, s := range b.every()[1:] {
					b.echo(t, s, fmt.Sprint("after", i))
				}
				return
			}
			for i, s := range b.every() {
				b.echo(t, s, fmt.Sprint("after", i))
			}
			if n := b.tickets.Load(); n != 2 || r.Connected() != 2 {
				t.Errorf("%d sockets were opened, and %d are connected", n, r.Connected())
			}
			if got := b.of("odd"); len(got) > 1 {
				t.Errorf("acknowledged %d times: %v", len(got), got)
			}
		})
	}
}

func TestANoticeIsHeardHoweverItArrives(t *testing.T) {
	t.Parallel()
	for name, send := range map[string]func(*bareSocket){
		"a byte at a time": func(s *bareSocket) {
			for _, c := range frame(0x81, noticeOf("warning")) {
				s.write([]byte{c})
			}
		},
		"between two commands in one segment": func(s *bareSocket) {
			s.write(slices.Concat(frame(0x8a, ""), frame(0x81, noticeOf("warning")), frame(0x89, "x")))
		},
		"twice": func(s *bareSocket) { s.notice("warning"); s.notice("refresh_requested") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startBare(t, &bare{})
			r := onBare(t, b, nil)
			old := b.every()[0]
			send(old)
			r.await(t, "the good-bye", func() bool { return old.goodbye.Load() != 0 })
			if code := old.goodbye.Load(); code != 1000 {
				t.Errorf("closed with code %d", code)
			}
			if n := len(b.every()); n != 3 {
				t.Errorf("%d sockets were opened, want 3", n)
			}
			for i, s := range b.every()[1:] {
				b.echo(t, s, fmt.Sprint("after", i))
			}
		})
	}
}

func TestANoticeThatComesWithTheHandshakeIsHeard(t *testing.T) {
	t.Parallel()
	b := startBare(t, &bare{greet: func(s *bareSocket) []byte {
		if s.number > 2 {
			return frame(0x81, hello)
		}
		return slices.Concat(frame(0x81, hello), frame(0x89, "now"), frame(0x81, noticeOf("warning")))
	}})
	r := onBare(t, b, nil)
	r.await(t, "two good-byes", func() bool {
		all := b.every()
		return len(all) == 4 && all[0].goodbye.Load() == 1000 && all[1].goodbye.Load() == 1000
	})
	for i, s := range b.every()[2:] {
		b.echo(t, s, fmt.Sprint("after", i))
	}
	if got := <-b.every()[0].pong; got != "now" {
		t.Errorf("the ping came back as %q", got)
	}
}

func TestAHandshakeInPiecesIsRead(t *testing.T) {
	t.Parallel()
	b := startBare(t, &bare{greet: func(s *bareSocket) []byte {
		go func() {
			for _, c := range frame(0x81, hello) {
				s.write([]byte{c})
			}
		}()
		return nil
	}})
	onBare(t, b, nil)
	b.echo(t, b.every()[1], "one")
}

func TestAServersPingComesBackWithItsPayload(t *testing.T) {
	t.Parallel()
	b := startBare(t, &bare{})
	onBare(t, b, nil)
	s := b.every()[0]
	for _, payload := range []string{"", "1700000000", strings.Repeat("p", 125)} {
		s.write(frame(0x89, payload))
		select {
		case got := <-s.pong:
			if got != payload {
				t.Errorf("the ping %q came back as %q", payload, got)
			}
		case <-time.After(5 * time.Second):
			t.Fatal("no pong")
		}
	}
}
