package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sopbot"
	"sopbot/internal/database"
	"sopbot/internal/slacksim"
)

// startBot runs the real bot against the local Slack until the test ends.
func startBot(t testing.TB, change func(*bot)) (*slacksim.Slack, *bot) {
	t.Helper()
	raw, err := json.Marshal(makeManifest(newFeatures().router(), "sopbot"))
	if err != nil {
		t.Fatal(err)
	}
	return startBotWith(t, slacksim.Options{Manifest: raw}, change)
}

func startBotWith(t testing.TB, options slacksim.Options, change func(*bot)) (*slacksim.Slack, *bot) {
	t.Helper()
	team, err := fs.ReadFile(sopbot.Seeds(), "team.yaml")
	if err != nil {
		t.Fatal(err)
	}
	world, err := slacksim.ParseWorld(team)
	if err != nil {
		t.Fatal(err)
	}
	options.World = world
	slack := slacksim.Open(t, options)
	return slack, runBot(t, slack, change)
}

// runBot runs a bot against a Slack that is there already. A bot that was
// given a database takes that.
func runBot(t testing.TB, slack *slacksim.Slack, change func(*bot)) *bot {
	t.Helper()
	b := &bot{
		Config: Config{BotToken: slack.BotToken(), AppToken: slack.AppToken(), APIURL: slack.URL(), Database: filepath.Join(t.TempDir(), "sopbot.db")},
		log:    slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug})),
		now:    time.Now,
	}
	var err error
	if b.settings, err = demoSettings(); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(b)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if err := b.open(ctx); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- b.run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the bot ended with: %v", err)
		}
		if err := b.close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	deadline := time.Now().Add(30 * time.Second)
	for b.gateway.Connected() < 2 {
		if time.Now().After(deadline) {
			t.Fatal("the bot did not connect")
		}
		time.Sleep(time.Millisecond)
	}
	return b
}

// has fails the test for every text that is missing.
func has(t *testing.T, what, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("%s lacks %q:\n%s", what, want, text)
		}
	}
}

func lacks(t *testing.T, what, text string, unwanted ...string) {
	t.Helper()
	for _, u := range unwanted {
		if strings.Contains(text, u) {
			t.Errorf("%s should not say %q:\n%s", what, u, text)
		}
	}
}

