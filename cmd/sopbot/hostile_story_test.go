package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"sopbot"
	"sopbot/internal/slacksim"
)

// hostile is what somebody types who means harm. Each has a word that is to be
// readable still, where the text comes out.
var hostile = []string{
	"<!channel> <!here|x> <!everyone> Readable0",
	"<@U0EVIL> <@U0EVIL|dana> <!subteam^S0EVIL|@all> <#C0EVIL|x> Readable1",
	"<https://evil.example|click me> <mailto:x@evil.example|mail> Readable2",
	"*_~`Readable3`~_* ```fence Readable3 > quote :tada:",
	"&lt;!channel&gt; &amp;lt;@U0EVIL&amp;gt; & < > Readable4",
	"Read\u200bable5 \u202egnp.exe\u202c \u2066x\u2069 \u061c \ufeff Readable5",
	"{{placeholder}} {{first_name}} {{ Readable6 }} {{",
	"=HYPERLINK(\"https://evil.example\",\"x\") Readable7",
	"+1+1 Readable8", "@SUM(1) Readable9", "-2+3 Readable10", "\u00a0=1+1 Readable11",
	"Readable12 " + strings.Repeat("👩‍👩‍👧‍👦🏳️‍🌈", 230), // 3,000 characters
	"\x00\x1b[31m\x07 Readable13 \ufffd",
	"Readable14\n> quote\n<!channel>\n```\n=1+1\n<@U0EVIL>",
}

var (
	tokens   = regexp.MustCompile(`<[^<>]*>`)
	ampers   = regexp.MustCompile(`&(?:amp;|lt;|gt;)|&`)
	invisble = regexp.MustCompile("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f\x7f]")
)

// outrages are what is wrong with a text that the bot sent.
func outrages(text string, mrkdwn bool) (wrong []string) {
	if m := invisble.FindString(text); m != "" {
		wrong = append(wrong, fmt.Sprintf("%U", []rune(m)[0]))
	}
	if !mrkdwn {
		return wrong
	}
	for _, token := range tokens.FindAllString(text, -1) {
		switch {
		case strings.HasPrefix(token, "<https://calendar.google.com/calendar/render?"): // words are in it, as its query
		case strings.Contains(token, "EVIL"), strings.Contains(token, "evil.example"), strings.HasPrefix(token, "<!") && !strings.HasPrefix(token, "<!date^"):
			wrong = append(wrong, token)
		case strings.HasPrefix(token, "<@"), strings.HasPrefix(token, "<!date^"), strings.HasPrefix(token, "<#C"):
		case strings.HasPrefix(token, "<http"), strings.HasPrefix(token, "<mailto:"):
		default:
			wrong = append(wrong, token)
		}
	}
	for _, e := range ampers.FindAllString(text, -1) {
		if e == "&" {
			wrong = append(wrong, "a bare &")
			break
		}
	}
	if bare := tokens.ReplaceAllString(text, ""); strings.ContainsAny(bare, "<>") && !onlyQuotes(bare) {
		wrong = append(wrong, "a bare < or >")
	}
	return wrong
}

// onlyQuotes reports whether every > begins a line, as ours do for a quote.
func onlyQuotes(text string) bool {
	for line := range strings.Lines(text) {
		if strings.ContainsAny(strings.TrimLeft(line, "> "), "<>") {
			return false
		}
	}
	return true
}

// judge looks at everything in what the bot sent; which texts are mrkdwn Slack
// decides by their type, and by their key.
func judge(v any, key string, mrkdwn bool, complain func(text string, wrong []string)) {
	switch v := v.(type) {
	case string:
		// Blocks and views may come as JSON in a text.
		if (key == "blocks" || key == "view" || key == "attachments") && strings.HasPrefix(v, "{") || key == "blocks" && strings.HasPrefix(v, "[") {
			var inner any
			if json.Unmarshal([]byte(v), &inner) == nil {
				judge(inner, "", false, complain)
				return
			}
		}
		if key == "private_metadata" || key == "value" || key == "metadata" {
			return // nobody sees it
		}
		if wrong := outrages(v, mrkdwn && key == "text"); len(wrong) > 0 {
			complain(v, wrong)
		}
	case []any:
		for _, x := range v {
			judge(x, key, mrkdwn, complain)
		}
	case map[string]any:
		is := v["type"] == "mrkdwn" || v["type"] == nil // a message itself has no type
		for k, x := range v {
			judge(x, k, is, complain)
		}
	}
}

// beyond are the gestures that nobody gets to with the playbook that comes
// along and texts of a few hundred letters; other tests make them.
var beyond = map[string]string{
	"click sop.turn":      "turns a page that is longer than a modal: it shows the playbook's words alone",
	"click lead.turn":     "turns what is longer than a modal: TestRolesAreCheckedOnEachAction, TestALargeStepComesThroughAlthoughSlackFails",
	"click handoff.turn":  "the same",
	"click qualify.back":  "a scorecard of several steps",
	"click research.back": "a research form of several steps",
}

