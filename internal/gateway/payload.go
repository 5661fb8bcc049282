package gateway

import (
	"encoding/json"
	"strconv"

	"sopbot/internal/chat"
)

// What Slack sends, as leniently as it can be read: slack-go refuses a whole
// payload for one field of another type than it expects (is_enterprise_install
// comes as a string or a boolean), and a command would go unanswered for a
// field that nobody reads.

type envelope struct {
	ID      string          `json:"envelope_id"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload"`
}

type idName struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type commandPayload struct {
	TeamID      string `json:"team_id"`
	ChannelID   string `json:"channel_id"`
	UserID      string `json:"user_id"`
	Command     string `json:"command"`
	Text        string `json:"text"`
	ResponseURL string `json:"response_url"`
	TriggerID   string `json:"trigger_id"`
}

type interactionPayload struct {
	Type        string          `json:"type"`
	Team        idName          `json:"team"`
	User        idName          `json:"user"`
	Channel     idName          `json:"channel"`
	TriggerID   string          `json:"trigger_id"`
	ResponseURL string          `json:"response_url"`
	CallbackID  string          `json:"callback_id"`
	ActionTS    string          `json:"action_ts"`
	MessageTS   string          `json:"message_ts"`
	ActionID    string          `json:"action_id"` // block_suggestion
	Value       string          `json:"value"`     // block_suggestion
	IsCleared   bool            `json:"is_cleared"`
	Message     messagePayload  `json:"message"`
	View        *viewPayload    `json:"view"`
	Actions     []actionPayload `json:"actions"`
	Container   struct {
		Type        string `json:"type"`
		MessageTS   string `json:"message_ts"`
		ThreadTS    string `json:"thread_ts"`
		ChannelID   string `json:"channel_id"`
		IsEphemeral bool   `json:"is_ephemeral"`
	} `json:"container"`
}

type messagePayload struct {
	TS       string `json:"ts"`
	ThreadTS string `json:"thread_ts"`
	Text     string `json:"text"`
}

type viewPayload struct {
	ID              string `json:"id"`
	RootViewID      string `json:"root_view_id"`
	CallbackID      string `json:"callback_id"`
	Hash            string `json:"hash"`
	PrivateMetadata string `json:"private_metadata"`
	Blocks          []struct {
		Type    string `json:"type"`
		BlockID string `json:"block_id"`
	} `json:"blocks"`
	State struct {
		Values map[string]map[string]entryPayload `json:"values"`
	} `json:"state"`
}

type optionPayload struct {
	Value string `json:"value"`
	Text  struct {
		Text string `json:"text"`
	} `json:"text"`
}

type entryPayload struct {
	Type             string          `json:"type"`
	Value            *string         `json:"value"`
	SelectedOption   *optionPayload  `json:"selected_option"`
	SelectedOptions  []optionPayload `json:"selected_options"`
	SelectedDate     string          `json:"selected_date"`
	SelectedTime     string          `json:"selected_time"`
	SelectedDateTime *int64          `json:"selected_date_time"`
	SelectedUser     string          `json:"selected_user"`
	SelectedUsers    []string        `json:"selected_users"`
	SelectedChannel  string          `json:"selected_channel"`
	SelectedConv     string          `json:"selected_conversation"`
}

type actionPayload struct {
	entryPayload
	ActionID string `json:"action_id"`
	BlockID  string `json:"block_id"`
	ActionTS string `json:"action_ts"`
}

type eventPayload struct {
	TeamID  string `json:"team_id"`
	EventID string `json:"event_id"`
	Event   struct {
		Type        string `json:"type"`
		Subtype     string `json:"subtype"`
		User        string `json:"user"`
		BotID       string `json:"bot_id"`
		Text        string `json:"text"`
		TS          string `json:"ts"`
		ThreadTS    string `json:"thread_ts"`
		Channel     string `json:"channel"`
		ChannelType string `json:"channel_type"`
	} `json:"event"`
}

func (e entryPayload) entry() chat.Entry {
	out := chat.Entry{Type: e.Type}
	switch {
	case e.Value != nil:
		out.Value = *e.Value
	case e.SelectedOption != nil:
		out.Value = e.SelectedOption.Value
		out.Options = []string{e.SelectedOption.Text.Text}
	case e.SelectedDate != "":
		out.Value = e.SelectedDate
	case e.SelectedTime != "":
		out.Value = e.SelectedTime
	case e.SelectedDateTime != nil:
		out.Value = strconv.FormatInt(*e.SelectedDateTime, 10)
	case e.SelectedUser != "":
		out.Value = e.SelectedUser
	case e.SelectedChannel != "":
		out.Value = e.SelectedChannel
	case e.SelectedConv != "":
		out.Value = e.SelectedConv
	}
	for _, o := range e.SelectedOptions {
		out.Values = append(out.Values, o.Value)
		out.Options = append(out.Options, o.Text.Text)
	}
	out.Values = append(out.Values, e.SelectedUsers...)
	return out
}

func (v *viewPayload) view() *chat.View {
	if v == nil || v.ID == "" {
		return nil
	}
	out := &chat.View{ID: v.ID, Root: v.RootViewID, Callback: v.CallbackID, Hash: v.Hash, Private: v.PrivateMetadata, State: chat.State{}}
	for block, entries := range v.State.Values {
		out.State[block] = make(map[string]chat.Entry, len(entries))
		for action, e := range entries {
			out.State[block][action] = e.entry()
		}
	}
	return out
}

func (p *interactionPayload) place() chat.Place {
	place := chat.Place{Channel: p.Channel.ID, TS: p.Container.MessageTS, Thread: p.Message.ThreadTS, Ephemeral: p.Container.IsEphemeral}
	if place.Channel == "" {
		place.Channel = p.Container.ChannelID
	}
	for _, ts := range []string{p.Message.TS, p.MessageTS} {
		if place.TS == "" {
			place.TS = ts
		}
	}
	return place
}
