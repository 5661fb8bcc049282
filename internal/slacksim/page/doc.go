// Package page is the local Slack to see and click: a chat program in the
// browser, for the people of a [slacksim.Server].
//
// It shows what one person sees and sends what they do; whoever opens a second
// window can be somebody else there. The page itself is plain HTML, CSS and
// JavaScript in web/, embedded as it stands: app.js is its beginning, blocks.js
// and fields.js draw Block Kit, text.js draws Slack's markup. What the browser
// asks for, this package reads from the server's client side
// ([slacksim.Person.History], [slacksim.Person.Touch]); what happens meanwhile
// comes to every window as server-sent events (live.go).
//
// # Mounting it
//
// The page lives at the server's own address, beside the Web API. Where it
// listens, and for how long, is the server's matter:
//
//	slack, err := slacksim.Start(slacksim.Options{World: world, Listen: "127.0.0.1:7788", Now: clock.Now})
//	p := page.Mount(slack, page.Options{
//		As:     "sam",                                    // who the first window is
//		Push:   func(d time.Duration) { clock.Push(d); slack.Wake() },
//		Status: func() string { return troubleWithTheBot() }, // "" while it is well
//		Tour:   steps,
//		Levers: []page.Lever{{ID: "stop", Name: "Stop the bot", Set: stopOrStart}},
//	})
//	open(p.URL())        // the page; p.URLFor("alex", "#sales") is another window
//
// The page asks Push for a step of the clock and reads the new time from
// [slacksim.Server.Now]; whoever pushes wakes what is due. Status is asked
// twice a second while a window is open, so it must answer at once. Disconnects,
// rate limits, slowness and errors are levers that the page has by itself; those
// in Options stand beside them.
//
// An address names the window: /?as=sam&in=sales is Sam in #sales, in=app the
// direct messages with the app, in=home its Home tab. Names are handles and
// channels' names, or IDs.
//
// It is for one's own machine: it answers on the address it was opened at and
// to its own pages only, so that no other web site can reach in, not even by a
// name that points here.
package page
