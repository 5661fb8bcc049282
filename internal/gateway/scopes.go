package gateway

// Scope is a permission that the app asks for in a workspace
// (docs.slack.dev/reference/scopes), with its reason.
type Scope struct {
	Name    string
	Methods []string // of the Web API, that Slack refuses without it
	Events  []string // that Slack does not send without it
	Without string   // what does not work without it, for whoever installs sopbot
	Minor   bool     // sopbot does its work all the same
}

// Scopes are all that sopbot asks for; no other is needed. Tests hold them
// against the calls in the code, and against a Slack that is strict.
var Scopes = []Scope{
	{Name: "commands", Without: "no command and no shortcut exists"},
	{Name: "app_mentions:read", Events: []string{"app_mention"}, Without: "mentions in channels are not answered"},
	{Name: "chat:write", Methods: []string{"chat.postMessage", "chat.update"}, Without: "no card, reminder or digest is posted"},
	{Name: "im:write", Methods: []string{"conversations.open"}, Without: "a direct message that Slack did not confirm cannot be looked for, and may come twice"},
	// Of a history nothing is read but what the once-only posting needs: a
	// message that Slack never confirmed is looked for before it is sent again.
	{Name: "im:history", Methods: []string{"conversations.history", "conversations.replies"}, Events: []string{"message.im"},
		Without: "direct messages to sopbot are not answered"},
	{Name: "channels:history", Methods: []string{"conversations.history", "conversations.replies"},
		Without: "a message in a public channel that Slack did not confirm may be posted twice"},
	{Name: "groups:history", Methods: []string{"conversations.history", "conversations.replies"},
		Without: "a message in a private channel that Slack did not confirm may be posted twice"},
	{Name: "users:read", Methods: []string{"users.info", "bots.info"}, Without: "names, time zones and who has left are unknown: deadlines run on the playbook's clock"},
	{Name: "usergroups:read", Methods: []string{"usergroups.users.list", "usergroups.list"}, Without: "nobody has a role that the playbook gives to a user group"},
	{Name: "files:write", Methods: []string{"files.getUploadURLExternal", "files.completeUploadExternal"},
		Without: "a digest comes without its charts where Slack does not draw them, and nobody gets a file for their calendar", Minor: true},
	{Name: "channels:read", Methods: []string{"conversations.info"},
		Without: "sopbot doctor cannot tell of a public channel that it is archived, or shared with another company", Minor: true},
	{Name: "groups:read", Methods: []string{"conversations.info"},
		Without: "sopbot doctor cannot tell of a private channel that it is archived, or shared with another company", Minor: true},
}
