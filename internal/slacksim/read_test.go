package slacksim

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// What an app reads of the workspace, through slack-go's decoding.
func TestTheWorkspaceAsAnAppReadsIt(t *testing.T) {
	s := open(t, Options{})
	api := slack.New(s.BotToken(), slack.OptionAPIURL(s.URL()))
	check := func(what string, err error, ok bool) {
		t.Helper()
		if err != nil || !ok {
			t.Errorf("%s: %v", what, err)
		}
	}
	me, err := api.AuthTest()
	check("auth.test", err, me != nil && me.UserID == s.App().BotUser && me.BotID == s.App().BotID)
	bot, err := api.GetBotInfo(slack.GetBotInfoParameters{Bot: s.App().BotID})
	check("bots.info", err, bot != nil && bot.UserID == me.UserID)
	team, err := api.GetTeamInfo()
	check("team.info", err, team != nil && team.Domain == "acme")
	priya, err := api.GetUserInfo("U0PRIYA")
	check("users.info", err, priya != nil && priya.TZ == "Asia/Kolkata" && priya.TZOffset == 19800 && priya.Profile.Email == "priya@acme.example")
	users, err := api.GetUsers(slack.GetUsersOptionLimit(3))
	check("users.list in pages", err, len(users) == 11)
	found, err := api.GetUserByEmail("SAM@acme.example")
	check("users.lookupByEmail", err, found != nil && found.ID == "U0SAM")
	groups, err := api.GetUserGroups(slack.GetUserGroupsOptionIncludeUsers(true))
	check("usergroups.list", err, len(groups) == 2 && len(groups[0].Users) == 3)
	sdrs, err := api.GetUserGroupMembers("S0SDR")
	check("usergroups.users.list", err, cmp.Equal(sdrs, []string{"U0SAM", "U0PRIYA", "U0NOOR"}))
	rooms, _, err := api.GetConversations(&slack.GetConversationsParameters{Types: []string{"public_channel", "private_channel"}, ExcludeArchived: true})
	check("conversations.list", err, len(rooms) == 5)
	sales, err := api.GetConversationInfo(&slack.GetConversationInfoInput{ChannelID: "C0SALES", IncludeNumMembers: true})
	check("conversations.info", err, sales != nil && sales.IsMember && sales.NumMembers == 9)
	members, _, err := api.GetUsersInConversation(&slack.GetUsersInConversationParameters{ChannelID: "C0SALES", Limit: 1})
	check("conversations.members", err, len(members) == 1)
	_, _, _, err = api.JoinConversation("C0RANDOM")
	check("conversations.join", err, true)
	_, ts, err := api.PostMessage("C0RANDOM", slack.MsgOptionText("root", false))
	check("a message after joining", err, true)
	_, reply, err := api.PostMessage("C0RANDOM", slack.MsgOptionText("leaf", false), slack.MsgOptionTS(ts))
	check("a reply", err, true)
	thread, _, _, err := api.GetConversationReplies(&slack.GetConversationRepliesParameters{ChannelID: "C0RANDOM", Timestamp: ts})
	check("conversations.replies", err, len(thread) == 2 && thread[0].ReplyCount == 1)
	link, err := api.GetPermalink(&slack.PermalinkParameters{Channel: "C0RANDOM", Ts: reply})
	check("chat.getPermalink", err, strings.Contains(link, "/archives/C0RANDOM/p") && strings.Contains(link, "thread_ts="+ts))
	check("reactions.add", api.AddReaction("tada", slack.NewRefToMessage("C0RANDOM", ts)), true)
	if err := api.AddReaction("tada", slack.NewRefToMessage("C0RANDOM", ts)); err == nil || err.Error() != "already_reacted" {
		t.Errorf("a second reaction: %v", err)
	}
	_, _, _, err = api.UpdateMessage("C0RANDOM", reply, slack.MsgOptionText("new leaf", false))
	check("chat.update", err, true)
	contains(t, s.As("sam").WaitFor("new leaf").Text(), "new leaf")
	_, _, err = api.DeleteMessage("C0RANDOM", reply)
	check("chat.delete", err, len(s.As("sam").Messages("#random")) == 1)
	dm, _, already, err := api.OpenConversation(&slack.OpenConversationParameters{Users: []string{"U0SAM"}})
	check("conversations.open", err, dm != nil && strings.HasPrefix(dm.ID, "D") && !already)
	party, _, _, err := api.OpenConversation(&slack.OpenConversationParameters{Users: []string{"U0SAM", "U0LENA"}, ReturnIM: true})
	check("conversations.open of three", err, party != nil && party.IsMpIM)
}

