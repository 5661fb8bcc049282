package roster

import (
	"strings"

	"sopbot/internal/chat"
	"sopbot/internal/database"
)

// Forget erases who a member is, as far as Slack told. While they are in a
// group that the playbook names, Slack tells it again.
func Forget(tx *database.Tx, id string) error {
	if _, err := tx.Exec("DELETE FROM people WHERE id = $1", id); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM group_members WHERE person = $1", id)
	return err
}

// Called lists the members that somebody may mean: by ID, by handle (with its @
// or without), or by name.
func Called(tx *database.Tx, words string) (out []chat.Profile, err error) {
	people := map[string]entry{}
	if err := loadPeople(tx, people); err != nil {
		return nil, err
	}
	handle := strings.TrimPrefix(words, "@")
	for _, e := range people {
		if e.ID == words || strings.EqualFold(e.Handle, handle) || !strings.HasPrefix(words, "@") && strings.EqualFold(e.Name, words) {
			out = append(out, e.Profile)
		}
	}
	return out, nil
}