// one reads a single value from the bot's database, once it is there.
func one[T any](t *testing.T, b *bot, query string, args ...any) (value T) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		found := false
		err := b.db.Read(context.Background(), func(tx *database.Tx) (err error) {
			found, err = tx.Row(query, args, &value)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if found || time.Now().After(deadline) {
			if !found {
				t.Errorf("no row for %s", query)
			}
			return value
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestARepAsksAndTheAnswerIsInTheAcknowledgement(t *testing.T) {
	slack, b := startBot(t, nil)
	reply := slack.As("sam").In("#sales").Slash("/sop objection pricing")
	has(t, "the answer", reply.Text(), "You asked: objection pricing", "too expensive", "reviewed", "sales-ops", "[Share in channel]", "[Helpful]", "[Not helpful]", "[View]")
	if !reply.Card().Ephemeral() {
		t.Error("others see the answer")
	}
	if calls := slack.Journal().Calls("chat.postMessage"); len(calls) > 0 {
		t.Errorf("there was a second request: %v", calls)
	}
	if got := one[string](t, b, "SELECT person || ' ' || channel || ' ' || via || ' ' || words || ' ' || verdict FROM questions"); got != "U0SAM C0SALES command objection pricing answered" {
		t.Errorf("recorded: %s", got)
	}
}

func TestAnAnswerIsSharedOnceUnderTheSharersName(t *testing.T) {
	slack, b := startBot(t, nil)
	for _, channel := range []string{"#sales", "#random"} { // the bot is not in #random
		reply := slack.As("sam").In(channel).Slash("/sop too expensive")
		share := reply.Button("Share in channel")
		share.Click()
		card := slack.As("alex").In(channel).WaitFor("Shared from the playbook by")
		has(t, "the shared message", card.Text(), "@sam", "When you say too expensive")
		lacks(t, "the shared message", card.Text(), "You asked", "[Share")
		reply.WaitFor("✓ Shared in this channel")
		lacks(t, "the answer", reply.Text(), "[Share in channel]")
	}
	if n := one[int](t, b, "SELECT count(*) FROM shares"); n != 2 {
		t.Errorf("%d shares are kept, want 2", n)
	}
}

func TestAnswersAreRatedAndTheReasonIsKept(t *testing.T) {
	slack, b := startBot(t, nil)
	sam, alex := slack.As("sam").In("#sales"), slack.As("alex").In("#sales")
	reply := sam.Slash("/sop stage discovery")
	reply.Click("Helpful")
	reply.WaitFor("✓ You found this helpful")
	lacks(t, "the answer", reply.Text(), "[Helpful]", "[Not helpful]")

	other := alex.Slash("/sop no budget")
	other.Click("Not helpful")
	alex.Modal().Fill("What did you need instead?", "words for <!channel> & CFOs").Submit()
	other.WaitFor("not helpful")
	if got := one[string](t, b, "SELECT page || ' ' || why FROM ratings WHERE person = 'U0ALEX' AND helpful = 0 AND why <> ''"); got != "objection-no-budget words for <!channel> & CFOs" {
		t.Errorf("kept: %s", got)
	}
	if got := one[string](t, b, "SELECT page FROM ratings WHERE person = 'U0SAM' AND helpful = 1"); got != "discovery-call" {
		t.Errorf("kept: %s", got)
	}
}

func TestPagesOpenInAModalAndLeadOn(t *testing.T) {
	slack, b := startBot(t, nil)
	sam := slack.As("sam").In("#sales")
	reply := sam.Slash("/sop objection pricing")
	reply.Click("View")
	has(t, "the page", sam.Modal().Text(), "reviewed")
	sam.Modal().CloseAll()
	reply.Click("Open page")
	m := sam.Modal()
	has(t, "the page", m.Text(), "See also", "Discounts and approvals")
	for range 4 { // deeper than Slack's stack of three
		buttons := sam.Modal().Buttons()
		sam.Modal().Click(buttons[len(buttons)-1])
	}
	sam.Modal().CloseAll()
	if n := one[int](t, b, "SELECT count(*) FROM openings WHERE person = 'U0SAM' HAVING count(*) >= 2"); n < 2 {
		t.Errorf("%d openings are kept", n)
	}

	home := sam.Slash("/sop")
	has(t, "browsing", home.Text(), "1 Lead qualification", "5 Closing", "Objections (", "Templates (")
	home.Click("2 Discovery call")
	has(t, "the stage", sam.Modal().Text(), "Entry criteria", "Must-ask questions", "Data to capture", "Exit criteria", "within 4 hours")
	sam.Modal().CloseAll()
	home.Click(home.Buttons()[5])
	sam.Modal().WaitFor("View")
	sam.Modal().CloseAll()
}

func TestWhatIsNotInThePlaybookIsSaidAndKept(t *testing.T) {
	slack, b := startBot(t, nil)
	reply := slack.As("sam").Slash("/sop quantum chromodynamics")
	has(t, "the answer", reply.Text(), "no answer to", "Your question is kept", "/sop ", "[Browse the playbook]")
	if got := one[string](t, b, "SELECT verdict FROM questions"); got != "nothing" {
		t.Errorf("kept as %s", got)
	}
	reply.Click("Browse the playbook")
	reply.WaitFor("stage by stage")
}

func TestHelpListsEveryCommand(t *testing.T) {
	slack, b := startBot(t, nil)
	text := slack.As("noor").Slash("/sop help").Text()
	for _, c := range b.router.Commands() {
		has(t, "help", text, c.Name)
		for _, e := range c.Examples {
			has(t, "help", text, e.Typed)
		}
	}
}

func TestMentionsAndDirectMessagesAreAnsweredInTheThread(t *testing.T) {
	slack, b := startBot(t, nil)
	alex := slack.As("alex")
	reply := alex.Mention("#sales", "what if they have no budget?")
	has(t, "the answer", reply.Text(), "we have no budget")
	if len(reply.Said().Thread()) == 0 {
		t.Error("the answer is not in the thread of the message")
	}
	lacks(t, "the answer", reply.Text(), "[Share in channel]")
	again := alex.MentionInThread(reply.Said(), "and when legal has to review it?")
	has(t, "the second answer", again.Text(), "legal")
	if n := len(reply.Said().Thread()); n != 3 {
		t.Errorf("%d messages are in the thread, want 3", n)
	}
	direct := alex.DM("pricng")
	has(t, "the direct answer", direct.Text(), "read as", "pricing", "too expensive")
	direct.Click("Helpful")
	one[int](t, b, "SELECT helpful FROM ratings WHERE person = 'U0ALEX'")
	if n := one[int](t, b, "SELECT count(*) FROM questions WHERE via IN ('mention', 'direct') HAVING count(*) = 3"); n != 3 {
		t.Errorf("%d questions are kept", n)
	}
	alex.Say("#sales", "nobody asked the bot for pricing")
	slack.As("sam").WaitFor("nobody asked")
	if n := len(slack.Journal().Calls("chat.postMessage")); n != 3 {
		t.Errorf("the bot posted %d times, want 3: it answers only when addressed", n)
	}
}

func TestAMessageIsLookedUpByShortcut(t *testing.T) {
	slack, _ := startBot(t, nil)
	dana := slack.As("dana")
	said := slack.As("sam").Say("#sales", "they say it is *too expensive* :sob:, what now?")
	dana.Shortcut("Find in playbook", said)
	has(t, "the modal", dana.Modal().Text(), "too expensive", "[View]")
	dana.Modal().Click("View")
	has(t, "the page on top", dana.Modal().Text(), "reviewed")
}

func TestHostileTextGetsASentence(t *testing.T) {
	slack, b := startBot(t, nil)
	sam := slack.As("sam")
	lacks(t, "what nobody can see", sam.Slash("/sop \x00\x07\u202e").Text(), "**", "no words")
	for name, text := range map[string]string{
		"ten thousand characters": strings.Repeat("pricing ", 1250),
		"one endless word":        strings.Repeat("x", 8000),
		"punctuation":             "?!.,;:-_",
		"emoji":                   "🤷‍♀️🤷‍♀️ :shrug:",
		"right to left":           "\u202eמחיר גבוה מדי\u202c",
		"a mention of everybody":  "<!channel> <!here> @everyone",
		"a forged link":           "<https://evil.example|https://acme.example>",
		"control characters":      "pri\x00cing\x07 \x1b[31m",
		"query syntax":            `+pricing -discount "too expensive"~2 title:x^4 (a OR b) [1 TO 2] *`,
		"an unknown kind":         "frobnication pricing",
		"mrkdwn":                  "*pricing* _now_ ~or~ `never` ```x",
		"a placeholder":           "{{first_name}}",
	} {
		t.Run(name, func(t *testing.T) {
			reply := slack.For(t).As("sam").Slash("/sop " + text)
			if reply.Failed() != "" || reply.Text() == "" {
				t.Fatalf("no answer: %s", reply.Failed())
			}
			raw := string(reply.JSON())
			for _, forged := range []string{"<!channel", "<!here", "<https", "\u202e", "\x07"} {
				if strings.Contains(raw, forged) || strings.Contains(raw, strings.ReplaceAll(forged, "<", `\u003c`)) {
					t.Errorf("%q came through: %s", forged, raw)
				}
			}
		})
	}
	if refused := slack.Journal().Refusals(); len(refused) > 0 {
		t.Errorf("Slack refused: %v", refused)
	}
	for _, line := range fault(t, b) {
		t.Error(line)
	}
}

// fault gives what was counted as a fault of ours.
func fault(t *testing.T, b *bot) (lines []string) {
	t.Helper()
	families, err := b.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "sopbot_gestures_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetValue() == "fault" && m.GetCounter().GetValue() > 0 {
					lines = append(lines, m.String())
				}
			}
		}
	}
	return lines
}

