package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/outbox"
)

// Not every Slack shows charts yet. A message that it refuses for its blocks is
// sent again with pictures in the place of its charts; and without them, if it
// cannot be had with pictures either. The numbers stand in its words.

// Draw makes a picture of a chart, a block of type data_visualization, and says
// in words what it shows.
type Draw func(block json.RawMessage) (png []byte, alt string, err error)

// uploads is what pictures need of Slack's Web API; slack-go's client is it.
type uploads interface {
	UploadFileContext(ctx context.Context, file slack.UploadFileParameters) (*slack.FileSummary, error)
}

// How a message shows its charts: as Slack's charts first, then as pictures.
const (
	asCharts   = ""
	asPictures = "pictures"
	asWords    = "words"
)

// mostPictureTries is how often pictures are tried: of one that was just
// uploaded Slack may know nothing for a moment.
const mostPictureTries = 4

// invalidBlocks reports whether Slack refused a message for how it looks.
func invalidBlocks(err error) bool {
	var said slack.SlackErrorResponse
	return errors.As(err, &said) && (said.Err == "invalid_blocks" || said.Err == "invalid_blocks_format" || said.Err == "invalid_arguments")
}

type anyBlock struct {
	Type      string          `json:"type"`
	Title     json.RawMessage `json:"title,omitempty"`
	SlackFile json.RawMessage `json:"slack_file,omitempty"`
}

func (b anyBlock) chart() bool   { return b.Type == string(slack.MBTDataVisualization) }
func (b anyBlock) picture() bool { return b.Type == string(slack.MBTImage) && b.SlackFile != nil }

// plainer is a message whose charts Slack did not take, in another form; ok is
// false where there is none.
func (p *Posts) plainer(ctx context.Context, m post) (text string, ok bool, err error) {
	var b body
	if err := json.Unmarshal([]byte(m.body), &b); err != nil {
		return "", false, err
	}
	switch {
	case !slices.ContainsFunc(b.Blocks, func(raw json.RawMessage) bool { k := kindOf(raw); return k.chart() || k.picture() }):
		return "", false, nil
	case b.Charts == asCharts:
		if b.Blocks, err = p.pictures(ctx, m, b.Blocks); err != nil {
			return "", false, err
		}
		b.Charts = asPictures
	case b.Tries < mostPictureTries-1:
		b.Tries++
	default:
		p.log.Warn("Slack shows neither the charts of a message nor their pictures; its words say the same", "key", m.key)
		b.Blocks, b.Charts = slices.DeleteFunc(b.Blocks, func(raw json.RawMessage) bool { return kindOf(raw).picture() }), asWords
	}
	raw, err := marshal(b)
	return string(raw), err == nil, err
}

func kindOf(raw json.RawMessage) (b anyBlock) {
	_ = json.Unmarshal(raw, &b) // what is no block is no chart
	return b
}

// pictures puts an uploaded picture in the place of each chart. Where one cannot
// be had at all, its place stays empty.
func (p *Posts) pictures(ctx context.Context, m post, blocks []json.RawMessage) ([]json.RawMessage, error) {
	var out []json.RawMessage
	for _, raw := range blocks {
		if !kindOf(raw).chart() {
			out = append(out, raw)
			continue
		}
		block, err := p.picture(ctx, raw)
		switch v, _ := judge(err, true); {
		case err == nil:
			if raw, err = marshal(block); err != nil {
				return nil, err
			}
			out = append(out, raw)
		case errors.Is(err, errNoPicture) || v == impossible || needsMending(err):
			p.log.Warn("a chart is left out: Slack does not show it, and takes no picture of it", "key", m.key, "error", err)
		default:
			return nil, err // nothing was shown yet: it can be done again
		}
	}
	return out, nil
}

// needsMending reports whether the app may not upload anything: a message is not
// kept waiting for that.
func needsMending(err error) bool {
	var said slack.SlackErrorResponse
	return errors.As(err, &said) && slices.Contains([]string{"missing_scope", "no_permission", "access_denied", "not_allowed_token_type"}, said.Err)
}

var errNoPicture = errors.New("there is no picture")

func (p *Posts) picture(ctx context.Context, raw json.RawMessage) (slack.Block, error) {
	api, can := p.api.(uploads)
	if p.Draw == nil || !can {
		return nil, errNoPicture
	}
	png, alt, err := p.Draw(raw)
	if err != nil {
		return nil, errors.Join(errNoPicture, err)
	}
	var title string
	_ = json.Unmarshal(kindOf(raw).Title, &title) // a picture without a title is one still
	var file *slack.FileSummary
	ctx, cancel := context.WithTimeout(ctx, 3*p.Timeout) // three calls
	defer cancel()
	err = p.slack.call(ctx, "files.completeUploadExternal", func() error {
		file, err = api.UploadFileContext(ctx, slack.UploadFileParameters{Filename: "chart.png", FileSize: len(png), Content: string(png), Title: title, AltTxt: alt})
		return err
	})
	if err != nil {
		return nil, err
	}
	return slack.NewImageBlockSlackFile(&slack.SlackFileObject{ID: file.ID}, chat.Shorten(alt, 2000), "", nil), nil
}

// instead is for a message that Slack refused for its blocks: it puts it into
// another form, to be sent at once; done is false where it has none.
func (p *Posts) instead(ctx context.Context, m post, why error) (done bool, again error) {
	if !invalidBlocks(why) {
		return false, nil
	}
	text, ok, err := p.plainer(ctx, m)
	if err != nil {
		// The refusal is known; that the pictures failed is no reason to forget it.
		p.log.Warn("a picture of a chart could not be uploaded yet", "key", m.key, "error", err)
		if err := p.db.WriteRows(context.WithoutCancel(ctx), func(tx *database.Tx) error {
			_, err := waits(tx, m, why.Error())
			return err
		}); err != nil {
			return true, err
		}
		return true, outbox.Later(patience(m.attempt), err)
	}
	if !ok {
		return false, nil
	}
	if err := p.db.WriteRows(context.WithoutCancel(ctx), func(tx *database.Tx) error {
		ours, err := waits(tx, m, why.Error())
		if err != nil || !ours {
			return err
		}
		return reform(tx, m, text)
	}); err != nil {
		return true, err
	}
	p.fates.WithLabelValues("plainer").Inc()
	var b body
	_ = json.Unmarshal([]byte(text), &b)
	return true, outbox.Later(time.Duration(b.Tries)*time.Second, why)
}
