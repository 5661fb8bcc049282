package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/slacksim"
)

// charted is a message with a chart, and the same numbers in words.
func charted() chat.Message {
	m := card("Sent: Mon 3, Tue 1")
	m.Blocks = append(m.Blocks, chat.Bars("Sent", "", []string{"Mon", "Tue"}, chat.Series{Name: "Sent", Values: []float64{3, 1}}))
	return m
}

// without is a Slack that takes no blocks of a kind.
func without(kind string) slacksim.Fault {
	return slacksim.Fault{Method: "chat.postMessage", Times: -1, Error: "invalid_blocks",
		Match: func(args map[string]any) bool {
			return strings.Contains(fmt.Sprint(args["blocks"]), kind)
		}}
}

func TestAChartThatSlackDoesNotShowComesAsAPicture(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		faults []slacksim.Fault
		want   []slack.MessageBlockType
		calls  int // of chat.postMessage
	}{
		"Slack shows charts": {nil, []slack.MessageBlockType{"section", "data_visualization"}, 1},
		"Slack does not":     {[]slacksim.Fault{without("data_visualization")}, []slack.MessageBlockType{"section", "image"}, 2},
		"the upload fails for a moment": {[]slacksim.Fault{without("data_visualization"), {Method: "files.getUploadURLExternal", Status: 503}},
			[]slack.MessageBlockType{"section", "image"}, 3},
		"the app may upload nothing": {[]slacksim.Fault{without("data_visualization"), {Method: "files.getUploadURLExternal", Error: "missing_scope", Times: -1}},
			[]slack.MessageBlockType{"section"}, 2},
		"Slack knows the picture only after a moment": {[]slacksim.Fault{without("data_visualization"), {Method: "chat.postMessage", Error: "invalid_blocks",
			Match: func(args map[string]any) bool { return strings.Contains(fmt.Sprint(args["blocks"]), "slack_file") }}},
			[]slack.MessageBlockType{"section", "image"}, 3},
		"Slack shows no pictures either": {[]slacksim.Fault{without("data_visualization"), without("slack_file")}, []slack.MessageBlockType{"section"}, 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startPosting(t, file(t), slacksim.Options{})
			p.unhurried()
			p.posts.Draw = func(block json.RawMessage) ([]byte, string, error) { return []byte("a picture"), "Mon 3, Tue 1", nil }
			for _, f := range tc.faults {
				p.slack.Fault(f)
			}
			if err := p.db.Write(context.Background(), func(tx *database.Tx) error { return p.posts.Put(tx, "digest", "U001", charted()) }); err != nil {
				t.Fatal(err)
			}
			for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
				if _, _, sent := p.where("digest"); sent {
					break
				}
				if time.Now().After(end) {
					t.Fatal("it was not sent")
				}
			}
			got := p.shown("D001")
			if len(got) != 1 || got[0].Text != "Sent: Mon 3, Tue 1" {
				t.Fatalf("%d messages, the first says %q", len(got), got[0].Text)
			}
			var kinds []slack.MessageBlockType
			for _, b := range got[0].Blocks.BlockSet {
				kinds = append(kinds, b.BlockType())
				if image, is := b.(*slack.ImageBlock); is && (image.AltText != "Mon 3, Tue 1" || image.SlackFile == nil) {
					t.Errorf("the picture is %+v", image)
				}
			}
			if fmt.Sprint(kinds) != fmt.Sprint(tc.want) {
				t.Errorf("shows %v, want %v", kinds, tc.want)
			}
			if n := p.calls("chat.postMessage"); n != tc.calls {
				t.Errorf("%d tries, want %d", n, tc.calls)
			}
		})
	}
}

// A message without charts that Slack refuses is dead, as before.
func TestAMessageWithoutChartsHasNoOtherForm(t *testing.T) {
	t.Parallel()
	p := startPosting(t, file(t), slacksim.Options{})
	p.unhurried()
	p.slack.Fault(slacksim.Fault{Method: "chat.postMessage", Error: "invalid_blocks", Times: -1})
	p.put("card", "U001", "hello")
	p.fates(map[string]float64{"dead": 1, "plainer": 0})
}

// A message that stands already and gets a chart is changed in the same way.
func TestAChartThatIsAddedComesAsAPictureToo(t *testing.T) {
	t.Parallel()
	p := startPosting(t, file(t), slacksim.Options{})
	p.unhurried()
	p.posts.Draw = func(json.RawMessage) ([]byte, string, error) { return []byte("a picture"), "Mon 3, Tue 1", nil }
	p.put("digest", "U001", "nothing yet")
	p.settled(10 * time.Second)
	refused := without("data_visualization")
	refused.Method = "chat.update"
	p.slack.Fault(refused)
	if err := p.db.Write(context.Background(), func(tx *database.Tx) error { return p.posts.Put(tx, "digest", "U001", charted()) }); err != nil {
		t.Fatal(err)
	}
	p.settled(10 * time.Second)
	got := p.shown("D001")
	if len(got) != 1 || len(got[0].Blocks.BlockSet) != 2 || got[0].Blocks.BlockSet[1].BlockType() != slack.MBTImage {
		t.Errorf("shows %+v", got)
	}
}