func TestAChangedPageServesWithinTwoSeconds(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("bread.md", "# Bread\n\nBread is baked at four.\n")
	slack, _ := startBot(t, func(b *bot) { b.Playbook = dir })
	sam := slack.As("sam")
	shared := sam.Slash("/sop bread")
	has(t, "the answer", shared.Text(), "at four")

	answers := func(words, want string) bool {
		for deadline := time.Now().Add(2 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			if strings.Contains(sam.Slash("/sop "+words).Text(), want) {
				return true
			}
		}
		return false
	}
	write("bread.md", "# Bread\n\nBread is baked at five.\n")
	if !answers("bread", "at five") {
		t.Fatal("the changed page is not served after two seconds")
	}
	write("bread.md", "---\nkind: bred\n---\nBread is baked at nine.\n")
	if answers("bread", "at nine") {
		t.Error("a page that does not lint is served")
	}
	write("bread.md", "# Bread\n\nBread is baked at six.\n")
	if !answers("bread", "at six") {
		t.Error("the mended page is not served")
	}
	write("butter.md", "# Butter\n\nButter is churned.\n")
	if err := os.Remove(filepath.Join(dir, "bread.md")); err != nil {
		t.Fatal(err)
	}
	if !answers("butter", "churned") {
		t.Error("the new page is not served")
	}
	shared.Click("Open page")
	has(t, "the page that is gone", sam.Modal().Text(), "no longer in the playbook")
}

