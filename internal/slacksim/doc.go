// Package slacksim is a Slack on your own machine: Web API, Socket Mode,
// response URLs, file uploads, and the people who type and click.
//
// It speaks Slack's wire, so that an app only needs another API URL to run
// against it, and it is strict: scopes, token kinds, Block Kit's limits, the
// three seconds of acks and triggers, the five uses of a response URL, retries
// of events. What Slack would refuse is refused, in Slack's words. It knows no
// app: everything that it knows of one comes from [Options], best from the
// app's own manifest.
//
// A test opens a Slack, starts the app with [Server.URL], [Server.BotToken] and
// [Server.AppToken], and then lets people act:
//
//	world, err := slacksim.ParseWorld(teamYAML)
//	slack := slacksim.Open(t, slacksim.Options{World: world, Manifest: manifest})
//	startMyBot(slack.URL(), slack.BotToken(), slack.AppToken())
//
//	sam := slack.As("sam")
//	reply := sam.In("#sales").Slash("/sop objection pricing")
//	if !strings.Contains(reply.Text(), "Too expensive") { … }
//	reply.Click("Share in channel")
//	sam.WaitFor("shared by")
//
//	sam.Slash("/handoff")
//	modal := sam.Modal()
//	modal.Fill("Company", "Acme").Pick("Stage", "Discovery").Submit()
//	modal.Errors()           // by label, if the app (or the client) refused
//	slack.As("alex").WaitFor("Acme").Click("Accept")
//
//	sam.OpenHome().Text()
//	sam.Mention("#sales", "pricing?").Text()
//	sam.DM("pricing?").Text()
//
// Waits have a deadline ([Slack.Patience]) and fail with what was visible. Each
// such method has a twin ending in E that takes a context and returns an error,
// for terminals and pages: see [Server.Person].
//
// A [Reply] is read when it is there: the message of the ack or the response
// URL, or else what is new or changed in the same conversation. A [Card] stays
// the same message, however it changes. All of them are live.
//
// Trouble comes on demand: [Server.Fault] for calls, [Server.Quirk] for
// envelopes, [Socket.Disconnect], [Socket.Cut] and [Socket.Deaf] for lines,
// [Server.RevokeAppToken]. [Server.Journal] holds everything that went over the
// wire; [Server.Advance] pushes the clock, so that retries and scheduled
// messages need no waiting.
//
// Read on: api.go is the Web API's table of contents, delivery.go the ledger of
// acks, gesture.go what people do, blockcheck.go what Slack refuses, driver.go
// how tests speak. Facts that no primary source confirms are chosen so that an
// app which works here works at Slack; they are marked where they stand.
package slacksim
