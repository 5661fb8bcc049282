package chat

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/slack-go/slack"
)

func TestMoreThanAModalHoldsIsReadByTurning(t *testing.T) {
	var blocks []slack.Block
	for i := range 200 {
		blocks = append(blocks, nil)
		blocks = append(blocks, TextBlocks(fmt.Sprintf("line %d %s", i, strings.Repeat("面", 900)))...)
	}
	seen, n := "", 0
	for {
		v := Modal("", "Leaves", "", "Close", "", Leaf(blocks, n, "turn", "H1"))
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if len(raw) > 250_000 || len(v.Blocks.BlockSet) > 100 {
			t.Errorf("leaf %d has %d bytes and %d blocks", n, len(raw), len(v.Blocks.BlockSet))
		}
		seen += string(raw)
		if n++; !strings.Contains(string(raw), fmt.Sprintf(`"value":"H1 %d"`, n)) {
			break
		}
	}
	for i := range 200 {
		if c := strings.Count(seen, fmt.Sprintf("line %d ", i)); c != 1 {
			t.Errorf("line %d is there %d times on %d leaves", i, c, n)
		}
	}
	for _, odd := range []int{-5, 9999} { // the nearest there is
		if len(Leaf(blocks, odd, "turn", "H1")) == 0 {
			t.Errorf("leaf %d is empty", odd)
		}
	}
	if few := Leaf(blocks[:4], 3, "turn", "H1"); len(few) != 4 {
		t.Errorf("what fits is turned: %d blocks", len(few))
	}
}
