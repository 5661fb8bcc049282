package search

import (
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sopbot/internal/playbook"
)

func build(t testing.TB, pb *playbook.Playbook) *Index {
	t.Helper()
	x, err := Build(pb)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

var loadDefault = sync.OnceValues(func() (*playbook.Playbook, error) {
	pb, _, err := playbook.Load(os.DirFS("../../playbook"), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	return pb, err
})

func defaultPlaybook(t testing.TB) *playbook.Playbook {
	t.Helper()
	pb, err := loadDefault()
	if err != nil {
		t.Fatal(err)
	}
	return pb
}

// book makes a playbook of pages that read "title: text". A title that begins
// with a kind and a slash is of that kind.
func book(pages ...string) *playbook.Playbook {
	pb := &playbook.Playbook{}
	for _, p := range pages {
		title, text, _ := strings.Cut(p, ": ")
		kind := playbook.KindPage
		if k, rest, ok := strings.Cut(title, "/"); ok {
			kind, title = playbook.Kind(k), rest
		}
		id := strings.ReplaceAll(strings.ToLower(title), " ", "-")
		pb.Pages = append(pb.Pages, &playbook.Page{
			ID: id, File: id + ".md", Kind: kind, Title: title,
			Sections: []playbook.Section{{Plain: text, Markdown: text}},
		})
	}
	return pb
}

func ids(hits []Hit) []string {
	out := []string{}
	for _, h := range hits {
		out = append(out, h.Page.ID)
	}
	return out
}

func TestTheRightPageIsFirst(t *testing.T) {
	pb := book(
		"Refunds: Money goes back to the card within ten days after the parcel arrived with us.",
		"Parental leave: Sixteen weeks, paid in full, for every parent.",
		"Expense reports: Hand in receipts by the fifth of the month. The café budget is separate.",
		"Travel: Book trains rather than planes. Flights need the approval of a manager.",
		"MEDDPICC: Metrics, economic buyer, decision criteria, decision process, paper process, identify pain, champion, competition.",
		"Ramp plan: The first 30-60-90 days of a new colleague.",
		"Passwords: Use the manager on your laptop. Never mail a password. Reset a forgotten one at id.example.com.",
		"Follow up: Write to the prospect on the next working day.",
		"Naïve résumé screening: Why we read every one.",
		"Смета: Как составить смету проекта.",
		"入札: 入札の手順を説明します。",
	)
	x := build(t, pb)
	defer x.Close()
	for question, want := range map[string]string{
		"parental leave":                 "parental-leave",
		"how many weeks do parents get?": "parental-leave",
		"where do my reciepts go":        "expense-reports",
		"expence report":                 "expense-reports",
		"cafe":                           "expense-reports",
		"CAFÉ budget":                    "expense-reports",
		"cafe\u0301":                     "expense-reports",
		"who approves flights":           "travel",
		"meddpicc":                       "meddpicc",
		"30-60-90":                       "ramp-plan",
		"30 60 90":                       "ramp-plan",
		"passw":                          "passwords",
		"forgot pass":                    "passwords",
		"followup":                       "follow-up",
		"follow-up":                      "follow-up",
		"resume":                         "naïve-résumé-screening",
		"смета":                          "смета",
		"入札の手順":                          "入札",
		"passwordreset":                  "passwords",
		"champion":                       "meddpicc",
	} {
		t.Run(question, func(t *testing.T) {
			got := x.Search(question, 3)
			if len(got.Hits) == 0 || got.Hits[0].Page.ID != want {
				t.Errorf("%v: hits %v, nearest %v, want %s first", got.Verdict, ids(got.Hits), ids(got.Nearest), want)
			}
		})
	}
}

func TestTheFirstWordNarrowsButHidesNothing(t *testing.T) {
	stage := book("stage/Discovery: Understand the prospect.").Pages[0]
	stage.Sections = append(stage.Sections,
		playbook.Section{N: 1, Slug: "exit", Heading: []string{"Exit criteria"}, Part: playbook.PartExit, Plain: "Pain is known. Budget is confirmed."},
		playbook.Section{N: 2, Slug: "ask", Heading: []string{"Must ask"}, Part: playbook.PartAsk, Plain: "What does the problem cost you?"})
	pb := book(
		"objection/Price is too high: Ask what it is compared with.",
		"objection/Bad timing: Ask what changes later.",
		"template/Price proposal: Here is our price for you.",
		"Exit interviews: What to ask a colleague who leaves; pricing is not discussed.",
		"Discovery of fire: A story for the kick-off.",
		"Trade fairs: Booths, badges and coffee.",
	)
	pb.Pages = append(pb.Pages, stage)
	x := build(t, pb)
	defer x.Close()
	for question, want := range map[string]struct {
		page    string
		section int
	}{
		"objection pricing":     {"price-is-too-high", 0},
		"Objections: price":     {"price-is-too-high", 0},
		"objecton pricing":      {"price-is-too-high", 0},
		"template price":        {"price-proposal", 0},
		"exit discovery":        {"discovery", 1},
		"ask discovery":         {"discovery", 2},
		"checklist discovery":   {"discovery", 0},
		"stage discovery":       {"discovery", 0},
		"objection trade fairs": {"trade-fairs", 0},
		"exit interviews":       {"exit-interviews", 0},
		"persona price":         {"price-is-too-high", 0}, // there are no personas here
	} {
		t.Run(question, func(t *testing.T) {
			got := x.Search(question, 5)
			if len(got.Hits) == 0 || got.Hits[0].Page.ID != want.page && question != "persona price" || want.section != 0 && got.Hits[0].Section != want.section {
				t.Errorf("%v: hits %v, nearest %v, want %v first", got.Verdict, ids(got.Hits), ids(got.Nearest), want)
			}
		})
	}
	t.Run("only the kind", func(t *testing.T) {
		got := x.Search("objections", 2)
		if diff := cmp.Diff([]string{"bad-timing", "price-is-too-high"}, ids(got.Hits)); diff != "" {
			t.Error(diff)
		}
		if got.Query.Kind != playbook.KindObjection || got.Verdict != Answered {
			t.Errorf("understood as %+v, %v", got.Query, got.Verdict)
		}
	})
}

func TestSynonyms(t *testing.T) {
	pb := book("Zeppelins: How to rent an airship.", "Trains: How to rent a railway car.", "Weather: Rain or shine.",
		"Objection handling: What to say when it costs too much. Pricing is by seat.")
	pb.Settings.Synonyms = [][]string{{"blimp", "zeppelin"}, {"iron horse", "railway"}}
	x := build(t, pb)
	defer x.Close()
	for question, want := range map[string]string{
		"blimp":              "zeppelins",
		"iron horse":         "trains",
		"the iron horses":    "trains",
		"too expensive":      "objection-handling",
		"where is my blmip?": "zeppelins", // the playbook has no blimp, misspelt or not
	} {
		got := x.Search(question, 3)
		found := append(ids(got.Hits), ids(got.Nearest)...)
		if len(found) == 0 || found[0] != want {
			t.Errorf("%q: %v %v, want %s", question, got.Verdict, found, want)
		}
	}
}

// TestWordsOfEnglish holds that what is a word is not taken for another, and
// that words which say little do not outweigh those that say something.
func TestWordsOfEnglish(t *testing.T) {
	x := build(t, book("Life insurance: A day in the life of a broker.", "Passes: Every pass opens a gate, and every word counts.",
		"Care: How we care for plants.", "Handing over: When you hand off a shift, say so.", "Somebody: Honestly, somebody wants something.",
		"Ferries: Ferries leave on the hour."))
	defer x.Close()
	for question, not := range map[string]string{"my wife ": "life-insurance", "password ": "passes", "a car ": "care"} {
		got := x.Search(question, 3)
		if len(got.Query.Corrected) > 0 || got.Verdict == Answered {
			t.Errorf("%q is read as %v and %v by %v, not %s", question, got.Query.Corrected, got.Verdict, ids(got.Hits), not)
		}
	}
	for question, want := range map[string]string{"handoff ": "handing-over", "honestly somebody wants the ferries": "ferries"} {
		if got := x.Search(question, 3); len(got.Hits) == 0 || got.Hits[0].Page.ID != want {
			t.Errorf("%q: %v %v, want %s", question, got.Verdict, ids(got.Hits), want)
		}
	}
}

// TestAMissingTopicIsNoAnswer: the rest of the question matches well, but not
// what it is about.
func TestAMissingTopicIsNoAnswer(t *testing.T) {
	x := build(t, defaultPlaybook(t))
	defer x.Close()
	for _, q := range []string{"payroll for a new customer", "who approves my visa", "lunch with the account executive"} {
		if got := x.Search(q, 3); got.Verdict == Answered {
			t.Errorf("%q is answered by %v", q, ids(got.Hits))
		}
	}
}

func TestWhatWasUnderstood(t *testing.T) {
	x := build(t, book("objection/Pricing: Ask what it is compared with.", "Weather: Rain."))
	defer x.Close()
	got := x.Search("  objection \x00 the prcing\n", 5).Query
	want := Query{Text: "objection the prcing", Words: []string{"pricing"}, Kind: playbook.KindObjection, Corrected: map[string]string{"prcing": "pricing"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNothingIsSaidToBeNothing(t *testing.T) {
	x := build(t, defaultPlaybook(t))
	defer x.Close()
	for _, q := range []string{"", "   ", "?!", "zebra crossing rules", "lasagna recipe", "qqqqqq xxxxx"} {
		if got := x.Search(q, 5); got.Verdict == Answered {
			t.Errorf("%q is answered by %v", q, ids(got.Hits))
		}
	}
}

func TestSectionsWithoutText(t *testing.T) {
	full := &playbook.Page{ID: "full", File: "full.md", Title: "Full", Sections: []playbook.Section{
		{N: 0, Slug: "outer", Heading: []string{"Outer"}},
		{N: 1, Slug: "inner", Heading: []string{"Outer", "Inner"}, Plain: "Something."},
	}}
	bare := &playbook.Page{ID: "bare", File: "bare.md", Title: "Bare", Sections: []playbook.Section{{}}}
	x := build(t, &playbook.Playbook{Pages: []*playbook.Page{full, bare}})
	defer x.Close()
	if got := x.Stats(); got.Sections != 2 || got.Pages != 2 {
		t.Errorf("stats = %+v, want 2 sections of 2 pages", got)
	}
	for q, want := range map[string]Hit{"outer": {full, 1, 0}, "bare": {bare, 0, 0}} {
		got := x.Search(q, 1)
		if len(got.Hits) != 1 || got.Hits[0].Page != want.Page || got.Hits[0].Section != want.Section {
			t.Errorf("%s: %+v", q, got.Hits)
		}
	}
}

func TestALongPageWithoutHeadings(t *testing.T) {
	long := strings.Repeat("Lorem ipsum and further words of no meaning fill this page. ", 900) +
		"The submarine needs a permit from the harbour master. " + strings.Repeat("More of the same words follow after it. ", 300)
	pages := []string{"Handbook: " + long}
	for _, w := range []string{"Boats", "Harbours", "Cars", "Planes"} {
		pages = append(pages, w+": A short page about "+w+" and what they need.")
	}
	x := build(t, book(pages...))
	defer x.Close()
	if got := x.Search("submarine permit", 3); len(got.Hits) == 0 || got.Hits[0].Page.ID != "handbook" {
		t.Errorf("%v: %v %v", got.Verdict, ids(got.Hits), ids(got.Nearest))
	}
}

func TestEveryBuildAnswersAlike(t *testing.T) {
	pb := defaultPlaybook(t)
	var first []Answer
	for range 3 {
		x := build(t, pb)
		var all []Answer
		for _, q := range asks(pb, 100) {
			all = append(all, x.Search(q, 10))
		}
		x.Close()
		if first == nil {
			first = all
			continue
		}
		for i := range all {
			if diff := cmp.Diff(ids(first[i].Hits), ids(all[i].Hits)); diff != "" {
				t.Fatalf("%q: %s", first[i].Query.Text, diff)
			}
		}
	}
}

func TestIdenticalPagesComeInTheOrderOfTheirIDs(t *testing.T) {
	x := build(t, book("Zulu: Boilerplate.", "Alpha: Boilerplate.", "Mike: Boilerplate."))
	defer x.Close()
	if diff := cmp.Diff([]string{"alpha", "mike", "zulu"}, ids(x.Search("boilerplate", 5).Hits)); diff != "" {
		t.Error(diff)
	}
}

func TestSearchesDuringRebuilds(t *testing.T) {
	pb := defaultPlaybook(t)
	var mu sync.RWMutex
	current := build(t, pb)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		wg.Go(func() {
			questions := asks(pb, 50)
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				mu.RLock()
				x := current
				mu.RUnlock()
				// The index may be closed by now: then nothing is found, and nothing breaks.
				x.Search(questions[i%len(questions)], 5)
			}
		})
	}
	for range 5 {
		next := build(t, pb)
		mu.Lock()
		old := current
		current = next
		mu.Unlock()
		if err := old.Close(); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	wg.Wait()
	if err := current.Close(); err != nil {
		t.Error(err)
	}
	if err := current.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
	if got := current.Search("pricing", 5); got.Verdict != Nothing || len(got.Hits) != 0 {
		t.Errorf("a closed index answered: %+v", got)
	}
}