// hostileWorld is the demo's team, whose people call themselves hostile names.
func hostileWorld(t *testing.T) slacksim.World {
	t.Helper()
	raw, err := fs.ReadFile(sopbot.Seeds(), "team.yaml")
	if err != nil {
		t.Fatal(err)
	}
	world, err := slacksim.ParseWorld(raw)
	if err != nil {
		t.Fatal(err)
	}
	for i := range world.People {
		world.People[i].Name = strings.ReplaceAll(hostile[i%len(hostile)], "\n", " ")
		world.People[i].RealName = world.People[i].Name
		if r := []rune(world.People[i].Name); len(r) > 80 {
			world.People[i].Name = string(r[:80])
		}
	}
	return world
}

// hostilePlaybook is the one that comes along, with pages of an author who
// means harm.
func hostilePlaybook(t *testing.T) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	source := sopbot.Playbook()
	if err := fs.WalkDir(source, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(source, name)
		files[name] = &fstest.MapFile{Data: data}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	files["evil.md"] = &fstest.MapFile{Data: []byte("---\nid: evil\ntitle: \"<!channel> Evil & <@U0EVIL> how do I hand off\"\nowner: \"<!here>\"\nreview: 90d\nreviewed: 2026-11-01\n" +
		"aliases: [\"<!everyone> readable\"]\ntags: [evil]\n---\n# <!channel> heading\n\nText <!here|x> <@U0EVIL> \\<https://evil.example|click\\> `code <!channel>` and &lt;!channel&gt;.\n\n" +
		"> quote <!everyone>\n\n```\nfence <!channel>\n```\n\n| a <!here> | b |\n| --- | --- |\n| <@U0EVIL> | {{first_name}} |\n\n## \u202eRight to left\n\n- Readable item <!subteam^S0EVIL>\n\n[<!channel>](https://site.example/?a=1&b=<!here>)\n")}
	settings := strings.Replace(string(files["playbook.yaml"].Data), "name: Sales playbook", "name: \"<!channel> Book & Co\"", 1)
	files["playbook.yaml"] = &fstest.MapFile{Data: []byte(settings)}
	form := strings.Replace(string(files["forms/handoff.md"].Data), "    label: Link to the booked call", "    label: \"<!channel> Link & call\"", 1)
	form = strings.Replace(form, "    hint: The invitation made with the AE's booking link", "    hint: \"<@U0EVIL> & hint\"", 1)
	// One decline, and only a manager hands the lead off again.
	form = regexp.MustCompile(`(?m)^declines:.*$`).ReplaceAllString(form, "declines: {again: 0, then: manager}")
	files["forms/handoff.md"] = &fstest.MapFile{Data: []byte(form)}
	hostileWeek(files)
	return files
}

// hostileWeek adds more to be done each week than one message shows, ended by a
// form of several steps that asks for a lead.
func hostileWeek(files fstest.MapFS) {
	var week, report strings.Builder
	week.WriteString("---\nid: evil-week\nkind: tool\ntitle: \"<!here> Week & Co\"\nowner: sales-ops\nreview: quarterly\nreviewed: 2026-11-01\nactions:\n")
	for i := range 26 {
		fmt.Fprintf(&week, "  - {id: evil_%d, label: \"<!channel> %d & <@U0EVIL> *bold*\", on: week.started, who: [sdr, ae], within: 4d, remind: [3d], escalate: manager, done: evil-report}\n", i, i)
	}
	week.WriteString("---\nText <!channel>.\n")
	report.WriteString("---\nid: evil-report\nkind: form\ntitle: \"<!channel> Report & Co\"\nowner: sales-ops\nreview: quarterly\nreviewed: 2026-11-01\nsubmit: \"<!here> in\"\nfields:\n" +
		"  - {id: about, label: \"<@U0EVIL> lead\", type: lead}\n")
	for i := range 9 { // more than one step asks for
		fmt.Fprintf(&report, "  - {id: evil_%d, label: \"<!channel> %d & Co\", type: long_text, hint: \"<@U0EVIL> & hint\"}\n", i, i)
	}
	report.WriteString("---\nText <!channel>.\n")
	files["evil-week.md"] = &fstest.MapFile{Data: []byte(week.String())}
	files["evil-report.md"] = &fstest.MapFile{Data: []byte(report.String())}
}

