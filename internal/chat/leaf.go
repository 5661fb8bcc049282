package chat

import (
	"encoding/json"
	"fmt"

	"github.com/slack-go/slack"
)

// A leaf holds as many blocks as a modal bears beside the buttons that turn it,
// and no more bytes than Slack takes of a view.
const (
	leafBlocks = 60
	leafBytes  = 120_000
)

// Leaf is one leaf of blocks that may be more than a modal holds: the n-th from
// 0, or the nearest there is. Where there are several it ends in buttons that
// turn them: their action ids are action with ":back" and ":next", their value is
// value and the number of the leaf, parted by a blank.
func Leaf(blocks []slack.Block, n int, action, value string) []slack.Block {
	var leaves [][]slack.Block
	size := 0
	for _, b := range blocks {
		if b == nil {
			continue
		}
		raw, _ := json.Marshal(b)
		if last := len(leaves) - 1; last < 0 || len(leaves[last]) == leafBlocks || size+len(raw) > leafBytes {
			leaves, size = append(leaves, nil), 0
		}
		leaves[len(leaves)-1] = append(leaves[len(leaves)-1], b)
		size += len(raw)
	}
	if len(leaves) < 2 {
		return blocks
	}
	n = min(max(n, 0), len(leaves)-1)
	var back, next slack.BlockElement
	if n > 0 {
		back = Button(action+":back", fmt.Sprintf("%s %d", value, n-1), "← Back")
	}
	if n < len(leaves)-1 {
		next = Button(action+":next", fmt.Sprintf("%s %d", value, n+1), "Read on →")
	}
	return append(leaves[n], Context(fmt.Sprintf("Part %d of %d", n+1, len(leaves))), Actions(back, next))
}