func TestAClockPushedElsewhereIsFollowed(t *testing.T) {
	var mu sync.Mutex
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	s := open(t, Options{Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now }})
	api := slack.New(s.BotToken(), slack.OptionAPIURL(s.URL()))
	if _, _, err := api.ScheduleMessage("C0SALES", "1795428000", slack.MsgOptionText("good morning", false)); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	now = time.Unix(1795428000, 0)
	mu.Unlock()
	s.Wake()
	contains(t, s.As("sam").WaitFor("good morning").Text(), "good morning")
}

func TestViewsStackAndAnswersChangeThem(t *testing.T) {
	s := open(t, Options{})
	view := func(title string, blocks ...slack.Block) slack.ModalViewRequest {
		return slack.ModalViewRequest{Type: "modal", CallbackID: title, Title: plain(title), Submit: plain("Next"), Close: plain("Back"), Blocks: slack.Blocks{BlockSet: blocks}}
	}
	who := slack.NewInputBlock("who", plain("Who"), nil, slack.NewOptionsSelectBlockElement("users_select", plain("Somebody"), "who"))
	(&bot{
		slash: func(b *bot, e socketmode.Event, c slack.SlashCommand) {
			_, _ = b.api.OpenView(c.TriggerID, view("one", who))
			b.ack(e)
		},
		interact: func(b *bot, e socketmode.Event, i slack.InteractionCallback) {
			answer := map[string]map[string]any{
				"one":   {"response_action": "push", "view": view("two", slack.NewSectionBlock(markdown("hello <@"+i.View.State.Values["who"]["who"].SelectedUser+">"), nil, nil))},
				"two":   {"response_action": "update", "view": view("three", who)},
				"three": {"response_action": "clear"},
			}[i.View.CallbackID]
			b.ack(e, answer)
		},
	}).start(t, s)
	sam := s.As("sam")
	sam.Slash("/go")
	one := sam.Modal()
	one.Pick("Who", "@lena").Submit()
	if got := one.Value("Who"); got != "@lena" {
		t.Errorf("picked %q", got)
	}
	two := sam.Modal()
	contains(t, two.Text(), "== two ==", "hello @lena")
	two.Close()
	if sam.Modal().Title() != "one" {
		t.Error("closing the second view does not show the first")
	}
	one.Submit()
	sam.Modal().Submit()
	three := sam.Modal()
	contains(t, three.Text(), "== three ==")
	three.Pick("Who", "Dana").Submit()
	sam.WaitNoModal()
}

func TestTheJournalKeepsTheNewestAndItsNumbers(t *testing.T) {
	j := &Journal{now: time.Now, most: 8}
	for i := range 100 {
		j.add(Entry{Name: fmt.Sprint(i + 1)})
		kept := j.Entries()
		if len(kept) > 10 || kept[len(kept)-1].Name != fmt.Sprint(i+1) || j.Len() != i+1 {
			t.Fatalf("after %d: %d entries, the last is %+v of %d", i+1, len(kept), kept[len(kept)-1], j.Len())
		}
		for k, e := range kept {
			if e.Name != fmt.Sprint(e.Seq) || k > 0 && e.Seq != kept[k-1].Seq+1 {
				t.Fatalf("entry %d is %+v", k, e)
			}
		}
	}
	for _, tc := range []struct{ seq, most, first, last int }{{97, 300, 98, 100}, {0, 300, 91, 100}, {0, 3, 98, 100}, {100, 300, 0, 0}, {5000, 3, 0, 0}} {
		got := j.Since(tc.seq, tc.most)
		if len(got) == 0 && tc.first == 0 {
			continue
		}
		if len(got) == 0 || got[0].Seq < tc.first || got[len(got)-1].Seq != tc.last {
			t.Errorf("since %d: %v", tc.seq, got)
		}
	}
}

func TestWhatNobodyCanUseAnyMoreIsForgotten(t *testing.T) {
	now := time.Now()
	s, err := Start(Options{World: acme(t), Now: func() time.Time { return now }, VirtualDeadlines: true, Commands: []Command{{Name: "/x"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	sam, err := s.Person("sam")
	if err != nil {
		t.Fatal(err)
	}
	for range 200 {
		if _, err := sam.Touch(t.Context(), Touch{Do: "slash", Room: "C0SALES", Text: "/x"}); err != nil { // to which nobody listens
			t.Fatal(err)
		}
		now = now.Add(5 * time.Minute)
		s.Wake()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if d, tr, u := len(s.deliveries), len(s.triggers), len(s.replyURLs); d > 10 || tr > 10 || u > 20 || d == 0 || u == 0 {
		t.Errorf("kept of 200 commands: %d deliveries, %d triggers, %d reply URLs", d, tr, u)
	}
}
