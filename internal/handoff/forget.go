package handoff

import (
	"database/sql"
	"encoding/json"
	"slices"
	"strings"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/form"
)

// Forget erases what was written about a lead on its way: answers, evidence,
// coaching, questions. Who sent it to whom, when, and how it was decided stays,
// so that the numbers do; title is what the lead is called from now on. ids are
// the handoffs.
func Forget(tx *database.Tx, of, title string) (ids []string, err error) {
	contexts := map[string]string{}
	if err := tx.Each("SELECT id, context FROM handoffs WHERE lead = $1 ORDER BY id", []any{of}, func(rows *sql.Rows) error {
		var id, raw string
		if err := rows.Scan(&id, &raw); err != nil {
			return err
		}
		ids, contexts[id] = append(ids, id), raw
		return nil
	}); err != nil {
		return nil, err
	}
	for _, id := range ids {
		var c Context
		if err := json.Unmarshal([]byte(contexts[id]), &c); err != nil {
			return nil, err
		}
		c.Lead, c.Fields = title, nil
		if c.Score != nil {
			for i := range c.Score.Criteria {
				c.Score.Criteria[i].Note = ""
			}
		}
		context, err := json.Marshal(c)
		if err != nil {
			return nil, err
		}
		answers, err := json.Marshal(form.Answers{})
		if err != nil {
			return nil, err
		}
		if _, err := tx.Exec("UPDATE handoffs SET answers = $2, context = $3, coaching = CASE WHEN coaching IS NULL THEN NULL ELSE $4 END WHERE id = $1",
			id, string(answers), string(context), chat.Erased); err != nil {
			return nil, err
		}
		if _, err := tx.Exec("UPDATE handoff_questions SET question = $2, answer = CASE WHEN answer IS NULL THEN NULL ELSE $2 END WHERE handoff = $1", id, chat.Erased); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// ForgetWordsOf erases what somebody wrote to others about handoffs, and gives
// it back by handoff: cards quote it.
func ForgetWordsOf(tx *database.Tx, person string) (said map[string][]string, err error) {
	said = map[string][]string{}
	if err := tx.Each(`SELECT id, coaching FROM handoffs WHERE decided_by = $1 AND coaching IS NOT NULL
		UNION ALL SELECT handoff, question FROM handoff_questions WHERE asked_by = $1
		UNION ALL SELECT handoff, answer FROM handoff_questions WHERE answered_by = $1`, []any{person}, func(rows *sql.Rows) error {
		var id, words string
		err := rows.Scan(&id, &words)
		said[id] = append(said[id], words)
		return err
	}); err != nil {
		return nil, err
	}
	for _, statement := range []string{
		"UPDATE handoffs SET coaching = $2 WHERE decided_by = $1 AND coaching IS NOT NULL",
		"UPDATE handoff_questions SET question = $2 WHERE asked_by = $1",
		"UPDATE handoff_questions SET answer = $2 WHERE answered_by = $1",
	} {
		if _, err := tx.Exec(statement, person, chat.Erased); err != nil {
			return nil, err
		}
	}
	return said, nil
}

// WithoutQuotes takes out of a card's text the lines in which it quotes those
// words, whole or shortened: see quoted.
func WithoutQuotes(mrkdwn string, words []string) string {
	lines := strings.Split(mrkdwn, "\n")
	for i, line := range lines {
		quote, is := strings.CutPrefix(line, "> ")
		if quote = strings.TrimSpace(strings.TrimSuffix(quote, " …")); !is || quote == "" {
			continue
		}
		for _, w := range words {
			if strings.Contains(chat.Unfenced(chat.Escape(w)), quote) {
				lines[i] = "> " + chat.Erased
			}
		}
	}
	return strings.Join(slices.CompactFunc(lines, func(a, b string) bool { return a == b && a == "> "+chat.Erased }), "\n")
}

// Of lists the handoffs of a lead by their ids, the oldest first.
func Of(tx *database.Tx, lead string) (ids []string, err error) {
	err = tx.Each("SELECT id FROM handoffs WHERE lead = $1 ORDER BY sent_at, id", []any{lead}, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}
