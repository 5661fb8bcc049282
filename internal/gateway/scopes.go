package gateway

// Scopes is what the gateway's calls need of the app, whatever the features are
// (docs.slack.dev/reference/scopes). Each has its reason; there are no others.
var Scopes = []string{
	"chat:write", // to say anything
	"im:write",   // to open a direct message with somebody
	// Direct messages to the bot, and the once-only posting: a message that
	// Slack never confirmed is looked for before it is sent again. Nothing else
	// of a channel's history is read.
	"im:history", "channels:history", "groups:history",
	"users:read",      // names, time zones, who is a guest or has left
	"files:write",     // a chart as a picture, where Slack does not show charts; a block of time for somebody's calendar
	"usergroups:read", // who has a role of the playbook
}
