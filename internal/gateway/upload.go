package gateway

import (
	"context"
	"errors"
	"fmt"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/outbox"
)

// Upload puts a file into somebody's direct messages, with a few words of mrkdwn
// above it. It is for a handler of the outbox, which runs again what failed. An
// answer that never came is asked again, too: a file that stands there twice is
// better than none. The error is [chat.ErrNoFiles] where Slack will never take
// it from this app.
func (g *Gateway) Upload(ctx context.Context, person string, f chat.File, words string) error {
	err := g.upload(ctx, person, f, words)
	v, after := judge(err, true)
	switch {
	case err == nil:
		return nil
	case v == limited:
		return outbox.Later(after, err)
	case v == impossible || needsMending(err):
		return fmt.Errorf("%w: %w", chat.ErrNoFiles, err)
	}
	return err
}

func (g *Gateway) upload(ctx context.Context, person string, f chat.File, words string) error {
	var direct string
	if err := g.slack.call(ctx, "conversations.open", func() error {
		c, _, _, err := g.api.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{person}})
		if err == nil && (c == nil || c.ID == "") {
			err = errors.New("the answer does not say which conversation it is")
		}
		if err == nil {
			direct = c.ID
		}
		return err
	}); err != nil {
		return err
	}
	return g.slack.call(ctx, "files.completeUploadExternal", func() error {
		_, err := g.api.UploadFileContext(ctx, slack.UploadFileParameters{Filename: f.Name, Title: f.Title, FileSize: len(f.Data), Content: string(f.Data),
			Channel: direct, InitialComment: words})
		return err
	})
}
