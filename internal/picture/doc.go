// Package picture draws the chart of a message as a PNG, for a Slack that does
// not show charts. It knows Slack's block and nothing of the bot.
package picture
