// Package chat is our words for Slack: what people do ([Command], [Click],
// [Submission], [Suggestion], [Shortcut], [Mention]), what they are told
// ([Message], [Refusal], [FieldErrors]), who answers them ([Router]), and how
// a playbook's Markdown becomes Slack's text ([Mrkdwn]).
//
// It knows no sockets and no Web API: the gateway turns Slack's envelopes into
// these words and carries the answers back. Features register what they answer
// with a Router; how Slack wants a text to look stands in mrkdwn.go, escape.go
// and cut.go, and block pieces that keep Slack's limits in piece.go.
package chat
