package roster

import (
	"context"
	"database/sql"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
)

func savePerson(tx *database.Tx, p chat.Profile, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO people (id, handle, name, zone, guest, bot, deactivated, fetched_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (id) DO UPDATE SET handle = excluded.handle, name = excluded.name, zone = excluded.zone, guest = excluded.guest,
		bot = excluded.bot, deactivated = excluded.deactivated, fetched_at = excluded.fetched_at`,
		p.ID, p.Handle, p.Name, p.Zone, p.Guest, p.Bot, p.Deactivated, database.Millis(at))
	return err
}

// Remembered lists up to most people of whom Slack told, the latest first: for
// whoever wants to know whether a database belongs to a workspace.
func Remembered(ctx context.Context, db *database.DB, most int) ([]string, error) {
	var out []string
	err := db.Read(ctx, func(tx *database.Tx) error {
		return tx.Each("SELECT id FROM people WHERE bot = 0 AND deactivated = 0 ORDER BY fetched_at DESC, id LIMIT $1", []any{most}, func(rows *sql.Rows) error {
			var id string
			err := rows.Scan(&id)
			out = append(out, id)
			return err
		})
	})
	return out, err
}

func loadPeople(tx *database.Tx, into map[string]entry) error {
	return tx.Each("SELECT id, handle, name, zone, guest, bot, deactivated, fetched_at FROM people", nil, func(rows *sql.Rows) error {
		var p chat.Profile
		var guest, bot, deactivated, at int64
		if err := rows.Scan(&p.ID, &p.Handle, &p.Name, &p.Zone, &guest, &bot, &deactivated, &at); err != nil {
			return err
		}
		p.Guest, p.Bot, p.Deactivated = guest == 1, bot == 1, deactivated == 1
		into[p.ID] = entry{p, time.UnixMilli(at)}
		return nil
	})
}

func saveGroup(tx *database.Tx, id string, members []string) error {
	if _, err := tx.Exec("DELETE FROM group_members WHERE user_group = $1", id); err != nil {
		return err
	}
	for _, m := range members {
		if _, err := tx.Exec("INSERT INTO group_members (user_group, person) VALUES ($1, $2) ON CONFLICT (user_group, person) DO NOTHING", id, m); err != nil {
			return err
		}
	}
	return nil
}

// loadGroups gives them as old: Slack is asked again as soon as they are used.
func loadGroups(tx *database.Tx, into map[string]group) error {
	return tx.Each("SELECT user_group, person FROM group_members ORDER BY user_group, person", nil, func(rows *sql.Rows) error {
		var id, person string
		if err := rows.Scan(&id, &person); err != nil {
			return err
		}
		g := into[id]
		g.members = append(g.members, person)
		into[id] = g
		return nil
	})
}
