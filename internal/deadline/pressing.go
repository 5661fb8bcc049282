package deadline

import (
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database"
)

// Pressing lists what is due before an instant and not done, the oldest deadline
// first; what was paused does not press. n is how many there are in all.
func Pressing(tx *database.Tx, before time.Time, most int) (first []Deadline, n int, err error) {
	if _, err = tx.Row("SELECT count(*) FROM deadlines WHERE state = 'open' AND due_at < $1", []any{database.Millis(before)}, &n); err != nil || n == 0 {
		return nil, n, err
	}
	first, err = many(tx, "SELECT "+columns+" FROM deadlines WHERE state = 'open' AND due_at < $1 ORDER BY due_at, id LIMIT $2",
		database.Millis(before), most)
	return first, n, err
}

// DoneButton ends an action for whoever may, a manager among them; nil where a
// form or an answer ends it.
func (d *Deadlines) DoneButton(on Deadline) *slack.ButtonBlockElement {
	if _, otherwise := d.opener(on); otherwise || !on.Running() {
		return nil
	}
	return chat.Button(actionDone+":"+on.ID, on.ID, "Done")
}
