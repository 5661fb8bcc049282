package main

import (
	"slices"
	"strings"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/outbox"
)

// dead tells the playbook's owner of something that was given up: whoever
// waits for it would wait in vain. Of a place where nothing can be posted they
// hear once a day, however much was meant for it.
func (b *bot) dead(tx *database.Tx, row outbox.Buried) error {
	key, place, isMessage, err := b.posts.Undelivered(tx, row)
	why := chat.EscapeInline(chat.Shorten(row.Error, 300))
	switch {
	case err != nil:
		return err
	case !isMessage:
		return b.features.tellOwners(tx, "outbox/"+row.ID, chat.Say("sopbot has given something up: `"+chat.EscapeInline(row.Key)+"`. Reason: "+why+
			". Whoever runs sopbot finds more in the log."))
	case strings.HasPrefix(key, "outbox/"):
		return nil // the telling itself failed
	}
	return b.features.tellOwners(tx, "outbox/"+place+"/"+b.now().UTC().Format("2006-01-02"), chat.Say(b.undelivered(place, why)))
}

// undelivered says that a place takes no messages, and what to do about it.
func (b *bot) undelivered(place, why string) string {
	if strings.HasPrefix(place, "U") || strings.HasPrefix(place, "W") {
		return "sopbot cannot send messages to " + chat.Person(place) + " and has given up what was meant for them. Slack says: " + why +
			". If they have left, give their open work to somebody else."
	}
	words := "sopbot cannot post in <#" + place + "> (`" + chat.EscapeInline(place) + "`) and has given up what was meant for it; what goes to people in person still does. Slack says: " + why + "."
	var named []string
	for name, id := range b.shelf.InForce().Settings.Channels {
		if id == place {
			named = append(named, "`"+chat.EscapeInline(name)+"`")
		}
	}
	if len(named) == 0 {
		return words
	}
	slices.Sort(named)
	return words + " The channel stands in `playbook.yaml`, under `channels`, as " + strings.Join(named, " and ") + ": name one there that sopbot is in. What was given up is not posted later."
}
