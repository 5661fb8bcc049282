// Package gateway is the doors to Slack: Socket Mode in, Web API out.
//
// In: two sockets ([lane]) are open at a time, each a slack-go
// socketmode.Client over a connection that we watch ([wire]): it is pinged,
// noticed when it goes deaf, and left only after its successor is open when
// Slack asks to leave. Each lane's events are drained by one goroutine that
// only hands them on; workers turn them into the words of package chat, run
// the router, and acknowledge ([Gateway.work]).
//
// Out: modals, response URLs and messages go through slack-go's client, within
// Slack's rate limits (api.go, rates.go; post_pace.go for messages).
package gateway
