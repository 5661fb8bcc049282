package chat

import (
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/slack-go/slack"
)

// Slack's limits, in characters or in number of things.
// Source: docs.slack.dev/reference/block-kit, September 2026.
const (
	maxSection       = 3000
	maxHeader        = 150
	maxContextParts  = 10
	maxContextText   = 500 // ours: small print; Slack takes 3000
	maxButtonLabel   = 75
	maxButtonValue   = 2000
	maxOptionLabel   = 75
	maxOptionValue   = 150
	maxOptionText    = 75
	maxOverflow      = 5
	maxActions       = 25
	maxModalTitle    = 24
	maxModalBlocks   = 100
	maxModalMetadata = 3000
	maxID            = 255
)

// TextBlocks shows mrkdwn in as many sections as it needs: at most 3000
// characters each, none empty. Blank mrkdwn gives no block. How many blocks a
// message bears is for the caller to watch: 50, or 100 in a modal or Home.
// (reference/block-kit/blocks/section-block)
func TextBlocks(mrkdwn string) []slack.Block {
	chunks := Chunks(mrkdwn, maxSection)
	blocks := make([]slack.Block, 0, len(chunks))
	for _, c := range chunks {
		blocks = append(blocks, slack.NewSectionBlock(mrkdwnText(c), nil, nil))
	}
	return blocks
}

// Header is one large line of plain text, shortened to 150 characters. It is not
// mrkdwn: pass the words as they are, not escaped. Blank text shows as "…", as
// Slack refuses an empty header. (reference/block-kit/blocks/header-block)
func Header(text string) slack.Block {
	return slack.NewHeaderBlock(plainText(text, maxHeader))
}

// Context is small print: up to 10 pieces of mrkdwn side by side, each shortened
// to 500 characters. Blank parts are dropped; past the tenth they share the last
// place. With nothing to say it is a divider, since Slack refuses an empty
// context. (reference/block-kit/blocks/context-block)
func Context(parts ...string) slack.Block {
	kept := make([]string, 0, len(parts))
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			kept = append(kept, p)
		}
	}
	if len(kept) > maxContextParts {
		last := strings.Join(kept[maxContextParts-1:], " · ")
		kept = append(kept[:maxContextParts-1], last)
	}
	if len(kept) == 0 {
		return slack.NewDividerBlock()
	}
	elements := make([]slack.MixedElement, len(kept))
	for i, p := range kept {
		elements[i] = mrkdwnText(clip(p, maxContextText))
	}
	return slack.NewContextBlock("", elements...)
}

// Button is a button with a plain-text label, shortened to 75 characters. A
// value over 2000 characters is left out rather than cut: a handler finds no
// value and says so, where half a value could mean something else.
// (reference/block-kit/block-elements/button-element)
func Button(actionID, value, label string) *slack.ButtonBlockElement {
	if !fits(value, maxButtonValue) {
		value = ""
	}
	return slack.NewButtonBlockElement(clipID(actionID), value, plainText(label, maxButtonLabel))
}

// Option is one choice of a menu: label and description are plain text,
// shortened to 75 characters; an empty description is left out. A value is 1 to
// 150 characters; a longer one is replaced by a short unknown one ("too-long:"
// and a checksum, so that choices stay distinct), never cut to what could mean
// something else, and an empty one by "-".
// (reference/block-kit/composition-objects/option-object)
func Option(value, label, description string) *slack.OptionBlockObject {
	switch {
	case value == "":
		value = "-"
	case !fits(value, maxOptionValue):
		h := fnv.New64a()
		h.Write([]byte(value))
		value = "too-long:" + strconv.FormatUint(h.Sum64(), 16)
	}
	var more *slack.TextBlockObject
	if fold(description) != "" {
		more = plainText(description, maxOptionText)
	}
	return slack.NewOptionBlockObject(value, plainText(label, maxOptionLabel), more)
}