func TestAHandbookOfFiveHundredPagesIsServedAsItIs(t *testing.T) {
	dir := t.TempDir()
	for i := range 500 {
		text := fmt.Sprintf("# Chapter %d\n\nHow machine %d is greased.\n\n## Oil\n\nMachine %d takes oil number %d.\n\n[next](chapter-%d.md) ![photo](x.png)\n", i, i, i, i*7, i+1)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("chapter-%d.md", i)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	slack, _ := startBot(t, func(b *bot) { b.Playbook = dir })
	sam := slack.As("sam")
	has(t, "the answer", sam.Slash("/sop oil of machine 321").Text(), "Chapter 321", "2247")
	home := sam.Slash("/sop")
	home.Click("Pages (500)")
	sam.Modal().Click("More →")
	sam.Modal().WaitFor("Part 2 of 17")
}

func TestTheBotSpeaksWhatItsManifestSays(t *testing.T) {
	raw, err := json.Marshal(makeManifest(newFeatures().router(), "sopbot"))
	if err != nil {
		t.Fatal(err)
	}
	slack, _ := startBotWith(t, slacksim.Options{Manifest: raw}, nil)
	sam := slack.As("sam").In("#sales")
	reply := sam.Slash("/sop objection pricing")
	has(t, "the answer", reply.Text(), "too expensive")
	reply.Click("Share in channel")
	reply.WaitFor("Shared in this channel")
	reply.Click("Open page")
	sam.Modal().CloseAll()
	has(t, "the mention", sam.Mention("#sales", "pricing").Text(), "too expensive")
	has(t, "the direct message", sam.DM("pricing").Text(), "too expensive")
	sam.Shortcut("Find in playbook", sam.Say("#sales", "pricing"))
	sam.Modal().CloseAll()
	if refused := slack.Journal().Refusals(); len(refused) > 0 {
		t.Errorf("with the manifest's scopes Slack refused: %v", refused)
	}
}