// Hostile text goes in through everything that takes text, and comes out
// nowhere as anything but text.
func TestHostileTextStaysText(t *testing.T) {
	if raceDetector {
		t.Skip("under the race detector it takes minutes and shows no more: make test runs it without")
	}
	t.Parallel() // it mostly waits
	clock := &demoClock{}
	clock.Push(time.Until(time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC)))
	manifest, err := json.Marshal(makeManifest(newFeatures().router(), "sopbot"))
	if err != nil {
		t.Fatal(err)
	}
	slack := slacksim.Open(t, slacksim.Options{World: hostileWorld(t), Manifest: manifest, Now: clock.Now, AckTimeout: 20 * time.Second, TriggerLife: 20 * time.Second})
	b := runBot(t, slack, func(b *bot) {
		b.now, b.playbook, b.delays = clock.Now, hostilePlaybook(t), calmDelays
	})
	p := &prowler{t: t, slack: slack, bot: b, seen: map[string]int{}, cards: map[string][]element{}}
	push := func(by time.Duration) {
		settled(t, b.db, time.Minute) // a response address is no more after half an hour
		clock.Push(by)
		slack.Wake()
		b.wake()
		time.Sleep(200 * time.Millisecond)
	}
	missing := func() (none []string) {
		there := made(slack)
		for _, g := range b.router.Gestures() {
			if why, known := beyond[g]; !there[g] && (!known || why == "") {
				none = append(none, g)
			}
		}
		return none
	}
	for p.round = 0; p.round < 8 && (p.round < 1 || len(missing()) > 0); p.round++ {
		p.everything("dana", "sam", "alex")
		for range 2 { // reminders, and what is overdue
			push(4 * time.Hour)
			for _, who := range []string{"sam", "alex", "dana"} {
				p.person = slack.As(who).In("#sales")
				p.buttons()
			}
		}
		push(12 * time.Hour)
	}
	settled(t, b.db, time.Minute)
	if none := missing(); len(none) > 0 {
		t.Errorf("nobody got as far as %q: how does one get there? Teach the prowler", none)
	}

	n, expired, readable, faults := 0, 0, map[string]bool{}, []string(nil)
	complained := map[string]bool{}
	for _, e := range slack.Journal().Entries() {
		if e.Kind != "call" && e.Kind != "ack" && e.Kind != "response_url" {
			if e.Kind == "verdict" && e.Error != "" && !strings.Contains(e.Error, "no such command") {
				t.Errorf("Slack refuses: %s %s", e.Name, e.Error)
			}
			continue
		}
		if strings.HasPrefix(e.Error, "invalid_") && e.Error != "invalid_trigger_id" || e.Error == "msg_too_long" || e.Error == "no_text" {
			t.Errorf("Slack refuses %s: %s\n%v", e.Name, e.Error, e.Request)
		}
		raw, err := json.Marshal(e.Request)
		if err != nil {
			t.Fatal(err)
		}
		var sent any
		if err := json.Unmarshal(raw, &sent); err != nil {
			t.Fatal(err)
		}
		n++
		judge(sent, "", e.Name == "chat.postMessage" || e.Kind != "call", func(text string, wrong []string) {
			if key := fmt.Sprint(e.Name, wrong); !complained[key] {
				complained[key] = true
				t.Errorf("%s %s: %q in %q", e.Kind, e.Name, wrong, text[:min(len(text), 400)])
			}
		})
		if args, _ := sent.(map[string]any); (e.Name == "chat.postMessage" || e.Name == "chat.update") && args["text"] == nil && e.Error == "" {
			t.Errorf("%s without a text for notifications: %s", e.Name, raw)
		}
		if e.Error == "expired_url" { // the clock was pushed under an answer that was on its way
			expired++
		}
		if strings.Contains(string(raw), "Something went wrong on our side") {
			faults = append(faults, string(raw))
		}
		for i := range hostile {
			word := fmt.Sprint("Readable", i)
			if strings.Contains(strings.ReplaceAll(string(raw), "\u200b", ""), word) {
				readable[word] = true
			}
		}
	}
	if len(faults) > expired {
		t.Errorf("faults of ours, beside %d answers that came too late: %q", expired, faults)
	}
	for i := range hostile {
		if !readable[fmt.Sprint("Readable", i)] {
			t.Errorf("%q came out nowhere", hostile[i])
		}
	}
	t.Logf("%d messages, answers and views were looked at; %d gestures made", n, len(made(slack)))

	// What is exported runs nowhere.
	dir := filepath.Join(t.TempDir(), "out")
	if said, err := cli(b.Database, "export", dir); err != nil {
		t.Fatal(said)
	}
	files, err := filepath.Glob(dir + "/*.csv")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	formulas := 0
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(f).ReadAll()
		_ = f.Close()
		if err != nil {
			t.Fatal(file, err)
		}
		for _, row := range rows {
			for i, cell := range row {
				// What is left of a clock that stands is the bot's own number, below
				// zero where it stopped late: nobody typed it.
				if _, err := strconv.ParseInt(cell, 10, 64); err == nil && rows[0][i] == "left_ms" {
					continue
				}
				if strings.HasPrefix(cell, "'") {
					formulas++
				}
				if first := strings.TrimLeft(cell, " \t\r\n\u00a0\ufeff\u200b"); first != "" && strings.ContainsRune("=+-@\t\r＝＋－＠", []rune(first)[0]) {
					t.Errorf("%s: a spreadsheet runs %q", filepath.Base(file), cell)
				}
			}
		}
	}
	if formulas == 0 {
		t.Error("no formula came so far: the test does not go far enough")
	}
}