// Overflow is the ⋯ menu of 1 to 5 options. Options that are nil or past the
// fifth are dropped; without any there is no menu: it is nil, which Actions
// leaves out. (reference/block-kit/block-elements/overflow-menu-element)
func Overflow(actionID string, options ...*slack.OptionBlockObject) *slack.OverflowBlockElement {
	kept := make([]*slack.OptionBlockObject, 0, maxOverflow)
	for _, o := range options {
		if o != nil && len(kept) < maxOverflow {
			kept = append(kept, o)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return slack.NewOverflowBlockElement(clipID(actionID), kept...)
}

// Actions is a row of up to 25 buttons and menus; nil ones and those past the
// 25th are dropped. With none it is a divider, since Slack refuses an empty row.
// Each action_id may stand only once in a row; that is left to the caller.
// (reference/block-kit/blocks/actions-block)
func Actions(elements ...slack.BlockElement) slack.Block {
	kept := make([]slack.BlockElement, 0, min(len(elements), maxActions))
	for _, e := range elements {
		switch e := e.(type) {
		case nil:
			continue
		case *slack.ButtonBlockElement:
			if e == nil {
				continue
			}
		case *slack.OverflowBlockElement:
			if e == nil {
				continue
			}
		}
		if len(kept) < maxActions {
			kept = append(kept, e)
		}
	}
	if len(kept) == 0 {
		return slack.NewDividerBlock()
	}
	return slack.NewActionBlock("", kept...)
}

// Modal is a modal: title, submit and close are plain text shortened to 24
// characters. An empty submit or close is left to Slack, but a modal with an
// input must have a submit and gets "Submit". Nil blocks are dropped; of more
// than 100 blocks the last is a line that says there was more. Metadata over 3000
// characters is left out, not cut: half of it could not be read.
// (reference/views/modal-views)
func Modal(callbackID, title, submit, close, privateMetadata string, blocks []slack.Block) slack.ModalViewRequest {
	kept := make([]slack.Block, 0, len(blocks))
	for _, b := range blocks {
		if b != nil {
			kept = append(kept, b)
		}
	}
	if len(kept) > maxModalBlocks {
		more := len(kept) - (maxModalBlocks - 1)
		kept = append(kept[:maxModalBlocks-1], Context("_… and "+strconv.Itoa(more)+" more that do not fit here_"))
	}
	for _, b := range kept {
		if b.BlockType() == slack.MBTInput && fold(submit) == "" {
			submit = "Submit"
		}
	}
	if len(kept) == 0 {
		kept = append(kept, slack.NewDividerBlock())
	}
	if !fits(privateMetadata, maxModalMetadata) {
		privateMetadata = ""
	}
	view := slack.ModalViewRequest{
		Type:            slack.VTModal,
		Title:           plainText(title, maxModalTitle),
		Blocks:          slack.Blocks{BlockSet: kept},
		PrivateMetadata: privateMetadata,
		CallbackID:      clipID(callbackID),
	}
	if fold(submit) != "" {
		view.Submit = plainText(submit, maxModalTitle)
	}
	if fold(close) != "" {
		view.Close = plainText(close, maxModalTitle)
	}
	return view
}

// mrkdwnText sets no emoji key: Slack refuses it on mrkdwn.
func mrkdwnText(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, s, false, false)
}

func plainText(s string, max int) *slack.TextBlockObject {
	s = Shorten(fold(s), max)
	if s == "" {
		s = "…"
	}
	return slack.NewTextBlockObject(slack.PlainTextType, s, true, false)
}

// clip is Shorten for mrkdwn.
func clip(mrkdwn string, max int) string {
	head, rest := Cut(mrkdwn, max)
	if rest == "" {
		return head
	}
	head, _ = Cut(mrkdwn, max-2)
	if strings.HasSuffix(head, fence) {
		return head + "\n…"
	}
	return head + "…"
}

func clipID(s string) string {
	if fits(s, maxID) {
		return s
	}
	for i := range s {
		if length(s[:i]) > maxID-2 {
			return s[:i]
		}
	}
	return s
}
